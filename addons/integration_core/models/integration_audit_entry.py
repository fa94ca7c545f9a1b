import json
import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..trust import audit_chain

_logger = logging.getLogger(__name__)
READ_AT_ONCE = 2000
# One row. Whoever adds an entry locks it: under REPEATABLE READ one who began before another had finished
# fails, and Odoo runs its request again; a snapshot that is too old would fork the chain.
HEAD = "SELECT hash FROM integration_audit_head FOR UPDATE"
INSERT = """
    INSERT INTO integration_audit_entry
                (at, user_id, company_id, action, res_model, res_id, summary, details, previous_hash, hash)
         VALUES (%(at)s, %(user_id)s, %(company_id)s, %(action)s, %(res_model)s, %(res_id)s, %(summary)s,
                 %(details)s, %(previous_hash)s, %(hash)s)
"""
MOVE_HEAD = "UPDATE integration_audit_head SET hash = %s, count = count + 1"
# primary key
READ = """
    SELECT id, to_char(at, 'YYYY-MM-DD HH24:MI:SS') AS at, user_id, company_id, action, res_model, res_id,
           summary, details, coalesce(previous_hash, '') AS previous_hash, hash
      FROM integration_audit_entry
     WHERE id > %s
     ORDER BY id
     LIMIT %s
"""
# Refuses what goes past Odoo, too; the engine's user may switch it off, and the chain then tells.
TRIGGERS = """
    CREATE OR REPLACE FUNCTION integration_audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'Nobody changes the audit trail' USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE OR REPLACE TRIGGER integration_audit_entry_append_only
           BEFORE UPDATE OR DELETE OR TRUNCATE ON integration_audit_entry
           FOR EACH STATEMENT EXECUTE FUNCTION integration_audit_entry_refuse();
"""
SEED_HEAD = """
    INSERT INTO integration_audit_head (hash, count)
         SELECT coalesce((SELECT hash FROM integration_audit_entry ORDER BY id DESC LIMIT 1), ''),
                (SELECT count(*) FROM integration_audit_entry)
          WHERE NOT EXISTS (SELECT FROM integration_audit_head)
"""


