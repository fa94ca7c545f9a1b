"""A partner's server on loopback: real HTTP, with answers that a test chooses."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """:ivar requests: ``(headers, body)`` of everything that came.

    :ivar answers: what to answer next, ``(status, headers, body)``; 200 when empty.
    :ivar answer_of: asked with headers and body, where it is set: what to answer.
    :ivar refuses: asked with headers and body, where it is set: whether to answer 500.
    :ivar echo: what makes an answer of a request, ``echo(headers, body)``, if anything does.
    """

    def __init__(self):
        self.requests = []
        self.answers = []
        self.refuses = None
        self.answer_of = None
        self.echo = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.append((dict(self.headers.items()), body))
                status, headers, answer = receiver.answers.pop(0) if receiver.answers else (200, {}, b"ok")
                if receiver.answer_of:
                    status, headers, answer = receiver.answer_of(self.headers, body)
                if receiver.refuses and receiver.refuses(self.headers, body):
                    status, headers, answer = 500, {}, b"refused"
                if receiver.echo:
                    status, headers, answer = receiver.echo(*receiver.requests[-1])
                self.send_response(status)
                for name, value in {"content-length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except ConnectionError:
                    self.close_connection = True  # the sender has read enough

            def log_message(self, *_args):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
