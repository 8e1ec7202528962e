"""Packages that take the standard library's objects take ours, and give the same for them.

Each package is optional: a test whose package is not installed is skipped by its name.
"""

import asyncio
import datetime
import ipaddress as std
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastsock.ipaddress as ours

FOUR, SIX = ours.IPv4Address("192.0.2.1"), ours.IPv6Address("2001:db8::1")
NET4, NET6 = ours.IPv4Network("192.0.2.0/24"), ours.IPv6Network("2001:db8::/32")
FACE4, FACE6 = ours.IPv4Interface("192.0.2.1/24"), ours.IPv6Interface("2001:db8::1/64")
ALL = [FOUR, SIX, NET4, NET6, FACE4, FACE6]


def base(item):
    """The standard library's class that an object stands for."""
    return getattr(std, type(item).__name__)


def twin(item):
    return base(item)(str(item))


@pytest.mark.parametrize("item", ALL, ids=str)
def test_pydantic(item):
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(base(item))
    for strict in (False, True):
        assert adapter.validate_python(item, strict=strict) is item
    assert adapter.dump_json(item) == adapter.dump_json(twin(item))
    assert adapter.dump_python(item, mode="json") == str(item)
    assert adapter.json_schema()["format"]
    # Our class as the annotation: what the schema makes is the standard library's, or ours.
    Model = pydantic.create_model("Model", address=(base(item), ...))  # noqa: N806
    assert Model(address=item).model_dump_json() == Model(address=str(item)).model_dump_json()


@pytest.fixture(scope="session")
def postgres(make_server, find_program, run_outside_as) -> object:
    initdb = find_program("initdb")

    def commands(program: str, server: object) -> Iterator[tuple[object, ...]]:
        data = str(server.files / "data")
        options = run_outside_as(server.files)
        command = [initdb, "-D", data, "--no-sync", "--auth=trust", "--username=tester",
                   "--locale=C", "--encoding=UTF8"]  # fmt: skip
        options["run"](command)
        host, port = server.tcp
        settings = ["-c", "fsync=off", "-c", f"unix_socket_directories={server.files}"]
        yield [program, "-D", data, "-h", host, "-p", str(port), *settings], server.tcp

    return make_server("postgres", commands, **run_outside_as(None)["options"])


@pytest.fixture(scope="session")
def run_outside_as():
    """PostgreSQL refuses to run as root: run it as the user `nobody`."""
    import os
    import subprocess

    options = (
        {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    )

    def outside(files: Path | None):
        def run(command):
            subprocess.run(
                command, check=True, cwd=files, capture_output=True, timeout=120, **options
            )

        return {"run": run, "options": options}

    return outside


def test_psycopg(postgres):
    psycopg = pytest.importorskip("psycopg")
    host, port = postgres.tcp
    where = f"host={host} port={port} user=tester dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        for binary in (False, True):
            cursor = connection.cursor(binary=binary)
            for item in ALL:
                kind = "cidr" if isinstance(item, std._BaseNetwork) else "inet"
                cursor.execute(f"select %s::{kind}, %s::{kind}", [item, twin(item)])
                found, expected = cursor.fetchone()
                assert found == expected
                assert type(found) is type(expected)
            cursor.execute("select %s::inet[], %s", [[FOUR, FOUR + 1], [NET4, NET4.supernet()]])
            assert cursor.fetchone() == ([FOUR, FOUR + 1], [NET4, NET4.supernet()])
            cursor.execute("select %s <<= any(%s)", [FOUR, [NET4]])
            assert cursor.fetchone() == (True,)
        cursor.execute("create temp table t (a inet, n cidr)")
        with cursor.copy("copy t from stdin") as copied:
            copied.write_row((FOUR, NET4))
        assert cursor.execute("select * from t").fetchall() == [(FOUR, NET4)]


def test_sqlalchemy(postgres):
    sa = pytest.importorskip("sqlalchemy")
    pytest.importorskip("psycopg")
    postgresql = pytest.importorskip("sqlalchemy.dialects.postgresql")
    host, port = postgres.tcp
    engine = sa.create_engine(f"postgresql+psycopg://tester@{host}:{port}/postgres")
    table = sa.Table(
        "seen",
        sa.MetaData(),
        sa.Column("address", postgresql.INET),
        sa.Column("network", postgresql.CIDR),
        sa.Column("many", postgresql.ARRAY(postgresql.INET)),
        prefixes=["TEMPORARY"],
    )
    try:
        with engine.begin() as connection:
            table.create(connection)
            row = {"address": FOUR, "network": NET4, "many": [FOUR, SIX]}
            connection.execute(table.insert(), [row, {**row, "address": SIX, "network": NET6}])
            found = connection.execute(sa.select(table).where(table.c.address == FOUR)).one()
            assert [str(item) for item in found[:2]] == [str(FOUR), str(NET4)]
            assert [str(item) for item in found.many] == [str(FOUR), str(SIX)]
    finally:
        engine.dispose()


def test_asyncpg(postgres):
    asyncpg = pytest.importorskip("asyncpg")
    host, port = postgres.tcp

    async def session():
        connection = await asyncpg.connect(host=host, port=port, user="tester", database="postgres")
        try:
            for item in ALL:
                kind = "cidr" if isinstance(item, std._BaseNetwork) else "inet"
                found = await connection.fetchrow(
                    f"select $1::{kind}, $2::{kind}", item, twin(item)
                )
                assert found[0] == found[1]
            assert await connection.fetchval("select $1::inet[]", [FOUR, SIX]) == [FOUR, SIX]
        finally:
            await connection.close()

    asyncio.run(asyncio.wait_for(session(), 60))


@pytest.fixture(scope="session")
def django():
    django = pytest.importorskip("django")
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)
        django.setup()
    return django


