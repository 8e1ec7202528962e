"""Get a page by HTTP/1.1 and read the whole of it.

    python examples/http_get.py http://127.0.0.1:8000/

The loop that is often written for this stops at the first short read::

    while len(part := sock.recv(4096)) == 4096: ...

TCP keeps no message boundaries: a read is short whenever the network was slower than the
reader. How long a reply is stands in the reply (RFC 9112 section 6.3): in its Content-Length,
in its chunks, or in nothing but the end of the connection.
"""

import argparse
import socket
import sys
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from fastsock import SocketReader, format_hostport

MAX_HEAD = 1 << 16  # all header fields, or all trailer fields
MAX_LINE = 1000  # a chunk's size with its extensions


class Reply(NamedTuple):
    status: int
    fields: dict[str, str]
    body: bytes


def get(url: str, timeout: float | None = 30, max_body: int = 1 << 30) -> Reply:
    """The reply to a GET request.

    `timeout` limits each read of a head, a chunk or a part of a body; `max_body` the whole body.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise ValueError(f"not an http URL: {url!r}")
    port = parts.port or 80
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.hostname if port == 80 else format_hostport(parts.hostname, port)
    request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((parts.hostname, port), timeout) as sock:
        sock.sendall(request.encode("ascii"))
        return read_reply(SocketReader(sock), max_body)


def read_reply(reader: SocketReader, max_body: int) -> Reply:
    status, fields = read_head(reader)
    while 100 <= status < 200:  # the real reply comes behind
        status, fields = read_head(reader)
    pieces, size = [], 0
    for piece in body_pieces(reader, status, fields):
        size += len(piece)
        if size > max_body:
            raise ValueError(f"the body has more than {max_body} bytes")
        pieces.append(piece)
    return Reply(status, fields, b"".join(pieces))


def read_head(reader: SocketReader) -> tuple[int, dict[str, str]]:
    """Status and header fields, by name in lower case; fields of one name are joined."""
    head = reader.read_until(b"\r\n\r\n", max_frame=MAX_HEAD, keep=False).decode("latin-1")
    status_line, *lines = head.split("\r\n")
    version, status = status_line.split(" ")[:2]
    if not version.startswith("HTTP/1."):
        raise ValueError(f"not an HTTP/1 reply: {status_line!r}")
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"not a header field: {line!r}")
        name, value = name.lower(), value.strip()
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return int(status), fields


def body_pieces(reader: SocketReader, status: int, fields: dict[str, str]) -> Iterator[bytes]:
    """The body, as its end is told."""
    coding = fields.get("transfer-encoding", "").lower()
    if status in (204, 304):
        return iter(())
    if coding == "chunked":
        return chunks(reader)
    if coding:
        raise ValueError(f"unknown transfer coding: {coding!r}")
    if "content-length" in fields:
        return sized(reader, number(fields["content-length"], 10))
    return iter(lambda: reader.read(1 << 16), b"")  # what there is, to the end of the stream


def sized(reader: SocketReader, size: int) -> Iterator[bytes]:
    """So many bytes, as they come: what a reply says of its size reserves no memory."""
    while size:
        piece = reader.read(size)
        if not piece:
            raise EOFError(f"the reply ended {size} bytes early")
        size -= len(piece)
        yield piece


def chunks(reader: SocketReader) -> Iterator[bytes]:
    """The chunks, to the one of size 0 and past the trailer fields (RFC 9112 section 7.1)."""
    while size := number(chunk_line(reader).partition(";")[0].strip(), 16):
        yield from sized(reader, size)
        if reader.read_exactly(2) != b"\r\n":
            raise ValueError("no CRLF behind a chunk")
    left = MAX_HEAD
    while line := chunk_line(reader):
        left -= len(line)
        if left < 0:
            raise ValueError("too many trailer fields")


def chunk_line(reader: SocketReader) -> str:
    return reader.read_until(b"\r\n", max_frame=MAX_LINE, keep=False).decode("latin-1")


def number(text: str, base: int) -> int:
    """A number of bare digits: int() alone would take signs, blanks and underscores as well."""
    digits = "0123456789abcdef"[:base]
    if not text or text.lower().strip(digits):
        raise ValueError(f"not a number: {text!r}")
    return int(text, base)


def main() -> None:
    parser = argparse.ArgumentParser(description="get a page by HTTP/1.1 and print its body")
    parser.add_argument("url")
    parser.add_argument("--timeout", type=float, default=30, metavar="SECONDS")
    options = parser.parse_args()
    try:
        reply = get(options.url, options.timeout)
    except (OSError, EOFError, ValueError) as error:
        sys.exit(f"http_get: {error}")
    sys.stdout.buffer.write(reply.body)
    if reply.status >= 400:
        sys.exit(f"http_get: status {reply.status}")


if __name__ == "__main__":
    main()
