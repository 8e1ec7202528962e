"""Views of headers: every field read and written in place, and every way they refuse."""

import array
import copy
import gc
import pickle
import weakref
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, strategies as st

from fastsock.errors import AddressError, PacketError
from fastsock.headers import layout as _layout

LEAST = {"EthernetView": 14, "ARPView": 28, "IPv4View": 20, "IPv6View": 40, "TCPView": 20,
         "UDPView": 8, "ICMPView": 8}  # fmt: skip
TABLES = {"EthernetView": [_layout.ETHERNET], "ARPView": [_layout.ARP], "TCPView": [_layout.TCP],
          "IPv4View": [_layout.IPV4, _layout.IPV4_ENDS], "UDPView": [_layout.UDP],
          "IPv6View": [_layout.IPV6, _layout.IPV6_ENDS], "ICMPView": [_layout.ICMP]}  # fmt: skip
FIELDS = [(name, f) for name, tables in TABLES.items() for t in tables for f in t.values()]
NUMBERS = [(name, f) for name, f in FIELDS if isinstance(f, _layout.Bits)]
OCTETS = [(name, f) for name, f in FIELDS if isinstance(f, _layout.Octets)]

# What the fields of these headers are, written by hand from the RFCs.
IPV4 = bytes.fromhex("46b8 0020 1234 2005 4011 abcd c0000201 c0000202 94040000 00350035 0008 0000")
IPV4_FIELDS = {
    "version": 4, "header_length": 24, "tos": 0xB8, "dscp": 46, "ecn": 0, "total_length": 32,
    "identification": 0x1234, "flags": 1, "dont_fragment": False, "more_fragments": True,
    "fragment_offset": 40, "ttl": 64, "protocol": 17, "checksum": 0xABCD,
    "src": bytes([192, 0, 2, 1]), "dst": bytes([192, 0, 2, 2]),
    "src_address": "192.0.2.1", "dst_address": "192.0.2.2",
    "options": bytes.fromhex("94040000"), "payload": bytes.fromhex("0035003500080000"),
}  # fmt: skip
IPV6 = bytes.fromhex("6ba12345 0004 3b01" + "20010db8" + "00" * 11 + "01" + "ff" * 16 + "11223344")
IPV6_FIELDS = {
    "version": 6, "tos": 0xBA, "traffic_class": 0xBA, "dscp": 46, "ecn": 2, "flow_label": 0x12345,
    "payload_length": 4, "total_length": 44, "next_header": 59, "ttl": 1, "hop_limit": 1,
    "src": bytes.fromhex("20010db8" + "00" * 11 + "01"), "dst": b"\xff" * 16,
    "src_address": "2001:db8::1", "dst_address": ":".join(["ffff"] * 8),
    "payload": bytes.fromhex("11223344"),
}  # fmt: skip
TCP = bytes.fromhex("0401 0050 01020304 f1020304 6152 ffff 1234 0007 020405b4 68690d")
TCP_FIELDS = {
    "sport": 1025, "dport": 80, "seq": 0x01020304, "ack": 0xF1020304, "header_length": 24,
    "flags": 0x152, "window": 0xFFFF, "checksum": 0x1234, "urgent_pointer": 7,
    "options": bytes.fromhex("020405b4"), "payload": b"hi\r",
}  # fmt: skip
UDP = bytes.fromhex("0035 14e9 000b 0000 616263 ffff")
UDP_FIELDS = {"sport": 53, "dport": 5353, "length": 11, "checksum": 0, "payload": b"abc"}
ICMP = bytes.fromhex("0800 f7fd 0001 0002 64617461")
ICMP_FIELDS = {
    "type": 8, "code": 0, "checksum": 0xF7FD, "identifier": 1, "sequence": 2, "payload": b"data",
}  # fmt: skip
ETHERNET = bytes.fromhex("010203040506 0a0b0c0d0e0f 88a8 6007 8100 0005 0800 beef")
ETHERNET_FIELDS = {
    "dst": bytes([1, 2, 3, 4, 5, 6]), "src": bytes([10, 11, 12, 13, 14, 15]),
    "ethertype": 0x800, "vlans": (0x6007, 5), "payload": b"\xbe\xef",
}  # fmt: skip
ARP = bytes.fromhex("0001 0800 06 04 0002 020000000001 c0000201 020000000002 c0000202")
ARP_FIELDS = {
    "hardware_type": 1, "protocol_type": 0x800, "hardware_length": 6, "protocol_length": 4,
    "operation": 2, "sha": bytes([2, 0, 0, 0, 0, 1]), "spa": bytes([192, 0, 2, 1]),
    "tha": bytes([2, 0, 0, 0, 0, 2]), "tpa": bytes([192, 0, 2, 2]),
}  # fmt: skip
EXAMPLES = {
    "IPv4View": (IPV4, IPV4_FIELDS), "IPv6View": (IPV6, IPV6_FIELDS), "TCPView": (TCP, TCP_FIELDS),
    "UDPView": (UDP, UDP_FIELDS), "ICMPView": (ICMP, ICMP_FIELDS), "ARPView": (ARP, ARP_FIELDS),
    "EthernetView": (ETHERNET, ETHERNET_FIELDS),
}  # fmt: skip
VIEWS = pytest.mark.parametrize("name", EXAMPLES)


