"""HTTP: many requests at once on kept connections, outside any transaction (libcurl's multi interface)."""

import logging
import socket
import time
from collections import namedtuple
from io import BytesIO

import pycurl

from odoo.addons.integration_core.policy import egress

_logger = logging.getLogger(__name__)

# How much of an answer is kept, and how much is read before the transfer is cut off, in bytes.
KEEP_BYTES = 4096
READ_BYTES = 65536
CONNECT_TIMEOUT_S = 10

Outcome = namedtuple("Outcome", "status reason started_at duration_ms headers body")


class Sender:
    """Requests of channels with the same allowed networks.

    libcurl hands a kept connection to any request for the same host; the check of an address happens
    when a connection is opened. So connections are not shared between different sets of networks.
    """

    def __init__(self, networks):
        self.networks = networks
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self.idle = []
        self.in_flight = {}

    def start(self, job, url, headers, body, timeout_s):
        """Begin one POST; its outcome comes out of :meth:`finished` with ``job``."""
        curl = self.idle.pop() if self.idle else self._handle()
        exchange = _Exchange(job)
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])
        curl.setopt(pycurl.POSTFIELDSIZE, len(body))
        curl.setopt(pycurl.COPYPOSTFIELDS, body)
        curl.setopt(pycurl.TIMEOUT_MS, timeout_s * 1000)
        curl.setopt(pycurl.CONNECTTIMEOUT, min(timeout_s, CONNECT_TIMEOUT_S))
        curl.setopt(pycurl.WRITEFUNCTION, exchange.take_body)
        curl.setopt(pycurl.HEADERFUNCTION, exchange.take_header)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, lambda purpose, to: self._open_socket(exchange, to))
        self.in_flight[curl] = exchange
        self.multi.add_handle(curl)

    def _handle(self):
        curl = pycurl.Curl()
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        curl.setopt(pycurl.USERAGENT, "Odoo-Integration-Hub/1")
        curl.setopt(pycurl.TCP_NODELAY, 1)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.ACCEPT_ENCODING, None)
        return curl

    def _open_socket(self, exchange, to):
        try:
            egress.check_address(to.addr[0], self.networks)
        except (egress.EgressRefused, ValueError) as error:
            exchange.refusal = str(error)
            return pycurl.SOCKET_BAD
        return socket.socket(to.family, to.socktype, to.protocol)

    def finished(self, wait_s):
        """``[(job, Outcome), …]`` of the requests that ended, after at most ``wait_s`` seconds."""
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
            remaining, ended, failed = self.multi.info_read()
            done += [self._finish(curl, None) for curl in ended]
            done += [
                self._finish(curl, f"{message}" or f"curl error {code}") for curl, code, message in failed
            ]
        return done

    def _finish(self, curl, error):
        self.multi.remove_handle(curl)
        exchange = self.in_flight.pop(curl)
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        self.idle.append(curl)
        if error and exchange.is_cut_off:
            error = None  # we have read enough; the status counts
        return exchange.job, Outcome(
            status=status if error is None else 0,
            reason=exchange.refusal or error,
            started_at=exchange.started_at,
            duration_ms=int((time.monotonic() - exchange.began) * 1000),
            headers=exchange.headers,
            body=exchange.body.getvalue()[:KEEP_BYTES]
            .decode("utf-8", "replace")
            .replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )

    def close(self):
        for curl in [*self.in_flight, *self.idle]:
            if curl in self.in_flight:
                self.multi.remove_handle(curl)
            curl.close()
        self.in_flight.clear()
        self.idle.clear()
        self.multi.close()


class _Exchange:
    def __init__(self, job):
        self.job = job
        self.started_at = time.time()
        self.began = time.monotonic()
        self.body = BytesIO()
        self.headers = {}
        self.header_bytes = 0
        self.refusal = None
        self.is_cut_off = False

    def take_body(self, chunk):
        self.body.write(chunk)
        if self.body.tell() > READ_BYTES:
            self.is_cut_off = True
            return -1  # ends the transfer
        return None

    def take_header(self, line):
        self.header_bytes += len(line)
        if self.header_bytes > READ_BYTES:
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            self.headers[name.strip().lower()] = value.strip().replace("\0", "")
