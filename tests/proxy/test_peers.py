"""PROXY headers over real sockets, and between HAProxy and us, both ways."""

import socket
import ssl
from contextlib import ExitStack, suppress
from socket import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, SOCK_DGRAM, SOCK_STREAM

import pytest

from fastsock import NeedMore, RecvAccumulator, build_proxy_v1, build_proxy_v2
from fastsock.proxy import ProxySSLClient, ProxyTLV

ENDS = ("192.0.2.1", 56324), ("192.0.2.2", 443)
ENDS6 = ("2001:db8::1", 5), ("2001:db8::2", 6)


def receive_header(proxy, sock):
    """A header, and an accumulator with what followed it."""
    acc = RecvAccumulator()
    while isinstance(found := proxy.parse_proxy(acc.peek(view=True)), NeedMore):
        assert acc.fill(sock), f"the sender hung up behind {acc.peek()!r}"
    header, consumed = found
    acc.take(consumed)
    return header, acc


# Without a peer


@pytest.mark.parametrize(
    "sent",
    [
        build_proxy_v1(*ENDS),
        build_proxy_v1(*ENDS6),
        build_proxy_v2(*ENDS, tlvs=[(ProxyTLV.AUTHORITY, b"example.org")], crc=True),
        build_proxy_v2(*ENDS6),
    ],
)
def test_connection_that_drips(proxy, sent):
    """Over TCP, byte by byte: the header comes out whole, and all that follows stays."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock, _ = server.accept()
        with sock:
            sock.settimeout(60)
            acc = RecvAccumulator()
            for number, byte in enumerate(sent, 1):
                client.sendall(bytes([byte]))
                assert acc.fill(sock) == 1
                found = proxy.parse_proxy(acc.peek(view=True))
                assert isinstance(found, NeedMore) is (number < len(sent))
            header, consumed = found
            client.sendall(b"hello\n")
            acc.fill(sock)
            assert acc.take(consumed) == sent
            assert acc.take_line() == b"hello\n"
    assert (header.source, header.destination) in (ENDS, ENDS6)


def test_datagrams(proxy):
    """A header in front of each payload."""
    with socket.socket(AF_INET, SOCK_DGRAM) as server, socket.socket(AF_INET, SOCK_DGRAM) as sender:
        server.bind(("127.0.0.1", 0))
        server.settimeout(60)
        for number in range(20):
            ends = ("192.0.2.1", 1000 + number), ("192.0.2.2", 53)
            header = build_proxy_v2(*ends, type=SOCK_DGRAM, crc=True)
            sender.sendto(header + b"query %d" % number, server.getsockname())
            data = server.recv(2048)
            found, consumed = proxy.parse_proxy(data, datagram=True)
            assert (found.source, found.destination, found.type) == (*ends, SOCK_DGRAM)
            assert data[consumed:] == b"query %d" % number


# HAProxy

CONFIG = """
global
    stats socket {files}/stats
defaults
    mode tcp
    timeout connect 30s
    timeout client 30s
    timeout server 30s
    unique-id-format id-%cp
"""
LISTEN = """
listen {name}
    bind {bind}
    server target {target} {options}
"""
EVERYTHING = (
    "send-proxy-v2 proxy-v2-options "
    "ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id"
)
# Where each one listens, what it forwards to, and how: what follows "bind" and "server".
SECTIONS = {
    "v1": ("{ip4}", "{ip4}", "send-proxy"),
    "v1-6": ("{ip6}", "{ip6}", "send-proxy"),
    "v2": ("{ip4}", "{ip4}", "send-proxy-v2"),
    "v2-6": ("{ip6}", "{ip6}", "send-proxy-v2"),
    "crc": ("{ip4}", "{ip4}", "send-proxy-v2 proxy-v2-options crc32c"),
    "crc-6": ("{ip6}", "{ip6}", "send-proxy-v2 proxy-v2-options crc32c,unique-id"),
    "unix": ("unix@{files}/unix", "{ip4}", "send-proxy-v2 proxy-v2-options crc32c"),
    "tls": ("{ip4} ssl crt {files}/tls.pem alpn h2,http/1.1", "{ip4}", EVERYTHING),
    # To a path, for it checks as long as it lives: a port could be another test's by then.
    "check": ("{ip4}", "unix", "send-proxy-v2 proxy-v2-options crc32c check inter 200ms"),
    "accept": ("{ip4} accept-proxy", "{ip4}", "send-proxy-v2 proxy-v2-options authority"),
}


class Balancer:
    """HAProxy with its listeners, and the sockets that it forwards to, which are ours."""

    def __init__(self, stack, files):
        self.files, self.addresses, self.targets = files, {}, {}
        self.config = CONFIG.format(files=files)
        for name, (bind, target, options) in SECTIONS.items():
            self.targets[name] = stack.enter_context(self.target(name, target))
            self.targets[name].settimeout(30)
            at = f"unix@{files}/{name}-target"
            if target != "unix":
                at = "{}:{}".format(*self.targets[name].getsockname())
            with self.listening(bind) as free:
                self.addresses[name] = free.getsockname()
            listen = "{}:{}".format(*self.addresses[name])
            if name == "unix":
                self.addresses[name] = f"{files}/unix"
            where = bind.format(ip4=listen, ip6=listen, files=files)
            self.config += LISTEN.format(name=name, bind=where, target=at, options=options)

    def target(self, name, form):
        if form != "unix":
            return self.listening(form)
        sock = socket.socket(AF_UNIX)
        sock.bind(f"{self.files}/{name}-target")
        sock.listen()
        return sock

    @staticmethod
    def listening(form):
        family, host = (AF_INET6, "::1") if "{ip6}" in form else (AF_INET, "127.0.0.1")
        return socket.create_server((host, 0), family=family)

    def commands(self, program, server):
        (self.files / "haproxy.cfg").write_text(self.config)
        yield [program, "-db", "-f", str(self.files / "haproxy.cfg")], f"{self.files}/stats"

    def connect(self, name):
        sock = socket.socket(AF_UNIX if name == "unix" else self.targets[name].family)
        sock.settimeout(30)
        sock.connect(self.addresses[name])
        return sock


@pytest.fixture(scope="module")
def balancer(make_server, authority):
    with ExitStack() as stack:

        def commands(program, server):
            balancer = Balancer(stack, server.files)
            certificate = authority.issue_cert("server.test")
            certificate.private_key_and_cert_chain_pem.write_to_path(server.files / "tls.pem")
            made.append(balancer)
            return balancer.commands(program, server)

        made = []
        make_server("haproxy", commands)
        yield made[0]


def forwarded(proxy, balancer, name, client, hello=b"hello"):
    """The header that HAProxy sends for a client's connection, and its first bytes."""
    client.sendall(hello)
    sock, _ = balancer.targets[name].accept()
    with sock:
        sock.settimeout(30)
        header, acc = receive_header(proxy, sock)
        while len(acc) < 5:
            acc.fill(sock)
        assert acc.take() == b"hello"
    return header


