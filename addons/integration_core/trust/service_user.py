"""What makes a user unfit as the service user of a system: a way to log in, or rights to administer.

A message acts as its system's service user. One that could log in is a person, and one that administers would make
whoever signs messages an administrator.
"""

from odoo.tools import SQL, sql

# What Odoo's modules know as a way in, or as a sign of a person: a condition on the user's row, the table and
# column that it needs (another module's, perhaps not installed), and the name that _reason knows it by.
# Primary keys and the indexes of these tables on their users: res_users_apikeys_user_id_index_idx,
# res_users_log__create_uid_index, auth_passkey_key__create_uid_index, hr_employee_user_uniq.
SIGNS = (
    ("password", "res_users", "password", "u.password <> ''"),
    (
        "api_key",
        "res_users_apikeys",
        "user_id",
        "EXISTS (SELECT FROM res_users_apikeys k WHERE k.user_id = u.id)",
    ),
    (
        "login",
        "res_users_log",
        "create_uid",
        "EXISTS (SELECT FROM res_users_log l WHERE l.create_uid = u.id)",
    ),
    ("oauth", "res_users", "oauth_uid", "u.oauth_uid <> ''"),
    ("totp", "res_users", "totp_secret", "u.totp_secret <> ''"),
    (
        "passkey",
        "auth_passkey_key",
        "create_uid",
        "EXISTS (SELECT FROM auth_passkey_key p WHERE p.create_uid = u.id)",
    ),
    ("employee", "hr_employee", "user_id", "EXISTS (SELECT FROM hr_employee e WHERE e.user_id = u.id)"),
)
# Who may grant rights, or make credentials, is no service user.
ADMINISTRATORS = ("base.group_system", "base.group_erp_manager", "integration_core.group_manager")
# Of Odoo itself: the superuser, the first administrator, the models for new users.
ODOOS_OWN = ("base.user_root", "base.user_admin", "base.public_user", "base.template_portal_user_id")
_KEY = "integration_core.service_user"


def reason(env, user):
    """Why ``user`` may not be a service user, as a stable name; ``None`` where it may."""
    id_of = env["ir.model.data"]._xmlid_to_res_id
    if any(id_of(xml_id) == user.id for xml_id in ODOOS_OWN):
        return "odoo"
    groups = set(user.sudo()._get_group_ids())
    if any(id_of(xml_id) in groups for xml_id in ADMINISTRATORS):
        return "administrator"
    if id_of("base.group_user") not in groups:
        return "external"
    signs = _signs(env)
    conditions = SQL(", ").join(SQL(condition) for _name, condition in signs)
    env.cr.execute(SQL("SELECT %s FROM res_users u WHERE u.id = %s", conditions, user.id))
    return next(
        (name for (name, _condition), is_so in zip(signs, env.cr.fetchone(), strict=True) if is_so), None
    )


def reason_now(env, user):
    """As :func:`reason`, asked once for each user in a transaction: the messages that share it cost one query."""
    cr = env.cr
    if _KEY not in cr.cache:
        cr.cache[_KEY] = {}
        cr.postcommit.add(lambda: cr.cache.pop(_KEY, None))
        cr.postrollback.add(lambda: cr.cache.pop(_KEY, None))
    known = cr.cache[_KEY]
    if user.id not in known:
        known[user.id] = reason(env, user)
    return known[user.id]


def _signs(env):
    """Those of :data:`SIGNS` whose module is installed; looked up once per registry."""
    known = getattr(env.registry, "_integration_login_signs", None)
    if known is None:
        known = [
            (name, condition)
            for name, table, column, condition in SIGNS
            if sql.column_exists(env.cr, table, column)
        ]
        if env.registry.ready:
            env.registry._integration_login_signs = known
    return known
