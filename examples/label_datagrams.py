"""Receive datagrams in batches; drop those of blocked networks, count the others by network.

    python examples/label_datagrams.py 127.0.0.1 5514 --block 10.0.0.0/8
    python examples/label_datagrams.py :: 5514          # IPv4 and IPv6

A batch's senders stay columns, in fastsock and in NumPy: no object is made for a datagram, only one
for each label and for each network that is counted.
"""

import argparse
from collections import Counter
from socket import AF_INET, AF_INET6, AF_UNSPEC

import numpy as np

from fastsock.address import inet_ntop_many
from fastsock.datagram import DatagramBatch, open_datagram_socket
from fastsock.prefix import PrefixSet, PrefixTable, mask_many

NETWORKS = {"127.0.0.0/8": "loopback", "::1/128": "loopback", "10.0.0.0/8": "office"}


class Labels:
    """Counts of senders: those dropped, by label, and by /24 or /48."""

    def __init__(self, networks, blocked):
        self.table, self.blocked = PrefixTable(networks), PrefixSet(blocked)
        self.names = [*self.table.values_list(), "unknown"]
        self.counts = np.zeros(len(self.names), np.int64)
        self.sources = Counter()
        self.dropped = 0

    def add(self, family, packed):
        """Count a column of packed senders: of AF_INET, or AF_UNSPEC with mapped IPv4."""
        senders = np.frombuffer(packed, f"V{4 if family == AF_INET else 16}")
        bad = np.frombuffer(self.blocked.contains_many(family, packed), bool)
        good = senders[~bad].tobytes()
        rows = np.frombuffer(self.table.lookup_many(family, good, len(self.names) - 1), np.int32)
        self.counts += np.bincount(rows, minlength=len(self.names))
        networks = np.frombuffer(mask_many(family, good, 24, 48), senders.dtype)
        networks, times = np.unique(networks, return_counts=True)
        texts = inet_ntop_many(family, networks.tobytes())
        self.sources.update(dict(zip(texts, times.tolist(), strict=True)))
        self.dropped += int(bad.sum())

    def by_label(self):
        found = Counter()
        for name, count in zip(self.names, self.counts.tolist(), strict=True):
            found[name] += count
        return +found  # without zeros


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--block", action="append", default=[], metavar="NETWORK")
    parser.add_argument("--limit", type=int, default=0, help="stop after so many datagrams")
    args = parser.parse_args()
    family = AF_INET6 if ":" in args.host else AF_INET
    labels, batch, seen = Labels(NETWORKS, args.block), DatagramBatch(64), 0
    with open_datagram_socket((args.host, args.port), family=family, dualstack=True) as sock:
        print(f"listening on port {sock.getsockname()[1]}", flush=True)
        while not args.limit or seen < args.limit:
            seen += batch.recv(sock)
            labels.add(AF_INET if family == AF_INET else AF_UNSPEC, batch.peer_addresses)
    print(dict(labels.by_label()), dict(labels.sources), f"dropped {labels.dropped}")


if __name__ == "__main__":
    main()
