"""Columns given to Arrow consumers by the C data interface: what they get, and who releases it."""

import ctypes
import gc
import threading
import weakref
from importlib import import_module

import pytest

from fastsock import Columns
from fastsock._core.arrow.nodes import Node
from fastsock.packet.fields import COLUMNS, RECORD_COLUMNS

numpy = pytest.importorskip("numpy")

UDP = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
PACKET_COLUMNS = [name for name in COLUMNS if name not in RECORD_COLUMNS]
FORMATS = {"q": b"l", "I": b"I", "H": b"S", "B": b"C", "s": b"w:16"}
NULLABLE = 2


@pytest.fixture
def export(twin):
    interface = import_module(f"fastsock._core.arrow._{twin.tag}")

    def export(rows, columns):
        fields = tuple(Node(kind, rows, (None, block), name) for name, kind, _, block in columns)
        return interface.export(Node("+s", rows, (None,), children=fields, flags=0))

    return export


@pytest.fixture
def found(monkeypatch, twin, columns):
    """Columns of a twin, given away by the same twin."""
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    return columns.decode_columns([UDP] * 3, PACKET_COLUMNS, link="raw")


# The structs, as a C consumer sees them: by the published layout, not by ours.


class Schema(ctypes.Structure):
    pass


class Array(ctypes.Structure):
    pass


Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(Schema))), ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))), ("private", ctypes.c_void_p),
]  # fmt: skip
Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(Array))), ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))), ("private", ctypes.c_void_p),
]  # fmt: skip
pointer_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def structs(capsules):
    schema, array = capsules
    return (
        Schema.from_address(pointer_of(schema, b"arrow_schema")),
        Array.from_address(pointer_of(array, b"arrow_array")),
    )


def moved(struct):
    """Take a struct over, as the interface says: its bytes are copied, the old one is released."""
    taken = type(struct)()
    ctypes.memmove(ctypes.byref(taken), ctypes.byref(struct), ctypes.sizeof(struct))
    release = ctypes.c_void_p.from_buffer(struct, type(struct).release.offset)
    release.value = None
    return taken


ABSENT = {
    "ethertype", "vlan", "flags", "seq", "ack", "window", "flow_label", "icmp_type", "icmp_code",
}  # fmt: skip
"""What a datagram over IPv4 does not have, without a link header."""


def released(struct):
    return not struct.release


def values(array):
    return ctypes.string_at(array.buffers[1], array.length)


def test_structs(found):
    capsules = found.__arrow_c_array__()
    schema, array = structs(capsules)
    assert (schema.format, schema.name, schema.flags) == (b"+s", b"", 0)
    assert (array.length, array.null_count, array.offset) == (3, 0, 0)
    assert (array.n_buffers, array.buffers[0]) == (1, None)
    assert schema.n_children == array.n_children == len(PACKET_COLUMNS)
    assert (schema.metadata, schema.dictionary, array.dictionary) == (None, None, None)
    for n, name in enumerate(PACKET_COLUMNS):
        field, child = schema.children[n].contents, array.children[n].contents
        assert (field.name.decode(), field.format) == (name, FORMATS[COLUMNS[name].format])
        assert (field.flags, field.n_children, field.metadata) == (NULLABLE, 0, None)
        assert (child.length, child.offset, child.n_children) == (3, 0, 0)
        assert (child.null_count, child.n_buffers) == (3 if name in ABSENT else 0, 2)
        assert (child.buffers[0] is None) == (name not in ABSENT)
        size = 3 * COLUMNS[name].itemsize
        assert ctypes.string_at(child.buffers[1], size) == bytes(found[name])


def test_the_memory_is_that_of_the_columns(found):
    _, array = structs(capsules := found.__arrow_c_array__())
    for n, name in enumerate(PACKET_COLUMNS):
        shown = numpy.asarray(found[name]).__array_interface__["data"][0]
        assert array.children[n].contents.buffers[1] == shown, name
    del capsules


def test_times_are_signed(capture, files, monkeypatch, twin):
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    schema, _ = structs(
        capsules := capture.open_capture(files.pcap()).to_columns().__arrow_c_array__()
    )
    assert schema.children[0].contents.format == b"l"
    del capsules


