"""`fastsock match`, through a parser that has only this command."""

import argparse
import json
import os
import sys
from pathlib import Path

import pytest

from fastsock.cli import match
from fastsock.prefix import PrefixTable

LOG = """\
10.1.2.3 - - "GET / HTTP/1.1"
[2001:db8::1]:443,x
192.0.2.1
::ffff:10.9.0.1\ttab
not an address
"""


@pytest.fixture
def command(tmp_path, capfdbinary, monkeypatch):
    (tmp_path / "log").write_text(LOG)
    (tmp_path / "nets.csv").write_text("network,who\n10.0.0.0/8,office\n2001:db8::/32,lab\n")
    PrefixTable({"10.0.0.0/8": "office", "2001:db8::/32": {"lab": 1}}).save(tmp_path / "nets.table")
    monkeypatch.chdir(tmp_path)

    def run(*words):
        parser = argparse.ArgumentParser()
        match.add_parser(parser.add_subparsers())
        args = parser.parse_args(["match", *words])
        status = args.run(args)
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return run


def test_lines_with_labels(command):
    status, out, _ = command("nets.table", "log")
    assert status == 1
    labels = [line.partition("\t")[0] for line in out.splitlines()]
    assert labels == ["office", '{"lab": 1}', "-", "office", "?"]
    assert [line.partition("\t")[2] for line in out.splitlines()] == LOG.splitlines()
    for chunk in ("1", "7", "64"):
        assert command("nets.table", "log", "--chunk", chunk)[1] == out


@pytest.mark.parametrize("chunk", ["100", "1000000"])
def test_long_lines_are_written_whole(command, tmp_path, chunk):
    line = "10.1.2.3 " + "x" * 5000 + " end"
    (tmp_path / "long").write_text(f"{line}\n10.1.2.4\n")
    _, out, _ = command("nets.table", "long", "--chunk", chunk)
    assert out == f"office\t{line}\noffice\t10.1.2.4\n"


def test_a_delimiter_is_one_character(command, tmp_path):
    for text in ("", "ab"):
        with pytest.raises(SystemExit) as stopped:
            command("nets.csv", "log", "--delimiter", text)
        assert stopped.value.code == 2
    (tmp_path / "semicolons.csv").write_text("network;who\n10.0.0.0/8;office\n")
    _, out, _ = command("semicolons.csv", "log", "--value", "who", "--delimiter", ";")
    assert out.startswith("office\t10.1.2.3")


def test_csv_tables(command):
    status, out, _ = command("nets.csv", "log", "--value", "who")
    assert [line.partition("\t")[0] for line in out.splitlines()] == [
        "office",
        "lab",
        "-",
        "office",
        "?",
    ]
    _, out, _ = command("nets.csv", "log", "--prefix")
    assert out.splitlines()[0].startswith("10.0.0.0/8\t")
    assert status == 1


def test_unmatched_counts_and_json(command):
    assert command("nets.table", "log", "--unmatched")[1] == "192.0.2.1\n"
    assert command("nets.table", "log", "--count")[1].split() == [
        "2", "office", "1", '{"lab":', "1}", "1", "unmatched", "1", "bad"]  # fmt: skip
    found = json.loads(command("nets.table", "log", "--json")[1])
    assert found["values"] == [{"value": "office", "lines": 2}, {"value": '{"lab": 1}', "lines": 1}]
    assert (found["lines"], found["matched"], found["unmatched"], found["bad"]) == (5, 3, 1, 1)


def test_standard_input(command, tmp_path):
    with (tmp_path / "log").open("rb") as file:
        kept = os.dup(0)
        os.dup2(file.fileno(), 0)
        try:
            status, out, _ = command("nets.table")
        finally:
            os.dup2(kept, 0)
            os.close(kept)
    assert out.startswith("office\t10.1.2.3 - -")
    assert status == 1


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="a system without /dev/fd")
def test_a_table_from_a_pipe(command, tmp_path):
    reading, writing = os.pipe()
    os.write(writing, (tmp_path / "nets.csv").read_bytes())
    os.close(writing)
    try:
        status, out, _ = command(f"/dev/fd/{reading}", "log", "--value", "who")
    finally:
        os.close(reading)
    assert (status, out) == command("nets.csv", "log", "--value", "who")[:2]


def test_files_that_are_no_tables(command, tmp_path):
    (tmp_path / "bad.csv").write_text("network\n10/8\n")
    status, _, err = command("bad.csv", "log")
    assert status == 2
    assert "line 2" in err
    data = (tmp_path / "nets.table").read_bytes()
    (tmp_path / "cut.table").write_bytes(data[:-1])
    status, _, err = command("cut.table", "log")
    assert status == 2
    assert "not a prefix table" in err
    with pytest.raises(FileNotFoundError):
        command("missing", "log")
