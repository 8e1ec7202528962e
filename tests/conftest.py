"""Fixtures that give every test both twins.

A test that asks for a part (`address`, ...) runs once with the compiled module and
once with the pure one. A missing extension is an error of every test, never a skip.
``FASTSOCK_TEST_BACKENDS=py`` deselects the compiled twin where there is none on
purpose (the pure wheel); the header says what runs.
"""

import logging
import os
import platform
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import trustme
from contract import twin_of
from hypothesis import settings

import fastsock

BACKENDS = os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(",")

# No database: a run depends on nothing that an earlier one left behind.
settings.register_profile("quick", deadline=None, database=None, max_examples=100)
settings.register_profile("ci", deadline=None, database=None, max_examples=400)
settings.load_profile("ci" if os.environ.get("CI") else "quick")

# Without a compiled twin there is nothing to choose between and nothing to compare.
COMPARING = ["whole/test_backend.py", "packet/test_twins.py", "whole/test_parity.py"]
collect_ignore = [] if "c" in BACKENDS else COMPARING


# A shell without job control starts what runs in the background with SIGINT ignored, and so would
# be all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Twin:
    """One of the two implementations."""

    tag: str

    def part(self, name: str) -> ModuleType:
        return twin_of(name, self.tag)


def pytest_report_header() -> str:
    where = Path(fastsock.__file__).parent
    return f"fastsock {fastsock.__version__} in {where}, twins tested: {', '.join(BACKENDS)}"


@pytest.fixture(scope="session", params=BACKENDS)
def twin(request: pytest.FixtureRequest) -> Twin:
    return Twin(request.param)


@pytest.fixture(scope="session")
def address(twin: Twin) -> ModuleType:
    return twin.part("address")


@pytest.fixture(scope="session")
def checksums(twin: Twin) -> ModuleType:
    return twin.part("checksums")


@pytest.fixture(scope="session")
def proxy(twin: Twin) -> ModuleType:
    return twin.part("proxy")


@pytest.fixture(scope="session")
def stream(twin: Twin) -> ModuleType:
    return twin.part("stream")


@pytest.fixture(scope="session")
def streams() -> list[ModuleType]:
    """All twins at once, to be held against each other."""
    return [Twin(tag).part("stream") for tag in BACKENDS]


@pytest.fixture(scope="session")
def packet(twin: Twin) -> ModuleType:
    return twin.part("packet")


@pytest.fixture(scope="session")
def packets() -> list[ModuleType]:
    """All twins at once, to be held against each other."""
    return [Twin(tag).part("packet") for tag in BACKENDS]


@pytest.fixture(scope="session")
def parse(twin: Twin) -> Callable[..., Any]:
    """Each twin's `parse_packet`."""
    return twin.part("packet").parse_packet


def _module_beside(name: str) -> ModuleType:
    where = Path(__file__).parent / name
    spec = spec_from_file_location(where.stem, where)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """Builders of packets, right and wrong ones."""
    return _module_beside("packet/packet_builders.py")


@pytest.fixture(scope="session")
def wire() -> ModuleType:
    """Packets packed by struct alone, a layer around a layer."""
    return _module_beside("packet/wire.py")


@pytest.fixture(scope="session")
def captures() -> Path:
    """The directory of captures by others, which are no part of the package."""
    default = Path(__file__).parents[1] / "../shared/captures"
    path = Path(os.environ.get("FASTSOCK_CAPTURES") or default)
    if not path.is_dir():
        pytest.skip(f"there are no captures at {path}")
    return path


@pytest.fixture(scope="session")
def twins() -> list[Twin]:
    """Both twins at once, to be held against each other, whichever the other tests run over."""
    return [Twin("c"), Twin("py")]


@pytest.fixture(scope="session")
def lookup(twin: Twin) -> ModuleType:
    return twin.part("lookup")


@pytest.fixture(scope="session")
def headers(twin: Twin) -> ModuleType:
    return twin.part("headers")


@pytest.fixture(scope="session")
def builders(twin: Twin) -> ModuleType:
    return twin.part("headers")


