"""`send_batch` on real sockets, and trains in both directions."""

import errno
import os
import socket
import sys
import threading

import pytest

from fastsock.datagram import info, open_datagram_socket, support

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="GSO is Linux's")


def receive_all(datagram, sock, count, **options):
    """So many datagrams with their peers, as they come."""
    batch = datagram.DatagramBatch(16, 65535, **options)
    got = []
    while len(got) < count:
        batch.recv(sock)
        got += list(batch)
    return got


def numbered(sizes):
    """Datagrams of these sizes, each unlike the others."""
    return [bytes([n % 251]) * size for n, size in enumerate(sizes)]


SIZES = [
    [100] * 10,
    [100] * 10 + [99],
    [100] * 10 + [101],
    [100, 99, 100, 99],
    [0, 0, 5, 5, 0, 5],
    [1200] * 200,
    [1] * 130,
    [65507, 65507],
    [30000, 30000, 30000],
    [],
    [0],
]


class TestWhatArrives:
    @pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"{len(sizes)}-{sum(sizes)}")
    @pytest.mark.parametrize("gro", [False, True])
    @pytest.mark.parametrize("gso", [False, True])
    def test_each_once_and_in_order(self, datagram, internet_pair, with_queue, sizes, gso, gro):
        here, there, name = internet_pair
        support.prepare(here, support.GRO if gro else 0)
        with_queue(here, len(sizes), sum(sizes))
        payloads = numbered(sizes)
        assert datagram.send_batch(there, payloads, name, gso=gso) == len(payloads)
        got = receive_all(datagram, here, len(payloads), gro=gro)
        assert [data for data, _ in got] == payloads
        assert len({peer for _, peer in got}) == bool(payloads)

    @pytest.mark.parametrize("sizes", SIZES[:5], ids=len)
    def test_unix(self, datagram, make_pair, sizes):
        with make_pair("unix") as (here, there, name):
            payloads = numbered(sizes)
            sender = threading.Thread(target=datagram.send_batch, args=(there, payloads, name))
            sender.start()  # the queue of a UNIX socket has room for few
            got = receive_all(datagram, here, len(payloads))
            sender.join()
            assert got == [(data, there.getsockname()) for data in payloads]

    def test_trains_are_split_with_their_columns(self, datagram, ipv4):
        here, there, name = ipv4
        support.prepare(here, support.GRO | support.LOCAL)
        batch = datagram.DatagramBatch(2, gro=True, local=True)
        payloads = numbered([10] * 7 + [3])
        assert datagram.send_batch(there, payloads, name) == 8
        assert batch.recv(here) == 8
        assert batch.payloads() == payloads
        assert [bytes(view) for view in batch.views()] == payloads
        assert batch.peers() == [there.getsockname()] * 8
        assert batch.peer_addresses == b"\x7f\0\0\x01" * 8
        assert list(batch.peer_ports) == [there.getsockname()[1]] * 8
        assert batch.truncated == bytes(8)
        if sys.platform == "linux":
            assert batch.local_addresses == b"\x7f\0\0\x01" * 8


