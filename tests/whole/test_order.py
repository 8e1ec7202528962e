"""Imports go down only: a part never reaches a part of its own storey or above."""

import ast
import re
from pathlib import Path

import pytest
from contract import SOURCE

STOREYS = [
    {"_core"},
    {"address", "checksums", "stream"},
    {"sockaddr", "arrow"},  # both rest on address
    {"datagram", "ipaddress", "prefix", "proxy", "packet"},
    {"capture", "headers", "lookup"},  # lookup judges addresses by sets of prefix
    {"aio"},
    {"engines"},
    {"top"},
    {"cli"},
]
STOREY = {part: number for number, parts in enumerate(STOREYS) for part in parts}
TOP = {"__init__", "__main__", "errors"}  # files of the package itself
SOURCES = sorted(
    path.relative_to(SOURCE)
    for suffix in ("py", "pyi", "pyx", "pxd", "h")
    for path in SOURCE.rglob(f"*.{suffix}")
)
CIMPORT = re.compile(r"^\s*from (fastsock[\w.]*) c?import (.+)|^\s*c?import (fastsock[\w.]*)", re.M)
EXTERN = re.compile(r'(?:#include|cdef extern from) "(fastsock/[\w/]+\.h)"')


def part_of(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else "top"


def modules_of(node: ast.ImportFrom, path: Path):
    """The modules, dotted below the package, that a ``from`` statement may name."""
    if node.level:
        base = path.parent.parts[: len(path.parent.parts) - (node.level - 1)]
        stem = [*base, *(node.module.split(".") if node.module else [])]
    elif node.module == "fastsock" or (node.module or "").startswith("fastsock."):
        stem = node.module.split(".")[1:]
    else:
        return
    for alias in node.names:
        yield ".".join([*stem, alias.name])


def imported(path: Path):
    """What a file imports of the package, dotted, or with slashes where it is a C header."""
    text = (SOURCE / path).read_text("utf-8")
    if path.suffix in (".py", ".pyi"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                yield from modules_of(node, path)
        return
    for header in EXTERN.findall(text):
        yield header.removeprefix("fastsock/").replace("/", ".")
    for module, names, whole in CIMPORT.findall(text):
        stem = (module or whole).removeprefix("fastsock").lstrip(".")
        yield stem or names.split(",")[0].split()[0]


def part_named(module: str) -> str:
    first = module.partition(".")[0]
    return first if first in STOREY else "top"


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_go_down(path):
    own = part_of(path)
    if own == "top" and path.stem in TOP:
        own_storey = STOREY["cli"] + 1 if path.stem == "__main__" else STOREY["top"]
    else:
        own_storey = STOREY[own]
    for module in imported(path):
        part = part_named(module)
        assert part == own or STOREY[part] < own_storey, f"{path} imports {module}"


def test_every_part_has_a_storey():
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert folders <= STOREY.keys()


INCLUDE = re.compile(r'#include "(?:fastsock/)?([\w./]+\.h)"')


def knows_python(header: Path) -> bool:
    return header == Path("_core/pyobjects.h") or "types" in header.parts[:-1]


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".h"], ids=str)
def test_kernels_know_nothing_of_python(path):
    """Otherwise they could be neither fuzzed nor sanitised alone.

    C that makes or reads Python objects is no kernel: it is `_core/pyobjects.h`, or stands in a
    folder `types/` of its part. No kernel reaches it by an include.
    """
    if not knows_python(path):
        text = (SOURCE / path).read_text("utf-8")
        assert "#include <Python.h>" not in text
        included = [Path(name) for name in INCLUDE.findall(text)]
        assert [name for name in included if knows_python(name)] == []


# <windows.h> defines these as macros, and Python.h or <winsock2.h> may include it.
WINDOWS_MACROS = re.compile(r"\b(far|near|small|hyper|interface|min|max)\b(?!\s*\()")


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".h"], ids=str)
def test_no_variable_is_a_macro_of_windows(path):
    text = (SOURCE / path).read_text("utf-8")
    code = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|#include[^\n]*', "", text, flags=re.S)
    declared = re.findall(rf"\w[ *]+{WINDOWS_MACROS.pattern}\s*[=;,)\[]", code)
    assert not declared