def _word_sum(data: bytes) -> int:
    """The ones' complement sum of 16-bit words, as RFC 1071 defines it and as slow."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return total


@pytest.fixture(scope="session")
def word_sum() -> Callable[[bytes], int]:
    return _word_sum


class Layers(SimpleNamespace):
    def __repr__(self) -> str:
        return "scapy"  # and not all of it, where a test tells its arguments


@pytest.fixture(scope="session")
def scapy() -> SimpleNamespace:
    """Scapy's layers. It warns while it is imported, of ciphers and of missing routes."""
    everything: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("scapy").setLevel(logging.ERROR)
        for layer in ("l2", "inet", "inet6", "ipsec", "ppp", "sctp"):
            everything |= vars(import_module(f"scapy.layers.{layer}"))
    return Layers(**everything)


@pytest.fixture(scope="session")
def columns(twin: Twin) -> ModuleType:
    return twin.part("capture")


@pytest.fixture(scope="session")
def columns_twins() -> list[ModuleType]:
    """All twins at once, to be held against each other."""
    return [Twin(tag).part("capture") for tag in BACKENDS]


@pytest.fixture(scope="session")
def capture(twin: Twin) -> ModuleType:
    return twin.part("capture")


@pytest.fixture(scope="session")
def capture_twins() -> list[ModuleType]:
    """All twins at once, to be held against each other."""
    return [Twin(tag).part("capture") for tag in BACKENDS]


class CaptureFiles:
    """Capture files by hand, with any field wrong that a test wants wrong."""

    def pcap(
        self,
        *packets: bytes,
        order: str = "<",
        magic: int = 0xA1B2C3D4,
        version: tuple[int, int] = (2, 4),
        link: int = 1,
    ) -> bytes:
        """A pcap file; packet n was seen at n seconds and n units of the fraction."""
        head = struct.pack(order + "IHHiIII", magic, *version, 0, 0, 65535, link)
        extra = bytes(8) if magic == 0xA1B2CD34 else b""
        records = [
            struct.pack(order + "IIII", n, n, len(data), len(data)) + extra + data
            for n, data in enumerate(packets)
        ]
        return head + b"".join(records)

    def record(
        self, data: bytes, seconds: int = 0, fraction: int = 0, captured: int | None = None,
        wire: int | None = None, order: str = "<",
    ) -> bytes:  # fmt: skip
        """One record of a pcap file."""
        sizes = [len(data) if size is None else size for size in (captured, wire)]
        return struct.pack(order + "IIII", seconds, fraction, *sizes) + data

    def block(self, kind: int, body: bytes, order: str = "<", length: int | None = None,
              end: int | None = None) -> bytes:  # fmt: skip
        """A pcapng block; its two lengths can be any."""
        body += bytes(-len(body) % 4)
        length = len(body) + 12 if length is None else length
        end = length if end is None else end
        return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", end)

    def section(self, order: str = "<", major: int = 1, minor: int = 0, magic: int = 0x1A2B3C4D,
                length: int = -1, options: bytes = b"", **block: int) -> bytes:  # fmt: skip
        body = struct.pack(order + "IHHq", magic, major, minor, length) + options
        return self.block(0x0A0D0D0A, body, order, **block)

    def option(self, code: int, value: bytes, order: str = "<", length: int | None = None) -> bytes:
        size = len(value) if length is None else length
        return struct.pack(order + "HH", code, size) + value + bytes(-len(value) % 4)

    def interface(self, link: int = 1, snaplen: int = 0, options: bytes = b"",
                  order: str = "<", **block: int) -> bytes:  # fmt: skip
        return self.block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order, **block)

    def enhanced(self, data: bytes, units: int = 0, interface: int = 0, order: str = "<",
                 captured: int | None = None, wire: int | None = None, options: bytes = b"",
                 **block: int) -> bytes:  # fmt: skip
        sizes = [len(data) if size is None else size for size in (captured, wire)]
        head = struct.pack(order + "IIIII", interface, units >> 32, units & 0xFFFFFFFF, *sizes)
        return self.block(6, head + data + bytes(-len(data) % 4) + options, order, **block)

    def simple(self, data: bytes, wire: int | None = None, order: str = "<") -> bytes:
        wire = len(data) if wire is None else wire
        return self.block(3, struct.pack(order + "I", wire) + data, order)

    def old(self, data: bytes, units: int = 0, interface: int = 0, order: str = "<") -> bytes:
        """An obsolete packet block."""
        head = struct.pack(
            order + "HHIIII",
            *(interface, 7, units >> 32, units & 0xFFFFFFFF, len(data), len(data)),
        )
        return self.block(2, head + data, order)


