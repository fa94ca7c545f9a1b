from odoo import api, fields, models


class IntegrationIncident(models.Model):
    """A problem that needs a person, in business words, with what to do about it.

    open          not assigned yet
    acknowledged  assigned to a user
    resolved      over; the same problem later is a new incident
    """

    _name = "integration.incident"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.record.link", "integration.lifecycle"]
    _description = "Integration Incident"
    _order = "state, severity desc, last_at desc, id desc"

    name = fields.Char(string="Problem", required=True, readonly=True)
    kind = fields.Char(
        string="Code",
        required=True,
        readonly=True,
        help="Stable name for rules and reports, such as audit.broken.",
    )
    key = fields.Char(readonly=True, help="Identifies the subject, so that the same problem is one incident.")
    severity = fields.Selection(
        [("1", "Minor"), ("2", "Major"), ("3", "Critical")], required=True, readonly=True, default="2"
    )
    state = fields.Selection(
        [("open", "Open"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        tracking=True,
        index=True,
    )
    details = fields.Text(readonly=True)
    runbook = fields.Text(string="What to Do", readonly=True)
    system_id = fields.Many2one("integration.system", readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Assigned To", readonly=True, tracking=True)
    opened_at = fields.Datetime(string="Opened On", required=True, readonly=True, default=fields.Datetime.now)
    last_at = fields.Datetime(string="Last Seen", required=True, readonly=True, default=fields.Datetime.now)
    times = fields.Integer(string="Occurrences", required=True, readonly=True, default=1)

    _open_uniq = models.UniqueIndex(
        "(kind, coalesce(key, '')) WHERE state != 'resolved'",
        "An open incident of this type already exists.",
    )

    @api.model
    def _open(self, kind, name, details, runbook, key="", severity="major", record=None, system=None):
        """Open an incident, or note that it was seen again.

        :param kind: stable name. :param key: what it is about, where there may be several of a kind.
        :param record: the business record to open from it.
        """
        levels = {"minor": "1", "major": "2", "critical": "3"}
        found = self.search([("kind", "=", kind), ("key", "=", key), ("state", "!=", "resolved")], limit=1)
        now = fields.Datetime.now()
        if found:
            found.write({"last_at": now, "times": found.times + 1, "details": details})
            return found
        company = system.company_id if system else None
        return self.create(
            {
                "kind": kind,
                "key": key,
                "name": name,
                "details": details,
                "runbook": runbook,
                "severity": levels[severity],
                "system_id": system.id if system else False,
                "company_id": company.id if company else False,
                "res_model": record._name if record else False,
                "res_id": record.id if record else False,
            }
        )

    @api.model
    def _close(self, kind, key=""):
        """Resolve the open incident: the problem is over."""
        found = self.search([("kind", "=", kind), ("key", "=", key), ("state", "!=", "resolved")])
        if found:
            found._transition("resolved", ["open", "acknowledged"])

    def action_acknowledge(self):
        self._check_operator()
        return self.sudo()._transition("acknowledged", ["open"], user_id=self.env.uid)

    def action_resolve(self):
        self._check_operator()
        return self.sudo()._transition("resolved", ["open", "acknowledged"], user_id=self.env.uid)
