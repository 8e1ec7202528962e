"""The kernel judges packets that we build, and answers that we write in place.

Run by tests/headers/test_namespace.py in a network namespace. Everything is done over both twins.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import threading
from contextlib import contextmanager
from importlib import import_module

import pytest

from fastsock.headers.options import iter_tcp_options

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
ETH_P_ALL = 0x0003
V4 = "192.0.2.1", "192.0.2.2"
V6 = "2001:db8::1", "2001:db8::2"
FAMILIES = pytest.mark.parametrize("ends", [V4, V6], ids=["ipv4", "ipv6"])


@pytest.fixture(params=os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(","))
def twin(request):
    return import_module(f"fastsock.headers._{request.param}")


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True)


@contextmanager
def answering(read, write, fd, answer):
    """Answer in a thread what can be read, until the end of the block."""
    stop, stopped = os.pipe()
    failures = []

    def serve():
        try:
            while True:
                readable, _, _ = select.select([fd, stop], [], [])
                if stop in readable:
                    return
                packet = bytearray(read())
                if answer(packet):
                    write(packet)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        os.close(stopped)
        thread.join()
        os.close(stop)
    assert not failures, failures


def answer_echo(twin, packet):
    """Turn a request into a reply in place, by assignments alone."""
    if packet[0] >> 4 == 4:
        view, request, reply = twin.IPv4View(packet), 8, 0
        assert view.verify_checksum()
    else:
        view, request, reply = twin.IPv6View(packet), 128, 129
    icmp = view.transport()
    if not isinstance(icmp, twin.ICMPView) or icmp.type != request:
        return False  # such as the router solicitations of a new interface
    assert icmp.verify_checksum()
    view.src, view.dst = view.dst, view.src
    view.ttl -= 1
    icmp.type = reply
    return True


def ping(address):
    done = subprocess.run(
        ["ping", "-n", "-c", "3", "-i", "0.01", "-s", "57", "-W", "10", address],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "3 received" in done.stdout, done.stdout + done.stderr
    assert "bad" not in done.stdout, "a checksum, or data that came back changed"
    assert "DUP" not in done.stdout


@FAMILIES
def test_ping_over_tun(twin, ends):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
        for address, length in ((V4[0], 24), (V6[0], 64)):
            ip("addr", "add", f"{address}/{length}", "dev", "tun0", "nodad")
        ip("link", "set", "tun0", "up")
        with answering(
            lambda: os.read(fd, 65536),
            lambda packet: os.write(fd, packet),
            fd,
            lambda packet: answer_echo(twin, packet),
        ):
            ping(ends[1])
    finally:
        os.close(fd)


def answer_frame(twin, frame):
    """The same on Ethernet, where ARP or neighbour discovery comes first."""
    ether = twin.EthernetView(frame)
    if ether.ethertype == 0x0806:
        arp = twin.ARPView(frame, 14)
        if arp.operation != 1 or arp.tpa != socket.inet_aton(V4[1]):
            return False
        arp.operation = 2
        arp.spa, arp.tpa = arp.tpa, arp.spa
        arp.tha, arp.sha = arp.sha, MAC
    elif ether.ethertype in (0x0800, 0x86DD):
        packet = bytearray(ether.payload)
        if ether.dst != MAC or not answer_echo(twin, packet):
            return False
        ether.payload[:] = packet
    else:
        return False
    ether.dst, ether.src = ether.src, MAC
    return True


MAC = bytes([2, 0, 0, 0, 0, 9])


@FAMILIES
def test_ping_over_ethernet(twin, ends):
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    try:
        for address, length in ((V4[0], 24), (V6[0], 64)):
            ip("addr", "add", f"{address}/{length}", "dev", "v0", "nodad")
        ip("link", "set", "v1", "address", MAC.hex(":"))
        ip("link", "set", "v0", "up")
        ip("link", "set", "v1", "up")
        ip("neigh", "replace", V6[1], "lladdr", MAC.hex(":"), "dev", "v0")
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
            sock.bind(("v1", ETH_P_ALL))

            def answer(frame):
                return frame[6:12] != MAC and answer_frame(twin, frame)

            with answering(lambda: sock.recv(65536), sock.send, sock.fileno(), answer):
                ping(ends[1])
    finally:
        ip("link", "del", "v0")


LOOPBACK = pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)


@pytest.fixture
def send_raw():
    """Send whole datagrams, IP header and all."""

    def send(family, host, packet):
        with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            sock.sendto(packet, (host, 0))

    return send


@LOOPBACK
def test_the_kernel_takes_what_is_built_for_udp(twin, send_raw, family, host):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.settimeout(20)
        port = sock.getsockname()[1]
        for payload in (b"", b"x", b"data", bytes(range(256)) * 4 + b"!"):
            packet = bytearray(twin.build_udp(host, host, 1025, port, payload))
            broken = bytearray(packet)
            broken[-1] ^= 1
            send_raw(family, host, broken)  # not for its checksum: it doesn't arrive
            send_raw(family, host, packet)
            received, sender = sock.recvfrom(2000)
            assert (received, sender[:2]) == (payload, (host, 1025))


@LOOPBACK
@pytest.mark.parametrize("listens", [True, False])
def test_the_kernel_answers_what_is_built_for_tcp(twin, send_raw, family, host, listens):
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP) as sock,
    ):
        sock.settimeout(20)
        port = server.getsockname()[1]
        if not listens:
            server.close()
        seq = 0xFFFFFFFF
        options = b"\2\4\5\xb4\4\2\3\3\7"
        packet = twin.build_tcp(host, host, 1025, port, seq=seq, flags=2, options=options)
        assert packet[0] >> 4 == (4 if family == socket.AF_INET else 6)
        send_raw(family, host, packet)
        while True:
            received = sock.recv(2000)
            # With IPv4 the header comes along, with IPv6 it doesn't.
            start = (received[0] & 15) * 4 if family == socket.AF_INET else 0
            view = twin.TCPView(received, start)
            if view.sport == port:
                break
        assert view.dport == 1025
        assert view.ack == (seq + 1) & 0xFFFFFFFF
        if listens:
            kinds = {option.kind: option.value for option in iter_tcp_options(view.options)}
            assert view.flags == 0x12  # SYN, ACK
            assert kinds[2] > 500
            assert kinds[4] is True
        else:
            assert view.flags == 0x14  # RST, ACK
            assert view.header_length == 20
