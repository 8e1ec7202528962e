"""Print the lines that TLS servers send: one thread and one selector for all connections.

    python examples/tls_lines.py --cafile ca.pem localhost:7002 localhost:7003

A selector knows of bytes in the socket, and not of those that the TLS layer has decrypted. `fill`
fetches these too, as far as there is room; where there is not, the loop must come back to them.
"""

import argparse
import selectors
import socket
import ssl
import sys

from fastsock import Lines, RecvAccumulator

LINES = Lines(max_frame=1000, keep=True)


def connect(target: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    host, _, port = target.rpartition(":")
    sock = context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
    sock.setblocking(False)
    return sock


def receive(sock: ssl.SSLSocket, acc: RecvAccumulator) -> bool:
    """Print the lines that have come; False at the end of the stream."""
    try:
        acc.fill(sock)
        print_lines(acc)
        while sock.pending():  # the selector will not tell of them
            acc.fill(sock)
            print_lines(acc)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):  # no whole record yet
        pass
    return not acc.eof


def print_lines(acc: RecvAccumulator) -> None:
    for line in acc.frames(LINES):
        sys.stdout.buffer.write(line)


def main() -> None:
    parser = argparse.ArgumentParser(description="print the lines that TLS servers send")
    parser.add_argument("targets", nargs="+", metavar="HOST:PORT")
    parser.add_argument("--cafile", help="certificates to trust; the system's by default")
    parser.add_argument("--max-size", type=int, default=1 << 16, help="bytes held a connection")
    options = parser.parse_args()
    context = ssl.create_default_context(cafile=options.cafile)
    with selectors.DefaultSelector() as selector:
        for target in options.targets:
            acc = RecvAccumulator(options.max_size)
            selector.register(connect(target, context), selectors.EVENT_READ, acc)
        while selector.get_map():
            for key, _ in selector.select():
                sock: ssl.SSLSocket = key.fileobj  # type: ignore[assignment]
                if not receive(sock, key.data):
                    selector.unregister(sock)
                    sock.close()


if __name__ == "__main__":
    main()
