"""The types that a checker of a user's program sees, through py.typed."""

import re

import pytest

PROGRAM = """\
import socket
from typing import Any, Literal, assert_type

import fastsock
from fastsock import address, lookup
from fastsock.lookup import constants, resolver, services
from fastsock.packet.fields import Limit

assert_type(fastsock.inet_pton(2, "192.0.2.1"), bytes)
assert_type(address.inet_ntop(2, bytearray(4)), str)
assert_type(fastsock.inet_pton_many(2, ["192.0.2.1"]), bytes)
assert_type(fastsock.inet_pton_many(2, b"192.0.2.1", errors="mask"), tuple[bytes, bytes])
mode = str("mask")
assert_type(fastsock.inet_pton_many(2, [], errors=mode), bytes | tuple[bytes, bytes])
assert_type(fastsock.BACKEND, Literal["c", "py"])
assert_type(fastsock.inet_ntop_many(2, memoryview(bytes(4))), list[str])
assert_type(fastsock.parse_hostport("[::1]:80"), tuple[str, int | None])
assert_type(fastsock.parse_hostport("::1", 80), tuple[str, int])
assert_type(fastsock.AddressError("no").index, int | None)

pseudo = fastsock.checksums.pseudo_header(bytes(4), bytearray(4), 17, 8)
assert_type(pseudo, int)
assert_type(fastsock.checksum(memoryview(bytes(8)), pseudo, udp=True), int)
assert_type(fastsock.checksum(b"", initial=fastsock.checksums.checksum_add(bytearray(3))), int)
assert_type(fastsock.checksums.verify(b"", 1), bool)
assert_type(fastsock.checksums.update16(1, 2, 3), int)
assert_type(fastsock.checksums.update32(1, 2, 3, udp=True), int)
assert_type(fastsock.checksums.update_address(1, bytes(4), bytearray(16)), int)
assert_type(fastsock.crc32c(b"", initial=1), int)

found = fastsock.parse_proxy(bytearray(b"PROXY UNKNOWN"), max_size=107)
if isinstance(found, fastsock.NeedMore):
    assert_type(found.n, int)
else:
    proxy_header, consumed = found
    assert_type(proxy_header, fastsock.ProxyHeader)
    assert_type(consumed, int)
    assert_type(proxy_header.authority, str | None)
    assert_type(proxy_header.source, tuple[str, int] | str | bytes | None)
    assert_type(proxy_header.destination, tuple[str, int] | str | bytes | None)
    assert_type(proxy_header.tlv(fastsock.proxy.ProxyTLV.ALPN), bytes | None)
    if proxy_header.ssl:
        assert_type(proxy_header.ssl.version, str | None)
assert_type(fastsock.build_proxy_v1(("192.0.2.1", 1), ("192.0.2.2", 2)), bytes)
assert_type(fastsock.build_proxy_v2(None, None, tlvs=[(4, bytearray(3))], crc=True), bytes)

Sockaddr = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Row = tuple[socket.AddressFamily, socket.SocketKind, int, str, Sockaddr]
assert_type(fastsock.getaddrinfo(b"192.0.2.1", "http", type=socket.SOCK_STREAM), list[Row])
assert_type(lookup.getaddrinfo(None, 80, strict=True)[0][0], socket.AddressFamily)
assert_type(fastsock.gethostname(), str)
assert_type(fastsock.gethostbyname("localhost"), str)
assert_type(lookup.gethostbyname_ex("localhost"), tuple[str, list[str], list[str]])
assert_type(fastsock.gethostbyaddr("192.0.2.1"), tuple[str, list[str], list[str]])
assert_type(fastsock.getfqdn(), str)
assert_type(fastsock.getnameinfo(("2001:db8::1", 80, 0, 0), 0), tuple[str, str])
assert_type(fastsock.getservbyname("http"), int)
assert_type(lookup.getservbyport(80, "tcp"), str)
assert_type(fastsock.getprotobyname("tcp"), int)
assert_type(fastsock.if_nametoindex("lo"), int)
assert_type(fastsock.if_indextoname(1), str)
assert_type(fastsock.if_nameindex(), list[tuple[int, str]])
assert_type(fastsock.create_connection(("localhost", 80), 5), socket.socket)
services.reload_tables()

cache = fastsock.Resolver(ttl=60, stale_ttl=600, timeout=None, rotate=True)
assert_type(cache, resolver.Resolver)
assert_type(cache.getaddrinfo("localhost", 80, timeout=None), list[Row])
assert_type(cache.many(["localhost", b"192.0.2.1"], "http"), list[list[Row] | Exception])
assert_type(cache.info(), fastsock.lookup.ResolverInfo)
assert_type(cache.info().hits, int)
cache.clear()
cache.clear("localhost")


async def ask() -> None:
    assert_type(await cache.agetaddrinfo("localhost", 80, timeout=1), list[Row])
    assert_type(await cache.amany(("localhost",), 80), list[list[Row] | Exception])


class Inventory:
    def getaddrinfo(
        self, host: str, port: int, *, type: int, timeout: float | None
    ) -> list[Row]:
        return fastsock.getaddrinfo("192.0.2.1", port, type=type)


assert_type(fastsock.connect(("localhost", 80)), socket.socket)
with fastsock.connect(("localhost", "http"), 5, delay=0.1, resolver=cache) as sock:
    assert_type(sock, socket.socket)
fastsock.connect(("localhost", 80), timeout=None, resolver=Inventory(), source_address=("", 0))
try:
    fastsock.connect(("localhost", 80))
except fastsock.ConnectTimeoutError as late:
    assert_type(late.attempts, tuple[tuple[Any, OSError], ...])
except fastsock.ConnectError as error:
    assert_type(error.attempts, tuple[tuple[Any, OSError], ...])

view = fastsock.IPv4View(bytearray(20))
view.ttl -= 1
view.src = "192.0.2.1"
view.dst = memoryview(bytes(4))
assert_type(view.ttl, int)
assert_type(view.dont_fragment, bool)
assert_type(view.src, bytes)
assert_type(view.payload, memoryview)
assert_type(view.transport(), fastsock.TCPView | fastsock.UDPView | fastsock.ICMPView | None)
with fastsock.TCPView(b"", 0, pseudo_header=5) as segment:
    assert_type(segment, fastsock.TCPView)
    assert_type(segment.verify_checksum(), bool)
    for option in fastsock.iter_tcp_options(segment.options):
        assert_type(option, fastsock.headers.Option)
        assert_type(option.kind, int)
assert_type(fastsock.EthernetView(b"").vlans, tuple[int, ...])
assert_type(fastsock.build_udp("::1", bytes(16), 1, 2, b"data", ttl=5), bytes)
assert_type(fastsock.headers.build_tcp_into(bytearray(100), "::1", "::2", 1, 2), int)
assert_type(fastsock.build_ethernet(b"", b"", None, vlans=[5, (0x88A8, 7)]), bytes)

assert_type(fastsock.get_constants("AF_"), dict[int, str])
assert_type(constants.name_of("AF_", socket.AF_INET6), str)
assert_type(fastsock.lookup.describe(fastsock.getaddrinfo("192.0.2.1", 80)[0]), str)
assert_type(fastsock.lookup.describe((2, 1, 6, "", ("192.0.2.1", 80))), str)

packet = fastsock.parse_packet(bytearray(60), "ethernet", verify=True, wire_length=60)
assert_type(packet, fastsock.Packet)
assert_type(fastsock.parse_packet(memoryview(b""), 101, strict=True).complete, bool)
assert_type(packet.src, bytes | None)
assert_type(packet.dst_address, str | None)
assert_type(packet.sport, int | None)
assert_type(packet.dont_fragment, bool | None)
assert_type(packet.vlans, tuple[int, ...])
assert_type(packet.status, fastsock.packet.Status)
assert_type(packet.status & fastsock.packet.Status.CUT, int)
assert_type(packet.checksum_status, fastsock.packet.ChecksumStatus)
assert_type(packet.limited_by, Limit)
assert_type(packet.fault, Limit | None)
assert_type(fastsock.IPv4View(bytes(20)).src_address, str)
assert_type(packet.payload, memoryview)
assert_type(fastsock.packet.Status(packet.status), fastsock.packet.Status)
assert_type(fastsock.flow_key(packet, symmetric=True), bytes)
assert_type(fastsock.flow_hash(packet, key=bytearray(40)), int)
assert_type(fastsock.community_id(packet, seed=1), str)
assert_type(fastsock.PacketError("", "ipv4", "header", 0).offset, int)
"""