@pytest.fixture
def make(headers):
    return lambda name, *arguments, **keywords: getattr(headers, name)(*arguments, **keywords)


def shown(value):
    return bytes(value) if isinstance(value, memoryview) else value


@VIEWS
@pytest.mark.parametrize("kind", [bytes, bytearray, lambda b: memoryview(b"xx" + b)[2:]])
def test_every_field_is_read(make, name, kind):
    data, fields = EXAMPLES[name]
    view = make(name, kind(data))
    for field, value in fields.items():
        got = shown(getattr(view, field))
        assert (got, type(got)) == (value, type(value)), field
    public = {field for field in dir(view) if field[0] != "_"}
    methods = {"buffer", "offset", "release", "transport", "fill_checksum", "verify_checksum"}
    assert public - methods == set(fields), "no field is left out of this test"


@VIEWS
def test_an_offset_into_the_buffer(make, name):
    data, fields = EXAMPLES[name]
    view = make(name, b"\xee" * 5 + data, 5)
    assert view.offset == 5
    assert {field: shown(getattr(view, field)) for field in fields} == fields


@VIEWS
def test_every_truncation(make, name):
    data, _ = EXAMPLES[name]
    for size in range(LEAST[name]):
        for prefix in (b"", b"xyz"):
            with pytest.raises(PacketError) as caught:
                make(name, prefix + data[:size], len(prefix))
            error = caught.value
            assert (error.field, error.offset) == ("header", len(prefix))
            assert str(error) == f"{error.layer}.header at offset {len(prefix)}: HEADER_CUT"
            assert error.layer in name.lower()
    for size in range(LEAST[name], len(data) + 1):
        make(name, data[:size])
    with pytest.raises(PacketError):
        make(name, data, len(data) + 1)
    with pytest.raises(PacketError):
        make(name, data, 1 << 80)


@pytest.mark.parametrize(("name", "field"), NUMBERS, ids=lambda v: getattr(v, "name", v))
def test_numbers_are_written(make, name, field):
    size = 1100  # with addresses of 255 bytes, ARP takes so much
    for background in (bytes(size), b"\xff" * size):
        for value in {field.base, field.most, field.base + field.unit * (1 << field.bits - 1)}:
            buffer = bytearray(background)
            with make(name, buffer) as view:
                setattr(view, field.name, value)
                assert getattr(view, field.name) == value
            mask = ((1 << field.bits) - 1) << field.shift
            before = int.from_bytes(background[field.at : field.at + field.size], "big")
            raw = (value - field.base) // field.unit << field.shift
            after = int.from_bytes(buffer[field.at : field.at + field.size], "big")
            assert after == before & ~mask | raw


