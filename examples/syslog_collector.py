"""Collect syslog messages over TCP, framed as RFC 6587 says: one thread a connection.

    python examples/syslog_collector.py --port 6514
    logger --tcp --octet-count --server 127.0.0.1 --port 6514 "hello"

Both framings of RFC 6587 are taken: octet counting, where each message has its length in front, and
lines. A message is one line of output: its host, its severity, and its text with control characters
escaped, for nobody knows what a sender puts into it. A message that is too long is skipped, and
told of. Behind a load balancer, `--trusted` names the networks whose PROXY headers count.
"""

import argparse
import socketserver
import sys
import threading

from fastsock import FrameError, FrameTooLargeError, Lines, ProxyMixIn, SocketReader, TextLength
from fastsock.errors import LimitOverrunError

COUNTED = TextLength(b" ", max_digits=5, max_frame=8192)
BY_LINES = Lines(max_frame=8192)
SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
OUTPUT = threading.Lock()


def described(message: bytes) -> str:
    """The severity and the text of a message, safe to print."""
    severity, rest = "?", message
    if message[:1] == b"<":
        priority, closed, _ = message[1:5].partition(b">")
        if closed and priority.isdigit():
            severity = SEVERITIES[int(priority) % 8]
            rest = message[len(priority) + 2 :]
    text = rest.rstrip(b"\n\0").decode("utf-8", "backslashreplace")
    return f"{severity}: {''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)}"


class Collector(socketserver.BaseRequestHandler):
    server: "Server"

    def handle(self) -> None:
        host = self.client_address[0]
        with SocketReader(self.request) as reader:
            try:
                reader.fill()
                # A length starts with a digit other than 0, and a line with its priority.
                counted = reader.accumulator.peek(1) in [b"%d" % digit for digit in range(1, 10)]
                framer = COUNTED if counted else BY_LINES
                while self.collect(host, reader, framer):
                    pass
            except (OSError, EOFError, FrameError) as error:
                self.say(f"{host} closed: {error}")

    def collect(self, host: str, reader: SocketReader, framer: TextLength | Lines) -> bool:
        """Print the messages that have come; False at the end of the stream."""
        try:
            messages = reader.frames(framer, timeout=self.server.seconds)
        except (FrameTooLargeError, LimitOverrunError):
            # Those in front were printed before. What is still to come of this one is dropped.
            reader.skip_frame(framer, timeout=self.server.seconds)
            self.say(f"{host} too long: a message was skipped")
            return True
        for message in messages:
            self.say(f"{host} {described(message)}")
        return bool(messages)

    def say(self, line: str) -> None:
        with OUTPUT:
            print(line, flush=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    seconds: float


class BehindBalancer(ProxyMixIn, Server):
    """Networks whose PROXY headers count are in `trusted`; others are served by their address."""

    proxy = "optional"


def main() -> None:
    parser = argparse.ArgumentParser(description="collect syslog messages over TCP")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6514, help="0 for any that is free")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds between messages")
    parser.add_argument("--trusted", nargs="*", metavar="NETWORK", help="of load balancers")
    options = parser.parse_args()
    kind = Server if options.trusted is None else BehindBalancer
    BehindBalancer.trusted = options.trusted
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    with kind((options.host, options.port), Collector) as server:
        server.seconds = options.timeout
        print("listening on port", server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
