"""Partners as they are: they hang, hang up, drip, and show certificates that nobody signed."""

import datetime
import ipaddress
import os
import socket
import ssl
import struct
import tempfile
import threading
import time
from pathlib import Path

import h2.config
import h2.connection
import h2.events
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from odoo.tests import tagged

from .common import OutboxCase


class Partner:
    """A server on loopback that treats each connection as ``behave(connection)`` says."""

    def __init__(self, behave, context=None, reads_first=True):
        self.behave, self.context, self.reads_first = behave, context, reads_first
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            if self.reads_first:
                connection.recv(65536)
            self.behave(connection)
        except OSError:
            return  # they hung up on us, which is what the test is about

    def close(self):
        self.listener.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def half_close(connection):
    connection.shutdown(socket.SHUT_WR)
    time.sleep(5)


def hang(_connection):
    time.sleep(5)


def drip(connection):
    for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok":
        connection.send(bytes([byte]))
        time.sleep(0.5)


def babble(connection):
    connection.send(b"220 mail.example ESMTP\r\n")
    time.sleep(5)


def answer_well(connection):
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")


def flood(connection):
    """A body of 100 MB; counts how much of it somebody takes."""
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n")
    flood.taken = 0
    for _ in range(1600):
        flood.taken += connection.send(b"x" * 65536)


def serve_http_2(connection):
    """Answer every request of a connection with 200 (RFC 9113), until it is closed."""
    http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    http.initiate_connection()
    connection.sendall(http.data_to_send())
    while data := connection.recv(65536):
        for event in http.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                http.send_headers(event.stream_id, [(":status", "200")], end_stream=True)
        connection.sendall(http.data_to_send())


def certificate(folder, host="127.0.0.1"):
    """A key and a certificate that signs itself, in files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Plant CA")])
    now = datetime.datetime.now(datetime.timezone.utc)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = Path(folder, "cert.pem"), Path(folder, "key.pem")
    cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(cert_file), str(key_file)


@tagged("post_install", "-at_install")
class TestPartners(OutboxCase):
    def outcome_of(self, behave, context=None, scheme="http"):
        partner = Partner(behave, context)
        self.addCleanup(partner.close)
        self.subscription.write({"url": f"{scheme}://127.0.0.1:{partner.port}/hook", "timeout_s": 1})
        event = self.event()
        began = time.monotonic()
        self.run_lane()
        self.assertLess(time.monotonic() - began, 10)
        return self.delivery(event)

    def test_one_that_misbehaves_is_tried_again_later_with_the_reason(self):
        for behave, says in (
            (reset, "reset"),
            (half_close, "Empty reply"),
            (hang, "timed out"),
            (drip, "timed out"),
            (babble, "HTTP/0.9"),
        ):
            with self.subTest(behave.__name__):
                delivery = self.outcome_of(behave)
                self.assertEqual((delivery.state, delivery.status_code), ("retrying", 0))
                self.assertIn(says, delivery.reason)

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.subscription.url = f"http://127.0.0.1:{port}/hook"
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "retrying")
        self.assertRegex(self.delivery(event).reason, "(?i)connect")

    def test_a_body_of_100_mb_is_not_read(self):
        delivery = self.outcome_of(flood)
        self.assertEqual(delivery.state, "delivered")
        self.assertLess(flood.taken, 20_000_000, "what the kernel's buffers take")

    def context(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        cert, key = certificate(folder.name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context, cert

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        context, _cert = self.context()
        delivery = self.outcome_of(answer_well, context, "https")
        self.assertEqual(delivery.state, "retrying")
        self.assertRegex(delivery.reason, "(?i)certificate")

    def test_a_certificate_that_this_server_trusts_is_taken(self):
        context, cert = self.context()
        before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = cert
        self.addCleanup(
            lambda: (
                os.environ.pop("SSL_CERT_FILE") if before is None else os.environ.update(SSL_CERT_FILE=before)
            )
        )
        delivery = self.outcome_of(answer_well, context, "https")
        self.assertEqual((delivery.state, delivery.reason), ("delivered", False))

    def test_http_2_is_spoken_where_it_is_offered_on_one_connection(self):
        context, cert = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        os.environ["SSL_CERT_FILE"] = cert
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE")
        connections = []

        def speak_http_2(connection):
            connections.append(connection.selected_alpn_protocol())
            serve_http_2(connection)

        partner = Partner(speak_http_2, context, reads_first=False)
        self.addCleanup(partner.close)
        self.subscription.url = f"https://127.0.0.1:{partner.port}/hook"
        events = [self.event(f"WH/MO/{n:05}") for n in range(20)]
        self.run_lane()
        self.assertEqual({self.delivery(event).state for event in events}, {"delivered"})
        self.assertEqual(connections, ["h2"])

    def test_the_proxy_of_the_environment_is_used_and_is_no_way_inside(self):
        seen = []

        def proxy(connection):
            seen.append(connection)
            answer_well(connection)

        server = Partner(proxy)
        self.addCleanup(server.close)
        os.environ["http_proxy"] = f"http://127.0.0.1:{server.port}"
        self.addCleanup(os.environ.pop, "http_proxy")
        self.mes.allowed_networks = False
        self.subscription.url = "http://mes.example.com/hook"
        outside = self.event()
        self.run_lane()
        self.assertEqual((self.delivery(outside).state, len(seen)), ("delivered", 1))
        self.mes.allowed_networks = "169.254.169.254/32"
        self.subscription.url = "http://169.254.169.254/latest"
        self.mes.allowed_networks = False
        inside = self.event("WH/MO/00043")
        self.run_lane()
        self.assertEqual((self.delivery(inside).state, len(seen)), ("retrying", 1))
        self.assertIn("private or special address", self.delivery(inside).reason)