PACKETS = """\
import io
from collections.abc import Iterator
from typing import assert_type

import fastsock
from fastsock import capture

assert_type(fastsock.decode_columns([b"", bytearray()], ["ttl"]), fastsock.Columns)
found = capture.decode_columns((b"", [0, 0]), link="raw", verify=True)
assert_type(capture.decode_columns(iter([memoryview(b"")]), link=101, out=found), capture.Columns)
assert_type(found["ttl"], memoryview)
assert_type(found.keys(), tuple[str, ...])
assert_type(len(found), int)
assert_type([name for name in found], list[str])

file = io.BytesIO()
with fastsock.CaptureWriter(file, "raw", snaplen=1000) as writer:
    assert_type(writer, capture.CaptureWriter)
    writer.write(b"x", 5, wire_length=7)
    writer.write(bytearray(b"x"))
    with fastsock.open_capture(file.getvalue(), max_record=1000) as opened:
        assert_type(opened, fastsock.capture.Capture)
        assert_type(writer.write_many(opened), int)
        for record in opened:
            assert_type(record, fastsock.capture.Record)
            assert_type(record.timestamp_ns, int)
            assert_type(record.data, memoryview)
        assert_type(opened.stopped, str | None)
        assert_type(opened.records, int)
        assert_type(opened.to_columns(["src"], verify=True), fastsock.Columns)
        assert_type(opened.to_columns(["src"], threads=2), fastsock.Columns)
        assert_type(opened.to_columns(chunk=1000, threads=0), Iterator[fastsock.Columns])
        assert_type(opened.to_columns(chunk=1000), Iterator[fastsock.Columns])
capture.open_capture("file.pcap")
capture.open_capture(file)
"""


