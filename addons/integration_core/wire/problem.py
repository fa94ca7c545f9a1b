"""Problem documents, ``application/problem+json`` (RFC 9457, section 3)."""

import json

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:odoo-integration-hub:problem:{name}"


def problem(name, status, title, detail, correlation_id, **more):
    """The body of an error answer.

    :param name: stable last part of ``type``; callers branch on it, so it never changes.
    :param detail: one sentence for the sender's developer; nothing of ours, no stack trace.
    :param more: further members (section 3.2).
    """
    return json.dumps(
        {
            "type": TYPE.format(name=name),
            "title": title,
            "status": status,
            "detail": detail,
            "correlation_id": correlation_id,
            **more,
        }
    ).encode()
