"""A capture as Arrow batches: nulls, types, and a schema before the first row."""

import io
import pickle

import pytest

from fastsock import CaptureWriter, Columns
from fastsock.capture import COLUMNS, DEFAULT_COLUMNS


def packets():
    ip4 = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
    tcp = bytes.fromhex(
        "45000028000100004006 0000 c0000201 c63364050050 1000 00000001 00000002 5010 0400 0000 0000"
    )
    icmp = bytes.fromhex("4500001c000100004001 0000 c0000201 c6336405 0800 f7ff 0000 0000")
    six = bytes.fromhex(
        "60000000000c1140 20010db8000000000000000000000001 20010db8000000000000000000000002"
        "0035 1000 000c 0000 61626364"
    )
    ether4, ether6 = bytes(12) + b"\x08\x00", bytes(12) + b"\x86\xdd"
    tagged = bytes(12) + b"\x81\x00\x00\x07\x08\x00"
    other = bytes(12) + b"\x88\xcc" + bytes(46)
    return [ether4 + ip4, ether4 + tcp, ether4 + icmp, ether6 + six, tagged + ip4, other]


@pytest.fixture
def opened(capture):
    file = io.BytesIO()
    writer = CaptureWriter(file)
    for n, packet in enumerate(packets()):
        writer.write(packet, 1_500_000_000_123_456_789 + n)
    return lambda: capture.open_capture(file.getvalue())


@pytest.fixture
def pa():
    return pytest.importorskip("pyarrow")


def untimed(table):
    return {name: table[name] for name in table.column_names if name != "timestamp_ns"}


def test_nulls(opened, pa):
    table = pa.table(opened().to_batches(addresses="text"))
    table.validate(full=True)
    assert table["timestamp_ns"].null_count == 0  # its values would need pandas
    rows = {name: column.to_pylist() for name, column in untimed(table).items()}
    assert table.column_names == list(DEFAULT_COLUMNS)
    assert rows["src"] == ["192.0.2.1"] * 3 + ["2001:db8::1", "192.0.2.1", None]
    assert rows["dport"] == [4096, 4096, None, 4096, 4096, None]
    assert rows["seq"] == [None, 1, None, None, None, None]
    assert rows["icmp_type"] == [None, None, 8, None, None, None]
    assert rows["ttl"] == [64, 64, 64, 64, 64, None]
    assert rows["vlan"] == [None, None, None, None, 7, None]
    assert rows["version"] == [4, 4, 4, 6, 4, None]
    assert rows["identification"] == [1, 1, 1, None, 1, None]
    assert None not in rows["wire_length"] + rows["status"]


def test_types(opened, pa):
    columns = opened().to_columns()
    batches = opened().to_batches(source="here.pcap")
    schema = pa.schema(batches.schema)
    table = pa.table(batches)
    assert table.schema == schema
    assert schema.field("timestamp_ns").type == pa.timestamp("ns", "UTC")
    assert schema.field("src").type == pa.binary(16)
    assert schema.field("source").type == pa.dictionary(pa.int32(), pa.utf8())
    assert table["source"].to_pylist() == ["here.pcap"] * 6
    for name in columns:
        if COLUMNS[name].format == "s":
            continue
        found = [value.value if name == "timestamp_ns" else value.as_py() for value in table[name]]
        expected = columns[name].tolist()
        assert all(a in (b, None) for a, b in zip(found, expected, strict=True)), name


def test_types_of_spark(opened, pa):
    batches = opened().to_batches(["timestamp_ns", "src", "ttl", "dport", "seq"],
                                  types="spark", source="f")  # fmt: skip
    assert batches.schema.ddl() == (
        "`timestamp_ns` timestamp, `src` binary, `ttl` short, `dport` int, `seq` long, "
        "`source` string"
    )
    found = [pa.record_batch(batch) for batch in batches]
    assert len(found) == 1
    rows = found[0].to_pylist()
    found[0].validate(full=True)
    assert rows[1]["dport"] == 4096
    assert (rows[1]["ttl"], rows[1]["seq"], rows[5]["ttl"]) == (64, 1, None)
    assert found[0]["timestamp_ns"][0].value == 1_500_000_000_123_456
    assert rows[0]["src"] == bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 1])
    assert [row["source"] for row in rows] == ["f"] * 6


@pytest.mark.parametrize("settings", [{}, {"types": "spark"}, {"addresses": "text"}])
def test_a_schema_without_rows(capture, pa, settings):
    file = io.BytesIO()
    CaptureWriter(file)
    empty = file.getvalue() or io.BytesIO()
    if not isinstance(empty, bytes):
        pytest.skip("a writer writes its header with the first packet")
    batches = capture.open_capture(empty).to_batches(source=True, **settings)
    table = pa.table(batches)
    assert (table.num_rows, table.num_columns) == (0, 29)


