"""Streams stay small: engines hand over batches, and a command reads a log in pieces."""

from pathlib import Path

import pytest

from fastsock import PrefixTable

ROWS = 1_000_000


class Watched(PrefixTable):
    """A table that notes how many rows it was given at a time."""

    def __init__(self, networks):
        super().__init__(networks)
        self.sizes = []

    def lookup_column(self, column, **options):
        found = super().lookup_column(column, **options)
        self.sizes.append(len(found))
        return found


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("streams") / "access.csv"
    lines = "".join(f"10.{n >> 8}.{n & 255}.1\n" for n in range(1 << 14))
    lines = lines * (ROWS // (1 << 14) + 1)
    path.write_text("src\n" + "".join(lines.splitlines(keepends=True)[:ROWS]))
    return path


@pytest.fixture
def table():
    return Watched({"10.0.0.0/8": "ten", "10.7.0.0/16": "seven"})


def rows_of_seven():
    whole, rest = divmod(ROWS, 1 << 14)
    return whole * 256 + max(0, min(rest - 7 * 256, 256))


def test_polars(log, table):
    polars = pytest.importorskip("polars")
    pytest.importorskip("fastsock.engines.polars")
    net = polars.col("src").ip.lookup(table)
    counts = polars.scan_csv(log).group_by(net.alias("net")).len().collect(engine="streaming")
    assert dict(counts.rows()) == {"ten": ROWS - rows_of_seven(), "seven": rows_of_seven()}
    assert sum(table.sizes) == ROWS
    assert max(table.sizes) <= ROWS // 3


def test_duckdb(log, table):
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    from fastsock.engines.duckdb import register

    connection = duckdb.connect()
    register(connection, table)
    sql = f"SELECT ip_lookup(src) AS net, count(*) FROM read_csv('{log}') GROUP BY ALL"
    counts = dict(connection.sql(sql).fetchall())
    assert counts == {"ten": ROWS - rows_of_seven(), "seven": rows_of_seven()}
    assert sum(table.sizes) == ROWS
    assert max(table.sizes) <= 1 << 16


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this kernel has no /proc")
def test_match(run_python, twin, log, tmp_path):
    """A log that is four times as long takes no more memory."""
    table, small = tmp_path / "networks.csv", tmp_path / "small.csv"
    table.write_text("network,name\n10.0.0.0/8,ten\n10.7.0.0/16,seven\n")
    with log.open() as lines:
        small.write_text("".join(line for _, line in zip(range(ROWS // 4), lines, strict=False)))
    code = (
        "import sys; from pathlib import Path; from fastsock.cli import main\n"
        "assert main(['match', *sys.argv[1:], '--value', 'name', '--count']) == 1\n"  # the header
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
    )
    peaks = []
    for path in (small, log):
        done = run_python("-c", code, str(table), str(path), FASTSOCK_BACKEND=twin.tag)
        said = done.stdout.split()
        assert said, done.stderr
        peaks.append(int(said[-1]))
    assert int(said[said.index("seven") - 1].replace(",", "")) == rows_of_seven()
    assert peaks[1] - peaks[0] < 4096, peaks  # KiB; the log has 8 MiB more
