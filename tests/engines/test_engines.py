"""Engines over the same log, each against plain Python."""

import ipaddress
import random
from socket import AF_INET

import pytest

from fastsock import PrefixTable, special

NETWORKS = {"10.0.0.0/8": "office", "10.9.0.0/16": "lab", "2001:db8::/32": "docs"}


def log(rows=5000):
    draw = random.Random(17)
    makers = [
        lambda: f"10.{draw.randrange(12)}.0.{draw.randrange(256)}",
        lambda: f"192.0.2.{draw.randrange(256)}",
        lambda: f"2001:db8::{draw.randrange(9)}",
        lambda: "nothing",
        lambda: None,
    ]
    return [draw.choice(makers)() for _ in range(rows)]


def network_of(text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    nets = [ipaddress.ip_network(n) for n in NETWORKS]
    found = [n for n in nets if n.version == address.version and address in n]
    return NETWORKS[str(max(found, key=lambda n: n.prefixlen))] if found else None


LOG = log()
EXPECTED = [network_of(text) for text in LOG]


@pytest.fixture(scope="module", params=[False, True], ids=["changing", "frozen"])
def table(request):
    made = PrefixTable(NETWORKS)
    if request.param:
        made.freeze()
    return made


@pytest.fixture
def polars():
    found = pytest.importorskip("polars")
    pytest.importorskip("fastsock.engines.polars")
    return found


def test_polars_eager_and_lazy(polars, table):
    frame = polars.DataFrame({"src": LOG})
    address = polars.col("src").ip
    wanted = {
        "net": address.lookup(table),
        "slot": address.lookup(table, values=False),
        "private": address.is_private(),
        "inside": address.is_in(special("global")),
        "again": address.pton().ip.ntop(),
        "mask": address.mask(8, 16),
    }
    found = frame.select(**wanted)
    assert found["net"].to_list() == EXPECTED
    assert found.schema["net"] == polars.String
    values = table.values_list()
    assert [None if n is None else values[n] for n in found["slot"]] == EXPECTED
    for text, private, globally, again, mask in zip(
        LOG, found["private"], found["inside"], found["again"], found["mask"], strict=True
    ):
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            assert (private, globally, again, mask) == (None, None, None, None)
            continue
        assert (private, globally, again) == (ip.is_private, ip.is_global, str(ip))
        bits = 8 if ip.version == 4 else 16
        assert mask == str(ipaddress.ip_network((ip, bits), strict=False)[0])
    assert frame.lazy().select(**wanted).collect().equals(found)
    assert frame.lazy().select(**wanted).collect(engine="streaming").equals(found)


def test_polars_groups_and_types(polars, table):
    frame = polars.DataFrame({"src": LOG}, schema={"src": polars.Categorical})
    counts = frame.group_by(net=polars.col("src").ip.lookup(table)).len()
    expected = {name: EXPECTED.count(name) for name in set(EXPECTED)}
    assert dict(counts.rows()) == expected
    numbers = PrefixTable({"10.0.0.0/8": 7, "10.9.0.0/16": -9})
    packed = polars.col("src").ip.pton(AF_INET)
    assert frame.select(packed.ip.lookup(numbers))["src"].dtype == polars.Int64
    empty = polars.DataFrame({"src": []}, schema={"src": polars.String})
    assert empty.select(polars.col("src").ip.lookup(table)).height == 0
    nothing = polars.DataFrame({"src": [None, None]})
    assert nothing.select(polars.col("src").ip.lookup(table))["src"].to_list() == [None, None]
    with pytest.raises(TypeError, match="values must all be str"):
        polars.col("src").ip.lookup(PrefixTable({"::/0": 1, "10.0.0.0/8": "a"}))


@pytest.fixture
def connection():
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    found = duckdb.connect()
    found.execute("CREATE TABLE log (n INTEGER, src VARCHAR)")
    pairs = ", ".join(
        f"({n}, {'NULL' if text is None else repr(text)})" for n, text in enumerate(LOG)
    )
    found.execute(f"INSERT INTO log VALUES {pairs}")
    return found


def test_duckdb(connection, table):
    from fastsock.engines.duckdb import register, register_set, register_text

    register(connection, table)
    register(connection, table, "ip_slot", values=False)
    register(connection, table, "ip_packed", parameter="BLOB")
    register(connection, PrefixTable({"10.0.0.0/8": 1 << 40}), "ip_number")
    register_set(connection, special("private"), "ip_private")
    register_text(connection)
    rows = connection.sql(
        "SELECT ip_lookup(src), ip_slot(src), ip_packed(ip_pton(src)), ip_number(src), "
        "ip_private(src), ip_ntop(ip_pton(src)), src FROM log ORDER BY n"
    ).fetchall()
    values = table.values_list()
    assert [row[0] for row in rows] == EXPECTED == [row[2] for row in rows]
    assert [None if row[1] is None else values[row[1]] for row in rows] == EXPECTED
    for _, _, _, number, private, again, text in rows:
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            assert (number, private, again) == (None, None, None)
            continue
        assert (private, again) == (ip.is_private, str(ip))
        assert number == (1 << 40 if text.startswith("10.") else None)
    counts = connection.sql("SELECT ip_lookup(src), count(*) FROM log GROUP BY 1").fetchall()
    assert dict(counts) == {name: EXPECTED.count(name) for name in set(EXPECTED)}


def test_pandas(table):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"src": LOG})
    frame["net"] = pd.Series.from_arrow(table.lookup_column(frame["src"], values=True))
    shown = [None if pd.isna(value) else value for value in frame["net"]]
    assert shown == EXPECTED
    slots = pd.Series.from_arrow(table.lookup_column(frame["src"], default=-1))
    assert slots.dtype == "int32"


@pytest.mark.parametrize(
    ("engine", "package"),
    [("polars", "polars"), ("duckdb", "duckdb"), ("duckdb", "pyarrow"), ("spark", "pyspark")],
)
def test_a_missing_package_is_named(run_python, engine, package):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"try: import fastsock.engines.{engine}\n"
        "except ImportError as error: print(error)\n"
    )
    if engine == "duckdb" and package == "pyarrow":
        pytest.importorskip("duckdb")
    done = run_python("-c", code)
    assert (done.stdout, done.stderr) == (
        f"fastsock.engines.{engine} needs {package}: pip install {package}\n", "",
    )  # fmt: skip
