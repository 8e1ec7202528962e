"""No leaks of memory, references or buffers. Both twins, in a process of its own."""

CODE = """
import gc, pickle, sys, tempfile, tracemalloc
from importlib import import_module
from pathlib import Path
from socket import AF_INET, AF_INET6

m = import_module(sys.argv[1])
path = Path(tempfile.mkdtemp(), "t")
ITEMS = {f"10.{n}.0.0/16": [n] for n in range(60)} | {f"2001:db8::{n:x}": n for n in range(40)}
m.PrefixTable(ITEMS).save(path)
value = object()
rows = bytearray(bytes(range(64)))


def refused(call, *arguments):
    try:
        call(*arguments)
    except (ValueError, TypeError, KeyError):
        return
    raise AssertionError(call)


def change():
    table = m.PrefixTable(ITEMS)
    for n in range(40):
        table[f"11.{n}.0.0/16"] = value
        table.lookup("11.1.1.1")
    for n in range(40):
        del table[f"11.{n}.0.0/16"]
    table.update({f"12.{n}.0.0/16": value for n in range(99)})
    table.lookup_many(AF_INET, rows), table.lookup_many(AF_INET6, rows)
    table.lookup_all("10.1.1.1"), table.lookup_prefix("2001:db8::1")
    table.covered("10.0.0.0/8"), table.covering("10.1.1.0/24"), list(table.items())
    table.copy().freeze()
    refused(table.update, [("13.0.0.0/8", value), ("x", value)])
    refused(table.__setitem__, "x", value)
    refused(table.lookup, "x")
    refused(table.lookup_many, AF_INET, b"123")
    table.clear()


def files():
    table = m.PrefixTable.load(path)
    list(table.items()), table.values_list()
    table["1.2.3.4"] = value
    pickle.loads(pickle.dumps(m.PrefixTable.load(path), 5))
    buffers = []
    small = pickle.dumps(m.PrefixTable(ITEMS), 5, buffer_callback=buffers.append)
    pickle.loads(small, buffers=buffers)
    refused(m.PrefixTable._read_form, bytes(200))


def sets():
    inside = m.PrefixSet(ITEMS)
    "10.1.1.1" in inside, inside.contains_many(AF_INET, rows)
    inside |= m.PrefixSet(["::/0"])
    inside.to_cidrs(), m.special("private").copy(), m.mask_many(AF_INET, rows)
    refused(m.PrefixSet, ["x"])
    refused(m.mask_many, AF_INET, b"123")


for case in (change, files, sets):
    for _ in range(5):
        case()
    gc.collect()
    held, before = sys.getrefcount(value), None
    tracemalloc.start()
    case()
    for turn in range(2):
        gc.collect()
        size = tracemalloc.get_traced_memory()[0]
        before = size if before is None else before
        for _ in range(10):
            case()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 6000, (case.__name__, grown)
    assert sys.getrefcount(value) == held, (case.__name__, sys.getrefcount(value) - held)
    rows.append(0), rows.pop()  # nobody holds the buffer

import resource
for turn in range(2):
    for _ in range(150):
        for case in (change, files, sets):
            case()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = peak if turn == 0 else first
assert peak - first < 3000, f"{peak - first} KiB more"
"""


def test_nothing_stays_behind(run_python, twin):
    process = run_python("-c", CODE, f"fastsock.prefix._{twin.tag}")
    assert process.returncode == 0, process.stderr
