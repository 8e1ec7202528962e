"""The examples of prefix tables, as they stand."""

import asyncio
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [("127.0.0.1", b"198.51.100.7", "198.51.100.7"), ("198.51.100.1", b"10.0.0.1", "198.51.100.1"),
     ("10.0.0.1", b"1.2.3.4, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
     ("10.0.0.1", b"", "10.0.0.1"), ("10.0.0.1", b"unknown, 10.0.0.3", "10.0.0.3"),
     ("::ffff:10.0.0.1", b"2001:db8::1", "2001:db8::1"),
     ("/run/app.sock", b"198.51.100.7", "/run/app.sock")],
)  # fmt: skip
def test_trusted_proxies(peer, forwarded, client):
    app = runpy.run_path(str(EXAMPLES / "trusted_proxies.py"))["app"]
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "client": (peer, 5), "headers": [(b"x-forwarded-for", forwarded)]}
    asyncio.run(app(scope, None, send))
    assert sent[1]["body"] == f"you are {client}\n".encode()


def test_log_countries(tmp_path, monkeypatch, capsys):
    (tmp_path / "blocks.csv").write_text("network,country\n192.0.2.0/24,NL\n2001:db8::/32,FR\n")
    lines = ["192.0.2.1 x", "192.0.2.2 y", "2001:db8::1 z", "198.51.100.1 -", "nobody -"]
    (tmp_path / "log").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path / "blocks.csv"), str(tmp_path / "log")])
    runpy.run_path(str(EXAMPLES / "log_countries.py"), run_name="__main__")
    counted = {"NL": "2", "FR": "1", "unknown": "1", "bad": "1"}
    fields = capsys.readouterr().out.split()
    assert dict(zip(fields[1::2], fields[::2], strict=True)) == counted


@pytest.mark.parametrize(
    ("host", "public"),
    [("8.8.8.8", True), ("127.0.0.1", False), ("100.64.0.1", False), ("169.254.169.254", False),
     ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
     ("fe80::1", False), ("224.0.0.1", False), ("::1", False)],
)  # fmt: skip
def test_ssrf_guard(host, public):
    guard = runpy.run_path(str(EXAMPLES / "ssrf_guard.py"))
    assert guard["is_public"](host) is public
    if not public:
        with pytest.raises(PermissionError):
            guard["connect_public"](host, 80)
