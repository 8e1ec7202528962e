"""Columns: what they hold, where they come from, and what others make of them."""

import ctypes
import gzip
import io
import mmap
import pickle
import struct
import threading
from array import array
from importlib import import_module

import pytest

import fastsock
from fastsock import Columns
from fastsock.packet.fields import COLUMNS, DEFAULT_COLUMNS, LIMITS, RECORD_COLUMNS, Status

numpy = pytest.importorskip("numpy")
pyarrow = pytest.importorskip("pyarrow")

PACKET_COLUMNS = [name for name in COLUMNS if name not in RECORD_COLUMNS]
ETHERNET = bytes.fromhex("020000000001020000000002")
UDP = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
TCP6 = bytes.fromhex(
    "6000000000140640 20010db8000000000000000000000001 20010db80000000000000000000000ff"
) + bytes.fromhex("01bb c000 00000001 00000002 5012 ffff 0000 0000")
TAGGED = ETHERNET + bytes.fromhex("8100 6064 0800") + UDP
ARP = ETHERNET + bytes.fromhex("0806 0001080006040001 020000000002 0a000001 000000000000 0a000002")


@pytest.fixture
def decode(columns):
    return columns.decode_columns


# What columns hold


def test_the_kernel_has_the_same_columns(decode):
    """A column of each format, in the order and with the sizes of `COLUMNS`."""
    packets = [
        ETHERNET + b"\x08\x00" + UDP,
        ETHERNET + b"\x86\xdd" + TCP6,
        TAGGED,
        ARP,
        b"",
        b"short",
    ]
    found = decode(packets, PACKET_COLUMNS)
    assert list(found) == PACKET_COLUMNS
    decoded = import_module("fastsock.packet._py.decode")
    for row, packet in enumerate(packets):
        one = decoded.decode(packet, len(packet), len(packet), 1, False)
        for name in PACKET_COLUMNS:
            if hasattr(one, name) and name not in ("src", "dst"):
                assert found[name][row] == getattr(one, name), (row, name)


def test_formats_and_shapes(decode):
    found = decode([TAGGED] * 3, PACKET_COLUMNS)
    assert len(found) == 3
    for name in PACKET_COLUMNS:
        format_, itemsize = COLUMNS[name]
        view = found[name]
        assert (view.format, view.itemsize) == (("B", 1) if format_ == "s" else (format_, itemsize))
        assert view.shape == ((3, 16) if format_ == "s" else (3,))
        assert view.nbytes == 3 * itemsize
        assert view.c_contiguous
        assert not view.readonly


@pytest.mark.parametrize("sizes", [(0, 900), (900, 0)], ids=["growing", "shrinking"])
def test_packets_of_another_size_than_the_first(capture, files, sizes):
    """Memory is sized by an estimate from the first packets, which may be wrong."""
    packets = [bytes([i % 251]) * size for size in sizes for i in range(3000)]
    found = capture.open_capture(files.pcap(*packets)).to_columns(["captured_length", "src"])
    assert found["captured_length"].tolist() == list(map(len, packets))
    assert found["src"].shape == (6000, 16)
    found["src"][5999, 15] = 1  # the last byte is ours
    assert sum(bytes(found["src"])) == 1


def test_addresses(decode):
    found = decode([ETHERNET + b"\x08\x00" + UDP, ETHERNET + b"\x86\xdd" + TCP6, ARP, b""])
    mapped = bytes(10) + b"\xff\xff"
    assert [bytes(row) for row in numpy.asarray(found["src"])] == [
        mapped + UDP[12:16], TCP6[8:24], mapped + bytes([10, 0, 0, 1]), bytes(16),
    ]  # fmt: skip
    assert [bytes(row) for row in numpy.asarray(found["dst"])] == [
        mapped + UDP[16:20], TCP6[24:40], mapped + bytes([10, 0, 0, 2]), bytes(16),
    ]  # fmt: skip


