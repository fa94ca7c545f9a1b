"""Steps of accepting a request, and the one place where refusals become responses."""

import json
import math
from dataclasses import replace

from odoo.addons.integration_core import logs
from odoo.addons.integration_core.engine.cursor import transaction
from odoo.addons.integration_core.trust import access_tokens, last_use
from odoo.addons.integration_core.trust.throttle import GUESSES, TooMany
from odoo.addons.integration_core.wire import problem
from odoo.addons.integration_core.wire.standard_webhooks import VerificationFailed

from ..answer import Answer, refuse
from ..refusal import Refused, too_large
from ..verification import bearer_of, verify
from . import handshake, rate_limit, wake
from .admit import admit
from .reading import read, read_document
from .store import store, stored_headers

_logger = logs.get_logger(__name__)

# Names and values of all headers together, in bytes.
LARGEST_HEADERS = 16 * 1024
# When to come again where a person has to finish the setup first, in seconds.
NOT_READY_S = 300


def accept(env, cr, token, request):
    """Take one POST.

    :param env: anybody's, for what is known of the endpoint and to call the engine's cron.
    :param cr: of ``ConnectionPool``: the message is kept by one statement, which commits by itself; the second of two
        posts of one id waits for the first, and finds it. :param request: a verification ``Request``.
    :return: 202 for what is new, 200 for what is here already, or a problem document.
    """
    try:
        return _accept(env, cr, token, request)
    except Refused as refused:
        return refuse(refused)


def _accept(env, cr, token, request):
    if sum(map(len, request.headers)) + sum(map(len, request.headers.values())) > LARGEST_HEADERS:
        raise Refused(
            431, "headers-too-large", "Headers too large", f"At most {LARGEST_HEADERS} bytes are taken."
        )
    endpoints = env["integration.endpoint"]
    settings, strangers = endpoints._settings_of(token), endpoints._for_strangers()
    _check_guesses(cr, token, request)
    if len(request.body) > strangers.largest:  # no endpoint takes it: nobody has to prove that first
        raise too_large(strangers.largest)
    shown = bearer_of(request)
    if shown:  # at whatever address: how long it takes does not tell which one wants tokens
        request = replace(request, access=access_tokens.find(cr, shown))
    try:
        used = _verify(settings, request, strangers.digests)
    except Refused:
        GUESSES.note(cr.dbname, token, request.address)
        raise
    last_use.note(cr, settings.credential_ids[used : used + 1])
    if len(request.body) > settings.largest:
        raise too_large(settings.largest)
    granted = settings.granted(used, request.access)
    rate_limit.check_rate(cr, settings)
    document = read_document(settings, request)
    known = handshake.answer(settings, request, document.content)
    if known is not None:
        return Answer(200, known)
    code = env["integration.code"]._function(settings.system_id) if settings.mapping else None
    readings = read(settings, request, document, code)
    rate_limit.check_backlog(cr, settings)
    if document.kind == "batch":
        return _batch(env, cr, settings, request, readings, granted)
    return _single(env, cr, settings, request, readings[0], granted)


def _verify(settings, request, digests):
    try:
        return verify(settings, request, digests)
    except VerificationFailed as failed:
        _logger.info("endpoint %s refused a message: %s", settings.id if settings else "(unknown)", failed)
        raise Refused(
            401,
            "not-verified",
            "Not verified",
            "The address, the signature or its timestamp is not valid.",
            [("WWW-Authenticate", _challenge(request))],
        ) from failed


def _challenge(request):
    """The WWW-Authenticate header for the scheme of the request (RFC 6750, section 3; RFC 7617), not of the endpoint."""
    match request.headers.get("authorization", "").partition(" ")[0].lower():
        case "bearer":
            return 'Bearer realm="integration", error="invalid_token"'
        case "basic":
            return 'Basic realm="integration"'
    return 'Webhook realm="integration"'


def _check_guesses(cr, token, request):
    try:
        GUESSES.check(cr.dbname, token, request.address)
    except TooMany as error:
        raise Refused(
            429,
            "too-many-failures",
            "Too many failures",
            "Too many requests could not be verified; this one was not looked at. Come again later.",
            [("Retry-After", str(math.ceil(error.wait_s)))],
        ) from error


def _single(env, cr, settings, request, reading, granted):
    state, reason = admit(env, settings, reading, granted)
    _check_ready(settings, state)
    headers = stored_headers(settings, request.headers)
    told, is_new = store(cr, settings, reading, state, reason, headers, request.address)
    if is_new and state == "received":
        wake.wake(env, cr)
    return Answer(202 if is_new else 200, _receipt(reading.message_id, told))


def _check_ready(settings, state):
    """Refuse a message that cannot be processed because the setup is not complete.

    :raises Refused: the system has no service user.
    """
    if state == "received" and not settings.has_service_user:
        raise Refused(
            503,
            "not-ready",
            "Not ready",
            "This address is not ready to take messages yet; nothing was taken. Send it again later.",
            [("Retry-After", str(NOT_READY_S))],
        )


def _receipt(message_id, told):
    return json.dumps({"id": message_id, "status": told}).encode()


def _batch(env, cr, settings, request, readings, granted):
    """Accept a batch: all events or each separately, by the endpoint's policy. The response has a result per event."""
    headers = stored_headers(settings, request.headers)
    results, is_to_ring = [], False
    with transaction(cr):
        for reading in readings:
            try:
                if isinstance(reading, Refused):
                    raise reading
                state, reason = admit(env, settings, reading, granted)
                _check_ready(settings, state)
                told, is_new = store(cr, settings, reading, state, reason, headers, request.address)
                is_to_ring |= is_new and state == "received"
                results.append(
                    {"id": reading.message_id, "status": told, "http_status": 202 if is_new else 200}
                )
            except Refused as refused:
                results.append(_refused_result(reading, refused))
        bad = [result for result in results if result["http_status"] >= 400]
        if bad and (settings.batch_policy == "all" or len(bad) == len(results)):
            raise Refused(
                422,
                "batch-refused",
                "Batch refused",
                f"{len(bad)} of {len(results)} events are not accepted; nothing of it was taken.",
                more={"results": results},
            )
    if is_to_ring:
        wake.wake(env, cr)
    is_new = any(result["http_status"] != 200 for result in results)
    return Answer(202 if is_new else 200, json.dumps({"results": results}).encode())


def _refused_result(reading, refused):
    return {
        "id": getattr(reading, "message_id", None),
        "status": "refused",
        "http_status": refused.status,
        "type": problem.TYPE.format(name=refused.name),
        "detail": refused.detail,
    }
