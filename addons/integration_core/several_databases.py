"""One server, several databases: how a partner's program says which one it means.

By the host name, where ``dbfilter`` has ``%d`` or ``%h``; by Odoo's own header ``X-Odoo-Database``; or, for
programs that can set neither, in the path: ``/integration/db/NAME/in/…``. The server then needs this module
among its ``server_wide_modules``: a request has to find its way before any database is loaded.
"""

import functools
import re

from odoo import http
from odoo.tools import config

MODULE = "integration_core"
HEADER = "HTTP_X_ODOO_DATABASE"
# Databases are named in the path of machine routes alone; pages have a session, which knows.
NAMED = re.compile(r"^/integration/db/([^/]+)(/(?:in|oauth)/.*)$")
WHICH = (
    "This server has several databases: name one in the path, /integration/db/NAME/…, or in the header "
    "X-Odoo-Database."
)


def renamed(environ):
    """The WSGI environment with the database out of the path, in the header that Odoo knows."""
    found = NAMED.match(environ.get("PATH_INFO") or "")
    if not found:
        return environ
    return {**environ, "PATH_INFO": f"/integration{found[2]}", HEADER: found[1]}


def listen():
    """Once in each process. Whether a database may be named is up to ``dbfilter``, as ever.

    Called where this module is imported, not by ``post_load``: Odoo leaves that out for a module that
    another one has imported already.
    """
    call = http.Application.__call__
    if getattr(call, "knows_databases", False):
        return

    @functools.wraps(call)
    def serve(self, environ, start_response):
        return call(self, renamed(environ), start_response)

    serve.knows_databases = True
    http.Application.__call__ = serve


def address(base_url, path, dbname):
    """``(address, problem)``: where a partner's program reaches a path of ours, and why it may not.

    :param path: begins with ``/integration/``.
    """
    if not _is_one_of_several(base_url):
        return base_url + path, False
    if MODULE in config["server_wide_modules"]:
        return f"{base_url}/integration/db/{dbname}{path.removeprefix('/integration')}", False
    return base_url + path, True


def _is_one_of_several(base_url):
    host = base_url.partition("://")[2].partition("/")[0]
    return len(http.db_list(force=True, host=host)) > 1
