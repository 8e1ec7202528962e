"""`packet_fields` and `PacketFields`: the values that `Packet` has, without one."""

import copy
import pickle
import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from fastsock.packet import fields
from fastsock.packet.fields import FIELDS, LINK_TYPES

NAMES = st.lists(st.sampled_from(FIELDS), max_size=60).map(tuple)


@pytest.fixture
def datagram(build):
    return build.ipv4(build.udp(b"payload!", 5000), identification=7)


def test_every_attribute_is_a_field(packet):
    public = {name for name in vars(packet.Packet) if not name.startswith("_")}
    assert set(FIELDS) == public
    assert len(FIELDS) == len(public)


def test_order_of_compiled_codes():
    # Wheels have no sources: the checkout's.
    text = (Path(__file__).parents[2] / "fastsock" / "packet" / "field.h").read_text()
    names = re.findall(r"^    FS_FIELD_(\w+),$", text, re.MULTILINE)
    assert tuple(name.lower() for name in names) == FIELDS


@pytest.mark.parametrize(("alias", "names"), [("Limit", "LIMITS"), ("Field", "FIELDS")])
def test_types_list_the_names(alias, names):
    """The aliases stand where only type checkers look."""
    scope = {}
    text = Path(fields.__file__).read_text()
    start = text.index(f"    {alias}: TypeAlias")
    exec(
        "from typing import Literal, TypeAlias\nif True:\n"
        + text[start : text.index("]\n", start) + 2],
        scope,
    )
    assert get_args(scope[alias]) == getattr(fields, names)


@given(
    data=st.binary(max_size=120),
    names=NAMES,
    verify=st.booleans(),
    link=st.sampled_from([*LINK_TYPES, 147]),
)
def test_values_are_those_of_a_packet(packets, data, names, verify, link):
    for packet in packets:
        one = packet.parse_packet(data, link, verify=verify)
        expected = tuple(getattr(one, name) for name in names)
        for found in (
            packet.packet_fields(data, names, link, verify=verify),
            packet.PacketFields(*names, link=link, verify=verify)(data),
        ):
            assert found == expected
            assert list(map(type, found)) == list(map(type, expected))


def test_all_fields_of_packets(packets, build, datagram):
    for data in (
        datagram,
        build.ipv4(build.tcp(b"x"), 6) if hasattr(build, "tcp") else datagram,
        datagram[:21],
        b"",
    ):
        for packet in packets:
            one = packet.parse_packet(data, "raw", verify=True)
            expected = tuple(getattr(one, name) for name in FIELDS)
            assert packet.packet_fields(data, FIELDS, "raw", verify=True) == expected


def test_buffers(packet, datagram):
    names = ("src", "payload_length", "payload", "buffer")
    buffer = bytearray(datagram)
    source, length, payload, kept = packet.packet_fields(buffer, list(names), link="raw")
    assert (source, length, bytes(payload)) == (datagram[12:16], 8, b"payload!")
    assert kept is buffer
    payload.release()
    buffer.clear()  # nothing holds it
    getter = packet.PacketFields("src_address", link="raw")
    assert getter(memoryview(bytes(40) + datagram)[40:]) == getter(datagram)
    with pytest.raises(BufferError):
        getter(memoryview(bytes(80))[::2])


def test_names(packet, datagram):
    subclass = type("Name", (str,), {})
    assert packet.packet_fields(datagram, iter([subclass("sport"), "sp" + "ort"]), "raw") == (
        packet.packet_fields(datagram, ("sport",) * 2, "raw")
    )
    assert packet.packet_fields(datagram, ()) == ()
    assert packet.PacketFields(subclass("ttl")).names == ("ttl",)
    assert type(packet.PacketFields(subclass("ttl")).names[0]) is str


CALLS = {
    "unknown": lambda p: p.packet_fields(b"", ("src", "sprot")),
    "private": lambda p: p.PacketFields("__class__"),
    "number": lambda p: p.PacketFields(5),
    "unhashable": lambda p: p.PacketFields([]),
    "no iterable": lambda p: p.packet_fields(b"", None),
    "one str": lambda p: p.packet_fields(b"", "src"),
    "link": lambda p: p.packet_fields(b"", ("src",), "rwa"),
    "wide link": lambda p: p.PacketFields(link=1 << 32),
    "no buffer": lambda p: p.packet_fields("text", ("src",)),
    "names and data": lambda p: p.packet_fields("text", ("sprot",)),
    "many names": lambda p: p.packet_fields(b"", ("src",) * 99 + ("sprot",)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_refused_alike(packets, call):
    said = []
    for packet in packets:
        with pytest.raises((TypeError, ValueError)) as error:
            call(packet)
        said.append((type(error.value), str(error.value)))
    assert len(set(said)) == 1


def test_calls(packet, datagram):
    getter = packet.PacketFields("dport", link="raw")
    assert getter.__call__(datagram) == getter(datagram) == getter(*[datagram])
    for arguments, options in (((), {}), ((datagram, datagram), {}), ((), {"data": datagram})):
        with pytest.raises(TypeError):
            getter(*arguments, **options)
    with pytest.raises(TypeError):
        packet.packet_fields(datagram, ("src",), "raw", True)
    assert packet.packet_fields(names=("dport",), data=datagram, link="raw") == getter(datagram)


def test_reprs_and_pickles(packet):
    getter = packet.PacketFields("src", "dport", link="raw", verify=True)
    assert repr(getter) == "PacketFields('src', 'dport', link='raw', verify=True)"
    assert (getter.names, getter.link, getter.verify) == (("src", "dport"), 101, True)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(getter, protocol))
        assert repr(again) == repr(getter)
        assert type(again) is packet.PacketFields
    assert copy.copy(getter)(b"") == (None, None)
    assert repr(packet.PacketFields()) == "PacketFields()"
