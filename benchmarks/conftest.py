"""How every part is measured: checked first, then timed, in several turns.

A measurement belongs to a row (`inet_pton v4`), an input (`typical`) and a contender
(`compiled`, `pure`, `stdlib` or `by hand`, `floor` or a peer's name). Contenders of one row run one
after the other, and the whole list runs `--turns` times, so that a busy spell of the
machine hits all of them or is over by the next turn. The report takes the minimum.
"""

import os
import platform
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fastsock
from benchmarks.harness import sizes, traffic
from benchmarks.harness.traffic import Traffic

ROOT = Path(__file__).parents[1]
CAPTURES = Path(os.environ.get("FASTSOCK_CAPTURES", ROOT.parent / "shared" / "captures"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--turns", type=int, default=2, help="how often the whole list is run")
    parser.addoption("--networks", type=int, help="networks of a prefix table: a million")


def pytest_configure(config: pytest.Config) -> None:
    sizes.NETWORKS = config.getoption("networks") or sizes.NETWORKS
    if config.getoption("benchmark_disable"):
        sizes.shrink()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "turn" in metafunc.fixturenames:
        metafunc.parametrize("turn", range(metafunc.config.getoption("--turns")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of one turn before the next: the sort is stable."""
    items.sort(key=lambda item: item.callspec.params["turn"])  # type: ignore[attr-defined]


def _python_build() -> str:
    """What makes one CPython faster than another of the same version, as far as it reports it."""
    config = sysconfig.get_config_var("CONFIG_ARGS") or ""
    try:  # the build that this process runs: a distribution may configure one and ship two
        shared = "libpython" in Path("/proc/self/maps").read_text()
    except OSError:
        shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    said = ["shared libpython" if shared else "static libpython"]
    said += ["PGO"] * ("--enable-optimizations" in config) + ["LTO"] * ("--with-lto" in config)
    return ", ".join([*said, "built " + platform.python_build()[1]])


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform()


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict) -> None:
    from fastsock._core import machine

    machine_info["fastsock"] = {
        "version": fastsock.__version__,
        "simd": machine.SIMD,
        "compiler": machine.COMPILER,
        "flavour": machine.FLAVOUR,
    }
    machine_info["python_build_flags"] = _python_build()
    machine_info["os"] = _system()
    machine_info["libc"] = " ".join(platform.libc_ver()) or "another libc"
    machine_info["cores"] = os.cpu_count()


@pytest.fixture
def measure(request: pytest.FixtureRequest, benchmark: Any, turn: int) -> Callable[..., None]:
    """Check one contender of one row, then time it."""

    def run(
        row: str,
        input: str,
        contender: str,
        timed: Callable[[], object],
        *,
        got: object,
        expected: object,
        items: int,
        rounds: int,
        headline: bool = False,
        cpu: bool = False,
        clock: Callable[[], int] = time.thread_time_ns,
        size: int = 0,
        setup: Callable[[], None] | None = None,
    ) -> None:
        """Time `timed`, which handles so many `items`, of `size` bytes each where a rate is wanted.

        With `cpu` the time is what `clock` counts, and wall time stands beside it.
        """
        assert got == expected, f"{contender} gives another result than was expected"
        benchmark.group = f"{row}, {input}"
        benchmark.extra_info.update(
            part=request.module.__name__.rpartition("bench_")[2],
            row=row,
            input=input,
            contender=contender,
            items=items,
            headline=headline,
            size=size,
        )
        spent: list[int] = []

        def clocked() -> None:
            start = clock()
            timed()
            spent.append(clock() - start)

        warmup = 1 if items <= 10_000 else 0
        benchmark.pedantic(
            clocked if cpu else timed, setup=setup, rounds=rounds, warmup_rounds=warmup
        )
        if cpu:
            benchmark.extra_info["cpu_ns"] = min(spent)

    return run


@pytest.fixture
def record(request: pytest.FixtureRequest, benchmark: Any, turn: int) -> Callable[..., None]:
    """Record a measured size, in bytes an item; there is nothing to time."""

    def run(row: str, input: str, contender: str, *, bytes_each: int) -> None:
        benchmark.group = f"{row}, {input}"
        benchmark.extra_info.update(
            part=request.module.__name__.rpartition("bench_")[2],
            row=row,
            input=input,
            contender=contender,
            headline=False,
            bytes=bytes_each,
        )
        benchmark.pedantic(lambda: None, rounds=1)

    return run


@pytest.fixture(scope="session")
def packets() -> Traffic:
    return traffic.load(CAPTURES)


@pytest.fixture(scope="session")
def capture_of(packets: Traffic) -> Iterator[Callable[[int], Path]]:
    """Write the packets, repeated, to a file of so many; all files are deleted at the end.

    A file that was just written is in the page cache, so that no disk is measured.
    """
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:

        def written(count: int) -> Path:
            path = Path(folder, f"{count}.pcap")
            if not path.exists():
                if not traffic.there_is_room(path.parent, packets.size(count)):
                    pytest.skip(f"no room for a capture of {count:,} packets")
                packets.tiled(count, path)
            return path

        yield written