@pytest.fixture
def check_types(run_python, tmp_path):
    """Check a program as its author would, knowing fastsock only as an installed package."""

    def check(text):
        program = tmp_path / "program.py"
        program.write_text(text)
        return run_python(
            "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)
        )

    return check


@pytest.mark.parametrize("program", [PROGRAM, PACKETS], ids=["sockets", "packets"])
def test_types_of_the_public_names(check_types, program):
    process = check_types(program)
    assert process.returncode == 0, process.stdout + process.stderr


WRONG = [
    "fastsock.inet_pton(2, b'192.0.2.1')",
    "fastsock.inet_pton(family=2, text='192.0.2.1')",
    "fastsock.inet_ntop_many(2, 'text')",
    "fastsock.getaddrinfo('192.0.2.1', 80.0)",
    "fastsock.getnameinfo('192.0.2.1', 0)",
    "fastsock.Resolver(ttl=None)",
    "fastsock.connect(('192.0.2.1', 80), resolver=fastsock.getaddrinfo)",
    "fastsock.lookup.describe(('192.0.2.1', 80))",
    "fastsock.lookup.name_of(2, 'AF_')",
    "fastsock.open_capture(5)",
    "fastsock.open_capture('file').to_columns(chunk='5')",
    "fastsock.decode_columns(['text'])",
    "fastsock.CaptureWriter('file').write('text')",
    "fastsock.parse_packet('text')",
    "fastsock.parse_packet(b'', None)",
    "fastsock.parse_packet(b'', 'raw', True)",
    "fastsock.flow_key(b'')",
    "fastsock.parse_packet(b'').ttl = 5",
    "fastsock.checksum('text')",
    "fastsock.parse_proxy('PROXY UNKNOWN')",
    "fastsock.parse_proxy(b'', 100)",
    "fastsock.checksum(data=b'')",
    "fastsock.checksums.update_address(1, '192.0.2.1', '192.0.2.2')",
    "fastsock.IPv4View(bytearray(20)).ttl = '5'",
    "fastsock.UDPView(bytearray(8)).dport = b'53'",
    "fastsock.IPv6View('text')",
    "fastsock.build_udp('::1', '::2', 1, 2, 'text')",
    "fastsock.headers.build_icmp_echo_into('text', '::1', '::2', 1, 2)",
]


def test_wrong_calls_are_seen(check_types):
    process = check_types("\n".join(["import fastsock", *WRONG, ""]))
    seen = {int(line) for line in re.findall(r"program\.py:(\d+): error", process.stdout)}
    assert [wrong for line, wrong in enumerate(WRONG, 2) if line not in seen] == []
