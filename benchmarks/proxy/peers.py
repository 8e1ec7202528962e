"""The proxy-protocol library, where it is installed."""

from typing import Any

from benchmarks.harness.peers import Peer, there


def _library() -> Peer:
    """proxy-protocol; it is told which version comes, and gets the header alone."""
    from proxyprotocol.v1 import ProxyProtocolV1
    from proxyprotocol.v2 import ProxyProtocolV2

    line, binary = ProxyProtocolV1().unpack, ProxyProtocolV2().unpack

    def read(data: bytes) -> Any:
        if data.startswith(b"PROXY"):
            return line(data[: data.index(b"\n") + 1])
        return binary(data[: 16 + int.from_bytes(data[14:16], "big")])

    def same(found: list[Any]) -> list[Any]:
        return [
            ((str(one.source[0]), one.source[1]), (str(one.dest[0]), one.dest[1])) for one in found
        ]

    return Peer("proxy-protocol", lambda sent: list(map(read, sent)), same)


def parsers() -> list[Peer]:
    return there(_library)
