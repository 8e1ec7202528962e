"""The choice of twin: one, by a sentinel, reported truly, and without side effects."""

import ast
import importlib.machinery
import json
import pickle
import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest
from contract import FACES, PACKAGE, PARTS, ROOMS

import fastsock

SUFFIXES = tuple(importlib.machinery.EXTENSION_SUFFIXES)
SENTINEL = "_core.machine"

# What runs, by the objects themselves: their module, and their type.
REPORT = """
import json, sys
from importlib import import_module
import fastsock
parts = json.loads(sys.argv[1])
offered = [(part, getattr(import_module(f"fastsock.{part}"), name), name)
           for part, names in parts.items() for name in names]
loaded = sorted(m for m in sys.modules if m.startswith("fastsock."))
same = {tag: all(getattr(import_module(f"fastsock.{part}._{tag}"), name) is value
                 for part, value, name in offered)
        for tag in ("c", "py") if any(m.endswith(f"._{tag}") for m in loaded)}
print(json.dumps({
    "where": fastsock.__file__,
    "backend": fastsock.BACKEND,
    "from": [tag for tag in same if same[tag]],
    "types": sorted({type(value).__name__ for _, value, _ in offered}),
    "loaded": loaded,
}))
"""
CONTRACT = json.dumps(PARTS)


def extension(directory: Path, room: str) -> Path:
    """The extension of that name for this interpreter; others may lie beside it."""
    stem = directory / room.replace(".", "/")
    (found,) = (p for s in SUFFIXES if (p := stem.with_name(stem.name + s)).exists())
    return found


def copy_package(target: Path, *rooms: str) -> Path:
    """Copy the package, with only those of its extensions."""
    ignore = shutil.ignore_patterns("*.c", *(f"*{suffix}" for suffix in SUFFIXES))
    shutil.copytree(PACKAGE, target / "fastsock", ignore=ignore)
    for room in rooms:
        source = extension(PACKAGE, room)
        shutil.copy(source, target / "fastsock" / source.relative_to(PACKAGE))
    return target


def report(process, backend):
    """What a process says of its backend, once all its parts prove to be of one twin."""
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["backend"] == backend
    assert found["from"] == [backend]
    kinds = {"builtin_function_or_method"} if backend == "c" else {"function"}
    kinds |= {"type", "ABCMeta"}  # the latter is of the classes that are Python's mappings and sets
    assert kinds.issuperset(found["types"])
    return found


@pytest.mark.parametrize(
    ("value", "backend"),
    [("c", "c"), ("py", "py"), ("auto", "c"), ("", "c"), (" C ", "c"), ("\tPy\n", "py")],
)
def test_variable_forces_the_twin(run_python, value, backend):
    found = report(run_python("-c", REPORT, CONTRACT, FASTSOCK_BACKEND=value), backend)
    other = "py" if backend == "c" else "c"
    assert not any(f"_{other}" in module.split(".") for module in found["loaded"])


def test_unset_means_compiled(run_python):
    report(run_python("-c", REPORT, CONTRACT), "c")


@pytest.mark.parametrize("value", ["cython", "0", "c,py", "C ython"])
def test_typo_is_an_error_that_names_the_choices(run_python, value):
    process = run_python("-c", "import fastsock", FASTSOCK_BACKEND=value)
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == (
        f"ImportError: FASTSOCK_BACKEND={value.lower()!r}: expected one of auto, c, py"
    )


@pytest.mark.parametrize("backend", ["auto", "c"])
def test_simd_typo_is_an_error_that_names_the_choices(run_python, backend):
    process = run_python("-c", "import fastsock", FASTSOCK_BACKEND=backend, FASTSOCK_SIMD="mmx")
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith("ImportError: FASTSOCK_SIMD='mmx': expected")


def test_pure_installation_is_silent(run_python, tmp_path):
    copy = copy_package(tmp_path)
    process = run_python("-c", REPORT, CONTRACT, PYTHONPATH=str(copy))
    found = report(process, "py")
    assert process.stderr == ""
    assert Path(found["where"]).is_relative_to(copy)


def test_compiled_twin_that_is_not_there_says_how_to_build(run_python, tmp_path):
    process = run_python(
        "-c", "import fastsock", PYTHONPATH=str(copy_package(tmp_path)), FASTSOCK_BACKEND="c"
    )
    assert process.returncode == 1
    message = process.stderr.splitlines()[-1]
    assert message.startswith("ImportError: fastsock's extensions can't be used")
    assert "FASTSOCK_EXTENSIONS=require pip install" in message


