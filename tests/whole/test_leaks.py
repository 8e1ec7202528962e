"""No call leaks, however it ends: no memory, no reference, no held buffer."""

import json
from pathlib import Path

import pytest
from contract import PARTS

LEAKS = Path(__file__).parents[1] / "isolated" / "leaks.py"


@pytest.fixture
def leaks(run_python):
    def run(tag, part):
        process = run_python(str(LEAKS), tag, part)
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout)

    return run


# Leak programs of these stand beside their tests.
OWN = {"arrow", "datagram", "ipaddress", "prefix", "sockaddr"}


@pytest.mark.parametrize("part", sorted(PARTS.keys() - OWN))
def test_calls_leave_nothing_behind(leaks, twin, part):
    found = leaks(twin.tag, part)
    assert found["leaks"] == []
    # A class may be covered by cases named after it and its methods: PrefixTable.lookup.
    covered = {name.partition(".")[0] for name in found["ran"]}
    assert covered == set(PARTS[part]), "every function has cases"


def test_each_kind_of_leak_is_seen(leaks):
    found = leaks("py", "--self")
    said = "\n".join(found["leaks"])
    assert "memory() {}: " in said
    assert "bytes a call" in said
    assert "+1.0 references a call to object" in said
    assert "a buffer is held" in said
    assert "clean" not in said
