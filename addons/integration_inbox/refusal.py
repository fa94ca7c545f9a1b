"""Refusals of requests, as exceptions that become problem documents."""


class Refused(Exception):
    """:param status: of HTTP. :param name: stable; senders branch on it. :param detail: one sentence for
    the sender's developer, nothing of ours. :param headers: further ones of the answer.
    :param more: members that this problem adds to its document (RFC 9457, section 3.2).
    """

    def __init__(self, status, name, title, detail, headers=(), more=None):
        super().__init__(detail)
        self.status, self.name, self.title, self.detail = status, name, title, detail
        self.headers = tuple(headers)
        self.more = more or {}


def not_json(why):
    return Refused(400, "not-json", "Not JSON", f"The body is not JSON in UTF-8: {why}.")


def not_xml(why):
    return Refused(400, "not-xml", "Not XML", f"The body is not XML that is taken here: {why}.")


def not_form(why):
    return Refused(400, "not-form", "Not a form", f"The body is not form-encoded: {why}.")


def unsupported(detail, headers=()):
    return Refused(415, "unsupported-media-type", "Unsupported media type", detail, headers)


def too_large(largest):
    return Refused(413, "body-too-large", "Body too large", f"At most {largest} bytes are taken.")


def out_of_scope(name):
    """RFC 6750, section 3.1."""
    return Refused(
        403,
        "insufficient-scope",
        "Insufficient scope",
        f"What you prove yourself with may not send {name!r}.",
        [("WWW-Authenticate", 'Bearer realm="integration", error="insufficient_scope"')],
    )


def not_an_event(why):
    return Refused(400, "not-a-cloudevent", "Not a CloudEvent", why)
