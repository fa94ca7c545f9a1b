from markupsafe import escape

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.integration_core import logs
from odoo.addons.integration_core.policy import egress, patterns
from odoo.addons.integration_core.trust.sealing import Sealed

from ..engine.channel import Channel

_logger = logs.get_logger(__name__)
REPORT_EVERY_MIN = 15


class IntegrationSubscription(models.Model):
    """The events that a system gets, and the URL that they are sent to.

    paused  deliveries are queued until it is resumed; a new subscription is paused
    active  events are delivered as they come

    A change of the URL or the secret applies to queued deliveries, too.
    """

    _name = "integration.subscription"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.lifecycle", "integration.audited"]
    _description = "Integration Subscription"
    _order = "system_id, name"

    _audit_hides = ("extra_headers",)

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    system_id = fields.Many2one("integration.system", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("active", "Active"), ("paused", "Paused")],
        string="Status",
        required=True,
        readonly=True,
        default="paused",
        tracking=True,
        copy=False,
    )
    is_echoed = fields.Boolean(
        string="Include Own Changes",
        tracking=True,
        help="Send also events that repeat what the system reported itself, such as a completed operation to "
        "the MES that reported it. Events that result from its reports are always sent.",
    )
    event_patterns = fields.Text(
        string="Patterns",
        required=True,
        tracking=True,
        help="Event types of the catalog, one per line. A * at the end covers all event types below: "
        "manufacturing.* or * for all, including event types of modules that are installed later.",
    )
    url = fields.Char(
        string="URL", required=True, tracking=True, help="Receives each event as an HTTP POST request."
    )
    has_secret = fields.Boolean(compute="_compute_secret_state")
    secret_problem = fields.Char(compute="_compute_secret_state")
    # What waits up to this delivery is left out: it was resumed without it. The engine cancels it in steps.
    discard_until_id = fields.Integer(readonly=True, copy=False)
    pause_reason = fields.Char(readonly=True, copy=False)
    copied_url = fields.Char(
        readonly=True, copy=False, help="URL of the subscription in the database that this one is a copy of."
    )
    health_ids = fields.One2many("integration.subscription.health", "subscription_id")
    open_until = fields.Datetime(string="On Hold Until", compute="_compute_health")
    failing_since = fields.Datetime(compute="_compute_health")
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    dead_count = fields.Integer(string="Failed", compute="_compute_counts")
    delivered_count = fields.Integer(string="Delivered", compute="_compute_counts")

    @api.constrains("event_patterns")
    def _check_event_patterns(self):
        for subscription in self:
            if not patterns.split(subscription.event_patterns):
                raise ValidationError(self.env._("Patterns: enter at least one event type, or * for all."))
            wrong = patterns.mistake(subscription.event_patterns)
            if wrong:
                raise ValidationError(
                    self.env._(
                        "Patterns: %r is not an event type or pattern. "
                        "Enter manufacturing.order.released, manufacturing.* or *.",
                        wrong,
                    )
                )
            subscription._check_patterns_known()

    def _check_patterns_known(self):
        """A misspelled event type would wait for an event that never comes.

        While modules are being installed, the module that declares the event may still come.
        """
        if not self.pool.ready:
            return
        known = self.env["integration.event.type"].sudo().search([("direction", "=", "outbound")])
        for pattern in patterns.split(self.event_patterns):
            if pattern != "*" and not any(patterns.fits([pattern], name) for name in known.mapped("name")):
                raise ValidationError(
                    self.env._(
                        "Patterns: the event catalog has no event type %s. "
                        "See Integrations / Configuration / Event Catalog.",
                        pattern,
                    )
                )

    @api.constrains("url", "system_id")
    def _check_url(self):
        for subscription in self:
            subscription.system_id._check_callable(self.env._("URL"), egress.check_url, subscription.url)

    @api.depends("system_id.credential_ids.state", "authorization", "url")
    def _compute_secret_state(self):
        for subscription in self:
            credentials = subscription.system_id._credentials("sign")
            subscription.has_secret = bool(credentials)
            try:
                credentials._keys()
                subscription.secret_problem = subscription.sudo()._proof().get("problem", False)
            except (Sealed, ValueError) as error:
                subscription.secret_problem = str(error)

    def _compute_health(self):
        now = fields.Datetime.now()
        healths = {health.subscription_id.id: health for health in self.sudo().health_ids}
        for subscription in self:
            health = healths.get(subscription.id, self.env["integration.subscription.health"])
            is_stopped = health.open_until and health.open_until > now
            subscription.open_until = health.open_until if is_stopped else False
            subscription.failing_since = health.failing_since

    def _compute_counts(self):
        waiting, dead = self.env["integration.delivery"]._counts_of(self)
        delivered = self.env["integration.delivery.hour"]._delivered_of(self)
        for subscription in self:
            subscription.waiting_count = waiting.get(subscription.id, 0)
            subscription.dead_count = dead.get(subscription.id, 0)
            subscription.delivered_count = delivered.get(subscription.id, 0)

    @api.model_create_multi
    def create(self, vals_list):
        subscriptions = super().create(vals_list)
        self.env["integration.subscription.health"].sudo().create(
            [{"subscription_id": s.id} for s in subscriptions]
        )
        return subscriptions

    def write(self, vals):
        if "copied_url" in vals and not self.env.su:
            raise AccessError(self.env._("You cannot edit the copied URL. Enter another URL instead."))
        was_unordered = self.filtered(lambda s: not s.is_ordered) if vals.get("is_ordered") else self.browse()
        result = super().write(vals)
        if was_unordered:
            self.env["integration.delivery"]._order_waiting_of(was_unordered)
        if vals.keys() & {"url", "system_id", "timeout_s", "authorization"}:
            self.env["integration.subscription.health"].sudo()._reset(self)
            self.env["integration.worker"].sudo()._wake("outbox")
        return result

    @api.model
    def _channels(self):
        """What sending needs of every subscription, as ``{id: Channel}``.

        A subscription that cannot send (no secret, or one that is sealed here; a filter that an upgrade no
        longer understands) comes with the problem: its deliveries wait, the others go.
        """
        channels = {}
        copy_problem = self.env["integration.identity"]._problem()
        for subscription in self.search([("system_id.active", "=", True)]):
            try:
                channels[subscription.id] = subscription._channel(copy_problem)
            except Exception as error:  # noqa: BLE001, whatever its settings do: the others go on
                _logger.warning("subscription %s cannot be used: %s", subscription.id, error)
                channels[subscription.id] = Channel.unusable(subscription.id, str(error))
        return channels

    def _channel(self, problem=None):
        self.ensure_one()
        problem = problem or self._undecided()
        ring, proof = [], {"credential_ids": ()}
        try:
            ring = self.system_id._credentials("sign")._ring()
            proof = self._proof()
        except Sealed as error:
            problem = problem or str(error)
        if not ring:
            problem = problem or self.env._(
                "%s has no signing secret. Create one on the system form", self.system_id.name
            )
        lacking = proof.pop("problem", None)
        return Channel(
            id=self.id,
            is_paused=self.state == "paused",
            url=egress.ascii_url(self.url),
            keys=tuple(key for _id, key in ring),
            credential_ids=(*(id_ for id_, _key in ring), *proof.pop("credential_ids")),
            networks=tuple(self.system_id._networks()),
            problem=problem or lacking,
            **proof,
            **self._channel_content(),
            **self._channel_pace(),
        )

    def _undecided(self):
        """What has to be decided before anything is sent, or ``None``."""
        if self._copy_problem():
            return self._copy_problem()
        if self.is_to_approve:
            return self.env._("%s is waiting for approval by a second administrator", self.name)
        return None

    # -- buttons ---------------------------------------------------------------------------------

    def action_pause(self):
        """Stop claiming its deliveries. What is queued stays as it is; what is in flight finishes."""
        self._check_operator()
        return self.sudo()._mark_paused(False)

    def _mark_paused(self, reason):
        return self._transition("paused", ["active"], pause_reason=reason)

    def action_resume(self):
        """Resume; asks first what to do with what waited, if anything did."""
        self.ensure_one()
        self._check_operator()
        if self.waiting_count:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Resume %s", self.name),
                "res_model": "integration.subscription.resume",
                "view_mode": "form",
                "target": "new",
                "context": {"default_subscription_id": self.id},
            }
        return self.sudo()._mark_active()

    def _mark_active(self, is_skipping=False):
        """:param is_skipping: what waited is cancelled, by the engine and before anything new is sent."""
        for subscription in self:
            problem = subscription._copy_problem()
            if problem:
                raise UserError(problem)
        self._transition("active", ["paused"], pause_reason=False)
        self.env["integration.subscription.health"].sudo()._reset(self)
        if is_skipping:
            self._discard_waiting()
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def _discard_waiting(self):
        """What waits by now is cancelled; the claim passes these subscriptions by until that is done."""
        last = self.env["integration.delivery"].search([], order="id desc", limit=1)
        self.sudo().write({"discard_until_id": last.id})

    def _copy_problem(self):
        """Why a copy of the database may not send to this subscription, or ``None``."""
        self.ensure_one()
        if self.system_id.is_held:
            return self.env._(
                "%s is on hold because this database is a copy. Put the system into operation first.",
                self.system_id.name,
            )
        if self.copied_url and self.url == self.copied_url:
            return self.env._("%s is the URL of the original database. Enter another URL first.", self.url)
        return None

    # -- what the engine decides -----------------------------------------------------------------

    def _end_at_partners_wish(self):
        """The partner answered 410: it is not asked again until a person resumes."""
        subscription = self.try_lock_for_update()
        if subscription.state == "active":
            reason = self.env._("HTTP 410 from the partner: it no longer accepts these events.")
            subscription._stop(reason)

    def _stop_those_failing(self):
        """Pause what has failed without one success for as many days as its admin allows."""
        for subscription in self.search([("state", "=", "active"), ("pause_after_days", ">", 0)]):
            since = subscription.failing_since
            days = min(subscription.pause_after_days, 3650)
            if not since or since > fields.Datetime.subtract(fields.Datetime.now(), days=days):
                continue
            if subscription.try_lock_for_update():
                subscription._stop(
                    self.env._(
                        "No successful delivery for %(days)s days, since %(since)s UTC.",
                        days=days,
                        since=since,
                    )
                )

    def _report_the_dead(self):
        """Mail the failed deliveries since the last report; at most every REPORT_EVERY_MIN minutes."""
        self.env.cr.execute(
            """
            SELECT subscription.id, health.mailed_at
              FROM integration_subscription AS subscription
              JOIN integration_subscription_health AS health ON health.subscription_id = subscription.id
             WHERE subscription.fallback_email > ''
               AND (health.mailed_at IS NULL
                    OR health.mailed_at < clock_timestamp() AT TIME ZONE 'UTC' - make_interval(mins => %s))
            """,
            [REPORT_EVERY_MIN],
        )
        for id_, mailed_at in self.env.cr.fetchall():
            subscription = self.browse(id_)
            subscription._report_dead_since(mailed_at or subscription.create_date)

    def _report_dead_since(self, since):
        """index: integration_delivery_held_idx"""
        dead = self.env["integration.delivery"].search(
            [("subscription_id", "=", self.id), ("state", "=", "dead"), ("died_at", ">", since)]
        )
        if not dead:
            return
        self.health_ids.mailed_at = fields.Datetime.now()
        lines = [
            f"<li>{escape(d.subject)} · {escape(d.event_type)}: {escape(d.reason or '')}</li>"
            for d in dead[:50]
        ]
        self.env["mail.mail"].create(
            {
                "email_to": self.fallback_email,
                "subject": self.env._(
                    "%(name)s: %(count)s failed deliveries", count=len(dead), name=self.name
                ),
                "body_html": f"<ul>{''.join(lines)}</ul>",
                "auto_delete": True,
            }
        )

    def _stop(self, reason):
        self._mark_paused(reason)
        self.message_post(body=self.env._("Paused automatically. %s", reason))
        if self.system_id.owner_id:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("%s is paused", self.name),
                note=reason,
                user_id=self.system_id.owner_id.id,
            )
        self._on_stopped(reason)

    def _on_stopped(self, reason):
        """Hook: a subscription was paused automatically. Extended by the monitor."""

    def action_test(self):
        """Open the dialog that sends a signed ping or a sample event."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Test: %s", self.name),
            "res_model": "integration.subscription.test",
            "view_mode": "form",
            "target": "new",
            "context": {"default_subscription_id": self.id},
        }

    def action_replay(self):
        self.ensure_one()
        self._check_operator()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": "integration.replay",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_system_id": self.system_id.id,
                "default_subscription_ids": self.ids,
                "default_event_patterns": self.event_patterns,
            },
        }

    def action_open_deliveries(self):
        self.ensure_one()
        self.check_access("read")
        state = self.env.context.get("delivery_state")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries"),
            "res_model": "integration.delivery",
            "view_mode": "list,kanban,form",
            "domain": [("subscription_id", "=", self.id)],
            "context": {f"search_default_{state}": 1} if state else {},
        }
