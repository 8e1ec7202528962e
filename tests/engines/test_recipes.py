"""The recipes of docs/dataframes.md, as they stand there, over files of the test's making.

Ray and Daft are too large for each run: their recipes run where they are installed.
"""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "dataframes.md"
RECIPES = {"pandas": "pandas", "Dask": "dask.dataframe"}
LARGE = {"Ray Data": "ray", "Daft": "daft"}
RECIPES |= {title: package for title, package in LARGE.items() if find_spec(package)}
ROWS = {"10.9.{}.1": ("lab", 60), "10.{}.0.1": ("office", 8), "192.0.{}.1": (None, 30)}


def recipe(title):
    """The first block of Python in a section."""
    _, found, text = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    assert found, title
    return re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]


@pytest.mark.parametrize("title", RECIPES)
def test_recipe(run_python, tmp_path, title):
    for package in (RECIPES[title], "pyarrow"):
        pytest.importorskip(package)
    (tmp_path / "networks.csv").write_text("network,name\n10.0.0.0/8,office\n10.9.0.0/16,lab\n")
    lines = [f"{text.format(n)},{n}" for text, (_, count) in ROWS.items() for n in range(count)]
    (tmp_path / "access.csv").write_text("\n".join(["src,size", *lines]) + "\n")
    code = f"import os; os.chdir({str(tmp_path)!r})\n" + recipe(title)
    done = run_python("-W", "ignore", "-c", code, RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0")
    said = done.stdout.strip().splitlines()
    assert said, done.stderr
    counts = {name: count for name, count in ROWS.values() if name is not None}
    assert ast.literal_eval(said[-1]) == counts, done.stderr
