"""Look-ups against the `socket` module: literals here, names in test_namespace.py."""

import itertools
import pickle
import socket
import subprocess
import sys
from http import HTTPStatus

import pytest

import fastsock

V4_ROWS = [
    (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
    (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", 80)),
    (socket.AF_INET, socket.SOCK_RAW, 0, "", ("127.0.0.1", 80)),
]


def outcome(function, *args, **kwargs):
    """What a call returns, types of all parts included, or raises."""
    try:
        value = function(*args, **kwargs)
    except Exception as error:
        return type(error), error.args, getattr(error, "errno", None)
    return value, types_of(value)


def types_of(value):
    if isinstance(value, (list, tuple)):
        return type(value), [types_of(item) for item in value]
    return type(value)


def same(twin, name, *args, **kwargs):
    """Call ours twice, for the first call may be the one that learns."""
    expected = outcome(getattr(socket, name), *args, **kwargs)
    ours = getattr(twin, name)
    assert outcome(ours, *args, **kwargs) == expected, (name, args, kwargs)
    assert outcome(ours, *args, **kwargs) == expected, (name, args, kwargs)


# The grid: every combination of what is common, and each odd thing beside common ones.

HOSTS = ["127.0.0.1", "192.0.2.1", "::1", "2001:DB8:0:0::1", "::ffff:192.0.2.1", b"127.0.0.1"]
# Literals in libc's eyes, and what is refused before a server is asked.
ODD_LITERALS = [
    "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.01", "fe80::1%lo", "fe80::1%1",
    "fe80::1%99", "2001:db8::1%1", "1:0:0:0:0:0:0:1", "\uff11\uff12\uff17.0.0.1", "127。0。0。1",
    "",
    b"", b"::1", "a" * 64, "a..b", bytearray(b"127.0.0.1"), 127, 1.5, (), ["127.0.0.1"], "\ud800",
]  # fmt: skip
# Names in libc's eyes: only AI_NUMERICHOST keeps them from the network, where this machine's name
# server would be asked. case_names.py asks without, beside a server of its own.
ODD_NAMES = [
    "127.0.0.1.", " 127.0.0.1", "127.0.0.1 ", "1.2.3.256", "1.2.3.4.5", "[::1]", "::1%", "::1%lo",
    "2001:db8::1%lo", ":::", "1::2::3", "::1 ", "1:2:3:4:5:6:7:8:9", "::12345", "::ﬀ",
    "127.0.0.0x1", "٣.1.1.1",
]  # fmt: skip
PORTS = [80, "80", None, 0, 65535, b"80"]
ODD_PORTS = [
    "", " 80", "80 ", "+80", "-1", "080", "0x50", "65535", "65536", "99999", "000080",
    "\uff18\uff10", -1,
    65536, 70000, 2**31, 2**32 + 80, 2**63, True, HTTPStatus.OK, 80.0, "http", "www", "HTTP",
    "no such service", (), "8_0",
]  # fmt: skip
FAMILIES = [0, socket.AF_INET, socket.AF_INET6]
ODD_FAMILIES = [2, 10, 1, 99, -1, 2**40, True, 2.0, "2", None]
TYPES = [0, socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW]
ODD_TYPES = [1, 2, 5, 99, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, 1.0, None, True, 2**40, -1]
PROTOS = [0, socket.IPPROTO_TCP, socket.IPPROTO_UDP]
ODD_PROTOS = [6, 17, 1, 132, 262, 255, -1, 6.0, "tcp", True, 2**40]
FLAGS = [0, socket.AI_PASSIVE, socket.AI_NUMERICHOST, socket.AI_NUMERICSERV]
ODD_FLAGS = [
    socket.AI_CANONNAME, socket.AI_V4MAPPED, socket.AI_V4MAPPED | socket.AI_ALL, 1 << 20, -1, 4.0,
    socket.AI_PASSIVE | socket.AI_NUMERICHOST | socket.AI_NUMERICSERV, None, True, 2**40,
    int(socket.AI_NUMERICHOST), socket.AI_ADDRCONFIG, socket.AI_ADDRCONFIG | socket.AI_PASSIVE,
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS, ids=repr)
def test_getaddrinfo_grid(lookup, host):
    for call in itertools.product(PORTS, FAMILIES, TYPES, PROTOS, FLAGS):
        same(lookup, "getaddrinfo", host, *call)


COMMON = [("127.0.0.1", 80, 0, 0, 0, 0), ("::1", 80, 0, socket.SOCK_STREAM, 0, 0)]
ODD = [ODD_LITERALS, ODD_PORTS, ODD_FAMILIES, ODD_TYPES, ODD_PROTOS, ODD_FLAGS]


@pytest.mark.parametrize(
    "place", range(6), ids=["host", "port", "family", "type", "proto", "flags"]
)
def test_getaddrinfo_odd_arguments(lookup, place):
    for call, odd in itertools.product(COMMON, ODD[place]):
        same(lookup, "getaddrinfo", *call[:place], odd, *call[place + 1 :])


@pytest.mark.parametrize("host", ODD_NAMES)
def test_getaddrinfo_what_is_no_literal(lookup, host):
    for family, kind in itertools.product(FAMILIES, TYPES):
        same(lookup, "getaddrinfo", host, 80, family, kind, 0, socket.AI_NUMERICHOST)


def test_getaddrinfo_without_a_host(lookup):
    for call in itertools.product([None], [*PORTS, "http", ""], FAMILIES, TYPES, [0], FLAGS):
        same(lookup, "getaddrinfo", *call)


def test_getaddrinfo_two_odd_arguments(lookup):
    for call in itertools.product(
        ["127.1", "::1%1", "127.0.0.1"], ["http", 70000, "080"], [0, 99, 2], [0, 5, 1], [0, 132]
    ):
        same(lookup, "getaddrinfo", *call)


def test_getaddrinfo_keywords_and_wrong_calls(lookup):
    same(lookup, "getaddrinfo", host="127.0.0.1", port=80)
    same(lookup, "getaddrinfo", "::1", 80, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE)
    wrong = (((), {}), (("::1",), {}), (("::1", 80), {"kind": 1}), (range(7), {}), (range(8), {}))
    for args, kwargs in (*wrong, (("::1", 80), {"port": 80}), ((), {"host": "::1", "type": 1})):
        with pytest.raises(TypeError):
            lookup.getaddrinfo(*args, **kwargs)


def test_getaddrinfo_keywords_are_told_by_their_text(lookup):
    made_at_run_time = "".join(["ty", "pe"])
    same(lookup, "getaddrinfo", "127.0.0.1", 80, **{made_at_run_time: socket.SOCK_STREAM})
    hints = {"family": socket.AF_INET6, "type": 1, "proto": 6, "flags": socket.AI_NUMERICHOST}
    for names in itertools.permutations(hints):
        same(lookup, "getaddrinfo", "::1", 80, **{name: hints[name] for name in names})
    with pytest.raises(OverflowError):
        lookup.getaddrinfo("::1", 65536, strict=True)


def test_rows_of_a_literal(lookup):
    rows = lookup.getaddrinfo("127.0.0.1", 80)
    assert rows == V4_ROWS
    for row in lookup.getaddrinfo("127.0.0.1", 80):
        assert type(row[0]) is socket.AddressFamily
        assert type(row[1]) is socket.SocketKind
    assert lookup.getaddrinfo("127.0.0.1", 80) is not lookup.getaddrinfo("127.0.0.1", 80)


def test_a_subclass_of_str_is_left_to_libc(lookup):
    class Text(str):
        pass

    same(lookup, "getaddrinfo", Text("127.0.0.1"), 80)
    same(lookup, "gethostbyname", Text("127.0.0.1"))


@pytest.mark.parametrize("host", ["127.0.0.1\0x", "\0", b"127.0.0.1\0x", "localhost\0.example.org"])
def test_nul_in_a_host_is_an_error(lookup, host):
    with pytest.raises(ValueError, match="embedded null"):
        lookup.getaddrinfo(host, 80)


@pytest.mark.parametrize("port", ["80\0", b"80\0"])
def test_nul_in_a_port_is_an_error(lookup, port):
    with pytest.raises(ValueError, match="embedded null"):
        lookup.getaddrinfo("127.0.0.1", port)


@pytest.mark.parametrize("port", [65536, -1, 2**32 + 80, "65536", b"70000", 2**63])
def test_strict_ports(lookup, port):
    with pytest.raises(OverflowError, match="port must be 0-65535"):
        lookup.getaddrinfo("127.0.0.1", port, strict=True)


@pytest.mark.parametrize("port", [0, 65535, "65535", "http", None, b"80"])
@pytest.mark.usefixtures("libc_tables")
def test_strict_takes_what_is_right(lookup, port):
    expected = socket.getaddrinfo("127.0.0.1", port)
    assert lookup.getaddrinfo("127.0.0.1", port, strict=True) == expected


def test_gethostbyname(lookup):
    for host in ["127.0.0.1", "255.255.255.255", "0.0.0.0", "<broadcast>", *ODD_LITERALS]:
        same(lookup, "gethostbyname", host)
    for host in ("127.0.0.1\0x", b"127.0.0.1", None):
        same(lookup, "gethostbyname", host)


def test_getnameinfo_numbers(lookup):
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    addresses = [
        ("127.0.0.1", 80), ("127.1", 80), ("::1", 80), ("2001:DB8::0:1", 0), ("::1", 80, 5),
        ("::1", 80, 5, 0), ("fe80::1", 80, 0, 1), ("fe80::1%lo", 80, 0, 0), ("fe80::1", 80, 0, 99),
        ("127.0.0.1", 80, 0), ("127.0.0.1", 80, 0, 0), ("::1", 80, 0xFFFFF), ("::1", 80, 0x100000),
        ("::1", 80, 0, 0, 0), ("127.0.0.1", 70000), ("127.0.0.1", -1), ("127.0.0.1", True),
        ("127.0.0.1", 80.0), ("127.0.0.1", "80"), ("127.0.0.1", None), (b"127.0.0.1", 80), ("", 80),
        ("1.2.3.4\0", 80), ("127.0.0.1",), (), ["127.0.0.1", 80], None,
        ("\uff11\uff12\uff17.0.0.1", 80),
        ("::ffff:192.0.2.1", 80, 0, 0), ("::1", 80, True, False), ("::1", 80, -1),
    ]  # fmt: skip
    flags = [numeric, numeric | socket.NI_DGRAM, numeric | socket.NI_NAMEREQD, numeric | 1 << 20]
    for sockaddr, flag in itertools.product(addresses, [*flags, float(numeric), None, 2**40]):
        same(lookup, "getnameinfo", sockaddr, flag)


def test_getnameinfo_names(lookup):
    for sockaddr in (("127.0.0.1", 80), ("::1", 443), ("127.0.0.1", 1)):
        for flags in (socket.NI_NUMERICHOST, socket.NI_NUMERICHOST | socket.NI_DGRAM):
            same(lookup, "getnameinfo", sockaddr, flags)


# Functions put into `socket` are honoured, and ours can be put there.


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("getaddrinfo", ("127.0.0.1", 80)),
        ("gethostbyname", ("127.0.0.1",)),
        ("getnameinfo", (("127.0.0.1", 80), 3)),
        ("getservbyname", ("http",)),
        ("getservbyname", ("http", "tcp")),
        ("getservbyport", (80,)),
        ("getservbyport", (80, "tcp")),
        ("getprotobyname", ("tcp",)),
    ],
)
def test_a_patched_socket_is_asked(lookup, monkeypatch, name, args):
    ours = getattr(lookup, name)
    before = ours(*args)
    asked = []
    monkeypatch.setattr(socket, name, lambda *args: asked.append(args) or "patched")
    assert ours(*args) == "patched"
    expected = (*args, 0, 0, 0, 0) if name == "getaddrinfo" else args
    assert asked == [expected]
    monkeypatch.undo()
    assert ours(*args) == before


