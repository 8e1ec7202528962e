"""`fill` on real sockets: TCP, UNIX, TLS, and whatever has `recv_into`; and when they fail."""

import asyncio
import errno
import io
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import pytest

from fastsock import LengthPrefix, Lines
from fastsock.errors import LimitOverrunError

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and descriptors as POSIX has them")


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    return here, there


@pytest.fixture(params=["tcp", "unix"])
def pair(request):
    if request.param == "unix" and not hasattr(socket, "AF_UNIX"):
        pytest.skip("no UNIX sockets here")
    here, there = tcp_pair() if request.param == "tcp" else socket.socketpair()
    with here, there:
        yield here, there


class InterruptError(Exception):
    pass


def fill_interrupted(acc, sock, moment):
    """Raise at the call or return of that number within a fill; False if there are fewer."""
    left = iter(range(moment - 1))

    def interrupt(frame, event, argument):
        if argument is not sys.setprofile and next(left, None) is None:
            raise InterruptError

    sys.setprofile(interrupt)
    try:
        acc.fill(sock)
    except InterruptError:
        return True
    finally:
        sys.setprofile(None)
    return False


@pytest.fixture
def acc(stream):
    return stream.RecvAccumulator()


class TestBasics:
    def test_bytes_then_the_end(self, acc, pair):
        here, there = pair
        there.sendall(b"hello")
        assert acc.fill(here) == 5
        there.shutdown(socket.SHUT_WR)
        assert not acc.eof
        assert acc.fill(here) == acc.fill(here) == 0
        assert acc.eof
        assert acc.take() == b"hello"
        here.sendall(b"the other half is still open")
        assert there.recv(100)

    @pytest.mark.parametrize("timeout", [None, 5])
    def test_a_stream_of_frames(self, acc, pair, timeout):
        here, there = pair
        here.settimeout(timeout)
        bodies = [bytes([n % 256]) * (n * 37 % 3000) for n in range(2000)]
        data = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
        writer = threading.Thread(target=lambda: (there.sendall(data), there.close()))
        writer.start()
        framer, got = LengthPrefix(4), []
        while acc.fill(here):
            got += acc.frames(framer)
        writer.join()
        assert got == bodies
        assert acc.frames(framer) == []

    def test_a_large_message(self, acc, pair):
        here, there = pair
        message = os.urandom(3_000_000)
        writer = threading.Thread(target=there.sendall, args=(message,))
        writer.start()
        while (taken := acc.take(len(message), view=True)) is None:
            acc.fill(here)
        writer.join()
        assert taken == message

    def test_hint(self, acc, pair):
        here, there = pair
        there.sendall(b"abc")
        assert acc.fill(here, 1_000_000) == 3
        with pytest.raises(ValueError, match="hint"):
            acc.fill(here, -1)
        with pytest.raises(TypeError):
            acc.fill(here, 1.0)

    def test_a_byte_at_a_time_with_views(self, acc, pair):
        here, there = pair
        views = []
        for byte in b"one\ntwo\nthree\n":
            there.sendall(bytes([byte]))
            assert acc.fill(here) == 1
            views += acc.frames(Lines(), views=True)
        assert views == [b"one", b"two", b"three"]

    def test_never_into_no_room(self, stream, pair):
        here, there = pair
        acc = stream.RecvAccumulator(max_size=4)
        there.sendall(b"123456")
        assert acc.fill(here) == 4
        for _ in range(2):
            with pytest.raises(LimitOverrunError, match="no room"):
                acc.fill(here)
        assert not acc.eof
        assert acc.take(3) == b"123"
        assert acc.fill(here) == 2
        assert acc.take() == b"456"


