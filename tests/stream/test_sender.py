"""`send_frames`: whole frames, however little the socket takes at once."""

import socket
import ssl
import threading
import time
from contextlib import suppress

import pytest

from fastsock import Delimiter, Framer, LengthPrefix, Lines, SocketReader, TextLength, send_frames
from fastsock.errors import FrameError

pytestmark = pytest.mark.usefixtures("encoding")

MIXED = [b"small", b"", bytes(range(256)) * 200, b"more", bytearray(1 << 20), b"end"]
FRAMERS = [
    LengthPrefix(4),
    LengthPrefix(4, offset=1, adjust=-4),
    TextLength(b"\r\n", trailer=b"\r\n", prefix=b"$"),
    TextLength(b" ", markers=1),
    Delimiter(b"--end--"),
]


@pytest.fixture
def pair():
    here, there = socket.socketpair()
    here.settimeout(30)
    there.settimeout(30)
    with here, there:
        yield here, there


def read_all(sock):
    """What comes over a socket, gathered by a thread."""
    came = bytearray()

    def run():
        while data := sock.recv(1 << 16):
            came.extend(data)

    thread = threading.Thread(target=run)
    thread.start()
    return came, thread


class Stingy:
    """A socket that takes a few bytes, or none, a call."""

    def __init__(self, sock):
        self.sock = sock
        self.calls = 0

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def sendmsg(self, pieces, ancillary=(), flags=0):
        self.calls += 1
        assert 0 < len(pieces) <= 1024
        if self.calls % 5 == 0:
            raise BlockingIOError
        joined = b"".join(pieces)
        return self.sock.send(joined[: self.calls * 97])


@pytest.mark.parametrize("framer", FRAMERS, ids=repr)
@pytest.mark.parametrize("timeout", [None, 30, 0.0])
@pytest.mark.parametrize("wrap", [lambda sock: sock, Stingy])
def test_frames_arrive(pair, framer, timeout, wrap):
    here, there = pair
    expected = framer.encode_many(MIXED)
    came, thread = read_all(there)
    if timeout == 0.0:
        here.settimeout(0.0)
        options = {"timeout": 30}
    else:
        here.settimeout(timeout)
        options = {}
    assert send_frames(wrap(here), framer, MIXED, **options) == len(expected)
    here.shutdown(socket.SHUT_WR)
    thread.join(30)
    assert came == expected


def test_more_pieces_than_one_call_takes(pair):
    here, there = pair
    bodies = [bytes(1 << 15)] * 1500
    came, thread = read_all(there)
    send_frames(here, LengthPrefix(4), bodies)
    here.shutdown(socket.SHUT_WR)
    thread.join(30)
    assert came == LengthPrefix(4).encode_many(bodies)


class WithoutSendmsg:
    def __init__(self, step):
        self.step = step
        self.came = b""

    def send(self, data):
        self.came += bytes(data[: self.step])
        return len(data[: self.step])


def test_an_object_that_only_sends():
    sock = WithoutSendmsg(100)
    send_frames(sock, LengthPrefix(4), MIXED[:4])
    assert sock.came == LengthPrefix(4).encode_many(MIXED[:4])


def test_a_frame_of_the_users_own(pair):
    class Shouted(Framer):
        def encode(self, body):
            return body.upper().encode() + b"!"

    here, there = pair
    assert send_frames(here, Shouted(), ["hi", "ho"]) == 6
    assert there.recv(99) == b"HI!HO!"


def test_nothing_is_sent_of_a_batch_with_a_bad_body(pair):
    here, there = pair
    with pytest.raises(FrameError, match="body 2 can't be framed"):
        send_frames(here, Lines(), [b"a", bytes(1 << 16), b"b\n"])
    with pytest.raises(FrameError, match="body 1 can't be framed"):
        send_frames(here, LengthPrefix(2), [b"a", bytes(1 << 16), b"b"])
    with pytest.raises(FrameError, match="body 2 can't be framed"):
        send_frames(here, LengthPrefix(2, adjust=5), [b"abcde", bytes(1 << 15), b"b"])
    with pytest.raises(TypeError):
        send_frames(here, LengthPrefix(2), [b"a", "b"])
    assert send_frames(here, Lines(), []) == 0
    there.setblocking(False)
    with pytest.raises(BlockingIOError):
        there.recv(1)


@pytest.mark.parametrize("own", [None, 0.02, 0.0, 20])
def test_a_peer_that_does_not_read(pair, own):
    here, there = pair
    here.settimeout(own)
    timeout = {} if own in (0.02, 0.0) else {"timeout": 0.05}
    started = time.monotonic()
    with pytest.raises((TimeoutError, BlockingIOError)) as caught:
        send_frames(here, LengthPrefix(4), [bytes(40_000)] * 200, **timeout)
    assert time.monotonic() - started < 15
    assert caught.type is (BlockingIOError if own == 0.0 else TimeoutError)
    error = caught.value
    here.close()
    with SocketReader(there) as reader:
        came = reader.read_all()
    assert error.bytes_sent == len(came) > 0
    assert error.frames_sent == len(came) // 40_004
    assert f"{error.frames_sent} of 200 frames went out whole" in error.__notes__[0]


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def tls_pair(pair, authority, request):
    """Both ends of a TLS connection: ours, and a blocking peer's."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("server.test").configure_cert(server)
    client = ssl.create_default_context()
    client.minimum_version = client.maximum_version = request.param
    authority.configure_trust(client)
    made = []
    thread = threading.Thread(target=lambda: made.append(server.wrap_socket(pair[1], True)))
    thread.start()
    with client.wrap_socket(pair[0], server_hostname="server.test") as here:
        thread.join(30)
        with made[0]:
            yield here, made[0]


@pytest.mark.parametrize("framer", FRAMERS, ids=repr)
@pytest.mark.parametrize("timeout", [None, 30, 0.0])
def test_frames_over_tls(tls_pair, framer, timeout):
    here, there = tls_pair
    expected = framer.encode_many(MIXED)
    came, thread = read_all(there)
    here.settimeout(timeout)
    options = {"timeout": 30} if timeout == 0.0 else {}
    assert send_frames(here, framer, MIXED, **options) == len(expected)
    assert here.gettimeout() == timeout
    here.settimeout(30)
    with suppress(OSError):  # the peer does not answer
        here.shutdown(socket.SHUT_WR)
    thread.join(30)
    assert came == expected


@pytest.mark.parametrize("own", [0.02, 0.0, 20])
def test_a_tls_peer_that_does_not_read(tls_pair, own):
    """What went out whole is told, and no part of a record is sent twice."""
    here, _ = tls_pair
    here.settimeout(own)
    timeout = {"timeout": 0.05} if own == 20 else {}
    with pytest.raises((TimeoutError, ssl.SSLWantWriteError)) as caught:
        send_frames(here, LengthPrefix(4), [bytes(40_000)] * 200, **timeout)
    assert caught.type is (ssl.SSLWantWriteError if own == 0.0 else TimeoutError)
    assert here.gettimeout() == own
    assert caught.value.frames_sent == caught.value.bytes_sent // 40_004 < 200


def test_a_broken_connection(pair):
    here, there = pair
    there.close()
    with pytest.raises(OSError) as caught:
        send_frames(here, Lines(), [b"a"])
    assert (caught.value.frames_sent, caught.value.bytes_sent) == (0, 0)


def test_a_negative_timeout(pair):
    with pytest.raises(ValueError, match="out of range"):
        send_frames(pair[0], Lines(), [b"a"], timeout=-1)