class TestForms:
    def test_pairs(self, datagram, internet_pair):
        here, there, name = internet_pair
        with socket.socket(here.family, socket.SOCK_DGRAM) as third:
            third.bind((here.getsockname()[0], 0))
            third.settimeout(20)
            other = (name[0], third.getsockname()[1])
            pairs = [(b"a", name), (b"b", name), (b"c", other), (b"d", name), (b"e", other)]
            assert datagram.send_batch(there, pairs) == 5
            assert [data for data, _ in receive_all(datagram, here, 3)] == [b"a", b"b", b"d"]
            assert [data for data, _ in receive_all(datagram, third, 2)] == [b"c", b"e"]

    def test_a_list_of_peers(self, datagram, ipv4):
        here, there, name = ipv4
        own = there.getsockname()
        assert datagram.send_batch(there, [b"1", b"2", b"3"], [name, own, name]) == 3
        assert [data for data, _ in receive_all(datagram, here, 2)] == [b"1", b"3"]
        assert receive_all(datagram, there, 1) == [(b"2", own)]

    def test_replies_to_a_batch(self, datagram, pair):
        here, there, name = pair
        for word in (b"one", b"two"):
            there.sendto(word, name)
        batch = datagram.DatagramBatch()
        batch.recv(here)
        replies = [data.upper() for data in batch.payloads()]
        assert datagram.send_batch(here, replies, batch) == 2
        assert [data for data, _ in receive_all(datagram, there, 2)] == [b"ONE", b"TWO"]

    def test_replies_to_many_peers(self, datagram, pair):
        here, there, name = pair
        order = [0, 0, 1, 0, 1, 1, 0]
        with socket.socket(there.family, socket.SOCK_DGRAM) as third:
            third.bind(f"{there.getsockname()}3" if isinstance(name, str) else ("", 0))
            third.settimeout(20)
            for n, who in enumerate(order):
                (there, third)[who].sendto(b"%d" % n, name)
            batch = datagram.DatagramBatch()
            while len(batch) < len(order):
                batch.recv(here)
            with pytest.raises(ValueError, match=r"^6 payloads can't go to 7 peers"):
                datagram.send_batch(here, batch.payloads()[1:], batch)
            with pytest.raises(TypeError, match="a bytes-like object is required"):
                datagram.send_batch(here, ["text"] * 7, batch)
            assert datagram.send_batch(here, batch.payloads(), batch) == len(order)
            for who, sock in enumerate((there, third)):
                wanted = [b"%d" % n for n in range(len(order)) if order[n] == who]
                assert [data for data, _ in receive_all(datagram, sock, len(wanted))] == wanted

    def test_replies_by_a_socket_of_another_family(self, datagram, make_pair):
        with make_pair("dual") as (here, there, name), make_pair("ipv4") as (_, other, _):
            there.sendto(b"to a dual stack", name)
            there.sendto(b"to IPv4", other.getsockname())
            batch, dual = datagram.DatagramBatch(), datagram.DatagramBatch()
            assert dual.recv(here) == batch.recv(other) == 1
            assert datagram.send_batch(here, [b"from IPv6"], batch) == 1
            assert [data for data, _ in receive_all(datagram, there, 1)] == [b"from IPv6"]
            with pytest.raises(TypeError, match="an IPv4 address must be a tuple"):
                datagram.send_batch(other, [b"x"], dual)

    def test_replies_to_mapped_peers_as_ipv4(self, datagram, make_pair):
        with make_pair("dual") as (here, there, name):
            there.sendto(b"ping", name)
            batch = datagram.DatagramBatch(mapped="ipv4")
            batch.recv(here)
            assert datagram.send_batch(here, [b"pong"], batch) == 1
            assert datagram.send_batch(here, [b"pong"], batch.peers()[0]) == 1
            assert len(receive_all(datagram, there, 2)) == 2

    def test_connected(self, datagram, pair):
        here, there, name = pair
        there.connect(name)
        data = [b"one", b"", bytearray(b"three"), memoryview(b"four"), memoryview(b"0123")[1:3]]
        assert datagram.send_batch(there, data) == 5
        assert datagram.send_batch(there, [(b"six", None)]) == 1
        wanted = [b"one", b"", b"three", b"four", b"12", b"six"]
        assert [data for data, _ in receive_all(datagram, here, 6)] == wanted

    def test_any_iterable(self, datagram, ipv4):
        here, there, name = ipv4
        assert datagram.send_batch(there, (b"%d" % n for n in range(5)), name) == 5
        assert len(receive_all(datagram, here, 5)) == 5

    @pytest.mark.parametrize("gso", [False, True])
    def test_more_than_one_call_takes(self, datagram, ipv4, with_queue, gso):
        here, there, name = ipv4
        with_queue(here, 5000, 20_000)
        words = [b"%d" % n for n in range(5000)]  # of many lengths: a train ends at each change
        assert datagram.send_batch(there, words, name, gso=gso) == 5000
        assert [data for data, _ in receive_all(datagram, here, 5000)] == words

    def test_nothing(self, datagram, ipv4):
        _, there, name = ipv4
        assert datagram.send_batch(there, []) == datagram.send_batch(there, (), name) == 0


class TestRefused:
    @pytest.mark.parametrize(
        ("datagrams", "peers", "kind", "message"),
        [
            ([b"good", "text"], "NAME", TypeError,
             "a bytes-like object is required, not 'str'"),
            ([b"good", None], "NAME", TypeError,
             "a bytes-like object is required, not 'NoneType'"),
            ([b"good", memoryview(b"abcd")[::2]], "NAME", BufferError,
             "a payload must be a C-contiguous buffer"),
            ([b"a", b"b"], ["NAME"], ValueError,
             "2 payloads can't go to 1 peers: there must be as many"),
            ([(b"a", "NAME"), (b"b",)], None, TypeError,
             "datagrams[1] must be a bytes-like object or a pair (data, address)"),
            ([(b"a", "NAME"), (b"b", ("127.0.0.1",))], None, TypeError, None),
            ([(b"a", "NAME"), (b"b", ("127.0.0.1", 70000))], None, OverflowError,
             "port must be 0-65535."),
            ([(b"a", "NAME"), (b"b", ("example.org", 1))], None, OSError,
             "'example.org' is not an IPv4 address"),
            (5, None, TypeError, None),
            ([b"a"], 5, TypeError, None),
        ],
    )  # fmt: skip
    def test_then_nothing_is_sent(self, datagram, ipv4, datagrams, peers, kind, message):
        here, there, name = ipv4

        def filled(value):
            if isinstance(value, list | tuple):
                return type(value)(map(filled, value))
            return name if value == "NAME" else value

        with pytest.raises(kind) as caught:
            datagram.send_batch(there, filled(datagrams), filled(peers))
        assert message is None or str(caught.value) == message
        here.setblocking(False)
        with pytest.raises(BlockingIOError):
            datagram.DatagramBatch().recv(here)

    def test_the_count_says_how_far_it_went(self, datagram, ipv4):
        here, there, name = ipv4
        pairs = [(b"one", name), (b"two", name), (bytes(65508), name), (b"four", name)]
        assert datagram.send_batch(there, pairs) == 2
        with pytest.raises(OSError, match=os.strerror(errno.EMSGSIZE)):
            datagram.send_batch(there, pairs[2:])
        assert datagram.send_batch(there, pairs[3:]) == 1
        assert [data for data, _ in receive_all(datagram, here, 3)] == [b"one", b"two", b"four"]

    @LINUX
    def test_a_family_without_addresses(self, datagram):
        with (
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock,
            pytest.raises(ValueError, match=r"not of family 16$"),
        ):
            datagram.send_batch(sock, [b"x"], (0, 0))

    @LINUX
    @pytest.mark.parametrize("timeout", [0, 0.05])
    def test_a_full_queue(self, datagram, make_pair, timeout):
        with make_pair("unix") as (here, there, name):
            there.settimeout(timeout)
            kind = TimeoutError if timeout else BlockingIOError
            sent = datagram.send_batch(there, [b"x"] * 1000, name)
            assert 0 < sent < 1000
            with pytest.raises(kind):
                datagram.send_batch(there, [b"x"] * 1000, name)
            assert len(receive_all(datagram, here, sent)) == sent


