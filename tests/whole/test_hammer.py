"""Four threads share each object and table that they may: readers beside a writer."""

import ast
import os
import sysconfig
from pathlib import Path

import pytest

HAMMER = Path(__file__).parents[1] / "isolated" / "hammer.py"
CASES = [
    node.name
    for node in ast.parse(HAMMER.read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.decorator_list
]
SECONDS = os.environ.get("FASTSOCK_HAMMER_SECONDS", "0.5")


@pytest.mark.parametrize("name", CASES)
def test_four_threads_share(run_python, twin, name):
    process = run_python("-X", "faulthandler", str(HAMMER), name, twin.tag, SECONDS)
    assert process.returncode == 0, process.stderr
    # No extension may have turned the GIL on again, in a build that starts without it.
    if sysconfig.get_config_var("Py_GIL_DISABLED") and os.environ.get("PYTHON_GIL") != "1":
        assert process.stdout.endswith("without the GIL\n")
