"""Who is speaking: the check of a request before anything of it is read."""

import logging

from odoo.addons.integration_core.wire import standard_webhooks

_logger = logging.getLogger(__name__)

# Checked when there is no endpoint: an unknown address takes as long as a wrong signature.
_NOBODYS_KEY = bytes(32)


def verify(endpoint, headers, body):
    """The id that the sender gave the message.

    :param endpoint: the record, empty when the address is unknown.
    :raises VerificationFailed: whatever was wrong; the sender is told only that it was not accepted.
    """
    keys, problem = endpoint._keys() if endpoint else ([], None)
    if problem:
        _logger.error("endpoint %s cannot verify anything: %s", endpoint.id, problem)
    try:
        return standard_webhooks.verify(
            keys or [_NOBODYS_KEY],
            headers,
            body,
            endpoint.tolerance_s if endpoint else standard_webhooks.TOLERANCE_S,
        )
    except standard_webhooks.VerificationFailed as error:
        _logger.info("endpoint %s refused a message: %s", endpoint.id or "(unknown)", error)
        raise
