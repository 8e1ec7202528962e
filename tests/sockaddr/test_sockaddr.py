"""`struct sockaddr` against the kernel: what getsockname() fills in, byte for byte."""

import ctypes
import inspect
import os
import socket
import sys
from importlib import import_module

import pytest
from hypothesis import given, strategies as st

from fastsock.errors import AddressError

AF_UNIX = getattr(socket, "AF_UNIX", None)
UNIX = pytest.mark.skipif(AF_UNIX is None, reason="no UNIX sockets here")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
IPV4, IPV6 = socket.AF_INET, socket.AF_INET6


def kernel_name(sock):
    """What the kernel says a socket's address is, as bytes."""
    room = ctypes.create_string_buffer(256)
    size = ctypes.c_uint32(256)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.getsockname(sock.fileno(), room, ctypes.byref(size)) == 0
    return room.raw[: size.value]


def bound(family, address):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.bind(address)
    except OSError as error:
        sock.close()
        pytest.skip(f"can't bind to {address!r}: {error}")
    return sock


@pytest.mark.skipif(os.name == "nt", reason="ctypes finds no getsockname there")
class TestKernel:
    @pytest.mark.parametrize(
        ("family", "address"),
        [
            (IPV4, ("127.0.0.1", 0)),
            (IPV4, ("", 0)),
            (IPV6, ("::1", 0)),
            (IPV6, ("::", 0, 0, 0)),
            (IPV6, ("::ffff:127.0.0.1", 0)),
        ],
    )
    def test_internet(self, sockaddr, family, address):
        with bound(family, address) as sock:
            raw = kernel_name(sock)
            assert sockaddr.unpack_sockaddr(raw) == (family, sock.getsockname())
            assert sockaddr.pack_sockaddr(family, sock.getsockname()) == raw

    @UNIX
    @pytest.mark.parametrize("length", [1, 20, 107])
    def test_path(self, sockaddr, tmp_path, monkeypatch, length):
        monkeypatch.chdir(tmp_path)
        path = "p" * (length if sys.platform == "linux" else min(length, 103))
        with bound(AF_UNIX, path) as sock:
            raw = kernel_name(sock)
            assert sockaddr.unpack_sockaddr(raw) == (AF_UNIX, path)
            assert sockaddr.pack_sockaddr(AF_UNIX, path) == raw
            assert sockaddr.pack_sockaddr(AF_UNIX, path.encode()) == raw

    @LINUX
    @pytest.mark.parametrize("tail", [b"", b"x", b"with\0nul\0", b"n" * 80])
    def test_abstract(self, sockaddr, tail):
        name = b"\0fastsock-%d-" % os.getpid() + tail
        with bound(AF_UNIX, name) as sock:
            raw = kernel_name(sock)
            assert sockaddr.unpack_sockaddr(raw) == (AF_UNIX, name)
            assert sockaddr.pack_sockaddr(AF_UNIX, name) == raw

    @UNIX
    def test_unnamed(self, sockaddr):
        with socket.socket(AF_UNIX, socket.SOCK_DGRAM) as sock:
            raw = kernel_name(sock)
            assert sockaddr.unpack_sockaddr(raw) == (AF_UNIX, sock.getsockname()) == (AF_UNIX, "")
            assert sockaddr.pack_sockaddr(AF_UNIX, "") == raw

    @LINUX
    def test_another_family(self, sockaddr):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
            sock.bind((0, 0))
            raw = kernel_name(sock)
            family, data = sockaddr.unpack_sockaddr(raw)
            assert (family, data) == (socket.AF_NETLINK, raw[2:])
            assert sockaddr.pack_sockaddr(family, data) == raw


