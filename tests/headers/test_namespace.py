"""The kernel as judge of views and builders, in a network of our own: isolated/case_headers.py.

A Python program answers `ping` over a TUN device and over Ethernet, by assignments to views in
place; datagrams that were built go through raw sockets to ordinary ones.
"""

import sys
from pathlib import Path

import pytest

CASE = Path(__file__).parents[1] / "isolated" / "case_headers.py"
OPEN_TUN = "import os; os.close(os.open('/dev/net/tun', os.O_RDWR))"


@pytest.fixture
def run_case(namespace, find_program, tmp_path):
    def run(chosen):
        find_program("ping")  # Debian: iputils-ping
        done = namespace.run(
            'ip link set lo up\nexec "$@"',
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"),
            *("-c", CASE.parent.parent.parent / "pyproject.toml", f"--basetemp={tmp_path / 'in'}"),
            *("--rootdir", CASE.parent.parent.parent, "-k", chosen, CASE),
        )
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        assert "skipped" not in done.stdout, done.stdout

    return run


def test_ping_over_tun(namespace, run_case):
    tried = namespace.run('exec "$@"', sys.executable, "-c", OPEN_TUN)
    if tried.returncode != 0:
        pytest.skip(f"no TUN device here: {tried.stderr.strip().splitlines()[-1]}")
    run_case("over_tun")


def test_ping_over_ethernet(run_case):
    run_case("over_ethernet")


def test_raw_sockets(run_case):
    run_case("kernel")
