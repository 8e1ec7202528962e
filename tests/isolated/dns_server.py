"""The tests' own name server: delays, dead names, round robin, and a count of queries.

Only what a stub resolver needs: one question a packet, UDP, no EDNS in the answer.
"""

import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress

TYPES = {1: "A", 5: "CNAME", 12: "PTR", 28: "AAAA"}
NUMBERS = {name: number for number, name in TYPES.items()}
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3


def encode_name(name):
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def decode_name(packet, at):
    labels = []
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("ascii"))
        at += 1 + packet[at]
    return ".".join(labels), at + 1


def encode_data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    return encode_name(value)


class Server:
    """`zone` has name -> type -> values; the sets and dicts below change what is answered."""

    def __init__(self, zone, address=("127.0.0.1", 53)):
        self.zone = zone
        self.delays = {}
        self.dead = set()
        self.failing = set()
        self.rotating = set()
        self.queries = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)

    def asked(self, name):
        """How often a name was asked for, by type."""
        return {kind: count for (asked, kind), count in self.queries.items() if asked == name}

    def _records(self, name, kind):
        """The chain of CNAMEs, and the records at its end."""
        records = []
        while "CNAME" in self.zone.get(name, {}):
            target = self.zone[name]["CNAME"][0]
            records.append((name, "CNAME", target))
            name = target.lower()
        values = self.zone.get(name, {}).get(kind, [])
        if name in self.rotating and values:
            values[:] = values[1:] + values[:1]
        return records + [(name, kind, value) for value in values], name in self.zone

    def _answer(self, packet):
        name, at = decode_name(packet, 12)
        kind = TYPES.get(struct.unpack_from(">H", packet, at)[0], "?")
        lower = name.lower()
        self.queries[lower, kind] += 1
        if lower in self.dead:
            return None, 0
        records, exists = self._records(lower, kind)
        code = NOERROR if exists else NXDOMAIN
        if lower in self.failing:
            records, code = [], SERVFAIL
        head = packet[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(records), 0, 0)
        body = packet[12 : at + 4]
        for owner, kind, value in records:
            data = encode_data(kind, value)
            body += (
                encode_name(owner) + struct.pack(">HHIH", NUMBERS[kind], 1, 60, len(data)) + data
            )
        return head + body, self.delays.get(lower, 0)

    def _reply(self, reply, delay, client):
        time.sleep(delay)
        with suppress(OSError):  # the server may be closed meanwhile
            self._socket.sendto(reply, client)

    def _serve(self):
        while True:
            try:
                packet, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if not packet:
                return
            reply, delay = self._answer(packet)
            if reply and delay:
                threading.Thread(
                    target=self._reply, args=(reply, delay, client), daemon=True
                ).start()
            elif reply:
                self._reply(reply, 0, client)

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
                waker.sendto(b"", self._socket.getsockname())
            thread.join(5)
            self._socket.close()
