"""Every example in the documentation is run, and gives what it says."""

import doctest
import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import fastsock
from fastsock import _backend

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.REPORT_NDIFF
WRAPPERS = (property, classmethod, staticmethod)
FENCE = re.compile(r"^ *(```|~~~).*$", re.MULTILINE)


def examples(text, names, title):
    return doctest.DocTestParser().get_doctest(text, dict(names), title, title, 0)


def run(test):
    """Run one set of examples; what goes wrong, as doctest tells it."""
    said = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    assert not said, "".join(said)


def public_names():
    return {name: getattr(fastsock, name) for name in fastsock.__all__}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))  # a fence would pass for expected output
    run(examples(text, {}, page.name))


def documented(module):
    """The docstrings of a module and of what is defined in it."""
    yield "", module.__doc__
    for name, value in vars(module).items():
        if not inspect.isroutine(value) and not inspect.isclass(value):
            continue
        if value.__module__ not in (module.__name__, re.sub(r"\._(c|py)\.", ".", module.__name__)):
            continue
        yield name, value.__doc__
        if inspect.isclass(value):
            for member, attribute in vars(value).items():
                # Under a member stands a function, or what wraps one; data has its class's text.
                if callable(attribute) or isinstance(attribute, WRAPPERS):
                    yield f"{name}.{member}", attribute.__doc__


def modules():
    return [
        f"{package}.{info.name}"
        for package in ("fastsock", "fastsock._c", "fastsock._py")
        for info in pkgutil.iter_modules(import_module(package).__path__)
        if info.name != "__main__" and not info.ispkg
    ]


@pytest.mark.parametrize("name", modules())
def test_docstrings(name):
    module = import_module(name)
    assert module.__doc__, "a module says what it is for"
    for where, text in documented(module):
        if isinstance(text, str):  # it is a descriptor in a class of descriptors
            run(examples(text, {**public_names(), **vars(module)}, f"{name}.{where}"))


@pytest.mark.parametrize("part", _backend.PARTS)
def test_every_public_name_has_an_example(twin, part):
    for name in _backend.PARTS[part]:
        doc = getattr(twin.part(part), name).__doc__
        assert examples(doc, {}, name).examples, name


def test_wrong_example_is_reported():
    with pytest.raises(AssertionError, match=r"'0\.0\.0\.0'"):
        run(examples(">>> inet_ntoa(bytes(4))\n'1.1.1.1'\n", public_names(), "seeded"))