@pytest.mark.parametrize("name", ["v1", "v1-6", "v2", "v2-6", "crc", "crc-6"])
def test_header_of_haproxy(proxy, balancer, name):
    with balancer.connect(name) as client:
        header = forwarded(proxy, balancer, name, client)
        ends = client.getsockname()[:2], client.getpeername()[:2]
        identity = b"id-%d" % client.getsockname()[1]
    family = AF_INET6 if name.endswith("6") else AF_INET
    version = 1 if name.startswith("v1") else 2
    assert header[:6] == (version, "PROXY", family, SOCK_STREAM, *ends)
    assert (header.tlv(ProxyTLV.CRC32C) is not None) is name.startswith("crc")
    assert header.tlv(ProxyTLV.UNIQUE_ID) == (identity if name == "crc-6" else None)


def test_header_of_haproxy_for_a_unix_socket(proxy, balancer):
    """HAProxy names no UNIX sockets; the header is valid all the same, and its CRC right."""
    with balancer.connect("unix") as client:
        header = forwarded(proxy, balancer, "unix", client)
    assert header.version == 2
    assert header.tlv(ProxyTLV.CRC32C) is not None


def test_header_of_haproxy_with_all_it_knows_of_tls(proxy, balancer, authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    context.set_alpn_protocols(["h2"])
    with (
        balancer.connect("tls") as plain,
        context.wrap_socket(plain, server_hostname="server.test") as client,
    ):
        header = forwarded(proxy, balancer, "tls", client)
        version, cipher = client.version(), client.cipher()[0]
        identity = b"id-%d" % client.getsockname()[1]
    kinds = [kind for kind, _ in header.iter_tlvs()]
    assert ProxyTLV.CRC32C in kinds
    assert kinds != sorted(kinds)  # in order they would have another CRC
    assert header.authority == "server.test"
    assert header.tlv(ProxyTLV.ALPN) == b"h2"
    assert header.tlv(ProxyTLV.UNIQUE_ID) == identity
    assert header.ssl.client is ProxySSLClient.SSL
    assert (header.ssl.version, header.ssl.cipher) == (version, cipher)


def test_health_check_of_haproxy(proxy, balancer):
    sock, _ = balancer.targets["check"].accept()
    with sock:
        sock.settimeout(30)
        header, _ = receive_header(proxy, sock)
    assert header[:6] == (2, "LOCAL", AF_UNSPEC, 0, None, None)
    assert header.tlv(ProxyTLV.CRC32C) is not None


HOST = [(ProxyTLV.AUTHORITY, b"example.org")]


@pytest.mark.parametrize(
    ("header", "ends", "host"),
    [
        (build_proxy_v1(*ENDS), ENDS, None),
        (build_proxy_v1(*ENDS6), ENDS6, None),
        (build_proxy_v2(*ENDS), ENDS, None),
        (build_proxy_v2(*ENDS6, tlvs=HOST), ENDS6, "example.org"),
        (build_proxy_v2(*ENDS, crc=True), ENDS, None),
        (build_proxy_v2(*ENDS, tlvs=[(0xE0, b"x"), (ProxyTLV.NOOP, b""), *HOST], crc=True), ENDS,
         "example.org"),
        (build_proxy_v2(*ENDS6, tlvs=[(ProxyTLV.UNIQUE_ID, bytes(128))], crc=True), ENDS6, None),
        (build_proxy_v1(None, None), None, None),
        (build_proxy_v2(None, None, command="LOCAL", crc=True), None, None),
    ],
)  # fmt: skip
def test_haproxy_takes_what_we_build(proxy, balancer, header, ends, host):
    """It passes on the ends that we named, or the connection's own where we named none."""
    with balancer.connect("accept") as client:
        found = forwarded(proxy, balancer, "accept", client, header + b"hello")
        own = client.getsockname(), client.getpeername()
    assert (found.source, found.destination) == (ends or own)
    assert found.authority == host


def test_haproxy_refuses_a_wrong_crc(balancer):
    """Which shows that it checks ours."""
    header = bytearray(build_proxy_v2(*ENDS, crc=True))
    header[-1] ^= 1
    with balancer.connect("accept") as client:
        client.sendall(header + b"hello")
        with suppress(ConnectionResetError):
            assert client.recv(100) == b""  # before its timeout of 30 s
