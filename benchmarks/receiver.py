"""A partner that costs next to nothing: what a benchmark measures must not be its receiver.

HTTP/1.1 with kept connections on an epoll loop; it answers as soon as the body is there and looks into
it only when asked to. ``GET /stats`` tells what came.

    python receiver.py --port 9000 [--behave ok|hang|fail|drip] [--track]
"""

import argparse
import json
import re
import selectors
import socket
import time

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
WEBHOOK_ID = re.compile(rb"webhook-id: *([^\r]+)", re.IGNORECASE)
PLACE = re.compile(rb'"key": *"([^"]+)", *"number": *(\d+)')
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"
FAIL = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"


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
        self.out_of_order = 0

    def run(self):
        while True:
            for key, _mask in self.selector.select(0.5 if not self.dripping else 0.1):
                if key.fileobj is self.listener:
                    self._accept()
                else:
                    self._read(key.fileobj)
            if self.dripping:
                self._drip()

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
        if head.startswith(b"GET /stats"):
            answer = json.dumps(self.stats()).encode()
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(answer) + answer
            )
            return
        self.count += 1
        self.last = time.time()
        if self.first is None:
            self.first = self.last
        if self.track:
            self._note(head, body)
        if self.behave == "hang":
            return
        if self.behave == "drip":
            self.dripping[connection] = [OK, 0, time.monotonic()]
            return
        try:
            connection.send(FAIL if self.behave == "fail" else OK)
        except ConnectionError:
            self._close(connection)

    def _note(self, head, body):
        webhook_id = WEBHOOK_ID.search(head)[1]
        if webhook_id in self.seen:
            self.repeats += 1
            return
        self.seen.add(webhook_id)
        place = PLACE.search(body)
        if place:
            key, number = place[1], int(place[2])
            if number <= self.latest.get(key, -1):
                self.out_of_order += 1
            self.latest[key] = number

    def _drip(self):
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
            "keys": len(self.latest),
            "first": self.first,
            "last": self.last,
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--behave", choices=["ok", "hang", "fail", "drip"], default="ok")
    parser.add_argument("--track", action="store_true")
    options = parser.parse_args()
    Receiver(options.port, options.behave, options.track).run()