def test_fields(decode):
    found = decode([UDP, TCP6], link="raw")
    assert {name: found[name].tolist() for name in ("version", "protocol", "sport", "dport")} == {
        "version": [4, 6], "protocol": [17, 6], "sport": [53, 443], "dport": [4096, 49152],
    }  # fmt: skip
    assert found["flags"].tolist() == [0, 0x012]
    assert found["seq"].tolist() == [0, 1]
    assert found["ack"].tolist() == [0, 2]
    assert found["window"].tolist() == [0, 0xFFFF]
    assert found["ttl"].tolist() == [64, 64]
    assert found["identification"].tolist() == [1, 0]
    assert found["total_length"].tolist() == [32, 60]
    assert found["payload_offset"].tolist() == [28, 60]
    assert found["payload_length"].tolist() == [4, 0]
    assert found["captured_length"].tolist() == [32, 60]
    assert LIMITS[found["limited_by"][0]] == "udp.length"
    assert Status(found["status"][0]) == Status.TRANSPORT | Status.PORTS


def test_vlan(decode):
    stacked = ETHERNET + bytes.fromhex("88a8 0fff 8100 e001 0800") + UDP
    priority = ETHERNET + bytes.fromhex("8100 e000 0800") + UDP
    found = decode([TAGGED, stacked, priority, ETHERNET + b"\x08\x00" + UDP], ["vlan"])
    assert found["vlan"].tolist() == [100, 0xFFF, 0, 0xFFFF]


def test_verify(decode):
    wrong = bytearray(UDP)
    wrong[8] ^= 1
    names = ["ip_checksum_status", "checksum_status", "status"]
    assert decode([UDP, wrong], names, link="raw")["ip_checksum_status"].tolist() == [2, 2]
    found = decode([UDP, wrong], names, link="raw", verify=True)
    assert found["ip_checksum_status"].tolist() == [1, 0]
    assert found["checksum_status"].tolist() == [3, 3]
    assert Status.BAD_IP_CHECKSUM in Status(found["status"][1])


def test_flow_hash(decode):
    """As `flow_hash` gives it; 0 without a flow."""
    packets = [TAGGED, ETHERNET + b"\x86\xdd" + TCP6, ETHERNET + b"\x08\x00" + UDP[:24], ARP, b""]
    found = decode(packets, ["flow_hash"])["flow_hash"].tolist()
    assert found[3:] == [0, 0]
    assert found[:3] == [fastsock.flow_hash(fastsock.parse_packet(p)) for p in packets[:3]]


# Selections


def test_default_columns(decode):
    assert list(decode([])) == [name for name in DEFAULT_COLUMNS if name not in RECORD_COLUMNS]
    assert len(DEFAULT_COLUMNS) == 28


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda names: dict.fromkeys(names)])
def test_columns_come_in_the_order_asked_for(decode, kind):
    names = ["ttl", "src", "version"]
    found = decode([UDP], kind(names), link="raw")
    assert list(found) == names
    assert found.keys() == tuple(names)
    assert "ttl" in found
    assert "dst" not in found
    with pytest.raises(KeyError):
        found["dst"]


def test_a_column_asked_for_twice_comes_once(decode):
    assert list(decode([], ["ttl", "src", "ttl"])) == ["ttl", "src"]


def test_no_columns_but_rows(decode, capture, files):
    assert (len(decode([UDP] * 5, [])), list(decode([UDP], []))) == (5, [])
    assert len(capture.open_capture(files.pcap(b"a", b"b")).to_columns([])) == 2


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_alone(decode, capture, files, name):
    opened = capture.open_capture(files.pcap(TAGGED, ARP, b"x"))
    alone = opened.to_columns([name])
    together = capture.open_capture(files.pcap(TAGGED, ARP, b"x")).to_columns(COLUMNS)
    assert alone[name] == together[name]
    if name in RECORD_COLUMNS:
        with pytest.raises(ValueError, match=f"only the records of a capture have .*'{name}'"):
            decode([], [name])


@pytest.mark.parametrize("names", [["nothing"], "src", ["src", ""], ["src", None]])
def test_no_such_column(decode, capture, files, names):
    with pytest.raises(ValueError, match="there is no column"):
        decode([], names)
    with pytest.raises(ValueError, match="there is no column"):
        capture.open_capture(files.pcap()).to_columns(names)


@pytest.mark.parametrize("names", [5, [["src"]]])
def test_no_names(decode, names):
    with pytest.raises(TypeError):
        decode([], names)


# Packets from anywhere


