"""What a caller says about the trace that its request belongs to."""

import re

# W3C Trace Context, section 3.2: version, trace id, parent id, flags.
TRACEPARENT = re.compile(r"^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
# Ids of the de-facto headers X-Correlation-ID and X-Request-ID: nothing that could break a header or a log.
IDENTIFIER = re.compile(r"^[A-Za-z0-9._:/+=-]{1,128}$")


def traceparent(value):
    """``value`` where it is a valid traceparent, else ``None``: a broken one starts no trace (section 3.2.2)."""
    return value if value and TRACEPARENT.match(value) else None


def identifier(value):
    """``value`` where it can be kept and sent on as it is, else ``None``."""
    return value if value and IDENTIFIER.match(value) else None
