"""Both twins of the prefix part: the same tables, sets, files and refusals.

Run it as ``make fuzz`` does, or by hand with libFuzzer's arguments.
"""

import os
import sys
import tempfile
from pathlib import Path
from socket import AF_INET, AF_INET6, AF_UNSPEC
from zlib import crc32

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.prefix import _c as compiled, _py as pure, image

TWINS = [compiled, pure]
DOCUMENTED = (ValueError, TypeError, KeyError, IndexError, OverflowError)
FILE = Path(tempfile.gettempdir(), f"fuzz-prefix-{os.getpid()}.table")


def outcome(call):
    """A value, or a documented error as its class and text; any other error goes up."""
    try:
        return call()
    except DOCUMENTED as error:
        return type(error), str(error)


def same(*calls):
    results = [outcome(call) for call in calls]
    if any(result != results[0] for result in results):
        raise AssertionError(f"the twins differ: {results}")
    return results[0]


def a_network(data):
    kind = data.ConsumeIntInRange(0, 3)
    if kind == 0:
        return data.ConsumeUnicode(30)
    size = 16 if kind == 1 else 4
    packed = data.ConsumeBytes(data.ConsumeIntInRange(0, size)).ljust(size, b"\0")
    return packed, data.ConsumeIntInRange(-1, 8 * size + 1)


def tables(data):
    """The same changes and look-ups, one after the other."""
    pair = [twin.PrefixTable(strict=False) for twin in TWINS]
    for step in range(data.ConsumeIntInRange(1, 25)):
        one_step(data, pair, step)
        same(*(lambda t=t: list(t.items()) for t in pair))


def one_step(data, pair, step):
    network, action = a_network(data), data.ConsumeIntInRange(0, 6)
    if action <= 2:
        same(*(lambda t=t: t.__setitem__(network, step) for t in pair))
    elif action == 3:
        same(*(lambda t=t: t.pop(network) for t in pair))
    elif action == 4:
        same(*(lambda t=t: (t.covering(network), t.covered(network)) for t in pair))
    elif action == 5:
        address = network[0] if isinstance(network, tuple) else network
        same(*(lambda t=t: (t.lookup(address), t.lookup_all(address)) for t in pair))
    else:
        family = data.PickValueInList([AF_INET, AF_INET6, AF_UNSPEC])
        rows = data.ConsumeBytes(data.PickValueInList([4, 16, 32, 64, 5]))

        def many(table):
            found = table.lookup_many(family, rows)
            values = table.values_list()
            return [values[row] if row >= 0 else None for row in found]

        same(*(lambda t=t: many(t) for t in pair))


def files(data):
    """A damaged file with right checksums: both twins refuse it, or both open it and stay safe."""
    networks = {a_network(data): n % 3 for n in range(data.ConsumeIntInRange(0, 12))}
    table = outcome(lambda: compiled.PrefixTable(networks, strict=False))
    if isinstance(table, tuple):
        return
    table.save(FILE)
    raw = bytearray(FILE.read_bytes())
    for _ in range(data.ConsumeIntInRange(0, 6)):
        raw[data.ConsumeIntInRange(0, len(raw) - 1)] = data.ConsumeIntInRange(0, 255)
    if data.ConsumeBool():
        raw = bytearray(image.sealed(bytes(raw[:128]), crc32(raw[128:])) + raw[128:])
    FILE.write_bytes(raw)
    opened = [outcome(lambda t=t: t.PrefixTable.load(FILE)) for t in TWINS]
    if any(isinstance(one, tuple) for one in opened):
        same(*(lambda one=one: one for one in opened))
        return
    rows = data.ConsumeBytes(64).ljust(64, b"\xff")
    for one in opened:
        outcome(lambda one=one: one.lookup_many(AF_INET6, rows))
        outcome(lambda one=one: one.lookup_all(rows[:16]))
        outcome(lambda one=one: list(one.items()))


def sets(data):
    lists = [[a_network(data) for _ in range(data.ConsumeIntInRange(0, 8))] for _ in range(2)]

    def algebra(twin):
        a, b = (twin.PrefixSet(networks, strict=False) for networks in lists)
        return [(x.to_cidrs(), x.num_addresses) for x in (a | b, a & b, a - b, a ^ b)]

    same(*(lambda t=t: algebra(t) for t in TWINS))


def masks(data):
    family = data.PickValueInList([AF_INET, AF_INET6, AF_UNSPEC, 1])
    bits = data.ConsumeIntInRange(-1, 33), data.ConsumeIntInRange(-1, 129)
    packed = data.ConsumeBytes(data.PickValueInList([0, 4, 16, 64, 7]))
    same(*(lambda t=t: t.mask_many(family, packed, *bits) for t in TWINS))


TARGETS = [tables, files, sets, masks]


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    data.PickValueInList(TARGETS)(data)


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
