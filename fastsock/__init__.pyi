# The names of the package, for type checkers and editors.

from . import (
    address as address,
    aio as aio,
    arrow as arrow,
    capture as capture,
    checksums as checksums,
    datagram as datagram,
    errors as errors,
    headers as headers,
    ipaddress as ipaddress,
    lookup as lookup,
    packet as packet,
    prefix as prefix,
    proxy as proxy,
    sockaddr as sockaddr,
    stream as stream,
)
from ._core.backend import BACKEND as BACKEND
from .address import (
    AddressError as AddressError,
    format_hostport as format_hostport,
    inet_aton as inet_aton,
    inet_ntoa as inet_ntoa,
    inet_ntop as inet_ntop,
    inet_ntop_lines as inet_ntop_lines,
    inet_ntop_many as inet_ntop_many,
    inet_pton as inet_pton,
    inet_pton_many as inet_pton_many,
    parse_hostport as parse_hostport,
)
from .arrow import (
    AddressColumn as AddressColumn,
    ntop_column as ntop_column,
    pton_column as pton_column,
)
from .capture import (
    CaptureError as CaptureError,
    CaptureWriter as CaptureWriter,
    Columns as Columns,
    decode_columns as decode_columns,
    open_capture as open_capture,
)
from .checksums import (
    checksum as checksum,
    crc32c as crc32c,
)
from .datagram import (
    DatagramBatch as DatagramBatch,
    open_datagram_socket as open_datagram_socket,
    send_batch as send_batch,
)
from .errors import Error as Error
from .headers import (
    ARPView as ARPView,
    EthernetView as EthernetView,
    ICMPView as ICMPView,
    IPv4View as IPv4View,
    IPv6View as IPv6View,
    TCPView as TCPView,
    UDPView as UDPView,
    build_arp as build_arp,
    build_ethernet as build_ethernet,
    build_icmp_echo as build_icmp_echo,
    build_ipv4 as build_ipv4,
    build_ipv6 as build_ipv6,
    build_tcp as build_tcp,
    build_udp as build_udp,
    iter_ip_options as iter_ip_options,
    iter_ipv6_options as iter_ipv6_options,
    iter_tcp_options as iter_tcp_options,
)
from .lookup import (
    ConnectError as ConnectError,
    ConnectTimeoutError as ConnectTimeoutError,
    NotAllowedError as NotAllowedError,
    Resolver as Resolver,
    connect as connect,
    create_connection as create_connection,
    get_constants as get_constants,
    getaddrinfo as getaddrinfo,
    getfqdn as getfqdn,
    gethostbyaddr as gethostbyaddr,
    gethostbyname as gethostbyname,
    gethostbyname_ex as gethostbyname_ex,
    gethostname as gethostname,
    getnameinfo as getnameinfo,
    getprotobyname as getprotobyname,
    getservbyname as getservbyname,
    getservbyport as getservbyport,
    if_indextoname as if_indextoname,
    if_nameindex as if_nameindex,
    if_nametoindex as if_nametoindex,
)
from .packet import (
    Packet as Packet,
    PacketError as PacketError,
    PacketFields as PacketFields,
    community_id as community_id,
    flow_hash as flow_hash,
    flow_key as flow_key,
    packet_fields as packet_fields,
    parse_packet as parse_packet,
)
from .prefix import (
    PrefixSet as PrefixSet,
    PrefixTable as PrefixTable,
    TableFileError as TableFileError,
    embedded_ipv4 as embedded_ipv4,
    mask_many as mask_many,
    special as special,
)
from .proxy import (
    NeedMore as NeedMore,
    ProxyError as ProxyError,
    ProxyHeader as ProxyHeader,
    ProxyMixIn as ProxyMixIn,
    build_proxy_v1 as build_proxy_v1,
    build_proxy_v2 as build_proxy_v2,
    parse_proxy as parse_proxy,
)
from .sockaddr import pack_sockaddr as pack_sockaddr, unpack_sockaddr as unpack_sockaddr
from .stream import (
    Delimiter as Delimiter,
    FixedSize as FixedSize,
    FrameError as FrameError,
    Framer as Framer,
    FrameTooLargeError as FrameTooLargeError,
    IncompleteReadError as IncompleteReadError,
    LengthPrefix as LengthPrefix,
    LimitOverrunError as LimitOverrunError,
    Lines as Lines,
    Netstring as Netstring,
    RecvAccumulator as RecvAccumulator,
    SocketReader as SocketReader,
    TextLength as TextLength,
    Varint as Varint,
    send_frames as send_frames,
)

__version__: str
