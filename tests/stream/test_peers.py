"""Servers of other makes, from Debian's packages, read through an accumulator.

What comes back is checked against what was stored. Where a server is not installed its tests are
skipped by name.
"""

import os
import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable

import pytest

from fastsock import FixedSize, FrameTooLargeError, LengthPrefix, Lines, TextLength

TIMEOUT = 60

pytestmark = pytest.mark.skipif(os.name == "nt", reason="servers as POSIX has them")


class Client:
    """A connection and what came over it. Requests are sent while replies are read."""

    def __init__(self, acc, sock):
        self.acc = acc
        self.sock = sock

    def send(self, data):
        """Send it all, in a thread: a server that waits for its reader stops reading, too."""
        self.writer = threading.Thread(target=self.sock.sendall, args=(data,))
        self.writer.start()

    def need(self, take: Callable, *arguments, **keywords):
        """What `take` returns, as soon as enough has come for it."""
        while (taken := take(*arguments, **keywords)) is None:
            assert self.acc.fill(self.sock), "the server hung up"
        return taken

    def frames(self, framer, count, **keywords):
        """So many frames, and no more."""
        frames = []
        while len(frames) < count:
            assert self.acc.fill(self.sock), "the server hung up"
            frames += self.acc.frames(framer, **keywords)
        assert len(frames) == count
        return frames

    def done(self):
        self.writer.join(TIMEOUT)
        assert len(self.acc) == 0


@pytest.fixture(params=["tcp", "unix"])
def kind(request):
    return request.param


@pytest.fixture
def connect(stream, kind):
    """Connect to a server: a client, closed when the test ends."""
    clients = []

    def connect(server):
        sock = server.connect(kind, TIMEOUT)
        clients.append(Client(stream.RecvAccumulator(), sock))
        return clients[-1]

    yield connect
    for client in clients:
        client.sock.close()


@pytest.fixture(scope="session")
def redis(make_server):
    def commands(program, server):
        (server.files / "redis.conf").write_text(
            f"bind {server.tcp[0]}\nport {server.tcp[1]}\nunixsocket {server.unix}\n"
            f'save ""\nappendonly no\ndir {server.files}\n'
        )
        yield [program, str(server.files / "redis.conf")], server.tcp, server.unix

    return make_server("redis-server", commands)


@pytest.fixture(scope="session")
def memcached(make_server):
    def commands(program, server):
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        host, port = server.tcp
        yield [program, *user, "-U", "0", "-l", host, "-p", str(port)], server.tcp
        yield [program, *user, "-s", server.unix, "-a", "0777"], server.unix

    return make_server("memcached", commands)


@pytest.fixture(scope="session")
def postgres(make_server, find_program, run_outside):
    # PostgreSQL refuses to run as root; its package makes a user for it.
    options = {"user": "postgres"} if os.geteuid() == 0 else {}

    def commands(program, server):
        data = str(server.files / "data")
        initdb = [find_program("initdb"), "-D", data, "--no-sync"]
        initdb += ["--auth=trust", "--username=tester", "--locale=C", "--encoding=UTF8"]
        run_outside(initdb, check=True, cwd=server.files, **options)
        host, port = server.tcp
        settings = ["-c", "fsync=off", "-c", f"unix_socket_directories={server.files}"]
        command = [program, "-D", data, "-h", host, "-p", str(port), *settings]
        yield command, server.tcp, server.unix

    server = make_server("postgres", commands, **options)
    host, port = server.tcp
    ready = [find_program("pg_isready"), "-h", host, "-p", str(port)]
    deadline = time.monotonic() + TIMEOUT
    while run_outside(ready).returncode:  # it listens before it is ready
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return server


@pytest.fixture(scope="session")
def files(nginx):
    """Files to be served, by name."""
    chance = random.Random(2)
    files = {f"small{size}": chance.randbytes(size) for size in [0, 1, 100, 1500]}
    files["large"] = chance.randbytes(8_000_000)
    for name, content in files.items():
        (nginx.files / "www" / name).write_bytes(content)
    return files


