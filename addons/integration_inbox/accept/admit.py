"""Checks of a message before it is stored: accepted type, scopes and schema."""

from pydantic import ValidationError

from odoo import SUPERUSER_ID
from odoo.tools.misc import get_lang

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.policy import scopes
from odoo.addons.integration_core.wire import cloudevents

from ..refusal import Refused, out_of_scope

NOTHING = "The mapping has no result for this message."


def admit(env, settings, reading, granted=()):
    """The state that a message begins with, and the reason: ``(state, reason)``.

    :param granted: scopes of who sends it, each of which has to allow it; people are bound by none.
    :raises Refused: this endpoint does not take such events.
    """
    if reading.problem:
        return "quarantined", reading.problem
    if not reading.events:
        return "kept", NOTHING
    for event in reading.events:
        if not settings.takes(event["type"]):
            raise Refused(
                422,
                "event-type-not-accepted",
                "Event type not accepted",
                f"{event['type']!r} is not accepted here.",
            )
        if not all(scopes.allows(these, "send", event["type"]) for these in granted):
            raise out_of_scope(event["type"])
    for event in reading.events:
        state, reason = _admit_event(env, settings, event)
        if state != "received":
            return state, reason
    return "received", None


def _admit_event(env, settings, event):
    name, version = event["type"], cloudevents.version_of(event.get("dataschema"))
    handlers = declare.handlers_for(env.registry, name, version)
    if not handlers:
        if settings.unknown_policy == "refuse":
            raise Refused(
                422,
                "unknown-event-type",
                "Unknown event type",
                f"{name!r} version {version} is not known here.",
            )
        state = "kept" if settings.unknown_policy == "keep" else "quarantined"
        # The request has no language: this is for the people here.
        env = env(user=SUPERUSER_ID)
        env = env(context={"lang": get_lang(env).code})
        return state, env._("No installed module knows %(name)s v%(version)s", name=name, version=version)
    for handler in handlers:
        try:
            handler.data.model_validate(event.get("data"))
        except ValidationError as error:
            return "quarantined", explain(error)
    return "received", None


def explain(error):
    """The errors of pydantic in one line: the path and the problem, never the value."""
    return "; ".join(
        f"{'.'.join(str(part) for part in found['loc']) or 'data'}: {found['msg']}"
        for found in error.errors()[:5]
    )