def test_streams(opened, pa):
    """Chunk by chunk, into every consumer; a stream gives what is left."""
    batches = opened().to_batches(["ttl"], chunk=2)
    assert len(next(batches)) == 2
    reader = pa.RecordBatchReader.from_stream(batches)
    assert [batch.num_rows for batch in reader] == [2, 2]
    assert pa.table(batches).num_rows == 0
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(opened().to_batches(chunk=1))
    assert frame["dport"].to_list() == [4096, 4096, None, 4096, 4096, None]
    duckdb = pytest.importorskip("duckdb")
    rows = opened().to_batches(chunk=4)  # noqa: F841, DuckDB finds it by name
    assert duckdb.sql("SELECT count(dport), count(*) FROM rows").fetchall() == [(4, 6)]


def test_an_error_reaches_the_consumer(opened, pa):
    source = opened()
    batches = source.to_batches(chunk=1)
    source.close()
    with pytest.raises((OSError, pa.ArrowException), match="the capture is closed"):
        pa.table(batches)


def test_arguments(opened):
    with pytest.raises(ValueError, match="types must be 'arrow' or 'spark', not 'x'"):
        opened().to_batches(types="x")
    with pytest.raises(ValueError, match="addresses must be 'binary' or 'text', not 'x'"):
        opened().to_batches(addresses="x")
    with pytest.raises(ValueError, match="chunk must be at least 1"):
        opened().to_batches(chunk=0)
    with pytest.raises(ValueError, match="chunk must be at most 16777216"):
        opened().to_batches(chunk=1 << 25)


def test_the_name_of_a_file(capture, tmp_path, pa):
    path = tmp_path / "one.pcap"
    with path.open("wb") as file:
        CaptureWriter(file).write(packets()[0], 1)
    with capture.open_capture(path) as opened:
        assert opened.name == str(path)
        assert pa.table(opened.to_batches(["ttl"], source=True))["source"].to_pylist() == [
            str(path)
        ]
    with path.open("rb") as file, capture.open_capture(file) as opened:
        assert opened.name == str(path)
    assert capture.open_capture(path.read_bytes()).name is None


def test_a_name_that_is_no_text(opened, pa):
    for types in ("arrow", "spark"):
        batch = pa.record_batch(next(opened().to_batches(["ttl"], source="\udcff", types=types)))
        batch.validate(full=True)
        assert batch["source"].to_pylist() == ["\\udcff"] * 6


def test_a_name_too_long_for_its_rows(capture):
    file = io.BytesIO()
    writer = CaptureWriter(file)
    for _ in range(2048):
        writer.write(b"", 0)
    batches = capture.open_capture(file.getvalue()).to_batches(
        ["ttl"], types="spark", source="x" * (1 << 20)
    )
    with pytest.raises(ValueError, match="chunk must be at most 2047"):
        next(batches)


def test_slices_and_pickles(opened):
    columns = opened().to_columns()
    part = columns[1:4]
    assert (len(part), part["dport"].tolist()) == (3, columns["dport"].tolist()[1:4])
    assert part["src"].tolist() == columns["src"].tolist()[1:4]
    assert columns[::-2]["ttl"].tolist() == columns["ttl"].tolist()[::-2]
    assert len(columns[4:2]) == 0
    blocks = []
    data = pickle.dumps(columns, 5, buffer_callback=blocks.append)
    assert len(blocks) == len(list(columns))
    again = pickle.loads(data, buffers=blocks)
    assert list(again) == list(columns)
    for protocol in range(2, 6):
        again = pickle.loads(pickle.dumps(columns, protocol))
        assert {name: bytes(again[name]) for name in again} == {
            name: bytes(columns[name]) for name in columns
        }
        assert isinstance(again, Columns)


def test_nulls_of_columns(opened, pa, monkeypatch, twin):
    """Columns that tell what a packet has give the nulls that batches give."""
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    names = [*DEFAULT_COLUMNS, "version", "protocol", "status", "icmp_type", "vlan", "flow_label"]
    columns = opened().to_columns(names)
    batches = untimed(pa.table(opened().to_batches(names)))
    found = columns.to_arrow()
    found.validate(full=True)
    for name, expected in batches.items():
        assert found[name].to_pylist() == expected.to_pylist(), name
    part = columns[4:].to_arrow()
    assert part["vlan"].to_pylist() == [7, None]
    assert part["dport"].to_pylist() == [4096, None]
    assert pickle.loads(pickle.dumps(columns, 5)).to_arrow().equals(found)


