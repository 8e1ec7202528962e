"""From a capture to a plot: who sends how much, when, and in packets of what size.

    python examples/capture_plot.py [CAPTURE] [--output plot.svg]

Without a capture it makes a small one of its own. Cells begin at ``# %%``, as editors that run
notebooks have it. NumPy counts; matplotlib draws. Without matplotlib the figures are written to a
CSV file in place of the picture.
"""

# %% A capture: the one that is named, or one made here

import argparse
import csv
import io
import random
import struct
from pathlib import Path
from socket import AF_UNSPEC

import numpy

from fastsock import CaptureWriter, checksum, inet_ntop_many, inet_pton, open_capture

try:
    import matplotlib
except ImportError:
    matplotlib = None

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("capture", metavar="CAPTURE", nargs="?", help="a pcap or pcapng file")
parser.add_argument("--output", metavar="FILE", default="plot.svg")
parser.add_argument("--top", type=int, metavar="N", default=5, help="senders to show")
args = parser.parse_args()

SECOND = 10**9
TCP, UDP = 6, 17


def datagram(src: str, dst: str, sport: int, dport: int, size: int) -> bytes:
    """A UDP datagram in IPv4 with `size` bytes of nothing."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 28 + size, 1, 0, 64, UDP, 0)
    head += inet_pton(2, src) + inet_pton(2, dst)
    head = head[:10] + checksum(head).to_bytes(2, "big") + head[12:]
    return head + struct.pack(">HHHH", sport, dport, 8 + size, 0) + bytes(size)


def made_up(seconds: int = 60) -> bytes:
    """A minute of three hosts: one asks, one answers at length, one calls in now and then."""
    chance = random.Random(1)
    file = io.BytesIO()
    with CaptureWriter(file, link="raw") as writer:
        for second in range(seconds):
            for _ in range(chance.randrange(5, 40)):
                when = second * SECOND + chance.randrange(SECOND)
                port = chance.randrange(49152, 65536)
                ask = datagram("192.0.2.1", "198.51.100.7", port, 53, chance.randrange(30, 60))
                answer = datagram("198.51.100.7", "192.0.2.1", 53, port, chance.randrange(80, 1200))
                writer.write(ask, when)
                writer.write(answer, when + chance.randrange(SECOND // 50))
            if second % 10 == 0:
                alive = datagram("203.0.113.9", "192.0.2.1", 5000, 5000, 8)
                writer.write(alive, second * SECOND)
    return file.getvalue()


# %% Decode it: one pass, and only the columns that are needed

with open_capture(args.capture or made_up()) as capture:
    columns = capture.to_columns(["timestamp_ns", "wire_length", "src", "version", "protocol"])
if capture.stopped:
    print(f"the capture ends early: {capture.stopped}")
if not len(columns):
    raise SystemExit("no packets")

fields = columns.to_numpy()  # the same memory, as arrays
fields = {name: array[fields["version"] > 0] for name, array in fields.items()}  # IP alone
times = (fields["timestamp_ns"] - fields["timestamp_ns"].min()) / SECOND

# %% Who sends most: addresses are rows of 16 bytes, so a row is one item to count

senders, who = numpy.unique(fields["src"].view("V16").ravel(), return_inverse=True)
sent = numpy.bincount(who, fields["wire_length"], len(senders))
ranked = numpy.argsort(sent)[::-1][: args.top]
names = inet_ntop_many(AF_UNSPEC, senders[ranked].tobytes())

print(f"{len(columns)} packets, {len(times)} of them IP, in {times.max():.3f} s")
for name, rank in zip(names, ranked, strict=True):
    print(f"{int(sent[rank]):>12,} bytes {numpy.count_nonzero(who == rank):>8,} packets  {name}")
udp = numpy.count_nonzero(fields["protocol"] == UDP)
tcp = numpy.count_nonzero(fields["protocol"] == TCP)
print(f"UDP {udp / len(times):.0%}, TCP {tcp / len(times):.0%}")

# %% Bytes a second by sender

edges = numpy.linspace(0, max(times.max(), 1), 61)
layers = [
    numpy.histogram(times[who == rank], edges, weights=fields["wire_length"][who == rank])[0]
    for rank in ranked
]
rates = numpy.array(layers) / numpy.diff(edges)

# %% Draw them, and sizes; or write them

if matplotlib is None:
    output = Path(args.output).with_suffix(".csv")
    with output.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["seconds", *names])
        writer.writerows(zip(edges[:-1].round(3), *rates.round(3), strict=True))
    print(f"matplotlib is not installed: written to {output}")
    raise SystemExit

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

figure, (over_time, sizes) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
over_time.stackplot(edges[:-1], rates, labels=names)
over_time.set(xlabel="seconds", ylabel="bytes a second")
over_time.legend(fontsize="small")
sizes.hist(fields["wire_length"], bins=50)
sizes.set(xlabel="bytes on the wire", ylabel="packets")
figure.savefig(args.output)
print(f"drawn in {args.output}")
