"""Exception classes, and their wording, that both twins share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Self

_SHOWN = 64


class AddressError(OSError, ValueError):
    """A text that is no address, where the standard library has no exception of its own.

    It is an `OSError`, as `socket.inet_pton` raises, and a `ValueError`, as
    `ipaddress` raises, so code written for either catches it.

    Attributes:
        index: row of the offending text, counted from 0, or None outside a batch.
        value: the offending text: the item itself, or the line as `bytes`,
            without its newline, where the input was a blob.

    >>> from socket import AF_INET
    >>> import fastsock
    >>> try:
    ...     fastsock.inet_pton_many(AF_INET, ["192.0.2.1", "192.0.2.256"])
    ... except AddressError as error:
    ...     print(error, error.index, error.value)
    row 1: '192.0.2.256' is not an IPv4 address 1 192.0.2.256
    """

    def __init__(self, message: str, index: int | None = None, value: Any = None) -> None:
        super().__init__(message)
        self.index = index
        self.value = value


def _rebuilt(error: BaseException, *args: object) -> tuple[Any, ...]:
    """What copies and pickles an exception: its class, that class's arguments, its attributes."""
    kind = type(error)
    if kind in _LIKE_ASYNCIO.values():  # made here, when there was need of it: see there
        kind = kind.__bases__[0]
    return kind, args, error.__dict__.copy()


class ConnectError(OSError):
    """No address of a host could be connected to.

    Attributes:
        attempts: ``(sockaddr, error)`` of every address that was tried, in that order.
        errno: that of the first attempt, which is the address that is preferred.
        strerror: what was tried, and what came of it.

    >>> from fastsock import connect
    >>> try:
    ...     connect(("127.0.0.1", 0), timeout=5)
    ... except ConnectError as error:
    ...     [sockaddr for sockaddr, _ in error.attempts]
    [('127.0.0.1', 0)]
    """

    def __init__(self, message: str, attempts: Sequence[tuple[Any, OSError]] = ()) -> None:
        tried = tuple(attempts)
        code = tried[0][1].errno if tried else None
        super().__init__(*(() if code is None else (code,)), message)
        self.attempts = tried

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt(self, self.args[-1], self.attempts)


class ConnectTimeoutError(ConnectError, TimeoutError):
    """The time was up before any address of a host was connected to."""


class PacketError(ValueError):
    """A packet that is not whole and well-formed, where `strict` was asked for.

    Attributes:
        layer: the header at fault: ``"ipv4"``, ``"tcp"`` ...
        field: the field of that header: ``"total_length"`` ...
        offset: where that header begins, in bytes from the start of the packet.

    >>> import fastsock
    >>> try:
    ...     fastsock.parse_packet(bytes([0x45, 0, 0, 20]), "raw", strict=True)
    ... except PacketError as error:
    ...     print(error, (error.layer, error.field, error.offset))
    ipv4.header at offset 0: HEADER_CUT ('ipv4', 'header', 0)
    """

    def __init__(self, message: str, layer: str, field: str, offset: int) -> None:
        super().__init__(message)
        self.layer = layer
        self.field = field
        self.offset = offset

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt(self, str(self), self.layer, self.field, self.offset)


class CaptureError(ValueError):
    """A file that is no capture, or of a kind that can't be read: nothing of it was."""


class ProxyError(ValueError):
    """Bytes that are no valid PROXY protocol header; the connection should be closed.

    It speaks of what the sender wrote, never of a header that is only incomplete.
    """


def shorten(value: object) -> str:
    """The repr of a value from outside, cut so that a hostile one can't flood a log."""
    if isinstance(value, str | bytes) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r}... ({len(value)} long)"
    return repr(value)


def bad_row(index: int, value: str | bytes, kind: str) -> AddressError:
    """The error of a batch: row `index` holds `value`, which is not a `kind` address."""
    return AddressError(f"row {index}: {shorten(value)} is not an {kind} address", index, value)


def not_text(index: int, value: object) -> TypeError:
    """The error of a batch whose row `index` is not a str."""
    return TypeError(f"texts[{index}] must be str, not {type(value).__name__}")