@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("names", [[], ["ttl"], ["src", "dst"]])
def test_sizes(columns, monkeypatch, twin, rows, names):
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    out = columns.decode_columns([UDP] * rows, names, link="raw")
    _, array = structs(capsules := out.__arrow_c_array__())
    assert (array.length, array.n_children) == (rows, len(names))
    assert all(array.children[n].contents.length == rows for n in range(len(names)))
    assert all(array.children[n].contents.buffers[1] for n in range(len(names)))
    del capsules


class Owned(bytearray):
    """Memory that can be watched."""


def owner(size=3):
    made = Owned(b"\x07" * size)
    return made, weakref.ref(made)


def test_a_capsule_that_nobody_took_lets_go(export):
    """Shared memory is held as long as the capsule lives; a copy holds nothing."""
    made, watch = owner()
    capsules = export(3, [("ttl", "C", 1, made)])
    _, array = structs(capsules)
    del made
    gc.collect()
    assert values(array.children[0].contents) == b"\x07" * 3
    del capsules
    gc.collect()
    assert watch() is None


def test_who_took_it_lets_go(export):
    made, watch = owner()
    capsules = export(3, [("ttl", "C", 1, made)])
    schema, array = map(moved, structs(capsules))
    assert all(map(released, structs(capsules)))
    del capsules, made
    gc.collect()
    assert schema.children[0].contents.name == b"ttl"
    assert values(array.children[0].contents) == b"\x07" * 3
    schema.release(ctypes.byref(schema))
    array.release(ctypes.byref(array))
    assert released(schema)
    assert released(array)
    gc.collect()
    assert watch() is None


def test_children_that_are_taken_alone(export):
    """A child outlives its parent, and is released by itself."""
    made, watch = owner()
    capsules = export(3, [("ttl", "C", 1, made), ("tos", "C", 1, bytearray(3))])
    schema, array = structs(capsules)
    field = moved(schema.children[0].contents)
    child = moved(array.children[0].contents)
    del capsules, made
    gc.collect()
    assert (field.format, field.name) == (b"C", b"ttl")
    assert values(child) == b"\x07" * 3
    field.release(ctypes.byref(field))
    child.release(ctypes.byref(child))
    gc.collect()
    assert released(field)
    assert released(child)
    assert watch() is None


def test_a_release_in_another_thread(found):
    capsules = found.__arrow_c_array__()
    schema, array = map(moved, structs(capsules))
    seen = []

    def work():
        seen.append(values(array.children[PACKET_COLUMNS.index("ttl")].contents))
        array.release(ctypes.byref(array))
        schema.release(ctypes.byref(schema))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    del capsules
    assert seen == [b"\x40" * 3]
    assert released(array)
    assert released(schema)


def test_columns_that_are_gone(found):
    """An array keeps its memory, whatever becomes of the columns and their views."""
    names = list(found)
    capsules = found.__arrow_c_array__()
    del found
    gc.collect()
    _, array = structs(capsules)
    assert values(array.children[names.index("ttl")].contents) == b"\x40" * 3


def test_twice(found):
    first, second = found.__arrow_c_array__(), found.__arrow_c_array__()
    del first
    gc.collect()
    _, array = structs(second)
    assert values(array.children[PACKET_COLUMNS.index("ttl")].contents) == b"\x40" * 3


@pytest.mark.parametrize("rows", [4, 1 << 40])
def test_rows_that_are_not_there(export, rows):
    with pytest.raises(ValueError, match=f"column 'ttl' has no room for {rows} rows"):
        export(rows, [("tos", "C", 1, bytearray(1 << 10)), ("ttl", "C", 1, bytearray(3))][1:])


def test_names_of_any_text(export):
    schema, _ = structs(capsules := export(0, [("größe", "C", 1, bytearray(1))]))
    assert schema.children[0].contents.name.decode() == "größe"
    del capsules