ALL = [
    ("gethostname", ()),
    ("gethostbyname", ("127.0.0.1",)),
    ("gethostbyname", ("127.1",)),
    ("gethostbyname_ex", ("127.0.0.1",)),
    ("gethostbyaddr", ("127.0.0.1",)),
    ("getfqdn", ("127.0.0.1",)),
    ("getaddrinfo", ("127.0.0.1", 80)),
    ("getaddrinfo", ("127.1", 80)),
    ("getnameinfo", (("127.0.0.1", 80), 3)),
    ("getnameinfo", (("127.0.0.1", 80), 1)),
    ("getservbyname", ("http", "tcp")),
    ("getservbyport", (80,)),
    ("getprotobyname", ("tcp",)),
    ("if_nameindex", ()),
    ("if_nametoindex", ("lo",)),
    ("if_indextoname", (1,)),
]


@pytest.mark.parametrize(("name", "args"), ALL)
@pytest.mark.usefixtures("libc_tables")
def test_put_into_socket_ours_does_not_loop(twin, monkeypatch, name, args):
    face = fastsock.lookup
    ours = getattr(twin.part("lookup"), name, None) or getattr(face, name)
    expected = outcome(getattr(socket, name), *args)
    monkeypatch.setattr(socket, name, ours)
    assert outcome(ours, *args) == expected
    assert outcome(getattr(socket, name), *args) == expected


