"""`SocketReader` on real sockets, plain and TLS: what it reads, keeps, and waits for."""

import asyncio
import errno
import os
import random
import select
import signal
import socket
import ssl
import struct
import threading
import time

import pytest

import fastsock
from fastsock import (
    Delimiter,
    FixedSize,
    FrameError,
    FrameTooLargeError,
    IncompleteReadError,
    LengthPrefix,
    LimitOverrunError,
    Lines,
    Netstring,
    SocketReader,
    Varint,
)

HANG = 30  # seconds: no test waits so long unless something is broken


@pytest.fixture(autouse=True)
def accumulators(stream, monkeypatch):
    """Readers over each twin's accumulator."""
    monkeypatch.setattr("fastsock.stream.reader.RecvAccumulator", stream.RecvAccumulator)


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    return here, there


@pytest.fixture(scope="module")
def contexts(authority):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client, server


def tls_pair(contexts):
    client, server = contexts
    here, there = tcp_pair()
    wrapped = []
    other = threading.Thread(
        target=lambda: wrapped.append(server.wrap_socket(there, server_side=True))
    )
    other.start()
    here = client.wrap_socket(here, server_hostname="localhost")
    other.join()
    return here, wrapped[0]


@pytest.fixture(params=["tcp", "unix", "tls"])
def pair(request, contexts):
    if request.param == "unix" and not hasattr(socket, "AF_UNIX"):
        pytest.skip("no UNIX sockets here")
    if request.param == "tls":
        here, there = tls_pair(contexts)
    else:
        here, there = tcp_pair() if request.param == "tcp" else socket.socketpair()
    with here, there:
        here.settimeout(HANG)
        yield here, there


@pytest.fixture
def plain():
    here, there = tcp_pair()
    with here, there:
        here.settimeout(HANG)
        yield here, there


def end(there):
    """End the stream as the peer's kind of socket does it."""
    if isinstance(there, ssl.SSLSocket):
        there.close()  # a TLS stream may end like this, by suppress_ragged_eofs
    else:
        there.shutdown(socket.SHUT_WR)


class Drip(threading.Thread):
    """A peer that sends a byte at a time, until it is told to stop."""

    def __init__(self, there, pause=0.01):
        super().__init__()
        self.there, self.pause, self.enough = there, pause, threading.Event()

    def run(self):
        while not self.enough.wait(self.pause):
            self.there.sendall(b"x")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc_info):
        self.enough.set()
        self.join()


