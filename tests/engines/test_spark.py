"""Spark on this machine, in a process of its own. It needs pyspark and Java."""

import shutil
from pathlib import Path

import pytest

CASE = Path(__file__).with_name("isolated_spark.py")


def test_look_ups_and_captures(run_python):
    pytest.importorskip("pyspark")
    pytest.importorskip("pyarrow")
    if shutil.which("java") is None:
        pytest.skip("there is no java")
    done = run_python("-W", "ignore", str(CASE))
    assert done.stdout.endswith("done\n"), done.stderr


def test_an_executor_is_killed(run_python):
    pytest.importorskip("pyspark")
    pytest.importorskip("pyarrow")
    if shutil.which("java") is None or not Path("/proc").is_dir():
        pytest.skip("there is no java, or no /proc")
    case = CASE.with_name("isolated_spark_cluster.py")
    done = run_python("-W", "ignore", str(case))
    assert done.stdout.endswith("done\n"), done.stderr
