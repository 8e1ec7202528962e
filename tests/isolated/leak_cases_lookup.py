"""Calls of `fastsock.lookup` for leaks.py, every way out that asks no server."""

import socket


class Text(str):
    """A str that is none of CPython's own."""


class Port:
    """An integer by `__index__` alone."""

    def __index__(self) -> int:
        return 443


def fresh(text: str) -> str:
    """A str that nothing else refers to."""
    return "".join(list(text))


NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
HOSTS = [fresh("192.0.2.1"), fresh("2001:db8::1"), fresh("127.1"), "::1%1", None, "", b"127.0.0.1",
         "1.2.3.4\0", "\ud800", "a..b", Text("127.0.0.1"), 5]  # fmt: skip
PORTS = [80, 40000, "443", None, 70000, -1, 2**70, "http", "80\0", b"80", 8.5]
HINTS = [(socket.AF_INET,), (socket.AF_INET6,), (0, socket.SOCK_STREAM), (0, 0, 17), (0, 5), (2.0,),
         (0, 0, 0, socket.AI_CANONNAME), (0, 0, 0, None), (2**70,), (socket.AF_UNIX,)]  # fmt: skip
SOCKADDRS = [(fresh("192.0.2.1"), 40000), (fresh("2001:db8::1"), 40000, 5, 0), ("::1", 1, 2**70),
             ("::1", 1, 0, 1), ("192.0.2.1", 1, 0), ("192.0.2.1",), (), None, ("x", 1)]  # fmt: skip
NAMES = [
    fresh("http"),
    "no such service",
    "http\0",
    "\ud800",
    Text("http"),
    b"http",
    None,
    "x" * 300,
]
NUMBERS = [80, 4, 40000, -1, 2**70, True, Port(), 8.5, None]
PROTOCOLS = [(), ("tcp",), (fresh("udp"),), ("nope",), ("tcp\0",), (None,), (b"tcp",)]

CASES = [
    *(("getaddrinfo", (host, 80)) for host in HOSTS),
    *(("getaddrinfo", ("192.0.2.1", port)) for port in PORTS),
    *(("getaddrinfo", ("::1", port), {"strict": True}) for port in PORTS),
    *(("getaddrinfo", ("192.0.2.1", 80, *hints)) for hints in HINTS),
    ("getaddrinfo", ("::1", 80), {"type": socket.SOCK_STREAM, "flags": socket.AI_PASSIVE}),
    ("getaddrinfo", ("::1", 80), {"kind": 1}),
    *(("gethostbyname", (host,)) for host in HOSTS),
    *(("getnameinfo", (sockaddr, NUMERIC)) for sockaddr in SOCKADDRS),
    *(("getnameinfo", (SOCKADDRS[0], flags)) for flags in (2**70, None, -1)),
    *(("getservbyname", (name, *protocol)) for name in NAMES for protocol in PROTOCOLS[:2]),
    *(("getservbyname", (NAMES[0], *protocol)) for protocol in PROTOCOLS),
    *(("getservbyport", (number, *protocol)) for number in NUMBERS for protocol in PROTOCOLS[:2]),
    *(("getservbyport", (80, *protocol)) for protocol in PROTOCOLS),
    *(("getprotobyname", (name,)) for name in [fresh("tcp"), *NAMES]),
]
