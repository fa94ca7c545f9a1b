"""Routes for programs: no session, no cookie, no person; see ``ir.http``."""

ROUTE = {
    "type": "http",
    "auth": "none",
    "csrf": False,
    "save_session": False,
    "readonly": False,
    "machine": True,
}