@pytest.mark.parametrize(
    ("name", "args"),
    [(name, args) for name, args in ALL if name in fastsock.lookup.passthrough.__all__],
)
def test_passed_through(monkeypatch, name, args):
    ours = getattr(fastsock, name)
    assert outcome(ours, *args) == outcome(getattr(socket, name), *args)
    monkeypatch.setattr(socket, name, lambda *args: ("patched", args))
    assert ours(*args)[0] == "patched"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("if_nametoindex", ("no such interface",)),
        ("if_indextoname", (0,)),
        ("if_indextoname", (2**31 - 1,)),
        ("if_indextoname", (2**32,)),
        ("if_nametoindex", (None,)),
        ("gethostbyaddr", ("",)),
        ("gethostbyaddr", (None,)),
        ("gethostbyname_ex", ("",)),
        ("getfqdn", ("127.0.0.1",)),
    ],
)
def test_errors_passed_through(name, args):
    assert outcome(getattr(fastsock, name), *args) == outcome(getattr(socket, name), *args)


def test_create_connection_is_the_stdlibs():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with fastsock.create_connection(address, 5, ("127.0.0.1", 0)) as client:
            assert client.gettimeout() == 5
            assert client.getpeername() == address
        with fastsock.create_connection(address) as client:
            assert client.gettimeout() == socket.getdefaulttimeout()
    with pytest.raises(ConnectionRefusedError):
        fastsock.create_connection(address, 5)
    with pytest.raises(ExceptionGroup):
        fastsock.create_connection(address, 5, all_errors=True)