@pytest.mark.parametrize("name", sorted(set(COLUMNS) - {"timestamp_ns"}))
def test_nulls_of_one_column(opened, pa, monkeypatch, twin, name):
    """A column has the nulls that batches give, whatever else was asked for."""
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    expected = pa.table(opened().to_batches([name]))[name].to_pylist()
    columns = opened().to_columns([name])
    assert (list(columns), columns.to_arrow().schema.names) == ([name], [name])
    assert columns.to_arrow()[name].to_pylist() == expected
    assert columns[1:].to_arrow()[name].to_pylist() == expected[1:]
    assert columns[::-2].to_arrow()[name].to_pylist() == expected[::-2]
    again = pickle.loads(pickle.dumps(columns))
    assert (list(again), again.to_arrow()[name].to_pylist()) == ([name], expected)


SIX = bytes.fromhex("20010db8000000000000000000000001 20010db8000000000000000000000002")
FRONT = bytes.fromhex("60000000 0010 2c 40") + SIX
ODD = [  # of the link type raw: fragments of IPv6, SCTP's own checksum, no IP at all
    FRONT + bytes.fromhex("1100 0000 00000007 0035100000080000"),
    FRONT + bytes.fromhex("1100 0001 00000007 0035100000080000"),
    FRONT + bytes.fromhex("1100 0009 00000007 0035100000080000"),
    bytes.fromhex("60000000 0000 3b 40") + SIX,
    bytes.fromhex("4500002000010000 40840000 c0000201 c6336405 00351000 00000001 89abcdef"),
    bytes.fromhex("4500001400010000 40110000 c0000201 c6336405"),
    b"", b"\x45", b"\x90" + bytes(30),
]  # fmt: skip
ARP = bytes(12) + bytes.fromhex("0806 0001080006040001") + bytes(6) + bytes(4) + bytes(10)


@pytest.mark.parametrize(
    ("link", "given"), [("raw", ODD), ("ethernet", [*packets(), ARP, b"", bytes(13)])]
)
def test_nulls_are_those_of_packets(capture, pa, monkeypatch, twin, link, given):
    """A row is null where a Packet has None; in `version`, where it has 0."""
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    packet = twin.part("packet")
    names = [n for n in COLUMNS if hasattr(packet.Packet, n)]
    expected = {
        name: [getattr(packet.parse_packet(each, link), name) for each in given] for name in names
    }
    expected["version"] = [number or None for number in expected["version"]]
    absent = {name: [value is None for value in found] for name, found in expected.items()}
    file = io.BytesIO()
    writer = CaptureWriter(file, link=link)
    for each in given:
        writer.write(each, 0)
    opened = capture.open_capture(file.getvalue())
    for table in (
        pa.table(opened.to_batches(names)),
        capture.open_capture(file.getvalue()).to_columns(names).to_arrow(),
        capture.decode_columns(given, names[1:], link=link).to_arrow(),
    ):
        for name in table.schema.names:
            assert table[name].is_null().to_pylist() == absent[name], name


def test_what_tells_of_nulls_stays_hidden(capture):
    columns = capture.decode_columns(packets(), ["src", "dport"])
    for name in ("version", "status", "protocol"):
        assert name not in columns
        with pytest.raises(KeyError, match=name):
            columns[name]
    assert list(columns) == list(dict(columns)) == ["src", "dport"] == list(columns.keys())
    assert list(columns[2:]) == ["src", "dport"]
    assert repr(columns) == "<Columns rows=6 of src, dport>"


def test_nulls_of_rewritten_columns(capture, pa, monkeypatch, twin):
    """Memory used again has nulls, too; a caller's own memory has no columns that tell of them."""
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    names, nulls = ["dport", "src"], [[False] * 2 + [True] + [False] * 2 + [True]]
    out = capture.decode_columns(packets() * 2, names)
    before = out["dport"]
    assert capture.decode_columns(packets(), names, out=out) is out
    assert before.obj is out["dport"].obj
    assert [out.to_arrow()["dport"].is_null().to_pylist()] == nulls
    capture.decode_columns(packets(), names, out=out)  # in new memory: Arrow has the old
    assert [out.to_arrow()["dport"].is_null().to_pylist()] == nulls
    own = {"dport": bytearray(20), "src": bytearray(160)}
    out = capture.decode_columns(packets(), names, out=Columns(0, own))
    assert own["dport"][:2] == bytes(out["dport"])[:2] != bytes(2)
    assert out.to_arrow()["dport"].null_count == 0


def test_nulls_as_far_as_columns_tell(capture, pa, monkeypatch, twin):
    monkeypatch.setattr("fastsock._core.backend.BACKEND", twin.tag)
    names = ["ttl", "dport", "version"]
    own = Columns(10, {name: bytearray(10 * COLUMNS[name].itemsize) for name in names})
    found = capture.decode_columns(packets(), names, out=own).to_arrow()
    assert [found[name].null_count for name in names] == [1, 0, 1]


def test_the_schema_of_columns(opened, pa):
    columns = opened().to_columns(["ttl", "src"])
    assert pa.schema(columns) == pa.record_batch(columns).schema
