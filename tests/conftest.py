"""Fixtures that give every test both twins.

A test that asks for a part (`address`, ...) runs once with the compiled module and
once with the pure one. A missing extension is an error of every test, never a skip.
``FASTSOCK_TEST_BACKENDS=py`` deselects the compiled twin where there is none on
purpose (the pure wheel); the header says what runs.
"""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from contract import PARTS, twin_of
from hypothesis import given, settings
from hypothesis.strategies import none
from namespaces import namespace as namespace
from samples import any_captures, build, captures, files, parse, scapy, word_sum
from servers import authority, find_program, make_server, nginx, run_outside

import fastsock

BACKENDS = os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(",")

# No database: a run depends on nothing that an earlier one left behind.
settings.register_profile("quick", deadline=None, database=None, max_examples=50)
settings.register_profile("ci", deadline=None, database=None, max_examples=200)
# A few, where a longer search ran on another interpreter: what differs shows in any example.
settings.register_profile("few", deadline=None, database=None, max_examples=15)
EXAMPLES = os.environ.get("FASTSOCK_TEST_EXAMPLES") or ("ci" if os.environ.get("CI") else "quick")
settings.load_profile(EXAMPLES)

# Without a compiled twin there is nothing to choose between and nothing to compare.
COMPARING = [
    "capture/test_memory.py",
    "datagram/test_twins.py",
    "headers/test_safety.py",
    "packet/test_twins.py",
    "prefix/test_files.py",
    "whole/test_backend.py",
    "whole/test_parity.py",
    "whole/test_stubs.py",
]
# What the interpreter and the build have no part in: type checkers, examples of the documentation,
# what other people's servers, programs and packages say; and leaks, which take long to show.
# `FASTSOCK_TEST_SCOPE=interpreter` leaves them to the run that has all of these.
ONCE = [
    "aio/test_haproxy.py",
    "datagram/test_peers.py",
    "engines/test_recipes.py",
    "engines/test_spark.py",
    "headers/test_peers.py",
    "ipaddress/test_consumers.py",
    "packet/test_oracle.py",
    "packet/test_peers.py",
    "prefix/test_examples.py",
    "prefix/test_peers.py",
    "proxy/test_peers.py",
    "stream/test_frame_peers.py",
    "stream/test_peers.py",
    "stream/test_resp_peers.py",
    "whole/test_docs.py",
    "whole/test_examples.py",
    "whole/test_leaks.py",
    "whole/test_mutants.py",
    "whole/test_order.py",
    "whole/test_reference.py",
    "whole/test_stubs.py",
    "whole/test_types.py",
]
# What is Python alone: the command, and the choice of a twin, in many processes. It runs on the
# oldest and the newest interpreter; `FASTSOCK_TEST_SCOPE=extensions` leaves it out as well.
PYTHON_ALONE = ["cli", "whole/test_backend.py"]
SCOPES = {"all": [], "interpreter": ONCE, "extensions": ONCE + PYTHON_ALONE}
collect_ignore = SCOPES[os.environ.get("FASTSOCK_TEST_SCOPE") or "all"].copy()
collect_ignore += [] if "c" in BACKENDS else COMPARING

