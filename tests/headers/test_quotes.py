"""Headers that are cut: TCP as ICMP errors quote it, short ICMPv6."""

import pytest

from fastsock.errors import PacketError

V4 = "192.0.2.1", "198.51.100.2"
V6 = "2001:db8::1", "2001:db8::2"
FAMILIES = pytest.mark.parametrize("ends", [V4, V6], ids=["ipv4", "ipv6"])
FIELDS = {"sport": 2, "dport": 4, "seq": 8, "ack": 12, "header_length": 13, "flags": 14,
          "window": 16, "checksum": 18, "urgent_pointer": 20}  # fmt: skip


@pytest.fixture
def quote(builders, headers):
    """A view of an IP header, quoted with so many bytes of its segment in a message by ICMP."""

    def quote(ends, size, **fields):
        packet = builders.build_tcp(*ends, 1025, 80, b"data", seq=7, **fields)
        header = 20 if ends is V4 else 40
        message = bytearray(28) + packet[: header + size]
        view = headers.IPv4View if ends is V4 else headers.IPv6View
        return view(message, 28), message, packet

    return quote


@FAMILIES
def test_ports_of_eight_bytes_are_read_and_written(quote, ends):
    ip, message, packet = quote(ends, 8)
    tcp = ip.transport()
    assert (tcp.sport, tcp.dport, tcp.seq) == (1025, 80, 7)
    tcp.sport, tcp.dport, tcp.seq = 4000, 443, 0xFFFFFFFF
    assert message[-8:] == bytes.fromhex("0fa001bbffffffff")
    assert message[:28] == bytes(28)
    ip.src = ends[1]
    assert message[-8:] == bytes.fromhex("0fa001bbffffffff")
    for name in ("ack", "header_length", "flags", "window", "checksum", "urgent_pointer"):
        with pytest.raises(PacketError, match=r"tcp\.header at offset .*: HEADER_CUT"):
            getattr(tcp, name)
        with pytest.raises(PacketError, match="HEADER_CUT"):
            setattr(tcp, name, 20)
    for name in ("options", "payload"):
        with pytest.raises(PacketError, match="HEADER_CUT"):
            getattr(tcp, name)
    for call in (tcp.verify_checksum, tcp.fill_checksum):
        with pytest.raises(PacketError, match="CUT"):
            call()
    assert len(message) == 28 + len(packet) - 16


@FAMILIES
@pytest.mark.parametrize("size", range(8, 21))
def test_every_length_of_a_quote(quote, ends, size):
    """A field is there with all of its bytes; so is the checksum, which is updated then."""
    ip, message, packet = quote(ends, size)
    tcp = ip.transport()
    there = [name for name, end in FIELDS.items() if end <= size - size % 2]
    for name in FIELDS:
        if name in there:
            setattr(tcp, name, getattr(tcp, name))
        else:
            with pytest.raises(PacketError):
                getattr(tcp, name)
    assert message[28:] == packet[: len(message) - 28]
    tcp.sport += 1
    if size >= 18:
        assert tcp.checksum == int.from_bytes(packet[-8:-6], "big") - 1
    at = len(message) - size
    assert message[at + 2 : at + 16] == packet[at - 26 : at - 12][: size - 2]


@FAMILIES
def test_a_translator_edits_a_quote(quote, headers, builders, ends):
    """The datagram that was quoted has a good checksum after edits of addresses and ports."""
    ip, message, packet = quote(ends, 20)
    tcp = ip.transport()
    ip.src = "203.0.113.9" if ends is V4 else "2001:db8::9"
    tcp.sport = 40000
    whole = bytearray(message[28:] + packet[-4:])
    view = headers.IPv4View(whole) if ends is V4 else headers.IPv6View(whole)
    assert view.transport().verify_checksum()


@FAMILIES
@pytest.mark.parametrize("size", range(8))
def test_less_than_a_quote(quote, ends, size):
    ip, _, _ = quote(ends, size)
    with pytest.raises(PacketError, match=r"tcp\.header at offset .*: HEADER_CUT"):
        ip.transport()


