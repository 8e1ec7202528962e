"""The checksums of dpkt, scapy and pypacker, where they are installed."""

from benchmarks.harness.peers import Peer, there


def _dpkt_checksum() -> Peer:
    from dpkt.dpkt import in_cksum

    return Peer("dpkt", in_cksum)


def _scapy_checksum() -> Peer:
    from scapy.utils import checksum

    return Peer("scapy", checksum)


def _pypacker_checksum() -> Peer:
    from pypacker.checksum import in_cksum

    return Peer("pypacker", in_cksum)


def checksums() -> list[Peer]:
    """The Internet checksum of bytes."""
    return there(_dpkt_checksum, _scapy_checksum, _pypacker_checksum)


def _dpkt_crc32c() -> Peer:
    from dpkt.crc32c import add

    return Peer("dpkt", lambda data: add(0xFFFFFFFF, data) ^ 0xFFFFFFFF)


def castagnoli() -> list[Peer]:
    """CRC-32C of bytes."""
    return there(_dpkt_crc32c)
