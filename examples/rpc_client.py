"""Call methods of examples/rpc_server.py, all at once over one connection.

    python examples/rpc_client.py --port 7003 add '[1, 2]' upper '["hello"]'

Results are printed in the order of the calls, whatever order their answers come in.
"""

import argparse
import asyncio
import json
import sys
from typing import Any, Self

from fastsock import LengthPrefix, aio

FRAMER = LengthPrefix(4, max_frame=1 << 20)


class Client:
    """A connection for any number of calls at once: ``await client.call("add", 1, 2)``."""

    def __init__(self, stream: aio.Stream) -> None:
        self.stream = stream
        self.waiting: dict[int, asyncio.Future[Any]] = {}
        self.calls: list[bytes] = []  # made in this turn of the loop, written at its end
        self.number = 0
        self.reading = asyncio.create_task(self.read())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stream.__aexit__(*exc_info)
        await self.reading

    async def call(self, method: str, *params: Any) -> Any:
        """Call a method: its result, or RuntimeError with what the server says."""
        if self.reading.done():
            raise ConnectionError("the connection has ended")
        self.number += 1
        said = {"id": self.number, "method": method, "params": params}
        loop = asyncio.get_running_loop()
        if not self.calls:
            loop.call_soon(self.write)
        self.calls.append(json.dumps(said).encode())
        answer = self.waiting[self.number] = loop.create_future()
        try:
            return await answer
        finally:
            self.waiting.pop(said["id"], None)

    def write(self) -> None:
        calls, self.calls = self.calls, []
        self.stream.write(FRAMER.encode_many(calls))

    async def read(self) -> None:
        """Hand every answer to who waits for it, up to the end of the connection."""
        error: Exception = ConnectionError("the connection has ended")
        try:
            while frames := await self.stream.frames(FRAMER):
                for answer in map(json.loads, frames):
                    future = self.waiting.get(answer["id"])
                    if future is None or future.done():  # nobody waits any more
                        continue
                    if "error" in answer:
                        future.set_exception(RuntimeError(answer["error"]))
                    else:
                        future.set_result(answer["result"])
        except (OSError, EOFError, ValueError) as broken:
            error = broken
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(error)


async def run(host: str, port: int, calls: list[tuple[str, list[Any]]]) -> bool:
    """Make the calls, and print what comes of each; whether all went well."""
    stream, _ = await aio.open_connection(host, port)
    async with Client(stream) as client:
        made = (client.call(method, *params) for method, params in calls)
        results = await asyncio.gather(*made, return_exceptions=True)
    for result in results:
        print(f"error: {result}" if isinstance(result, Exception) else json.dumps(result))
    return not any(isinstance(result, Exception) for result in results)


def main() -> None:
    parser = argparse.ArgumentParser(description="call methods of a server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7003)
    parser.add_argument("calls", nargs="+", metavar="METHOD PARAMS", help="params as a JSON list")
    options = parser.parse_args()
    pairs = zip(options.calls[::2], map(json.loads, options.calls[1::2]), strict=True)
    if not asyncio.run(run(options.host, options.port, list(pairs))):
        sys.exit(1)


if __name__ == "__main__":
    main()
