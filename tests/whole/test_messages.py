"""Messages show at most 64 characters of what they refuse."""

from pathlib import Path

import pytest

import fastsock.cli
from fastsock._core.errors import out_of_range, shorten, shorten_number

ISOLATED = Path(__file__).parent.parent / "isolated"
LONG = "x" * 5000


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 64, repr("x" * 64)),
        ("x" * 65, f"{'x' * 64!r}... (65 long)"),
        (b"x" * 65, f"{b'x' * 64!r}... (65 long)"),
        (bytearray(65), f"{bytearray(64)!r}... (65 long)"),
        (("x" * 65, 1), "('" + "x" * 62 + "..."),
        ([1, 2], "[1, 2]"),
        (True, "True"),
        (2**208 - 1, str(2**208 - 1)),
        (2**208, "an int of 209 bits"),
        (-(1 << 20000), "an int of 20001 bits"),
        (None, "None"),
    ],
    ids=range(11),
)
def test_shorten(value, shown):
    assert shorten(value) == shown
    if isinstance(value, int):
        assert shorten_number(value) == shown
        assert str(out_of_range("port", value, 0, 9)).endswith(f", not {shown}")


def test_no_message_shows_more(run_python, twin, tmp_path):
    """Whatever public call is given something long, whichever parameter it is."""
    done = run_python(str(ISOLATED / "messages.py"), str(tmp_path), FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("walked\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("address", LONG),
        ("address", "[::1]:" + LONG),
        ("addresses", "FILE"),
        ("services", LONG),
        ("services", f"{LONG}/udp"),
        ("services", f"{LONG}://host"),
        ("match", "FILE", "FILE"),
        ("match", "NETWORKS", "FILE"),
        ("capture", "FILE"),
        ("capture", "--columns", LONG, "FILE"),
        ("capture", "--top", LONG, "FILE"),
        ("bench", "--seconds", LONG),
    ],
)
def test_nor_does_a_command(words, tmp_path, capsys):
    (tmp_path / "FILE").write_text(f"{LONG}\n192.0.2.1,{LONG}\n")
    (tmp_path / "NETWORKS").write_text(f"network,value\n192.0.2.0/24,1\n{LONG},2\n")
    paths = {name: str(tmp_path / name) for name in ("FILE", "NETWORKS")}
    try:
        status = fastsock.cli.main([paths.get(word, word) for word in words])
    except SystemExit as refused:
        status = refused.code
    written = capsys.readouterr()
    assert status != 0
    assert written.out + written.err
    assert "x" * 65 not in written.out + written.err
