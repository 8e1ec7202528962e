"""The examples of prefix tables, as they stand."""

import asyncio
import re
import runpy
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

from fastsock import NotAllowedError, PrefixSet, build_proxy_v1, build_proxy_v2

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


@pytest.fixture
def uvicorn(twin, fresh_environment):
    """Run the example under uvicorn, and return its port."""
    pytest.importorskip("uvicorn")
    started = []

    def start(*options):
        command = [sys.executable, "-P", str(EXAMPLES / "trusted_proxies.py"), "--port", "0"]
        process = subprocess.Popen(
            [*command, *options],
            env=fresh_environment(FASTSOCK_BACKEND=twin.tag),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        raise AssertionError("".join(said))

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=60)


def asked(port, *forwarded, first=b"", source="127.0.0.1"):
    """The answer of a server to a request with these headers, after these bytes."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    try:
        connection.connect()
        connection.sock.sendall(first)
        connection.putrequest("GET", "/")
        for value in forwarded:
            connection.putheader("X-Forwarded-For", value)
        connection.endheaders()
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_trusted_proxies_under_uvicorn(uvicorn):
    port = uvicorn()
    assert asked(port) == "you are 127.0.0.1\n"
    assert asked(port, "198.51.100.7") == "you are 198.51.100.7\n"
    assert asked(port, "1.2.3.4, 198.51.100.7", "10.0.0.2") == "you are 198.51.100.7\n"
    assert asked(port, "2001:db8::7", "::ffff:10.0.0.9") == "you are 2001:db8::7\n"
    assert asked(port, "1.2.3.4, unknown") == "you are 127.0.0.1\n"


def test_proxy_headers_under_uvicorn(uvicorn):
    port = uvicorn("--proxy")
    for build in (build_proxy_v1, build_proxy_v2):
        header = build(("198.51.100.7", 5), ("192.0.2.1", 80))
        assert asked(port, "1.2.3.4", first=header) == "you are 198.51.100.7\n"
        header = build(("10.1.1.1", 5), ("192.0.2.1", 80))
        assert asked(port, "1.2.3.4", first=header) == "you are 1.2.3.4\n"
    assert asked(port, first=build_proxy_v2(None, None)) == "you are 127.0.0.1\n"
    with pytest.raises(OSError, match=r"."):  # a trusted proxy that sends none is closed
        asked(port, "1.2.3.4")
    assert asked(port, first=b"PROXY UNKNOWN\r\n") == "you are 127.0.0.1\n"


def test_log_countries(tmp_path, monkeypatch, capsys):
    (tmp_path / "blocks.csv").write_text("network,country\n192.0.2.0/24,NL\n2001:db8::/32,FR\n")
    lines = ["192.0.2.1 x", "192.0.2.2 y", "2001:db8::1 z", "198.51.100.1 -", "nobody -"]
    (tmp_path / "log").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path / "blocks.csv"), str(tmp_path / "log")])
    runpy.run_path(str(EXAMPLES / "log_countries.py"), run_name="__main__")
    counted = {"NL": "2", "FR": "1", "unknown": "1", "bad": "1"}
    fields = capsys.readouterr().out.split()
    assert dict(zip(fields[1::2], fields[::2], strict=True)) == counted


@pytest.fixture(scope="module")
def guard():
    return runpy.run_path(str(EXAMPLES / "ssrf_guard.py"))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "100.64.0.1", "169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "fe80::1", "224.0.0.1", "::1", "::127.0.0.1", "fd00::1", "ff02::1", "5f00::1",
     "240.0.0.1", "localhost", "127.1", "0x7f000001"],
)  # fmt: skip
def test_the_ssrf_guard_refuses(guard, host):
    with pytest.raises((NotAllowedError, socket.gaierror)):
        guard["fetch_head"](host, 9)


def test_the_ssrf_guard_lets_the_internet_in(guard):
    for address in ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"):
        assert address in guard["PUBLIC"]


def test_the_ssrf_guard_fetches(guard, monkeypatch):
    def serve():
        client, _ = server.accept()
        with client:
            client.recv(4096)
            client.sendall(b"HTTP/1.0 204 Fine\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        thread = threading.Thread(target=serve)
        thread.start()
        monkeypatch.setitem(guard["fetch_head"].__globals__, "PUBLIC", PrefixSet(["127.0.0.0/8"]))
        said = guard["fetch_head"]("127.0.0.1", server.getsockname()[1])
        thread.join(30)
    assert said == "HTTP/1.0 204 Fine"
