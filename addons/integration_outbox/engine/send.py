"""HTTP: many requests at once on kept connections, outside any transaction (libcurl's multi interface)."""

import logging
import socket
import ssl
import time
from collections import namedtuple

import pycurl

from odoo.addons.integration_core.policy import egress

from . import proxy

_logger = logging.getLogger(__name__)

# How much of an answer is kept, and how much is read before the transfer is cut off, in bytes.
KEEP_BYTES = 4096
READ_BYTES = 65536
CONNECT_TIMEOUT_S = 10

Response = namedtuple("Response", "status reason started_at duration_ms headers body")


def authorities():
    """The file of the certificate authorities that this server trusts; ``SSL_CERT_FILE`` names another.

    A libcurl that comes with pycurl does not know where this machine keeps its own.
    """
    return ssl.get_default_verify_paths().cafile


class Sender:
    """Requests of channels with the same allowed networks and the same client certificate.

    libcurl hands a kept connection to any request for the same host; the check of an address happens
    when a connection is opened, and so does the proof of who we are. So connections are not shared between
    different sets of networks, or identities.

    :param identity: ``private_keys.Identity`` for servers that ask for one (RFC 8446, section 4.3.2).
    """

    def __init__(self, networks, identity=None):
        self.networks, self.identity = networks, identity
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self.idle = []
        self.in_flight = {}

    def start(self, job, url, headers, body, timeout_s, keep=KEEP_BYTES):
        """Begin one POST; its response comes out of :meth:`finished` with ``job``.

        :param keep: how many bytes of the answer's body.
        """
        exchange = self.idle.pop() if self.idle else _Exchange(self.networks, self.identity)
        exchange.begin(job, url, headers, body, timeout_s, keep)
        self.in_flight[exchange.curl] = exchange
        self.multi.add_handle(exchange.curl)

    def post(self, url, headers, body, timeout_s, keep=KEEP_BYTES):
        """One POST that somebody waits for; its response, or ``None`` where none came in time."""
        self.start(None, url, headers, body, timeout_s, keep)
        deadline = time.monotonic() + timeout_s + 1
        finished = []
        while not finished and time.monotonic() < deadline:
            finished = self.finished(0.1)
        return finished[0][1] if finished else None

    def finished(self, wait_s):
        """``[(job, Response), …]`` of the requests that ended, after at most ``wait_s`` seconds."""
        if not self.in_flight:
            return []
        self._perform()
        done = self._collect()
        if not done and wait_s:
            self.multi.select(wait_s)
            self._perform()
            done = self._collect()
        return done

    def _perform(self):
        while self.multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass

    def _collect(self):
        done = []
        remaining = True
        while remaining:
            remaining, ended, failed = self.multi.info_read(256)
            done += [self._finish(curl, None) for curl in ended]
            done += [
                self._finish(curl, f"{message}" or f"curl error {code}") for curl, code, message in failed
            ]
        return done

    def _finish(self, curl, error):
        self.multi.remove_handle(curl)
        exchange = self.in_flight.pop(curl)
        self.idle.append(exchange)
        return exchange.end(error)

    def close(self):
        for exchange in self.in_flight.values():
            self.multi.remove_handle(exchange.curl)
        for exchange in (*self.in_flight.values(), *self.idle):
            exchange.curl.close()
        self.in_flight.clear()
        self.idle.clear()
        self.multi.close()


class _Exchange:
    """One curl handle, and what it takes in during one request. Set up once, used again and again."""

    def __init__(self, networks, identity):
        self.networks = networks
        self.lines = []
        self.url = self.timeout_s = self.job = self.proxy = None
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        curl.setopt(pycurl.PIPEWAIT, 1)
        if authorities():
            curl.setopt(pycurl.CAINFO, authorities())
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        if identity:
            curl.setopt(pycurl.SSLCERT_BLOB, identity.chain)
            curl.setopt(pycurl.SSLKEY_BLOB, identity.key)
        curl.setopt(pycurl.USERAGENT, "Odoo-Integration-Hub/1")
        curl.setopt(pycurl.TCP_NODELAY, 1)
        curl.setopt(pycurl.ACCEPT_ENCODING, None)
        curl.setopt(pycurl.WRITEFUNCTION, self._take_body)
        curl.setopt(pycurl.HEADERFUNCTION, self._take_header)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def begin(self, job, url, headers, body, timeout_s, keep):
        self.job, self.keep = job, keep
        self.lines.clear()
        self.header_bytes = self.body_bytes = 0
        self.body = b""
        self.refusal = None
        if url != self.url:
            self.proxy = proxy.of(url)
            self.curl.setopt(pycurl.URL, url)
            # Empty: libcurl does not look into the environment by itself, proxy.of has.
            self.curl.setopt(pycurl.PROXY, self.proxy or "")
            self.url = url
        if timeout_s != self.timeout_s:
            self.curl.setopt(pycurl.TIMEOUT_MS, int(timeout_s * 1000))
            self.curl.setopt(pycurl.CONNECTTIMEOUT, min(int(timeout_s), CONNECT_TIMEOUT_S))
            self.timeout_s = timeout_s
        # No "Expect: 100-continue": many servers do not know it, and we would wait a second for it.
        lines = [f"{name}: {value}" for name, value in headers.items()]
        lines.append("Expect:")
        self.curl.setopt(pycurl.HTTPHEADER, lines)
        self.curl.setopt(pycurl.POSTFIELDS, body)
        self.began = time.monotonic()

    def end(self, error):
        """``(job, Response)``; what the partner said counts, also when we had read enough of it."""
        is_answered = error is None or self.body_bytes > READ_BYTES
        duration = time.monotonic() - self.began
        job, self.job = self.job, None
        return job, Response(
            status=self.curl.getinfo(pycurl.RESPONSE_CODE) if is_answered else 0,
            reason=self.refusal or (None if is_answered else error),
            started_at=time.time() - duration,
            duration_ms=int(duration * 1000),
            headers=self._headers(),
            body=self.body[: self.keep].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )

    def _headers(self):
        headers = {}
        for line in self.lines:
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip().replace("\0", "")
        return headers

    def _open_socket(self, _purpose, to):
        try:
            if self.proxy:
                proxy.check(self.url, self.networks)
            else:
                egress.check_address(to.addr[0], self.networks)
        except (egress.EgressRefused, ValueError) as error:
            self.refusal = str(error)
            return pycurl.SOCKET_BAD
        return socket.socket(to.family, to.socktype, to.protocol)

    def _take_body(self, chunk):
        self.body_bytes += len(chunk)
        if len(self.body) < self.keep:
            self.body += chunk
        return -1 if self.body_bytes > READ_BYTES else None  # ends the transfer

    def _take_header(self, line):
        self.header_bytes += len(line)
        if self.header_bytes <= READ_BYTES:
            self.lines.append(line)