class TestReads:
    def test_each_of_them_goes_on_where_the_last_one_stopped(self, pair):
        here, there = pair
        reader = SocketReader(here)
        there.sendall(b"abcline\r\nkey=\x02hi\x00\x03abc5:hello,restall")
        assert reader.read_exactly(3) == b"abc"
        assert reader.read_line() == b"line\r\n"
        assert reader.read_until(b"=") == b"key="
        assert reader.frame(LengthPrefix(1)) == b"hi"
        assert reader.frame(LengthPrefix(2)) == b"abc"
        assert reader.frame(Netstring()) == b"hello"
        assert reader.read(4) == b"rest"
        end(there)
        assert reader.read_all() == b"all"
        assert reader.at_eof()

    def test_the_end_is_the_end_every_time(self, pair):
        here, there = pair
        end(there)
        reader = SocketReader(here)
        assert not reader.at_eof()
        for _ in range(2):
            assert reader.read() == reader.read(5) == reader.read_all() == b""
            assert reader.read_line() == reader.read_exactly(0) == b""
            assert reader.frames(LengthPrefix(4)) == []
            assert reader.frame(LengthPrefix(4)) is None
            assert list(reader) == list(reader.iter_frames(Lines())) == []
            with pytest.raises(IncompleteReadError) as caught:
                reader.read_exactly(1)
            assert (caught.value.partial, caught.value.expected) == (b"", 1)
            with pytest.raises(IncompleteReadError) as caught:
                reader.read_until(b"\n")
            assert (caught.value.partial, caught.value.expected) == (b"", None)

    def test_the_end_inside_a_frame(self, pair):
        here, there = pair
        there.sendall(b"\x00\x01a\x00\x05bcd")
        end(there)
        reader = SocketReader(here)
        assert reader.frames(LengthPrefix(2)) == [b"a"]
        for read in (
            lambda: reader.frames(LengthPrefix(2)),
            lambda: reader.frame(LengthPrefix(2)),
            lambda: next(reader.iter_frames(LengthPrefix(2))),
            lambda: reader.read_exactly(7),
        ):
            with pytest.raises(IncompleteReadError) as caught:
                read()
            assert (caught.value.partial, caught.value.expected) == (b"\x00\x05bcd", 7)
            assert isinstance(caught.value, asyncio.IncompleteReadError)
        assert reader.read_all() == b"\x00\x05bcd"

    def test_half_close_leaves_the_other_half_open(self, plain):
        here, there = plain
        there.sendall(b"question")
        there.shutdown(socket.SHUT_WR)
        assert SocketReader(here).read_all() == b"question"
        here.sendall(b"answer")
        assert there.recv(100) == b"answer"

    def test_read_waits_for_one_byte_only(self, pair):
        here, there = pair
        reader = SocketReader(here)
        assert reader.read(0) == b""
        there.sendall(b"abc")
        assert reader.read(2) == b"ab"
        assert reader.read(100) == b"c"
        there.sendall(b"def")
        assert reader.read(100) == b"def"

    def test_a_large_read_as_a_view(self, pair):
        here, there = pair
        data = random.Random(1).randbytes(3_000_000)
        writer = threading.Thread(target=there.sendall, args=(data,))
        writer.start()
        view = SocketReader(here).read_exactly(len(data), view=True)
        writer.join()
        assert type(view) is memoryview
        assert view == data

    def test_a_negative_size(self, plain):
        with pytest.raises(ValueError, match="read_exactly size can not be less than zero"):
            SocketReader(plain[0]).read_exactly(-1)

    def test_no_framer(self, plain):
        reader = SocketReader(plain[0])
        for read in (reader.frames, reader.frame, lambda framer: next(reader.iter_frames(framer))):
            with pytest.raises(TypeError, match="a framer is required, not 'bytes'"):
                read(b"\n")

    def test_views_of_frames(self, plain):
        here, there = plain
        there.sendall(b"one\ntwo\n")
        views = SocketReader(here).frames(Lines(), views=True)
        assert views == [b"one", b"two"]
        assert {type(view) for view in views} == {memoryview}


class TestIteration:
    def test_lines_as_those_of_a_binary_file(self, pair):
        here, there = pair
        there.sendall(b"one\n\ntwo\r\nlast")
        end(there)
        assert list(SocketReader(here)) == [b"one\n", b"\n", b"two\r\n", b"last"]

    def test_a_loop_that_is_left_has_read_nothing_too_many(self, pair):
        here, there = pair
        there.sendall(b"\x01a\x01b\x01crest")
        reader = SocketReader(here)
        for frame in reader.iter_frames(LengthPrefix(1)):
            if frame == b"b":
                break
        assert reader.read_exactly(6) == b"\x01crest"

    def test_frames_before_a_bad_one_and_the_way_on(self, plain):
        here, there = plain
        there.sendall(b"\x01a\x01b\x09too large\x01c")
        end(there)
        reader, framer, got = SocketReader(here), LengthPrefix(1, max_frame=4), []
        with pytest.raises(FrameTooLargeError) as caught:
            got += reader.iter_frames(framer)  # extends one by one
        assert got == [b"a", b"b"]
        assert (caught.value.declared, caught.value.limit) == (9, 4)
        assert reader.accumulator.skip_frame(framer)
        assert list(reader.iter_frames(framer)) == [b"c"]


def prefixed(bodies, framer):
    return b"".join(len(body).to_bytes(framer.width, framer.byteorder) + body for body in bodies)


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


BODIES = [b"", b"a", b"x" * 300, b"a,b:c", b"", b"y" * 127, b"z" * 128]
TEXTS = [b"", b"a", b"x" * 300, b"a,b:c", b"\r", b"y" * 127]
STREAMS = {
    "prefix": (LengthPrefix(2), prefixed(BODIES, LengthPrefix(2)), BODIES),
    "little": (
        LengthPrefix(3, byteorder="little", strip=0, adjust=0),
        prefixed(BODIES, LengthPrefix(3, byteorder="little")),
        [len(body).to_bytes(3, "little") + body for body in BODIES],
    ),
    "inclusive": (
        LengthPrefix(2, offset=1, adjust=-3, signed=True),
        b"".join(b"T" + struct.pack(">h", len(body) + 3) + body for body in BODIES),
        BODIES,
    ),
    "varint": (Varint(), b"".join(varint(len(b)) + b for b in BODIES), BODIES),
    "varint, kept": (
        Varint(keep=True),
        b"".join(varint(len(b)) + b for b in BODIES),
        [varint(len(b)) + b for b in BODIES],
    ),
    "netstring": (Netstring(), b"".join(b"%d:%b," % (len(b), b) for b in BODIES), BODIES),
    "fixed": (FixedSize(7), bytes(range(70)), [bytes(range(n, n + 7)) for n in range(0, 70, 7)]),
    "delimiter": (Delimiter(b"--"), b"--".join([*TEXTS, b""]), TEXTS),
    "delimiters": (Delimiter((b";", b"||"), keep=True), b"a;b||c;", [b"a;", b"b||", b"c;"]),
    "lines": (Lines(), b"one\r\ntwo\nlast", [b"one", b"two", b"last"]),
    "CRLF": (Lines(b"\r\n", keep=True), b"a\nb\r\nc\r\n", [b"a\nb\r\n", b"c\r\n"]),
}