def test_names_are_the_stdlibs():
    own = {"ConnectError", "ConnectTimeoutError", "NotAllowedError", "Resolver", "ResolverInfo",
           "connect", "describe", "get_constants", "name_of", "reload_tables"}  # fmt: skip
    assert set(fastsock.lookup.__all__) - own <= set(dir(socket))


def test_functions_pickle_by_their_public_path():
    for name in ("getaddrinfo", "getservbyname", "gethostname"):
        function = getattr(fastsock, name)
        assert pickle.loads(pickle.dumps(function)) is function


# Events that audit hooks see.

AUDIT = """
import importlib, socket, sys
lookup = importlib.import_module("fastsock.lookup._{tag}")
numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
calls = [
    ("getaddrinfo", ("127.0.0.1", 80, 0, socket.SOCK_STREAM)),
    ("getaddrinfo", ("::1", "80", socket.AF_INET6, 0, socket.IPPROTO_UDP)),
    ("getaddrinfo", ("::1", None)), ("getaddrinfo", ("127.1", 80)),
    ("gethostbyname", ("127.0.0.1",)), ("gethostbyname", ("127.1",)),
    ("getnameinfo", (("127.0.0.1", 80), numeric)),
    ("getnameinfo", (("127.0.0.1", 80), socket.NI_NUMERICHOST)),
    ("getservbyname", ("http",)), ("getservbyname", ("http", "tcp")),
    ("getservbyname", ("no such service",)), ("getservbyname", ("http", "nope")),
    ("getservbyport", (80,)), ("getservbyport", (80, "tcp")), ("getservbyport", (4,)),
    ("getservbyport", (4, "udp")), ("getservbyport", (70000,)),
    ("getprotobyname", ("tcp",)), ("getprotobyname", ("nope",)),
]
for name, args in calls:  # once without a hook: files are read, modules imported
    for module in (socket, lookup):
        try: getattr(module, name)(*args)
        except (OSError, OverflowError): pass
events = []
def flat(value): return (type(value).__name__, repr(value))
sys.addaudithook(
    lambda event, args: event.startswith("socket.get") and events.append((event, *map(flat, args)))
)
for name, args in calls:
    seen = []
    for module in (socket, lookup):
        events.clear()
        try: getattr(module, name)(*args)
        except (OSError, OverflowError): pass
        seen.append(list(events))
    assert seen[0] == seen[1], (name, args, seen)

def refuse(event, args):
    if event.startswith("socket."): raise RuntimeError(event)
sys.addaudithook(refuse)
for name, args in calls[:16]:
    try: getattr(lookup, name)(*args)
    except RuntimeError as error: assert str(error) == "socket." + name
    else: raise AssertionError(name)
print("same", len(calls))
"""


