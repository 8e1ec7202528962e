"""Many senders in network namespaces, over veth with an MTU: isolated/case_network.py."""

import sys
from pathlib import Path

import pytest

CASE = Path(__file__).parent / "isolated" / "case_network.py"


@pytest.fixture
def run_case(namespace, fresh_environment, twin):
    def run(*arguments):
        path = fresh_environment()["PYTHONPATH"]
        script = 'PYTHONPATH=$1; export PYTHONPATH; shift; exec "$@"'
        done = namespace.run(script, path, sys.executable, "-P", CASE, twin.tag, *arguments)
        assert done.returncode == 0, done.stderr[-4000:]
        return [int(word) for word in done.stdout.split()]

    return run


@pytest.mark.parametrize("mode", ["plain", "gro"])
def test_nothing_is_lost_or_doubled(run_case, mode):
    assert run_case(mode) == [2000] * 3


def test_over_a_lossy_link(namespace, run_case):
    tried = namespace.run("ip link set lo up; tc qdisc add dev lo root netem loss 1%")
    if tried.returncode != 0:
        pytest.skip(f"this kernel has no netem: {tried.stderr.strip()}")
    assert all(0 < count < 2000 for count in run_case("plain", 5))
