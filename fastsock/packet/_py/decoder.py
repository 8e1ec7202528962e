"""What the layers of the pure decoder share: what they found, a cursor, and how decoding stops."""

from __future__ import annotations

from ..fields import LIMITS, ChecksumStatus, Status
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

_LIMIT = {name: code for code, name in enumerate(LIMITS)}


class Decoded:
    """What was found in a packet.

    Offsets count from its first byte. What is not there is 0; `status`, `version`, `protocol`
    and the offsets tell the two apart.
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
        "flags",
        "flow_label",
        "fragment_offset",
        "icmp_code",
        "icmp_type",
        "identification",
        "ip_checksum_status",
        "l3",
        "l4",
        "limit_offset",
        "limited_by",
        "link",
        "more_fragments",
        "payload",
        "payload_length",
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
        self.status = self.limited_by = self.limit_offset = 0
        self.version = self.protocol = self.ttl = self.tos = 0
        self.icmp_type = self.icmp_code = 0
        self.ip_checksum_status = self.checksum_status = SUM_ABSENT
        self.ethertype = self.sport = self.dport = self.flags = self.window = self.checksum = 0
        self.seq = self.ack = self.identification = self.flow_label = self.total_length = 0
        self.more_fragments = self.dont_fragment = self.fragment_offset = 0
        self.l3 = self.l4 = self.payload = self.payload_length = 0
        self.address_size = self.src = self.dst = 0
        self.vlans: tuple[int, ...] = ()  # tag control information, outermost first


class Stop(Exception):  # noqa: N818 - it is no error
    """Decoding ends here: what a field says is at fault, or can't be followed.

    Args:
        status: the bits that say so.
        limit: the field, one of `LIMITS`.
        header: where its header begins.
    """

    def __init__(self, status: int, limit: str, header: int) -> None:
        self.status = status
        self.limit = limit
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
        self.end = captured  # what can be decoded ends here: never beyond `captured`
        # Where it ends on the wire: beyond `end` where it was cut. Captures exist whose packets
        # are longer than they were on the wire, by what they say.
        self.wire_end = max(wire_length, captured)
        self.ends = Ends(0, 0)  # the pseudo-header's addresses
        self.faulted = False  # limited_by names a fault that did not stop decoding
        self.verify = False

    def left(self) -> int:
        """How many bytes there are to decode."""
        return self.end - self.at

    def limit(self, limit: str, header: int) -> None:
        """Name the field that set where the payload ends; a fault before keeps its place."""
        if not self.faulted:
            self.packet.limited_by = _LIMIT[limit]
            self.packet.limit_offset = header

    def fault(self, status: int, limit: str, header: int) -> None:
        """Note a fault, and go on decoding."""
        self.packet.status |= status
        self.limit(limit, header)
        self.faulted = True

    def stop(self, stop: Stop) -> None:
        """Record why decoding stopped."""
        self.packet.status |= stop.status
        self.packet.limited_by = _LIMIT[stop.limit]
        self.packet.limit_offset = stop.header

    def shorten(self, end: int, limit: str, header: int) -> None:
        """End what is decoded at `end`, if that is not beyond what there is."""
        if end > self.end:
            return
        self.end = self.wire_end = end
        self.limit(limit, header)
        if end < self.captured:
            self.packet.status |= TRAILER