@pytest.mark.parametrize(
    "kind",
    [
        bytes,
        bytearray,
        memoryview,
        lambda data: array("B", data),
        lambda data: memoryview(data).cast("I"),
        lambda data: numpy.frombuffer(data, "u1").reshape(4, -1),
    ],
)
@pytest.mark.parametrize("container", [list, iter, lambda rows: dict(enumerate(rows)).values()])
def test_buffers(decode, kind, container):
    found = decode(container([kind(UDP) for _ in range(3)]), link="raw")
    assert found["dport"].tolist() == [4096] * 3


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 1023, 1024, 1025, 5000])
def test_any_number_of_rows(decode, rows):
    """Blocks and growing memory have edges; no row is lost or doubled there."""
    packets = [UDP[:4] + struct.pack(">H", n & 0xFFFF) + UDP[6:] for n in range(rows)]
    for given in (packets, iter(packets), (b"".join(packets), range(0, 32 * rows + 1, 32))):
        found = decode(given, PACKET_COLUMNS, link="raw")
        assert len(found) == rows
        assert found["identification"].tolist() == list(range(rows))
        assert found["sport"].tolist() == [53] * rows


@pytest.mark.parametrize("bad", [None, 5, "text", [UDP]])
@pytest.mark.parametrize("kind", [list, iter])
def test_no_packet(decode, bad, kind):
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        decode(kind([UDP, bad]))


def test_a_packet_in_pieces(decode):
    with pytest.raises(BufferError, match="a packet must be a C-contiguous buffer"):
        decode([memoryview(UDP)[::2]])


@pytest.mark.parametrize("bad", [None, 5])
def test_no_packets(decode, bad):
    with pytest.raises(TypeError):
        decode(bad)


def test_an_iterable_that_fails(decode):
    def packets():
        yield UDP
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        decode(packets())


@pytest.mark.parametrize(
    "kind",
    [list, tuple, iter, lambda o: memoryview(array("q", o)),
     *(lambda o, c=c: array(c, o) for c in "hHiIlLqQ"),
     lambda o: (ctypes.c_int64 * len(o))(*o), lambda o: (ctypes.c_uint16 * len(o))(*o),
     *(lambda o, c=c: numpy.array(o, c) for c in ("i4", "u4", "i8", "u8", ">i8", ">u2"))],
)  # fmt: skip
def test_offsets(decode, kind):
    data = UDP + TCP6 + UDP
    offsets = [0, len(UDP), len(UDP), len(UDP) + len(TCP6), len(data)]
    found = decode((data, kind(offsets)), link="raw")
    assert found["captured_length"].tolist() == [32, 0, 60, 32]
    assert found["version"].tolist() == [4, 0, 6, 4]


@pytest.mark.parametrize("kind", [list, lambda o: array("q", o)])
@pytest.mark.parametrize(
    ("offsets", "row"),
    [
        ([-1, 5], 0),
        ([0, 33], 1),
        ([0, 10, 9], 2),
        ([40, 41], 0),
        ([0, 32, 1 << 62], 2),
        ([0, 0, 32, -(1 << 63)], 3),
    ],
)
def test_bad_offsets(decode, kind, offsets, row):
    with pytest.raises(ValueError, match=rf"offsets\[{row}\]"):
        decode((UDP, kind(offsets)))


@pytest.mark.parametrize("offsets", [[0, 1 << 63], array("Q", [0, (1 << 64) - 1])])
def test_offsets_beyond_64_bits(decode, offsets):
    with pytest.raises(ValueError, match="offsets"):
        decode((UDP, offsets))


@pytest.mark.parametrize("offsets", [None, 5, ["0"], [0.5], array("d", [0, 1]), "01"])
def test_no_offsets(decode, offsets):
    with pytest.raises(TypeError):
        decode((UDP, offsets))


def test_offsets_in_pieces(decode):
    with pytest.raises(BufferError, match="offsets must be a C-contiguous buffer"):
        decode((UDP, memoryview(array("q", range(10)))[::2]))


@pytest.mark.parametrize("offsets", [[], [0], [7], array("q")])
def test_offsets_of_no_packet(decode, offsets):
    assert len(decode((UDP, offsets))) == 0


@pytest.mark.parametrize("packets", [(), (UDP,), (UDP, [0, 1], UDP)])
def test_a_tuple_is_a_buffer_and_its_offsets(decode, packets):
    with pytest.raises(TypeError, match=r"must be \(buffer, offsets\)"):
        decode(packets)


