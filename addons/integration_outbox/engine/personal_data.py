"""Event types with personal data, and which subscriptions get them: those that name a purpose."""

from functools import lru_cache

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.policy import masking

# Few rows, read in the transaction that reads the subscriptions.
WITHOUT_PURPOSE = "SELECT id FROM integration_subscription WHERE coalesce(trim(personal_reason), '') = ''"


def withheld(cr):
    """``f(subscription id, event type)``: whether the type has personal data and the subscription no purpose.

    A module that is installed later may bring such a type; a pattern that was there before does not cover it
    until an administrator enters the purpose.
    """
    cr.execute(WITHOUT_PURPOSE)
    without = {id_ for (id_,) in cr.fetchall()}
    return lambda subscription_id, event_type: subscription_id in without and is_personal(event_type)


def is_personal(event_type):
    """Whether any version of this event type has personal data."""
    return any(
        _is_personal(declaration.data, declaration.data_class)
        for (name, _version), declaration in declare.EVENTS.items()
        if name == event_type
    )


@lru_cache(maxsize=1024)
def _is_personal(data, data_class):
    return masking.is_personal(data, data_class)