def test_audit_events(twin):
    done = subprocess.run(
        [sys.executable, "-c", AUDIT.replace("{tag}", twin.tag)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("same 19\n", "")


PATCHED_BEFORE = """
import importlib, socket
stdlib = socket.getaddrinfo
socket.getaddrinfo = lambda *args: "patched"
socket.getservbyname = lambda *args: "patched"
lookup = importlib.import_module("fastsock.lookup._{tag}")
assert lookup.getaddrinfo("127.0.0.1", 80) == "patched"
assert lookup.getservbyname("http") == "patched"
socket.getaddrinfo = lookup.getaddrinfo
assert lookup.getaddrinfo("127.0.0.1", 80) == "patched"
socket.getaddrinfo = stdlib
assert lookup.getaddrinfo("127.0.0.1", 80) == stdlib("127.0.0.1", 80)
print("honoured")
"""


def test_what_was_patched_before_the_import_is_honoured(twin):
    done = subprocess.run(
        [sys.executable, "-c", PATCHED_BEFORE.replace("{tag}", twin.tag)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("honoured\n", "")


NO_IPV6 = """
import importlib, socket
lookup = importlib.import_module("fastsock.lookup._{tag}")
import _socket
def without_ipv6(*args):
    return [(*row[:4], (10, b"bytes")) for row in _getaddrinfo(*args)]
_getaddrinfo, _socket.getaddrinfo = _socket.getaddrinfo, without_ipv6
for _ in range(2):  # rows of another form are not learnt
    assert lookup.getaddrinfo("::1", 80)[0][4] == (10, b"bytes")
_socket.getaddrinfo = _getaddrinfo
assert lookup.getaddrinfo("::1", 80)[0][4] == ("::1", 80, 0, 0)
print("not learnt")
"""


def test_an_interpreter_without_ipv6_keeps_its_own_rows(twin):
    done = subprocess.run(
        [sys.executable, "-c", NO_IPV6.replace("{tag}", twin.tag)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("not learnt\n", "")