@pytest.mark.parametrize(("name", "field"), NUMBERS, ids=lambda v: getattr(v, "name", v))
def test_numbers_that_do_not_fit(make, name, field):
    buffer = bytearray(64)
    view = make(name, buffer)
    for value in [field.most + 1, -1, field.base - 1, 1 << 31, 1 << 32, 1 << 64, 1 << 99999]:
        if field.base <= value <= field.most and value % field.unit == 0:
            continue
        with pytest.raises(ValueError, match=f"{field.name} must be .*between {field.base} and"):
            setattr(view, field.name, value)
    if field.unit > 1:
        with pytest.raises(ValueError, match=f"a multiple of {field.unit} "):
            setattr(view, field.name, field.unit + 1)
    for value in [None, "1", 1.0, b"1"]:
        with pytest.raises(TypeError):
            setattr(view, field.name, value)
    with pytest.raises(AttributeError):
        delattr(view, field.name)
    assert not any(buffer)


@pytest.mark.parametrize(("name", "field"), OCTETS, ids=lambda v: getattr(v, "name", v))
def test_octets_are_written(make, name, field):
    value = bytes(range(1, field.size + 1))
    for given_ in (value, bytearray(value), array.array("H", value)):
        buffer = bytearray(64)
        view = make(name, buffer)
        setattr(view, field.name, given_)
        assert getattr(view, field.name) == value
        assert buffer[field.at : field.at + field.size] == value
    for wrong in (value + b"x", value[1:], b""):
        with pytest.raises(ValueError, match=f"{field.name} must be "):
            setattr(view, field.name, wrong)
    with pytest.raises(BufferError, match="contiguous"):
        setattr(view, field.name, memoryview(bytes(2 * field.size))[::2])
    for wrong in (None, 5, [1] * field.size):
        with pytest.raises(TypeError):
            setattr(view, field.name, wrong)
    with pytest.raises(AttributeError):
        delattr(view, field.name)
    assert buffer[field.at : field.at + field.size] == value


def test_addresses_as_text(headers):
    view = headers.IPv4View(bytearray(IPV4))
    view.src, view.dst = "198.51.100.1", "0.0.0.0"
    assert (view.src, view.dst) == (bytes([198, 51, 100, 1]), bytes(4))
    assert (view.src_address, view.dst_address) == ("198.51.100.1", "0.0.0.0")
    other = headers.IPv6View(bytearray(IPV6))
    other.dst = "2001:db8::5"
    assert other.dst == bytes.fromhex("20010db8" + "00" * 11 + "05")
    for wrong in ("192.0.2", "nowhere", "", "1.2.3.4 ", "\udc80", "1\0", "fe80::1%lo"):
        for one in (view, other):
            with pytest.raises(AddressError) as caught:
                one.src = wrong
            assert caught.value.value == wrong
    with pytest.raises(ValueError, match="src must be 4 bytes, not 16"):
        view.src = "::1"
    with pytest.raises(ValueError, match="dst must be 16 bytes, not 4"):
        other.dst = "192.0.2.1"


@VIEWS
def test_a_read_only_buffer(make, name):
    data, fields = EXAMPLES[name]
    view = make(name, data)
    for field, value in fields.items():
        if field in ("payload", "options"):
            assert getattr(view, field).readonly
        elif field != "vlans":
            with pytest.raises(TypeError, match="read-only"):
                setattr(view, field, value)
    for field in set(fields) & {"payload", "options"}:
        writable = getattr(make(name, bytearray(data)), field)
        assert not writable.readonly


def test_filling_needs_a_writable_buffer(headers):
    with pytest.raises(TypeError, match="read-only"):
        headers.IPv4View(IPV4).fill_checksum()
    with pytest.raises(TypeError, match="read-only"):
        headers.ICMPView(ICMP).fill_checksum()


@VIEWS
def test_a_view_holds_the_buffer_until_its_release(make, name):
    data, fields = EXAMPLES[name]
    buffer = bytearray(data)
    view = make(name, buffer)
    assert view.buffer is buffer
    with pytest.raises(BufferError):
        buffer.append(0)
    assert repr(view) == f"<{name} at 0, {len(data)} bytes>"
    view.release()
    view.release()
    buffer.append(0)
    assert repr(view) == f"<{name} released>"
    for field in [*fields, "buffer"]:
        with pytest.raises(ValueError, match="released"):
            getattr(view, field)
    for field in set(fields) - {"payload", "options", "vlans"}:
        with pytest.raises(ValueError, match="released"):
            setattr(view, field, fields[field])
    with pytest.raises(ValueError, match="released"), view:
        pass
    for method in {"transport", "verify_checksum", "fill_checksum"} & set(dir(view)):
        with pytest.raises(ValueError, match="released"):
            getattr(view, method)()


