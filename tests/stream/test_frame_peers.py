"""Peers whose frames have a length in text: rsyslog by RFC 6587, and git by pkt-lines."""

import asyncio
import os
import socket
import subprocess
from contextlib import contextmanager

import pytest

from fastsock import SocketReader, TextLength, aio, send_frames

TIMEOUT = 60
SYSLOG = TextLength(b" ", max_frame=1 << 16)
PKT_LINE = TextLength(b"", base=16, digits=4, adjust=-4, markers=3, strip=False)
BODY = TextLength(b"", base=16, digits=4, adjust=-4, markers=3)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="servers as POSIX has them")


@pytest.fixture(autouse=True)
def twins(stream, encoding, monkeypatch):
    """Readers and streams over each twin's accumulator."""
    for module in ("stream.reader", "aio.stream"):
        monkeypatch.setattr(f"fastsock.{module}.RecvAccumulator", stream.RecvAccumulator)


RSYSLOG = """
module(load="imuxsock" SysSock.Use="off")
global(workDirectory="{files}" maxMessageSize="64k")
input(type="imuxsock" Socket="{files}/log" RateLimit.Interval="0")
template(name="all" type="string" string="<%pri%>%msg%")
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp"
       TCP_Framing="octet-counted" template="all")
"""
# A newline inside would end a message that is framed by newlines.
SENT = [b"message %d \xc3\xa9 %s" % (n, b"x" * (n * 97 % 7000)) for n in range(300)]


class TestRsyslog:
    """rsyslog sends by TCP what it gets by its UNIX socket; we collect."""

    @pytest.fixture
    def listening(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(TIMEOUT)
            yield listening

    @pytest.fixture
    def rsyslog(self, make_server, listening):
        """The socket that rsyslog listens at, stopped with the session."""

        def commands(program, server):
            config = server.files / "rsyslog.conf"
            port = listening.getsockname()[1]
            config.write_text(RSYSLOG.format(files=server.files, port=port))
            command = [program, "-n", "-f", str(config), "-i", str(server.files / "pid")]
            yield (command,)
            made.append(str(server.files / "log"))

        made = []
        make_server("rsyslogd", commands)
        return made[0]

    @contextmanager
    def log(self, path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            deadline = TIMEOUT
            while sock.connect_ex(path):  # it is not there at once
                deadline -= 0.01
                assert deadline > 0
                asyncio.run(asyncio.sleep(0.01))
            for message in SENT:
                sock.send(b"<13>app: " + message)
            yield

    def check(self, frames):
        assert [frame.removeprefix(b"<13> ") for frame in frames] == SENT

    def test_a_blocking_collector(self, rsyslog, listening):
        with self.log(rsyslog):
            sock, _ = listening.accept()
            with sock, SocketReader(sock) as reader:
                frames = []
                while len(frames) < len(SENT):
                    frames += reader.frames(SYSLOG, timeout=TIMEOUT)
        self.check(frames)

    def test_an_asyncio_collector(self, rsyslog, listening):
        async def main():
            done = asyncio.get_running_loop().create_future()

            async def collect(reader, writer):
                async with reader:
                    frames = []
                    while len(frames) < len(SENT):
                        frames += await reader.frames(SYSLOG)
                    done.set_result(frames)

            async with await aio.start_server(collect, sock=listening.dup()):
                return await asyncio.wait_for(done, TIMEOUT)

        with self.log(rsyslog):
            self.check(asyncio.run(main()))


FLUSH, DELIMITER = b"0000", b"0001"


@pytest.fixture(scope="module")
def repository(find_program, run_outside, tmp_path_factory):
    git, folder = find_program("git"), tmp_path_factory.mktemp("git")

    def run(*arguments, **options):
        names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        command = [git, "-C", str(folder), *names, *arguments]
        return run_outside(command, check=True, **options).stdout.strip()

    run("init", "-q", "-b", "main")
    (folder / "large").write_bytes(os.urandom(300_000))  # more than a pkt-line holds
    run("add", ".")
    run("commit", "-q", "-m", "one")
    return run, folder


class TestGit:
    """`git upload-pack` at the other end of a socket: protocol version 2, in pkt-lines."""

    @contextmanager
    def upload_pack(self, find_program, folder):
        here, there = socket.socketpair()
        here.settimeout(TIMEOUT)
        environment = {**os.environ, "GIT_PROTOCOL": "version=2", "LD_PRELOAD": ""}
        command = [find_program("git"), "upload-pack", str(folder)]
        with (
            here,
            there,
            subprocess.Popen(command, stdin=there, stdout=there, env=environment) as server,
        ):
            there.close()
            try:
                yield here
            finally:
                here.close()
                server.wait(TIMEOUT)

    def request(self, command, *arguments):
        """A command, its arguments, and the flush: markers stand between encoded bodies."""
        head = BODY.encode_many([b"command=" + command + b"\n"])
        return head + DELIMITER + BODY.encode_many([line + b"\n" for line in arguments]) + FLUSH

    def test_a_blocking_clone(self, find_program, repository, tmp_path):
        run, folder = repository
        with self.upload_pack(find_program, folder) as sock, SocketReader(sock) as reader:

            def answer():
                lines = []
                while not lines or lines[-1] != FLUSH:
                    lines.append(reader.frame(PKT_LINE, timeout=TIMEOUT))
                return [line[4:] for line in lines[:-1]]

            capabilities = answer()
            assert capabilities[0] == b"version 2\n"
            assert any(line.startswith(b"fetch") for line in capabilities)
            sock.sendall(self.request(b"ls-refs", b"ref-prefix refs/heads/"))
            head = run("rev-parse", "HEAD")
            assert answer() == [head + b" refs/heads/main\n"]
            whole = BODY.encode_many([b"command=fetch\n"]) + DELIMITER
            sock.sendall(whole)
            send_frames(sock, BODY, [b"want " + head + b"\n", b"done\n"], timeout=TIMEOUT)
            sock.sendall(FLUSH)
            self.unpack(answer(), run, head, tmp_path)

    def test_an_asyncio_clone(self, find_program, repository, tmp_path):
        run, folder = repository
        head = run("rev-parse", "HEAD")

        async def clone(sock):
            reader, writer = await aio.open_connection(sock=sock.dup())

            async def answer():
                lines = []
                while not lines or lines[-1] != FLUSH:
                    lines += await reader.frames(PKT_LINE)
                return [line[4:] for line in lines[:-1]]

            async with reader:
                assert (await answer())[0] == b"version 2\n"
                writer.write(self.request(b"fetch", b"want " + head, b"done"))
                return await answer()

        with self.upload_pack(find_program, folder) as sock:
            lines = asyncio.run(asyncio.wait_for(clone(sock), TIMEOUT))
        self.unpack(lines, run, head, tmp_path)

    def unpack(self, lines, run, head, folder):
        """Give the pack to git: it finds in it what was committed."""
        assert lines[0] == b"packfile\n"
        assert {line[:1] for line in lines[1:]} <= {b"\1", b"\2"}
        pack = b"".join(line[1:] for line in lines[1:] if line[:1] == b"\1")
        run("init", "-q", "--bare", str(folder))
        run("--git-dir", str(folder), "index-pack", "--stdin", input=pack)
        assert run("--git-dir", str(folder), "cat-file", "-t", head.decode()) == b"commit"
