"""Arguments, results, buffers, reprs and pickles of `parse_packet` and `Packet`."""

import array
import copy
import ctypes
import mmap
import pickle

import pytest

from fastsock.errors import PacketError
from fastsock.packet.fields import ChecksumStatus, Status

ATTRIBUTES = [
    "link", "ethertype", "version", "protocol", "src", "dst", "src_address", "dst_address", "sport",
    "dport", "flags", "seq", "ack", "window", "ttl", "tos", "flow_label", "identification",
    "dont_fragment", "more_fragments", "fragment_offset", "total_length", "checksum", "icmp_type",
    "icmp_code", "vlan", "vlans", "ip_checksum_status", "checksum_status", "status", "limited_by",
    "l2_offset", "l3_offset", "l4_offset", "payload_offset", "payload_length", "payload", "fault",
    "eth_dst", "eth_src", "fragment", "complete",
]  # fmt: skip


@pytest.fixture
def datagram(build):
    return build.ipv4(build.udp(b"payload!", 5000), identification=7)


def fields(found):
    return {name: getattr(found, name) for name in ATTRIBUTES}


# Buffers.


@pytest.mark.parametrize(
    "kind",
    [bytes, bytearray, memoryview, lambda data: memoryview(bytearray(data)),
     lambda data: memoryview(b"xx" + data + b"yy")[2:-2],
     lambda data: array.array("H", data),
     lambda data: memoryview(data).cast("B", [2, len(data) // 2]),
     lambda data: (ctypes.c_uint32.__ctype_be__ * (len(data) // 4)).from_buffer_copy(data),
     type("Bytes", (bytes,), {})],
)  # fmt: skip
def test_buffers_of_every_kind(packet, datagram, kind):
    buffer = kind(datagram)
    found = packet.parse_packet(buffer, "raw", verify=True)
    assert found.buffer is buffer
    assert fields(found) == fields(packet.parse_packet(datagram, "raw", verify=True))
    assert found.payload == b"payload!"


def test_file_maps(packet, datagram):
    with mmap.mmap(-1, len(datagram)) as buffer:
        buffer[:] = datagram
        found = packet.parse_packet(buffer, "raw")
        assert found.payload == b"payload!"
    assert found.src_address == "192.0.2.1", "addresses were copied"
    with pytest.raises(ValueError, match="closed"):
        found.payload  # noqa: B018


@pytest.mark.parametrize("empty", [b"", bytearray(), array.array("I"), memoryview(bytes(4))[2:2]])
def test_empty_buffers(packet, empty):
    found = packet.parse_packet(empty)
    assert (Status(found.status), found.limited_by) == (Status.HEADER_CUT, "link.header")
    assert (found.payload, found.payload_length) == (b"", 0)


@pytest.mark.parametrize(("value", "error"), [
    ("text", TypeError), (None, TypeError), (5, TypeError), ([1], TypeError),
    (memoryview(bytes(80))[::2], BufferError),
])  # fmt: skip
def test_what_is_no_buffer(packets, outcome, value, error):
    said = [outcome(twin.parse_packet, value) for twin in packets]
    assert said[0][0] is error
    assert said.count(said[0]) == len(said), "both say the same"


def test_view_is_as_writable_as_the_buffer(packet, datagram):
    assert packet.parse_packet(datagram, "raw").payload.readonly
    buffer = bytearray(datagram)
    found = packet.parse_packet(buffer, "raw")
    with found.payload as view:
        view[:] = b"PAYLOAD!"
    assert buffer.endswith(b"PAYLOAD!")


def test_bytearray_is_not_held(packet, datagram):
    buffer = bytearray(datagram)
    found = packet.parse_packet(buffer, "raw")
    buffer += b"more"
    assert found.payload == b"payload!"
    del buffer[30:]
    assert found.payload == b"pa", "what the buffer holds now"
    buffer.clear()
    assert found.payload == b""
    assert (found.src_address, found.dport, found.payload_length) == ("192.0.2.1", 53, 8)


# Other arguments.


@pytest.mark.parametrize(
    "link", ["Ethernet", "", "arcnet", "\udcff", "raw\0", "x" * 1000, -1, 1 << 32, 1 << 80]
)
def test_links_that_are_none(packets, outcome, link):
    said = [outcome(twin.parse_packet, b"", link) for twin in packets]
    assert said[0][0] is ValueError
    assert said.count(said[0]) == len(said)
    assert len(said[0][1]) < 200


@pytest.mark.parametrize("link", [None, 1.0, b"raw", [1]])
def test_links_of_other_types(packet, link):
    with pytest.raises(TypeError):
        packet.parse_packet(b"", link)


def test_links_by_index(packet, datagram):
    link = type("Link", (), {"__index__": lambda self: 101})()
    assert packet.parse_packet(datagram, link).version == 4
    assert packet.parse_packet(datagram, link=101).version == 4
    assert packet.parse_packet(datagram, type("Name", (str,), {})("raw")).version == 4


@pytest.mark.parametrize("length", [-1, 1 << 32, 1 << 80])
def test_wire_lengths_out_of_range(packets, outcome, datagram, length):
    said = [outcome(twin.parse_packet, datagram, wire_length=length) for twin in packets]
    assert said[0][0] is ValueError
    assert said.count(said[0]) == len(said)


def test_wire_lengths_of_other_types(packet, datagram):
    with pytest.raises(TypeError):
        packet.parse_packet(datagram, wire_length=1.5)
    assert packet.parse_packet(datagram, "raw", wire_length=0xFFFFFFFF).complete


def test_flags_by_truth(packet, datagram):
    found = packet.parse_packet(datagram, "raw", verify=[1], strict="yes")
    assert found.checksum_status == ChecksumStatus.GOOD
    broken = type("Broken", (), {"__bool__": lambda self: 1 / 0})()
    with pytest.raises(ZeroDivisionError):
        packet.parse_packet(datagram, "raw", verify=broken)


# Packets.


def test_packets_are_made_by_parsing(packets, outcome):
    said = [outcome(twin.Packet) for twin in packets]
    assert said[0][:2] == (TypeError, "a Packet is made by parse_packet()")
    assert said.count(said[0]) == len(said)


def test_packets_do_not_change(packet, datagram):
    found = packet.parse_packet(datagram, "raw")
    for name in [*ATTRIBUTES, "buffer"]:
        with pytest.raises(AttributeError):
            setattr(found, name, 1)
    with pytest.raises(AttributeError):
        found.other = 1


def test_packets_have_no_subclasses(packet):
    if packet.__name__.endswith("._c"):  # the pure twin says @final
        with pytest.raises(TypeError):
            type("Mine", (packet.Packet,), {})


def test_packets_are_equal_to_themselves_only(packet, datagram):
    one, other = packet.parse_packet(datagram, "raw"), packet.parse_packet(datagram, "raw")
    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_reprs(packets, build):
    def said(data, link="ipv4", **options):
        texts = {repr(twin.parse_packet(data, link, **options)) for twin in packets}
        assert len(texts) == 1
        return texts.pop()

    assert said(build.ipv4(build.udp(b"data", 5000), identification=7)) == (
        "<Packet UDP 192.0.2.1:5000 > 198.51.100.2:53 payload=4>"
    )
    assert (
        said(
            build.ipv6(
                build.tcp(b"data", 5000, src=build.SRC6, dst=build.DST6, seq=1, ack=2, window=512),
                6,
            ),
            "ipv6",
        )
        == "<Packet TCP [2001:db8::1]:5000 > [2001:db8::2]:80 payload=4>"
    )
    assert (
        said(build.ipv4(b"", 47, identification=7))
        == "<Packet GRE 192.0.2.1 > 198.51.100.2 payload=0>"
    )
    assert (
        said(
            build.ipv4(
                build.tcp(b"data", 5000, checksum=1, seq=1, ack=2, window=512),
                6,
                total_length=99,
                identification=7,
            ),
            verify=True,
        )
        == "<Packet TCP 192.0.2.1:5000 > 198.51.100.2:80 payload=4 captured: CUT>"
    )
    assert (
        said(
            build.ethernet(
                build.arp(sha="04" * 6, spa="10.0.0.1", tpa="10.0.0.2"),
                0x0806,
                dst="02" * 6,
                src="04" * 6,
            ),
            1,
        )
        == "<Packet ARP 10.0.0.1 > 10.0.0.2 payload=0>"
    )
    assert (
        said(build.ethernet(b"lldp", 0x88CC, dst="02" * 6, src="04" * 6), 1)
        == "<Packet ethertype 0x88cc payload=4>"
    )
    assert said(b"", 1) == "<Packet link ethernet payload=0 link.header: HEADER_CUT>"
    assert said(b"data", 147) == "<Packet link 147 payload=4>"


@pytest.mark.parametrize("kind", [bytes, bytearray, lambda data: memoryview(data)])
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_copies_and_pickles(packet, datagram, kind, again):
    found = packet.parse_packet(kind(datagram[:-3]), 14, verify=True, wire_length=99)
    other = again(found)
    assert type(other) is packet.Packet
    assert fields(other) == fields(found)
    assert fields(again(other)) == fields(found)


@pytest.mark.parametrize(("maker", "reader"), [("c", "py"), ("py", "c")])
def test_pickles_go_to_the_other_twin(compiled, run_python, maker, reader):
    data = "45000020000700004011 4e95 c0000201c6336402 13880035000c0000 64617461".replace(" ", "")
    made = run_python(
        "-c",
        "import pickle, fastsock; packet = fastsock.parse_packet"
        f"(bytes.fromhex({data!r}), 'ipv4', verify=True, wire_length=70);"
        "print(pickle.dumps(packet).hex())",
        FASTSOCK_BACKEND=maker,
    )
    assert made.returncode == 0, made.stderr
    read = run_python(
        "-c",
        f"import pickle, fastsock; packet = pickle.loads(bytes.fromhex({made.stdout.strip()!r}));"
        "print(fastsock.BACKEND, type(packet) is fastsock.Packet, packet.dport, packet.link,"
        " packet.ip_checksum_status, packet.payload.tobytes())",
        FASTSOCK_BACKEND=reader,
    )
    assert read.returncode == 0, read.stderr
    status = ChecksumStatus.BAD
    assert read.stdout.split() == [reader, "True", "53", "228", str(status), "b'data'"]


# Strictness.


@pytest.mark.parametrize(
    ("make", "link", "text", "layer", "field", "offset"),
    [
        (lambda b: b"", "ethernet", "link.header at offset 0: HEADER_CUT", "link", "header", 0),
        (lambda b: b"", "raw", "ip.version at offset 0: HEADER_CUT", "ip", "version", 0),
        (lambda b: b.ethernet(b.ipv4(b"", total_length=5, identification=7),
                              dst="02" * 6, src="04" * 6),
         "ethernet", "ipv4.total_length at offset 14: BAD_LENGTH", "ipv4", "total_length", 14),
        (lambda b: b.ipv4(b.udp(b"data", 5000, length=3), identification=7), "raw",
         "udp.length at offset 20: BAD_LENGTH", "udp", "length", 20),
        (lambda b: b.ipv4(b.udp(b"data", 5000), identification=7)[:-1],
         "raw", "captured at offset 0: CUT", "ipv4", "captured", 0),
        (lambda b: b.ipv6(b.tcp(b"data", 5000, seq=1, ack=2, window=512), 6)[:50], "raw",
         "transport.header at offset 40: CUT|HEADER_CUT", "transport", "header", 40),
        (lambda b: b.ipv6(b.options6(17, b"\1\5\0\0\0\0") + b.udp(b"data", 5000), 60), "raw",
         "ipv6.options at offset 40: BAD_OPTION", "ipv6", "options", 40),
        (lambda b: b.ipv4(b.tcp(b"data", 5000, checksum=9, seq=1, ack=2, window=512),
                          6, checksum=9, identification=7),
         "raw", "ipv4.checksum at offset 0: BAD_IP_CHECKSUM|BAD_CHECKSUM", "ipv4", "checksum", 0),
        (lambda b: b.ipv4(b.udp(b"data", 5000, checksum=9), identification=7), "raw",
         "transport.checksum at offset 20: BAD_CHECKSUM", "transport", "checksum", 20),
        (lambda b: b.ethernet(b"", 0x8100, dst="02" * 6, src="04" * 6), "ethernet",
         "link.header at offset 14: HEADER_CUT", "link", "header", 14),
    ],
)  # fmt: skip
def test_strict_errors(packet, build, make, link, text, layer, field, offset):
    data = make(build)
    with pytest.raises(PacketError) as caught:
        packet.parse_packet(data, link, strict=True, verify=True)
    error = caught.value
    assert str(error) == text
    assert (error.layer, error.field, error.offset) == (layer, field, offset)
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.layer, copied.field, copied.offset) == (text, layer, field, offset)
    packet.parse_packet(data, link, verify=True)


@pytest.mark.parametrize(
    ("make", "link", "fault", "limited_by"),
    [
        (lambda b: b.ipv4(b.udp(b"data", 5000), identification=7), "raw", None, "udp.length"),
        (lambda b: b.ipv4(bytes(8), 47, identification=7), "raw", None, "ipv4.protocol"),
        (lambda b: b.ipv4(bytes(8), fragment=5, identification=7),
         "raw", None, "ipv4.fragment_offset"),
        # Faults after which decoding continues, and where it ends then.
        (lambda b: b.ipv4(bytes(8), fragment=5, checksum=9, identification=7), "raw",
         "ipv4.checksum", "ipv4.fragment_offset"),
        (lambda b: b.ipv4(bytes(8), 47, checksum=9, identification=7),
         "raw", "ipv4.checksum", "ipv4.protocol"),
        (lambda b: b.ipv4(b.tcp(b"data", 5000, offset=4, checksum=9, seq=1, ack=2, window=512),
                          6, checksum=9, identification=7),
         "raw", "ipv4.checksum", "tcp.data_offset"),
        (lambda b: b.ipv4(b.udp(b"data", 5000, checksum=9), checksum=9, identification=7), "raw",
         "ipv4.checksum", "ipv4.checksum"),
        (lambda b: b.ethernet(b.ipv6(b.options6(50, b"\1\5\0\0\0\0"), 60), 0x86DD,
                              dst="02" * 6, src="04" * 6),
         "ethernet", "ipv6.options", "esp"),
        # A datagram that is cut has no wrong field, unless there is another fault.
        (lambda b: b.ipv4(b.udp(b"data", 5000), identification=7)[:-1],
         "raw", "captured", "captured"),
        (lambda b: b.ipv4(b.udp(b"data", 5000), total_length=99, identification=7),
         "raw", "captured", "udp.length"),
        (lambda b: b.ipv4(bytes(8), 47, total_length=99, identification=7),
         "raw", "captured", "ipv4.protocol"),
        (lambda b: b.ipv4(b.udp(b"data", 5000), total_length=99, checksum=9, identification=7),
         "raw", "ipv4.checksum", "ipv4.checksum"),
        (lambda b: b.ipv6(b.tcp(b"data", 5000, seq=1, ack=2, window=512), 6)[:50],
         "raw", "transport.header", "transport.header"),
        (lambda b: b.ethernet(b"", 0x8100, dst="02" * 6, src="04" * 6),
         "ethernet", "link.header", "link.header"),
    ],
)  # fmt: skip
def test_the_field_that_is_wrong(packet, build, make, link, fault, limited_by):
    data = make(build)
    found = packet.parse_packet(data, link, verify=True)
    assert (found.fault, found.limited_by) == (fault, limited_by)
    assert found.complete == (fault is None)
    if fault is None:
        packet.parse_packet(data, link, strict=True, verify=True)
        return
    with pytest.raises(PacketError) as caught:
        packet.parse_packet(data, link, strict=True, verify=True)
    layer, _, field = fault.rpartition(".")
    assert (caught.value.layer, caught.value.field) == (layer or f"ipv{found.version}", field)
    assert str(caught.value).startswith(f"{fault} at offset {caught.value.offset}: ")
    assert f" {fault}: " in repr(found)


def test_strict_lets_pass_what_is_no_fault(packet, build):
    for data in [
        build.ipv4(build.udp(b"data", 5000), identification=7) + b"trailer",
        build.ipv4(bytes(8), 47, identification=7),
        build.ipv4(bytes(8), fragment=5, identification=7),
        build.ipv4(
            build.tcp(b"data", 5000, checksum=1, seq=1, ack=2, window=512),
            6,
            checksum=1,
            identification=7,
        ),
        build.ipv4(
            build.tcp(b"data", 5000, seq=1, ack=2, window=512), 6, total_length=0, identification=7
        ),
        build.ipv6(b"", 59),
    ]:
        assert packet.parse_packet(data, "raw", strict=True).complete
    assert packet.parse_packet(b"", 999, strict=True).limited_by == "link.type"
