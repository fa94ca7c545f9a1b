import json
import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..policy.masking import MASK

SHORTEST_TERM = 4
MOST = 5000


def _pattern(text):
    """For LIKE, which has signs of its own."""
    return re.sub(r"([\\%_])", r"\\\1", text)


class IntegrationDataSubjectRequest(models.TransientModel):
    """Search and erasure of one person's data in stored payloads (GDPR, articles 15 and 17).

    Modules that store payloads add them to ``_stores``. What was sent or applied stays so; its ids, digests
    and history stay, too, so that nothing is applied twice and the audit trail stays whole.
    """

    _name = "integration.data.subject.request"
    _description = "Data Subject Request"

    term = fields.Char(
        string="Search Term",
        required=True,
        help="Name, email address or number of the person, as payloads contain it.",
    )
    why = fields.Char(
        string="Reason", required=True, help="Recorded in the audit trail. The search term is not recorded."
    )
    is_searched = fields.Boolean(readonly=True)
    found = fields.Text(readonly=True)
    found_count = fields.Integer(readonly=True)

    @api.model
    def _stores(self):
        """``{model: fields to look in}``; each model has ``_erase_payload(request)``."""
        return {}

    def _find(self):
        """``[records, …]`` of what this user may see, by model."""
        spellings = [_pattern(text) for text in self._spellings()]
        return [
            self.env[model].search(
                Domain.OR([(name, "ilike", text)] for name in names for text in spellings), limit=MOST
            )
            for model, names in self._stores().items()
        ]

    def _spellings(self):
        """How the term may be written: JSON may escape letters, and then each case is another text."""
        term = (self.term or "").strip()
        if len(term) < SHORTEST_TERM:
            raise UserError(self.env._("Enter at least %s characters.", SHORTEST_TERM))
        cases = {term, term.lower(), term.upper(), term.title()}
        return sorted({text for case in cases for text in (case, json.dumps(case)[1:-1])})

    def _redact(self, records, *names):
        """Mask the person in what is no payload: a reference, a key, a reason. The rest of it stays."""
        person = re.compile("|".join(re.escape(text) for text in self._spellings()), re.IGNORECASE)
        for record in records.sudo():
            masked = {name: person.sub(MASK, record[name]) for name in names if record[name]}
            changed = {name: text for name, text in masked.items() if text != record[name]}
            if changed:
                record.write(changed)

    def action_find(self):
        self.ensure_one()
        self.check_access("write")
        found = [records for records in self._find() if records]
        lines = [
            f"{records._description}: {len(records)}{'+' if len(records) == MOST else ''}"
            for records in found
        ]
        self.write(
            {
                "is_searched": True,
                "found_count": sum(map(len, found)),
                "found": "\n".join(lines) or self.env._("No data found."),
            }
        )
        self._account("searched", self.env._("Data of a person was searched"), count=self.found_count)
        return self._again()

    def action_erase(self):
        self.ensure_one()
        self.check_access("write")
        found = [records for records in self._find() if records]
        if not found:
            raise UserError(self.env._("No data found for %s.", self.term))
        for records in found:
            records.sudo()._erase_payload(self)
        left = sum(map(len, self._find()))
        done = (
            self.env._("Erased. %s more found: erase again.", left)
            if left
            else self.env._("All data was erased.")
        )
        self.write({"found_count": left, "found": done})
        self._account(
            "erased",
            self.env._("Data of a person was erased"),
            count=sum(map(len, found)),
            erased={records._name: records.ids for records in found},
        )
        return self._again()

    def _account(self, what, text, **details):
        self.env["integration.audit.entry"]._append(
            f"person.{what}", self, text, self.env.company, why=self.why, **details
        )

    def _again(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Data Subject Request"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
