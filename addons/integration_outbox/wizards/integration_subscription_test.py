import json
from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core.canonical.example import example
from odoo.addons.integration_core.wire.pretty import pretty

from .. import emission
from ..engine import compose, tokens
from ..engine.deliveries import Claimed
from ..engine.send import Sender
from ..engine.settle import answer_of, headers_text, sent_in
from ..models.integration_attempt import lines_of

PING = "integration.ping"


class IntegrationSubscriptionTest(models.TransientModel):
    """A signed test request to a subscription's URL, sent at once, and its response.

    A ping, or a sample event of a type that the subscription delivers: filter, mapping, headers and
    signature are the subscription's own.
    """

    _name = "integration.subscription.test"
    _description = "Subscription Test"

    subscription_id = fields.Many2one("integration.subscription", required=True, readonly=True)
    url = fields.Char(related="subscription_id.url")
    event_type_id = fields.Many2one(
        "integration.event.type",
        string="Sample Event",
        domain="[('id', 'in', wanted_type_ids)]",
        help="Event type of the subscription. Empty: a ping without business data.",
    )
    wanted_type_ids = fields.Many2many("integration.event.type", compute="_compute_wanted_type_ids")
    data = fields.Text(
        string="Payload",
        compute="_compute_data",
        store=True,
        readonly=False,
        help="JSON data of the sample event. You can edit it.",
    )
    is_sent = fields.Boolean(readonly=True)
    is_success = fields.Boolean(readonly=True)
    outcome = fields.Char(string="Result", readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True)
    request_headers = fields.Text(readonly=True)
    request_body = fields.Text(readonly=True)
    response_headers = fields.Text(readonly=True)
    response_body = fields.Text(readonly=True)

    @api.depends("subscription_id")
    def _compute_wanted_type_ids(self):
        for test in self:
            test.wanted_type_ids = test.subscription_id._wanted_types()

    @api.depends("event_type_id")
    def _compute_data(self):
        for test in self:
            if test.event_type_id:
                test.data = json.dumps(example(json.loads(test.event_type_id.schema)), indent=2)
            else:
                test.data = json.dumps({"message": "Test request from Odoo"}, indent=2)

    def action_send(self):
        self.ensure_one()
        self.subscription_id.check_access("write")
        if self.event_type_id and self.event_type_id.name not in self.wanted_type_ids.mapped("name"):
            raise UserError(self.env._("The subscription does not deliver %s.", self.event_type_id.name))
        channel = self.subscription_id.sudo()._channels()[self.subscription_id.id]
        if channel.problem:
            raise UserError(channel.problem)
        row = self._row()
        source = f"/odoo/{self.env['ir.config_parameter'].sudo().get_param('database.uuid')}"
        values = {"is_sent": True, "is_success": False, "duration_ms": 0}
        try:
            part = compose.part(row, channel, source)
            if part is not None:
                values.update(self._send(channel, row, part))
            else:
                values["outcome"] = self.env._("Not sent: the filter excludes the sample event.")
        except compose.CannotBeSent as error:
            values["outcome"] = str(error)
        self.write(values)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Test: %s", self.subscription_id.name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _row(self):
        try:
            data = json.dumps(json.loads(self.data or ""))
        except ValueError as error:
            raise UserError(self.env._("The payload is not valid JSON: %s", error)) from error
        return Claimed._make([None] * len(Claimed._fields))._replace(
            event_id=emission.event_id(),
            type=self.event_type_id.name or PING,
            version=self.event_type_id.version or 1,
            company_id=self.subscription_id.company_id.id,
            occurred_at=datetime.now(timezone.utc).replace(tzinfo=None),
            subject="test",
            data=data,
        )

    def _send(self, channel, row, part):
        sender = Sender(channel.networks, channel.identity)
        try:
            token = self._token(channel, sender)
            request = compose.request([row], [part], channel, token)
            response = sender.post(request.url, request.headers, request.body, channel.timeout_s)
        except tokens.NoToken as error:
            return {"outcome": str(error)}
        finally:
            sender.close()
        if not response:
            return {"outcome": self.env._("No response within %s seconds", channel.timeout_s)}
        if response.status == 401:
            tokens.refused(channel.client, token)
        answer = self.env._("HTTP %s", response.status) if response.status else response.reason
        sent_headers = headers_text(request.headers, channel.secret_headers)
        sent = sent_in(request.headers, channel.secret_headers)
        response_headers, response_body = answer_of(response, sent)
        return {
            "is_success": 200 <= response.status < 300,
            "outcome": answer,
            "duration_ms": response.duration_ms,
            "request_headers": lines_of(sent_headers),
            "request_body": pretty(request.body.decode("utf-8", "replace")),
            "response_headers": lines_of(response_headers),
            "response_body": response_body,
        }

    def _token(self, channel, sender):
        """The access token to show, if the subscription wants one.

        :raises NoToken: the partner gives none.
        """
        client = channel.client
        if not client or tokens.of(client):
            return client and tokens.of(client)
        headers, body = tokens.request(client)
        response = sender.post(client.url, headers, body, channel.timeout_s, tokens.LARGEST_ANSWER)
        if not response:
            raise tokens.NoToken(self.env._("No response from the token endpoint"))
        return tokens.take(client, response)
