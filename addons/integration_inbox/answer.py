"""HTTP responses of the inbound route: receipts and problem documents (RFC 9457)."""

import uuid
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException

from odoo.http import request

from odoo.addons.integration_core import logs, slow_bodies
from odoo.addons.integration_core.wire import hardened, problem

from .refusal import Refused

_logger = logs.get_logger(__name__)

# Where endpoints are.
PATH = "/integration/in/"
# Odoo's own bound, before an endpoint's, in bytes: nothing larger is even read.
LARGEST_BODY = 64 * 1024 * 1024

UNREADABLE = {
    400: ("unreadable", "Unreadable", "The body ended before its announced length, or cannot be read."),
    408: ("body-too-slow", "Body too slow", f"The body has to arrive within {slow_bodies.LIMIT_S} seconds."),
    413: ("body-too-large", "Body too large", f"At most {LARGEST_BODY} bytes are taken."),
}


@dataclass
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple = ()
    refused: Refused | None = None


def refuse(refused, correlation_id=None):
    """The problem document of a refused request (RFC 9457)."""
    document = problem.problem(
        refused.name,
        refused.status,
        refused.title,
        refused.detail,
        correlation_id or str(uuid.uuid4()),
        **refused.more,
    )
    return Answer(refused.status, document, problem.CONTENT_TYPE, refused.headers, refused)


def response(answer):
    """Odoo's response to the current request."""
    return request.make_response(
        answer.body,
        headers=[("Content-Type", answer.content_type), *hardened.HEADERS, *answer.headers],
        status=answer.status,
    )


def of_error(error):
    """The response to an unreadable request or an internal error."""
    if isinstance(error, HTTPException) and error.code:
        name, title, detail = UNREADABLE.get(error.code, ("refused", "Refused", error.name))
        return response(refuse(Refused(error.code, name, title, detail)))
    correlation_id = str(uuid.uuid4())
    _logger.error("an inbound request failed (%s)", correlation_id, exc_info=error)
    detail = "Something failed here; nothing was taken. Send it again."
    return response(refuse(Refused(500, "internal", "Internal error", detail), correlation_id))