@LINUX
class TestTrains:
    def test_a_socket_without_checksums_gets_them_one_by_one(self, datagram, ipv4):
        here, there, name = ipv4
        there.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK: no trains then
        payloads = numbered([100] * 20 + [50])
        assert datagram.send_batch(there, payloads, name) == 21
        assert [data for data, _ in receive_all(datagram, here, 21)] == payloads
        told = info(there)
        assert told["gso_limit"] < 100
        assert told["refused"]["gso"].startswith(f"[Errno {errno.EINVAL}] ")
        assert datagram.send_batch(there, payloads, name) == 21
        assert [data for data, _ in receive_all(datagram, here, 21)] == payloads

    def test_what_is_no_udp_gets_no_trains(self, make_pair):
        with make_pair("unix") as (here, _, _):
            assert support.train_limit(here) == 0
            assert info(here)["gso_limit"] == 0
            support.prepare(here, support.GRO)
            assert info(here)["refused"]["gro"] == "not a UDP socket"

    def test_info(self, ipv4):
        here, _, _ = ipv4
        told = info(here)
        assert told["gso"] is told["gro"] is True
        assert told["gso_limit"] == 65507
        assert told["refused"] == {}
        assert told["rcvbuf"] == here.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


class TestOpen:
    @pytest.mark.parametrize("address", [("127.0.0.1", 0), ("::1", 0), ("localhost", 0)])
    def test_bound(self, address):
        with open_datagram_socket(address) as sock:
            assert sock.getsockname()[1] != 0
            assert sock.type == socket.SOCK_DGRAM

    def test_connected(self, ipv4):
        here, _, name = ipv4
        with open_datagram_socket(("127.0.0.1", 0), name) as sock:
            assert sock.getpeername() == name
            sock.send(b"x")
        assert here.recv(5) == b"x"

    @pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets here")
    def test_unix(self, tmp_path):
        with open_datagram_socket(str(tmp_path / "here")) as here:
            with open_datagram_socket(remote=str(tmp_path / "here")) as there:
                there.send(b"x")
            assert here.recvfrom(9) == (b"x", None)

    def test_shared_port(self):
        with (
            open_datagram_socket(("127.0.0.1", 0), reuse_port=True) as one,
            open_datagram_socket(one.getsockname(), reuse_port=True) as two,
        ):
            assert one.getsockname() == two.getsockname()

    def test_dualstack(self):
        with open_datagram_socket(("::", 0), dualstack=True) as sock:
            with open_datagram_socket(remote=("127.0.0.1", sock.getsockname()[1])) as other:
                other.send(b"x")
            assert sock.recvfrom(9)[1][0] == "::ffff:127.0.0.1"

    @LINUX
    @pytest.mark.parametrize("size", [1 << 16, 1 << 24])
    def test_queues(self, size):
        with open_datagram_socket(("127.0.0.1", 0), rcvbuf=size, sndbuf=size) as sock:
            told = info(sock)
            with open("/proc/sys/net/core/rmem_max") as limit:
                most = size if os.geteuid() == 0 else min(size, int(limit.read()))
            assert told["rcvbuf"] == 2 * most
            assert told["sndbuf"] >= most

    def test_not_an_address_of_ours(self):
        with pytest.raises(OSError, match=os.strerror(errno.EADDRNOTAVAIL)):
            open_datagram_socket(("203.0.113.77", 5))

    @pytest.mark.parametrize("port", [65536, 70000, -1])
    def test_no_port(self, port):
        with pytest.raises(OverflowError, match=r"^port must be 0-65535\.$"):
            open_datagram_socket(("127.0.0.1", port))

    def test_neither_address(self):
        with open_datagram_socket(family=socket.AF_INET6) as sock:
            assert sock.family == socket.AF_INET6
