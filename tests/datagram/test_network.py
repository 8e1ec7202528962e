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


@pytest.fixture(scope="session")
def lossy(namespace):
    """What loses datagrams here: the sender's queue (netem), or the receiver's filter (nft)."""
    tries = {
        "netem": "ip link set lo up; tc qdisc add dev lo root netem loss 1%",
        "nft": "nft add table inet t; nft add chain inet t c; "
        "nft add rule inet t c numgen random mod 100 '<' 1 drop",
    }
    told = []
    for tool, script in tries.items():
        tried = namespace.run(script)
        if tried.returncode == 0:
            return tool
        told.append(f"{tool}: {tried.stderr.strip()}")
    pytest.skip(f"nothing loses datagrams here: {'; '.join(told)}")


def test_over_a_lossy_link(lossy, run_case):
    assert all(0 < count < 2000 for count in run_case("plain", lossy, 5))
