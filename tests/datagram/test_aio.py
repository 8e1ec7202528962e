"""Datagrams on event loops, asyncio's and uvloop's, awaited in batches or given to a protocol."""

import asyncio
import errno
import os
import socket
import sys

import pytest

from fastsock import aio
from fastsock.aio import datagram as module

uvloop = pytest.importorskip("uvloop") if sys.platform != "win32" else None
LOOPS = {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop and uvloop.new_event_loop}


@pytest.fixture(params=LOOPS)
def run(request):
    """Run a coroutine on a fresh loop, for 60 seconds at most."""

    def run(main):
        async def limited():
            async with asyncio.timeout(60):
                return await main

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(limited())

    return run


@pytest.fixture(autouse=True)
def over(datagram, monkeypatch):
    """Run the shared code over each twin."""
    for name in ("DatagramBatch", "send_batch"):
        monkeypatch.setattr(module, name, getattr(datagram, name))


HERE = ("127.0.0.1", 0)


class TestDatagrams:
    def test_both_ways(self, run):
        async def main():
            async with await aio.open_datagrams(HERE) as server:
                name = server.sock.getsockname()
                async with await aio.open_datagrams(remote_addr=name) as client:
                    words = [b"%d" % n for n in range(300)]
                    got = []

                    async def echo():
                        async for batch in server:
                            await server.send(batch.payloads(), batch)

                    task = asyncio.create_task(echo())
                    for at in range(0, 300, 50):
                        assert await client.send(words[at : at + 50]) == 50
                        while len(got) < at + 50:
                            got += (await client.recv()).payloads()
                    assert got == words
                    server.close()
                    await task  # an iteration ends with the socket

        run(main())

    def test_nobody_starves(self, run):
        async def main():
            async with await aio.open_datagrams(HERE, batch=module.DatagramBatch(1)) as server:
                name, turns, got = server.sock.getsockname(), 0, 0

                async def count():
                    nonlocal turns
                    while True:
                        await asyncio.sleep(0)
                        turns += 1

                task = asyncio.create_task(count())
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    for _ in range(100):
                        sender.sendto(b"x", name)
                while got < 100:
                    got += len(await server.recv())
                assert turns >= 100 // module._BURST - 1
                task.cancel()

        run(main())

    def test_a_cancelled_recv_has_taken_nothing(self, run):
        async def main():
            async with await aio.open_datagrams(HERE) as server:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await server.recv()
                await server.send([b"x"], server.sock.getsockname())
                await asyncio.sleep(0.01)  # an event that nobody waits for
                await asyncio.sleep(0.01)
                assert (await server.recv()).payloads() == [b"x"]

        run(main())

    def test_one_task_receives(self, run):
        async def main():
            async with await aio.open_datagrams(HERE) as server:
                task = asyncio.create_task(server.recv())
                await asyncio.sleep(0)
                with pytest.raises(RuntimeError, match="already waiting"):
                    await server.recv()
                server.close()
                with pytest.raises(OSError, match="Bad file descriptor"):
                    await task
                server.close()

        run(main())

    def test_an_icmp_error(self, run):
        async def main():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
                nobody.bind(HERE)
                name = nobody.getsockname()
            async with await aio.open_datagrams(remote_addr=name) as client:
                await client.send([b"x"])
                with pytest.raises(ConnectionRefusedError):
                    await client.recv()

        run(main())

    @pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets here")
    @pytest.mark.parametrize("connected", [False, True])
    def test_a_full_queue(self, run, tmp_path, connected):
        """The queue of a UNIX socket has room for few, and poll does not tell of it."""
        path = str(tmp_path / "here")

        async def main():
            async with await aio.open_datagrams(path) as server:
                remote = path if connected else None
                async with await aio.open_datagrams(
                    remote_addr=remote, family=socket.AF_UNIX
                ) as client:
                    words = [b"%d" % n for n in range(500)]
                    to = None if connected else path
                    task = asyncio.create_task(client.send(words, to))
                    got = []
                    while len(got) < 500:
                        await asyncio.sleep(0.001)
                        got += (await server.recv()).payloads()
                    assert await task == 500
                    assert got == words

        run(main())

    def test_the_count_says_how_far_it_went(self, run):
        async def main():
            async with await aio.open_datagrams(HERE) as server:
                name = server.sock.getsockname()
                words = [b"a", b"b", bytes(65508), b"c"]
                assert await server.send(words, [name] * 4) == 2
                with pytest.raises(OSError, match=os.strerror(errno.EMSGSIZE)):
                    await server.send(words[2:], name)

        run(main())

    @pytest.mark.skipif(sys.platform != "linux", reason="poll tells of it on Linux")
    def test_shut_down(self, run):
        async def main():
            async with await aio.open_datagrams(HERE) as server:
                server.sock.connect(server.sock.getsockname())
                task = asyncio.create_task(anext(server))
                await asyncio.sleep(0.01)
                server.sock.shutdown(socket.SHUT_RD)
                with pytest.raises(StopAsyncIteration):
                    await task

        run(main())

    def test_arguments(self, run):
        async def main():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for options in ({"local_addr": HERE}, {"rcvbuf": 9}, {"family": 2}):
                    with pytest.raises(ValueError, match="can't be given together"):
                        await aio.open_datagrams(sock=sock, **options)
                    with pytest.raises(ValueError, match="can't be given together"):
                        await aio.open_datagram_endpoint(asyncio.Protocol, sock=sock, **options)
            with pytest.raises(OSError, match=os.strerror(errno.EADDRNOTAVAIL)):
                await aio.open_datagrams(("203.0.113.77", 5))
            with pytest.raises(OverflowError, match="port must be"):
                await aio.open_datagrams(("127.0.0.1", 70000))
            async with await aio.open_datagrams(("localhost", 0), family=socket.AF_INET) as one:
                assert one.sock.getsockname()[0] == "127.0.0.1"

        run(main())


