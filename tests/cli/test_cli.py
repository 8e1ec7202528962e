"""The command as a user runs it: a process of its own, on each backend."""

import errno
import io
import ipaddress
import json
import os
import pty
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

import pytest

import fastsock
from fastsock.cli.addresses import line_chunks

Run = Callable[..., subprocess.CompletedProcess[bytes]]
COMMAND = [sys.executable, "-m", "fastsock"]
COMMANDS = ("info", "bench", "address", "addresses", "match", "lookup", "services", "capture")


@pytest.fixture(scope="session")
def environment(twin) -> dict[str, str]:
    return {**os.environ, "FASTSOCK_BACKEND": twin.tag, "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="session")
def run(environment) -> Run:
    def run(
        *words: str | os.PathLike[str], stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*COMMAND, *words], input=stdin, capture_output=True, env=environment, timeout=60
        )

    return run


@pytest.fixture
def report(run) -> Callable[..., dict]:
    """What `addresses --json` says of some text on stdin."""

    def report(text: bytes, *options: str) -> dict:
        done = run("addresses", "-", "--json", *options, stdin=text)
        assert done.stderr == b""
        facts = json.loads(done.stdout)
        assert done.returncode == (1 if facts["bad"] else 0)
        return facts

    return report


def all_describe(run: Run, *texts: str) -> list[dict]:
    done = run("address", "--json", *texts)
    assert done.stderr == b""
    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert facts["bad"] == []
    return facts["addresses"]


# The command itself


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(run, option):
    assert run(option).stdout.decode() == f"fastsock {fastsock.__version__}\n"


def test_no_command_shows_help_with_examples(run):
    done = run()
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == run("--help").stdout
    examples = done.stdout.decode().partition("examples:\n")[2].splitlines()
    shown = {line.split()[1] for line in examples if line.startswith("  fastsock ")}
    assert shown == set(COMMANDS)


@pytest.mark.parametrize("words", [(), *((command,) for command in COMMANDS)])
def test_help_fits_a_terminal(run, words):
    done = run(*words, "--help")
    assert done.returncode == 0
    assert max(map(len, done.stdout.decode().splitlines())) <= 80


@pytest.mark.parametrize(
    "words", [("addresses", "/no/such"), ("match", "/no/such", "-"), ("capture", "/no/such")]
)
def test_errors_of_files_name_the_file_and_no_number(run, words):
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    expected = f"fastsock {words[0]}: /no/such: No such file or directory\n"
    assert done.stderr.decode() == expected


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("bench", "--seconds", "x"), "argument --seconds: 'x' is not a number"),
        (("bench", "--seconds", "0"), "argument --seconds: must be more than 0 and at most 3600"),
        (("capture", "--top", "x", "f"), "argument --top: 'x' is not a whole number"),
        (("addresses", "--chunk", "1.5", "f"), "argument --chunk: '1.5' is not a whole number"),
    ],
)
def test_usage_errors_show_no_private_name(run, words, wrong):
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines()[-1] == f"fastsock {words[0]}: error: {wrong}"


