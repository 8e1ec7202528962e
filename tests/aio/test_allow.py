"""`aio.open_connection(allow=)`: only allowed addresses are dialled, on asyncio and uvloop."""

import asyncio
import socket
import ssl
from contextlib import ExitStack

import pytest

from fastsock import ConnectError, NotAllowedError, PrefixSet, aio

try:
    import uvloop
except ImportError:  # it is not made for every platform
    uvloop = None

HANG = 20
NO_UVLOOP = pytest.mark.skipif(uvloop is None, reason="uvloop is not installed")


@pytest.fixture(params=["asyncio", pytest.param("uvloop", marks=NO_UVLOOP)])
def run(request):
    """Run a coroutine function on each event loop, whose names are those given."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def run(coroutine):
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(asyncio.wait_for(coroutine, HANG))

    return run


@pytest.fixture
def port():
    """A port that the addresses 127.0.0.1 to 127.0.0.3 listen at; 127.0.0.4 refuses."""
    with ExitStack() as stack:
        port = 0
        for n in (1, 2, 3):
            server = stack.enter_context(socket.create_server((f"127.0.0.{n}", port)))
            port = server.getsockname()[1]
        yield port


class Names:
    """The loop's look-ups: each question gets the next answer."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def getaddrinfo(self, host, port, **hints):
        self.asked.append((host, hints))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]


@pytest.fixture
def names(monkeypatch):
    """Answers for `aio.dial`, on any loop: uvloop's own method can't be replaced."""

    def install(*answers):
        found = Names(*answers)
        real = asyncio.get_running_loop

        class Loop:
            def __getattr__(self, name):
                return found.getaddrinfo if name == "getaddrinfo" else getattr(real(), name)

        monkeypatch.setattr("fastsock.aio.dial.asyncio.get_running_loop", Loop)
        return found

    return install


async def peer(host, port, **options):
    reader, writer = await aio.open_connection(host, port, **options)
    assert reader is writer
    name = writer.get_extra_info("peername")
    writer.close()
    await writer.wait_closed()
    return name


def test_only_allowed_addresses(run, names, port):
    found = names(["127.0.0.1", "127.0.0.4", "127.0.0.3"])
    allow = PrefixSet(["127.0.0.2/31", "127.0.0.4"])
    for options in ({}, {"happy_eyeballs_delay": 0.0}, {"interleave": 2}):
        assert run(peer("host", port, allow=allow, **options)) == ("127.0.0.3", port)
    assert found.asked[0][1] == {"family": 0, "proto": 0, "flags": 0, "type": socket.SOCK_STREAM}
    assert len(found.asked) == 3


def test_a_name_that_changes(run, names, port):
    names(["127.0.0.2"], ["127.0.0.1"])
    assert run(peer("host", port, allow=["127.0.0.2"])) == ("127.0.0.2", port)
    with pytest.raises(NotAllowedError) as caught:
        run(peer("host", port, allow=["127.0.0.2"]))
    assert caught.value.addresses == (("127.0.0.1", port),)


def test_real_look_ups(run, port):
    assert run(peer("127.0.0.1", port, allow=["127.0.0.0/8"])) == ("127.0.0.1", port)
    assert run(peer("localhost", port, allow=["127.0.0.0/8"])) == ("127.0.0.1", port)
    for host in ("127.0.0.1", "localhost", "::ffff:127.0.0.1"):
        with pytest.raises(NotAllowedError):
            run(peer(host, port, allow=["192.0.2.0/24"]))


def test_nobody_accepts(run, names, port):
    names(["127.0.0.1", "127.0.0.4", "127.0.0.5"])
    with pytest.raises(ConnectError) as caught:
        run(peer("host", port, allow=["127.0.0.4/30"]))
    assert [sockaddr[0] for sockaddr, _ in caught.value.attempts] == ["127.0.0.4", "127.0.0.5"]
    with pytest.raises(ExceptionGroup) as group:
        run(peer("host", port, allow=["127.0.0.4/30"], all_errors=True))
    assert len(group.value.exceptions) == 2


def test_from_an_address(run, port):
    async def main():
        _, writer = await aio.open_connection(
            "127.0.0.1", port, allow=["127.0.0.0/8"], local_addr=("127.0.0.7", 0)
        )
        name = writer.get_extra_info("sockname")
        writer.close()
        await writer.wait_closed()
        return name

    assert run(main())[0] == "127.0.0.7"
    with pytest.raises(ConnectError, match="local_addr has no address"):
        run(peer("127.0.0.1", port, allow=["127.0.0.0/8"], local_addr=("::1", 0)))


def test_a_socket_of_ones_own_can_not_be_judged(run):
    with socket.socket() as sock, pytest.raises(ValueError, match="connected already"):
        run(peer(None, None, sock=sock, allow=["127.0.0.0/8"]))
    with pytest.raises(ValueError, match="not specified"):
        run(peer(None, None, allow=["127.0.0.0/8"]))


@pytest.fixture
def silent():
    """An address whose queue is full: connecting to it never ends."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()


def test_a_silent_address_is_overtaken(run, names, silent):
    port = silent[1]
    with socket.create_server(("127.0.0.2", port)):
        names(["127.0.0.1", "127.0.0.2"])
        found = run(peer("host", port, allow=["127.0.0.0/8"], happy_eyeballs_delay=0.01))
        assert found == ("127.0.0.2", port)


def test_giving_up_leaves_no_socket_open(run, names, silent, recwarn):
    names(["127.0.0.1"])

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await aio.open_connection("host", silent[1], allow=["127.0.0.0/8"])
        assert len(asyncio.all_tasks()) <= 2  # this one and wait_for's

    run(main())
    assert not recwarn.list


def test_tls_goes_by_the_name(run, authority):
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)

    async def greet(reader, writer):
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()

    async def main():
        async with await aio.start_server(greet, "127.0.0.1", 0, ssl=server) as up:
            port = up.sockets[0].getsockname()[1]
            reader, writer = await aio.open_connection(
                "localhost", port, ssl=client, allow=["127.0.0.0/8"]
            )
            assert await reader.read_exactly(5) == b"hello"
            writer.close()
            await writer.wait_closed()
            with pytest.raises(ssl.SSLCertVerificationError):
                await aio.open_connection("127.0.0.1", port, ssl=client, allow=["127.0.0.0/8"])

    run(main())