class TestFields:
    def test_flow_and_scope(self, sockaddr):
        address = ("fe80::1", 546, 0xABCDE, 0xFFFFFFFF)
        raw = sockaddr.pack_sockaddr(IPV6, address)
        assert sockaddr.unpack_sockaddr(raw) == (IPV6, address)

    @pytest.mark.parametrize(
        ("address", "scope"),
        [
            (("fe80::1%7", 1), 7),
            (("fe80::1%7", 1, 0, 0), 7),
            (("fe80::1%7", 1, 0, 3), 3),
            (("fe80::1", 1, 0, 3), 3),
            (("fe80::1%4294967295", 1), 0xFFFFFFFF),
        ],
    )
    def test_zone(self, sockaddr, address, scope):
        raw = sockaddr.pack_sockaddr(IPV6, address)
        assert sockaddr.unpack_sockaddr(raw)[1][3] == scope

    def test_zone_by_name(self, sockaddr):
        number, name = socket.if_nameindex()[0]
        raw = sockaddr.pack_sockaddr(IPV6, (f"fe80::1%{name}", 1))
        assert sockaddr.unpack_sockaddr(raw) == (IPV6, ("fe80::1", 1, 0, number))

    @pytest.mark.parametrize(
        ("host", "wanted"), [("", "0.0.0.0"), ("<broadcast>", "255.255.255.255")]
    )
    def test_names_of_the_socket_module(self, sockaddr, host, wanted):
        raw = sockaddr.pack_sockaddr(IPV4, (host, 9))
        assert sockaddr.unpack_sockaddr(raw) == (IPV4, (wanted, 9))

    def test_what_stands_after_an_internet_address_is_ignored(self, sockaddr):
        for family, address in [(IPV4, ("192.0.2.1", 1)), (IPV6, ("2001:db8::1", 1, 2, 3))]:
            raw = sockaddr.pack_sockaddr(family, address)
            assert sockaddr.unpack_sockaddr(bytearray(raw + b"rest")) == (family, address)


REFUSED = [
    ((IPV4, ("192.0.2.256", 1)), AddressError, "'192.0.2.256' is not an IPv4 address"),
    ((IPV4, ("localhost", 1)), AddressError, "'localhost' is not an IPv4 address"),
    ((IPV4, ("::1", 1)), AddressError, "'::1' is not an IPv4 address"),
    ((IPV6, ("127.0.0.1", 1)), AddressError, "'127.0.0.1' is not an IPv6 address"),
    ((IPV6, ("fe80::1%no such", 1)), AddressError, "'fe80::1%no such' is not an IPv6 address"),
    ((IPV6, ("fe80::1%", 1)), AddressError, "'fe80::1%' is not an IPv6 address"),
    ((IPV6, ("fe80::1%4294967296", 1)), AddressError, None),
    ((IPV6, ("\u0661::", 1)), AddressError, None),
    ((IPV6, ("%lo", 1)), AddressError, None),
    ((IPV4, ("192.0.2.1", 65536)), OverflowError, "port must be 0-65535."),
    ((IPV4, ("192.0.2.1", -1)), OverflowError, "port must be 0-65535."),
    ((IPV4, ("192.0.2.1", 1 << 80)), OverflowError, "port must be 0-65535."),
    ((IPV6, ("::1", 1, 1 << 20)), OverflowError, "flowinfo must be 0-1048575."),
    ((IPV6, ("::1", 1, 0, 1 << 32)), OverflowError, "scope_id must be 0-4294967295."),
    ((IPV4, ("192.0.2.1", "1")), TypeError, None),
    ((IPV4, (b"192.0.2.1", 1)), TypeError, "host must be str, not 'bytes'"),
    ((IPV6, (None, 1)), TypeError, "host must be str, not 'NoneType'"),
    ((IPV4, "192.0.2.1"), TypeError,
     "an IPv4 address must be a tuple (host, port), not str"),
    ((IPV4, ("192.0.2.1",)), TypeError,
     "an IPv4 address must be a tuple (host, port), not one of 1"),
    ((IPV6, ("::1", 1, 2, 3, 4)), TypeError,
     "an IPv6 address must be a tuple (host, port[, flowinfo[, scope_id]]), not one of 5"),
    (("inet", ("192.0.2.1", 1)), TypeError, None),
    ((99, "text"), TypeError, None),
    ((99, bytes(999)), ValueError, None),
    ((-1, b""), ValueError, None),
    ((1 << 80, b""), ValueError, None),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "kind", "message"), REFUSED)
