"""The examples do what they say: each runs in a process of its own, over both twins."""

import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
TIMEOUT = 60
FLAVOURS = ["threads", "asyncio"]


@pytest.fixture
def start(twin, fresh_environment):
    """Run an example: a process with pipes, ended with the test. Warnings are errors."""
    processes = []

    def start(name, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-W", "error", EXAMPLES / name, *arguments],
            env=fresh_environment(FASTSOCK_BACKEND=twin.tag, PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def connect(start):
    """Connect to a server that is an example, which is started with the options given."""
    ports = {}
    sockets = []

    def connect(name, *options):
        if name not in ports:
            process = start(name, "--port", "0", *options)
            said = process.stdout.readline()
            assert said.startswith(b"listening on port "), process.stderr.read()
            ports[name] = int(said.split()[-1])
        sockets.append(socket.create_connection(("127.0.0.1", ports[name]), TIMEOUT))
        return sockets[-1]

    yield connect
    for sock in sockets:
        sock.close()


def received(sock):
    """Receive to the end of the stream."""
    with sock.makefile("rb") as file:
        return file.read()


def exactly(sock, size):
    """Receive so many bytes: the oracle is the plainest correct loop."""
    data = b""
    while len(data) < size:
        data += sock.recv(size - len(data))
    return data


def send(sock, data, size=None):
    """Send in a thread, in pieces, and end the stream."""

    def run():
        # What comes back tells what arrived: once a test has seen that, it may close the socket.
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(data), size or len(data) or 1):
                sock.sendall(data[start : start + (size or len(data))])
            sock.shutdown(socket.SHUT_WR)

    threading.Thread(target=run).start()


@pytest.mark.parametrize("flavour", FLAVOURS)
class TestEcho:
    @pytest.fixture
    def name(self, flavour):
        return f"echo_server_{flavour}.py"

    def framed(self, *messages):
        return b"".join(struct.pack(">I", len(message)) + message for message in messages)

    def test_messages_come_back(self, connect, name):
        chance = random.Random(4)
        messages = [chance.randbytes(chance.randrange(200)) for _ in range(5000)]
        data = self.framed(b"", *messages, bytes(1 << 20))
        sock = connect(name)
        send(sock, data)
        assert received(sock) == data

    def test_however_they_are_cut(self, connect, name):
        data = self.framed(b"", b"a", b"hello", bytes(300))
        for size in (1, 3, 7):
            sock = connect(name)
            send(sock, data, size)
            assert received(sock) == data

    def test_an_answer_waits_for_no_further_message(self, connect, name):
        sock = connect(name)
        sock.sendall(self.framed(b"ping") + b"\0")
        assert exactly(sock, 8) == self.framed(b"ping")
        sock.sendall(b"\0\0\0")
        assert exactly(sock, 4) == self.framed(b"")

    def test_a_message_too_long_ends_one_connection_alone(self, connect, name):
        other, sock = connect(name), connect(name)
        sock.sendall(self.framed(b"good") + struct.pack(">I", (1 << 20) + 1))
        assert received(sock) == self.framed(b"good")
        send(other, self.framed(b"still here"))
        assert received(other) == self.framed(b"still here")

    def test_an_end_inside_a_message(self, connect, name):
        sock = connect(name)
        send(sock, self.framed(b"good", b"torn")[:-1])
        assert received(sock) == self.framed(b"good")


@pytest.mark.parametrize("flavour", FLAVOURS)
class TestLines:
    @pytest.fixture
    def name(self, flavour):
        return f"line_server_{flavour}.py"

    def test_lines_are_answered(self, connect, name):
        for size in (None, 1, 5):
            sock = connect(name)
            send(sock, b"one\r\ntwo \n\nlast", size)
            assert received(sock) == b"3 ONE\n4 TWO \n0 \n4 LAST\n"

    def test_a_line_too_long_is_skipped(self, connect, name):
        for size in (None, 999, 1001):
            sock = connect(name)
            send(sock, b"one\n" + b"x" * 5000 + b"\n" + b"y" * 1000 + b"\nend\n", size)
            expected = b"3 ONE\nerror: line too long\n1000 " + b"Y" * 1000 + b"\n3 END\n"
            assert received(sock) == expected

    def test_a_slow_line_is_cut_off_though_it_never_rests(self, connect, name):
        sock = connect(name, "--timeout", "0.2")
        sock.sendall(b"quick\n")
        assert exactly(sock, 8) == b"5 QUICK\n"
        sock.settimeout(0.01)
        for _ in range(TIMEOUT * 100):
            sock.sendall(b"x")
            try:
                answer = sock.recv(100)
            except TimeoutError:
                continue
            break
        assert answer == b"error: too slow\n"

    def test_many_lines_at_once(self, connect, name):
        sock = connect(name)
        send(sock, b"line\n" * 50_000)
        assert received(sock) == b"4 LINE\n" * 50_000


class TestSyslogCollector:
    """It prints what comes, by either framing, and nothing that could drive a terminal."""

    @pytest.fixture
    def collector(self, start):
        def collector(*options):
            process = start("syslog_collector.py", "--port", "0", *options)
            said = process.stdout.readline()
            assert said.startswith(b"listening on port "), process.stderr.read()
            return process, ("127.0.0.1", int(said.split()[-1]))

        return collector

    def lines(self, process, count):
        return [process.stdout.readline().decode().rstrip("\r\n") for _ in range(count)]

    @pytest.mark.parametrize("size", [None, 1])
    def test_octet_counting(self, collector, size):
        process, address = collector()
        messages = [b"<11>one\nline", b"<165>\xc3\xa9\x1b[31m", b"no priority", b"<9999>x"]
        data = b"".join(b"%d %b" % (len(message), message) for message in messages)
        with socket.create_connection(address, TIMEOUT) as sock:
            send(sock, data, size)
            assert received(sock) == b""
        assert self.lines(process, 4) == [
            "127.0.0.1 err: one\\nline",
            "127.0.0.1 notice: \u00e9\\x1b[31m",
            "127.0.0.1 ?: no priority",
            "127.0.0.1 ?: <9999>x",
        ]

    def test_lines(self, collector):
        process, address = collector()
        with socket.create_connection(address, TIMEOUT) as sock:
            send(sock, b"<14>one\n<15>two\n")
            assert received(sock) == b""
        assert self.lines(process, 2) == ["127.0.0.1 info: one", "127.0.0.1 debug: two"]

    def test_a_long_message_is_skipped_and_a_bad_length_closes(self, collector):
        process, address = collector()
        with socket.create_connection(address, TIMEOUT) as sock:
            send(sock, b"9000 " + b"x" * 9000 + b"5 <9>ok" + b"5x")
            received(sock)
        assert self.lines(process, 3) == [
            "127.0.0.1 too long: a message was skipped",
            "127.0.0.1 alert: ok",
            "127.0.0.1 closed: not a length in text, as the framer describes it",
        ]

    def test_behind_a_balancer(self, collector):
        process, address = collector("--trusted", "127.0.0.0/8")
        for front in (b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 6514\r\n", b""):
            with socket.create_connection(address, TIMEOUT) as sock:
                send(sock, front + b"6 <14>hi")
                assert received(sock) == b""
        assert self.lines(process, 2) == ["192.0.2.1 info: hi", "127.0.0.1 info: hi"]


class TestRpc:
    """The client calls the server: both are examples."""

    @pytest.fixture
    def call(self, start):
        server = start("rpc_server.py", "--port", "0")
        said = server.stdout.readline()
        assert said.startswith(b"listening on port "), server.stderr.read()
        port = said.split()[-1].decode()

        def call(*calls):
            client = start("rpc_client.py", "--port", port, *calls)
            output, errors = client.communicate(timeout=TIMEOUT)
            assert errors == b""
            return client.returncode, output.decode().split("\n")[:-1]

        call.address = "127.0.0.1", int(port)
        return call

    def test_calls(self, call):
        calls = ["sleep", "[0.05]", "add", "[1, 2.5]", "upper", '["h\u00e9"]', "add", "[]"]
        assert call(*calls) == (0, ['"slept"', "3.5", '"H\\u00c9"', "0"])

    def test_errors_are_told_and_harm_no_other_call(self, call):
        status, said = call("nothing", "[]", "add", '["x"]', "add", "[2, 3]")
        assert status == 1
        assert said[0] == "error: KeyError: 'nothing'"
        assert said[1].startswith("error: TypeError: ")
        assert said[2] == "5"

    def test_many_calls_at_once(self, call):
        pairs = [word for n in range(2000) for word in ("add", f"[{n}, 1]")]
        assert call(*pairs) == (0, [str(n + 1) for n in range(2000)])

    def test_a_slow_call_holds_no_other_one_up(self, call):
        def framed(said):
            return struct.pack(">I", len(said)) + said

        with socket.create_connection(call.address, TIMEOUT) as sock:
            sock.sendall(framed(b'{"id": 1, "method": "sleep", "params": [60]}'))
            sock.sendall(framed(b'{"id": 2, "method": "add", "params": [1]}') + framed(b"no JSON"))
            answers = [exactly(sock, struct.unpack(">I", exactly(sock, 4))[0]) for _ in range(2)]
            assert answers[0] == b'{"id": 2, "result": 1}'
            assert b'"id": null, "error": "JSONDecodeError' in answers[1]


BODY = bytes(range(256)) * 3
LARGE = random.Random(5).randbytes(300_000)


def chunked(body, *sizes, extension=b"", trailers=b""):
    parts, start = [], 0
    for size in sizes:
        part = body[start : start + size]
        parts.append(b"%x%b\r\n%b\r\n" % (len(part), extension, part))
        start += size
    assert start >= len(body)
    return b"".join(parts) + b"0\r\n" + trailers + b"\r\n"


OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"
CHUNKED = b"transfer-encoding: Chunked\r\n\r\n"


class TestHttpGet:
    @pytest.fixture
    def get(self, start):
        def get(url):
            process = start("http_get.py", url, "--timeout", str(TIMEOUT))
            body, said = process.communicate()
            return process.returncode, body, said.decode()

        return get

    @pytest.fixture
    def served(self, get):
        """What the example makes of a reply that comes in pieces, with pauses in between."""

        def served(reply, size=None, hang_up=True):
            with socket.create_server(("127.0.0.1", 0)) as server:
                asked = []
                stop = threading.Event()

                def serve():
                    sock, _ = server.accept()
                    with sock:
                        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        while not b"".join(asked).endswith(b"\r\n\r\n"):
                            asked.append(sock.recv(1000))
                        for start in range(0, len(reply), size or len(reply)):
                            sock.sendall(reply[start : start + (size or len(reply))])
                            time.sleep(0.0005)
                        if not hang_up:
                            stop.wait(TIMEOUT)

                thread = threading.Thread(target=serve)
                thread.start()
                result = get(f"http://127.0.0.1:{server.getsockname()[1]}/page?q=1")
                stop.set()
                thread.join()
                assert b"".join(asked).startswith(b"GET /page?q=1 HTTP/1.1\r\nHost: 127.0.0.1:")
                return result

        return served

    @pytest.mark.parametrize("size", [None, 1], ids=["at once", "dribbled"])
    @pytest.mark.parametrize(
        ("reply", "hang_up"),
        [
            (OK + LENGTH % len(BODY) + BODY, False),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH % len(BODY) + BODY, False),
            (OK + CHUNKED + chunked(BODY, 1, 255, 1000), False),
            (OK + CHUNKED + chunked(BODY, 768, extension=b";a=b", trailers=b"X: y\r\n"), False),
            (OK + b"\r\n" + BODY, True),
            (b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\n" + BODY, True),
        ],
        ids=["length", "100 first", "chunks", "extensions", "until close", "1.0"],
    )
    def test_whole_replies(self, served, reply, size, hang_up):
        assert served(reply, size, hang_up) == (0, BODY, "")

    @pytest.mark.parametrize("size", [None, 1460])
    def test_a_large_reply_in_chunks(self, served, size):
        reply = OK + CHUNKED + chunked(LARGE, 8192, 100_000, 200_000)
        assert served(reply, size) == (0, LARGE, "")

    def test_no_body(self, served):
        assert served(b"HTTP/1.1 204 No Content\r\n\r\n", hang_up=False) == (0, b"", "")
        assert served(OK + LENGTH % 0, hang_up=False) == (0, b"", "")

    @pytest.mark.parametrize(
        ("reply", "said"),
        [
            (OK + LENGTH % 10 + b"short", "ended 5 bytes early"),
            (OK + CHUNKED + b"a\r\nshort", "ended 5 bytes early"),
            (OK + CHUNKED + b"+5\r\nhello\r\n0\r\n\r\n", "not a number: '+5'"),
            (OK + CHUNKED + b"5\r\nhello!\r\n0\r\n\r\n", "no CRLF"),
            (OK + CHUNKED + b"5\r\nhello\r\n", "expected bytes"),
            (OK + b"Content-Length: 5, 6\r\n\r\nhello", "not a number"),
            (OK + b"Content-Length: 1_0\r\n\r\nhello", "not a number"),
            (OK + b"transfer-encoding: gzip\r\n\r\nhello", "unknown transfer coding"),
            (OK + b"x: " + b"y" * 70_000, "no delimiter within the limit"),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "http_get: "),
            (b"HTTP/1.1 200 OK\r\n", "expected bytes"),
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
        ],
    )
    def test_replies_that_are_none(self, served, reply, said):
        status, _, error = served(reply)
        assert status == 1
        assert said in error
        assert "Traceback" not in error

    @pytest.mark.skipif(os.name == "nt", reason="a server as POSIX has it")
    @pytest.mark.parametrize("path", ["", "chunked/"])
    def test_against_nginx(self, get, nginx, path):
        (nginx.files / "www" / "page").write_bytes(LARGE)
        host, port = nginx.tcp
        with nginx.connect("tcp", TIMEOUT) as sock:  # it does frame the reply in the way meant
            sock.sendall(b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % f"{path}page".encode())
            assert (b"chunked" in exactly(sock, 400)) == bool(path)
        assert get(f"http://{host}:{port}/{path}page") == (0, LARGE, "")
        status, _, said = get(f"http://{host}:{port}/nothing")
        assert (status, said.strip()) == (1, "http_get: status 404")

    def test_what_is_no_url(self, get):
        status, _, said = get("ftp://127.0.0.1/")
        assert status == 1
        assert "not an http URL" in said


class TestCapturePlot:
    """From a capture to a plot, over the example's own capture and over another one."""

    @pytest.fixture
    def plot(self, start, tmp_path):
        pytest.importorskip("matplotlib")

        def plot(*arguments):
            output = tmp_path / "plot.svg"
            process = start("capture_plot.py", *arguments, "--output", str(output))
            said, errors = process.communicate()
            return process.returncode, said.decode().splitlines(), errors.decode(), output

        return plot

    def test_its_own_capture(self, plot):
        status, said, errors, output = plot("--top", "2")
        assert (status, errors) == (0, "")
        assert said[0] == "2646 packets, 2646 of them IP, in 59.995 s"
        assert [line.split()[-1] for line in said[1:3]] == ["198.51.100.7", "192.0.2.1"]
        assert said[3:] == ["UDP 100%, TCP 0%", f"drawn in {output}"]
        assert "<svg" in output.read_text()

    def test_a_torn_capture(self, plot, files, tmp_path):
        datagram = bytes.fromhex("4500001c000000004011000020010db8c0000202003500350008") + bytes(2)
        path = tmp_path / "torn.pcap"
        path.write_bytes(files.pcap(datagram, datagram, b"not IP", link=101) + b"torn")
        status, said, errors, _ = plot(str(path))
        assert (status, errors) == (0, "")
        assert said[0].startswith("the capture ends early: offset ")
        assert said[1] == "3 packets, 2 of them IP, in 1.000 s"
        assert said[2].split() == ["56", "bytes", "2", "packets", "32.1.13.184"]

    def test_without_matplotlib(self, run_python, tmp_path):
        pytest.importorskip("numpy")
        script, output = str(EXAMPLES / "capture_plot.py"), tmp_path / "plot.svg"
        code = (
            "import runpy, sys; sys.modules['matplotlib'] = None\n"
            f"sys.argv = ['capture_plot.py', '--output', {str(output)!r}]\n"
            f"runpy.run_path({script!r}, run_name='__main__')"
        )
        done = run_python("-c", code)
        assert (done.returncode, done.stderr) == (0, "")
        written = output.with_suffix(".csv")
        assert done.stdout.splitlines()[-1].endswith(f"written to {written}")
        rows = [line.split(",") for line in written.read_text().splitlines()]
        assert rows[0] == ["seconds", "198.51.100.7", "192.0.2.1", "203.0.113.9"]
        seconds = [sum(map(float, row[1:])) for row in rows[1:]]
        assert len(seconds) == 60
        assert min(seconds) > 0

    def test_no_packets(self, plot, files, tmp_path):
        path = tmp_path / "empty.pcap"
        path.write_bytes(files.pcap())
        assert plot(str(path))[:3] == (1, [], "no packets\n")


class TestNetworkMap:
    """From a log to a map, over the example's own log and over another one."""

    @pytest.fixture
    def run(self, start, tmp_path):
        pytest.importorskip("polars")

        def run(*arguments):
            output = tmp_path / "map.csv"
            process = start("network_map.py", *arguments, "--output", str(output))
            said, errors = process.communicate()
            assert (process.returncode, errors.decode()) == (0, "")
            return said.decode().splitlines(), output.read_text().splitlines()

        return run

    def test_its_own_log(self, run):
        said, written = run()
        assert [line.split("bytes")[1].strip(" #") for line in said[:5]] == [
            "office", "crawler", "lab", "elsewhere", "no address",
        ]  # fmt: skip
        assert sum(int(line.split()[0].replace(",", "")) for line in said[:5]) == 20_000
        assert len(said) == 5 + 16 + 1
        assert sum(int(row.split(",")[2]) for row in written[1:]) == 20_000

    def test_another_log(self, run, tmp_path):
        networks, log = tmp_path / "networks.csv", tmp_path / "access.log"
        networks.write_text("network,name\n192.0.2.0/24,docs\n192.0.2.128/25,upper\n")
        log.write_bytes(
            b'192.0.2.1 - - "GET /" 200 10\n192.0.2.200 - - "GET /" 200 5\n'
            b'192.0.2.201 "\xff, \t" 200 1\n10.0.0.1 - 7\nnobody - 1\n192.0.2.2 - -\n'
        )
        said, written = run(str(log), "--networks", str(networks))
        assert written == [
            "name,block,lines,bytes",
            "docs,192.0.0.0,2,10",
            "elsewhere,10.0.0.0,1,7",
            "no address,,1,1",
            "upper,192.0.0.0,2,6",
        ]
        assert said[4] == "  0.0.0.0 |          -     |"
        assert said[16] == "192.0.0.0 |@               |"


class TestTLSLines:
    def serve(self, context, data, enough):
        """Send lines in one go, and keep the connection open: the address, and the thread."""
        listening = socket.create_server(("localhost", 0))

        def run():
            with listening:
                sock, _ = listening.accept()
            with context.wrap_socket(sock, server_side=True) as sock:
                sock.sendall(data)
                enough.wait(TIMEOUT)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return f"localhost:{listening.getsockname()[1]}", thread

    def test_lines_that_the_selector_does_not_know_of(self, start, authority, tmp_path):
        """A record has more of them than there is room for, and no other record comes."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        data = b"".join(b"line %d\n" % number for number in range(1500))
        enough = threading.Event()
        served = [self.serve(context, data, enough) for _ in range(2)]
        targets = [target for target, _ in served]
        options = ["--cafile", tmp_path / "ca.pem", "--max-size", "2000"]
        process = start("tls_lines.py", *options, *targets)
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        lines = [process.stdout.readline() for _ in range(3000)]
        timer.cancel()
        assert sorted(lines) == sorted(2 * data.splitlines(keepends=True))
        enough.set()
        assert process.wait(TIMEOUT) == 0
        for _, thread in served:
            thread.join(TIMEOUT)
