"""aioquic's server and client, over asyncio's transport or over ours.

python case_quic.py {c,py} {plain,ours} CERTIFICATE KEY SIZE
"""

import asyncio
import hashlib
import sys
from importlib import import_module

from aioquic.asyncio import connect, serve
from aioquic.quic.configuration import QuicConfiguration

from fastsock import aio
from fastsock.aio import datagram as module

tag, transport, certificate, key, size = sys.argv[1:]
twin = import_module(f"fastsock.datagram._{tag}")
module.DatagramBatch, module.send_batch = twin.DatagramBatch, twin.send_batch
DATA = bytes(range(256)) * (int(size) // 256)


class Loop(asyncio.SelectorEventLoop):
    """asyncio's loop, but for datagrams."""

    async def create_datagram_endpoint(self, protocol_factory, local_addr=None, **options):
        if transport == "plain":
            return await super().create_datagram_endpoint(protocol_factory, local_addr, **options)
        batch = twin.DatagramBatch(32, gro=True)
        return await aio.open_datagram_endpoint(
            protocol_factory, local_addr, batch=batch, **options
        )


async def answer(reader, writer):
    """Send back what came, and its digest."""
    data = await reader.read()
    writer.write(data + hashlib.sha256(data).digest())
    writer.write_eof()


def handle(reader, writer):
    task = asyncio.get_running_loop().create_task(answer(reader, writer))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


tasks: set[asyncio.Task[None]] = set()


async def main():
    configuration = QuicConfiguration(is_client=False)
    configuration.load_cert_chain(certificate, key)
    server = await serve("127.0.0.1", 0, configuration=configuration, stream_handler=handle)
    port = server._transport.get_extra_info("sockname")[1]
    client = QuicConfiguration(is_client=True, verify_mode=0)
    # aioquic binds its client to "::", and connects to mapped addresses.
    async with connect("127.0.0.1", port, configuration=client) as protocol:
        reader, writer = await protocol.create_stream()
        writer.write(DATA)
        writer.write_eof()
        data = await reader.read()
    assert data == DATA + hashlib.sha256(DATA).digest()
    server.close()
    print("transferred", len(data))


with asyncio.Runner(loop_factory=Loop) as runner:
    runner.run(asyncio.wait_for(main(), 100))
