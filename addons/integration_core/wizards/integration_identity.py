import json
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.modules.neutralize import get_installed_modules, get_neutralization_queries

from ..engine.lane import installed

KNOWN, UUID, URL = "integration_hub.identity", "database.uuid", "web.base.url"
NEUTRALIZED = "database.is_neutralized"
# unique index on key
PARAMETERS = "SELECT key, value FROM ir_config_parameter WHERE key = ANY (%s)"
REMEMBER = """
    INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
"""


def _is_local(url):
    return urlsplit(url).hostname in (None, "localhost", "127.0.0.1", "::1")


class IntegrationIdentity(models.TransientModel):
    """Whether this database is the one that was set up, or a copy of it.

    A copy that goes on sending books everything twice at the partners'. So where the database's name, its
    uuid or its address has changed, nothing is sent until an administrator says that it has only moved.
    """

    _name = "integration.identity"
    _description = "Moved or Copied"

    before = fields.Text(compute="_compute_both")
    now = fields.Text(compute="_compute_both")

    def _compute_both(self):
        known, now = self._known() or {}, self._now()
        for identity in self:
            identity.before = self._shown(known)
            identity.now = self._shown(now)

    @api.model
    def _read(self):
        """What the database says of itself; read anew, for whoever restored it told no cache."""
        self.env["ir.config_parameter"].flush_model()
        self.env.cr.execute(PARAMETERS, [[UUID, URL, KNOWN]])
        return dict(self.env.cr.fetchall())

    @api.model
    def _now(self):
        read = self._read()
        return {"name": self.env.cr.dbname, "uuid": read.get(UUID) or "", "url": read.get(URL) or ""}

    @api.model
    def _known(self):
        text = self._read().get(KNOWN)
        return json.loads(text) if text else None

    @api.model
    def _remember(self):
        """This is the database that may send."""
        self.env.cr.execute(REMEMBER, [KNOWN, json.dumps(self._now(), sort_keys=True)])

    @api.model
    def _problem(self):
        """Why nothing may be sent from here, or ``None``."""
        known, now = self._known(), self._now()
        if known is None:  # set up just now
            self._remember()
            return None
        changed = [name for name in now if now[name] != known.get(name)]
        if changed == ["url"] and _is_local(known["url"]):  # it had no address of its own before
            self._remember()
            return None
        if not changed:
            return None
        labels = {"name": self.env._("name"), "uuid": self.env._("uuid"), "url": self.env._("URL")}
        return self.env._(
            "This database may be a copy: its %s changed. Nothing is sent until an administrator confirms "
            "that it was moved.",
            ", ".join(labels[name] for name in changed),
        )

    def _shown(self, identity):
        labels = {"name": self.env._("Name"), "uuid": self.env._("UUID"), "url": self.env._("URL")}
        return "\n".join(f"{label}: {identity.get(name, '')}" for name, label in labels.items())

    @api.model
    def _notice(self):
        """What the people who integrate are told on every page, or ``None``."""
        if not self.env.user.has_group("integration_core.group_user"):
            return None
        if self.env["ir.config_parameter"].sudo().get_param(NEUTRALIZED):
            held = self.env["integration.system"].sudo().search_count([("is_held", "=", True)])
            if held:
                return self.env._("Test copy: %s systems are on hold, nothing is sent to them.", held)
            return None
        return self._problem()

    def _check_manager(self):
        if not self.env.user.has_group("integration_core.group_manager"):
            raise AccessError(self.env._("Only an integration administrator can do this."))

    def action_open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Moved or Copied?"),
            "res_model": "integration.identity",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }

    def action_moved(self):
        """The same database at another place: it goes on."""
        self._check_manager()
        before = self._known()
        self._remember()
        self._account("moved", self.env._("Database confirmed as moved: sending continues"), before)
        for lane in installed(self.env.registry):
            self.env["integration.worker"].sudo()._wake(lane)
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_copied(self):
        """A copy: what Odoo's neutralize does to the integrations is done now."""
        self._check_manager()
        before = self._known()
        self.env.flush_all()
        cr = self.env.cr
        ours = [name for name in get_installed_modules(cr) if name.startswith("integration_")]
        for query in get_neutralization_queries(ours):
            cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self._remember()
        self._account("copied", self.env._("Database confirmed as a copy: all systems are on hold"), before)
        return {"type": "ir.actions.client", "tag": "reload"}

    def _account(self, what, text, before):
        self.env["integration.audit.entry"]._append(
            f"database.{what}", self.env["integration.system"], text, before=before, now=self._now()
        )