class TestRedis:
    @pytest.fixture
    def client(self, connect, redis):
        client = connect(redis)
        self.ask(client, [(b"FLUSHALL",)])
        assert self.reply(client) == "OK"
        return client

    def ask(self, client, commands):
        """Send commands in one go, each as RESP's array of bulk strings."""
        client.send(
            b"".join(
                b"*%d\r\n" % len(command)
                + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in command)
                for command in commands
            )
        )

    def reply(self, client):
        """One reply: text for a simple string, an exception for an error."""
        line = client.need(client.acc.take_line, keep=False)
        mark, rest = line[:1], line[1:]
        if mark in b"+-":
            return rest.decode() if mark == b"+" else RuntimeError(rest.decode())
        number = int(rest)
        if mark == b":" or number < 0:
            return number if mark == b":" else None
        if mark == b"*":
            return [self.reply(client) for _ in range(number)]
        assert mark == b"$"
        bulk = client.need(client.acc.take, number + 2)
        assert bulk.endswith(b"\r\n")
        return bulk[:-2]

    def test_pipelined_bulks(self, client):
        chance = random.Random(1)
        sizes = [0, 1, 2, *(chance.choice([3, 50, 1000, 16_383, 200_000]) for _ in range(200))]
        stored = [chance.randbytes(size) for size in sizes]
        stored += [b"\r\n", b"$5\r\n", b"\n" * 70_000]
        keys = [b"key:%d" % row for row in range(len(stored))]
        self.ask(client, [(b"SET", *pair) for pair in zip(keys, stored, strict=True)])
        assert [self.reply(client) for _ in stored] == ["OK"] * len(stored)
        client.done()
        self.ask(client, [(b"GET", key) for key in keys])
        assert [self.reply(client) for _ in stored] == stored
        client.done()

    def test_every_kind_of_reply(self, client):
        self.ask(
            client,
            [
                (b"RPUSH", b"list", b"one", b"", b"three"),
                (b"LRANGE", b"list", b"0", b"-1"),
                (b"GET", b"nothing"),
                (b"GET", b"list"),
                (b"LRANGE", b"nothing", b"0", b"-1"),
                (b"PING",),
            ],
        )
        assert self.reply(client) == 3
        assert self.reply(client) == [b"one", b"", b"three"]
        assert self.reply(client) is None
        assert str(self.reply(client)).startswith("WRONGTYPE")
        assert self.reply(client) == []
        assert self.reply(client) == "PONG"
        client.done()

    def test_thousands_of_small_replies(self, client):
        self.ask(client, [(b"INCR", b"counter")] * 20_000)
        assert client.frames(Lines(), 20_000) == [b":%d" % n for n in range(1, 20_001)]
        client.done()


