"""The command's text output: it can't control a terminal, and does not flood one."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastsock.cli
from fastsock.cli import _common, lookup

ESCAPE = "\x1b[31;1mred\x1b]0;title\x07\x9b2J"
HOSTILE = [ESCAPE, "a\r\nb\tc\x7f", "\u202egpj.exe", "\u2028\u2066", "\ufeff\u200b", "\udcff"]


@pytest.fixture(scope="session")
def environment(twin):
    return {**os.environ, "FASTSOCK_BACKEND": twin.tag, "PYTHONWARNINGS": "error"}


@pytest.fixture
def run(environment):
    def run(*words, stdin=b"", **variables):
        command = [sys.executable, "-m", "fastsock", *words]
        return subprocess.run(
            command, input=stdin, capture_output=True, env={**environment, **variables},
            timeout=60,
        )  # fmt: skip

    return run


def harmless(output):
    """Whether every line is printable."""
    return all(line.isprintable() for line in output.decode("utf-8", "surrogateescape").split("\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_printable(text):
    shown = _common.printable(text)
    assert shown.isprintable()
    assert shown.encode().decode("unicode_escape") == text


@pytest.mark.parametrize("text", ["", "plain", "größe 漢字 😀", r"back\slash", "'quoted'"])
def test_what_is_printable_stays(text):
    assert _common.printable(text) is text


def test_printable_of_others():
    assert _common.printable(5) == "5"
    assert _common.printable(OSError("a\x1bb")) == r"a\x1bb"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_letters_that_a_terminal_has_not(run, encoding):
    done = run("capture", "/no/größe漢.pcap", PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stderr.decode(encoding).startswith("fastsock capture: ")
    done = run("address", "fe80::1%größe漢", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert b"zone    gr" in done.stdout


ALL = "".join(HOSTILE)


@pytest.mark.parametrize(
    "words",
    [("address",), ("address", "127.0.0.1"), ("services",), ("services", "http"),
     ("lookup", "127.0.0.1"), ("capture",), ("addresses",), ("addresses", "--output"), ("info",),
     ("bench", "--seconds"), ("capture", "--columns"), ("capture", "--top"), ()],
    ids=" ".join,
)  # fmt: skip
def test_words(run, words):
    """An error message shows any argument escaped."""
    done = run(*words, ALL)
    assert done.returncode in (1, 2)
    assert harmless(done.stdout), done.stdout
    assert harmless(done.stderr), done.stderr
    assert b"Traceback" not in done.stderr


def test_what_is_read_of_an_address(run):
    for text in HOSTILE:
        done = run("address", f"fe80::1%{text}", f"[fe80::1%{text}]:80")
        assert harmless(done.stdout), done.stdout
        assert harmless(done.stderr), done.stderr


def test_names_of_files(run, tmp_path, files):
    path = tmp_path / f"{ALL}.pcap"
    path.write_bytes(files.pcap(b"x") + b"torn")
    done = run("capture", str(path))
    assert done.returncode == 1
    assert harmless(done.stdout)
    assert harmless(done.stderr), done.stderr
    assert b"a record header of 16 bytes" in done.stderr
    path.write_bytes(b"\x1b[2J\x1b[2J")
    done = run("capture", str(path))
    assert done.returncode == 1
    assert harmless(done.stderr)


def test_bad_lines(run):
    done = run("addresses", "-", stdin="\n".join(HOSTILE).encode("utf-8", "surrogateescape"))
    assert done.returncode == 1
    assert harmless(done.stdout)


@pytest.mark.parametrize("text", HOSTILE)
def test_names_of_the_network(capsys, monkeypatch, text):
    """A server chooses the canonical name and the names of an address."""
    row = (2, 1, 6, text, ("192.0.2.1", 80))
    monkeypatch.setattr(lookup, "getaddrinfo", lambda *_, **__: [row])
    monkeypatch.setattr(lookup, "gethostbyaddr", lambda _: (text, [text, "good"], []))
    assert fastsock.cli.main(["lookup", "host.test", "http"]) == 0
    shown = capsys.readouterr()
    assert all(line.isprintable() for line in shown.out.split("\n"))
    assert _common.printable(text).split()[0] in shown.out
    assert "good" in shown.out


def test_json_is_ascii(capsys, monkeypatch):
    monkeypatch.setattr(lookup, "getaddrinfo", lambda *_, **__: [(2, 1, 6, ESCAPE, ("::", 80))])
    monkeypatch.setattr(lookup, "gethostbyaddr", lambda _: (ESCAPE, [], []))
    fastsock.cli.main(["lookup", "--json", "host.test"])
    assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))


# Floods


def test_first():
    assert _common.first([1, 2, 3], 3) == ([1, 2, 3], None)
    assert _common.first([1, 2, 3], 2) == ([1, 2], "and 1 more")
    assert _common.first(dict.fromkeys(range(5000)).items(), 1) == ([(0, None)], "and 4,999 more")
    assert _common.first([], 3) == ([], None)


def test_a_capture_of_many_links(run, files):
    links = 3000
    data = files.section() + b"".join(files.interface(1000 + n) for n in range(links))
    data += b"".join(files.enhanced(b"x", interface=n) for n in range(links))
    done = run("capture", "-", stdin=data)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert len(lines) < 80
    assert "and 2,992 more" in " ".join(lines)
    assert "and 2,960 more" in lines[-1]


def test_a_host_of_many_addresses(capsys, monkeypatch):
    many = [(2, 1, 6, "", (f"192.0.{n >> 8}.{n & 255}", 80)) for n in range(1000)]
    names = [f"name{n}.test" for n in range(500)]
    monkeypatch.setattr(lookup, "getaddrinfo", lambda *_, **__: many)
    monkeypatch.setattr(lookup, "gethostbyaddr", lambda _: ("host.test", names, []))
    fastsock.cli.main(["lookup", "host.test"])
    shown = capsys.readouterr().out
    assert shown.count("and 936 more") == 2
    assert shown.count("and 493") == 64
    assert len(shown.splitlines()) < 1000


# One way out


def test_all_that_people_read_is_said():
    """Only one module calls print, so no command prints hostile text by mistake."""
    found = []
    for path in Path(fastsock.cli.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node, "func", None)
            if isinstance(name, ast.Name) and name.id == "print" and node.args:
                found.append(path.name)
    assert found == ["_common.py"] * 3  # JSON, what is said, progress


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"), (1023, "1,023 bytes"), (1024, "1.0 KiB"), (2_856_009, "2.7 MiB"),
        (5 << 30, "5.0 GiB"), (1 << 62, "4,194,304.0 TiB"),
    ],
)  # fmt: skip
def test_sizes_for_people(count, text):
    assert _common.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.000000 s"), (5.000005, "5.000005 s"), (61.5, "0:01:02"), (3600, "1:00:00"),
        (90_061, "1 day, 1:01:01"), (142_449_834.96, "1,648 days, 17:23:55"), (-120, "-0:02:00"),
    ],
)  # fmt: skip
def test_durations_for_people(seconds, text):
    assert _common.duration(seconds) == text
