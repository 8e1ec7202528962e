"""Count the lines of an access log by country: python log_countries.py BLOCKS.csv ACCESS.log.

BLOCKS.csv has a network in each row, as GeoLite2's files; its second column is the label. The log's
addresses stand first in each line.
"""

import sys
from collections import Counter
from socket import AF_UNSPEC

from fastsock import inet_pton_many
from fastsock.prefix import PrefixTable

CHUNK = 100_000


def read_table(path):
    with open(path, encoding="utf-8-sig") as file:
        label = next(file).rstrip("\r\n").split(",")[1]
    return PrefixTable.from_csv(path, value=label)


def count(table, lines):
    counts = Counter()
    values = table.values_list()
    texts = (line.partition(" ")[0].rstrip("\n") for line in lines)
    while chunk := [text for _, text in zip(range(CHUNK), texts)]:  # noqa: B905
        packed, valid = inet_pton_many(AF_UNSPEC, chunk, errors="mask")
        for slot, good in zip(table.lookup_many(AF_UNSPEC, packed), valid, strict=True):
            counts["bad" if not good else values[slot] if slot >= 0 else "unknown"] += 1
    return counts


def main():
    table = read_table(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8", errors="replace") as lines:
        for country, number in count(table, lines).most_common():
            print(f"{number:>12,}  {country}")


if __name__ == "__main__":
    main()