@VIEWS
def test_with(make, name):
    buffer = bytearray(EXAMPLES[name][0])
    with make(name, buffer) as view:
        assert view.offset == 0
    buffer.clear()


def test_slices_outlive_the_view(headers):
    buffer = bytearray(UDP)
    view = headers.UDPView(buffer)
    payload = view.payload
    view.release()
    payload[:] = b"ABC"
    assert buffer[8:11] == b"ABC"


def test_a_transport_view_needs_its_ip_view(headers, builders):
    ip = headers.IPv4View(bytearray(builders.build_udp("192.0.2.1", "192.0.2.2", 1, 2, b"x")))
    udp = ip.transport()
    assert udp.buffer is ip.buffer
    ip.release()
    assert udp.sport == 1
    for call in (udp.verify_checksum, udp.fill_checksum, lambda: udp.payload):
        with pytest.raises(ValueError, match="released"):
            call()


def test_a_value_that_releases_the_view(headers):
    class Releasing:
        def __index__(self):
            view.release()
            return 5

    view = headers.IPv4View(bytearray(IPV4))
    with pytest.raises(ValueError, match="released"):
        view.ttl = Releasing()
    view = headers.EthernetView(bytearray(ETHERNET))
    with pytest.raises(ValueError, match="released"):
        view.ethertype = Releasing()


