"""Answer every line with its length and its text in capitals, on asyncio.

    python examples/line_server_asyncio.py --port 7001

A line that is too long is answered by an error and skipped, and the connection lives on. Who
takes too long for a line is cut off, also if a byte comes in every second of it.
"""

import argparse
import asyncio
from functools import partial

from fastsock import LimitOverrunError, Lines, aio

LINES = Lines(max_frame=1000)  # ending in LF or CRLF


async def serve_lines(reader: aio.Stream, writer: aio.Stream, seconds: float) -> None:
    try:
        while await answer(reader, writer, seconds):
            await writer.drain()
    except OSError as error:
        print(f"{writer.get_extra_info('peername')}: {error}")
    finally:
        writer.close()


async def answer(reader: aio.Stream, writer: aio.Stream, seconds: float) -> bool:
    """Answer the lines that have come; False at the end of the stream."""
    try:
        # A read that is cancelled has taken nothing.
        async with asyncio.timeout(seconds):
            lines = await reader.frames(LINES)
    except TimeoutError:
        writer.write(b"error: too slow\n")
        return False
    except LimitOverrunError:
        # The good lines in front were answered in the turn before. What is still to come of this
        # one is dropped as it comes, up to its newline.
        reader.accumulator.skip_frame(LINES)
        writer.write(b"error: line too long\n")
        return True
    writer.writelines(b"%d %b\n" % (len(line), line.upper()) for line in lines)
    return bool(lines)


async def serve(host: str, port: int, seconds: float) -> None:
    async with await aio.start_server(partial(serve_lines, seconds=seconds), host, port) as server:
        print("listening on port", server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="answer lines by their length and in capitals")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7001, help="0 for any that is free")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for a line")
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port, options.timeout))


if __name__ == "__main__":
    main()
