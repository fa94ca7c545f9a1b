"""HTTP receiver of the benchmarks, fast enough not to be the bottleneck.

HTTP/1.1 with kept connections on an epoll loop; it answers as soon as the body is there and looks into
it only when asked to. ``GET /stats`` tells what came.

    python receiver.py --port 9000 [--behave ok|hang|fail|drip|chaos] [--track]

``chaos`` answers most requests well; others it answers 500, or 429 with Retry-After, or resets, half-closes
or forgets them. ``--track`` notes what came: what was repeated after it had been answered well, what came
under two ids, what came before an earlier one of its key. ``GET /places`` lists what was answered well.
"""

import argparse
import json
import random
import re
import selectors
import socket
import struct
import time

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
WEBHOOK_ID = re.compile(rb"webhook-id: *([^\r]+)", re.IGNORECASE)
PLACE = re.compile(rb'"key": *"([^"]+)", *"number": *(\d+)')
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"
FAIL = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
LATER = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
CHAOS = ["ok"] * 85 + ["fail"] * 5 + ["later"] * 2 + ["reset"] * 3 + ["half-close"] * 3 + ["hang"] * 2


class Receiver:
    def __init__(self, port, behave, track):
        self.behave, self.track = behave, track
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.buffers = {}
        self.dripping = {}
        self.count = 0
        self.first = self.last = None
        self.seen = set()
        self.repeats = 0
        self.latest = {}  # key -> the last number that came
        self.places = {}  # (key, number) -> (its id, whether it was answered well)
        self.out_of_order = 0
        self.twins = 0

    def run(self):
        while True:
            for key, _mask in self.selector.select(0.5 if not self.dripping else 0.1):
                if key.fileobj is self.listener:
                    self._accept()
                else:
                    self._read(key.fileobj)
            if self.dripping:
                self._drip_on()

    def _accept(self):
        connection, _address = self.listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffers[connection] = b""
        self.selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection):
        try:
            chunk = connection.recv(262144)
        except ConnectionError:
            chunk = b""
        if not chunk:
            self._close(connection)
            return
        data = self.buffers[connection] + chunk
        while data:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                break
            head = data[:end]
            found = LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(data) < whole:
                break
            self._take(connection, head, data[end + 4 : whole])
            data = data[whole:]
        if connection in self.buffers:
            self.buffers[connection] = data

    def _take(self, connection, head, body):
        if head.startswith(b"GET "):
            self._tell(connection, head)
            return
        self.count += 1
        self.last = time.time()
        if self.first is None:
            self.first = self.last
        mood = random.choice(CHAOS) if self.behave == "chaos" else self.behave  # noqa: S311
        if self.track:
            self._note(head, body, mood)
        getattr(self, "_" + mood.replace("-", "_"))(connection)

    def _tell(self, connection, head):
        if head.startswith(b"GET /places"):
            answer = b"\n".join(b"%s %d" % place for place, (_id, is_ok) in self.places.items() if is_ok)
        else:
            answer = json.dumps(self.stats()).encode()
        connection.setblocking(True)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(answer) + answer
        )
        connection.setblocking(False)

    def _ok(self, connection):
        self._send(connection, OK)

    def _fail(self, connection):
        self._send(connection, FAIL)

    def _later(self, connection):
        self._send(connection, LATER)

    def _hang(self, connection):
        """No answer; the connection stays."""

    def _drip(self, connection):
        self.dripping[connection] = [OK, 0, time.monotonic()]

    def _reset(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close(connection)

    def _half_close(self, connection):
        connection.shutdown(socket.SHUT_WR)

    def _send(self, connection, answer):
        try:
            connection.send(answer)
        except OSError:
            self._close(connection)

    def _note(self, head, body, mood):
        webhook_id = WEBHOOK_ID.search(head)[1]
        if webhook_id in self.seen:
            self.repeats += 1
            return
        if mood == "ok":
            self.seen.add(webhook_id)
        found = PLACE.search(body)
        if not found:
            return
        place = found[1], int(found[2])
        before = self.places.get(place)
        if before is None:
            if place[1] <= self.latest.get(place[0], -1):
                self.out_of_order += 1
            self.latest[place[0]] = place[1]
        elif before[0] != webhook_id:
            self.twins += 1
        self.places[place] = webhook_id, mood == "ok"

    def _drip_on(self):
        now = time.monotonic()
        for connection, state in list(self.dripping.items()):
            answer, sent, at = state
            if now - at < 1.0:
                continue
            try:
                connection.send(answer[sent : sent + 1])
            except ConnectionError:
                self._close(connection)
                continue
            state[1], state[2] = sent + 1, now
            if state[1] >= len(answer):
                del self.dripping[connection]

    def _close(self, connection):
        if connection not in self.buffers:
            return
        self.selector.unregister(connection)
        self.buffers.pop(connection, None)
        self.dripping.pop(connection, None)
        connection.close()

    def stats(self):
        return {
            "count": self.count,
            "unique": len(self.seen),
            "repeats": self.repeats,
            "out_of_order": self.out_of_order,
            "twins": self.twins,
            "keys": len(self.latest),
            "first": self.first,
            "last": self.last,
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--behave", choices=["ok", "hang", "fail", "drip", "chaos"], default="ok")
    parser.add_argument("--track", action="store_true")
    options = parser.parse_args()
    Receiver(options.port, options.behave, options.track).run()