@pytest.mark.parametrize("name", STREAMS)
class TestSegmentation:
    """However a stream is cut on its way, the same frames come out, by whichever call."""

    @pytest.fixture(params=["drip", *range(5)])
    def pieces(self, request, name):
        data = STREAMS[name][1]
        if request.param == "drip":
            return [data[n : n + 1] for n in range(len(data))]
        dice = random.Random(request.param)
        cuts = sorted(dice.sample(range(1, len(data)), 4))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    @pytest.fixture
    def reader(self, pieces):
        class Pieces:
            """Receives one piece a call."""

            def recv_into(self, buffer):
                piece = pieces.pop(0) if pieces else b""
                buffer[: len(piece)] = piece
                return len(piece)

        return SocketReader(Pieces())

    def test_all(self, name, reader):
        framer, _, expected = STREAMS[name]
        got = []
        while frames := reader.frames(framer):
            got += frames
        assert got == expected

    def test_one_by_one(self, name, reader):
        framer, _, expected = STREAMS[name]
        assert list(reader.iter_frames(framer)) == expected

    def test_one_then_the_rest_by_hand(self, name, reader):
        framer, data, expected = STREAMS[name]
        assert reader.frame(framer) == expected[0]
        rest = reader.read_all()
        assert data.endswith(rest)
        with_rest = fastsock.RecvAccumulator()
        with_rest.feed(rest)
        with_rest.feed_eof()
        assert with_rest.frames(framer) == expected[1:]


@pytest.mark.parametrize(
    ("framer", "data", "error"),
    [
        (LengthPrefix(1, max_frame=2), b"\x03abc", FrameTooLargeError),
        (LengthPrefix(4), b"\xff\xff\xff\xff", FrameTooLargeError),
        (LengthPrefix(1, signed=True), b"\xff", FrameError),
        (LengthPrefix(1, strip=5), b"\x01abcdef", FrameError),
        (Varint(max_frame=2), b"\x03abc", FrameTooLargeError),
        (Varint(), b"\xff" * 10, FrameError),
        (Netstring(max_frame=2), b"3:abc,", FrameTooLargeError),
        (Netstring(), b"3:abcd", FrameError),
        (Netstring(), b"03:abc,", FrameError),
        (Netstring(), b"x", FrameError),
        (Delimiter(b";", max_frame=2), b"abc;", LimitOverrunError),
        (Delimiter(b";", max_frame=2), b"abcd", LimitOverrunError),
        (FixedSize(1 << 30), b"abc", FrameTooLargeError),
    ],
)
def test_bad_frames_stay(plain, framer, data, error):
    here, there = plain
    there.sendall(data)
    reader = SocketReader(here)
    for _ in range(2):
        for read in (reader.frames, reader.frame):
            with pytest.raises(error):
                read(framer)
    assert reader.read_exactly(len(data)) == data


