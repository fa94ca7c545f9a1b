"""A DNS server of the test's own (RFC 1035): each name has answers that take turns, and TTL 0."""

import ipaddress
import socket
import struct
import threading

A, AAAA = 1, 28


class Resolver:
    """:param names: ``{name: [[addresses of the first answer], [of the second], …]}``; the last one stays."""

    def __init__(self, names):
        self.names = names
        self.asked = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, client = self.socket.recvfrom(512)
            self.socket.sendto(self._answer(query), client)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += query[at] + 1
        (kind,) = struct.unpack_from(">H", query, at + 1)
        question = query[12 : at + 5]
        addresses = [a for a in self._turn(".".join(labels).lower(), kind) if _kind(a) == kind]
        records = b"".join(
            struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(ipaddress.ip_address(a).packed))
            + ipaddress.ip_address(a).packed
            for a in addresses
        )
        return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(addresses), 0, 0) + question + records

    def _turn(self, name, kind):
        turns = self.names.get(name)
        if not turns:
            return []
        turn = self.asked.get((name, kind), 0)
        self.asked[name, kind] = turn + 1
        return turns[min(turn, len(turns) - 1)]


def _kind(address):
    return A if ipaddress.ip_address(address).version == 4 else AAAA
