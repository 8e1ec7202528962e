"""The collector must not clear an object that a raw pointer leads into: a lint, and a trial.

While a cycle is torn down, Python code runs: weakrefs' callbacks, other objects' `__del__`. An
object whose references are cleared by then and whose raw pointers are not reads freed memory when
such code calls it. `@cython.no_gc_clear` leaves its references alone until nobody can call it.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from contract import SOURCE

ISOLATED = Path(__file__).parents[1] / "isolated"

CLASS = re.compile(r"^cdef class (\w+)(?:\((\w+)\))?(?: \[[^\]]*\])?:", re.MULTILINE)
ATTRIBUTE = re.compile(
    r"    cdef (?:public |readonly )?(?P<type>(?:const )?[\w.]+ ?\**)(?P<names>[^(]*)$"
)
STRUCT = re.compile(r"^    ctypedef struct (\w+):\n((?:        .*\n|\n)+)", re.MULTILINE)
C_STRUCT = re.compile(r"typedef struct[^{;]*\{(?P<body>.*?)\n\} (?P<name>\w+);", re.DOTALL)
# What holds references that the collector clears. Cython leaves str and bytes alone: no cycle can
# pass through them.
OBJECTS = {"object", "list", "tuple", "dict", "set", "frozenset", "memoryview", "bytearray", "type"}


@dataclass
class Extension:
    base: str | None = None
    kept: bool = False  # by the decorator
    references: set[str] = field(default_factory=set)
    pointers: set[str] = field(default_factory=set)


def structs():
    """Names of C structs that hold a pointer, by themselves or in another."""
    bodies = {}
    for path in SOURCE.rglob("*.h"):
        for found in C_STRUCT.finditer(path.read_text()):
            bodies[found["name"]] = re.sub(r"/\*.*?\*/", "", found["body"], flags=re.DOTALL)
    pointing = {"Py_buffer"} | {name for name, body in bodies.items() if "*" in body}
    while more := {
        name
        for name, body in bodies.items()
        if name not in pointing and pointing & set(re.findall(r"\w+", body))
    }:
        pointing |= more
    return pointing


def classes(sources):
    """Every extension class of these modules, by module and name, with what it declares itself."""
    found = {}
    for module, text in sources:
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if not (head := CLASS.match(line)):
                continue
            made = found.setdefault((module, head[1]), Extension())
            made.base = head[2] or made.base
            above = number - 1
            while above >= 0 and lines[above].startswith("@"):
                made.kept |= lines[above].startswith("@cython.no_gc_clear")
                above -= 1
            for inside in lines[number + 1 :]:
                if inside and not inside.startswith("    "):
                    break
                if attribute := ATTRIBUTE.match(inside.partition("#")[0].rstrip()):
                    declare(made, attribute["type"].strip(), attribute["names"])
    return found


def declare(made, kind, names):
    """Note what an attribute is: of a class that is not known yet, it may be a reference."""
    names = {name.strip() for name in names.split(",")}
    if kind.endswith("*") or any(name.startswith("*") for name in names):
        made.pointers |= names
    else:
        made.references |= {(kind, name) for name in names if name and name != "__weakref__"}


def unsafe(sources, pointing):
    """The classes that need the decorator and lack it, as module.name."""
    found = classes(sources)
    ours = {name for _, name in found}

    def line(module, name):
        while name:
            key = (module, name) if (module, name) in found else None
            key = key or next(one for one in found if one[1] == name)
            yield found[key]
            module, name = key[0], found[key].base

    def points(one):
        # An attribute of a class of ours is one, too: its fields are read without a look at what
        # it is, and it is None once it is cleared.
        return one.pointers or any(kind in pointing or kind in ours for kind, _ in one.references)

    def refers(one):
        return any(kind in OBJECTS or kind in ours for kind, _ in one.references)

    return {
        ".".join(key)
        for key, one in found.items()
        if not one.kept and refers(one) and any(map(points, line(*key)))
    }


EXAMPLES = """
cdef class Pointing:
    cdef object owner
    cdef uint8_t *data            # into it

@cython.no_gc_clear
@cython.final
cdef class Kept:
    cdef object owner
    cdef const uint8_t *data

@cython.final
cdef class Held:
    cdef memoryview view
    cdef Py_buffer window

cdef class Walking:
    cdef list ahead
    cdef fs_walk walk

cdef class Counting:
    cdef object owner
    cdef Py_ssize_t size
    cdef uint8_t addresses[32]
    cdef object take(self, uint8_t *data)

cdef class Named:
    cdef str name
    cdef uint8_t *data

cdef class Leaf(Pointing):
    cdef Py_ssize_t more

cdef class Heir(Pointing):
    cdef object pseudo

cdef class User:
    cdef object socket
    cdef Kept plan
"""


def test_the_lint_itself():
    assert unsafe([("m", EXAMPLES)], {"Py_buffer", "fs_walk"}) == {
        "m.Pointing", "m.Held", "m.Walking", "m.Heir", "m.User",
    }  # fmt: skip
    assert {"fs_capture", "fs_framer", "fs_proxy"} <= structs()
    assert not {"fs_packet", "fs_frame", "fs_transport"} & structs()


def room(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def test_classes_with_pointers_are_not_cleared():
    paths = [path for pattern in ("*.pxd", "*.pyx") for path in SOURCE.rglob(pattern)]
    sources = [(room(path), path.read_text()) for path in paths]
    assert len(classes(sources)) > 20
    assert unsafe(sources, structs()) == set()


def test_buffers_of_cleared_memoryviews(twin, run_python):
    """A memoryview is cleared though there are buffers of it: nothing may rely on it."""
    process = run_python(str(ISOLATED / "buffers_in_garbage.py"), twin.tag)
    assert (process.returncode, process.stdout) == (0, "all buffers held\n"), process.stderr
