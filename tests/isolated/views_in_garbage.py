"""Use views of headers while the collector clears the cycle that they are part of.

    python views_in_garbage.py c|py

A weakref's callback runs in the middle of that: what it watches is no object of the collector,
and dies as its list is cleared, after the view and its memoryview. Until then the bytes must stay.
Memory that was given back is written over at once, so that a read of it shows; `make asan`
reports it.
"""

import array
import gc
import mmap
import sys
import sysconfig
import weakref
from importlib import import_module
from operator import attrgetter, methodcaller

from fastsock import build_arp, build_ethernet, build_icmp_echo, build_tcp, build_udp

V4, V6 = ("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")
DATA = b"x" * 4002
headers = import_module(f"fastsock.headers._{sys.argv[1]}")
# Free-threaded, `gc.get_objects` leaves out what is being collected: nothing reaches it there.
HIDDEN = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


class Subclass(bytearray):
    """A buffer that can be part of a cycle itself."""


def mapped(packet):
    result = mmap.mmap(-1, len(packet))
    result[:] = packet
    return result


BUFFERS = [
    bytearray, bytes, Subclass, mapped,
    lambda packet: memoryview(bytearray(packet)),
    lambda packet: array.array("B", packet),
    lambda packet: array.array("H", packet),
]  # fmt: skip

# Each kind of view: a packet, the view of it, and what it shows.
KINDS = [
    (build_udp(*V4, 1, 2, DATA), headers.IPv4View, [attrgetter("src", "ttl")]),
    (build_udp(*V6, 1, 2, DATA), headers.IPv6View, [attrgetter("dst", "ttl")]),
    (build_tcp(*V4, 1, 2, DATA), lambda b: headers.IPv4View(b).transport(),
     [attrgetter("sport", "seq"), methodcaller("verify_checksum")]),
    (build_udp(*V6, 1, 2, DATA), lambda b: headers.IPv6View(b).transport(),
     [attrgetter("sport"), methodcaller("verify_checksum")]),
    (build_icmp_echo(*V4, 1, 2, DATA), lambda b: headers.IPv4View(b).transport(),
     [attrgetter("type"), methodcaller("verify_checksum")]),
    (build_ethernet(bytes(6), b"source", 0x0800, DATA), headers.EthernetView,
     [attrgetter("src", "ethertype")]),
    (build_arp(1, b"sender", V4[0], bytes(6), V4[1]), headers.ARPView, [attrgetter("sha", "tpa")]),
]  # fmt: skip


def shown(view, shows):
    """What it shows, and its payload, which is a slice of a memoryview that may be released."""
    found = [show(view) for show in shows]
    try:
        return [*found, bytes(getattr(view, "payload", b""))]
    except ValueError:
        return [*found, None]


def in_garbage(make, packet, kind, shows):
    """What a view shows from within the collection of its cycle."""
    seen = []

    def callback(_):
        again = [bytearray(b"\xee" * len(packet)) for _ in range(20)]
        for view in gc.get_objects():
            if type(view) is expected_type:
                try:
                    seen.append(shown(view, shows))
                except (ValueError, AttributeError):  # Python itself took its attributes away
                    assert sys.argv[1] == "py"
                    seen.append(None)
        del again

    def cycle():
        view = kind(make(packet))
        watched = compile("", "", "exec")  # no object of the collector
        cell = [view, watched]
        cell.append(cell)
        return type(view), shown(view, shows), weakref.ref(watched, callback)

    expected_type, expected, reference = cycle()
    gc.collect()
    assert seen or HIDDEN, "the callback did not find the view"
    for found in seen:
        assert found is None or found in (expected, [*expected[:-1], None]), (kind, make, found)
    assert reference() is None


gc.collect()
gc.disable()
for packet, kind, shows in KINDS:
    for make in BUFFERS:
        in_garbage(make, packet, kind, shows)
print("all views held")