@pytest.mark.parametrize(
    ("link", "version"), [("raw", 4), (101, 4), (12, 4), (228, 4), (1, 0), (999, 0)]
)
def test_link(decode, link, version):
    assert decode([UDP], link=link)["version"].tolist() == [version]


@pytest.mark.parametrize("link", ["nothing", "", -1, 1 << 32, 1 << 70])
def test_no_such_link(decode, link):
    with pytest.raises(ValueError, match="link"):
        decode([], link=link)


@pytest.mark.parametrize("link", [None, 1.5, b"raw"])
def test_no_link(decode, link):
    with pytest.raises(TypeError):
        decode([], link=link)


# Memory used again


@pytest.mark.parametrize(
    "form", [list, iter, lambda rows: (b"".join(rows), range(0, 32 * len(rows) + 1, 32))]
)
def test_out(decode, form):
    out = decode([UDP] * 5000, ["ttl", "src"], link="raw")
    ttl = out["ttl"]
    again = decode(form([bytes(32)] * 3), ["ttl", "src"], link="raw", out=out)
    assert again is out
    assert len(out) == 3
    assert out["ttl"].tolist() == [0, 0, 0]
    assert ttl.tolist() == [0] * 3 + [64] * 4997  # the same memory
    more = decode(form([UDP] * 5000), ["ttl", "src"], link="raw", out=out)
    assert more["ttl"].tolist() == ttl.tolist() == [64] * 5000


@pytest.mark.parametrize(
    "form", [list, iter, lambda rows: (b"".join(rows), range(0, 32 * len(rows) + 1, 32))]
)
@pytest.mark.parametrize("rows", [0, 10])
def test_out_that_is_too_small(decode, form, rows):
    out = decode([bytes(32)] * rows, ["ttl", "src"], link="raw")
    before = out["ttl"]
    assert decode(form([UDP] * 3000), ["ttl", "src"], link="raw", out=out) is out
    assert out["ttl"].tolist() == [64] * 3000
    assert len(before) == rows  # it keeps its memory, of the same size


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("form", [iter, lambda rows: (UDP, [0, 32, 33])])
def test_out_has_no_rows_where_the_call_raises(decode, form, rows):
    out = decode([UDP] * rows, ["ttl", "src"], link="raw")
    with pytest.raises((TypeError, ValueError)):
        decode(form([bytes(32), bytes(32), None]), ["ttl", "src"], link="raw", out=out)
    assert (len(out), out["ttl"].tolist(), out["src"].nbytes) == (0, [], 0)
    assert decode([UDP], ["ttl", "src"], link="raw", out=out)["ttl"].tolist() == [64]


@pytest.mark.parametrize("names", [None, ["src"], ["src", "ttl"], ["ttl", "src", "dst"]])
def test_out_of_another_selection(decode, names):
    out = decode([UDP], ["ttl", "src"])
    with pytest.raises(ValueError, match="out has the columns"):
        decode([UDP], names, out=out)


@pytest.mark.parametrize("out", [5, {}, bytearray(100)])
def test_out_that_is_none(decode, out):
    with pytest.raises(TypeError, match="out must be Columns"):
        decode([UDP], out=out)


def test_a_packet_beyond_4_gib(decode):
    size = (1 << 32) + 100
    with mmap.mmap(-1, size) as packet:  # untouched pages take no memory
        found = decode([packet], ["captured_length", "payload_length"], link=999)
        assert found["captured_length"].tolist() == [(1 << 32) - 1]
        assert found["payload_length"].tolist() == [(1 << 32) - 1]


# A capture's columns


def test_columns_of_a_capture(capture, files):
    data = files.pcap(TAGGED, ARP) + files.record(TAGGED[:48], 5, 6, wire=50)
    found = capture.open_capture(data).to_columns(list(COLUMNS))
    assert found["timestamp_ns"].tolist() == [0, 1_000_001_000, 5_000_006_000]
    assert found["wire_length"].tolist() == [len(TAGGED), len(ARP), 50]
    assert found["captured_length"].tolist() == [len(TAGGED), len(ARP), 48]
    assert found["link"].tolist() == [1, 1, 1]
    assert Status.CUT in Status(found["status"][2])


