"""Spark takes a minute to start: FASTSOCK_TEST_SPARK=1 asks for it. It needs pyspark and Java."""

import os
import shutil
from pathlib import Path

import pytest

CASE = Path(__file__).with_name("isolated_spark.py")


@pytest.mark.skipif(
    not os.environ.get("FASTSOCK_TEST_SPARK"), reason="FASTSOCK_TEST_SPARK=1 runs it"
)
def test_look_ups_and_captures(run_python):
    pytest.importorskip("pyspark")
    pytest.importorskip("pyarrow")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    done = run_python("-W", "ignore", str(CASE))
    assert done.stdout.endswith("done\n"), done.stderr
