"""A server that speaks RESP, as redis does: SET, GET, DEL, PING and ECHO, pipelined.

    python examples/resp_server.py 6380 &
    redis-cli -p 6380 set greeting hello

RESP nests arrays, so no framer of the library cuts it. `Resp` is a framer of its own.
"""

import asyncio
import sys

from fastsock import Framer, aio
from fastsock.errors import FrameError

DEPTH = 32  # of arrays in arrays
LINE = 64  # bytes of the longest line that holds a number


class Reply(bytes):
    """An error reply."""


def number(view, start, end):
    """A decimal number, with a sign perhaps, and nothing else."""
    digits = bytes(view[start:end])
    if not digits.removeprefix(b"-").isdigit() or len(digits) > LINE:
        raise FrameError(f"not a number: {digits!r}")
    return int(digits)


class Resp(Framer):
    """Whole RESP values, however deeply nested, as they came."""

    def __init__(self, max_frame=1 << 20):
        self.max_frame = max_frame

    def find(self, view, eof):
        data = bytes(view)  # one copy, for a memoryview has no find()
        at, left = 0, [1]  # how many values are still to come, on each level
        while left:
            if not left[-1]:
                left.pop()
                continue
            left[-1] -= 1
            kind = data[at : at + 1]
            if not kind:
                return None
            if kind not in b"+-:$*":
                raise FrameError(f"no type of RESP: {kind!r}")
            end = data.find(b"\r\n", at)
            if end < 0:
                if kind in b":$*" and len(data) - at > LINE:
                    raise FrameError("a number that is too long")
                return None
            size = number(data, at + 1, end) if kind in b":$*" else 0
            at = end + 2
            if kind in b"$*" and size < -1:
                raise FrameError(f"a length of {size}")
            if kind == b"$" and size >= 0:
                at += size + 2
                if len(data) < at:
                    # The rest of an array is unknown, but a lone string's size is not.
                    return at if left == [0] else None
                if data[at - 2 : at] != b"\r\n":
                    raise FrameError("no line end after a bulk string")
            if kind == b"*" and size > 0:
                if len(left) > DEPTH:
                    raise FrameError(f"arrays nested more than {DEPTH} deep")
                left.append(size)
        return 0, at, at

    def encode(self, value):
        if value is None:
            return b"$-1\r\n"
        if isinstance(value, int):
            return b":%d\r\n" % value
        if isinstance(value, Reply):
            return b"-%b\r\n" % value
        if isinstance(value, list):
            return b"*%d\r\n" % len(value) + self.encode_many(value)
        return b"$%d\r\n%b\r\n" % (len(value), value)


def parse(frame):
    """The value of a whole frame."""
    value, _ = parse_at(frame, 0)
    return value


def parse_at(frame, at):
    end = frame.index(b"\r\n", at)
    kind, text, at = frame[at : at + 1], frame[at + 1 : end], end + 2
    if kind == b"+":
        return text, at
    if kind == b"-":
        return Reply(text), at
    size = int(text)
    if kind == b":":
        return size, at
    if size < 0:
        return None, at
    if kind == b"$":
        return frame[at : at + size], at + size + 2
    values = []
    for _ in range(size):
        value, at = parse_at(frame, at)
        values.append(value)
    return values, at


def answer(store, request):
    if not isinstance(request, list) or not request or not isinstance(request[0], bytes):
        return Reply(b"ERR a command is an array of strings")
    command, *arguments = request
    match command.upper(), arguments:
        case b"PING", []:
            return b"PONG"
        case ((b"PING" | b"ECHO"), [text]):
            return text
        case b"SET", [key, value]:
            store[key] = value
            return b"OK"
        case b"GET", [key]:
            return store.get(key)
        case b"DEL", keys:
            return sum(store.pop(key, None) is not None for key in keys)
        case ((b"CONFIG" | b"COMMAND"), _):
            return []
    return Reply(b"ERR unknown command")


async def serve(reader, writer):
    framer = Resp()
    try:
        while frames := await reader.frames(framer):
            replies = [answer(STORE, parse(frame)) for frame in frames]
            await writer.write_frames(framer, replies)
    except (FrameError, EOFError, ConnectionError):
        pass
    writer.close()


STORE = {}


async def main(port):
    async with await aio.start_server(serve, "127.0.0.1", port) as server:
        print("listening on", *server.sockets[0].getsockname(), flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 6380))