def test_no_array_is_left_behind(export, twin):
    """The pure twin's table of what it keeps is empty again; the compiled one's memory is flat."""
    kept = vars(import_module(f"fastsock._core.arrow._{twin.tag}")).get("_kept", {})
    gc.collect()
    before = len(kept)
    for _ in range(50):
        capsules = export(3, [("ttl", "C", 1, bytearray(3)), ("tos", "C", 1, bytearray(3))])
        schema, array = map(moved, structs(capsules))
        child = moved(array.children[1].contents)
        for struct in (schema, child, array):
            struct.release(ctypes.byref(struct))
    del capsules
    gc.collect()
    assert len(kept) == before


def test_memory_stays_flat(run_python, twin):
    """Arrays of a megabyte, a thousand times over: none is kept."""
    code = (
        "import resource, fastsock\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "packets = [b'x' * 60] * 1000\n"
        "def work():\n"
        "    found = fastsock.decode_columns(packets, ['src', 'dst', 'seq', 'ack'])\n"
        "    return [found.__arrow_c_array__() for _ in range(3)]\n"
        "for _ in range(20): work()\n"
        "before = peak()\n"
        f"for _ in range({2000 if twin.tag == 'c' else 60}): work()\n"
        "grown = peak() - before\n"
        "assert grown < 4096, grown\n"
        "print('flat')\n"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("flat\n", "")


# Consumers


def test_pyarrow(found):
    pyarrow = pytest.importorskip("pyarrow")
    batch = pyarrow.record_batch(found)
    batch.validate(full=True)
    assert batch.schema.names == PACKET_COLUMNS
    assert {name: batch[name].to_pylist() for name in PACKET_COLUMNS} == {
        name: [bytes(row) for row in numpy.asarray(found[name])]
        if COLUMNS[name].format == "s"
        else [None if name in ABSENT else number for number in found[name]]
        for name in PACKET_COLUMNS
    }
    wanted = pyarrow.schema([("ttl", pyarrow.int64()), ("sport", pyarrow.float64())])
    some = Columns(2, {"ttl": bytearray(2), "sport": bytearray(4)})
    assert pyarrow.record_batch(some, schema=wanted).schema == wanted


def test_pyarrow_without_columns(columns, monkeypatch, twin):
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    pyarrow = pytest.importorskip("pyarrow")
    assert pyarrow.record_batch(columns.decode_columns([UDP] * 3, [])).num_rows == 3


def test_polars(found):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(found)
    assert frame.shape == (3, len(PACKET_COLUMNS))
    assert frame["dport"].to_list() == [4096] * 3
    assert frame["src"].to_list() == [bytes(10) + b"\xff\xff" + UDP[12:16]] * 3


def test_nanoarrow(found):
    nanoarrow = pytest.importorskip("nanoarrow")
    read = nanoarrow.Array(found)
    assert len(read) == 3
    assert [row["ttl"] for row in read.to_pylist()] == [64] * 3


@pytest.mark.parametrize("blocked", ["pyarrow", "numpy"])
def test_no_library_is_needed(run_python, twin, blocked):
    code = (
        f"import sys; sys.modules[{blocked!r}] = None\n"
        "import fastsock, gc\n"
        "found = fastsock.decode_columns([b'x' * 60] * 5)\n"
        "schema, array = found.__arrow_c_array__()\n"
        "print(type(schema).__name__, type(array).__name__)\n"
        "del schema, array; gc.collect()\n"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("PyCapsule PyCapsule\n", "")


def test_arrays_at_the_interpreters_end(run_python, twin):
    """Capsules and batches that live until the interpreter ends, in a module and in a cycle."""
    pytest.importorskip("pyarrow")
    code = (
        "import fastsock, pyarrow\n"
        "found = fastsock.decode_columns([b'x' * 60] * 5)\n"
        "capsules = found.__arrow_c_array__()\n"
        "batch = found.to_arrow()\n"
        "cycle = [found.to_arrow(), found.__arrow_c_array__()]; cycle.append(cycle)\n"
        "import builtins; builtins.kept = (found.to_arrow(), found.__arrow_c_array__())\n"
        "print(batch.num_rows)\n"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")
