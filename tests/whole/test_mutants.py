"""The mutation runner: the changes that it finds, in code alone."""

import ast
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
spec = spec_from_file_location("mutants", HERE / "mutants.py")
mutants = module_from_spec(spec)
sys.modules["mutants"] = mutants
spec.loader.exec_module(mutants)

PYTHON = '''"""Less < more, 1 + 1."""

def find(data, size):  # 3 < 4
    at = 0
    while at < size and data[at] != 7:
        at += -1 + step
    check(size, at)
    return at, size
'''
C = """/* less < more, 1 + 1 */
#include <stddef.h>
enum { MOST = 0x10 };

static inline int find(const uint8_t *p, size_t size)
{
    const char *text = "a < b";
    size_t at = 0;
    while (at < size && p[at] != 7)
        at++;
    total = total + 1;
    step(p, at);
    return at == size ? -1 : (int)at;
}
"""


def found(name, text):
    return {
        (text[one.start : one.end].strip(), one.new) for one in mutants.changes(Path(name), text)
    }


def test_changes_of_python():
    assert found("x.py", PYTHON) == {
        ("0", "1"), ("<", "<="), ("and", "or"), ("!=", "=="), ("7", "8"), ("7", "6"), ("1", "2"),
        ("1", "0"), ("+", "-"), ("at += -1 + step", "pass"), ("check(size, at)", "pass"),
        ("at = 0", "pass"), ("size, at", "at, size"),
    }  # fmt: skip


def test_changes_of_c():
    assert found("x.h", C) == {
        ("0x10", "17"), ("0x10", "15"), ("0", "1"), ("<", "<="), ("&&", "||"), ("!=", "=="),
        ("7", "8"), ("7", "6"), ("at++;", ";"), ("+", "-"), ("1", "2"), ("1", "0"), ("==", "!="),
        ("total = total + 1;", ";"), ("step(p, at);", ";"), ("p, at", "at, p"),
    }  # fmt: skip


def test_casts_of_cython_are_left_alone():
    text = "def f(size):\n    return <size_t>size < <const char *>p\n"
    assert found("x.pyx", text) == {("<", "<=")}


@pytest.mark.parametrize("part", ["address", "checksums", "proxy", "capture", "stream"])
def test_each_change_is_one_and_parses(part):
    paths = mutants.sources(part)
    assert {path.suffix for path in paths} >= {".py", ".pyx"}
    total = 0
    for path in paths:
        text = (HERE.parent / path).read_text()
        every = mutants.changes(path, text)
        total += len(every)
        for change in every[:: max(len(every) // 20, 1)]:
            changed = change.applied(text)
            assert changed != text
            assert re.match(r".+:\d+: ", change.told(text))
            if path.suffix == ".py":
                ast.parse(changed)
    assert total > 20
