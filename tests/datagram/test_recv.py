"""`DatagramBatch.recv` on real sockets: what came, from whom, in which mode; and when it fails."""

import array
import os
import socket
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

from fastsock.datagram import constants, support
from fastsock.errors import AddressError

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="control messages as Linux has them")
MAPPED = bytes(10) + b"\xff\xff"


def plain_address(sock):
    """A socket's own address as others see it."""
    return sock.getsockname()


class TestWhatCame:
    @pytest.mark.parametrize("size", [0, 1, 64, 1200, 1472, 1473, 9000, 65000, 65507])
    def test_sizes(self, datagram, pair, size):
        here, there, name = pair
        here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        data = os.urandom(size)
        there.sendto(data, name)
        batch = datagram.DatagramBatch(4, 65535)
        assert batch.recv(here) == len(batch) == 1
        assert batch.payloads() == [data]
        assert [bytes(view) for view in batch.views()] == [data]
        assert batch.truncated == b"\0"

    def test_the_count_is_that_of_what_came(self, datagram, pair):
        here, there, name = pair
        batch = datagram.DatagramBatch(8, 16)
        for words in ([b"first", b"", b"second"], [b"x"], [b"", b""]):
            for word in words:
                there.sendto(word, name)
            assert batch.recv(here) == len(words)
            assert batch.payloads() == words
            assert len(batch.peers()) == len(batch.truncated) == len(words)

    def test_more_than_slots(self, datagram, pair):
        here, there, name = pair
        batch = datagram.DatagramBatch(3, 16)
        words = [b"%d" % n for n in range(8)]
        for word in words:
            there.sendto(word, name)
        got = []
        for count in (3, 3, 2):
            assert batch.recv(here) == count
            got += batch.payloads()
        assert got == words

    @pytest.mark.parametrize("slot_size", [1, 7, 8, 9])
    def test_truncation(self, datagram, pair, slot_size):
        here, there, name = pair
        batch = datagram.DatagramBatch(4, slot_size)
        for word in (b"12345678", b"", b"1"):
            there.sendto(word, name)
        assert batch.recv(here) == 3
        assert batch.payloads() == [b"12345678"[:slot_size], b"", b"1"]
        assert batch.truncated == bytes([slot_size < 8, 0, 0])
        assert any(batch.truncated) is (slot_size < 8)

    def test_peers_are_what_the_socket_module_says(self, datagram, pair):
        here, there, name = pair
        there.sendto(b"for the socket module", name)
        _, wanted = here.recvfrom(100)
        there.sendto(b"for us", name)
        batch = datagram.DatagramBatch()
        batch.recv(here)
        assert batch.peers() == [wanted]
        assert list(batch) == [(b"for us", wanted)]

    def test_flat_columns(self, datagram, internet_pair):
        here, there, name = internet_pair
        others = [socket.socket(there.family, socket.SOCK_DGRAM) for _ in range(3)]
        batch = datagram.DatagramBatch()
        for sock in [*others, there]:
            sock.sendto(b"x", name)
        ports = [sock.getsockname()[1] for sock in [*others, there]]
        for sock in others:
            sock.close()
        assert batch.recv(here) == 4
        assert batch.peer_family == here.family
        one = socket.inet_pton(there.family, name[0])
        if here.family != there.family:
            one = MAPPED + one
        assert batch.peer_addresses == one * 4
        assert list(batch.peer_ports) == [peer[1] for peer in batch.peers()] == ports
        assert batch.peer_ports.format == "H"
        assert memoryview(batch.peer_addresses).c_contiguous

    def test_mapped_peers_as_ipv4(self, datagram, make_pair):
        with make_pair("dual") as (here, there, name):
            batch = datagram.DatagramBatch(mapped="ipv4", local=True)
            there.sendto(b"4", name)
            there.sendto(b"4", name)
            assert batch.recv(here) == 2
            assert batch.peers() == [there.getsockname()] * 2
            assert batch.peer_family == socket.AF_INET
            assert batch.peer_addresses == b"\x7f\0\0\x01" * 2
            if sys.platform == "linux":
                assert batch.local_addresses == b"\x7f\0\0\x01" * 2
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
                six.sendto(b"6", ("::1", name[1]))
                there.sendto(b"4", name)
                assert batch.recv(here) == 2
                assert batch.peers() == [
                    ("::1", six.getsockname()[1], 0, 0), there.getsockname(),
                ]  # fmt: skip
            assert batch.peer_family == socket.AF_INET6
            assert (
                batch.peer_addresses
                == socket.inet_pton(socket.AF_INET6, "::1") + MAPPED + b"\x7f\0\0\x01"
            )

    def test_unix_peers(self, datagram, make_pair):
        with make_pair("unix") as (here, there, name):
            batch = datagram.DatagramBatch(timestamps=True)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unnamed:
                unnamed.sendto(b"x", name)
            there.sendto(b"y", name)
            senders = [None, there.getsockname()]
            if sys.platform == "linux":
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as abstract:
                    abstract.bind(b"\0fastsock-datagram-%d" % os.getpid())
                    abstract.sendto(b"", name)
                    senders.append(abstract.getsockname())
            assert batch.recv(here) == len(senders)
            assert batch.peers() == senders
            assert batch.peer_family == socket.AF_UNIX
            for column in ("peer_addresses", "peer_ports"):
                with pytest.raises(ValueError, match="the peers are not all of AF_INET"):
                    getattr(batch, column)

    def test_an_empty_batch(self, datagram):
        batch = datagram.DatagramBatch(local=True, tos=True, timestamps=True)
        assert len(batch) == batch.dropped == 0
        assert batch.payloads() == batch.views() == batch.peers() == list(batch) == []
        assert batch.peer_addresses == batch.truncated == batch.tos == b""
        assert batch.local_addresses == b""
        assert batch.peer_family == socket.AF_UNSPEC
        assert [len(batch.peer_ports), len(batch.interfaces), len(batch.timestamps)] == [0] * 3

    def test_repr(self, datagram):
        batch = datagram.DatagramBatch(7, 99)
        assert repr(batch) == "<DatagramBatch datagrams=0 slots=7 slot_size=99>"
        assert (batch.slots, batch.slot_size) == (7, 99)
        assert datagram.DatagramBatch(1, 1, gro=True).slot_size == 65535


