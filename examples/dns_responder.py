"""Answer DNS questions of one zone, a batch at a time: a responder with no state.

    python examples/dns_responder.py --port 5353
    dig @127.0.0.1 -p 5353 www.example.test A

Every name in the zone has the address 192.0.2.1, and no other record; what is not of the zone is
refused. A malformed question gets no answer, or FORMERR where its header can be read.
"""

import argparse
import struct

from fastsock import inet_pton
from fastsock.datagram import DatagramBatch, open_datagram_socket, send_batch

HEADER = struct.Struct("!6H")
A, ANY, IN = 1, 255, 1
NOERROR, FORMERR, NOTIMP, REFUSED = 0, 1, 4, 5
QR, OPCODE, AA, RD = 0x8000, 0x7800, 0x0400, 0x0100
TTL = 60
ANSWER = struct.pack("!3HIH", 0xC00C, A, IN, TTL, 4) + inet_pton(2, "192.0.2.1")  # 2 is AF_INET


def question_of(query: bytes) -> tuple[int, bytes] | None:
    """Where the first question ends, and its name in lower case, as on the wire."""
    at = HEADER.size
    while at < len(query) and query[at]:
        if query[at] > 63:  # a pointer, to which a question has no reason
            return None
        at += query[at] + 1
    end = at + 5
    return (end, query[HEADER.size : at + 1].lower()) if end <= len(query) else None


def respond(query: bytes, zone: bytes) -> bytes | None:
    """The answer to a query, or None where there is none."""
    if len(query) < HEADER.size:
        return None
    number, flags, questions, *_ = HEADER.unpack_from(query)
    if flags & QR:  # an answer must not be answered: two responders would never stop
        return None

    def reply(code: int, question: bytes = b"", answer: bytes = b"") -> bytes:
        said = QR | AA | flags & (OPCODE | RD) | code
        return HEADER.pack(number, said, bool(question), bool(answer), 0, 0) + question + answer

    if flags & OPCODE:
        return reply(NOTIMP)
    found = question_of(query) if questions == 1 else None
    if found is None:
        return reply(FORMERR)
    end, name = found
    question = query[HEADER.size : end]
    kind, group = struct.unpack_from("!HH", query, end - 4)
    if group != IN or not (name == zone or name.endswith(zone)):
        return reply(REFUSED, question)
    return reply(NOERROR, question, ANSWER if kind in (A, ANY) else b"")


def wire_name(name: str) -> bytes:
    labels = [label.encode() for label in name.lower().strip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def serve(host: str, port: int, zone: str) -> None:
    name = wire_name(zone)
    with open_datagram_socket((host, port), rcvbuf=1 << 22) as sock:
        print("listening on port", sock.getsockname()[1], flush=True)
        batch = DatagramBatch(64, 512)  # larger questions are cut, and so are none
        while True:
            try:
                batch.recv(sock)
            except ConnectionError:  # what ICMP says of somebody who did not wait for an answer
                continue
            replies = [
                (reply, peer)
                for query, peer in batch
                if (reply := respond(query, name)) is not None and peer[1] != 0
            ]
            while replies:
                try:
                    del replies[: send_batch(sock, replies)]
                except OSError:  # this one can't be reached
                    del replies[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="answer DNS questions, a batch at a time")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5353)
    parser.add_argument("--zone", default="example.test")
    arguments = parser.parse_args()
    serve(arguments.host, arguments.port, arguments.zone)
