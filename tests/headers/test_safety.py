"""Views, fields and builders under attack: nothing is read or written outside, or after its end."""

import gc
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

ISOLATED = Path(__file__).parents[1] / "isolated"


@pytest.mark.parametrize("backend", ["c", "py"])
def test_views_while_the_collector_clears_their_cycle(run_python, backend):
    process = run_python(str(ISOLATED / "views_in_garbage.py"), backend)
    assert (process.returncode, process.stdout) == (0, "all views held\n"), process.stderr


HUGE = [sys.maxsize // 2, sys.maxsize, sys.maxsize - 3, -1, -sys.maxsize - 1, 61, 1000]


@pytest.mark.parametrize("at", HUGE)
def test_fields_of_ones_own_reach_nothing_outside(at):
    """A place near the end of Py_ssize_t plus a size is a negative number."""
    fields = import_module("fastsock.headers._c.views")
    layout = SimpleNamespace(name="x", doc="", at=at, size=4, bits=32, shift=0, unit=1, base=0,
                             most=0xFFFFFFFF)  # fmt: skip
    for kind in (fields.Number, fields.Flag, fields.Octets):
        with pytest.raises(ValueError, match="no field of a header"):
            kind(layout)


@pytest.mark.parametrize(
    "wrong",
    [{"size": 5}, {"size": 0}, {"size": -1}, {"bits": 33}, {"bits": 0}, {"bits": 1 << 30},
     {"shift": 32}, {"shift": 1}, {"shift": -1}, {"unit": 0}, {"size": sys.maxsize},
     {"shift": (1 << 31) - 1, "bits": 2}],
)  # fmt: skip
def test_numbers_of_ones_own_fit_in_their_bytes(wrong):
    values = {"name": "x", "doc": "", "at": 4, "size": 4, "bits": 32, "shift": 0, "unit": 1,
              "base": 0, "most": 9}  # fmt: skip
    number = import_module("fastsock.headers._c.views").Number
    number(SimpleNamespace(**values))
    with pytest.raises(ValueError, match="no field of a header"):
        number(SimpleNamespace(**values | wrong))


def test_a_layout_that_changes_while_it_is_read(compiled):
    class Layout:
        name, doc, at, size, shift, unit, base, most = "x", "", 4, 4, 0, 1, 0, 9
        answers = iter([8, 200, 200])

        @property
        def bits(self):
            return next(self.answers)

    field = import_module("fastsock.headers._c.views").Number(Layout())
    assert field.__get__(compiled.part("headers").IPv4View(bytes(range(20))), None) == 7


def test_tags_that_grow_while_they_are_read(builders):
    """The number of tags was counted: more must not be written over the stack."""

    class Tag:
        def __index__(self):
            tags.append(5)
            for found in gc.get_objects():  # a copy of the list is no better
                if type(found) is list and found and found[0] is first and len(found) < 400:
                    found += [5] * 100
            return 1

    first = Tag()
    tags = [first, 2]
    frame = builders.build_ethernet(bytes(6), bytes(6), 0x0800, b"", vlans=tags)
    assert frame[12:22].hex(" ", 2) == "8100 0001 8100 0002 0800"


def test_the_state_of_packet_replaced(run_python):
    """Anyone may rebind a module's name: its value is checked before it is used."""
    code = """
from fastsock.packet import _c as packet
from fastsock import build_udp
data = build_udp("192.0.2.1", "192.0.2.2", 1, 2)
found = packet.parse_packet(data, "raw")
for wrong in (None, object(), 7, b"x" * 400, packet, type(packet._state)):
    packet._state = wrong
    for call in (lambda: packet.parse_packet(data), lambda: packet.flow_hash(found),
                 lambda: packet._plain(data)):
        try:
            call()
        except TypeError:
            pass
        else:
            raise AssertionError(wrong)
del packet._state
try:
    packet.parse_packet(data)
except NameError:
    print("held")
"""
    process = run_python("-c", code)
    assert (process.returncode, process.stdout) == (0, "held\n"), process.stderr