class TestLimits:
    def test_more_than_max_size(self, plain):
        here, there = plain
        reader = SocketReader(here, max_size=8)
        there.sendall(b"0123456789")
        with pytest.raises(FrameTooLargeError):
            reader.read_exactly(9)
        with pytest.raises(LimitOverrunError):
            reader.read_all()
        with pytest.raises(LimitOverrunError):
            reader.read_until(b"\n")
        with pytest.raises(LimitOverrunError):
            reader.read_line(max_frame=4)
        assert reader.read_exactly(8) == b"01234567"
        assert reader.read(5) == b"89"

    def test_all_of_exactly_max_size(self, pair):
        here, there = pair
        reader = SocketReader(here, max_size=8)
        there.sendall(b"01234567")
        end(there)
        assert reader.read_all() == b"01234567"
        assert reader.at_eof()
        assert reader.read_all() == b""

    def test_all_of_one_byte_more(self, pair):
        here, there = pair
        reader = SocketReader(here, max_size=8)
        there.sendall(b"012345678")
        for _ in range(3):
            with pytest.raises(LimitOverrunError, match="no room: 8 bytes are unread, of at most"):
                reader.read_all()
            assert len(reader.accumulator) == 8
            assert not reader.at_eof()
        end(there)
        assert reader.read_exactly(8) == b"01234567"
        assert reader.read_all() == b"8"

    def test_max_size(self, plain):
        with pytest.raises(ValueError, match="max_size"):
            SocketReader(plain[0], max_size=0)

    def test_an_accumulator_to_go_on_with(self, plain, stream):
        here, there = plain
        accumulator = stream.RecvAccumulator()
        accumulator.feed(b"be")
        reader = SocketReader(here, accumulator=accumulator)
        assert reader.accumulator is accumulator
        there.sendall(b"fore\n")
        assert reader.read_line() == b"before\n"


READS = {
    "read_exactly": lambda reader, **options: reader.read_exactly(1000, **options),
    "read_until": lambda reader, **options: reader.read_until(b"\n", **options),
    "read_line": lambda reader, **options: reader.read_line(**options),
    "read_all": lambda reader, **options: reader.read_all(**options),
    "frames": lambda reader, **options: reader.frames(Lines(), **options),
    "frame": lambda reader, **options: reader.frame(Lines(), **options),
    "iter_frames": lambda reader, **options: next(reader.iter_frames(Lines(), **options)),
}