def test_a_length_that_grows_gives_no_checksum_back(quote):
    """The view was made of eight bytes; a header that is changed later adds none."""
    ip, message, _ = quote(V4, 8)
    message[30:32] = (28).to_bytes(2, "big")
    with ip.transport() as tcp:
        ip.total_length = 48
        for call in (tcp.verify_checksum, tcp.fill_checksum):
            with pytest.raises(PacketError):
                call()
        with pytest.raises(PacketError, match="HEADER_CUT"):
            bytes(tcp.payload)
    longer = bytearray(message + bytes(40))
    longer[30:32] = (28).to_bytes(2, "big")
    with type(ip)(longer, 28) as whole, whole.transport() as tcp:
        whole.total_length = 68  # all of it is present, but not in that view
        for call in (tcp.verify_checksum, tcp.fill_checksum):
            with pytest.raises(PacketError, match="HEADER_CUT"):
                call()
        tcp.sport = 9
        assert whole.transport().urgent_pointer == 0


def test_a_view_alone_wants_the_whole_header(headers):
    for size in (8, 19):
        with pytest.raises(PacketError, match="HEADER_CUT"):
            headers.TCPView(bytes(size))


@pytest.mark.parametrize("size", [4, 5, 6, 7])
def test_short_messages_of_icmpv6(headers, parse, build, size):
    """RFC 4443 section 2.1 needs four bytes; what is there has a checksum."""
    message = build.seal(b"\x80\0\0\0abcd"[:size], 58, build.SRC6, build.DST6)
    datagram = bytearray(build.ipv6(message, 58))
    assert parse(bytes(datagram), "raw", verify=True).checksum_status == 1
    with headers.IPv6View(datagram) as ip, ip.transport() as icmp:
        assert (icmp.type, icmp.code) == (128, 0)
        assert icmp.verify_checksum()
        assert bytes(icmp.payload) == b""
        icmp.code = 7
        ip.src = "2001:db8::7"
        assert icmp.verify_checksum()
        icmp.checksum = 0
        icmp.fill_checksum()
        assert icmp.verify_checksum()
        with pytest.raises(PacketError, match=r"icmp\.header at offset 40: HEADER_CUT"):
            int(icmp.sequence)
    longer = build.ipv6(message + bytes(8), 58)[: 40 + size]  # cut, not short
    with pytest.raises(PacketError, match="HEADER_CUT"):
        headers.IPv6View(longer).transport()


@pytest.mark.parametrize("size", range(1, 4))
def test_no_message_of_icmpv6(headers, build, size):
    with pytest.raises(PacketError, match="HEADER_CUT"):
        headers.IPv6View(build.ipv6(bytes(size), 58)).transport()


@FAMILIES
@pytest.mark.parametrize("kind", ["tcp", "udp", "icmp_echo"])
def test_a_total_length_that_shrinks_under_a_view(builders, headers, ends, kind):
    """The coverage is read anew at each use, and never goes beyond the datagram."""
    packet = bytearray(getattr(builders, f"build_{kind}")(*ends, 1, 2, b"data"))
    ip = headers.IPv4View(packet) if ends is V4 else headers.IPv6View(packet)
    at, least = (20, 40)[ends is V6], 20 if kind == "tcp" else 8
    view = ip.transport()
    whole = ip.total_length
    before = bytes(packet[at:])
    for total in range(at + 1, whole):
        ip.total_length = total
        if total - at < least:
            for call in (view.verify_checksum, view.fill_checksum):
                with pytest.raises(PacketError):
                    call()
        elif kind == "udp":  # whose own length is beyond the datagram then
            for call in (view.verify_checksum, view.fill_checksum):
                with pytest.raises(PacketError, match=r"udp\.length .*: BAD_LENGTH"):
                    call()
        else:
            assert not view.verify_checksum() or total == whole
            view.fill_checksum()
            assert view.verify_checksum()
            tail = packet[total:]
            assert tail == before[total - at :]  # bytes after the datagram
    ip.total_length = whole
    view.fill_checksum()
    assert packet[at:] == before