@VIEWS
def test_buffers_of_every_kind(make, name):
    data, fields = EXAMPLES[name]
    data += bytes(-len(data) % 8)
    numbers = [field for field in fields if isinstance(fields[field], int)]
    for buffer in (
        array.array("B", data), array.array("b", data), array.array("I", data),
        memoryview(data).cast("c"), memoryview(data).cast("B", (2, len(data) // 2)),
    ):  # fmt: skip
        view = make(name, buffer)
        assert view.buffer is buffer
        assert [getattr(view, field) for field in numbers] == [fields[f] for f in numbers]
    with pytest.raises(BufferError, match="contiguous"):
        make(name, memoryview(bytes(200))[::2])
    for wrong in (None, "text", 5, [1, 2]):
        with pytest.raises(TypeError, match="bytes-like"):
            make(name, wrong)
    for wrong in (None, "0", 1.5):
        with pytest.raises(TypeError):
            make(name, data, wrong)
    for wrong in (-1, -(1 << 80)):
        with pytest.raises(ValueError, match="offset must not be negative"):
            make(name, data, wrong)
    with pytest.raises(PacketError):
        make(name, array.array("I"))


def test_a_number_that_prints_as_another(headers):
    class Odd(int):
        def __repr__(self):
            return "five"

        __str__ = __repr__

    view = headers.IPv4View(bytearray(IPV4))
    with pytest.raises(ValueError, match=r"^ttl must be between 0 and 255, not 256$"):
        view.ttl = Odd(256)


@VIEWS
def test_views_stay_where_they_are(make, headers, name):
    view = make(name, EXAMPLES[name][0])
    for copier in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=f"cannot pickle '{name}' object"):
            copier(view)
    with pytest.raises(TypeError):
        type(name, (getattr(headers, name),), {})
    with pytest.raises(AttributeError):
        view.no_such_field = 1
    assert view != make(name, EXAMPLES[name][0])


def test_a_field_belongs_to_its_view(headers):
    ipv6, udp = headers.IPv6View, headers.UDPView(bytes(8))
    with pytest.raises((TypeError, AttributeError)):
        ipv6.ttl.__get__(5)
    if headers.__name__.endswith("._c"):
        with pytest.raises(TypeError, match="no such field"):
            headers.TCPView.window.__get__(udp)
        with pytest.raises(TypeError, match="no such field"):
            ipv6.dst.__set__(udp, bytes(16))


def test_a_field_of_ones_own_making(compiled):
    """Whatever it says, it stays inside the header; so does a field of another view."""
    headers = compiled.part("headers")
    usual = _layout.IPV4["ttl"]
    number = type(headers.IPv4View.ttl)
    for wrong in (
        {"at": -1}, {"at": -100_000}, {"size": 0}, {"size": 5}, {"size": -4}, {"size": 4096},
        {"bits": 0}, {"bits": 9}, {"bits": 70}, {"shift": -1}, {"shift": 1}, {"unit": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="no field of a header"):
            number(usual._replace(**wrong))
    octets = type(headers.EthernetView.dst)
    for wrong in ({"at": -1}, {"size": 0}, {"size": 17}, {"size": -1}):
        with pytest.raises(ValueError, match="no field of a header"):
            octets(_layout.ETHERNET["dst"]._replace(**wrong))
    icmp = headers.ICMPView(bytearray(9))
    with pytest.raises(TypeError, match="no such field"):  # its word would be bytes 8 and 9
        headers.IPv4View.ttl.__set__(icmp, 5)


@VIEWS
def test_an_error_keeps_no_buffer(make, name):
    """A traceback keeps many objects alive while its exception is handled."""
    for buffer, arguments, error in (
        (bytearray(EXAMPLES[name][0][: LEAST[name] - 1]), (), PacketError),
        (bytearray(100), (100,), PacketError),
        (bytearray(100), (-1,), ValueError),
    ):
        with pytest.raises(error) as caught:
            make(name, buffer, *arguments)
        buffer.append(0)
        del caught


def test_no_garbage_stays(headers):
    class Buffer(bytearray):
        pass

    buffer = Buffer(IPV4)
    view = headers.IPv4View(buffer)
    buffer.view = view  # a cycle
    dead = weakref.ref(buffer)
    del buffer, view
    gc.collect()
    assert dead() is None


@pytest.mark.parametrize("words", range(5))
def test_a_header_length_below_the_least(headers, words):
    ip, tcp = bytearray(IPV4), bytearray(TCP)
    ip[0] = 0x40 | words
    tcp[12] = words << 4
    for view, layer in ((headers.IPv4View(ip), "ipv4"), (headers.TCPView(tcp), "tcp")):
        for field in ("options", "payload"):
            with pytest.raises(PacketError, match="BAD_HEADER_LENGTH") as caught:
                getattr(view, field)
            assert (caught.value.layer, caught.value.field) == (layer, "header_length")
    assert headers.IPv4View(ip).transport() is None
    for call in ("verify_checksum", "fill_checksum"):
        with pytest.raises(PacketError):
            getattr(headers.IPv4View(ip), call)()


def test_options_that_are_cut(headers):
    for size in range(20, 24):
        for view in (headers.IPv4View(IPV4[:size]), headers.TCPView(TCP[:size])):
            for field in ("options", "payload"):
                with pytest.raises(PacketError, match="OPTIONS_CUT"):
                    getattr(view, field)
        with pytest.raises(PacketError):
            headers.IPv4View(IPV4[:size]).verify_checksum()
        assert headers.IPv4View(IPV4[:size]).transport() is None


def test_a_payload_ends_with_its_datagram(headers):
    padded = bytearray(IPV4 + bytes(18))
    view = headers.IPv4View(padded)
    assert bytes(view.payload) == IPV4_FIELDS["payload"]
    view.total_length = 0  # what hardware is to fill in
    assert len(view.payload) == len(padded) - 24
    view.total_length = 60000
    assert len(view.payload) == len(padded) - 24
    view.total_length = 23
    with pytest.raises(PacketError, match=r"ipv4\.total_length at offset 0: BAD_LENGTH"):
        bytes(view.payload)
    six = headers.IPv6View(bytearray(IPV6 + b"tail"))
    assert bytes(six.payload) == b"\x11\x22\x33\x44"
    six.payload_length = 0  # a jumbogram
    assert bytes(six.payload) == b"\x11\x22\x33\x44tail"
    six.total_length = 41
    assert (six.payload_length, len(six.payload)) == (1, 1)


def test_the_length_of_udp(headers):
    buffer = bytearray(UDP)
    view = headers.UDPView(buffer, pseudo_header=0)
    for length in range(1, 8):
        view.length = length
        with pytest.raises(PacketError, match=r"udp\.length at offset 0: BAD_LENGTH"):
            bytes(view.payload)
    view.length = 0
    assert bytes(view.payload) == UDP[8:]
    view.length = 5000
    assert bytes(view.payload) == UDP[8:]
    with pytest.raises(PacketError, match="BAD_LENGTH"):
        view.fill_checksum()


@pytest.mark.parametrize("depth", range(10))
def test_vlan_stacks(headers, depth):
    types = [b"\x81\x00", b"\x88\xa8", b"\x91\x00"]
    tags = b"".join(types[i % 3] + bytes([0, i]) for i in range(depth))
    frame = bytearray(bytes(12) + tags + b"\x86\xddpayload")
    view = headers.EthernetView(frame)
    seen = min(depth, 8)
    assert view.vlans == tuple(range(seen))
    if depth <= 8:
        view.ethertype = 0x0806
        assert (view.ethertype, bytes(view.payload)) == (0x0806, b"payload")
        assert frame[12 + 4 * depth : 14 + 4 * depth] == b"\x08\x06"
    for size in range(14, len(frame)):
        cut = headers.EthernetView(frame[:size])
        assert len(cut.vlans) == min((size - 14) // 4, seen)
        assert len(cut.payload) == size - 14 - 4 * len(cut.vlans)


def test_tags_that_appear_later(headers):
    frame = bytearray(bytes(12) + b"\x08\x00" + b"\x00\x05\x08\x00")
    view = headers.EthernetView(frame)
    assert view.vlans == ()
    frame[12:14] = b"\x81\x00"
    assert (view.vlans, view.ethertype, bytes(view.payload)) == ((5,), 0x800, b"")


def test_arp_addresses_of_other_lengths(headers):
    packet = bytearray(bytes([0, 6, 8, 0, 8, 4, 0, 1]) + bytes(range(24)))
    view = headers.ARPView(packet)
    assert (view.sha, view.spa) == (bytes(range(8)), bytes(range(8, 12)))
    assert (view.tha, view.tpa) == (bytes(range(12, 20)), bytes(range(20, 24)))
    view.tha = b"\xff" * 8
    assert packet[20:28] == b"\xff" * 8
    with pytest.raises(ValueError, match="spa must be 4 bytes, not 3"):
        view.spa = b"123"
    view.hardware_length = 200  # now they would be past the end
    with pytest.raises(PacketError, match=r"arp\.header"):
        bytes(view.tpa)
    with pytest.raises(PacketError, match=r"arp\.header"):
        view.tpa = bytes(4)
    for size in range(8, 28):
        with pytest.raises(PacketError):
            headers.ARPView(ARP[:size])


@given(st.binary(min_size=14, max_size=200), st.integers(0, 10))
def test_any_bytes_give_values_or_packet_errors(headers, outcome, data, offset):
    def read(view, field):
        value = getattr(view, field)
        return value() if callable(value) else value

    for name in EXAMPLES:
        try:
            view = getattr(headers, name)(data, offset)
        except PacketError:
            continue
        for field in dir(view):
            if field[0] == "_" or field in ("release", "fill_checksum"):
                continue
            found = outcome(read, view, field)
            if isinstance(found, tuple) and found and isinstance(found[0], type):
                assert found[0] is PacketError or "pseudo_header" in found[1], found


@pytest.mark.parametrize("name", LEAST)
def test_views_by_position_and_by_name(headers, name):
    """Each way in which a call can name its arguments, in any order."""
    kind, data = getattr(headers, name), bytes(80)
    made = [
        kind(data, 2),
        kind(data, offset=2),
        kind(buffer=data, offset=2),
        kind(offset=2, buffer=data),
        kind(data, **{"".join(["off", "set"]): 2}),
        kind(*(data, 2)),
        partial(kind, data)(2),
        next(map(kind, [data], [2])),
    ]
    assert {(view.offset, view.buffer is data) for view in made} == {(2, True)}


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), ((bytes(80), 0, 0), {}), ((bytes(80), 0), {"offset": 0}), ((), {"offset": 0}),
     ((bytes(80),), {"buffer": bytes(80)}), ((bytes(80),), {"offest": 0}),
     ((bytes(80), 0), {"other": 0}), ((5,), {}), ((bytes(80), "0"), {}), ((bytes(80), 1.0), {})],
)  # fmt: skip
def test_views_of_wrong_calls(headers, name, args, kwargs):
    with pytest.raises(TypeError):
        getattr(headers, name)(*args, **kwargs)


