"""Every example in the documentation is run, and gives what it says."""

import ast
import doctest
import importlib.machinery
import inspect
import os
import re
from importlib import import_module
from pathlib import Path

import pytest
from contract import FACES, PACKAGE, PARTS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.REPORT_NDIFF
WRAPPERS = (property, classmethod, staticmethod)
NEEDS = {
    "dataframes.md": ("duckdb", "polars"),
    "fastsock.engines.duckdb": ("duckdb",),
    "fastsock.engines.polars": ("polars",),
    "fastsock.engines.spark": ("pyspark",),
}
"""Packages of examples that are skipped by name in an environment without them."""
FENCE = re.compile(r"^ *(```|~~~).*$", re.MULTILINE)


def examples(text, names, title):
    return doctest.DocTestParser().get_doctest(text, dict(names), title, title, 0)


def run(test):
    """Run one set of examples; what goes wrong, as doctest tells it."""
    said = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    assert not said, "".join(said)


def skip_without(name):
    for package in NEEDS.get(name, ()):
        pytest.importorskip(package)


def public_names():
    faces = [import_module(f"fastsock.{face}") for face in FACES]
    return {name: getattr(face, name) for face in faces for name in face.__all__}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page):
    skip_without(page.name)
    text = FENCE.sub("", page.read_text(encoding="utf-8"))  # a fence would pass for expected output
    run(examples(text, {}, page.name))


def at_home(module):
    """What is defined in a module itself, by name."""
    path = Path(module.__file__)
    if path.suffix == ".py":
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        names = {n.name for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, kinds)}
        return {name: value for name, value in vars(module).items() if name in names}
    face = ".".join(module.__name__.split(".")[:2])
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isroutine(value) or inspect.isclass(value)
        if value.__module__ == module.__name__ or (value.__module__ == face and name[0] != "_")
    }


def documented(module):
    """The docstrings of a module and of what is defined in it."""
    yield "", module.__doc__
    for name, value in at_home(module).items():
        yield name, value.__doc__
        if inspect.isclass(value):
            for member, attribute in vars(value).items():
                # Under a member stands a function, or what wraps one; data has its class's text.
                if callable(attribute) or isinstance(attribute, WRAPPERS):
                    yield f"{name}.{member}", attribute.__doc__


def modules():
    suffixes = {".py", *importlib.machinery.EXTENSION_SUFFIXES}
    found = {
        path.relative_to(PACKAGE.parent).with_name(path.name.partition(".")[0])
        for path in PACKAGE.rglob("*")
        if "".join(path.suffixes) in suffixes and path.stem != "__main__"
    }
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in found)
    compiled = "c" in os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py")
    return [name for name in names if compiled or "._c" not in name]


@pytest.mark.parametrize("name", modules())
def test_docstrings(name):
    skip_without(name)
    module = import_module(name)
    assert module.__doc__, "a module says what it is for"
    for where, text in documented(module):
        if isinstance(text, str):  # it is a descriptor in a class of descriptors
            run(examples(text, {**public_names(), **vars(module)}, f"{name}.{where}"))


@pytest.mark.parametrize("part", PARTS)
def test_every_public_name_has_an_example(twin, part):
    for name in PARTS[part]:
        doc = getattr(twin.part(part), name).__doc__
        assert examples(doc, {}, name).examples, name


def test_wrong_example_is_reported():
    with pytest.raises(AssertionError, match=r"'0\.0\.0\.0'"):
        run(examples(">>> inet_ntoa(bytes(4))\n'1.1.1.1'\n", public_names(), "seeded"))
