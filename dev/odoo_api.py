"""Client of Odoo's web API with the session of a user. Standard library only."""

import http.cookiejar
import json
import urllib.request


class OdooError(Exception):
    """What Odoo answered instead of a result, in its words."""


class OdooApi:
    def __init__(self, url, database):
        self.url = url.rstrip("/")
        self.database = database
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.uid = None

    def login(self, login, password):
        """:raises OdooError: wrong login or password."""
        session = self._post(
            "/web/session/authenticate",
            {"db": self.database, "login": login, "password": password},
        )
        self.uid = session["uid"]
        return self

    def call(self, model, method, *args, **kwargs):
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def search_read(self, model, domain, fields, **kwargs):
        return self.call(model, "search_read", domain, fields, **kwargs)

    def read_one(self, model, domain, fields, **kwargs):
        rows = self.search_read(model, domain, fields, limit=1, **kwargs)
        return rows[0] if rows else None

    def ref(self, xmlid):
        module, name = xmlid.split(".")
        return self.read_one("ir.model.data", [("module", "=", module), ("name", "=", name)], ["res_id"])[
            "res_id"
        ]

    def _post(self, path, params):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        request = urllib.request.Request(  # noqa: S310
            self.url + path, data=body, headers={"Content-Type": "application/json"}
        )
        with self.opener.open(request, timeout=120) as response:
            answer = json.load(response)
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise OdooError(data.get("message") or answer["error"].get("message"))
        return answer["result"]
