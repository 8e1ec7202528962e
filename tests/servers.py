"""Servers of another make, which the tests start on loopback, and programs that are not ours."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Server:
    """A server of another make, on loopback: where it listens, and where its files are."""

    tcp: tuple[str, int]
    unix: str
    files: Path

    def connect(self, kind: str, timeout: float | None = None) -> socket.socket:
        """A connection over `kind`, "tcp" or "unix"."""
        if kind == "tcp":
            return socket.create_connection(self.tcp, timeout)
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        sock.connect(self.unix)
        return sock


def _find_program(name: str) -> str:
    """The path of a server program; without it the test that asks is skipped."""
    places = [os.environ.get("PATH", os.defpath), "/usr/sbin"]
    places += map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def running(command: list[str], *addresses: Any, log: Path, **options: Any) -> Iterator[None]:
    """A server process, from when it accepts connections at all addresses to its end."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=_outside(), **options)
    try:
        for address in addresses:
            await_server(process, address, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_server(process: subprocess.Popen[bytes], address: Any, log: Path) -> None:
    deadline = time.monotonic() + 60
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket(family) as sock:
            if sock.connect_ex(address) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args} does not listen at {address}: {log.read_text()}")


@pytest.fixture(scope="session")
def find_program() -> Callable[[str], str]:
    return _find_program


def _outside() -> dict[str, str]:
    """The environment of programs that are not ours: a sanitizer in it makes some of them hang."""
    return {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


@pytest.fixture(scope="session")
def run_outside() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a program that is not ours, as `subprocess.run`, and wait two minutes at most."""

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, capture_output=True, env=_outside(), timeout=120, **options)

    return run


@pytest.fixture(scope="session")
def make_server() -> Iterator[Callable[..., Server]]:
    """Start a server: ``make_server(program, commands)``; all are stopped when the session ends.

    `commands` gets the program's path and the `Server` to be, writes what files are needed, and
    returns one command or several, each with the addresses where it listens. Files are in a
    directory with a short path, as UNIX sockets need, that a server with fewer rights can enter.
    """
    with ExitStack() as stack:

        def make(program: str, commands: Callable[..., Any], **options: Any) -> Server:
            path = _find_program(program)
            directory = tempfile.TemporaryDirectory(prefix="fastsock-", ignore_cleanup_errors=True)
            files = Path(stack.enter_context(directory))
            files.chmod(0o777)
            with socket.create_server(("127.0.0.1", 0)) as sock:
                tcp = sock.getsockname()
            unix = files / f".s.PGSQL.{tcp[1]}"  # PostgreSQL lets nobody choose
            server = Server(tcp, str(unix), files)
            for number, (command, *addresses) in enumerate(commands(path, server)):
                log = files / f"{number}.log"
                stack.enter_context(running(command, *addresses, log=log, cwd=files, **options))
            return server

        yield make


NGINX = """
daemon off; master_process off; {user} pid {files}/pid; error_log {files}/error.log;
events {{ }}
http {{
    access_log off; keepalive_requests 100000; types {{ }}
    client_body_temp_path {files}/tmp; proxy_temp_path {files}/tmp;
    fastcgi_temp_path {files}/tmp; uwsgi_temp_path {files}/tmp; scgi_temp_path {files}/tmp;
    ssi_types *;
    server {{
        listen {host}:{port}; listen unix:{unix};
        location / {{ root {files}/www; }}
        location /chunked/ {{ ssi on; alias {files}/www/; }}
    }}
    server {{
        listen unix:{unix}-tls ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {files}/tls.pem; ssl_certificate_key {files}/tls.pem;
        location / {{ root {files}/www; }}
    }}
}}
"""


@pytest.fixture(scope="session")
def authority() -> Any:
    """A certificate authority that nobody but the tests trusts."""
    return pytest.importorskip("trustme").CA()


@pytest.fixture(scope="session")
def nginx(make_server: Callable[..., Server], authority: Any) -> Server:
    """An nginx that serves what is put in `nginx.files / "www"`; at `unix` + "-tls" by TLS.

    Under /chunked/ the same files come without a Content-Length.
    """

    def commands(program: str, server: Server) -> Iterator[tuple[Any, ...]]:
        (server.files / "www").mkdir()
        certificate = authority.issue_cert("server.test")
        certificate.private_key_and_cert_chain_pem.write_to_path(server.files / "tls.pem")
        host, port = server.tcp
        user = "user root;" if os.geteuid() == 0 else ""
        names = {"files": server.files, "unix": server.unix, "user": user}
        (server.files / "nginx.conf").write_text(NGINX.format(host=host, port=port, **names))
        command = [program, "-p", str(server.files), "-c", str(server.files / "nginx.conf")]
        yield command, server.tcp, server.unix, f"{server.unix}-tls"

    return make_server("nginx", commands)
