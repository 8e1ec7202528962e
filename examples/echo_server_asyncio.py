"""Send every message back: an echo server for asyncio.

    python examples/echo_server_asyncio.py --port 7000

A message is a length in four bytes, big endian, and as many bytes.
"""

import argparse
import asyncio
import struct

from fastsock import FrameError, IncompleteReadError, LengthPrefix, aio

# Larger messages are refused by their length, before anything is stored of them.
FRAMER = LengthPrefix(4, max_frame=1 << 20)


async def echo(reader: aio.Stream, writer: aio.Stream) -> None:
    peer = writer.get_extra_info("peername")
    try:
        # All whole messages that have come, at once; an empty list is the end of the stream.
        while messages := await reader.frames(FRAMER):
            writer.writelines(map(framed, messages))
            await writer.drain()  # a client that does not read is not read from either
    except FrameError as error:
        print(f"{peer}: {error}")  # where the next message starts nobody knows
    except IncompleteReadError as error:
        print(f"{peer}: hung up inside a message: {error}")
    except OSError as error:
        print(f"{peer}: {error}")
    finally:
        writer.close()


def framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message


async def serve(host: str, port: int) -> None:
    async with await aio.start_server(echo, host, port) as server:
        print("listening on port", server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="send every length-prefixed message back")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7000, help="0 for any that is free")
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port))


if __name__ == "__main__":
    main()