def test_django(django, outcome):
    """Fields and validators take text: an object is made text where the stdlib's is, and refused
    where the stdlib's is.
    """
    from django.core import validators
    from django.db import models
    from django.forms import GenericIPAddressField

    field, form = models.GenericIPAddressField(), GenericIPAddressField()
    for item in (FOUR, SIX):
        assert field.to_python(item) == field.to_python(twin(item)) == str(item)
        assert form.clean(str(item)) == str(item)
        for function in (field.get_prep_value, field.clean, form.clean,
                         validators.validate_ipv46_address,
                         validators.validate_ipv4_address):  # fmt: skip
            arguments = (None,) if function == field.clean else ()
            found, expected = (outcome(function, x, *arguments) for x in (item, twin(item)))
            assert found == expected, function


def test_django_rest_framework(django, outcome):
    serializers = pytest.importorskip("rest_framework.serializers")
    field = serializers.IPAddressField()
    for item in (FOUR, SIX):
        assert field.to_representation(item) == field.to_representation(twin(item)) == str(item)
        found, expected = (outcome(field.run_validation, x) for x in (item, twin(item)))
        assert found == expected


def test_cryptography():
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    for item in (FOUR, SIX, NET4, NET6):
        assert x509.IPAddress(item) == x509.IPAddress(twin(item))
        assert hash(x509.IPAddress(item)) == hash(x509.IPAddress(twin(item)))
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(map(x509.IPAddress, (FOUR, SIX))), critical=False
        )
        .add_extension(
            x509.NameConstraints([x509.IPAddress(NET4), x509.IPAddress(NET6)], None), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [FOUR, SIX]


@pytest.fixture(scope="session")
def database(tmp_path_factory) -> str:
    """A database in MaxMind's format, of two networks."""
    writer = pytest.importorskip("mmdb_writer")
    netaddr = pytest.importorskip("netaddr")
    path = tmp_path_factory.mktemp("mmdb") / "city.mmdb"
    made = writer.MMDBWriter(6, "Test-City", ipv4_compatible=True)
    for network, code in (("192.0.2.0/24", "CH"), ("2001:db8::/32", "NZ")):
        made.insert_network(netaddr.IPSet([network]), {"country": {"iso_code": code}})
    made.to_db_file(str(path))
    return str(path)


def test_maxminddb(database):
    maxminddb = pytest.importorskip("maxminddb")
    for mode in (maxminddb.MODE_AUTO, maxminddb.MODE_MEMORY):
        with maxminddb.open_database(database, mode) as reader:
            for item in (FOUR, SIX, FOUR + 256):
                assert reader.get(item) == reader.get(twin(item)) == reader.get(str(item))
                assert reader.get_with_prefix_len(item) == reader.get_with_prefix_len(twin(item))


def test_geoip2(database):
    reader = pytest.importorskip("geoip2.database").Reader(database)
    with reader:
        assert reader.city(FOUR).country.iso_code == "CH"
        assert reader.city(SIX).country.iso_code == "NZ"


def test_aiohttp():
    aiohttp = pytest.importorskip("aiohttp")
    yarl = pytest.importorskip("yarl")
    jar_type = aiohttp.CookieJar

    async def jar():
        cookies = jar_type(unsafe=False)
        cookies.update_cookies({"a": "b"}, yarl.URL(f"http://{FOUR}/"))
        return len(cookies)

    assert asyncio.run(jar()) == 0  # an address, for which a safe jar keeps no cookie
    assert yarl.URL.build(scheme="http", host=str(SIX)).host == str(SIX)


def test_netaddr():
    netaddr = pytest.importorskip("netaddr")
    for item in (FOUR, SIX):
        assert int(netaddr.IPAddress(int(item), item.version)) == int(item)
        assert netaddr.IPAddress(str(item)) == netaddr.IPAddress(str(twin(item)))
        assert type(item)(str(netaddr.IPAddress(str(item)))) == item
    for item in (NET4, NET6):
        assert str(netaddr.IPNetwork(str(item))) == str(item)


def test_pandas(tmp_path):
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([FOUR + 1, FOUR, SIX, FOUR], dtype=object)
    assert list(series.unique()) == [FOUR + 1, FOUR, SIX]
    assert series.value_counts()[FOUR] == 2
    assert series.value_counts()[twin(FOUR)] == 2
    frame = pandas.DataFrame({"address": [FOUR + 1, FOUR, FOUR], "n": [1, 2, 3]})
    assert list(frame.groupby("address").n.sum()) == [5, 1]
    assert list(frame.sort_values("address").address) == [FOUR, FOUR, FOUR + 1]
    other = pandas.DataFrame({"address": [twin(FOUR)], "m": [7]})
    assert list(frame.merge(other, on="address").m) == [7, 7]
    assert FOUR in set(series)
    frame.to_pickle(tmp_path / "frame")
    assert pandas.read_pickle(tmp_path / "frame").equals(frame)


def test_attrs_and_cattrs():
    attrs = pytest.importorskip("attrs")

    @attrs.frozen
    class Host:
        address: std.IPv4Address = attrs.field(
            validator=attrs.validators.instance_of(std.IPv4Address)
        )
        network: std.IPv4Network

    host = Host(FOUR, NET4)
    assert host == Host(twin(FOUR), twin(NET4))
    assert hash(host) == hash(Host(twin(FOUR), twin(NET4)))
    assert type(attrs.asdict(host)["address"]) is type(FOUR)
    cattrs = pytest.importorskip("cattrs")
    converter = cattrs.Converter()
    converter.register_unstructure_hook_func(lambda cls: issubclass(cls, std._IPAddressBase), str)
    converter.register_structure_hook(std.IPv4Address, lambda value, _: ours.IPv4Address(value))
    converter.register_structure_hook(std.IPv4Network, lambda value, _: ours.IPv4Network(value))
    data = converter.unstructure(host)
    assert data == {"address": str(FOUR), "network": str(NET4)}
    assert converter.structure(data, Host) == host


def test_click():
    click = pytest.importorskip("click")
    from click.testing import CliRunner

    @click.command()
    @click.argument("address", type=ours.ip_address)
    @click.option("--network", type=ours.ip_network)
    def command(address, network):
        click.echo(f"{address!r} {network!r} {address in network}")

    done = CliRunner().invoke(command, [str(FOUR), "--network", str(NET4)])
    assert done.output == f"{FOUR!r} {NET4!r} True\n"
    done = CliRunner().invoke(command, ["nowhere"])
    assert done.exit_code == 2


def test_pyyaml():
    yaml = pytest.importorskip("yaml")
    for item in ALL:
        assert yaml.dump(item) == yaml.dump(twin(item))
        assert yaml.unsafe_load(yaml.dump(item)) == item

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_multi_representer(
        std.IPv4Address, lambda dumper, item: dumper.represent_str(str(item))
    )
    assert yaml.dump({"a": FOUR}, Dumper=Dumper) == "a: 192.0.2.1\n"


def test_ruamel():
    ruamel = pytest.importorskip("ruamel.yaml")
    from io import StringIO

    yaml = ruamel.YAML(typ="safe")
    yaml.representer.add_multi_representer(
        std.IPv4Address, lambda representer, item: representer.represent_str(str(item))
    )
    out = StringIO()
    yaml.dump({"a": FOUR}, out)
    assert yaml.load(out.getvalue()) == {"a": str(FOUR)}


def test_msgspec(outcome):
    """It supports neither the standard library's classes nor ours: hooks serve both."""
    msgspec = pytest.importorskip("msgspec")
    for item in (FOUR, NET6):
        found, expected = (outcome(msgspec.json.encode, x) for x in (item, twin(item)))
        assert found[0] is expected[0] is TypeError
        assert msgspec.json.encode(item, enc_hook=str) == msgspec.json.encode(str(item))
        read = msgspec.json.decode(
            json.dumps(str(item)),
            type=base(item),
            dec_hook=lambda _, text, item=item: type(item)(text),
        )
        assert read == item