class TestWaiting:
    @pytest.mark.parametrize("name", READS)
    def test_a_drip_does_not_outlast_the_deadline(self, pair, name):
        here, there = pair
        reader = SocketReader(here)
        with Drip(there), pytest.raises(TimeoutError):
            READS[name](reader, timeout=0.1)
        assert here.gettimeout() == HANG
        kept = len(reader.accumulator)
        assert kept > 0
        there.sendall(b"!\n")  # and it goes on, unlike a file made of the socket
        assert set(reader.read_line()[:-2]) <= {ord("x")}

    def test_the_sockets_own_timeout_is_for_the_whole_read(self, pair):
        here, there = pair
        here.settimeout(1.0)
        reader = SocketReader(here)
        with Drip(there), pytest.raises(TimeoutError):
            reader.read_line()
        assert len(reader.accumulator) > 1
        assert here.gettimeout() == 1.0

    @pytest.mark.parametrize("own", [None, 0.0, 0.05, 60.0])
    def test_what_comes_in_time(self, pair, own):
        here, there = pair
        here.settimeout(own)
        reader = SocketReader(here)
        pieces = [threading.Timer(delay, there.sendall, [b"abc"]) for delay in (0.1, 0.2)]
        for timer in pieces:
            timer.start()
        assert reader.read_exactly(6, timeout=HANG) == b"abcabc"
        for timer in pieces:
            timer.join()
        assert here.gettimeout() == own

    def test_for_ever_in_spite_of_the_sockets_timeout(self, pair):
        here, there = pair
        here.settimeout(0.01)
        later = threading.Timer(0.1, there.sendall, [b"abc"])
        later.start()
        assert SocketReader(here).read_exactly(3, timeout=None) == b"abc"
        later.join()

    def test_what_is_there_needs_no_time(self, pair):
        here, there = pair
        there.sendall(b"ab")
        reader = SocketReader(here)
        assert reader.read_exactly(1) == b"a"
        assert reader.read_exactly(1, timeout=0) == b"b"

    def test_not_to_wait(self, pair):
        here, there = pair
        reader = SocketReader(here)
        there.sendall(b"abc")
        select.select([here], [], [], HANG)
        for _ in range(2):
            with pytest.raises((BlockingIOError, ssl.SSLWantReadError)):
                reader.read_exactly(6, timeout=0)
        there.sendall(b"def")
        assert reader.read_exactly(6) == b"abcdef"

    def test_a_non_blocking_socket(self, pair):
        here, there = pair
        here.setblocking(False)
        reader = SocketReader(here)
        there.sendall(b"abc")
        select.select([here], [], [], HANG)
        for _ in range(2):
            with pytest.raises((BlockingIOError, ssl.SSLWantReadError)):
                reader.read_exactly(6)
        there.sendall(b"def")
        assert reader.read_exactly(6, timeout=HANG) == b"abcdef"

    @pytest.mark.parametrize("own", [None, 60.0])
    def test_half_a_tls_record_does_not_outlast_the_deadline(self, contexts, own):
        client, server = contexts
        here, there = tcp_pair()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        peer = server.wrap_bio(incoming, outgoing, server_side=True)

        def shake_hands():
            while True:
                try:
                    peer.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    there.sendall(outgoing.read())
                    incoming.write(there.recv(1 << 16))
            there.sendall(outgoing.read())

        with there:
            shaking = threading.Thread(target=shake_hands)
            shaking.start()
            with client.wrap_socket(here, server_hostname="localhost") as here:
                shaking.join()
                here.settimeout(own)
                reader = SocketReader(here)
                peer.write(b"hello")
                record = outgoing.read()
                there.sendall(record[:-1])
                with pytest.raises(TimeoutError):
                    reader.read_exactly(5, timeout=0.1)
                there.sendall(record[-1:])
                assert reader.read_exactly(5, timeout=HANG) == b"hello"
                assert here.gettimeout() == own

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
    @pytest.mark.parametrize("timeout", [None, HANG, 2 * HANG])
    def test_an_exception_of_a_signal_handler(self, pair, timeout):
        class HandlerError(Exception):
            pass

        def stop(*_):
            raise HandlerError

        here, there = pair
        reader = SocketReader(here)
        there.sendall(b"abc")
        before = signal.signal(signal.SIGALRM, stop)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(HandlerError):
                reader.read_exactly(6, timeout=timeout)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert here.gettimeout() == HANG
        there.sendall(b"def")
        if isinstance(here, ssl.SSLSocket):  # which may have lost a record
            for _ in range(2):
                with pytest.raises(RuntimeError, match="may be lost"):
                    reader.read_exactly(6)
        else:
            assert reader.read_exactly(6) == b"abcdef"

    def test_a_negative_timeout(self, plain):
        with pytest.raises(ValueError, match="Timeout value out of range"):
            SocketReader(plain[0]).read_line(timeout=-1)

    def test_a_timeout_of_years(self, plain):
        here, there = plain
        there.sendall(b"abc")
        assert SocketReader(here).read_exactly(3, timeout=1e9) == b"abc"

    def test_the_timeout_of_a_plain_socket_stays_another_threads_own(self, plain):
        here, there = plain
        seen = []
        reader = SocketReader(here)

        def look():
            seen.append(here.gettimeout())
            there.sendall(b"\n")

        there.sendall(b"x")
        later = threading.Timer(0.1, look)
        later.start()
        assert reader.read_line(timeout=HANG * 2) == b"x\n"
        later.join()
        assert seen == [HANG]

    def test_an_object_with_a_timeout_of_its_own(self):
        class Slow:
            timeout = None

            def gettimeout(self):
                return self.timeout

            def settimeout(self, timeout):
                self.timeout = timeout

            def recv_into(self, buffer):
                if self.timeout is None:
                    buffer[:1] = b"x"
                    return 1
                raise TimeoutError("timed out")

        slow = Slow()
        reader = SocketReader(slow)
        assert reader.read_exactly(3) == b"xxx"
        with pytest.raises(TimeoutError):
            reader.read_exactly(3, timeout=5)
        assert slow.timeout is None

    @pytest.mark.skipif(not hasattr(select, "poll"), reason="select is all there is here")
    def test_without_poll(self, plain, monkeypatch):
        monkeypatch.delattr(select, "poll")
        here, there = plain
        reader = SocketReader(here)
        with pytest.raises(TimeoutError):
            reader.read_exactly(3, timeout=0.05)
        there.sendall(b"abc")
        assert reader.read_exactly(3, timeout=5) == b"abc"


