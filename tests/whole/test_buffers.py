"""Every public callable that takes a buffer: which it takes, and how it refuses the others."""

import ctypes
import inspect
import io
import socket
import sys
from socket import AF_INET, AF_INET6

import pytest
from contract import PARTS, SOURCE, twin_of

import fastsock

IP = bytes.fromhex("450000240000400040114e93c0000201c6336401") + bytes(44)
ADDRESS = bytes([192, 0, 2, 1])
MAC = bytes(6)


def attribute(view, buffer, name):
    def assign(twin, given):
        made = getattr(twin.part("headers"), view)(bytearray(buffer))
        setattr(made, name, given)

    return assign


def write_capture(twin, given):
    with fastsock.CaptureWriter(io.BytesIO()) as writer:
        writer.write(given, 0)


def write_captures(twin, given):
    with fastsock.CaptureWriter(io.BytesIO()) as writer:
        writer.write_many([(0, 64, 1, given)])


def look_up(twin, given):
    return bytes(twin.part("prefix").PrefixTable().lookup_many(AF_INET, given))


def send(twin, given):
    with socket.socket(AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return twin.part("datagram").send_batch(sock, [given], sock.getsockname())


def frame(twin, given):
    return twin.part("stream").RecvAccumulator().take_until(given)


def call(part, name, *arguments, **keywords):
    """A call whose argument `...` is the buffer."""

    def use(twin, given):
        given_for = [given if one is ... else one for one in arguments]
        named = {key: given if one is ... else one for key, one in keywords.items()}
        return getattr(twin.part(part), name)(*given_for, **named)

    return use


def flow_hash(twin, given):
    part = twin.part("packet")
    return part.flow_hash(part.parse_packet(IP, "raw"), key=given)


# By part, name and parameter: a call, what its refusals name, and how many bytes it takes.
USES = {
    ("address", "inet_ntoa", "packed"): (call("address", "inet_ntoa", ...), None, 4),
    ("address", "inet_ntop", "packed"): (call("address", "inet_ntop", AF_INET6, ...), None, 16),
    ("address", "inet_ntop_many", "packed"): (
        call("address", "inet_ntop_many", AF_INET, ...), "packed", 64),
    ("address", "inet_ntop_lines", "packed"): (
        call("address", "inet_ntop_lines", AF_INET, ...), "packed", 64),
    ("address", "inet_pton_many", "texts"): (
        call("address", "inet_pton_many", AF_INET, ..., errors="mask"), "texts", 64),
    ("arrow", "AddressColumn", "packed"): (
        call("arrow", "AddressColumn", AF_INET, ...), "packed", 64),
    ("arrow", "AddressColumn", "valid"): (
        call("arrow", "AddressColumn", AF_INET, bytes(256), ...), "valid", 64),
    ("arrow", "BoolColumn", "flags"): (call("arrow", "BoolColumn", ...), "flags", 64),
    ("arrow", "BoolColumn", "valid"): (call("arrow", "BoolColumn", bytes(64), ...), "valid", 64),
    ("arrow", "IntColumn", "values"): (call("arrow", "IntColumn", ...), "values", 64),
    ("arrow", "IntColumn", "valid"): (call("arrow", "IntColumn", bytes(256), ...), "valid", 64),
    ("arrow", "DictionaryColumn", "indexes"): (
        call("arrow", "DictionaryColumn", ..., list(range(256))), "indexes", 64),
    ("arrow", "DictionaryColumn", "valid"): (
        call("arrow", "DictionaryColumn", bytes(256), [0], ...), "valid", 64),
    ("checksums", "checksum", "data"): (call("checksums", "checksum", ...), "data", 64),
    ("checksums", "checksum_add", "data"): (call("checksums", "checksum_add", ...), "data", 64),
    ("checksums", "verify", "data"): (call("checksums", "verify", ...), "data", 64),
    ("checksums", "crc32c", "data"): (call("checksums", "crc32c", ...), "data", 64),
    ("checksums", "pseudo_header", "src"): (
        call("checksums", "pseudo_header", ..., ADDRESS, 6, 20), "an address", 4),
    ("checksums", "pseudo_header", "dst"): (
        call("checksums", "pseudo_header", ADDRESS, ..., 6, 20), "an address", 4),
    ("checksums", "update_address", "old"): (
        call("checksums", "update_address", 1, ..., ADDRESS), "an address", 4),
    ("checksums", "update_address", "new"): (
        call("checksums", "update_address", 1, ADDRESS, ...), "an address", 4),
    ("packet", "parse_packet", "buffer"): (
        call("packet", "parse_packet", ..., "raw"), "buffer", 64),
    ("packet", "packet_fields", "data"): (
        call("packet", "packet_fields", ..., ("src",), "raw"), "data", 64),
    ("packet", "flow_hash", "key"): (flow_hash, "key", 64),
    ("proxy", "parse_proxy", "buffer"): (
        lambda twin, given: refused_by_content(call("proxy", "parse_proxy", ...), twin, given),
        "buffer", 64),
    ("stream", "RecvAccumulator.feed", "data"): (
        lambda twin, given: twin.part("stream").RecvAccumulator().feed(given), "data", 64),
    ("stream", "RecvAccumulator.take_until", "separator"): (frame, "a separator", 64),
    ("headers", "build_ethernet", "dst"): (
        call("headers", "build_ethernet", ..., MAC, 0x0800), "dst", 6),
    ("headers", "build_ethernet", "src"): (
        call("headers", "build_ethernet", MAC, ..., 0x0800), "src", 6),
    ("headers", "build_arp", "sha"): (
        call("headers", "build_arp", 1, ..., ADDRESS, MAC, ADDRESS), "sha", 6),
    ("headers", "build_arp", "tha"): (
        call("headers", "build_arp", 1, MAC, ADDRESS, ..., ADDRESS), "tha", 6),
    ("headers", "build_arp", "spa"): (
        call("headers", "build_arp", 1, MAC, ..., MAC, ADDRESS), "spa", 4),
    ("headers", "build_arp", "tpa"): (
        call("headers", "build_arp", 1, MAC, ADDRESS, MAC, ...), "tpa", 4),
    ("capture", "decode_columns", "buffers"): (
        lambda twin, given: twin.part("capture").decode_columns([given]), "a packet", 64),
    ("capture", "decode_columns", "buffers[0]"): (
        lambda twin, given: twin.part("capture").decode_columns((given, [0, 64])), "buffer", 64),
    ("capture", "Capture", "source"): (
        lambda twin, given: refused_by_content(call("capture", "Capture", ...), twin, given),
        "a capture", 64),
    ("capture", "open_capture", "source"): (
        lambda twin, given: refused_by_content(call("capture", "open_capture", ...), twin, given),
        "a capture", 64),
    ("ipaddress", "from_packed", "packed"): (
        call("ipaddress", "from_packed", AF_INET, ...), "packed", 64),
    ("prefix", "mask_many", "packed"): (
        call("prefix", "mask_many", AF_INET, ..., 24, 48), "packed", 64),
    ("prefix", "PrefixTable.lookup_many", "packed"): (look_up, "packed", 64),
    ("prefix", "PrefixSet.contains_many", "packed"): (
        lambda twin, given: twin.part("prefix").PrefixSet().contains_many(AF_INET, given),
        "packed", 64),
    ("sockaddr", "unpack_sockaddr", "buffer"): (
        call("sockaddr", "unpack_sockaddr", ...), "buffer", 64),
    ("datagram", "send_batch", "datagrams"): (send, "a payload", 64),
    ("once", "Framer.encode", "body"): (
        lambda twin, given: fastsock.LengthPrefix(4).encode(given), "a body", 64),
    ("once", "Framer.encode_many", "bodies"): (
        lambda twin, given: fastsock.LengthPrefix(4).encode_many([given]), "a body", 64),
    ("once", "CaptureWriter.write", "data"): (write_capture, "data", 64),
    ("once", "CaptureWriter.write_many", "records"): (write_captures, "data", 64),
    ("once", "Delimiter", "separator"): (
        lambda twin, given: fastsock.Delimiter(given), "a separator", 64),
    ("once", "Delimiter", "separator[0]"): (
        lambda twin, given: fastsock.Delimiter((b"\n", given)), "a separator", 64),
    ("once", "build_proxy_v2", "tlvs"): (
        lambda twin, given: fastsock.build_proxy_v2(None, None, command="LOCAL", tlvs=[(9, given)]),
        "a TLV's value", 64),
}  # fmt: skip
for name in ("iter_ip_options", "iter_tcp_options", "iter_ipv6_options"):
    USES["once", name, "buffer"] = (
        lambda twin, given, name=name: list(getattr(fastsock, name)(given)), "buffer", 64
    )  # fmt: skip
for name, head in (
    ("EthernetView", 64), ("ARPView", 64), ("IPv4View", IP), ("IPv6View", b"\x60" + bytes(63)),
    ("TCPView", bytes(12) + b"\x50" + bytes(51)), ("UDPView", 64), ("ICMPView", 64),
):  # fmt: skip
    USES["headers", name, "buffer"] = (call("headers", name, ...), "buffer", head)
USES |= {
    ("headers", "EthernetView.dst", "value"): (
        attribute("EthernetView", bytes(64), "dst"), "dst", 6),
    ("headers", "EthernetView.src", "value"): (
        attribute("EthernetView", bytes(64), "src"), "src", 6),
    ("headers", "IPv4View.src", "value"): (attribute("IPv4View", IP, "src"), "src", 4),
    ("headers", "IPv4View.dst", "value"): (attribute("IPv4View", IP, "dst"), "dst", 4),
    ("headers", "IPv6View.src", "value"): (
        attribute("IPv6View", b"\x60" + bytes(63), "src"), "src", 16),
    ("headers", "IPv6View.dst", "value"): (
        attribute("IPv6View", b"\x60" + bytes(63), "dst"), "dst", 16),
}  # fmt: skip
ARP = bytes.fromhex("0001080006040001") + bytes(20)
for name, size in (("sha", 6), ("spa", 4), ("tha", 6), ("tpa", 4)):
    USES["headers", f"ARPView.{name}", "value"] = (attribute("ARPView", ARP, name), name, size)
BUILDERS = {
    "build_ethernet": (MAC, MAC, 0x0800),
    "build_ipv4": (ADDRESS, ADDRESS, 17),
    "build_ipv6": (bytes(16), bytes(16), 17),
    "build_udp": (ADDRESS, ADDRESS, 1, 2),
    "build_tcp": (ADDRESS, ADDRESS, 1, 2),
    "build_icmp_echo": (ADDRESS, ADDRESS, 1, 2),
}
for name, given in BUILDERS.items():
    USES["builders", name, "payload"] = (call("headers", name, *given, ...), "payload", 64)
    if name != "build_ethernet":
        size = 16 if name == "build_ipv6" else 4
        USES["builders", name, "src"] = (call("headers", name, ..., *given[1:]), "src", size)
        USES["builders", name, "dst"] = (
            call("headers", name, given[0], ..., *given[2:]), "dst", size
        )  # fmt: skip
for name in ("build_ipv4", "build_tcp"):
    USES["builders", name, "options"] = (
        call("headers", name, *BUILDERS[name], options=...), "options", 40
    )  # fmt: skip
for name, given in (BUILDERS | {"build_arp": (1, MAC, ADDRESS, MAC, ADDRESS)}).items():
    into = f"{name}_into"
    USES["builders", into, "out"] = (call("headers", into, ..., *given), "out", None)

# Each of these hands what it is given to one that is in the table.
PASSED_ON = {
    ("once", "send_frames", "bodies"),  # to encode_many
    # To the checks of a separator: tests/stream/test_text_length.py has their refusals.
    ("once", "TextLength", "end"),
    ("once", "TextLength", "prefix"),
    ("once", "TextLength", "trailer"),
    ("reader", "SocketReader.read_until", "separator"),
    ("aio", "StreamReader.read_until", "separator"),
    # Texts are checked against each other: tests/arrow/test_export.py has their refusals.
    ("arrow", "TextColumn", "offsets"),
    ("arrow", "TextColumn", "data"),
    ("arrow", "TextColumn", "valid"),
    # Not one buffer but many, by name: tests/capture has its refusals.
    ("once", "Columns", "memory"),
}


def refused_by_content(function, twin, given):
    """An object that is refused for its content was taken as a buffer."""
    try:
        return function(twin, given)
    except (fastsock.ProxyError, fastsock.CaptureError):
        return None


def of_size(content):
    """Bytes to fill a buffer with: so many zeros, or these."""
    return content if isinstance(content, bytes) else bytes(content)


def refusal(use, twin, given):
    with pytest.raises((TypeError, ValueError, BufferError, OSError)) as caught:
        use(twin, given)
    return type(caught.value), str(caught.value)


def released():
    view = memoryview(bytearray(64))
    view.release()
    return view


@pytest.fixture(params=USES, ids=lambda key: "-".join(key))
def use(request):
    return USES[request.param]


def test_a_buffer_in_pieces(use, twin):
    call_it, what, size = use
    for pieces in (
        memoryview(bytearray(64))[::2],
        memoryview(bytearray(of_size(size or 64)))[::-1],
    ):
        kind, text = refusal(call_it, twin, pieces)
        assert kind is BufferError
        assert what is None or text == f"{what} must be a C-contiguous buffer"


def test_no_buffer(use, twins):
    call_it, _, _ = use
    compiled, pure = (refusal(call_it, twin, 7) for twin in twins)
    assert compiled == pure
    assert compiled[0] is TypeError


def test_a_released_view(use, twins):
    call_it, _, _ = use
    compiled, pure = (refusal(call_it, twin, released()) for twin in twins)
    assert compiled == pure
    assert compiled == (ValueError, "operation forbidden on released memoryview object")


def test_any_format_and_shape(use, twin):
    """Bytes count, however the buffer divides them into items."""
    call_it, what, size = use
    plain = bytearray(of_size(64 if size is None else size))
    half = len(plain) // 2
    exotic = (ctypes.c_uint16 * half).from_buffer(bytearray(plain))  # "<H": no native format
    table = memoryview(bytearray(plain)).cast("B", (half, 2))
    for given in (table, exotic):
        if what == "texts":  # there wider items make it a sequence
            call_it(twin, table)
        elif what is None and given is exotic:
            continue
        elif what != "a capture":
            assert outcome(call_it, twin, given) == outcome(call_it, twin, bytearray(plain))


def test_no_rows_of_a_table(twin):
    """A shape with a zero in it can't be cast to bytes, and its base shows more than these rows."""
    rows = memoryview(bytes(64)).cast("B", (4, 16))[2:2]
    assert twin.part("checksums").checksum(rows) == twin.part("checksums").checksum(b"")
    assert twin.part("address").inet_ntop_lines(AF_INET6, rows) == b""
    assert twin.part("proxy").parse_proxy(rows) == twin.part("proxy").parse_proxy(b"")


def outcome(call_it, twin, given):
    result = call_it(twin, given)
    if isinstance(result, bytes | int | str | tuple):
        return result
    return repr(result) if isinstance(result, list) else type(result)


@pytest.mark.parametrize("writable", ["View", "out"])
def test_memory_of_any_format_is_written_in_place(twin, writable):
    numbers = (ctypes.c_uint32 * 16)()
    if writable == "View":
        twin.part("headers").UDPView(numbers).sport = 0x1234
    else:
        twin.part("headers").build_udp_into(numbers, ADDRESS, ADDRESS, 0x1234, 2)
    assert b"\x12\x34" in bytes(numbers)


def test_a_refused_buffer_is_let_go(use, twin):
    call_it, _, _ = use
    pieces = memoryview(bytearray(64))[::2]
    with pytest.raises(BufferError, match="contiguous"):
        call_it(twin, pieces)
    pieces.release()  # BufferError, if the error's frames still hold it


if sys.version_info >= (3, 12):  # where classes in Python can be buffers

    def test_a_class_that_refuses_speaks_for_itself(use, twin):
        class Refuses:
            def __buffer__(self, flags):
                raise TypeError("not today")

        call_it, what, _ = use
        if what not in ("texts", "a capture", "a separator"):  # these may be something else then
            assert refusal(call_it, twin, Refuses()) == (TypeError, "not today")


def takes_buffers():
    """The public callables with a parameter that is annotated as a buffer."""
    parts = [
        (part, getattr(twin_of(part, "py"), name))
        for part, names in PARTS.items()
        for name in names
    ]
    values = [getattr(fastsock, name) for name in fastsock.__all__]
    of_pairs = {name for names in PARTS.values() for name in names}
    once = [("once", value) for value in values
            if callable(value) and getattr(value, "__name__", None) not in of_pairs]  # fmt: skip
    for part, value in parts + once:
        for name, member in members(value):
            for parameter in parameters(member):
                if "Buffer" in str(parameter.annotation) or "Offsets" in str(parameter.annotation):
                    yield part, name, parameter.name


def members(value):
    if not inspect.isclass(value):
        yield value.__name__, value
        return
    yield value.__name__, value.__init__
    for name, member in vars(value).items():
        if isinstance(member, property) and member.fset:
            yield f"{value.__name__}.{name}", member.fset
        elif name[0] != "_" and callable(member):
            yield f"{value.__name__}.{name}", member


def parameters(function):
    try:
        return inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()


def test_the_table_is_complete():
    known = {key[1:] for key in USES} | {key[1:] for key in PASSED_ON}
    # A builder into a buffer hands the rest to the builder of fresh bytes.
    known |= {(f"{name}_into", what) for name, what in known if name.startswith("build_")}
    found = {key[1:] for key in takes_buffers()}
    assert len(found) > 40
    assert sorted(found - known) == []


def test_the_helper_alone_asks_for_buffers():
    """One helper a twin: nothing else judges contiguity, so nothing else can word it otherwise."""
    judges = {
        path.name
        for pattern in ("*.py", "*.pyx", "*.pxd")
        for path in SOURCE.rglob(pattern)
        if "c_contiguous" in (text := path.read_text()) or "PyBuffer_IsContiguous" in text
    }
    # The last two only choose between two paths that both call the helper.
    assert judges == {"buffers.py", "buffers.pxd", "inet_rules.py", "selection.py", "sender.py"}