def test_pure_installation_tells_why(run_python, tmp_path):
    copy = copy_package(tmp_path)
    told = run_python("-m", "fastsock", "info", PYTHONPATH=str(copy)).stdout
    assert "why pure" in told
    assert "no record why" in " ".join(told.split())
    assert "FASTSOCK_EXTENSIONS=require pip install" in told

    (copy / "fastsock" / "_core" / "why_pure.txt").write_text("compiler: no cc\n")
    told = run_python("-m", "fastsock", "info", "--json", PYTHONPATH=str(copy)).stdout
    assert json.loads(told)["why_pure"] == "this installation has no extensions: compiler: no cc"
    forced = run_python("-c", "import fastsock", PYTHONPATH=str(copy), FASTSOCK_BACKEND="c")
    assert "compiler: no cc" in forced.stderr.splitlines()[-1]

    chosen = run_python("-m", "fastsock", "info", "--json", FASTSOCK_BACKEND="py").stdout
    assert json.loads(chosen)["why_pure"] == "FASTSOCK_BACKEND=py"
    assert json.loads(run_python("-m", "fastsock", "info", "--json").stdout)["why_pure"] is None


def test_broken_sentinel_is_an_error_on_any_choice_but_pure(run_python, tmp_path):
    copy = copy_package(tmp_path, *ROOMS)
    report(run_python("-c", REPORT, CONTRACT, PYTHONPATH=str(copy)), "c")
    extension(copy / "fastsock", SENTINEL).write_bytes(b"this is no shared library")
    for backend in ("auto", "c"):
        process = run_python(
            "-c", "import fastsock", PYTHONPATH=str(copy), FASTSOCK_BACKEND=backend
        )
        assert process.returncode == 1
        assert "ImportError: fastsock's extensions can't be used (" in process.stderr
        assert "machine" in process.stderr
    pure = run_python("-c", REPORT, CONTRACT, PYTHONPATH=str(copy), FASTSOCK_BACKEND="py")
    report(pure, "py")


def break_by_removal(copy: Path, room: str) -> None:
    extension(copy / "fastsock", room).unlink()


def break_by_garbage(copy: Path, room: str) -> None:
    extension(copy / "fastsock", room).write_bytes(b"this is no shared library")


@pytest.mark.parametrize("room", [room for room in ROOMS if room != SENTINEL])
@pytest.mark.parametrize("break_it", [break_by_removal, break_by_garbage])
def test_broken_part_is_named_at_its_first_use(run_python, tmp_path, break_it, room):
    copy = copy_package(tmp_path, *ROOMS)
    break_it(copy, room)
    process = run_python("-c", "import fastsock; print(fastsock.BACKEND)", PYTHONPATH=str(copy))
    assert process.stdout == "c\n"  # the sentinel is good, and the part was not asked for
    process = run_python("-c", REPORT, CONTRACT, PYTHONPATH=str(copy))
    assert process.returncode == 1
    error = process.stderr.splitlines()[-1]
    assert error.startswith(("ImportError: ", "ModuleNotFoundError: "))
    assert room in error.replace("/", ".")

    pure = run_python("-c", REPORT, CONTRACT, PYTHONPATH=str(copy), FASTSOCK_BACKEND="py")
    report(pure, "py")
    assert pure.stderr == ""


# An audit hook sees what modules do while imported; they may only read their own code.
IMPORT_ALONE = """
import sys
events = []
sys.addaudithook(lambda event, args: events.append((event, args)))
import fastsock
for name in fastsock.__all__:
    getattr(fastsock, name)
seen, events = events, []
import _thread, json
def allowed(event, args):
    if event == "open":
        path, mode, flags = args
        return str(path).endswith((".py", ".pyc", ".so", ".pyd")) and mode in ("r", "rb")
    return event.startswith(("object.", "sys._getframe")) or event in (
        "import", "exec", "compile", "marshal.loads", "os.listdir",
        "builtins.id")  # 3.15's dataclasses ask for it
print(json.dumps({
    "backend": fastsock.BACKEND,
    "imports": sum(event == "import" for event, _ in seen),
    "forbidden": [[event, repr(args)] for event, args in seen if not allowed(event, args)],
    "threads": _thread._count(),
    "modules": sorted(sys.modules),
}))
"""
NOT_ON_IMPORT = {"asyncio", "ctypes", "multiprocessing", "numpy", "pyarrow", "ssl", "subprocess",
                 "trio", "uvloop"}  # fmt: skip


@pytest.mark.parametrize("backend", ["c", "py"])
def test_import_does_nothing_but_import(run_python, backend):
    process = run_python("-c", IMPORT_ALONE, FASTSOCK_BACKEND=backend)
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["backend"] == backend
    assert found["imports"] > 5  # the hook works
    assert found["forbidden"] == []
    assert found["threads"] == 0
    assert NOT_ON_IMPORT.isdisjoint(found["modules"])


def test_top_level_is_taken_from_the_faces():
    assert len(fastsock.__all__) == len(set(fastsock.__all__))
    for name in set(fastsock.__all__) - {"BACKEND", "__version__"}:
        homes = [part for part in FACES if name in import_module(f"fastsock.{part}").__all__]
        homes = homes or ["errors"]  # the base of them all has no part
        assert len(homes) == 1, (name, homes)
        assert getattr(fastsock, name) is getattr(import_module(f"fastsock.{homes[0]}"), name)