class TestFaults:
    def test_a_reset_comes_after_the_data(self, plain):
        here, there = plain
        there.sendall(b"one\ntw")
        select.select([here], [], [], HANG)
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reader = SocketReader(here)
        assert reader.read_line() == b"one\n"
        there.close()
        with pytest.raises(ConnectionResetError):
            reader.read_line()
        assert reader.accumulator.peek() == b"tw"

    @pytest.mark.parametrize("timeout", [None, 5])
    def test_a_socket_that_was_closed(self, plain, timeout):
        here, there = plain
        there.sendall(b"abc")
        reader = SocketReader(here)
        assert reader.read_exactly(2) == b"ab"
        here.close()
        for options in ({}, {"timeout": timeout}):
            with pytest.raises(OSError, match=os.strerror(errno.EBADF)) as caught:
                reader.read_exactly(2, **options)
            assert caught.value.errno == errno.EBADF
        assert reader.accumulator.peek() == b"c"

    @pytest.mark.parametrize("timeout", [None, HANG, 2 * HANG])
    def test_shutdown_in_another_thread_ends_the_wait(self, plain, timeout):
        here, _ = plain
        later = threading.Timer(0.1, here.shutdown, [socket.SHUT_RD])
        later.start()
        with pytest.raises(IncompleteReadError):
            SocketReader(here).read_exactly(1, timeout=timeout)
        later.join()

    def test_two_threads_at_once(self, plain):
        here, there = plain
        reader, ready = SocketReader(here), threading.Event()
        got = []

        def first():
            ready.set()
            got.append(reader.read_line())

        other = threading.Thread(target=first)
        other.start()
        ready.wait()
        while True:  # until the other thread is in its wait
            try:
                reader.accumulator.peek()
            except RuntimeError as error:
                assert "in use" in str(error)  # noqa: PT017
                break
            time.sleep(0.001)
        with pytest.raises(RuntimeError, match="in use by another call"):
            reader.read_line()
        there.sendall(b"one\n")
        other.join()
        assert got == [b"one\n"]

    def test_an_object_that_fails(self):
        class Broken:
            def recv_into(self, buffer):
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            SocketReader(Broken()).read_line()


class TestClosing:
    def test_the_socket_is_not_the_readers(self, plain):
        here, there = plain
        there.sendall(b"one\ntwo\n")
        with SocketReader(here) as reader:
            assert reader.read_line() == b"one\n"
        assert reader.closed
        assert here.fileno() >= 0
        for read in READS.values():
            with pytest.raises(ValueError, match="closed reader"):
                read(reader)
        assert SocketReader(here, accumulator=reader.accumulator).read_line() == b"two\n"

    def test_unless_it_is_given(self, plain):
        here, _ = plain
        with SocketReader(here, close_socket=True) as reader:
            assert reader.sock is here
        assert here.fileno() == -1
        reader.close()

    def test_repr(self, plain):
        here, there = plain
        there.sendall(b"abc")
        reader = SocketReader(here)
        reader.read_exactly(1)
        assert repr(reader) == f"<SocketReader unread=2 sock={here!r}>"
        reader.close()
        assert repr(reader).startswith("<SocketReader closed ")


class TestWithoutConsuming:
    @pytest.fixture
    def there(self, pair):
        return pair[1]

    @pytest.fixture
    def reader(self, pair):
        return SocketReader(pair[0])

    def test_fill_waits_for_more(self, reader, there):
        there.sendall(b"abc")
        assert reader.fill() == 3
        assert reader.accumulator.peek() == b"abc"
        with pytest.raises(TimeoutError):
            reader.fill(timeout=0.01)
        there.sendall(b"de")
        assert (reader.fill(timeout=5), reader.read(9)) == (2, b"abcde")

    def test_fill_at_the_end(self, reader, there):
        there.sendall(b"abc")
        end(there)
        assert (reader.fill(), reader.fill(), reader.fill()) == (3, 0, 0)
        assert reader.read_all() == b"abc"

    def test_frames_up_to_a_limit(self, reader, there):
        there.sendall(b"\1a\1b\1c")
        assert reader.frames(LengthPrefix(1), limit=2) == [b"a", b"b"]
        assert reader.frames(LengthPrefix(1), limit=2) == [b"c"]
        with pytest.raises(ValueError, match="limit"):
            reader.frames(LengthPrefix(1), limit=0)

    def test_skipping_a_frame_that_is_still_to_come(self, reader, there):
        framer = LengthPrefix(1, max_frame=5)
        there.sendall(b"\x09much")
        with pytest.raises(FrameTooLargeError):
            reader.frames(framer)
        assert reader.skip_frame(framer)
        there.sendall(b" more\2ok")
        assert reader.frames(framer, timeout=5) == [b"ok"]
        with pytest.raises(TimeoutError):
            reader.skip_frame(framer, timeout=0.01)
        end(there)
        assert reader.skip_frame(framer) is False

    def test_a_last_frame_without_delimiter(self, reader, there):
        there.sendall(b"one;two")
        end(there)
        framer = Delimiter(b";", last=True)
        assert list(reader.iter_frames(framer)) == [b"one", b"two"]