@pytest.mark.parametrize("module", ["argparse", "fastsock.cli._common", "fastsock.cli.info"])
def test_interrupt_during_imports(run_python, twin, module):
    """Ctrl-C is silent while the command loads its modules, too."""
    code = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "import fastsock.cli\n"
        f"sys.modules.pop({module!r}, None)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "sys.exit(fastsock.cli.main(['info']))\n"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_command_is_imported_without_typing(run_python, twin):
    """What it imports before it can catch Ctrl-C takes next to no time."""
    code = (
        "import sys, fastsock\nbefore = set(sys.modules)\nimport fastsock.cli\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert done.stdout == "['fastsock.cli']\n"


@pytest.mark.parametrize("words", [("-V",), ("-h",), ("info",), ("services", "https")])
def test_a_command_imports_its_own_module_alone(run_python, twin, words):
    """And so --help and --version take no longer than Python itself, nearly."""
    code = (
        "import sys, fastsock.cli\n"
        "try:\n"
        f"    fastsock.cli.main({list(words)})\n"
        "finally:\n"
        "    ours = [name for name in sys.modules if name.startswith('fastsock.cli.')]\n"
        "    print(sorted(ours), file=sys.stderr)"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    shared = ["fastsock.cli._common"]
    own = [f"fastsock.cli.{word}" for word in words[:1] if not word.startswith("-")]
    assert done.stderr.splitlines()[0] == str(sorted(shared + own))


def test_reader_that_leaves_early(environment):
    command = subprocess.Popen(
        [*COMMAND, "address", *["192.0.2.1"] * 2000],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    with command:
        command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 141


def test_interrupt(environment):
    command = subprocess.Popen(
        [*COMMAND, "addresses", "-", "--chunk", "1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    with command:
        # More than a pipe holds: once it is written, the command is reading, past its start.
        command.stdin.write(b"192.0.2.1\n" * 20_000)
        command.stdin.flush()
        command.send_signal(signal.SIGINT)
        assert command.stderr.read() == b""
        assert command.stdout.read() == b""
    assert command.returncode == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a Linux device")
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["info"], "fastsock info"),
        ([], "fastsock"),
        (["--version"], "fastsock"),
        (["info", "--help"], "fastsock"),
    ],
)
def test_full_disk(environment, words, name):
    # Unbuffered, argparse itself writes, and hides what fails.
    buffered = {**environment, "PYTHONUNBUFFERED": ""}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, env=buffered, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"{name}: ")
    assert done.stderr.count(b"\n") == 1


def run_closed(environment, closed: str, *words) -> subprocess.CompletedProcess[bytes]:
    """Run the command with a standard stream closed, as a shell does for ``2>&-``."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, *words],
        capture_output=True,
        env=environment,
        timeout=60,
    )


def test_without_stderr_no_message_goes_to_stdout(environment):
    done = run_closed(environment, "2>&-", "address", "--json", "nonsense")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"addresses": [], "bad": ["nonsense"]}


def test_without_stdout_rows_have_nowhere_to_go(environment, tmp_path):
    (tmp_path / "nets.csv").write_text("network\n10.0.0.0/8\n")
    (tmp_path / "log").write_text("10.0.0.1\n")
    done = run_closed(environment, ">&-", "match", tmp_path / "nets.csv", tmp_path / "log")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"fastsock match: stdout: {os.strerror(errno.EBADF)}\n"


# info


def test_info(run, twin):
    facts = json.loads(run("info", "--json").stdout)
    assert facts["version"] == fastsock.__version__
    assert facts["backend"] == twin.tag
    assert facts["environment"]["FASTSOCK_BACKEND"] == twin.tag
    assert Path(facts["location"]) == Path(fastsock.__file__).parent
    built = [facts[name] for name in ("simd", "simd_supported", "compiler", "cython", "flavour")]
    if twin.tag == "c":
        assert all(built)
        assert facts["simd"] in facts["simd_supported"]
    else:
        assert built == [None] * 5


def test_info_text_has_a_line_for_each_fact(run):
    facts = json.loads(run("info", "--json").stdout)
    text = run("info").stdout.decode()
    names = [line[:16].strip() for line in text.splitlines() if not line.startswith(" ")]
    if facts["backend"] == "c":
        del facts["why_pure"]
    assert names == [name.replace("_", " ") for name in facts]


# bench


def test_bench(run, twin):
    done = run("bench", "--json", "--seconds", "0.05")
    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert facts["backend"] == twin.tag
    compared = {(row["name"], row["baseline"]) for row in facts["rows"]}
    assert len(compared) == len(facts["rows"]) >= 10
    for row in facts["rows"]:
        assert set(row) == {"name", "baseline", "items", "fastsock_ns", "baseline_ns", "ratio"}
        assert row["fastsock_ns"] > 0
        assert row["baseline_ns"] > 0


def test_bench_text_fits_a_terminal(run):
    done = run("bench", "--seconds", "0.05")
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith(f"fastsock {fastsock.__version__}")
    assert sum(line.endswith("x") for line in lines) >= 10
    assert max(map(len, lines)) <= 80


def test_bench_checks_before_it_times():
    from fastsock.cli import bench
    from fastsock.cli._headlines import Row

    with pytest.raises(RuntimeError, match="inet_aton: the result is not that of stdlib"):
        bench.check(Row("inet_aton", "stdlib", lambda: bytes(4), lambda: bytes(16)))


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_bench_refuses_other_times(run, seconds):
    done = run("bench", f"--seconds={seconds}")
    assert done.returncode == 2
    assert b"--seconds" in done.stderr


# address

V4 = ["0.0.0.0", "127.0.0.1", "10.1.2.3", "192.0.2.1", "8.8.8.8", "224.0.0.1", "255.255.255.255"]
V6 = [
    "::",
    "::1",
    "2001:db8::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2606:4700::1111",
    "::ffff:192.0.2.1",
    "::192.0.2.1",
    "2002:c000:201::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]


def test_address_forms(run):
    described = all_describe(run, *V4, *V6)
    assert [facts["text"] for facts in described] == V4 + V6
    for facts in described:
        address = ipaddress.ip_address(facts["text"])
        family = AF_INET if address.version == 4 else AF_INET6
        assert facts["family"] == f"IPv{address.version}"
        assert bytes.fromhex(facts["packed"]) == address.packed
        assert facts["integer"] == int(address)
        assert facts["compressed"] == inet_ntop(family, address.packed)
        assert inet_pton(family, facts["exploded"]) == address.packed
        assert len(facts["exploded"]) == 39 or family == AF_INET
        assert facts["strict"] is True
        assert facts["note"] is facts["port"] is facts["zone"] is None
        for name, holds in facts["is"].items():
            judged = getattr(address, "ipv4_mapped", None) or address
            assert holds is getattr(judged, f"is_{name}", False), (facts["text"], name)


def test_address_reverse_pointer(run):
    v4, v6, mapped = all_describe(run, "192.0.2.1", "2001:db8::567:89ab", "::ffff:192.0.2.1")
    assert v4["reverse_pointer"] == "1.2.0.192.in-addr.arpa"
    assert v6["reverse_pointer"] == (  # the example of RFC 3596 section 2.5, for another prefix
        "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
    )
    assert mapped["reverse_pointer"].startswith("1.0.2.0.0.0.0.c.f.f.f.f.0.")


def test_address_ipv4_inside_ipv6(run):
    plain, *described = all_describe(run, "192.0.2.1", *V6)
    assert plain["mapped"] == "::ffff:192.0.2.1"
    assert plain["compatible"] == "::192.0.2.1"
    held = {facts["text"]: facts for facts in described}
    for form, text in {
        "mapped": "::ffff:192.0.2.1",
        "compatible": "::192.0.2.1",
        "sixtofour": "2002:c000:201::1",
    }.items():
        assert {name for name, facts in held.items() if facts[form]} == {text}
        assert held[text][form] == "192.0.2.1"
    (translated,) = all_describe(run, "64:ff9b::192.0.2.1")
    assert translated["nat64"] == "192.0.2.1"
    assert not any(facts["nat64"] for facts in held.values())
    assert held["2001:0:4136:e378:8000:63bf:3fff:fdd2"]["teredo"] == ["65.54.227.120", "192.0.2.45"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("127.1", "127.0.0.1"),
        ("1", "0.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("010.1.1.1", "8.1.1.1"),
        ("1.2.3.04", "1.2.3.4"),
        ("1.2.3.4 and more", "1.2.3.4"),
        ("127.1:80", "127.0.0.1"),
    ],
)
def test_address_legacy_spelling_is_noted(run, text, read):
    (facts,) = all_describe(run, text)
    assert facts["compressed"] == read
    assert facts["strict"] is False
    assert f"reads this spelling as {read};" in facts["note"]


@pytest.mark.parametrize(
    ("text", "packed", "zone", "port"),
    [
        ("192.0.2.1:80", "c0000201", None, 80),
        ("[::1]:443", "0" * 31 + "1", None, 443),
        ("[::1]", "0" * 31 + "1", None, None),
        ("fe80::1%eth0", "fe80" + "0" * 27 + "1", "eth0", None),
        ("[fe80::1%eth0]:0", "fe80" + "0" * 27 + "1", "eth0", 0),
    ],
)
def test_address_with_zone_and_port(run, text, packed, zone, port):
    (facts,) = all_describe(run, text)
    assert (facts["packed"], facts["zone"], facts["port"]) == (packed, zone, port)


def test_address_text_fits_a_terminal(run):
    done = run("address", *V4, *V6, "127.1", "[fe80::1%eth0]:80")
    text = done.stdout.decode()
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("\n\n") == len(V4) + len(V6) + 1
    assert "full    0000:0000:0000:0000:0000:ffff:c000:0201\n" in text
    assert "teredo  server 65.54.227.120, client 192.0.2.45\n" in text
    assert "is      private, link-local\n" in text


def test_bad_address_does_not_hide_the_others(run):
    bad = ["", "localhost", "1.2.3.256", "1.2.3.4/24", "::1:80:", "[::1", "\udcff", "x" * 5000]
    done = run("address", "::1", *bad, "192.0.2.1")
    assert done.returncode == 1
    assert done.stdout.count(b"family  IPv") == 2
    errors = done.stderr.decode().splitlines()
    assert len(errors) == len(bad)
    assert errors[1] == "fastsock address: 'localhost' is not an address"
    assert all(len(error) < 130 for error in errors)
    facts = json.loads(run("address", "--json", "::1", *bad).stdout)
    assert facts["bad"] == bad
    assert len(facts["addresses"]) == 1


# addresses

MIX = ["192.0.2.1", "2001:db8::1", "bad", "::ffff:192.0.2.1", "", "1.2.3.4", "::", "0.0.0.0"]


def packed_any(text: str) -> bytes | None:
    """A record as `addresses` writes it, by the standard library alone."""
    try:
        if ":" in text:
            return inet_pton(AF_INET6, text)
        return bytes(10) + b"\xff\xff" + inet_pton(AF_INET, text)
    except OSError:
        return None


def random_lines(count: int) -> list[str]:
    source = random.Random(5)

    def line() -> str:
        kind = source.randrange(8)
        if kind == 0:
            return source.choice(["", "x", "1.2.3", "::g", "a" * 90, "1.2.3.4.5"])
        if kind < 4:
            return inet_ntop(AF_INET6, source.randbytes(16))
        return inet_ntop(AF_INET, source.randbytes(4))

    return [line() for _ in range(count)]


def expected_counts(lines: list[str]) -> dict[str, int]:
    good = [line for line in lines if packed_any(line) is not None]
    ipv6 = sum(":" in line for line in good)
    return {
        "lines": len(lines),
        "ipv4": len(good) - ipv6,
        "ipv6": ipv6,
        "bad": len(lines) - len(good),
    }


def test_counts_and_bad_lines(report):
    facts = report("\n".join(MIX).encode())
    assert facts == {
        "family": "any",
        "lines": 8,
        "ipv4": 3,
        "ipv6": 3,
        "bad": 2,
        "bad_lines": [{"line": 3, "text": "'bad'"}, {"line": 5, "text": "''"}],
        "distinct": None,
        "top": None,
    }


@pytest.mark.parametrize("chunk", ["1", "7", "100", "4096", "1000000"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_chunk_borders(run, tmp_path, chunk, newline, last):
    lines = random_lines(300)
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes((newline.join([*lines, "::1"]) + newline * last).encode())
    lines.append("::1")
    done = run(
        "addresses", source, "--json", "--chunk", chunk, "--output", target, "--max-bad", "999"
    )
    facts = json.loads(done.stdout)
    counts = expected_counts(lines)
    assert {name: facts[name] for name in counts} == counts
    records = [packed_any(line) for line in lines]
    assert target.read_bytes() == b"".join(record or bytes(16) for record in records)
    assert [bad["line"] for bad in facts["bad_lines"]] == [
        number for number, record in enumerate(records, 1) if record is None
    ]
    assert {bad["text"] for bad in facts["bad_lines"]} >= {"''", f"'{'a' * 64}'... (90 long)"}


@pytest.mark.parametrize("size", range(1, 14))
def test_chunks_are_whole_lines(size):
    text = b"a\n\nbcd\r\nefghijkl\n\n\nlast"
    chunks = list(line_chunks(io.BytesIO(text), size))
    assert b"".join(chunks) == text + b"\n"
    assert all(chunk.endswith(b"\n") for chunk in chunks)


def test_endless_line_takes_no_memory():
    class Endless(io.BytesIO):
        """A line of 4 MiB, which is never held whole, then an address."""

        blocks = 1024

        def read(self, size: int | None = -1) -> bytes:
            if self.blocks == 0:
                return super().read(size)
            self.blocks -= 1
            return b"x" * 4096

    chunks = list(line_chunks(Endless(b"\n::1\n"), 4096))
    assert chunks == [b"x" * 1024 + b"\n::1\n"]


@pytest.mark.parametrize("size", [1, 100, 4096])
def test_whole_lines_of_any_length(size):
    text = b"::1 " + b"x" * 5000 + b"\n" + b"y" * 3000
    assert b"".join(line_chunks(io.BytesIO(text), size, whole=True)) == text + b"\n"


def test_long_line_is_judged_by_its_start(report):
    text = b"192.0.2.1 " + b"x" * 5000 + b"\n" + b"1" * 5000 + b"\n::1\n"
    for chunk in ("64", "4096", "1000000"):
        facts = report(text, "--chunk", chunk)
        assert (facts["ipv4"], facts["ipv6"], facts["bad"]) == (1, 1, 1)
        assert facts["bad_lines"][0]["line"] == 2


def test_empty_file(report, run):
    facts = report(b"", "--top", "3")
    assert (facts["lines"], facts["bad"], facts["distinct"], facts["top"]) == (0, 0, 0, [])
    assert run("addresses", "-").returncode == 0


FIRST_COLUMN_GOOD = [
    b"192.0.2.1 - - [x] GET",
    b"192.0.2.1\tx",
    b"192.0.2.1,x,y",
    b"2001:db8::1 - -",
    b"192.0.2.1:80",
    b"192.0.2.1:80 x",
    b"[2001:db8::1]:443",
    b"[2001:db8::1]",
    b"[2001:db8::1],x",
]
FIRST_COLUMN_BAD = [
    b" 192.0.2.1",
    b"host 192.0.2.1",
    b"192.0.2.1:",
    b"192.0.2.1:99999",
    b"[192.0.2.1]:80",
    b"[::1",
    b"fe80::1%eth0",
    b"127.1",
    b"1.2.3.4/24",
    b"1.2.3.4\0",
    b"\xff\xfe",
    b"\r",
    b" x",
]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_first_column(report, newline):
    lines = FIRST_COLUMN_GOOD + FIRST_COLUMN_BAD
    random.Random(9).shuffle(lines)
    facts = report(newline.join(lines), "--max-bad", "99")
    assert facts["lines"] == len(lines)
    assert [bad["line"] for bad in facts["bad_lines"]] == [
        number for number, line in enumerate(lines, 1) if line in FIRST_COLUMN_BAD
    ]
    assert facts["ipv6"] == sum(b"2001:" in line for line in FIRST_COLUMN_GOOD)


@pytest.mark.parametrize(
    ("line", "bad"), [(b"192.0.2.1 x", 0), (b"[::1]:80", 0), (b" x", 1), (b"\r", 1), (b"[::1", 1)]
)
def test_first_column_of_a_last_line_without_newline(report, line, bad):
    facts = report(b"::1\n" + line)
    assert (facts["lines"], facts["bad"]) == (2, bad)


def test_unwrapped_rows_are_counted_and_packed(run, tmp_path):
    target = tmp_path / "out"
    text = b"[2001:db8::1]:80\n192.0.2.1:80\nbad:80\n[::ffff:192.0.2.1]\n::1\n"
    done = run("addresses", "-", "--json", "--output", target, stdin=text)
    facts = json.loads(done.stdout)
    assert (facts["ipv4"], facts["ipv6"], facts["bad"]) == (1, 3, 1)
    assert facts["bad_lines"] == [{"line": 3, "text": "'bad:80'"}]
    hosts = ["2001:db8::1", "192.0.2.1", "bad", "::ffff:192.0.2.1", "::1"]
    assert target.read_bytes() == b"".join(packed_any(host) or bytes(16) for host in hosts)


@pytest.mark.parametrize(
    ("family", "numbers", "size"),
    [("4", (3, 0, 5), 4), ("6", (0, 3, 5), 16), ("any", (3, 3, 2), 16)],
)
def test_family(run, tmp_path, family, numbers, size):
    target = tmp_path / "out"
    text = "\n".join(MIX).encode()
    words = ["addresses", "-", "--json", "--family", family, "--output", target]
    facts = json.loads(run(*words, stdin=text).stdout)
    assert (facts["ipv4"], facts["ipv6"], facts["bad"]) == numbers
    assert len(target.read_bytes()) == 8 * size
    run(*words, "--drop-bad", stdin=text)
    good = [line for line in MIX if packed_any(line) is not None]
    if family != "any":
        good = [line for line in good if (":" in line) == (family == "6")]
    expected = [packed_any(line)[-size:] for line in good]
    assert target.read_bytes() == b"".join(expected)


def test_top(report, run):
    text = b"::1\n192.0.2.1\n::1\nbad\n[::1]:80\n::ffff:192.0.2.1\n2001:db8::1\n"
    facts = report(text, "--top", "2", "--chunk", "9")
    assert facts["distinct"] == 3
    assert facts["top"] == [{"address": "::1", "lines": 3}, {"address": "192.0.2.1", "lines": 2}]
    shown = run("addresses", "-", "--top", "2", stdin=text).stdout.decode()
    assert re.search(r"^ +3  distinct$", shown, re.MULTILINE)
    assert shown.endswith("\nmost lines\n           3  ::1\n           2  192.0.2.1\n")


def test_max_bad(report, run):
    text = b"x\n" * 25
    assert [bad["line"] for bad in report(text)["bad_lines"]] == list(range(1, 11))
    assert len(report(text, "--max-bad", "20", "--chunk", "6")["bad_lines"]) == 20
    none = report(text, "--max-bad", "0")
    assert (none["bad"], none["bad_lines"]) == (25, [])
    shown = run("addresses", "-", stdin=text).stdout.decode()
    assert re.search(r"^ +25  bad$", shown, re.MULTILINE)
    assert shown.endswith("          10  'x'\n              and 15 more\n")


def test_bad_line_cannot_write_to_the_terminal(run):
    done = run("addresses", "-", stdin=b"\x1b[2J\x07\xff\n")
    assert b"\x1b" not in done.stdout
    assert rb"'\x1b[2J\x07\\xff'" in done.stdout


def test_pipe_that_comes_in_pieces(environment):
    reading, writing = os.pipe()
    with (
        open(reading, "rb") as source,
        subprocess.Popen(
            [*COMMAND, "addresses", "-", "--json"],
            stdin=source,
            stdout=subprocess.PIPE,
            env=environment,
        ) as command,
    ):
        for piece in (b"192.0", b".2.1\n2001", b":db8::1\r", b"\nba", b"d"):
            os.write(writing, piece)
        os.close(writing)
        facts = json.load(command.stdout)
    assert (facts["ipv4"], facts["ipv6"], facts["bad"]) == (1, 1, 1)
    assert command.returncode == 1


def test_unreadable_files(run, tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        done = run("addresses", path)
        assert done.returncode == 2
        assert done.stdout == b""
        assert done.stderr.decode().startswith("fastsock addresses: ")
        assert str(path) in done.stderr.decode()


def test_unwritable_output(run, tmp_path):
    done = run("addresses", "-", "--output", tmp_path / "no" / "file", stdin=b"::1\n")
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"fastsock addresses: " in done.stderr


def test_output_must_not_be_the_input(run, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"::1\n")
    done = run("addresses", path, "--output", path)
    assert done.returncode == 2
    assert b"both input and output" in done.stderr
    assert path.read_bytes() == b"::1\n"


def test_a_device_may_be_the_input_and_the_output(environment):
    done = subprocess.run(
        [*COMMAND, "addresses", "-", "--json", "--output", os.devnull],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["lines"] == 0


@pytest.mark.parametrize(
    "words", [["--chunk", "0"], ["--max-bad", "-1"], ["--top", "x"], ["--family", "5"]]
)
def test_wrong_options(run, words):
    done = run("addresses", "-", *words)
    assert done.returncode == 2
    assert words[0].encode() in done.stderr


def on_terminal(environment: dict[str, str], words: list[str], stdin: bytes) -> str:
    """What a command writes to stderr when that is a terminal."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:  # a machine without /dev/pts
        pytest.skip(f"no terminal: {error}")
    with open(ours, "rb", buffering=0) as terminal:
        with open(theirs, "wb", buffering=0) as stderr:
            subprocess.run(
                [*COMMAND, *words],
                input=stdin,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=environment,
                timeout=60,
            )
            os.write(theirs, b"end")  # so that a read always ends
        return terminal.read(65536).decode().removesuffix("end")


def test_progress_on_a_terminal(environment, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"::1\n" * 100)
    shown = on_terminal(environment, ["addresses", str(path), "--chunk", "4"], b"")
    *steps, wiped, end = shown.split("\r")[1:]
    assert [step.split() for step in steps] == [
        ["32%", "32", "lines", "0", "MiB"],
        ["64%", "64", "lines", "0", "MiB"],
        ["96%", "96", "lines", "0", "MiB"],
    ]
    assert wiped.isspace()
    assert len(wiped) >= max(map(len, steps))
    assert end == ""


def test_progress_of_a_pipe_has_no_share(environment):
    shown = on_terminal(environment, ["addresses", "-", "--chunk", "4"], b"::1\n" * 40)
    assert shown.split("\r")[1].split() == ["32", "lines", "0", "MiB"]


def test_progress_of_match(environment, tmp_path):
    (tmp_path / "nets.csv").write_text("network\n::/0\n")
    words = ["match", str(tmp_path / "nets.csv"), "-", "--chunk", "4"]
    for more in ([], ["--unmatched"], ["--count"], ["--json"]):
        shown = on_terminal(environment, words + more, b"::1\n" * 40)
        assert shown.split("\r")[1].split() == ["32", "lines", "0", "MiB"]


def test_no_progress_for_a_small_file(environment):
    assert on_terminal(environment, ["addresses", "-"], b"::1\n" * 100) == ""


# The documentation


def documented() -> list[tuple[str, str]]:
    """Every command of docs/cli.md and the output that it shows."""
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
    blocks = re.findall(r"^```console\n\$ (.+?)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    return blocks


@pytest.mark.parametrize(("command", "output"), documented())
def test_examples_of_the_documentation(environment, command, output):
    path = f"fastsock() {{ '{sys.executable}' -m fastsock \"$@\"; }}\n"
    done = subprocess.run(
        ["sh", "-c", path + command], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout == output
