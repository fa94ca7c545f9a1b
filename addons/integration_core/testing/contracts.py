import json
import os
from pathlib import Path

from odoo.modules.module import get_module_path

from .. import declare
from ..policy import compatibility

# HUB_SCHEMAS=1 ./hub test …/test_contracts.py writes what is new or has grown; it never overwrites a break.
WRITES = "HUB_SCHEMAS"


class Contracts:
    """Mixin of a test case: what a module declares keeps what it has published under ``schemas/``.

    >>> class TestContracts(Contracts, TransactionCase):
    ...     module = "integration_mrp"
    """

    module = None
    allow_inherited_tests_method = True  # Odoo's own runner leaves them out otherwise

    def test_published_contracts_hold(self):
        mistakes = []
        for declaration in declare.declared(self.env.registry):
            if declaration.module == self.module:
                mistakes += self._compare(declaration)
        self.assertEqual(mistakes, [], "\n".join(mistakes))

    def test_every_published_contract_is_declared(self):
        declared = {
            self._path(d).name for d in declare.declared(self.env.registry) if d.module == self.module
        }
        published = {path.name for path in Path(get_module_path(self.module), "schemas").glob("*.json")}
        self.assertEqual(
            published - declared, set(), "partners rely on it: declare it, or retire its version"
        )

    def _path(self, declaration):
        return Path(
            get_module_path(self.module), "schemas", f"{declaration.name}.v{declaration.version}.json"
        )

    def _compare(self, declaration):
        """The published schema against the declared one. :return: what is wrong, in sentences."""
        path = self._path(declaration)
        current = declaration.data.model_json_schema()
        text = json.dumps(current, indent=2, ensure_ascii=False) + "\n"
        published = path.read_text(encoding="utf-8") if path.exists() else None
        broken = published and compatibility.breaks(json.loads(published), current, declaration.direction)
        name = f"{declaration.name} v{declaration.version}"
        if broken:
            return [f"{name} breaks what was published, declare a new version: {why}" for why in broken]
        if published == text:
            return []
        if os.environ.get(WRITES):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return []
        what = "has grown" if published else "is not published yet"
        return [f"{name} {what}: {WRITES}=1 writes {path.name}."]
