"""Runs in network and mount namespaces of its own, as ``unshare -rmn`` makes them: its resolver and its
addresses are the test's. Posts to each URL as the engine does, and prints what came of it, as JSON.

    inside.py URL…
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import odoo.addons

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
odoo.addons.__path__.append(str(HERE.parents[1] / "addons"))

from resolver import Resolver  # noqa: E402

from odoo.addons.integration_core.policy import egress  # noqa: E402
from odoo.addons.integration_outbox.engine.send import Sender  # noqa: E402

# What is inside: this machine, a plant's network, the metadata service of clouds; and a partner outside.
INSIDE = ("127.0.0.1", "10.20.0.5", "169.254.169.254", "::1", "fd00::5")
PARTNER = "203.0.114.7"
TRIES = 3

NAMES = {
    "partner.test": [[PARTNER]],
    "inside.test": [["127.0.0.1"]],
    "plant.test": [["10.20.0.5"]],
    "metadata.test": [["169.254.169.254"]],
    "six.test": [["::1"]],
    "unique-local.test": [["fd00::5"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "both.test": [[PARTNER, "127.0.0.1"]],
    # It was outside when somebody looked, and is inside when the connection is opened.
    "rebinding.test": [[PARTNER], ["127.0.0.1"]],
}

reached = []


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A connection that was dropped half way is none of the test's."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        here = self.connection.getsockname()[0].removeprefix("::ffff:")
        reached.append(here)
        self.send_response(302 if here == PARTNER and self.path == "/redirect" else 200)
        self.send_header("Location", "http://127.0.0.1/secret")
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_args):
        pass


def set_up():
    for command in (
        "ip link set lo up",
        *(
            f"ip addr add {a}/{128 if ':' in a else 32} dev lo nodad"
            for a in (*INSIDE[1:], PARTNER)
            if a != "::1"
        ),
    ):
        subprocess.run(command.split(), check=True)
    for target, text in (
        ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
        ("/etc/nsswitch.conf", "hosts: files dns\n"),
        ("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    ):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(text)
        subprocess.run(["mount", "--bind", file.name, os.path.realpath(target)], check=True)
    Resolver(NAMES)
    for address in ("0.0.0.0", "::"):  # noqa: S104, in a namespace of its own
        server = type("S", (Server,), {"address_family": 10 if ":" in address else 2})
        server.allow_reuse_address = True
        bound = _bound(server, address)
        threading.Thread(target=bound.serve_forever, daemon=True).start()


def _bound(kind, address):
    server = kind((address, 80), Handler, bind_and_activate=False)
    if ":" in address:
        server.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.server_bind()
    server.server_activate()
    return server


def post(url, networks):
    sender = Sender(networks)
    try:
        sender.start(None, url, {"content-type": "application/json"}, b"{}", 3)
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            done = sender.finished(0.1)
            if done:
                return done[0][1]
    finally:
        sender.close()
    return None


def main():
    set_up()
    results = {}
    for line in sys.argv[1:]:
        url, _, allowed = line.partition(" ")
        tries = []
        for _try in range(TRIES):
            reached.clear()
            outcome = post(url, egress.networks(allowed))
            tries.append(
                {
                    "status": outcome.status if outcome else None,
                    "reason": outcome.reason if outcome else "no answer",
                    "reached": sorted(set(reached)),
                }
            )
        results[line] = tries
    print(json.dumps(results))


main()
