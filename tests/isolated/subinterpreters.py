"""Import and use fastsock in several sub-interpreters, at once and again after they are gone.

Run by tests/whole/test_threads.py in a process of its own. From Python 3.12 on each interpreter has
its own GIL, which an extension must declare that it supports; 3.11 has sub-interpreters that share
one.
"""

import sys
import threading

try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters

USE = """
from socket import AF_INET, AF_INET6, AF_UNSPEC
import fastsock
from fastsock import AddressError
assert fastsock.BACKEND == {backend!r}
blob = b"192.0.2.1\\n198.51.100.255\\n" * 500
for _ in range(20):
    assert fastsock.inet_ntoa(fastsock.inet_aton("127.1")) == "127.0.0.1"
    assert fastsock.inet_ntop(AF_INET6, fastsock.inet_pton(AF_INET6, "::1")) == "::1"
    packed = fastsock.inet_pton_many(AF_INET, blob)
    assert fastsock.inet_ntop_lines(AF_INET, packed) == blob
    assert fastsock.inet_ntop_many(AF_UNSPEC, bytes(16)) == ["::"]
    assert fastsock.getaddrinfo("::1", 80)[0][4] == ("::1", 80, 0, 0)
    assert fastsock.getservbyname("https", "tcp") == 443
    for bad in (["nowhere"], b"::1\\n"):
        try:
            fastsock.inet_pton_many(AF_INET, bad)
        except AddressError as error:
            assert error.index == 0
        else:
            raise AssertionError(bad)
    assert fastsock.checksum(blob, fastsock.checksums.checksum_add(b"odd")) == {odd_checksum}
    assert fastsock.crc32c(blob) == {crc}
    ends = ("192.0.2.1", 1), ("192.0.2.2", 2)
    header, size = fastsock.parse_proxy(fastsock.build_proxy_v2(*ends, crc=True) + blob)
    assert (header.source, header.destination) == ends and type(header) is fastsock.ProxyHeader
    assert fastsock.parse_proxy(b"PROXY ").n == 9

datagram = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000") + b"hello"
for _ in range(200):
    packet = fastsock.parse_packet(datagram, "raw", verify=True)
    assert (packet.src_address, packet.dport, packet.limited_by) == ("192.0.2.1", 53, "udp.length")
    assert fastsock.flow_hash(packet) == 0x6A8EB834
    assert len(fastsock.flow_key(packet)) == 14
    try:
        fastsock.parse_packet(datagram[:18], "raw", strict=True)
    except fastsock.PacketError as error:
        assert error.layer == "ipv4"
    else:
        raise AssertionError("no error")

from fastsock import IPv4View, TCPView, UDPView, build_udp
for number in range(200):
    packet = bytearray(build_udp("192.0.2.1", "192.0.2.2", 53, number, b"data"))
    with IPv4View(packet) as view:
        view.ttl -= 1
        view.src = "198.51.100.7"
        udp = view.transport()
        assert type(udp) is UDPView and udp.dport == number and udp.verify_checksum()
try:
    TCPView(b"")
except ValueError as error:
    assert error.layer == "tcp"

import socket
from fastsock import Delimiter, LengthPrefix, RecvAccumulator
here, there = socket.socketpair()
with here, there:
    here.settimeout(60)
    kept = []
    acc = RecvAccumulator()
    for number in range(200):
        there.sendall(b"%06d\\n" % number * 20)
        acc.fill(here)
        kept += acc.frames(Delimiter(b"\\n"), views=True)
    assert [int(view) for view in kept] == [number for number in range(200) for _ in range(20)]
    acc.feed(b"\\0\\2hi\\0")
    view, offsets = acc.frame_offsets(LengthPrefix(2))
    assert (bytes(view), list(memoryview(offsets).cast("q"))) == (b"\\0\\2hi", [2, 4])
    idle = [RecvAccumulator() for _ in range(100)]  # each gives its block back
    for one in idle:
        one.feed(bytes(100_000))
        assert len(one.take(view=True)) == 100_000

import io
from fastsock import CaptureWriter, decode_columns, open_capture
packet = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
for _ in range(20):
    file = io.BytesIO()
    with CaptureWriter(file, "raw") as writer:
        for number in range(50):
            writer.write(packet, number)
    for source in (file.getvalue(), io.BytesIO(file.getvalue())):
        opened = open_capture(source)
        record = next(opened)
        assert (record.timestamp_ns, bytes(record.data)) == (0, packet)
        columns = opened.to_columns(verify=True)
        assert columns["timestamp_ns"].tolist() == list(range(1, 50))
        assert columns["dport"].tolist() == [4096] * 49
        assert opened.stopped is None
    found = decode_columns([packet] * 40, ["src"], link="raw")
    assert bytes(found["src"]).count(b"\\xc0\\0\\2\\1") == 40
"""


def run(interpreter: object, code: str) -> None:
    """Run code there; what it raises, raise here."""
    failure = interpreters.run_string(interpreter, code)
    if failure is not None:  # 3.13 returns it, earlier versions raise
        raise RuntimeError(failure)


def main() -> None:
    import fastsock

    blob = b"192.0.2.1\n198.51.100.255\n" * 500
    code = USE.format(
        backend=fastsock.BACKEND,
        odd_checksum=fastsock.checksum(b"odd" + blob),
        crc=fastsock.crc32c(blob),
    )
    failures: list[BaseException] = []

    def live() -> None:
        try:
            interpreter = interpreters.create()
            try:
                run(interpreter, code)
                run(interpreter, code)
            finally:
                interpreters.destroy(interpreter)
        except BaseException as error:
            failures.append(error)

    # One after the other, the main interpreter using it in between. What outlives an interpreter is
    # C's: the pure twin has none.
    for _ in range(15 if fastsock.BACKEND == "c" else 2):
        live()
        exec(code, {})
    if sys.version_info >= (3, 12):  # 3.11's share too much to be started in threads
        threads = [threading.Thread(target=live) for _ in range(4)]
        for thread in threads:
            thread.start()
        exec(code, {})
        for thread in threads:
            thread.join()
    exec(code, {})
    if failures:
        raise failures[0]
    print("done", fastsock.BACKEND)


main()