class TestNothingThere:
    def test_non_blocking(self, acc, pair):
        here, there = pair
        here.setblocking(False)
        acc.feed(b"kept")
        for _ in range(2):
            with pytest.raises(BlockingIOError) as caught:
                acc.fill(here)
            assert caught.value.errno in (errno.EAGAIN, errno.EWOULDBLOCK)
        here.settimeout(5)
        there.sendall(b"more")
        acc.fill(here)
        assert acc.take() == b"keptmore"

    def test_timeout(self, acc, pair):
        here, there = pair
        here.settimeout(0.05)
        acc.feed(b"kept")
        before = time.monotonic()
        with pytest.raises(TimeoutError) as caught:
            acc.fill(here)
        assert time.monotonic() - before >= 0.04
        assert caught.value.args == ("timed out",)
        there.sendall(b"more")
        assert acc.fill(here) == 4
        assert acc.take() == b"keptmore"

    def test_what_comes_during_the_wait(self, acc, pair):
        here, there = pair
        here.settimeout(30)
        later = threading.Timer(0.05, there.sendall, [b"late"])
        later.start()
        assert acc.fill(here) == 4
        later.join()

    @POSIX
    def test_non_blocking_behind_the_sockets_back(self, acc, pair):
        here, _ = pair
        os.set_blocking(here.fileno(), False)
        with pytest.raises(BlockingIOError):
            acc.fill(here)

    def test_an_idle_poll_keeps_no_block(self, stream, pair):
        here, _ = pair
        here.setblocking(False)
        idle = [stream.RecvAccumulator() for _ in range(5000)]
        for acc in idle:
            with pytest.raises(BlockingIOError):
                acc.fill(here)
            assert not acc.eof


@POSIX
class TestSignals:
    @pytest.fixture(params=[None, 30], ids=["blocking", "timeout"])
    def waiting(self, request, pair):
        here, there = pair
        here.settimeout(request.param)
        before = signal.getsignal(signal.SIGALRM)
        yield here, there
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    def test_a_handler_that_raises(self, acc, waiting):
        here, there = waiting

        def handler(number, frame):
            raise KeyboardInterrupt

        signal.signal(signal.SIGALRM, handler)
        acc.feed(b"kept")
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            acc.fill(here)
        there.sendall(b"more")
        assert acc.fill(here) == 4
        assert acc.take() == b"keptmore"

    def test_a_handler_that_returns(self, acc, waiting):
        here, there = waiting
        calls = []

        def handler(number, frame):
            calls.append(number)
            with pytest.raises(RuntimeError):
                acc.take()
            if len(calls) == 3:
                there.sendall(b"late")

        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        assert acc.fill(here) == 4
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert len(calls) >= 3

    def test_signals_do_not_put_the_deadline_off(self, acc, pair):
        here, _ = pair
        here.settimeout(0.2)
        before = signal.signal(signal.SIGALRM, lambda number, frame: None)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            with pytest.raises(TimeoutError):
                acc.fill(here)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    @pytest.mark.parametrize("kept", [b"", b"kept"], ids=["empty", "unread"])
    def test_an_interrupt_at_each_call_within(self, stream, pair, kept):
        """As a signal's handler would raise, which Python runs before and after calls."""
        here, there = pair
        here.settimeout(5)
        moments = 0
        interrupted = True
        while interrupted:
            moments += 1
            acc = stream.RecvAccumulator()
            acc.feed(kept)
            there.sendall(b"sent")
            interrupted = fill_interrupted(acc, here, moments)
            if len(acc) == len(kept):  # still in the socket
                assert acc.fill(here) == 4
            assert acc.take() == kept + b"sent"
        assert moments > 1

    def test_an_interrupt_at_each_call_of_the_last(self, stream, pair):
        here, there = pair
        there.close()
        moments = 0
        interrupted = True
        while interrupted:
            moments += 1
            acc = stream.RecvAccumulator()
            interrupted = fill_interrupted(acc, here, moments)
            assert acc.fill(here) == 0
            assert acc.eof
        assert moments > 1

    def test_no_byte_is_lost_under_a_hail_of_interrupts(self, acc, pair):
        here, there = pair
        data = bytes(range(256)) * 4000

        armed = False

        def handler(number, frame):
            if armed:
                raise InterruptError

        def send():
            for start in range(0, len(data), 10_000):
                there.sendall(data[start : start + 10_000])
                time.sleep(0.001)
            there.close()

        before = signal.signal(signal.SIGALRM, handler)
        writer = threading.Thread(target=send)
        writer.start()
        interrupts = 0
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
            while not acc.eof:
                try:
                    armed = True
                    acc.fill(here)
                    armed = False
                except InterruptError:
                    armed = False
                    interrupts += 1
        finally:
            armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            writer.join()
        assert interrupts
        assert acc.take() == data


