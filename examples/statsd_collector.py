"""Count statsd metrics, in several processes that share one port by SO_REUSEPORT.

    python examples/statsd_collector.py --port 8125 --workers 4
    echo "requests:1|c" | nc -u -w0 127.0.0.1 8125

The kernel gives all datagrams of one sender to the same worker. Each worker tells what it has
counted when it is interrupted, and what the kernel had to drop because it was too slow.
"""

import argparse
import os
import signal
from collections import Counter

from fastsock.datagram import DatagramBatch, open_datagram_socket


def add(counts: Counter[bytes], datagram: bytes) -> int:
    """Add the counters in a datagram, one a line; how many lines were none."""
    bad = 0
    for line in datagram.splitlines():
        name, colon, rest = line.partition(b":")
        value, *kinds = rest.split(b"|")
        try:
            if not name or not colon or kinds[:1] != [b"c"]:
                raise ValueError
            # "|@0.1": one in ten was sent
            rate = float(kinds[1].removeprefix(b"@")) if len(kinds) > 1 else 1.0
            counts[name] += round(float(value) / rate)
        except (ValueError, ZeroDivisionError, OverflowError):
            bad += 1
    return bad


def tell(text: str) -> None:
    """Print in one piece: workers share the output."""
    os.write(1, f"{text}\n".encode())


def work(host: str, port: int) -> None:
    counts: Counter[bytes] = Counter()
    datagrams = bad = dropped = 0
    try:
        with open_datagram_socket((host, port), rcvbuf=1 << 22, reuse_port=True) as sock:
            tell(f"listening on port {sock.getsockname()[1]}")
            batch = DatagramBatch(64, 8192)
            while True:
                datagrams += batch.recv(sock)
                for payload in batch.payloads():
                    bad += add(counts, payload)
                dropped = batch.dropped
    except KeyboardInterrupt:
        pass
    lines = [f"{name.decode(errors='replace')} {value}" for name, value in sorted(counts.items())]
    tell("\n".join([*lines, f"{datagrams} datagrams, {bad} bad lines, {dropped} dropped"]))


def main(host: str, port: int, workers: int) -> None:
    if workers == 1:
        work(host, port)
        return
    children: list[int] = []
    # Before the first child listens, so that no interrupt ends this process without them.
    signal.signal(signal.SIGINT, lambda *_: [os.kill(child, signal.SIGINT) for child in children])
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            work(host, port)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="count statsd metrics")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8125)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    main(arguments.host, arguments.port, arguments.workers)