class TestNginx:
    def response(self, client):
        """The body of one response that has a Content-Length."""
        head = client.need(client.acc.take_until, b"\r\n\r\n")
        status, *fields = head[:-4].split(b"\r\n")
        assert status == b"HTTP/1.1 200 OK"
        lengths = [
            int(value)
            for name, value in (field.split(b":", 1) for field in fields)
            if name.lower() == b"content-length"
        ]
        assert len(lengths) == 1
        return client.need(client.acc.take, lengths[0])

    def ask(self, client, names):
        client.send(b"".join(b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % n.encode() for n in names))

    def test_a_large_download(self, connect, nginx, files):
        client = connect(nginx)
        self.ask(client, ["large"])
        assert self.response(client) == files["large"]
        client.done()

    def test_a_download_larger_than_the_accumulator(self, stream, kind, nginx, files):
        """Taken as it comes, so that memory stays small."""
        acc = stream.RecvAccumulator(max_size=100_000)
        with nginx.connect(kind, TIMEOUT) as sock:
            client = Client(acc, sock)
            client.send(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            client.need(acc.take_until, b"\r\n\r\n")
            parts = [acc.take()]
            while acc.fill(sock):
                parts.append(acc.take(view=True))
            assert b"".join(parts) == files["large"]
            client.done()

    def test_many_responses_on_one_connection(self, connect, nginx, files):
        client = connect(nginx)
        names = [name for name in files if name != "large"] * 250
        self.ask(client, names)
        for name in names:
            assert self.response(client) == files[name]
        client.done()

    def test_chunked_responses(self, connect, nginx, files):
        """What has no Content-Length comes in chunks, each with its length in hexadecimal."""
        client = connect(nginx)
        names = ["small1", "large", "small1500", "small100"]
        self.ask(client, [f"chunked/{name}" for name in names])
        chunks = TextLength(b"\r\n", base=16, trailer=b"\r\n", zeros=True, extensions=True)
        for name in names:
            head = client.need(client.acc.take_until, b"\r\n\r\n")
            assert b"transfer-encoding: chunked" in head.lower()
            parts = []
            while not parts or parts[-1]:
                parts += client.need(lambda: client.acc.frames(chunks, limit=1) or None)
            assert b"".join(parts) == files[name]
        client.done()

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_over_tls(self, stream, nginx, files, authority, version):
        context = ssl.create_default_context()
        context.minimum_version = context.maximum_version = version
        authority.configure_trust(context)
        names = [*files, *files]
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(TIMEOUT)
        plain.connect(f"{nginx.unix}-tls")
        with context.wrap_socket(plain, server_hostname="server.test") as sock:
            client = Client(stream.RecvAccumulator(), sock)
            # No thread here: an SSLSocket is not to be read and written at once.
            for name in names:
                sock.sendall(b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % name.encode())
                assert self.response(client) == files[name]
            assert len(client.acc) == 0
            assert sock.pending() == 0


class TestMemcached:
    def test_lines_and_fixed_sizes(self, connect, memcached):
        client = connect(memcached)
        chance = random.Random(3)
        stored = [chance.randbytes(100) for _ in range(3000)]
        client.send(b"".join(b"set %06d 0 0 100\r\n%b\r\n" % row for row in enumerate(stored)))
        assert client.frames(Lines(b"\r\n"), 3000) == [b"STORED"] * 3000
        client.done()
        client.send(b"".join(b"get %06d\r\n" % row for row in range(3000)))
        replies = [b"VALUE %06d 0 100\r\n%b\r\nEND\r\n" % row for row in enumerate(stored)]
        views = client.frames(FixedSize(len(replies[0])), 3000, views=True)
        assert views == replies
        client.done()

    def test_a_list_of_unknown_length(self, connect, memcached):
        client = connect(memcached)
        client.send(b"stats\r\n")
        lines = []
        while not lines or lines[-1] != b"END":
            assert client.acc.fill(client.sock)
            lines += client.acc.frames(Lines(b"\r\n"))
        assert {line.split()[0] for line in lines[:-1]} == {b"STAT"}
        assert any(line.startswith(b"STAT pid ") for line in lines)
        client.done()


class TestPostgreSQL:
    # A type in one byte, then a length that counts itself and what follows.
    MESSAGE = LengthPrefix(4, offset=1, adjust=-4, strip=0)

    @pytest.fixture
    def client(self, connect, postgres):
        """Past the start-up, which the server ends by ReadyForQuery."""
        client = connect(postgres)
        startup = struct.pack(">I", 3 << 16) + b"user\0tester\0database\0postgres\0\0"
        client.send(struct.pack(">I", len(startup) + 4) + startup)
        messages = self.answer(client)
        assert messages[0] == b"R" + struct.pack(">II", 8, 0)  # AuthenticationOk
        settings = dict(m[5:-1].split(b"\0") for m in messages if m[:1] == b"S")
        assert settings[b"server_encoding"] == b"UTF8"
        return client

    def query(self, client, text):
        client.send(b"Q" + struct.pack(">I", len(text) + 5) + text + b"\0")
        return self.answer(client)

    def answer(self, client, **keywords):
        """Messages up to ReadyForQuery."""
        messages = []
        while not messages or messages[-1][:1] != b"Z":
            assert client.acc.fill(client.sock), "the server hung up"
            messages += client.acc.frames(self.MESSAGE, **keywords)
        client.done()
        for message in messages:
            assert struct.unpack_from(">I", message, 1)[0] == len(message) - 1
        return messages

    def values(self, row):
        """The columns of a DataRow."""
        (count,) = struct.unpack_from(">H", row, 5)
        start, values = 7, []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", row, start)
            values.append(None if size < 0 else row[start + 4 : start + 4 + size])
            start += 4 + max(size, 0)
        assert start == len(row)
        return values

    def test_rows(self, client):
        messages = self.query(
            client,
            b"SELECT n, repeat(chr(97 + n % 26), n % 3001), NULL FROM generate_series(0, 19999) n",
        )
        rows = [self.values(message) for message in messages if message[:1] == b"D"]
        assert rows == [[b"%d" % n, bytes([97 + n % 26]) * (n % 3001), None] for n in range(20_000)]
        assert [m[:1] for m in messages if m[:1] != b"D"] == [b"T", b"C", b"Z"]

    def test_a_large_value(self, client):
        row = self.query(client, b"SELECT repeat('0123456789', 1000000)")[1]
        assert self.values(row) == [b"0123456789" * 1_000_000]

    def test_an_error_between_two_answers(self, client):
        assert [m[:1] for m in self.query(client, b"SELECT nothing")] == [b"E", b"Z"]
        assert self.values(self.query(client, b"SELECT 1")[1]) == [b"1"]

    def test_a_row_above_the_limit_is_skipped(self, client):
        """The error comes before the row does, and costs no connection."""
        small = LengthPrefix(4, offset=1, adjust=-4, strip=0, max_frame=1000)
        text = b"SELECT repeat('x', n) FROM (VALUES (5), (5000000), (6)) AS sizes(n)"
        client.send(b"Q" + struct.pack(">I", len(text) + 5) + text + b"\0")
        messages, declared = [], []
        while not messages or messages[-1][:1] != b"Z":
            try:
                if not (got := client.acc.frames(small)):
                    assert client.acc.fill(client.sock)
                messages += got
            except FrameTooLargeError as error:
                declared.append(error.declared)
                assert client.acc.skip_frame(small)
        client.done()
        assert declared == [5_000_000 + 6]
        rows = [self.values(message) for message in messages if message[:1] == b"D"]
        assert rows == [[b"xxxxx"], [b"xxxxxx"]]