def test_every_row_has_its_own_link(capture, files):
    data = files.section() + files.interface(1) + files.interface(101)
    data += files.enhanced(TAGGED) + files.enhanced(UDP, 0, 1) + files.simple(TAGGED)
    found = capture.open_capture(data).to_columns(["link", "dport"])
    assert found["link"].tolist() == [1, 101, 1]
    assert found["dport"].tolist() == [4096] * 3


@pytest.mark.parametrize("kind", [bytes, io.BytesIO, lambda data: io.BytesIO(gzip.compress(data))])
@pytest.mark.parametrize("packets", [0, 1, 100, 3000])
def test_all_sources_give_the_same(capture, files, kind, packets):
    data = files.pcap(*[UDP + bytes(n % 700) for n in range(packets)], link=101)
    source = kind(data)
    if isinstance(source, io.BytesIO) and source.getvalue()[:2] == b"\x1f\x8b":
        source = gzip.GzipFile(fileobj=source)
    found = capture.open_capture(source).to_columns()
    assert found["captured_length"].tolist() == [32 + n % 700 for n in range(packets)]
    assert found["dport"].tolist() == [4096] * packets


def test_what_is_left_of_a_capture(capture, files):
    opened = capture.open_capture(files.pcap(*[b"%d" % n for n in range(10)]))
    next(opened)
    assert opened.to_columns(["timestamp_ns"])["timestamp_ns"].tolist()[0] == 1_000_001_000
    assert opened.records == 10
    assert len(opened.to_columns()) == 0
    assert list(opened) == []


def test_all_in_front_of_a_fault(capture, files):
    data = files.pcap(*[UDP] * 2000, link=101) + files.record(b"x")[:10]
    opened = capture.open_capture(data)
    assert len(opened.to_columns()) == 2000
    assert (
        opened.stopped
        == f"offset {len(data) - 10}: a record header of 16 bytes, of which 10 are there"
    )


@pytest.mark.parametrize("chunk", [1, 7, 16, 1000, 1 << 70])
def test_chunks(capture, files, chunk):
    opened = capture.open_capture(files.pcap(*[UDP] * 100, link=101))
    whole = list(opened.to_columns(["timestamp_ns", "ttl"], chunk=chunk))
    assert [len(part) for part in whole] == [min(chunk, 100 - n) for n in range(0, 100, chunk)]
    times = [time for part in whole for time in part["timestamp_ns"].tolist()]
    assert times == [n * 1_000_001_000 for n in range(100)]


def test_chunks_are_decoded_as_they_are_asked_for(capture, files):
    opened = capture.open_capture(files.pcap(*[UDP] * 10, link=101))
    chunks = opened.to_columns(chunk=4)
    assert opened.records == 0
    next(chunks)
    assert opened.records == 4
    next(opened)
    assert [len(part) for part in chunks] == [4, 1]
    assert next(chunks, None) is None


@pytest.mark.parametrize("chunk", [0, -1, -(1 << 70)])
def test_chunk_out_of_range(capture, files, chunk):
    with pytest.raises(ValueError, match="chunk must be at least 1"):
        capture.open_capture(files.pcap()).to_columns(chunk=chunk)