@pytest.fixture(scope="session")
def files() -> CaptureFiles:
    return CaptureFiles()


@pytest.fixture(scope="session")
def compiled() -> Twin:
    """The compiled twin alone, for what only it has."""
    if "c" not in BACKENDS:
        pytest.skip("the compiled twin was deselected")
    return Twin("c")


@pytest.fixture(scope="session", params=[*BACKENDS, "rules"])
def inet(request: pytest.FixtureRequest) -> ModuleType:
    """The four scalar functions: each twin's, and those for platforms without glibc."""
    if request.param == "rules":
        return import_module("fastsock.address.inet_rules")
    return Twin(request.param).part("address")


@pytest.fixture(scope="session")
def libc_tables() -> None:
    """Skip where libc has no tables to answer from: minimal systems come without them."""
    for path in ("/etc/services", "/etc/protocols"):
        if not Path(path).exists():
            pytest.skip(f"there is no {path}")


def _outcome(function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    try:
        return function(*args, **keywords)
    except Exception as error:
        return type(error), str(error), getattr(error, "errno", None)


@pytest.fixture(scope="session")
def outcome() -> Callable[..., Any]:
    """Call a function: its result, or its exception's class, text and errno, to compare."""
    return _outcome


@pytest.fixture
def check(inet: ModuleType, outcome: Callable[..., Any]) -> Callable[..., None]:
    """Compare a call's outcome with the row's and, where it is one, with the stdlib's."""

    def check(name: str, args: tuple[Any, ...], expected: Any) -> None:
        assert outcome(getattr(inet, name), *args) == expected
        if platform.libc_ver()[0] == "glibc":
            assert outcome(getattr(socket, name), *args) == expected

    return check


def _fresh_environment(**changes: str) -> dict[str, str]:
    """The environment of a new interpreter that finds the fastsock under test, and no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FASTSOCK_")}
    return {**kept, "PYTHONPATH": str(Path(fastsock.__file__).parent.parent), **changes}


@pytest.fixture(scope="session")
def fresh_environment() -> Callable[..., dict[str, str]]:
    return _fresh_environment


@pytest.fixture(scope="session")
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a fresh interpreter: ``run("-c", code, FASTSOCK_BACKEND="c")``. Warnings are errors."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-B", "-W", "error", *arguments]
        return subprocess.run(
            command,
            env=_fresh_environment(**environment),
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


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
def authority() -> trustme.CA:
    """A certificate authority that nobody but the tests trusts."""
    return trustme.CA()


@pytest.fixture(scope="session")
def nginx(make_server: Callable[..., Server], authority: trustme.CA) -> Server:
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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail for a skipped test where everything must run, as in the landing check."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FASTSOCK_TEST_NO_SKIPS") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class Namespace:
    """Runs shell scripts in private network and mount namespaces: nothing gets out of there."""

    def __init__(self) -> None:
        self.path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        # Whoever is not root gets a user namespace, and is root there.
        self.unshare = ["unshare", "-nm" if os.geteuid() == 0 else "-Urnm"]

    def start(self, script: str, *args: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.unshare, "sh", "-ec", script, "sh", *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PATH": self.path, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def finish(
        self, process: "subprocess.Popen[str]", timeout: float
    ) -> "subprocess.CompletedProcess[str]":
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        finally:
            process.kill()
            process.wait()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def run(
        self, script: str, *args: object, timeout: float = 120
    ) -> "subprocess.CompletedProcess[str]":
        return self.finish(self.start(script, *args), timeout)

    def why_not(self) -> str | None:
        """Why there are no namespaces here, or None."""
        for tool in ("unshare", "ip", "mount"):
            if not shutil.which(tool, path=self.path):
                return f"there is no {tool}"
        try:
            done = self.run("ip link set lo up && mount --bind /tmp /etc", timeout=20)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        return None if done.returncode == 0 else f"no namespaces here: {done.stderr.strip()}"


@pytest.fixture(scope="session")
def namespace() -> Namespace:
    namespace = Namespace()
    reason = namespace.why_not()
    if reason:
        pytest.skip(reason)
    return namespace