def test_refusals(sockaddr, arguments, kind, message):
    with pytest.raises(kind) as caught:
        sockaddr.pack_sockaddr(*arguments)
    assert message is None or str(caught.value) == message


@UNIX
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("p" * 108, OSError),
        (b"a\0b", ValueError),
        (None, TypeError),
        (5, TypeError),
        pytest.param(b"\0" + b"n" * 108, OSError, marks=LINUX),
    ],
)
def test_refused_paths(sockaddr, path, kind):
    with pytest.raises(kind):
        sockaddr.pack_sockaddr(AF_UNIX, path)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_cut(sockaddr, kind):
    names = {IPV4: "sockaddr_in", IPV6: "sockaddr_in6"}
    for family, address in [(IPV4, ("192.0.2.1", 1)), (IPV6, ("::1", 1))]:
        raw = sockaddr.pack_sockaddr(family, address)
        for size in range(len(raw)):
            name = names[family] if size > 1 else "sockaddr"
            with pytest.raises(ValueError, match=f"^{size} bytes are too few for a {name}$"):
                sockaddr.unpack_sockaddr(kind(raw[:size]))


@pytest.mark.parametrize("value", [None, "text", 5])
def test_no_buffer(sockaddr, value):
    with pytest.raises(TypeError, match="a bytes-like object is required, not"):
        sockaddr.unpack_sockaddr(value)


def test_buffer_in_pieces(sockaddr):
    with pytest.raises(BufferError, match="must be a C-contiguous buffer"):
        sockaddr.unpack_sockaddr(memoryview(bytes(64))[::2])


class TestBothTwins:
    @given(st.binary(max_size=140), st.sampled_from([None, IPV4, IPV6, AF_UNIX]))
    def test_any_bytes(self, twins, outcome, data, family):
        if family is not None:
            data = family.to_bytes(2, sys.byteorder) + data
        compiled, pure = (twin.part("sockaddr") for twin in twins)
        found = outcome(pure.unpack_sockaddr, data)
        assert outcome(compiled.unpack_sockaddr, data) == found
        if isinstance(found[0], int):
            again = outcome(pure.pack_sockaddr, *found)
            assert outcome(compiled.pack_sockaddr, *found) == again

    @given(
        st.sampled_from([IPV4, IPV6, AF_UNIX, 16, 70000]),
        st.one_of(
            st.tuples(st.sampled_from(["::1", "127.0.0.1", "", "fe80::1%2", "x"]), st.integers()),
            st.tuples(st.text(max_size=20), st.integers(0, 65535), st.integers(), st.integers()),
            st.text(max_size=120), st.binary(max_size=140), st.none(),
        ),
    )  # fmt: skip
    def test_any_address(self, twins, outcome, family, address):
        compiled, pure = (twin.part("sockaddr") for twin in twins)
        found = outcome(pure.pack_sockaddr, family, address)
        assert outcome(compiled.pack_sockaddr, family, address) == found

    @pytest.mark.parametrize("name", ["pack_sockaddr", "unpack_sockaddr"])
    def test_signature_and_docstring(self, twins, name):
        compiled, pure = (getattr(twin.part("sockaddr"), name) for twin in twins)
        assert inspect.getdoc(compiled) == inspect.getdoc(pure)
        parameters = [
            [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]
            for function in (compiled, pure)
        ]
        assert parameters[0] == parameters[1]


def test_face():
    face = import_module("fastsock.sockaddr")
    assert {getattr(face, name).__module__ for name in face.__all__} == {"fastsock.sockaddr"}