def test_two_threads_on_two_captures(capture, files):
    data = files.pcap(*[UDP] * 20_000, link=101)
    found = []

    def work():
        found.append(capture.open_capture(data).to_columns(["timestamp_ns", "src"]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = found[0]
    assert len(found) == 4
    assert all(bytes(other[name]) == bytes(first[name]) for other in found for name in first)


def test_two_threads_on_one_capture(capture, files):
    """One works, the other is refused; no row is lost or given twice."""
    opened = capture.open_capture(io.BytesIO(files.pcap(*[UDP] * 20_000, link=101)))
    rows, refused = [], []

    def work():
        while True:
            try:
                part = next(opened.to_columns(["timestamp_ns"], chunk=500), None)
            except RuntimeError as error:
                refused.append(str(error))
                continue
            if part is None:
                return
            rows.extend(part["timestamp_ns"].tolist())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(rows) == [n * 1_000_001_000 for n in range(20_000)]
    assert set(refused) <= {"the capture is in use by another call"}


# The object


def test_an_empty_column_is_flat(decode):
    found = decode([], PACKET_COLUMNS)
    assert len(found) == 0
    for name in PACKET_COLUMNS:
        assert found[name].shape == (0,)
        assert found[name].tolist() == []


def test_columns_as_mapping(decode):
    found = decode([UDP], ["ttl", "sport"], link="raw")
    assert {name: view.tolist() for name, view in dict(found).items()} == {
        "ttl": [64],
        "sport": [53],
    }
    assert repr(found) == "<Columns rows=1 of ttl, sport>"
    assert repr(decode([], [])) == "<Columns rows=0 of nothing>"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_columns_pickle(decode, protocol):
    found = decode([UDP] * 3, ["ttl", "src"], link="raw")
    again = pickle.loads(pickle.dumps(found, protocol))
    assert type(again) is Columns
    assert (len(again), again.keys()) == (3, found.keys())
    assert all(bytes(again[name]) == bytes(found[name]) for name in found)


def test_columns_by_hand():
    made = fastsock.Columns(2, {"ttl": bytearray(b"\x40\x41")})
    assert made["ttl"].tolist() == [64, 65]
    with pytest.raises(ValueError, match="no room for 3 rows"):
        fastsock.Columns(3, {"ttl": bytearray(2)})
    with pytest.raises(KeyError):
        fastsock.Columns(0, {"nothing": bytearray()})


@pytest.mark.parametrize("rows", [0, 3])
def test_numpy(decode, rows):
    found = decode([UDP] * rows, PACKET_COLUMNS, link="raw")
    arrays = found.to_numpy()
    assert list(arrays) == PACKET_COLUMNS
    for name, values in arrays.items():
        format_ = COLUMNS[name].format
        assert values.dtype == ("u1" if format_ == "s" else numpy.dtype(format_))
        assert values.shape == ((rows, 16) if format_ == "s" else (rows,))
    if rows:
        arrays["ttl"][1] = 7
        assert found["ttl"].tolist() == [64, 7, 64]  # the same memory


@pytest.fixture
def exporting(monkeypatch, twin):
    """Let columns be given to Arrow by the twin that decodes them."""
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)


@pytest.mark.parametrize("rows", [0, 3])
def test_arrow(decode, exporting, rows):
    found = decode([UDP] * rows, PACKET_COLUMNS, link="raw")
    batch = found.to_arrow()
    batch.validate(full=True)
    assert batch.num_rows == rows
    assert batch.schema.names == PACKET_COLUMNS
    assert batch.schema.field("src").type == pyarrow.binary(16)
    assert batch.schema.field("seq").type == pyarrow.uint32()
    assert batch.schema.field("version").type == pyarrow.uint8()
    assert batch["dport"].to_pylist() == [4096] * rows
    assert batch["src"].to_pylist() == [bytes(10) + b"\xff\xff" + UDP[12:16]] * rows
    if rows:
        found["ttl"][1] = 7
        assert batch["ttl"].to_pylist() == [64, 7, 64]  # the same memory


def test_arrow_times(capture, files):
    batch = capture.open_capture(files.pcap(b"", b"")).to_columns().to_arrow()
    assert batch.schema.field("timestamp_ns").type == pyarrow.int64()
    assert batch["timestamp_ns"].to_pylist() == [0, 1_000_001_000]


def test_arrow_interface(decode):
    found = decode([UDP] * 3, ["ttl", "src"], link="raw")
    assert pyarrow.record_batch(found).equals(found.to_arrow())


def test_arrow_of_memory_used_again(decode):
    out = decode([UDP] * 100, ["ttl", "src"], link="raw")
    decode([TCP6] * 2, ["ttl", "src"], link="raw", out=out)
    assert out.to_arrow()["src"].to_pylist() == [TCP6[8:24]] * 2
    assert out.to_numpy()["src"].shape == (2, 16)


@pytest.mark.parametrize("name", ["numpy", "pyarrow"])
def test_neither_is_needed(run_python, twin, name):
    code = (
        f"import sys; sys.modules[{name!r}] = None\n"
        "import fastsock\n"
        "found = fastsock.decode_columns([b''], ['ttl'])\n"
        "assert found['ttl'].tolist() == [0]\n"
        f"try: found.to_{'numpy' if name == 'numpy' else 'arrow'}()\n"
        "except ImportError: print('absent')\n"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("absent\n", "")