@pytest.mark.parametrize("offset", [1 << 31, 1 << 63, 1 << 64, 1 << 200])
def test_offsets_that_no_buffer_reaches(headers, offset):
    with pytest.raises(PacketError, match="ipv4"):
        headers.IPv4View(bytes(80), offset)
    with pytest.raises(ValueError, match="offset"):
        headers.IPv4View(bytes(80), -offset)


def test_offsets_that_are_no_int_of_their_own(headers):
    class Offset(int):
        def __index__(self):
            raise AssertionError("an int is its own index")

    class Index:
        def __index__(self):
            return 3

    assert headers.IPv4View(bytes(80), Offset(3)).offset == 3
    assert headers.IPv4View(bytes(80), Index()).offset == 3
    assert headers.IPv4View(bytes(80), True).offset == 1


def test_failed_views_hold_nothing(headers):
    """A bytearray that a view holds can't grow."""
    data = bytearray(19)
    for offset in (0, -1, 1 << 70):
        with pytest.raises((PacketError, ValueError)):
            headers.IPv4View(data, offset)
    with pytest.raises(PacketError):
        headers.ARPView(bytearray(b"\0" * 4 + b"\xff\xff") + bytes(10))
    data += b"0"


def test_a_view_begun_anew(headers, builders):
    """`__init__` views another buffer, and lets go of the first; a failure changes nothing."""
    first, second = bytearray(range(40)), bytearray(range(100, 140))
    view = headers.IPv4View(first)
    view.__init__(second, 4)
    assert (view.buffer is second, view.offset, view.tos) == (True, 4, 105)
    gc.collect()  # PyPy frees late
    first += b"it grows"
    with pytest.raises(PacketError):
        view.__init__(bytes(3))
    assert (view.buffer is second, view.offset, view.tos) == (True, 4, 105)
    ip = headers.IPv4View(bytearray(builders.build_udp("192.0.2.1", "192.0.2.2", 1, 2, b"data")))
    udp = ip.transport()
    udp.__init__(ip.buffer, 20)
    with pytest.raises(ValueError, match="pseudo_header"):
        udp.verify_checksum()


def test_views_never_begun(headers):
    view = headers.IPv4View.__new__(headers.IPv4View)
    with pytest.raises((ValueError, AttributeError)):
        view.ttl  # noqa: B018
    with pytest.raises((ValueError, AttributeError)):
        view.ttl = 1


@pytest.mark.parametrize("fill", [0, 1, 0x7F, 0xA5, 0xFF])
@pytest.mark.parametrize(
    ("name", "field"),
    [(n, f) for n, f in NUMBERS if "checksum" in TABLES[n][0] and f.name != "checksum"],
)
def test_numbers_of_every_place_keep_the_checksum(headers, name, field, fill):
    """RFC 1624 by words that start and end at odd places, with carries in all of them."""
    data = bytearray([fill] * LEAST[name])
    view, before = getattr(headers, name)(data), sum_words(data)
    for value in (0, 1, 0x80, 0xFF, 0x100, 0xFF00, 0xFFFF, 0xFFFFFFFF):
        with suppress(ValueError):
            setattr(view, field.name, value)
        if any(view.checksum.to_bytes(2, "big")) or name != "UDPView":
            assert sum_words(data) % 0xFFFF == before % 0xFFFF


def sum_words(data):
    return sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
