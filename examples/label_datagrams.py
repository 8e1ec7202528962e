"""Receive datagrams in batches; drop those of blocked networks, count the others by network.

    python examples/label_datagrams.py 127.0.0.1 5514 --block 10.0.0.0/8

Blocking and labelling take a batch's packed addresses in one call. Only addresses that pass become
Python objects: a slice of bytes to collect them, and the text of their /24 to count sources.
"""

import argparse
from collections import Counter
from socket import AF_INET

from fastsock.address import inet_ntop_many
from fastsock.datagram import DatagramBatch, open_datagram_socket
from fastsock.prefix import PrefixSet, PrefixTable, mask_many

NETWORKS = {"127.0.0.0/8": "loopback", "10.0.0.0/8": "office", "192.0.2.0/24": "lab"}


def label(packed, table, blocked, counts, sources):
    """Count packed IPv4 senders by label, and by /24; returns how many were dropped."""
    bad = blocked.contains_many(AF_INET, packed)
    good = b"".join(packed[4 * i : 4 * i + 4] for i, is_bad in enumerate(bad) if not is_bad)
    values = table.values_list()
    for slot in table.lookup_many(AF_INET, good):
        counts[values[slot] if slot >= 0 else "unknown"] += 1
    sources.update(inet_ntop_many(AF_INET, mask_many(AF_INET, good, 24, 48)))
    return sum(map(bool, bad))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--block", action="append", default=[], metavar="NETWORK")
    parser.add_argument("--limit", type=int, default=0, help="stop after so many datagrams")
    args = parser.parse_args()
    table, blocked = PrefixTable(NETWORKS), PrefixSet(args.block)
    counts, sources, dropped, seen = Counter(), Counter(), 0, 0
    batch = DatagramBatch(64)
    with open_datagram_socket((args.host, args.port), family=AF_INET) as sock:
        print(f"listening on port {sock.getsockname()[1]}", flush=True)
        while not args.limit or seen < args.limit:
            seen += batch.recv(sock)
            dropped += label(batch.peer_addresses, table, blocked, counts, sources)
    print(dict(counts), dict(sources), f"dropped {dropped}")


if __name__ == "__main__":
    main()
