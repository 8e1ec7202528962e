"""A folder of captures as a Parquet dataset."""

import errno
import gzip
import os
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

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


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
@pytest.mark.parametrize("partition", ["day", "file"])
def test_a_name_that_is_no_text(dataset, tmp_path, partition):
    path = str(tmp_path / "\udcff.pcap")
    with CaptureWriter(path) as writer:
        writer.write(bytes(60), 0)
    out = tmp_path / "out"
    assert main(["capture", path, "--parquet", str(out), "--partition", partition]) == 0
    read = dataset.dataset(out, partitioning="hive").to_table()
    assert read["source"].to_pylist() == [path.replace("\udcff", r"\udcff")]


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


@pytest.mark.parametrize("partition", ["day", "file"])
def test_compressed(dataset, tmp_path, capsys, partition):
    """Each compression that the standard library has; a damaged file is named, the others done."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    names = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma", ".zst": "compression.zstd"}
    with CaptureWriter(str(folder / "plain.pcap")) as writer:
        for n in range(2000):
            writer.write(os.urandom(60), n * DAY // 1000)
    raw = (folder / "plain.pcap").read_bytes()
    damaged = []
    for suffix, name in names.items():
        try:
            packed = import_module(name).compress(raw)
        except ModuleNotFoundError:
            packed = b""  # it is named as one that can't be read
            damaged.append(f"whole.pcap{suffix}: this Python has no module ")
        (folder / f"whole.pcap{suffix}").write_bytes(packed)
        (folder / f"head.pcap{suffix}").write_bytes(b"no such thing")
        (folder / f"torn.pcap{suffix}").write_bytes(packed[: len(packed) // 2])
        damaged += [f"head.pcap{suffix}: ", f"torn.pcap{suffix}: "]
    assert main(["capture", str(folder), "--parquet", str(out), "--partition", partition]) == 1
    errors = capsys.readouterr().err
    assert [name for name in damaged if name not in errors] == []
    assert errors.count("\n") == len(damaged)
    sources = dataset.dataset(out, partitioning="hive").to_table()["source"].to_pylist()
    counts = Counter(Path(source).relative_to(folder).name for source in sources)
    whole = {f"whole.pcap{suffix}" for suffix in names} | {"plain.pcap"}
    found = {name: count for name, count in counts.items() if not name.startswith("torn")}
    assert found == {name: 2000 for name in whole if f"{name}: " not in errors}


def test_a_pattern_and_columns(dataset, folder, tmp_path):
    out = tmp_path / "out"
    pattern = str(folder / "**" / "a.*")
    assert main(["capture", pattern, "--parquet", str(out), "--columns", "ttl,src"]) == 0
    read = dataset.dataset(out, partitioning="hive").to_table()
    assert read.column_names == ["ttl", "src", "source", "file"]
    assert read.num_rows == 5


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a Linux file")
def test_a_file_that_fails(dataset, tmp_path, capsys):
    (tmp_path / "mem.pcap").symlink_to("/proc/self/mem")
    assert main(["capture", str(tmp_path), "--parquet", str(tmp_path / "out")]) == 1
    path, said = tmp_path / "mem.pcap", os.strerror(errno.EIO)
    assert capsys.readouterr().err == f"fastsock capture: {path}: {said}\n"


def test_standard_input(dataset, folder, tmp_path):
    out = tmp_path / "out"
    with (folder / "deeper" / "a.pcap").open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "fastsock", "capture", "-", "--parquet", str(out)],
            stdin=file,
            capture_output=True,
            timeout=60,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    read = dataset.dataset(out, partitioning="hive").to_table()
    assert read["file"].to_pylist() == read["source"].to_pylist() == ["-"] * 5


def test_wrong_usage(folder, tmp_path, capsys):
    assert main(["capture", str(folder)]) == 2
    assert main(["capture", str(folder), "--parquet", "x", "--csv"]) == 2
    assert capsys.readouterr().err.count("many captures need --parquet OUT alone") == 2
    assert main(["capture"]) == 2
    (tmp_path / "empty").mkdir()
    pytest.importorskip("pyarrow")
    assert main(["capture", str(tmp_path / "empty"), "--parquet", str(tmp_path / "x")]) == 1
    assert "no capture is there" in capsys.readouterr().err
