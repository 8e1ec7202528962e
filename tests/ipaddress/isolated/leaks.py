"""Use everything many times: no memory and no reference may leak.

Run by test_lifetimes.py in a process of its own.
"""

import copy
import gc
import ipaddress as std
import pickle
import sys
import sysconfig
import tracemalloc
import weakref
from contextlib import suppress
from socket import AF_INET, AF_UNSPEC

import fastsock.ipaddress as ours

SAMPLES = [
    ("IPv4Address", "1.2.3.4"), ("IPv6Address", "2001:db8::1"), ("IPv6Address", "fe80::1%eth0"),
    ("IPv4Interface", "1.2.3.4/24"), ("IPv6Interface", "2001:db8::1/64"),
    ("IPv6Interface", "fe80::1%e/64"), ("IPv4Network", "10.0.0.0/8"),
    ("IPv6Network", "2001:db8::/32"), ("IPv6Network", "fe80::%e/64"), ("IPv4Network", "1.2.3.4/32"),
    ("IPv4Network", "10.0.0.0/255.0.0.0"),
]  # fmt: skip
BAD = ["zz", "1.2.3.4/33", "\ud800", -1, 2**128, None, 1.5, (1, 2, 3), b"123", "1" * 5000]


def use(name: str, text: str) -> None:
    cls, theirs = getattr(ours, name), getattr(std, name)(text)
    item = cls(text)
    for attribute in dir(item):
        with suppress(Exception):
            getattr(item, attribute)
    copy.copy(item), copy.deepcopy([item]), pickle.loads(pickle.dumps(item)), weakref.ref(item)
    for other in (item, theirs, 5, None):
        _ = item == other, item != other, {item: other}
        for function in (lambda a, b: a < b, lambda a, b: a in b, lambda a, b: b in a,
                         lambda a, b: a + b, lambda a, b: a - 1, lambda a, b: a[1],
                         lambda a, b: a.overlaps(b), lambda a, b: a.subnet_of(b)):  # fmt: skip
            with suppress(Exception):
                function(item, other)
    for function in (str, repr, hash, int, lambda x: f"{x:x}", lambda x: next(x.hosts()),
                     lambda x: next(x.subnets()), lambda x: x.supernet(), lambda x: next(iter(x)),
                     lambda x: list(x.address_exclude(x)),
                     lambda x: x.__reduce_ex__(2)):  # fmt: skip
        with suppress(Exception):
            function(item)
    for argument in BAD:
        with suppress(Exception):
            cls(argument)
        with suppress(Exception):
            item.__init__(argument)
    with suppress(AttributeError):
        item._ip = "odd"
        item._ip = 5
        del item._ip
    with suppress(AttributeError):
        item.network_address = item.netmask = theirs
        item._prefixlen = "odd"
        item.__init__(text)
    with suppress(AttributeError):
        item.note = item  # a cycle

    class Sub(cls):
        pass

    sub = Sub(text)
    sub.itself = sub
    copy.copy(sub)


def use_functions() -> None:
    for text in ("1.2.3.4", "::1", "1.2.3.0/24", "nowhere"):
        for function in (ours.ip_address, ours.ip_network, ours.ip_interface):
            with suppress(ValueError):
                function(text)
    a, b = ours.ip_address("10.0.0.1"), ours.ip_address("10.0.1.9")
    list(ours.summarize_address_range(a, b)), next(ours.summarize_address_range(a, b))
    list(ours.collapse_addresses([a, b, std.ip_address("1.1.1.1"), ours.ip_network("9.0.0.0/8")]))
    next(ours.collapse_addresses([a, b]))
    for bad in ([a, ours.ip_address("::")], 5, [5], [ours.ip_interface("1.1.1.1/8")]):
        with suppress(Exception):
            list(ours.collapse_addresses(bad))
    ours.parse_many(["1.1.1.1", "::1"] * 20)
    with suppress(ValueError):
        ours.parse_many(["1.1.1.1", "nowhere"])
    ours.from_packed(AF_INET, bytes(400)), ours.from_packed(AF_UNSPEC, bytes(1600))
    with suppress(ValueError):
        ours.from_packed(AF_INET, bytes(3))


def rounds(count: int) -> None:
    for _ in range(count):
        for name, text in SAMPLES:
            use(name, text)
        use_functions()
    gc.collect()


CLASSES = [getattr(ours, name) for name in dict(SAMPLES)]
WATCHED = [*CLASSES, None, ours.ip_address, std.IPv4Address]
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    # Each thread counts its references to a class apart, which `sys.getrefcount` does not add.
    WATCHED = [item for item in WATCHED if not isinstance(item, type)]
ROUNDS = 25
rounds(ROUNDS)
before = [sys.getrefcount(item) for item in WATCHED]
tracemalloc.start()
rounds(3)
grown = []
for _ in range(
    3
):  # the interpreter's own lists of free objects fill up meanwhile, and then no more
    first = tracemalloc.get_traced_memory()[0]
    rounds(ROUNDS)
    grown.append(tracemalloc.get_traced_memory()[0] - first)
tracemalloc.stop()
after = [sys.getrefcount(item) for item in WATCHED]
# A round calls everything for eleven samples: one object a call would be 700 bytes at least.
assert min(grown) < ROUNDS * 300, f"{grown} bytes stay behind {ROUNDS} rounds"
worst = max(a - b for a, b in zip(after, before, strict=True))
assert worst < ROUNDS, list(zip(WATCHED, before, after, strict=True))
print("done")
