"""Answer calls in JSON, each with its length in front, on asyncio: many calls at once a connection.

    python examples/rpc_server.py --port 7003
    python examples/rpc_client.py --port 7003 add '[1, 2]' upper '["hello"]'

A call is ``{"id": 1, "method": "add", "params": [1, 2]}``. Its answer bears the same id, and a
result or an error. Answers come in the order in which they are ready: a slow call holds no other
one up. All calls that have come are read together, and answers that are ready together are written
together.
"""

import argparse
import asyncio
import json
from collections.abc import Callable
from typing import Any

from fastsock import FrameError, LengthPrefix, aio

FRAMER = LengthPrefix(4, max_frame=1 << 20)
AT_ONCE = 1000  # calls of a connection that are served at the same time

METHODS: dict[str, Callable[..., Any]] = {
    "add": lambda *numbers: sum(numbers),
    "upper": str.upper,
    "sleep": lambda seconds: asyncio.sleep(seconds, "slept"),
}


async def answer(call: bytes) -> bytes:
    """The answer to a call; what is wrong with it is in the answer."""
    number = None
    try:
        asked = json.loads(call)
        number = asked["id"]
        result = METHODS[asked["method"]](*asked["params"])
        if asyncio.iscoroutine(result):
            result = await result
        said = {"id": number, "result": result}
    except Exception as error:  # whatever a caller may send
        said = {"id": number, "error": f"{type(error).__name__}: {error}"}
    return json.dumps(said).encode()


class Connection:
    """One connection: its calls at work, and answers that wait to be written."""

    def __init__(self, stream: aio.Stream) -> None:
        self.stream = stream
        self.room = asyncio.Semaphore(AT_ONCE)
        self.ready: list[bytes] = []
        self.some_ready = asyncio.Event()
        self.ended = False  # no call is at work, and none will come

    async def serve(self) -> None:
        try:
            # The end of either half by an error ends the other one.
            async with self.stream, asyncio.TaskGroup() as halves:
                halves.create_task(self.write())
                async with asyncio.TaskGroup() as calls:
                    while frames := await self.stream.frames(FRAMER):
                        for call in frames:
                            await self.room.acquire()
                            calls.create_task(self.run(call))
                self.ended = True
                self.some_ready.set()
        except* (FrameError, EOFError, OSError) as errors:
            print(*errors.exceptions, flush=True)

    async def run(self, call: bytes) -> None:
        said = await answer(call)
        self.ready.append(said)
        self.room.release()
        self.some_ready.set()

    async def write(self) -> None:
        while self.ready or not self.ended:
            await self.some_ready.wait()
            self.some_ready.clear()
            ready, self.ready = self.ready, []
            await self.stream.write_frames(FRAMER, ready)


async def serve(host: str, port: int) -> None:
    async def connected(reader: aio.Stream, writer: aio.Stream) -> None:
        await Connection(reader).serve()

    async with await aio.start_server(connected, host, port) as server:
        print("listening on port", server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="answer calls in JSON")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7003, help="0 for any that is free")
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port))


if __name__ == "__main__":
    main()
