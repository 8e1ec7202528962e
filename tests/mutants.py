"""Break a part in small ways, and see which of them its tests don't notice.

    make mutants PART=proxy                 MUTANTS=20 of them, chosen by SEED=0
    make mutants PART=capture FILES=fastsock/capture/columns.h TESTS="tests/capture/test_columns.py"

A mutant has one change: a comparison that is another one, a number that is one more or less, a sum
that is a difference, `and` for `or`, a statement that is not there, two neighbours that change
places. Each is built in a copy of the tree, below build/mutants; the part's tests run there.
What survives is printed: a hole in the tests, or a change that makes no difference.
"""

import argparse
import io
import os
import random
import re
import shutil
import subprocess
import sys
import time
import tokenize
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
COPIED = [
    "fastsock", "tests", "docs", "examples", "fuzz", "setup.py", "pyproject.toml", "README.md",
    "LICENSE", "CHANGES.md", "Makefile", "CONTRIBUTING.md", "SECURITY.md", "MANIFEST.in",
]  # fmt: skip
SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+",
    "&&": "||", "||": "&&", "and": "or", "or": "and", "<<": ">>", ">>": "<<",
}  # fmt: skip
C_TOKEN = re.compile(
    r"""(?P<skip>/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'
        |^[ \t]*\#[^\n]*(?:\\\n[^\n]*)*)
    |(?P<word>\b0[xX][0-9a-fA-F]+\b|\b\d+\b|\b[A-Za-z_]\w*\b)
    |(?P<sign>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\s\w])""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
C_STATEMENT = re.compile(
    r"""^[ \t]+(?:[\w>.*\[\]()\ +-]+\ [-+*/|&^]?=\ [^;{}]+  # an assignment
    |\*?[\w>.\[\]-]+(?:\+\+|--)|\w+\([^;{}]*\));$  # a step, a call""",
    re.MULTILINE | re.VERBOSE,
)
PY_STATEMENT = re.compile(
    r"""^([ \t]+)(?:(?:self\.)?[\w.\[\]]+\ [-+*/|&^]?=\ [^\n(\[{]+  # an assignment
    |[\w.]+\([^\n]*\))$  # a call""",
    re.MULTILINE | re.VERBOSE,
)
PAIR = re.compile(
    r"(?<![\w.>\"'])([A-Za-z_][\w.]*(?:->\w+)?), ([A-Za-z_][\w.]*(?:->\w+)?)(?=[,)\]}])"
)
DECLARES = re.compile(
    r"\s*(?:cdef|const|static|size_t|u?int\d*_t|int|char|Py_ssize_t|return|import|from)\b"
)


class Change(NamedTuple):
    """One change of a file: these characters become others."""

    path: Path
    start: int
    end: int
    new: str

    def applied(self, text):
        return text[: self.start] + self.new + text[self.end :]

    def told(self, text):
        number = text.count("\n", 0, self.start) + 1
        line = text.splitlines()[number - 1].strip()
        return f"{self.path}:{number}: {text[self.start : self.end]!r} -> {self.new!r} in: {line}"


def python_tokens(text):
    """Start, end and text of each token that is code. Cython's lines tokenize, too."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP):
                (row, column), (last, end) = token.start, token.end
                yield starts[row - 1] + column, starts[last - 1] + end, token.string
    except (tokenize.TokenError, SyntaxError):  # what follows is left alone
        return


def c_tokens(text):
    for found in C_TOKEN.finditer(text):
        if found.lastgroup != "skip":
            yield found.start(), found.end(), found.group()


def changes(path, text):
    """All changes that this file may get."""
    is_c = path.suffix == ".h"
    tokens = list(c_tokens(text) if is_c else python_tokens(text))
    code = [False] * (len(text) + 1)
    for start, end, _ in tokens:
        code[start:end] = [True] * (end - start)
    found = []
    before, depth, inside = "", 0, [0] * (len(text) + 1)
    for (start, end, token), after in zip(tokens, [*tokens[1:], (len(text), 0, "")], strict=False):
        depth += (token in "([{") - (token in ")]}")
        inside[end : after[0]] = [depth] * (after[0] - end)
        unary = token in "+-" and not re.fullmatch(r"[\w.]+|[)\]]", before)
        if token in SWAPS and not unary and not is_type(text, start, end):
            found.append(Change(path, start, end, SWAPS[token]))
        elif re.fullmatch(r"0[xX][0-9a-fA-F]+|[0-9]+", token):
            number = int(token, 0)
            found += [
                Change(path, start, end, str(near))
                for near in (number + 1, number - 1)
                if near >= 0
            ]
        before = token
    for match in (C_STATEMENT if is_c else PY_STATEMENT).finditer(text):
        line = match.group()
        whole = is_c or inside[match.start()] == 0
        if whole and code[match.end() - 1] and not DECLARES.match(line):
            start = match.start() + len(line) - len(line.lstrip())
            found.append(Change(path, start, match.end(), ";" if is_c else "pass"))
    for match in PAIR.finditer(text):
        if (
            match[1] != match[2]
            and code[match.start()]
            and not DECLARES.match(line_at(text, match.start()))
        ):
            found.append(Change(path, match.start(), match.end(), f"{match[2]}, {match[1]}"))
    return [one for one in found if not DEAD.search(line_at(text, one.start))]


# Lines that say how, not what: no test can see another value there.
DEAD = re.compile(
    r"__module__|__slots__|^\s*(?:@|from |import |cimport |#)|prefetch|^\s*def |->.*:$|TypeAlias"
)


def line_at(text, place):
    return text[text.rfind("\n", 0, place) + 1 : text.find("\n", place)]


def is_type(text, start, end):
    """Whether `<` or `>` is of a cast in Cython: ``<size_t>size``."""
    sign = text[start:end]
    if sign == "<":
        return re.match(r"<[\w ]+\**\??>", text[start:]) is not None
    return sign == ">" and re.search(r"<[\w ]+\**\??>$", text[:end]) is not None


def sources(part):
    """The files of a part: face, both twins, kernels, and what is written once."""
    folder = ROOT / "fastsock" / part
    suffixes = {".py", ".pyx", ".h"}
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in suffixes]
    return [path.relative_to(ROOT) for path in paths]


# Build one part and no other, by the project's own setup.py.
BUILD = """
import runpy, sys
from setuptools.command.build_ext import build_ext
part = sys.argv.pop(1)
finalize = build_ext.finalize_options
def of_part(self):
    finalize(self)
    self.extensions = [one for one in self.extensions if one.name.split(".")[1] == part]
