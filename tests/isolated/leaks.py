"""Call every case of a part many times over and report what memory or references stay behind.

    python leaks.py {c,py} PART      run the cases of leak_cases_PART.py
    python leaks.py {c,py} --self    run cases that do leak, to show that each kind is seen

Run by tests/whole/test_leaks.py in a process of its own. tracemalloc counts every byte that Python
allocates, so one object kept a call is found; a reference to an object that lives anyway takes no
memory and is found by its count. Prints JSON: the cases run, by function, and the leaks.
"""

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import NamedTuple

FEW = 40  # calls, which a leak shows after
# Calls that tell a leak from what grows once. One in Python code is an object at least, and slow.
MANY = {"c": 500, "py": 150}
WARM_UP = 10  # caches, free lists, interned texts
# A part whose cases fill more than one file.
FILES = {"capture": ["capture", "columns"], "headers": ["headers", "builders"]}
LEAST = 8  # bytes a call; the least object has 16


class Case(NamedTuple):
    """One call: a function of the part, or "Class.method", and its arguments.

    A method with state is called on a fresh object every time: `made` gets the class and returns
    one. Without it the method is called on the class, with the object as first argument.
    """

    name: str
    arguments: tuple[object, ...]
    keywords: Mapping[str, object] = MappingProxyType({})
    made: Callable[[type], object] | None = None


def function_of(functions: object, case: Case) -> Callable[..., object]:
    """What a case calls."""
    if case.made is None:
        return attrgetter(case.name)(functions)
    kind, _, method = case.name.partition(".")

    def call(*arguments: object, **keywords: object) -> object:
        return getattr(case.made(getattr(functions, kind)), method)(*arguments, **keywords)

    return call


def repeat(function, arguments, keywords, calls: int) -> None:
    for _ in range(calls):
        with suppress(Exception):
            function(*arguments, **keywords)


def watched(case: Case) -> list[object]:
    """The arguments, and what containers among them hold."""
    objects = [*case.arguments, *case.keywords.values()]
    return objects + [item for o in objects if isinstance(o, list | tuple) for item in o]


def counts(objects: list[object]) -> list[int]:
    return [sys.getrefcount(value) for value in objects]


def leaks_of(function, case: Case, calls: int) -> Iterator[str]:
    """What that many calls leave behind."""
    objects = watched(case)
    gc.collect()
    references, memory = counts(objects), tracemalloc.get_traced_memory()[0]
    repeat(function, case.arguments, case.keywords, calls)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - memory
    if grown > calls * LEAST:
        yield f"{grown / calls:.1f} bytes a call"
    for value, before, after in zip(objects, references, counts(objects), strict=True):
        if abs(after - before) > calls // 2:  # up is a leak, down frees an object in use
            yield f"{(after - before) / calls:+.1f} references a call to {type(value).__name__}"
    for value in objects:
        if isinstance(value, bytearray):
            try:
                value.append(0)  # refused while a buffer is still held
                value.pop()
            except BufferError:
                yield "a buffer is held"


def lasting_leaks_of(function, case: Case, calls: int) -> Iterator[str]:
    """The same, where it is seen of a few calls already."""
    repeat(function, case.arguments, case.keywords, WARM_UP)
    if any(leaks_of(function, case, FEW)):
        yield from leaks_of(function, case, calls)


def run(functions: object, cases: Iterable[Case], calls: int) -> None:
    gc.collect()
    gc.freeze()  # collections need not walk the objects that exist already
    tracemalloc.start()
    ran: dict[str, int] = {}
    leaks = []
    for case in cases:
        ran[case.name] = ran.get(case.name, 0) + 1
        call = f"{case.name}{case.arguments!r:.80} {case.keywords}"
        function = function_of(functions, case)
        leaks += [f"{call}: {leak}" for leak in lasting_leaks_of(function, case, calls)]
    print(json.dumps({"ran": ran, "leaks": leaks}))


def leaky() -> tuple[object, list[Case]]:
    """Functions that leak memory, references and buffers."""
    kept: list[object] = []
    functions = SimpleNamespace(
        memory=lambda: kept.append(bytes(10)),
        reference=lambda value: kept.append(value),
        buffer=lambda value: kept.append(memoryview(value)),
        clean=lambda value: bytes(value),
    )
    return functions, [
        Case("memory", ()),
        Case("reference", (object(),)),
        Case("buffer", (bytearray(b"x"),)),
        Case("clean", (bytearray(b"x"),)),
    ]


def main(tag: str, part: str) -> None:
    if part == "--self":
        run(*leaky(), MANY["py"])
    else:
        module = import_module(f"fastsock.{part}._{tag}")
        sys.path.append(str(Path(__file__).parent))
        files = [import_module(f"leak_cases_{name}") for name in FILES.get(part, [part])]
        cases = [Case(*case) for file in files for case in file.CASES]
        run(module, cases, MANY[tag])


main(*sys.argv[1:])
