from odoo import models
from odoo.http import request

from .. import causality, slow_bodies
from ..controllers import token
from ..wire import oauth_token, trace_context


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        notice = self._integration_notice()
        return {**super().session_info(), **({"integration_notice": notice} if notice else {})}

    def _integration_notice(self):
        """What the people who integrate are told on every page, and what they open there; or ``None``."""
        if self.env["integration.system"]._is_all_suspended() and self.env.user.has_group(
            "integration_core.group_user"
        ):
            return {
                "text": self.env._("All integrations are suspended."),
                "title": self.env._("Emergency Stop"),
                "model": "integration.emergency.stop",
            }
        text = self.env["integration.identity"]._notice()
        return text and {
            "text": text,
            "title": self.env._("Moved or Copied?"),
            "model": "integration.identity",
        }

    @classmethod
    def _handle_error(cls, exception):
        """A program that asks for a token is told in its protocol's words whatever happens."""
        if request.httprequest.path == oauth_token.PATH:
            return token.of_error(exception)
        return super()._handle_error(exception)

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """What a request emits belongs to the trace and the correlation that its headers name.

        A route that is declared ``machine=True`` is for programs. It has no session, no language and no
        debug mode to prepare; and its body is kept as it came, for Odoo's reading of forms would use it
        up before a signature is checked; and it has to come in time. Called anew for each try of a request whose transaction could
        not be serialized.
        """
        if rule.endpoint.routing.get("machine"):
            request.dispatcher.pre_dispatch(rule, args)
            with slow_bodies.bounded(request.httprequest._HTTPRequest__environ):
                request.httprequest.get_data(cache=True)
            # Query and form are no arguments of the route: a stranger would choose their names.
            request.get_http_params = dict
            return None
        result = super()._pre_dispatch(rule, args)
        headers = request.httprequest.headers
        named = causality.Cause(
            correlation_id=trace_context.identifier(headers.get("X-Correlation-ID")),
            causation_id=trace_context.identifier(headers.get("X-Request-ID")),
            traceparent=trace_context.traceparent(headers.get("traceparent")),
        )
        if named != causality.Cause():
            causality.begin(request.env.cr, named)
        return result