class TestFaults:
    def test_reset_after_data(self, acc):
        here, there = tcp_pair()
        with here, there:
            there.sendall(b"last words")
            assert here.recv(1, socket.MSG_PEEK)
            there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            here.sendall(b"unread")
            there.close()
            calls = []
            with pytest.raises(ConnectionResetError):
                calls.extend(acc.fill(here) for _ in range(3))
            assert not acc.eof
            assert acc.take() in (b"last words", b"")  # the kernel may drop what it had queued

    @pytest.mark.parametrize("timeout", [None, 1, 0])
    def test_closed_socket(self, acc, pair, timeout):
        here, _ = pair
        here.settimeout(timeout)
        here.close()
        with pytest.raises(OSError) as caught:
            acc.fill(here)
        assert caught.value.errno == errno.EBADF
        assert not acc.eof

    def test_detached_socket(self, acc, pair):
        here, there = pair
        there.sendall(b"abc")
        other = socket.socket(fileno=here.detach())
        with pytest.raises(OSError):
            acc.fill(here)
        with other:
            assert acc.fill(other) == 3

    def test_not_connected(self, acc):
        with socket.socket() as lone, pytest.raises(OSError) as caught:
            acc.fill(lone)
        assert caught.value.errno == errno.ENOTCONN

    @POSIX
    def test_closed_by_another_thread_while_it_waits(self, acc, pair):
        """The descriptor is read afresh after each wait, so it is never another file's."""
        here, _ = pair
        here.settimeout(0.3)
        closer = threading.Timer(0.05, here.close)
        closer.start()
        with pytest.raises(OSError) as caught:
            acc.fill(here)
        closer.join()
        assert isinstance(caught.value, TimeoutError) or caught.value.errno == errno.EBADF
        assert not acc.eof

    def test_shut_down_by_another_thread_while_it_waits(self, acc):
        here, there = tcp_pair()
        with here, there:
            closer = threading.Timer(0.05, here.shutdown, [socket.SHUT_RDWR])
            closer.start()
            assert acc.fill(here) == 0
            closer.join()

    def test_a_slow_drip(self, acc, pair):
        here, there = pair
        here.settimeout(5)
        writer = threading.Thread(
            target=lambda: [(there.sendall(b"x"), time.sleep(0.001)) for _ in range(100)]
        )
        writer.start()
        while len(acc) < 100:
            acc.fill(here)
        writer.join()
        assert acc.take() == b"x" * 100

    def test_two_threads_in_fill(self, acc, pair):
        here, there = pair
        first = threading.Thread(target=acc.fill, args=(here,))
        first.start()
        deadline = time.monotonic() + 10
        refused = None
        while refused is None and time.monotonic() < deadline:
            try:
                acc.peek()
            except RuntimeError as error:
                refused = error
        assert refused is not None
        there.sendall(b"abc")
        first.join()
        assert acc.take() == b"abc"


class Source:
    """The least that `fill` asks for."""

    def __init__(self, *results):
        self.results = list(results)
        self.rooms = []

    def recv_into(self, buffer):
        self.rooms.append(len(buffer))
        result = self.results.pop(0)
        if isinstance(result, BaseException):
            raise result
        if isinstance(result, bytes):
            memoryview(buffer)[: len(result)] = result
            return len(result)
        return result