def bad_family(family: object) -> ValueError:
    """The error of a batch call whose family is none of the three."""
    return ValueError(f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {family!r}")


def bad_errors(errors: object) -> ValueError:
    """The error of a batch call whose `errors` is neither mode."""
    return ValueError(f"errors must be 'strict' or 'mask', not {errors!r}")


def not_lines(texts: object) -> TypeError:
    """The error of a batch call given something that holds no texts."""
    return TypeError(
        "texts must be an iterable of str or a bytes-like object of newline-separated "
        f"text, not {type(texts).__name__}"
    )


def not_buffer(value: object) -> TypeError:
    """The error of something that is no buffer, as CPython's own functions word it."""
    return TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")


def bad_record_length(size: int, record: int, kind: str) -> ValueError:
    """The error of a packed buffer that is no whole number of records."""
    return ValueError(
        f"packed must be a whole number of {record}-byte {kind} records, not {size} bytes"
    )


def not_contiguous(what: str) -> BufferError:
    """The error of a buffer whose bytes are not in one piece."""
    return BufferError(f"{what} must be a C-contiguous buffer")


def no_flow() -> ValueError:
    """The error of a flow that is asked of a packet that is not IP."""
    return ValueError("a packet that is not IP has no flow")


def not_packet(value: object) -> TypeError:
    """The error of a call that wants a packet."""
    return TypeError(f"a Packet is required, not '{type(value).__name__}'")


def not_link(value: object) -> ValueError:
    """The error of a link type's name that is none."""
    return ValueError(f"link must be a name of LINK_TYPES or a number, not {shorten(value)}")


def short_key(size: int) -> ValueError:
    """The error of a hash key without a window of 32 bits at every bit that it may hash."""
    return ValueError(f"key must have at least 40 bytes, not {size}")


def not_made() -> TypeError:
    """The error of a packet that is asked for by its class."""
    return TypeError("a Packet is made by parse_packet()")


def not_between(name: str, most: int, value: int) -> ValueError:
    """The error of a number that is less than nothing or more than its field holds."""
    return ValueError(f"{name} must be between 0 and {most}, not {value}")


def bad_packed(name: str, size: int) -> ValueError:
    """The error of a packed address, by its size, that is of neither family."""
    return ValueError(f"{name} must be 4 or 16 bytes, not {size}")


def bad_packed_pair(src: int, dst: int) -> ValueError:
    """The error of two packed addresses, by their sizes, that don't go together."""
    return ValueError(f"src and dst must both be 4 or both 16 bytes, not {src} and {dst}")


def _like_asyncio(kind: type[Exception]) -> type[Exception]:
    """The class to raise for one of the errors that bear asyncio's names.

    Handlers written for asyncio must catch ours, but asyncio takes long to import. Whoever names
    its exceptions has imported it by the time that one is raised, so the common subclass is made
    only then.
    """
    theirs = getattr(sys.modules.get("asyncio.exceptions"), kind.__name__, None)
    if theirs is None:
        return kind
    if kind not in _LIKE_ASYNCIO:
        namespace = {"__module__": kind.__module__, "__doc__": kind.__doc__}
        _LIKE_ASYNCIO[kind] = type(kind.__name__, (kind, theirs), namespace)
    return _LIKE_ASYNCIO[kind]


_LIKE_ASYNCIO: dict[type[Exception], type[Exception]] = {}


class IncompleteReadError(EOFError):
    r"""The stream ended inside a frame; what there is of it stays in the accumulator.

    Where asyncio is loaded the error is an `asyncio.IncompleteReadError` too.

    Attributes:
        partial: the bytes of the frame that did arrive, its header included.
        expected: how many there should be, or None where only the rest could have told.

    >>> import fastsock
    >>> acc = fastsock.RecvAccumulator()
    >>> acc.feed(b"\x00\x00\x00\x05he")
    >>> acc.feed_eof()
    >>> try:
    ...     acc.frames(fastsock.LengthPrefix(4))
    ... except IncompleteReadError as error:
    ...     print(error, error.partial, error.expected)
    6 bytes read on a total of 9 expected bytes b'\x00\x00\x00\x05he' 9
    """

    def __new__(cls, *args: object) -> Self:
        """Make one that asyncio's handlers catch too, where there can be any."""
        kind = _like_asyncio(cls) if cls is IncompleteReadError else cls
        return EOFError.__new__(kind, *args)  # type: ignore[return-value]

    def __init__(self, partial: bytes, expected: int | None) -> None:
        total = "undefined" if expected is None else repr(expected)
        EOFError.__init__(self, f"{len(partial)} bytes read on a total of {total} expected bytes")
        self.partial = partial
        self.expected = expected

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt(self, self.partial, self.expected)


class LimitOverrunError(ValueError):
    """No delimiter within the limit, or no room left for more; nothing is lost by it.

    Where asyncio is loaded the error is an `asyncio.LimitOverrunError` too.

    Attributes:
        consumed: how many bytes can be taken without cutting a delimiter in two.
    """

    def __new__(cls, *args: object) -> Self:
        """Make one that asyncio's handlers catch too, where there can be any."""
        kind = _like_asyncio(cls) if cls is LimitOverrunError else cls
        return ValueError.__new__(kind, *args)  # type: ignore[return-value]

    def __init__(self, message: str, consumed: int) -> None:
        ValueError.__init__(self, message)
        self.consumed = consumed

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt(self, str(self), self.consumed)


class FrameError(ValueError):
    """A frame whose header can't be right; nothing tells where the next frame starts."""


class FrameTooLargeError(FrameError):
    """A frame that declares to be larger than allowed; nothing was allocated for it.

    Attributes:
        declared: the size of its body, by its header.
        limit: the most that is allowed here: `max_frame`, or what `max_size` leaves.
    """

    def __init__(self, declared: int, limit: int) -> None:
        super().__init__(f"a frame of {declared} bytes, where {limit} are allowed")
        self.declared = declared
        self.limit = limit

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt(self, self.declared, self.limit)


def no_delimiter(limit: int) -> LimitOverrunError:
    """The error of a delimited frame longer than `limit`."""
    # Every delimiter that starts within the limit is ruled out, so one byte more can go.
    return LimitOverrunError(f"no delimiter within the limit of {limit} bytes", max(limit + 1, 0))


def no_room(max_size: int, size: int) -> LimitOverrunError:
    """The error of an accumulator that holds `size` bytes and must not hold more."""
    return LimitOverrunError(f"no room: {size} bytes are unread, of at most {max_size}", size)


def negative_length(length: int, adjust: int) -> FrameError:
    """The error of a frame whose body would be shorter than nothing."""
    more = f" adjusted by {adjust}" if adjust else ""
    return FrameError(f"a frame with a length of {length}{more}")


def shorter_than_strip(size: int, strip: int) -> FrameError:
    """The error of a frame that is shorter than what is to be stripped from it."""
    return FrameError(f"a frame of {size} bytes, of which {strip} are to be stripped")


def bad_varint() -> FrameError:
    """The error of a varint that does not fit in 64 bits."""
    return FrameError("a varint length of more than 64 bits")


def bad_netstring(why: str) -> FrameError:
    """The error of a netstring that breaks its grammar."""
    return FrameError(f"not a netstring: {why}")


NETSTRING_LENGTH = "a length must be decimal, of at most 18 digits, without leading zeros"
NETSTRING_COMMA = "a comma must follow the data"


def in_use() -> RuntimeError:
    """The error of a call on an accumulator while another call is at work on it."""
    return RuntimeError("the accumulator is in use by another call")


def bytes_lost() -> RuntimeError:
    """The error of every call on an accumulator whose stream has a hole."""
    return RuntimeError(
        "bytes of the stream may be lost: a signal handler raised inside a TLS socket's recv_into()"
    )


def after_eof() -> RuntimeError:
    """The error of bytes that are given after the end of the stream."""
    return RuntimeError("bytes given after the end of the stream")


def bad_max_size(max_size: int) -> ValueError:
    """The error of an accumulator that could hold nothing."""
    return ValueError(f"max_size must be at least 1, not {max_size}")


def huge_max_size(max_size: int) -> OverflowError:
    """The error of an accumulator for more bytes than an address space holds."""
    return OverflowError(f"max_size must be at most {sys.maxsize // 4}, not {max_size}")


def bad_count(name: str, value: int) -> ValueError:
    """The error of a negative number of bytes."""
    return ValueError(f"{name} must not be negative, not {value}")


def bad_update(nbytes: int, lent: int) -> ValueError:
    """The error of an in-place writer that wrote more than it was lent, or less than nothing."""
    return ValueError(
        f"nbytes must be between 0 and {lent}, the size of the buffer lent, not {nbytes}"
    )


def bad_received(count: int, room: int) -> ValueError:
    """The error of a `recv_into` whose result can't be."""
    return ValueError(f"recv_into() returned {count}, for a buffer of {room} bytes")


def not_framer(value: object) -> TypeError:
    """The error of a call that wants a framer."""
    return TypeError(f"a framer is required, not '{type(value).__name__}'")


PROXY_SIGNATURE = "this is no PROXY protocol header"
PROXY_PROTOCOL = "version 1: the protocol must be TCP4, TCP6 or UNKNOWN, and a space"
PROXY_LINE_END = "version 1: a CR or LF that is not part of CRLF"
PROXY_LINE_LENGTH = "version 1: no CRLF within 107 bytes"
PROXY_ADDRESS = "version 1: not an address of the protocol's family, between single spaces"
PROXY_PORT = "version 1: a port must be 0 to 65535 in decimal, without leading zeros"
PROXY_VERSION = "version 2: the version must be 2"
PROXY_COMMAND = "version 2: the command must be 0 (LOCAL) or 1 (PROXY)"
PROXY_FAMILY = "version 2: the address family must be 0 to 3"
PROXY_TRANSPORT = "version 2: the transport protocol must be 0 to 2"
PROXY_LENGTH = "version 2: the length leaves no room for the addresses"
PROXY_TLV = "version 2: a TLV goes beyond the header"
PROXY_UNIQUE_ID = "version 2: a unique ID of more than 128 bytes"
PROXY_SSL = "version 2: an SSL TLV that is too short, or whose own TLVs go beyond it"
PROXY_CRC_FIELD = "version 2: a CRC-32C must have 4 bytes, and come once"
PROXY_CRC = "version 2: the CRC-32C is wrong"
PROXY_SIZE = "the header is larger than max_size"

PROXY_FAULTS = (
    PROXY_SIGNATURE,
    PROXY_PROTOCOL,
    PROXY_LINE_END,
    PROXY_LINE_LENGTH,
    PROXY_ADDRESS,
    PROXY_PORT,
    PROXY_VERSION,
    PROXY_COMMAND,
    PROXY_FAMILY,
    PROXY_TRANSPORT,
    PROXY_LENGTH,
    PROXY_TLV,
    PROXY_UNIQUE_ID,
    PROXY_SSL,
    PROXY_CRC_FIELD,
    PROXY_CRC,
    PROXY_SIZE,
)
"""In the order of the compiled parser's codes."""


def proxy_cut(missing: int) -> ProxyError:
    """The error of a datagram that ends inside its header."""
    return ProxyError(f"the datagram ends inside the header: at least {missing} bytes are missing")


def bad_max_header(max_size: int) -> ValueError:
    """The error of a `max_size` that leaves no room for any header."""
    return ValueError(f"max_size must be at least 16, not {max_size}")


def header_fault(layer: str, field: str, offset: int, fault: str) -> PacketError:
    """The error of a header that can't be read: which, where, and the name of a `Status` bit."""
    return PacketError(f"{layer}.{field} at offset {offset}: {fault}", layer, field, offset)


def out_of_range(name: str, value: int, least: int, most: int, unit: int = 1) -> ValueError:
    """The error of a number that does not fit into its field."""
    step = f"a multiple of {unit} " if unit > 1 else ""
    # Decimal text of a huge int takes long, and may be refused.
    shown = str(value) if value.bit_length() <= 64 else f"an int of {value.bit_length()} bits"
    return ValueError(f"{name} must be {step}between {least} and {most}, not {shown}")


def bad_size(name: str, size: int, wanted: str) -> ValueError:
    """The error of bytes that are not as many as their field has."""
    return ValueError(f"{name} must be {wanted} bytes, not {size}")


def not_address(text: str) -> AddressError:
    """The error of a text that is no address of either family."""
    return AddressError(f"{shorten(text)} is not an IPv4 or IPv6 address", None, text)


def mixed_families() -> ValueError:
    """The error of two addresses of which one is IPv4 and the other IPv6."""
    return ValueError("src and dst must be of the same family")


def read_only() -> TypeError:
    """The error of a write to a buffer that is not writable, as memoryview words it."""
    return TypeError("cannot modify read-only memory")


def released() -> ValueError:
    """The error of a view that was used after its release."""
    return ValueError("operation forbidden on released view")


def no_pseudo_header() -> ValueError:
    """The error of a checksum whose pseudo-header is not known."""
    return ValueError(
        "the checksum covers addresses: get the view from transport(), or give it pseudo_header"
    )


def too_long(what: str, size: int, most: int) -> ValueError:
    """The error of a packet with more bytes than its length field can tell."""
    return ValueError(f"{what} must be at most {most} bytes, not {size}")


def no_room_in_out(size: int, room: int) -> ValueError:
    """The error of an output buffer that is too small."""
    return ValueError(f"out has {room} bytes, {size} are needed")


def only_in(name: str, version: int) -> ValueError:
    """The error of a value for a field that only the other version of IP has."""
    return ValueError(f"{name} is a field of IPv{version} only")


def only_in_fragments(name: str) -> ValueError:
    """The error of a value for a field that only a fragment of IPv6 has."""
    return ValueError(f"{name} is a field of fragments only")


def bad_fragment(size: int) -> ValueError:
    """The error of a fragment whose successor could not begin where it ends."""
    return ValueError(f"payload must be a multiple of 8 bytes before more fragments, not {size}")


def is_length(name: str, value: int) -> ValueError:
    """The error of an Ethernet type that readers would take for a length."""
    return ValueError(f"{name} must be 1536 or more, not {value}: what is less is a length")


def too_many_tags(count: int, most: int) -> ValueError:
    """The error of a frame with more VLAN tags than views and decoders look at."""
    return ValueError(f"a frame has at most {most} VLAN tags here, not {count}")


def column_too_small(name: str, rows: int) -> ValueError:
    """The error of a column whose memory ends before its last row."""
    return ValueError(f"column {name!r} has no room for {rows} rows")


def bad_column_memory(name: str) -> ValueError:
    """The error of a column that can't be written to, or not in one piece."""
    return ValueError(f"column {name!r} must be a writable, C-contiguous buffer")


def bad_source(source: object) -> TypeError:
    """The error of a capture that is to be opened from something else."""
    return TypeError(
        f"a path, a bytes-like object or a binary file is required, not '{type(source).__name__}'"
    )


def capture_in_use() -> RuntimeError:
    """The error of a call on a capture while another call is at work on it."""
    return RuntimeError("the capture is in use by another call")


def capture_closed() -> ValueError:
    """The error of a call on a capture that was closed."""
    return ValueError("the capture is closed")


def bad_max_record(max_record: int) -> ValueError:
    """The error of a capture whose records could not be of any size."""
    return ValueError(f"max_record must be between 1 and 4294967295, not {max_record}")


def bad_chunk(chunk: int) -> ValueError:
    """The error of columns of so many rows a chunk."""
    return ValueError(f"chunk must be at least 1, not {chunk}")


def bad_offsets(row: int) -> ValueError:
    """The error of offsets that don't ascend, or lie outside of the buffer."""
    return ValueError(f"offsets[{row}] is less than the one before it, or outside of the buffer")


def not_pair(buffers: tuple[object, ...]) -> TypeError:
    """The error of a tuple that is not a buffer and its offsets."""
    return TypeError(
        "a tuple of buffers must be (buffer, offsets); give many buffers as a list, "
        f"not as a tuple of {len(buffers)}"
    )
