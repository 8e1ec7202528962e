"""Memory stays flat over a million frames, in and out, in a process of its own."""

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")

PROGRAM = """
import asyncio, socket
from fastsock import Framer, LengthPrefix, RecvAccumulator, TextLength, aio

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

class Own(Framer):
    def find(self, view, eof):
        return (1, view[0] + 1, view[0] + 1) if len(view) > view[0] else view[0] + 1
    def encode(self, body):
        return bytes([len(body)]) + body

BODIES = [bytes(n % 60) for n in range(2000)]

def by_accumulator(framer, views, rounds):
    acc, found = RecvAccumulator(), 0
    for _ in range(rounds):
        data = framer.encode_many(BODIES)
        for start in range(0, len(data), 50_000):
            acc.feed(data[start : start + 50_000])
            found += len(acc.frames(framer, views))
    assert found == rounds * len(BODIES), found

async def by_streams(rounds):
    here, there = socket.socketpair()
    reader, _ = await aio.open_connection(sock=here)
    _, writer = await aio.open_connection(sock=there)
    async def send():
        async with writer:
            for _ in range(rounds):
                await writer.write_frames(TextLength(), BODIES)
    task, found = asyncio.ensure_future(send()), 0
    async with reader:
        while frames := await reader.frames(TextLength()):
            found += len(frames)
    await task
    assert found == rounds * len(BODIES), found

def all_of_it(rounds):
    by_accumulator(LengthPrefix(2), False, rounds)
    by_accumulator(TextLength(b" "), True, rounds)
    by_accumulator(Own(), False, rounds // 10)
    asyncio.run(by_streams(rounds))

all_of_it(10)
before = resident()
all_of_it({rounds})
print(resident() - before)
"""


@pytest.mark.parametrize("backend", ["c", "py"])
def test_a_million_frames(run_python, backend, request):
    if backend == "c":
        request.getfixturevalue("compiled")
    rounds = 170 if backend == "c" else 30  # about a million by the compiled twin
    done = run_python("-c", PROGRAM.replace("{rounds}", str(rounds)), FASTSOCK_BACKEND=backend)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2 << 20
