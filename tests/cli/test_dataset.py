"""A folder of captures as a Parquet dataset."""

import gzip

import pytest

from fastsock import CaptureWriter
from fastsock.cli import main

DAY = 86_400_000_000_000


@pytest.fixture
def dataset():
    pytest.importorskip("pyarrow")
    return pytest.importorskip("pyarrow.dataset")


@pytest.fixture
def folder(tmp_path):
    """Two captures, of which one is compressed, one that is torn, and what is none."""
    found = tmp_path / "in" / "deeper"
    found.mkdir(parents=True)
    for name, first, count in (("a.pcap", 0, 5), ("b.pcap", 3, 4), ("torn.pcap", 0, 2)):
        with CaptureWriter(str(found / name)) as writer:
            for n in range(count):
                writer.write(bytes(60), (first + n) * DAY // 2)
    packed = found / "b.pcap"
    (found.parent / "b.pcap.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    torn = found / "torn.pcap"
    torn.write_bytes(torn.read_bytes()[:-5])
    (found / "junk.pcap").write_bytes(b"no capture at all")
    (found / "notes.txt").write_text("nothing")
    return found.parent


@pytest.mark.parametrize("partition", ["day", "file"])
def test_a_folder(dataset, folder, tmp_path, capsys, partition):
    out = tmp_path / "out"
    status = main(["capture", str(folder), "--parquet", str(out), "--partition", partition])
    errors = capsys.readouterr().err
    assert status == 1
    assert "junk.pcap: " in errors
    assert "torn.pcap: " in errors
    assert errors.count("\n") == 2
    read = dataset.dataset(out, partitioning="hive").to_table()
    assert read.num_rows == 5 + 4 + 1
    keys = sorted(set(read[partition].to_pylist()))
    if partition == "file":
        assert keys == ["a.pcap", "b.pcap.gz", "torn.pcap"]
    else:
        assert keys == ["1970-01-01", "1970-01-02", "1970-01-03", "1970-01-04"]
        times = zip(read["day"].to_pylist(), read["timestamp_ns"].cast("int64"), strict=True)
        assert all(int(day[-2:]) == 1 + time.as_py() // DAY for day, time in times)
    assert {name.rpartition("/")[2] for name in read["source"].to_pylist()} == {
        "a.pcap", "b.pcap.gz", "torn.pcap",
    }  # fmt: skip


def test_a_pattern_and_columns(dataset, folder, tmp_path):
    out = tmp_path / "out"
    pattern = str(folder / "**" / "a.*")
    assert main(["capture", pattern, "--parquet", str(out), "--columns", "ttl,src"]) == 0
    read = dataset.dataset(out, partitioning="hive").to_table()
    assert read.column_names == ["ttl", "src", "source", "file"]
    assert read.num_rows == 5


def test_wrong_usage(folder, tmp_path, capsys):
    assert main(["capture", str(folder)]) == 2
    assert main(["capture", str(folder), "--parquet", "x", "--csv"]) == 2
    assert capsys.readouterr().err.count("many captures need --parquet OUT alone") == 2
    assert main(["capture"]) == 2
    (tmp_path / "empty").mkdir()
    pytest.importorskip("pyarrow")
    assert main(["capture", str(tmp_path / "empty"), "--parquet", str(tmp_path / "x")]) == 1
    assert "no capture is there" in capsys.readouterr().err
