"""Addresses, packets, names and received bytes at C speed, with the standard library's answers.

Each name loads its own part when it is first asked for, and no other. The names that need a context
are reached through their part: `fastsock.packet.Status`, `fastsock.checksums.verify`.
"""

import sys as _sys

# `python -m fastsock`: as in ``_fastsock.py``, Ctrl-C shows no traceback while the command loads.
if getattr(_sys, "argv", [])[:1] == ["-m"] and _sys.orig_argv[-len(_sys.argv)] in (
    "fastsock",
    "-mfastsock",
):
    import _signal

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

from ._core.backend import BACKEND as BACKEND
from ._core.lazy import loader

__version__ = "0.1.0"

_NAMES = {
    "address": """
        AddressError format_hostport inet_aton inet_ntoa inet_ntop inet_ntop_lines
        inet_ntop_many inet_pton inet_pton_many parse_hostport
    """,
    "arrow": "AddressColumn ntop_column pton_column",
    "capture": """
        CaptureError CaptureWriter Columns decode_columns open_capture
    """,
    "checksums": """
        checksum crc32c
    """,
    "datagram": "DatagramBatch open_datagram_socket send_batch",
    "errors": "Error",
    "headers": """
        ARPView EthernetView ICMPView IPv4View IPv6View TCPView UDPView build_arp build_ethernet
        build_icmp_echo build_ipv4 build_ipv6 build_tcp build_udp iter_ip_options
        iter_ipv6_options iter_tcp_options
    """,
    "lookup": """
        ConnectError ConnectTimeoutError NotAllowedError Resolver connect create_connection
        get_constants getaddrinfo getfqdn gethostbyaddr gethostbyname gethostbyname_ex gethostname
        getnameinfo getprotobyname getservbyname getservbyport if_indextoname if_nameindex
        if_nametoindex
    """,
    "packet": """
        Packet PacketError PacketFields community_id flow_hash flow_key packet_fields parse_packet
    """,
    "prefix": "PrefixSet PrefixTable TableFileError embedded_ipv4 mask_many special",
    "proxy": """
        NeedMore ProxyError ProxyHeader ProxyMixIn build_proxy_v1 build_proxy_v2 parse_proxy
    """,
    "sockaddr": "pack_sockaddr unpack_sockaddr",
    "stream": """
        Delimiter FixedSize FrameError FrameTooLargeError Framer IncompleteReadError
        LengthPrefix LimitOverrunError Lines Netstring RecvAccumulator SocketReader TextLength
        Varint send_frames
    """,
}
_PARTS = (
    "address",
    "aio",
    "arrow",
    "capture",
    "checksums",
    "datagram",
    "errors",
    "headers",
    "ipaddress",
    "lookup",
    "packet",
    "prefix",
    "proxy",
    "sockaddr",
    "stream",
)

__getattr__, __dir__, __all__ = loader(globals(), _NAMES, _PARTS)
