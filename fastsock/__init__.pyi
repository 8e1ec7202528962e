# The names of the package, for type checkers and editors.

from . import address as address
from . import aio as aio
from . import capture as capture
from . import checksums as checksums
from . import headers as headers
from . import lookup as lookup
from . import packet as packet
from . import proxy as proxy
from . import stream as stream
from ._core.backend import BACKEND as BACKEND
from .address import (
    AddressError as AddressError,
)
from .address import (
    format_hostport as format_hostport,
)
from .address import (
    inet_aton as inet_aton,
)
from .address import (
    inet_ntoa as inet_ntoa,
)
from .address import (
    inet_ntop as inet_ntop,
)
from .address import (
    inet_ntop_lines as inet_ntop_lines,
)
from .address import (
    inet_ntop_many as inet_ntop_many,
)
from .address import (
    inet_pton as inet_pton,
)
from .address import (
    inet_pton_many as inet_pton_many,
)
from .address import (
    parse_hostport as parse_hostport,
)
from .capture import (
    CaptureError as CaptureError,
)
from .capture import (
    CaptureWriter as CaptureWriter,
)
from .capture import (
    Columns as Columns,
)
from .capture import (
    decode_columns as decode_columns,
)
from .capture import (
    open_capture as open_capture,
)
from .checksums import (
    checksum as checksum,
)
from .checksums import (
    crc32c as crc32c,
)
from .headers import (
    ARPView as ARPView,
)
from .headers import (
    EthernetView as EthernetView,
)
from .headers import (
    ICMPView as ICMPView,
)
from .headers import (
    IPv4View as IPv4View,
)
from .headers import (
    IPv6View as IPv6View,
)
from .headers import (
    TCPView as TCPView,
)
from .headers import (
    UDPView as UDPView,
)
from .headers import (
    build_arp as build_arp,
)
from .headers import (
    build_ethernet as build_ethernet,
)
from .headers import (
    build_icmp_echo as build_icmp_echo,
)
from .headers import (
    build_ipv4 as build_ipv4,
)
from .headers import (
    build_ipv6 as build_ipv6,
)
from .headers import (
    build_tcp as build_tcp,
)
from .headers import (
    build_udp as build_udp,
)
from .headers import (
    iter_ip_options as iter_ip_options,
)
from .headers import (
    iter_ipv6_options as iter_ipv6_options,
)
from .headers import (
    iter_tcp_options as iter_tcp_options,
)
from .lookup import (
    ConnectError as ConnectError,
)
from .lookup import (
    ConnectTimeoutError as ConnectTimeoutError,
)
from .lookup import (
    Resolver as Resolver,
)
from .lookup import (
    connect as connect,
)
from .lookup import (
    create_connection as create_connection,
)
from .lookup import (
    get_constants as get_constants,
)
from .lookup import (
    getaddrinfo as getaddrinfo,
)
from .lookup import (
    getfqdn as getfqdn,
)
from .lookup import (
    gethostbyaddr as gethostbyaddr,
)
from .lookup import (
    gethostbyname as gethostbyname,
)
from .lookup import (
    gethostbyname_ex as gethostbyname_ex,
)
from .lookup import (
    gethostname as gethostname,
)
from .lookup import (
    getnameinfo as getnameinfo,
)
from .lookup import (
    getprotobyname as getprotobyname,
)
from .lookup import (
    getservbyname as getservbyname,
)
from .lookup import (
    getservbyport as getservbyport,
)
from .lookup import (
    if_indextoname as if_indextoname,
)
from .lookup import (
    if_nameindex as if_nameindex,
)
from .lookup import (
    if_nametoindex as if_nametoindex,
)
from .packet import (
    Packet as Packet,
)
from .packet import (
    PacketError as PacketError,
)
from .packet import (
    community_id as community_id,
)
from .packet import (
    flow_hash as flow_hash,
)
from .packet import (
    flow_key as flow_key,
)
from .packet import (
    parse_packet as parse_packet,
)
from .proxy import (
    NeedMore as NeedMore,
)
from .proxy import (
    ProxyError as ProxyError,
)
from .proxy import (
    ProxyHeader as ProxyHeader,
)
from .proxy import (
    build_proxy_v1 as build_proxy_v1,
)
from .proxy import (
    build_proxy_v2 as build_proxy_v2,
)
from .proxy import (
    parse_proxy as parse_proxy,
)
from .stream import (
    Delimiter as Delimiter,
)
from .stream import (
    FixedSize as FixedSize,
)
from .stream import (
    FrameError as FrameError,
)
from .stream import (
    Framer as Framer,
)
from .stream import (
    FrameTooLargeError as FrameTooLargeError,
)
from .stream import (
    IncompleteReadError as IncompleteReadError,
)
from .stream import (
    LengthPrefix as LengthPrefix,
)
from .stream import (
    LimitOverrunError as LimitOverrunError,
)
from .stream import (
    Lines as Lines,
)
from .stream import (
    Netstring as Netstring,
)
from .stream import (
    RecvAccumulator as RecvAccumulator,
)
from .stream import (
    SocketReader as SocketReader,
)
from .stream import (
    Varint as Varint,
)

__version__: str