build_ext.finalize_options = of_part
sys.argv[0] = "setup.py"
runpy.run_path("setup.py", run_name="__main__")
"""


class Copy:
    """A copy of the tree, built, in which one file at a time is changed."""

    def __init__(self, part, tests):
        self.part, self.tests = part, tests
        self.root = ROOT / "build/mutants" / part
        self.allowed = 600.0
        self.stale = False  # whether the part is built of what is a mutant no more
        self.environment = os.environ | {
            "FASTSOCK_EXTENSIONS": "require", "FASTSOCK_BUILD": "debug",
            "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip

    def make(self):
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        leave_out = shutil.ignore_patterns("__pycache__", ".venv*", "results")
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.root / name, ignore=leave_out)
            elif (ROOT / name).exists():
                shutil.copy2(ROOT / name, self.root / name)
        self.drop_built()
        if not self.build():
            raise SystemExit("the tree does not build as it is")
        started = time.monotonic()
        if not self.passes():
            raise SystemExit("the tests fail without any change")
        self.allowed = 30 + 4 * (time.monotonic() - started)

    def build(self):
        command = [sys.executable, "-c", BUILD, self.part, "-q", "build_ext", "--inplace"]
        return subprocess.run(command, cwd=self.root, env=self.environment,
                              capture_output=True).returncode == 0  # fmt: skip

    def passes(self):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            *self.tests,
        ]
        try:
            return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True,
                                  timeout=self.allowed).returncode == 0  # fmt: skip
        except subprocess.TimeoutExpired:
            return False  # a loop without end is noticed

    def is_killed(self, change, text):
        """Whether the tests notice the change; None where it does not build."""
        path = self.root / change.path
        path.write_text(change.applied(text))
        try:
            if path.suffix == ".py" and not self.stale:
                return not self.passes()
            self.stale = False
            self.drop_built()
            return None if not self.build() else not self.passes()
        finally:
            path.write_text(text)
            if path.suffix != ".py":
                self.stale = True

    def drop_built(self):
        for pattern in (f"fastsock/{self.part}/**/*.so", f"build/*/fastsock/{self.part}/**/*.*"):
            for built in self.root.glob(pattern):
                built.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part")
    parser.add_argument("--mutants", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--files", nargs="*", help="change these, not all of the part's")
    parser.add_argument("--tests", nargs="*", help="run these, not tests/PART")
    given = parser.parse_args()
    files = [Path(name) for name in given.files or sources(given.part)]
    tests = given.tests or [f"tests/{given.part}"]
    if not files or not tests:
        raise SystemExit(f"there are no files or no tests of a part {given.part!r}")
    texts = {path: (ROOT / path).read_text() for path in files}
    possible = [change for path in files for change in changes(path, texts[path])]
    chosen = random.Random(given.seed).sample(possible, min(given.mutants, len(possible)))
    print(f"{len(chosen)} of {len(possible)} changes in {', '.join(map(str, files))}", flush=True)
    copy = Copy(given.part, tests)
    copy.make()
    survived = built = 0
    for number, change in enumerate(chosen, 1):
        killed = copy.is_killed(change, texts[change.path])
        built += killed is not None
        survived += killed is False
        verdict = {True: "killed", False: "SURVIVED", None: "does not build"}[killed]
        print(f"{number}. {verdict}: {change.told(texts[change.path])}", flush=True)
    print(f"{survived} of {built} survived")


if __name__ == "__main__":
    main()