class Recorder(asyncio.DatagramProtocol):
    """Keeps what it is told."""

    def __init__(self):
        self.events = []
        self.changed = asyncio.Event()

    def note(self, *event):
        self.events.append(event)
        self.changed.set()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.note("datagram", data, addr)

    def error_received(self, exc):
        self.note("error", exc)

    def connection_lost(self, exc):
        self.note("lost", exc)

    def pause_writing(self):
        self.note("pause")

    def resume_writing(self):
        self.note("resume")

    async def until(self, count):
        while len(self.events) < count:
            self.changed.clear()
            await self.changed.wait()
        return self.events


class Echo(Recorder):
    def datagram_received(self, data, addr):
        super().datagram_received(data, addr)
        self.transport.sendto(data, addr)


class TestTransport:
    def test_both_ways(self, run):
        async def main():
            server, echo = await aio.open_datagram_endpoint(Echo, HERE)
            name = server.get_extra_info("sockname")
            client, recorder = await aio.open_datagram_endpoint(Recorder, None, name)
            assert client.get_extra_info("peername") == name
            assert client.get_extra_info("socket").fileno() >= 0
            words = [b"", b"one", os.urandom(9000), bytes(50000)]
            for word in words:
                client.sendto(bytearray(word))
            events = await recorder.until(4)
            assert events == [("datagram", word, name) for word in words]
            assert len(echo.events) == 4
            client.close()
            server.close()
            assert (await recorder.until(5))[4] == ("lost", None)
            assert (await echo.until(5))[4] == ("lost", None)

        run(main())

    def test_what_is_sent_in_a_turn_goes_together(self, run, monkeypatch):
        calls = []
        send = module.send_batch

        def counted(sock, datagrams, *rest):
            calls.append(len(datagrams))
            return send(sock, datagrams, *rest)

        monkeypatch.setattr(module, "send_batch", counted)

        async def main():
            server, _ = await aio.open_datagram_endpoint(Echo, HERE)
            name = server.get_extra_info("sockname")
            client, recorder = await aio.open_datagram_endpoint(Recorder, None, name)
            for _ in range(30):
                client.sendto(b"x")
            await recorder.until(30)
            assert calls == [30, 30]  # the client's, and all of the echo's
            client.close()
            server.close()
            await recorder.until(31)

        run(main())

    def test_a_failing_protocol_loses_nothing(self, run):
        async def main():
            told = []
            asyncio.get_running_loop().set_exception_handler(
                lambda _, context: told.append(context)
            )

            class Failing(Recorder):
                def datagram_received(self, data, addr):
                    super().datagram_received(data, addr)
                    raise ZeroDivisionError

            server, protocol = await aio.open_datagram_endpoint(Failing, HERE)
            for _ in range(3):
                server.sendto(b"x", server.get_extra_info("sockname"))
            await protocol.until(3)
            assert [type(context["exception"]) for context in told] == [ZeroDivisionError] * 3
            server.abort()
            await protocol.until(4)

        run(main())

    def test_errors_are_told_one_by_one(self, run):
        async def main():
            server, protocol = await aio.open_datagram_endpoint(Recorder, HERE)
            name = server.get_extra_info("sockname")
            for data in (b"a", bytes(65508), b"b", bytes(65508), b"c"):
                server.sendto(data, name)
            events = await protocol.until(5)
            assert sorted(event[1] for event in events if event[0] == "datagram") == [
                b"a", b"b", b"c",
            ]  # fmt: skip
            assert [type(e[1]) for e in events if e[0] == "error"] == [OSError, OSError]
            server.close()
            await protocol.until(6)

        run(main())

    def test_names_are_looked_up(self, run):
        async def main():
            server, protocol = await aio.open_datagram_endpoint(Recorder, HERE)
            port = server.get_extra_info("sockname")[1]
            server.sendto(b"a", ("127.0.0.1", port))
            server.sendto(b"b", ("localhost", port))
            events = await protocol.until(2)
            assert sorted(event[1] for event in events) == [b"a", b"b"]
            server.close()
            await protocol.until(3)

        run(main())

    def test_an_address_of_no_kind_is_fatal(self, run):
        async def main():
            told = []
            asyncio.get_running_loop().set_exception_handler(
                lambda _, context: told.append(context)
            )
            server, protocol = await aio.open_datagram_endpoint(Recorder, HERE)
            server.sendto(b"a", ("127.0.0.1",))
            ((name, error),) = await protocol.until(1)
            assert (name, type(error)) == ("lost", TypeError)
            assert len(told) == 1

        run(main())

    def test_an_icmp_error(self, run):
        async def main():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
                nobody.bind(HERE)
                name = nobody.getsockname()
            client, protocol = await aio.open_datagram_endpoint(Recorder, None, name)
            client.sendto(b"x")
            ((kind, error),) = await protocol.until(1)
            assert kind == "error"
            assert isinstance(error, ConnectionRefusedError)
            client.close()
            await protocol.until(2)

        run(main())

    @pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets here")
    def test_flow_control(self, run, tmp_path):
        path = str(tmp_path / "here")

        async def main():
            server, receiver = await aio.open_datagram_endpoint(Recorder, path)
            server.pause_reading()
            server.pause_reading()
            assert not server.is_reading()
            client, sender = await aio.open_datagram_endpoint(Recorder, None, path)
            client.set_write_buffer_limits(high=3000, low=1000)
            assert client.get_write_buffer_limits() == (1000, 3000)
            words = [b"%04d" % n * 25 for n in range(300)]
            for word in words:
                client.sendto(word)
            assert await sender.until(1) == [("pause",)]
            await asyncio.sleep(0.01)
            assert client.get_write_buffer_size() > 3000
            client.close()  # what was sent goes first
            assert client.is_closing()
            client.sendto(b"too late")
            server.resume_reading()
            server.resume_reading()
            await receiver.until(300)
            assert [event[1] for event in receiver.events] == words
            assert await sender.until(3) == [("pause",), ("resume",), ("lost", None)]
            server.close()
            await receiver.until(301)

        run(main())

    def test_abort_in_a_callback(self, run):
        async def main():
            class Once(Recorder):
                def datagram_received(self, data, addr):
                    super().datagram_received(data, addr)
                    self.transport.abort()

            server, protocol = await aio.open_datagram_endpoint(Once, HERE)
            for _ in range(5):
                server.sendto(b"x", server.get_extra_info("sockname"))
            events = await protocol.until(2)
            await asyncio.sleep(0)
            assert [event[0] for event in events] == ["datagram", "lost"]
            assert server.get_extra_info("socket").fileno() == -1

        run(main())

    def test_refused(self, run):
        async def main():
            server, protocol = await aio.open_datagram_endpoint(Recorder, HERE)
            with pytest.raises(TypeError, match="must be a bytes-like object, not 'str'"):
                server.sendto("text", HERE)
            name = server.get_extra_info("sockname")
            client, other = await aio.open_datagram_endpoint(Recorder, None, name)
            with pytest.raises(ValueError, match="Invalid address: must be None or"):
                client.sendto(b"x", ("127.0.0.1", 9))
            with pytest.raises(ValueError, match="must be >= low"):
                client.set_write_buffer_limits(1, 2)
            client.sendto(b"x", name)
            await protocol.until(1)
            with socket.socket() as tcp, pytest.raises(ValueError, match="datagram socket"):
                await aio.open_datagram_endpoint(Recorder, sock=tcp)
            for transport, listener in ((client, other), (server, protocol)):
                transport.close()
                transport.close()
                while listener.events[-1:] != [("lost", None)]:
                    await asyncio.sleep(0)

        run(main())