class TestOtherObjects:
    def test_anything_with_recv_into(self, acc):
        source = Source(b"abc", b"", b"never asked for")
        assert [acc.fill(source) for _ in range(4)] == [3, 0, 0, 0]
        assert acc.eof
        assert all(source.rooms)
        assert acc.take() == b"abc"

    @pytest.mark.parametrize("wrong", [-1, 1 << 20, 1 << 80])
    def test_results_that_can_not_be(self, acc, wrong):
        with pytest.raises(ValueError, match=rf"recv_into\(\) returned {wrong}, for a buffer of"):
            acc.fill(Source(wrong))
        assert len(acc) == 0

    def test_what_they_keep_is_no_way_to_later_bytes(self, stream):
        class Keeper:
            def recv_into(self, buffer):
                self.kept = buffer
                with pytest.raises(ValueError):
                    buffer[:2] = b"more than two"  # a buffer has the size it has
                buffer[:3] = b"abc"
                return 3

        keeper, first, second = Keeper(), stream.RecvAccumulator(), stream.RecvAccumulator()
        first.fill(keeper)
        assert type(keeper.kept) is memoryview
        assert first.take() == b"abc"
        second.feed(b"another's")
        keeper.kept[:3] = b"BAD"
        assert second.take() == b"another's"

    @pytest.mark.parametrize("wrong", [None, "3", 3.0])
    def test_results_of_no_use(self, acc, wrong):
        with pytest.raises(TypeError):
            acc.fill(Source(wrong))

    @pytest.mark.parametrize("wrong", [None, 3, io.BytesIO()])
    def test_objects_without_recv_into(self, acc, wrong):
        with pytest.raises(AttributeError):
            acc.fill(wrong)

    def test_what_they_raise_goes_through(self, acc):
        source = Source(b"abc", BlockingIOError("not now"), KeyboardInterrupt(), b"def")
        acc.fill(source)
        with pytest.raises(BlockingIOError, match="not now"):
            acc.fill(source)
        with pytest.raises(KeyboardInterrupt):
            acc.fill(source)
        acc.fill(source)
        assert acc.take() == b"abcdef"

    def test_subclasses_receive_in_their_own_way(self, acc, pair):
        _, there = pair

        class Upper(socket.socket):
            def recv_into(self, buffer, *args):
                count = super().recv_into(buffer, *args)
                buffer[:count] = bytes(buffer[:count]).upper()
                return count

        here = Upper(fileno=pair[0].detach())
        with here:
            there.sendall(b"abc")
            acc.fill(here)
        assert acc.take() == b"ABC"

    def test_a_replaced_socket_class_receives_in_its_own_way(self, twin):
        """As under gevent: to read from its descriptor would block the whole event loop."""
        code = (
            "import socket\n"
            "genuine = socket.socket\n"
            "class Green(genuine):\n"
            "    def recv_into(self, buffer, *args):\n"
            "        buffer[:5] = b'green'\n"
            "        return 5\n"
            "socket.socket = Green\n"
            f"from fastsock.stream._{twin.tag} import RecvAccumulator\n"
            "acc = RecvAccumulator()\n"
            "with Green() as sock:\n"
            "    acc.fill(sock)\n"
            "assert acc.take() == b'green'\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_pending_bytes_are_fetched(self, stream):
        class Records(Source):
            def pending(self):
                return len(self.results[0]) if self.results and self.results[0] else 0

        acc = stream.RecvAccumulator(max_size=10)
        assert acc.fill(Records(b"abc", b"de")) == 5
        acc.clear()
        assert acc.fill(Records(b"abc", b"defghij")) == 10
        acc.clear()
        source = Records(b"abc", b"0123456", b"more")
        assert acc.fill(source) == 10  # and no read into no room
        acc.clear()
        assert acc.fill(source) == 4

    def test_pending_may_be_none(self, acc):
        class Plain(Source):
            pending = None

        assert acc.fill(Plain(b"abc")) == 3

    def test_an_error_after_bytes_waits_for_the_next_call(self, acc):
        class Torn(Source):
            def pending(self):
                return 1

        source = Torn(b"abc", ConnectionResetError("gone"), ConnectionResetError("gone"))
        assert acc.fill(source) == 3
        with pytest.raises(ConnectionResetError):
            acc.fill(source)
        assert acc.take() == b"abc"

    def test_an_interrupt_after_bytes_loses_none(self, acc):
        class Torn(Source):
            def pending(self):
                return 1

        with pytest.raises(KeyboardInterrupt):
            acc.fill(Torn(b"abc", KeyboardInterrupt()))
        assert acc.take() == b"abc"


def test_asyncio_writes_in_place(acc, pair):
    """As a `BufferedProtocol`'s buffer; asyncio asks for its `len`."""
    here, there = pair
    framer, frames = LengthPrefix(4), []

    class Protocol(asyncio.BufferedProtocol):
        def __init__(self):
            self.lost = asyncio.get_running_loop().create_future()

        def get_buffer(self, sizehint):
            return acc.get_buffer(sizehint)

        def buffer_updated(self, nbytes):
            acc.buffer_updated(nbytes)
            frames.extend(acc.frames(framer))

        def eof_received(self):
            acc.feed_eof()

        def connection_lost(self, error):
            self.lost.set_result(error)

    async def receive():
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(Protocol, sock=here)
        assert await protocol.lost is None

    bodies = [bytes([n % 256]) * (n * 37 % 3000) for n in range(1000)]
    data = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
    writer = threading.Thread(target=lambda: (there.sendall(data), there.close()))
    writer.start()
    here.setblocking(False)
    asyncio.run(receive())
    writer.join()
    assert frames == bodies
    assert acc.eof
    assert acc.frames(framer) == []


@pytest.fixture(scope="module")
def contexts(authority):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client, server


@pytest.fixture
def tls(contexts):
    client, server = contexts
    near, far = tcp_pair()
    results = []
    shaking = threading.Thread(
        target=lambda: results.append(server.wrap_socket(far, server_side=True))
    )
    shaking.start()
    here = client.wrap_socket(near, server_hostname="localhost")
    shaking.join()
    with here, results[0] as there:
        yield here, there


class TestTLS:
    def test_frames(self, acc, tls):
        here, there = tls
        bodies = [bytes([n % 256]) * (n * 571 % 40_000) for n in range(100)]
        data = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
        writer = threading.Thread(target=there.sendall, args=(data,))
        writer.start()
        got = []
        while len(got) < len(bodies):
            assert acc.fill(here) > 0
            got += acc.frames(LengthPrefix(4))
        writer.join()
        assert got == bodies

    def test_nothing_stays_pending(self, stream, tls):
        """A selector does not see bytes that are decrypted already."""
        here, there = tls
        for max_size in (1 << 24, 20_000):
            acc = stream.RecvAccumulator(max_size)
            acc.feed(bytes(2000))
            there.sendall(bytes(16_384))
            acc.fill(here)
            assert here.pending() == 0
            assert len(acc) == 18_384

    def test_non_blocking(self, acc, tls):
        here, there = tls
        here.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            acc.fill(here)
        here.settimeout(0.05)
        with pytest.raises(TimeoutError):
            acc.fill(here)
        there.sendall(b"abc")
        here.settimeout(5)
        assert acc.fill(here) == 3
        assert acc.take() == b"abc"

    def test_the_end(self, acc, tls):
        here, there = tls
        there.sendall(b"bye")
        assert acc.fill(here) == 3
        there.shutdown(socket.SHUT_RDWR)
        assert acc.fill(here) == 0
        assert acc.eof

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
    @pytest.mark.parametrize("kind", [KeyboardInterrupt, ZeroDivisionError, TimeoutError])
    def test_a_handler_that_raises_breaks_the_accumulator(self, acc, tls, kind):
        """`ssl` may have lost a record, and does not say."""
        here, there = tls
        there.sendall(b"abc")
        acc.fill(here)

        def stop(*_):
            raise kind("by the handler")

        before = signal.signal(signal.SIGALRM, stop)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(kind, match="by the handler"):
                acc.fill(here)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        there.sendall(b"def")
        for call in [
            lambda: acc.fill(here),
            lambda: acc.feed(b"x"),
            acc.feed_eof,
            acc.get_buffer,
            lambda: acc.buffer_updated(0),
            acc.take,
            acc.peek,
            lambda: acc.take_until(b";"),
            acc.take_line,
            lambda: acc.frames(Lines()),
            lambda: acc.frame_offsets(Lines()),
            lambda: acc.skip_frame(Lines()),
            acc.clear,
        ] * 2:
            with pytest.raises(RuntimeError, match="bytes of the stream may be lost"):
                call()
        assert len(acc) == 3

    def test_its_own_errors_break_nothing(self, acc, tls):
        here, there = tls
        here.settimeout(0.02)
        with pytest.raises(TimeoutError):
            acc.fill(here)
        here.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            acc.fill(here)
        here.settimeout(30)
        there.sendall(b"abc")
        assert acc.fill(here) == 3
        assert acc.take() == b"abc"