# What CPython alone does, by reason: files and tests that are left out on PyPy. A name of a test
# without brackets stands for all its parameters.
CPYTHON_ALONE = {
    "this Python words wrong arguments otherwise": [
        "address/test_arguments.py::test_arity_and_keywords",
        "address/test_arguments.py::test_family_out_of_range",
        "address/test_arguments.py::test_no_buffer",
        "address/test_arguments.py::test_only_str_is_text",
        "address/test_arguments.py::test_order_of_errors",
        "address/test_differential.py::test_wrong_arguments",
        "lookup/test_eyeballs.py::test_what_is_no_source_address_leaves_no_socket_open",
        "lookup/test_lookup.py::test_getaddrinfo_odd_arguments",
        "lookup/test_omitted.py::test_an_ellipsis_is_refused_as_by_socket",
        "lookup/test_services.py::test_getservbyport_arguments",
    ],
    "this Python's sockets take any timeout": ["lookup/test_eyeballs.py::test_time_without_end"],
    "this Python's sockets begin their timeout anew after a signal": [
        "stream/test_sockets.py::TestSignals::test_signals_do_not_put_the_deadline_off",
    ],
    "this Python has no ctypes.pythonapi, by which the pure twin makes Arrow's capsules": [
        "arrow",
        "whole/test_buffers.py::test_any_format_and_shape[py-arrow-DictionaryColumn-indexes]",
        "whole/test_buffers.py::test_any_format_and_shape[py-arrow-DictionaryColumn-valid]",
    ],
    "this Python has no subinterpreters": [
        "ipaddress/test_lifetimes.py::test_in_a_process_of_its_own[py-interpreters.py]",
        "lookup/test_resolver_life.py::test_case[subinterpreters]",
        "whole/test_threads.py::test_subinterpreters",
    ],
    # The pure twin marks itself as busy in two steps.
    "this Python changes threads, and handles signals, between any two steps": [
        "stream/test_sockets.py::TestSignals::test_no_byte_is_lost_under_a_hail_of_interrupts",
        "whole/test_hammer.py::test_four_threads_share[py-accumulator]",
    ],
    "this Python counts neither references nor memory": [
        "datagram/test_trouble.py::test_trouble[py-memory]",
        "prefix/test_leaks.py::test_nothing_stays_behind",
    ],
    "this Python frees objects late": [
        "aio/test_dropped.py::test_a_loop_that_is_closed_first",
        "capture/test_reader.py::test_files_are_closed",
        "packet/test_arguments.py::test_bytearray_is_not_held",
        "packet/test_fields.py::test_buffers",
        "prefix/test_table.py::test_a_value_that_looks_at_the_table_while_it_dies",
        "stream/test_accumulator.py::TestMemory::test_the_appetite_grows_and_shrinks",
        "stream/test_accumulator.py::test_use_while_the_collector_clears_a_cycle",
        "stream/test_memory.py::test_a_million_frames",
        "whole/test_collector.py::test_buffers_of_cleared_memoryviews",
    ],
}
if sys.implementation.name != "cpython":
    collect_ignore += [
        name for names in CPYTHON_ALONE.values() for name in names if "::" not in name
    ]


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip on another interpreter what CPython alone does."""
    if sys.implementation.name == "cpython":
        return
    reasons = {name: reason for reason, names in CPYTHON_ALONE.items() for name in names}
    for item in items:
        name = item.nodeid.removeprefix("tests/")
        reason = reasons.get(name) or reasons.get(name.partition("[")[0])
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """Let collections skip what stays for the whole run: many tests ask for one."""
    # When it first runs, hypothesis looks for who refers to its generator: not once that is frozen.
    given(none())(lambda _: None)()
    gc.collect()
    if hasattr(gc, "freeze"):  # PyPy has none
        gc.freeze()


def pytest_report_header() -> str:
    where = Path(fastsock.__file__).parent
    return f"fastsock {fastsock.__version__} in {where}, twins tested: {', '.join(BACKENDS)}"


@pytest.fixture(scope="session", params=BACKENDS)
def twin(request: pytest.FixtureRequest) -> Twin:
    return Twin(request.param)


# Fixtures of another file, for every test.
__all__ = [
    "any_captures", "authority", "build", "captures", "files", "find_program", "make_server",
    "namespace", "nginx", "parse", "run_outside", "scapy", "word_sum",
]  # fmt: skip


def _part_fixture(part: str) -> Any:
    @pytest.fixture(scope="session")
    def of_either_twin(twin: Twin) -> ModuleType:
        return twin.part(part)

    return of_either_twin


def _twins_fixture(part: str) -> Any:
    @pytest.fixture(scope="session")
    def of_all_twins() -> list[ModuleType]:
        """All twins at once, to be held against each other."""
        return [Twin(tag).part(part) for tag in BACKENDS]

    return of_all_twins


# A fixture named after each part, and after two halves of parts that tests tell apart.
HALVES = {"builders": "headers", "columns": "capture"}
for _name in (*PARTS, *HALVES):
    globals()[_name] = _part_fixture(HALVES.get(_name, _name))
for _name, _part in (
    ("streams", "stream"),
    ("packets", "packet"),
    ("columns_twins", "capture"),
    ("capture_twins", "capture"),
):
    globals()[_name] = _twins_fixture(_part)


@pytest.fixture(scope="session")
def twins() -> list[Twin]:
    """Both twins at once, to be held against each other, whichever the other tests run over."""
    if "c" not in BACKENDS:
        pytest.skip("the compiled twin was deselected")
    return [Twin("c"), Twin("py")]


@pytest.fixture(scope="session")
def compiled() -> Twin:
    """The compiled twin alone, for what only it has."""
    if "c" not in BACKENDS:
        pytest.skip("the compiled twin was deselected")
    return Twin("c")


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


# What no installation brings: a test skipped for one of these is listed, and counts as run.
BEYOND_INSTALLING = ("this processor", "this kernel", "this Python")
# What an environment may say by FASTSOCK_TEST_NO_SKIPS=packages,twins that it lacks.
LACKING = {
    "packages": ("could not import", "No module named", "uvloop is not installed"),
    "twins": ("the compiled twin was deselected", "got empty parameter set for (part)"),
}


def _may_skip(reason: str) -> bool:
    admitted = os.environ["FASTSOCK_TEST_NO_SKIPS"].split(",")
    lacking = [text for name in admitted for text in LACKING.get(name, ())]
    return reason.removeprefix("Skipped: ").startswith((*BEYOND_INSTALLING, *lacking))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail for a skipped test where everything must run, as in the landing check."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # Only the process that reports has one, not the workers of pytest-xdist.
    if not reporter or not os.environ.get("FASTSOCK_TEST_NO_SKIPS"):
        return
    reasons = [report.longrepr[2] for report in reporter.stats.get("skipped", [])]
    if not all(map(_may_skip, reasons)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