@pytest.mark.parametrize("part", FACES)
def test_face_is_an_attribute_of_the_package(run_python, part):
    code = f"import fastsock, sys; assert fastsock.{part} is sys.modules['fastsock.{part}']"
    process = run_python("-c", code)
    assert process.returncode == 0, process.stderr


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'fastsock' has no attribute 'no_such_name'"):
        fastsock.no_such_name  # noqa: B018


def test_dir_lists_names_that_are_not_loaded_yet(run_python):
    code = "import fastsock; assert {*fastsock.__all__, 'packet'} <= {*dir(fastsock)}"
    assert run_python("-c", code).returncode == 0


def test_stub_lists_the_same_names():
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text("utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    found = {
        (node.module or "", alias.name)
        for node in imports
        for alias in node.names
        if alias.name == alias.asname
    }
    names = {name for part, name in found if part}
    assert names | {"__version__"} == set(fastsock.__all__)
    assert {name for part, name in found if not part} == {*FACES, "errors"}
    for part, name in found:
        home = import_module(f"fastsock.{part}") if part else fastsock
        assert getattr(home, name) is getattr(fastsock, name)


@pytest.mark.parametrize("name", ["inet_pton", "parse_proxy", "checksum"])
def test_a_name_loads_its_own_part_alone(run_python, name):
    code = (
        f"from fastsock import {name}\nimport sys\n"
        "print(*{m.split('.')[1] for m in sys.modules if m.startswith('fastsock.')})"
    )
    process = run_python("-c", code)
    assert process.returncode == 0, process.stderr
    below = {"inet_pton": set(), "checksum": set(), "parse_proxy": {"address", "checksums"}}
    home = next(part for part in FACES if name in import_module(f"fastsock.{part}").__all__)
    assert set(process.stdout.split()) - {"errors"} == {"_core", home, *below[name]}


# What takes long to import, and no part needs on every call.
SLOW = {"dataclasses", "hashlib", "inspect", "ipaddress", "pathlib", "re", "typing"}
# asyncio itself imports these; ipaddress derives from the standard library's classes.
EXPECTED = {
    "aio": {"dataclasses", "inspect", "pathlib", "re", "typing"},
    "ipaddress": {"ipaddress"},
}


@pytest.mark.parametrize("part", [*FACES, "errors"])
def test_a_part_imports_nothing_slow(run_python, part):
    code = "import sys; before = {*sys.modules}; import PART; print(*{*sys.modules} - before)"
    # No site: what an environment's .pth files import would hide what a part does.
    process = run_python("-S", "-c", code.replace("PART", f"fastsock.{part}"), FASTSOCK_BACKEND="c")
    assert process.returncode == 0, process.stderr
    imported = set(process.stdout.split())
    assert f"fastsock.{part}" in imported
    assert SLOW & imported == EXPECTED.get(part, set()) & imported


@pytest.mark.parametrize("part", PARTS)
def test_face_offers_all_its_twins_names(twin, part):
    names = PARTS[part]
    assert set(names) <= set(import_module(f"fastsock.{part}").__all__)
    assert [name for name in names if not hasattr(twin.part(part), name)] == []


NAMED = [n for n in fastsock.__all__ if hasattr(getattr(fastsock, n), "__qualname__")]


@pytest.mark.parametrize("name", NAMED)
def test_names_say_their_public_path(name):
    value = getattr(fastsock, name)
    assert not any(step.startswith("_") for step in value.__module__.split("."))
    assert getattr(sys.modules[value.__module__], value.__qualname__) is value


DUMP = """
import pickle, sys
import fastsock
error = fastsock.AddressError("row 3: 'x' is not an IPv4 address", 3, "x")
names = [n for n in fastsock.__all__ if callable(getattr(fastsock, n))]
protocol = int(sys.argv[1])
print(pickle.dumps(({n: getattr(fastsock, n) for n in names}, error), protocol).hex())
"""
LOAD = """
import pickle, sys
import fastsock
names, error = pickle.loads(bytes.fromhex(sys.argv[1]))
assert len(names) > 5
for name, value in names.items():
    assert value is getattr(fastsock, name), name
assert type(error) is fastsock.AddressError
assert str(error) == "row 3: 'x' is not an IPv4 address" and (error.index, error.value) == (3, "x")
print(fastsock.BACKEND)
"""


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(("source", "target"), [("c", "py"), ("py", "c")])
def test_pickles_travel_between_backends(run_python, source, target, protocol):
    dumped = run_python("-c", DUMP, str(protocol), FASTSOCK_BACKEND=source)
    assert dumped.returncode == 0, dumped.stderr
    assert b"fastsock._" not in bytes.fromhex(dumped.stdout)
    loaded = run_python("-c", LOAD, dumped.stdout.strip(), FASTSOCK_BACKEND=target)
    assert loaded.stdout.strip() == target, loaded.stderr