class TestViews:
    def test_a_view_stays_as_it_is(self, datagram, pair):
        here, there, name = pair
        batch = datagram.DatagramBatch(2, 100)
        kept = []
        for n in range(20):
            there.sendto(b"number %d" % n, name)
            batch.recv(here)
            kept += batch.views()
            if n % 3 == 0:
                kept[n // 2] = kept[n // 2][:]  # drop the others, keep this one
        assert [bytes(view) for view in kept] == [b"number %d" % n for n in range(20)]

    def test_a_view_outlives_its_batch(self, datagram, ipv4):
        here, there, name = ipv4
        there.sendto(b"data", name)
        batch = datagram.DatagramBatch()
        batch.recv(here)
        (view,) = batch.views()
        del batch
        assert view.readonly
        assert view.format == "B"
        assert bytes(view) == b"data"

    def test_no_more_is_seen_through_a_view(self, datagram, ipv4):
        here, there, name = ipv4
        there.sendto(b"data", name)
        batch = datagram.DatagramBatch()
        batch.recv(here)
        (view,) = batch.views()
        owner = view.obj
        if not isinstance(owner, bytes):
            with pytest.raises(BufferError, match="only the batch makes views of its memory"):
                memoryview(owner)
            with pytest.raises(TypeError):
                owner.__reduce__()


class TestModes:
    def test_nothing_there(self, datagram, pair):
        here, _, _ = pair
        here.setblocking(False)
        batch = datagram.DatagramBatch()
        with pytest.raises(BlockingIOError) as caught:
            batch.recv(here)
        assert caught.value.errno == 11 or sys.platform != "linux"

    def test_timeout(self, datagram, pair):
        here, there, name = pair
        here.settimeout(0.05)
        batch = datagram.DatagramBatch()
        start = time.monotonic()
        with pytest.raises(TimeoutError, match=r"^timed out$"):
            batch.recv(here)
        assert time.monotonic() - start >= 0.05
        there.sendto(b"late", name)
        assert batch.recv(here) == 1
        assert here.gettimeout() == 0.05

    @pytest.mark.parametrize("timeout", [None, 30])
    def test_waits_for_the_first_and_no_longer(self, datagram, pair, timeout):
        here, there, name = pair
        here.settimeout(timeout)
        batch = datagram.DatagramBatch(8)
        timer = threading.Timer(0.05, there.sendto, (b"one", name))
        timer.start()
        assert batch.recv(here) == 1  # and not 8, which never come
        timer.join()
        there.sendto(b"two", name)
        assert batch.recv(here) == 1

    def test_a_failed_call_leaves_the_batch_empty(self, datagram, ipv4):
        here, there, name = ipv4
        here.setblocking(False)
        batch = datagram.DatagramBatch()
        there.sendto(b"one", name)
        batch.recv(here)
        with pytest.raises(BlockingIOError):
            batch.recv(here)
        assert batch.payloads() == batch.peers() == []

    def test_a_default_timeout_changes_nothing(self, datagram, ipv4):
        here, there, name = ipv4
        socket.setdefaulttimeout(30)
        try:
            there.sendto(b"one", name)
            assert datagram.DatagramBatch().recv(here) == 1
            assert datagram.send_batch(there, [b"two"], name) == 1
        finally:
            socket.setdefaulttimeout(None)
        assert not os.get_blocking(here.fileno())

    def test_closed(self, datagram, ipv4):
        here, _, name = ipv4
        here.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            datagram.DatagramBatch().recv(here)
        with pytest.raises(OSError, match="Bad file descriptor"):
            datagram.send_batch(here, [b"x"], name)

    @LINUX
    def test_shut_down(self, datagram, make_pair):
        for kind in ("ipv4", "ipv6", "unix"):
            with make_pair(kind) as (here, there, name):
                if kind != "unix":  # where a connected socket hears of its peer only
                    here.connect(there.getsockname())
                there.sendto(b"before", name)
                here.shutdown(socket.SHUT_RD)
                batch = datagram.DatagramBatch(4)
                spent = time.process_time()
                assert batch.recv(here) == 1
                assert batch.payloads() == [b"before"]
                for timeout in (20, None, 20):
                    here.settimeout(timeout)
                    assert batch.recv(here) == len(batch.payloads()) == 0
                here.settimeout(0)
                with pytest.raises(BlockingIOError):
                    batch.recv(here)
                assert time.process_time() - spent < 5  # and it does not spin until the timeout

    def test_an_icmp_error_comes_once(self, datagram, make_pair):
        for kind in ("ipv4", "ipv6"):
            with make_pair(kind) as (here, there, name):
                there.connect(name)
                here.close()
                there.send(b"nobody is there")
                there.settimeout(0.05)
                batch = datagram.DatagramBatch()
                with pytest.raises(ConnectionRefusedError):
                    batch.recv(there)
                with pytest.raises(TimeoutError):
                    batch.recv(there)

    @LINUX
    def test_an_icmp_error_after_datagrams(self, datagram, ipv4):
        here, there, name = ipv4
        there.connect(name)
        here.connect(there.getsockname())
        here.send(b"one")
        here.send(b"two")
        here.close()
        batch = datagram.DatagramBatch()
        there.send(b"nobody is there")
        there.settimeout(0.05)
        seen = []
        for _ in range(3):
            try:
                seen.append(batch.recv(there))
            except OSError as error:
                seen.append(type(error))
        # The kernel reports a pending error before the data. None is lost or duplicated.
        assert sorted(seen, key=str) == [2, ConnectionRefusedError, TimeoutError]

    def test_not_a_socket(self, datagram):
        with pytest.raises(AttributeError):
            datagram.DatagramBatch().recv(None)
        with pytest.raises(TypeError):
            datagram.DatagramBatch().recv()


@LINUX
class TestControl:
    def test_local_address_and_interface(self, datagram, internet_pair):
        here, there, name = internet_pair
        batch = datagram.DatagramBatch(local=True)
        support.prepare(here, support.LOCAL)
        for word in (b"x", b"y"):
            there.sendto(word, name)
        assert batch.recv(here) == 2
        one = socket.inet_pton(there.family, name[0])
        if here.family != there.family:
            one = MAPPED + one
        assert batch.local_addresses == one * 2
        assert list(batch.interfaces) == [socket.if_nametoindex("lo")] * 2

    def test_tos(self, datagram, internet_pair):
        here, there, name = internet_pair
        batch = datagram.DatagramBatch(tos=True)
        support.prepare(here, support.TOS)
        six = there.family == socket.AF_INET6
        level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
        for tos in (0x02, 0xB8, 0):
            there.setsockopt(level, socket.IPV6_TCLASS if six else socket.IP_TOS, tos)
            there.sendto(b"", name)
        assert batch.recv(here) == 3
        assert batch.tos == b"\x02\xb8\0"

    def test_timestamps(self, datagram, pair):
        here, there, name = pair
        batch = datagram.DatagramBatch(timestamps=True)
        support.prepare(here, support.TIMESTAMPS)
        before = time.time_ns()
        there.sendto(b"x", name)
        there.sendto(b"y", name)
        assert batch.recv(here) == 2
        first, second = batch.timestamps
        # The kernel's clock may be a tick behind that which a program reads.
        assert before - 10**8 <= first <= second <= time.time_ns() + 10**8

    def test_asked_before_the_first_comes(self, datagram, internet_pair):
        here, there, name = internet_pair
        batch = datagram.DatagramBatch(local=True, timestamps=True, gro=True)
        assert batch.prepare(here) is None
        there.sendto(b"x", name)
        batch.recv(here)
        assert any(batch.local_addresses)
        assert batch.interfaces[0]
        assert batch.timestamps[0]
        here.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            batch.prepare(here)

    @pytest.mark.parametrize("name", ["local", "tos", "timestamps"])
    def test_what_was_not_asked_for(self, datagram, name):
        batch = datagram.DatagramBatch(**{n: n != name for n in ("local", "tos", "timestamps")})
        columns = {"local": ["local_addresses", "interfaces"]}.get(name, [name])
        for column in columns:
            with pytest.raises(ValueError, match=rf"^{name} is there only for .*{name}=True\)$"):
                getattr(batch, column)

    def test_dropped_is_the_kernels_count(self, datagram, ipv4):
        here, there, name = ipv4
        batch = datagram.DatagramBatch(64, 2048)
        support.prepare(here, 0)
        here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent, got = 0, 0
        for _ in range(3):
            for _ in range(50):
                there.sendto(struct.pack("I", sent), name)
                sent += 1
            got += batch.recv(here)
        # Drops after the last datagram was queued show in the next one.
        there.sendto(b"last", name)
        got += batch.recv(here)
        room = here.getsockopt(socket.SOL_SOCKET, constants.SO_MEMINFO, 36)
        kernel = struct.unpack("9I", room)[8]
        port = f":{name[1]:04X} "
        with open("/proc/net/udp") as lines:
            (line,) = [line for line in lines if port in line.split(" 0000")[0] + " "]
        assert batch.dropped == kernel == int(line.split()[-1]) > 0
        assert got + batch.dropped == sent + 1

    def test_descriptors_that_nobody_takes_are_closed(self, datagram, make_pair):
        with make_pair("unix") as (here, there, name):
            batch = datagram.DatagramBatch(timestamps=True)
            opened = len(list(Path("/proc/self/fd").iterdir()))
            with open(os.devnull) as null:
                rights = array.array("i", [null.fileno()] * 5)
                message = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
                for _ in range(3):
                    there.sendmsg([b"take these"], message, 0, name)
            assert batch.recv(here) == 3
            assert batch.payloads() == [b"take these"] * 3
            assert len(list(Path("/proc/self/fd").iterdir())) == opened


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "keywords", "kind", "message"),
        [
            ((0,), {}, ValueError, "slots must be between 1 and 65536, not 0"),
            ((-1,), {}, ValueError, "slots must be between 1 and 65536, not -1"),
            ((1 << 70,), {}, ValueError, None),
            ((1, 0), {}, ValueError, "slot_size must be between 1 and 1048576, not 0"),
            ((1, 1 << 21), {}, ValueError, None),
            (("1",), {}, TypeError, None),
            ((1.5,), {}, TypeError, None),
            ((), {"mapped": "ipv6"}, ValueError, "mapped must be 'keep' or 'ipv4', not 'ipv6'"),
            ((), {"mapped": None}, ValueError, "mapped must be 'keep' or 'ipv4', not None"),
            ((1, 2, True), {}, TypeError, None),
        ],
    )
    def test_refused(self, datagram, arguments, keywords, kind, message):
        with pytest.raises(kind) as caught:
            datagram.DatagramBatch(*arguments, **keywords)
        assert message is None or str(caught.value) == message

    def test_no_pickles(self, datagram):
        with pytest.raises(TypeError, match=r"^cannot pickle 'DatagramBatch' object$"):
            datagram.DatagramBatch().__reduce__()


def test_an_address_error_is_both(datagram, ipv4):
    here, _, _ = ipv4
    with pytest.raises(AddressError):
        datagram.send_batch(here, [b"x"], ("localhost", 9))
