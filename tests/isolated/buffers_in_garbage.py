"""Collect cycles that pass through an object with a buffer, and use it from a weakref's callback.

    python buffers_in_garbage.py {c,py}

The collector clears a memoryview in a cycle although there are buffers of it. So what holds such a
buffer must not rely on the memoryview: not when it is called meanwhile, and not when it is freed.
"""

import array
import ctypes
import gc
import io
import mmap
import sys
import sysconfig
import tempfile
import weakref
from importlib import import_module
from pathlib import Path

from fastsock import CaptureWriter, build_udp
from fastsock.capture.columns import Columns

capture = import_module(f"fastsock.capture._{sys.argv[1]}")
headers = import_module(f"fastsock.headers._{sys.argv[1]}")
packet = import_module(f"fastsock.packet._{sys.argv[1]}")
stream = import_module(f"fastsock.stream._{sys.argv[1]}")

PACKET = build_udp("192.0.2.1", "192.0.2.2", 1, 2, b"x" * 4000)


def capture_file():
    file = io.BytesIO()
    with CaptureWriter(file, "raw") as writer:
        for _ in range(20):
            writer.write(PACKET, 1)
    return file.getvalue()


CAPTURE = capture_file()


class Owner(bytearray):
    """A buffer that can be part of a cycle itself."""


class Pipe(io.BytesIO):
    """A file that can't be mapped."""


def mapped(content):
    memory = mmap.mmap(-1, len(content))
    memory[:] = content
    return memory


def path(content):
    file = Path(folder.name, "capture")
    file.write_bytes(content)
    return file


folder = tempfile.TemporaryDirectory()
KEPT = []  # what else a cycle holds
BUFFERS = [
    Owner, bytearray, bytes, mapped,
    lambda content: memoryview(Owner(content)),
    lambda content: memoryview(bytearray(content))[:],
    lambda content: array.array("H", content),
    lambda content: memoryview(array.array("H", content)),
    lambda content: memoryview(Owner(content)).cast("H"),
]  # fmt: skip

# ctypes frees its memory when the collector clears it, although there are buffers of it. So these
# are collected, but not used meanwhile.
UNHELD = [
    lambda content: (ctypes.c_uint32 * (len(content) // 4)).from_buffer_copy(content),
    lambda content: (ctypes.c_uint32 * (len(content) // 4)).from_buffer(Owner(content)),
    lambda content: memoryview((ctypes.c_uint32 * (len(content) // 4)).from_buffer_copy(content)),
    lambda content: memoryview((ctypes.c_uint32 * (len(content) // 4)).from_buffer(Owner(content))),
]


def half_read(source):
    """A capture of which one record was read; the callback reads the others."""
    opened = capture.open_capture(source)
    next(opened)
    return opened


def chunks(source):
    rows = half_read(source).to_columns(["sport"], chunk=2)
    next(rows)
    return rows


def accumulator(source):
    acc = stream.RecvAccumulator()
    acc.feed(source)
    KEPT.append(acc.take(30, view=True))
    KEPT.append(acc.get_buffer())
    return acc


def columns(source):
    return Columns(40, {"src": memoryview(bytearray(source))})


def sink(source):
    """The memory of columns, held, as decode_columns(out=) holds it."""
    kind = import_module(f"{capture.__name__}.sink").Sink
    return kind(names=("src",), out=columns(source), verify=False)


def owned_columns(source):
    """Columns over memory that is part of the cycle."""
    owner = Owner(source)
    result = Columns(40, {"src": owner})
    owner.result = result
    return result


# Free-threaded, `gc.get_objects` leaves out what is being collected: nothing reaches it there.
HIDDEN = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# Each kind of object: how it is made, of what, and how the callback uses it.
KINDS = [
    (half_read, CAPTURE, lambda one: [bytes(record.data) for record in one]),
    (half_read, CAPTURE, lambda one: one.to_columns(["sport"])["sport"].tolist()),
    (half_read, CAPTURE, lambda one: (repr(one), one.close())),
    (chunks, CAPTURE, lambda one: next(one)["sport"].tolist()),
    (packet.parse_packet, PACKET, lambda one: (one.src, one.payload, repr(one))),
    (headers.IPv4View, PACKET, lambda one: (one.src, one.payload, one.verify_checksum())),
    (accumulator, CAPTURE, lambda one: (one.peek(), one.take(view=True))),
    (columns, CAPTURE, lambda one: bytes(one["src"])),
    (owned_columns, CAPTURE, lambda one: bytes(one["src"])),
    (sink, CAPTURE, lambda one: type(one).__name__),  # Python calls nothing of it
]  # fmt: skip
FILES = [Pipe, path]


def in_garbage(make, prepare, content, use, expected, reverse):
    """Have the collector clear a cycle with one such object, and use it in the midst of that."""
    used = []

    def callback(_):
        litter = [bytearray(b"\xee" * len(CAPTURE)) for _ in range(8)]  # where bytes were freed
        for one in gc.get_objects():
            if type(one) is kind:
                try:
                    used.append(use(one))
                except Exception as error:  # it has let go, or has lost its attributes
                    used.append(error)
        del litter

    def cycle():
        source = prepare(content)
        one = make(source)
        watched = compile("", "", "exec")  # weakly referenced, and no object of the collector
        cell = [(one, one), *KEPT, watched]
        KEPT.clear()
        if reverse:
            cell.reverse()
        cell.append(cell)
        if isinstance(source, Owner):
            source.cell = cell
        return type(one), weakref.ref(watched, callback)

    kind, reference = cycle()
    gc.collect()
    assert reference() is None or make is sink, (make, "is never collected")
    assert used or reverse or make is sink or HIDDEN, (make, "was not found")
    answers = [one for one in used if not isinstance(one, Exception)]
    assert use is id or all(one == expected for one in answers), (make, expected, answers)
    return len(answers)


gc.collect()
gc.disable()
unraisable = []
sys.unraisablehook = unraisable.append
answers = 0
for make, content, use in KINDS:
    expected = use(make(bytes(content)))
    KEPT.clear()
    for prepare in BUFFERS + (FILES if make in (half_read, chunks) else []):
        for reverse in (False, True):
            answers += in_garbage(make, prepare, content, use, expected, reverse)
    for prepare in UNHELD:
        in_garbage(make, prepare, content, id, None, False)
assert not unraisable, unraisable
folder.cleanup()
assert answers or sys.argv[1] == "py" or HIDDEN
print("all buffers held")