class IntegrationAuditEntry(models.Model):
    """Append-only record of who did what; each entry carries the hash of the one before.

    Written by ``_append`` alone. A change or a gap shows: the hashes after it do not fit any more.
    """

    _name = "integration.audit.entry"
    _inherit = ["integration.record.link"]
    _description = "Integration Audit Entry"
    _order = "id desc"
    _rec_name = "summary"
    _log_access = False

    at = fields.Datetime(string="Date", required=True, readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    # Restricted, for "set null" would change what is written.
    company_id = fields.Many2one("res.company", readonly=True, index=True, ondelete="restrict")
    action = fields.Char(required=True, readonly=True, index=True)
    summary = fields.Char(required=True, readonly=True)
    details = fields.Text(readonly=True, help="JSON. Payloads and secrets are replaced by digests.")
    previous_hash = fields.Char(readonly=True)
    hash = fields.Char(required=True, readonly=True)

    _record_idx = models.Index("(res_model, res_id)")

    def init(self):
        self.env.cr.execute(TRIGGERS)

    @api.model
    def _append(self, action, records, summary, company=None, **details):
        """Add an entry about ``records``, in this transaction.

        :param action: stable name, ``message.edited``. :param details: JSON values, no secrets.
        """
        cr = self.env.cr
        if len(records) > 1:
            details["ids"] = records.ids
        cr.execute(HEAD)
        entry = {
            "at": fields.Datetime.to_string(fields.Datetime.now()),
            "user_id": self.env.uid,
            "company_id": company.id if company else None,
            "action": action,
            "res_model": records._name,
            "res_id": records.id if len(records) == 1 else None,
            "summary": summary,
            "details": json.dumps(details, sort_keys=True, ensure_ascii=False),
            "previous_hash": cr.fetchone()[0],
        }
        entry["hash"] = audit_chain.hash_of(entry)
        cr.execute(INSERT, entry)
        cr.execute(MOVE_HEAD, [entry["hash"]])
        self.invalidate_model()

    @api.model
    def _entries(self):
        """All entries in order, as :mod:`audit_chain` takes them; a few at a time."""
        last = 0
        while True:
            self.env.cr.execute(READ, [last, READ_AT_ONCE])
            rows = self.env.cr.dictfetchall()
            yield from rows
            if len(rows) < READ_AT_ONCE:
                return
            last = rows[-1]["id"]

    @api.model
    def _first_broken(self):
        """``(entry, why)`` of the first entry that does not fit, the entry empty where the end is missing;
        ``None`` where all fit."""
        self.env.cr.execute("SELECT count, hash FROM integration_audit_head")
        broken = audit_chain.first_broken(self._entries(), self.env.cr.fetchone() or (0, ""))
        return broken and (self.browse(broken[0] or ()), broken[1])

    @api.model
    def _check_may_look(self):
        if not self.env.su and not (
            self.env.user.has_group("integration_core.group_auditor")
            or self.env.user.has_group("integration_core.group_manager")
        ):
            raise AccessError(self.env._("Only an auditor or an integration administrator can do this."))

    def action_verify(self):
        """Check the whole chain; says where it is broken."""
        self._check_may_look()
        trail = self.sudo()
        broken = trail._first_broken()
        if broken is None:
            count = trail.search_count([])
            text = self.env._("All %s entries are unchanged.", count)
        else:
            text = trail._say_broken(broken)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Audit Trail"),
                "message": text,
                "type": "success" if broken is None else "danger",
                "sticky": broken is not None,
            },
        }

    def _say_broken(self, broken):
        entry, why = broken
        where = self.env._("Entry %s", entry.id) if entry else self.env._("Last entry")
        return self.env._("%(where)s: %(why)s.", where=where, why=why)

    @api.model
    def _check_may_export(self):
        """The chain has entries of every company: who may not see them all gets none of it."""
        self._check_may_look()
        hidden = self.env["res.company"].sudo().search([]) - self.env.user.company_ids
        if hidden and not self.env.su:
            raise AccessError(
                self.env._(
                    "The audit trail covers all companies. Only users with access to all companies can export it."
                )
            )

    def action_export(self):
        self._check_may_export()
        return {"type": "ir.actions.act_url", "url": "/integration/audit", "target": "download"}

    @api.model
    def _verify_nightly(self):
        """The nightly job: an incident where the chain is broken; the head goes to the server's log."""
        broken = self._first_broken()
        self.env.cr.execute("SELECT count, hash FROM integration_audit_head")
        count, head = self.env.cr.fetchone()
        if broken is None:
            # Outside of the database, in case that somebody changes all of the chain in it.
            _logger.info("audit trail: %s entries, the last one %s", count, head)
            self.env["integration.incident"]._close("audit.broken")
            return
        text = self._say_broken(broken)
        _logger.critical("audit trail: %s", text)
        self.env["integration.incident"]._open(
            "audit.broken",
            self.env._("The audit trail was changed outside of Odoo"),
            text,
            self.env._(
                "The table was changed outside of Odoo. Back up the database, compare the export with the last "
                "one that you kept, and find out who had access to PostgreSQL."
            ),
            severity="critical",
        )

    # pylint: disable=method-required-super
    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("You cannot create audit entries."))

    def write(self, vals):
        raise AccessError(self.env._("You cannot change the audit trail."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("You cannot change the audit trail."))


class IntegrationAuditHead(models.Model):
    """How many entries there are, and the hash of the last one: nobody's to read or write."""

    _name = "integration.audit.head"
    _description = "Integration Audit Head"
    _log_access = False

    hash = fields.Char()
    count = fields.Integer()

    def init(self):
        self.env.cr.execute(SEED_HEAD)
