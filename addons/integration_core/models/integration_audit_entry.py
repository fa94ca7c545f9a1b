import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError

# One writer at a time: each entry carries the hash of the one before. Any number that is ours alone.
LOCK = 7_315_902_641
# primary key
LAST_HASH = "SELECT hash FROM integration_audit_entry ORDER BY id DESC LIMIT 1"
INSERT = """
    INSERT INTO integration_audit_entry
                (at, user_id, company_id, action, res_model, res_id, summary, details, previous_hash, hash)
         VALUES (%(at)s, %(user_id)s, %(company_id)s, %(action)s, %(res_model)s, %(res_id)s, %(summary)s,
                 %(details)s, %(previous_hash)s, %(hash)s)
"""


class IntegrationAuditEntry(models.Model):
    """Who did what that matters, append-only; each entry carries the hash of the one before.

    Written by ``_append`` alone. A change or a gap shows: the hashes after it do not fit any more.
    """

    _name = "integration.audit.entry"
    _inherit = ["integration.record.link"]
    _description = "Integration Audit Entry"
    _order = "id desc"
    _rec_name = "summary"
    _log_access = False

    at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Who", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    action = fields.Char(string="What", required=True, readonly=True)
    summary = fields.Char(required=True, readonly=True)
    details = fields.Text(readonly=True, help="As JSON; digests stand for payloads and secrets.")
    previous_hash = fields.Char(readonly=True)
    hash = fields.Char(required=True, readonly=True)

    @api.model
    def _append(self, action, record, summary, company=None, **details):
        """Add an entry about ``record``, in this transaction.

        :param action: stable name, ``message.edited``. :param details: JSON values, no secrets.
        """
        cr = self.env.cr
        # Held until the transaction ends: the next entry is to see this one.
        cr.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cr.execute(LAST_HASH)
        row = cr.fetchone()
        entry = {
            "at": fields.Datetime.to_string(fields.Datetime.now()),
            "user_id": self.env.uid,
            "company_id": company.id if company else None,
            "action": action,
            "res_model": record._name,
            "res_id": record.id,
            "summary": summary,
            "details": json.dumps(details, sort_keys=True, ensure_ascii=False),
            "previous_hash": row[0] if row else "",
        }
        cr.execute(INSERT, {**entry, "hash": self._hash(entry)})
        self.invalidate_model()

    @staticmethod
    def _hash(entry):
        """SHA-256 over the entry and the hash of the one before, in a form that has one way to be written."""
        return hashlib.sha256(
            json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        ).hexdigest()

    @api.model
    def _first_broken(self):
        """The first entry that does not fit to what came before it; empty where all fit."""
        previous = ""
        for entry in self.sudo().search([], order="id"):
            stored = {
                "at": fields.Datetime.to_string(entry.at),
                "user_id": entry.user_id.id,
                "company_id": entry.company_id.id or None,
                "action": entry.action,
                "res_model": entry.res_model,
                "res_id": entry.res_id,
                "summary": entry.summary,
                "details": entry.details,
                "previous_hash": previous,
            }
            if (entry.previous_hash or "") != previous or self._hash(stored) != entry.hash:
                return entry
            previous = entry.hash
        return self.browse()

    # pylint: disable=method-required-super
    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("The audit trail is written by what happens, not by hand."))

    def write(self, vals):
        raise AccessError(self.env._("Nobody changes the audit trail."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Nobody changes the audit trail."))
