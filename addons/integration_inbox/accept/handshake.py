"""Responses to webhook handshakes: CloudEvents OPTIONS, Slack challenges, GitHub pings."""

import json

# CloudEvents "HTTP 1.1 Web Hooks for Event Delivery" 1.0, section 4.
ORIGIN = "WebHook-Request-Origin"
ALLOWED_ORIGIN, ALLOWED_RATE = "WebHook-Allowed-Origin", "WebHook-Allowed-Rate"
ALLOW = ("Allow", "POST, OPTIONS")


def permission(settings, headers):
    """The headers that answer ``OPTIONS``; for whom the endpoint does not name, those of any address.

    :param settings: ``None`` for an unknown address.
    """
    origin = (headers.get(ORIGIN) or "").strip().lower()
    if settings is None or not origin or not ({origin, "*"} & set(settings.origins)):
        return [ALLOW]
    rate = f"{settings.rate * 60:.0f}" if settings.rate else "*"
    return [ALLOW, (ALLOWED_ORIGIN, origin), (ALLOWED_RATE, rate)]


def answer(settings, request, document):
    """The response body to a verified handshake request; ``None`` for any other request."""
    if not isinstance(document, dict):
        return None
    if settings.scheme == "slack" and document.get("type") == "url_verification":
        challenge = document.get("challenge")
        return json.dumps({"challenge": challenge}).encode() if isinstance(challenge, str) else None
    if settings.scheme == "github" and request.headers.get("x-github-event") == "ping":
        return json.dumps({"status": "pong"}).encode()
    return None
