"""The state that the layers of the pure decoder share: fields, a cursor, how decoding stops."""

from __future__ import annotations

from ..fields import FAULTS, LIMITS, ChecksumStatus, Status
from .paths import Ends

UINT32_MAX = (1 << 32) - 1

# Plain ints: operations of an IntFlag are slow.
TRANSPORT, PORTS, FRAGMENT, LATER_FRAGMENT, ATOMIC_FRAGMENT, SOURCE_ROUTE, JUMBOGRAM = map(
    int, list(Status)[:7]
)
LENGTH_FROM_WIRE = int(Status.LENGTH_FROM_WIRE)
TRAILER = int(Status.TRAILER)
ENCRYPTED = int(Status.ENCRYPTED)
NO_NEXT_HEADER = int(Status.NO_NEXT_HEADER)
UNDECODED = int(Status.UNDECODED)
CUT = int(Status.CUT)
HEADER_CUT = int(Status.HEADER_CUT)
OPTIONS_CUT = int(Status.OPTIONS_CUT)
BAD_VERSION = int(Status.BAD_VERSION)
BAD_HEADER_LENGTH = int(Status.BAD_HEADER_LENGTH)
BAD_LENGTH = int(Status.BAD_LENGTH)
BAD_OPTION = int(Status.BAD_OPTION)
TOO_MANY_HEADERS = int(Status.TOO_MANY_HEADERS)
BAD_IP_CHECKSUM = int(Status.BAD_IP_CHECKSUM)
BAD_CHECKSUM = int(Status.BAD_CHECKSUM)

SUM_BAD, SUM_GOOD, SUM_UNVERIFIED, SUM_ABSENT = map(int, ChecksumStatus)

_LIMIT: dict[str, int] = {name: code for code, name in enumerate(LIMITS)}


class Decoded:
    """The fields of a decoded packet.

    Offsets count from its first byte. A missing field is 0; `status`, `version`, `protocol`
    and the offsets distinguish it from a field of 0.
    """

    __slots__ = (
        "ack",
        "address_size",
        "checksum",
        "checksum_status",
        "dont_fragment",
        "dport",
        "dst",
        "ethertype",
        "fault",
        "fault_offset",
        "flags",
        "flow_label",
        "fragment_offset",
        "icmp_code",
        "icmp_type",
        "identification",
        "ip_checksum_status",
        "l3_offset",
        "l4_offset",
        "limited_by",
        "link",
        "more_fragments",
        "payload_length",
        "payload_offset",
        "protocol",
        "seq",
        "sport",
        "src",
        "status",
        "tos",
        "total_length",
        "ttl",
        "version",
        "vlans",
        "window",
    )

    def __init__(self, link: int) -> None:
        self.link = link
        self.status = self.limited_by = 0
        self.fault = self.fault_offset = 0  # where `status` has one of `FAULTS`
        self.version = self.protocol = self.ttl = self.tos = 0
        self.icmp_type = self.icmp_code = 0
        self.ip_checksum_status = self.checksum_status = SUM_ABSENT
        self.ethertype = self.sport = self.dport = self.flags = self.window = self.checksum = 0
        self.seq = self.ack = self.identification = self.flow_label = self.total_length = 0
        self.more_fragments = self.dont_fragment = self.fragment_offset = 0
        self.l3_offset = self.l4_offset = self.payload_offset = self.payload_length = 0
        self.address_size = self.src = self.dst = 0
        self.vlans: tuple[int, ...] = ()  # tag control information, outermost first


class Stop(Exception):  # noqa: N818 - it is no error
    """Why decoding stops: a field is wrong, or what it names has no decoder.

    Args:
        status: the bits that say so.
        field: the field, one of `LIMITS`.
        header: where its header begins.
    """

    def __init__(self, status: int, field: str, header: int) -> None:
        self.status = status
        self.field = field
        self.header = header


class Decoder:
    """A packet that is being decoded."""

    __slots__ = (
        "at",
        "captured",
        "data",
        "end",
        "ends",
        "faulted",
        "packet",
        "verify",
        "wire_end",
    )

    def __init__(
        self, data: bytes | memoryview, captured: int, wire_length: int, packet: Decoded
    ) -> None:
        self.packet = packet
        self.data = data
        self.captured = captured
        self.at = 0  # the first byte that is not decoded
        self.end = captured  # decoding ends here: never beyond `captured`
        # Where it ends on the wire: beyond `end` where it was cut. Some captures state a wire
        # length below the captured one.
        self.wire_end = max(wire_length, captured)
        self.ends = Ends(0, 0)  # the pseudo-header's addresses
        self.faulted = False  # a field is wrong, and decoding went on: it keeps its place
        self.verify = False

    def left(self) -> int:
        """How many bytes are left to decode."""
        return self.end - self.at

    def limit(self, limit: str) -> None:
        """Record the field that set where the payload ends."""
        if not self.faulted:
            self.packet.limited_by = _LIMIT[limit]

    def _note_fault(self, field: str, header: int) -> None:
        """Record a wrong field; the first one stays. `header` is where its header begins."""
        if not self.faulted:
            self.packet.fault = _LIMIT[field]
            self.packet.fault_offset = header

    def fault(self, status: int, field: str, header: int) -> None:
        """Record a fault; decoding continues."""
        self.packet.status |= status
        self.limit(field)
        self._note_fault(field, header)
        self.faulted = True

    def stop(self, stop: Stop) -> None:
        """Record why decoding stops: the field is wrong, or what it names has no decoder."""
        self.packet.status |= stop.status
        self.packet.limited_by = _LIMIT[stop.field]
        if stop.status & FAULTS:
            self._note_fault(stop.field, stop.header)

    def shorten(self, end: int, limit: str) -> None:
        """Apply a length: nothing is decoded from `end` on."""
        if end > self.end:
            return
        self.end = self.wire_end = end
        self.limit(limit)
        if end < self.captured:
            self.packet.status |= TRAILER
