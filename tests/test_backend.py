"""The choice of twin: one, all or nothing, told truly, and without side effects."""

import importlib.machinery
import json
import pickle
import pkgutil
import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import fastsock
from fastsock import _backend

PACKAGE = Path(fastsock.__file__).parent
SUFFIXES = tuple(importlib.machinery.EXTENSION_SUFFIXES)
COMPILED = sorted(
    path.name.removesuffix(SUFFIXES[0]) for path in PACKAGE.glob(f"_c/*{SUFFIXES[0]}")
)

# What runs, told by the objects themselves: where they come from and of what type they are.
REPORT = """
import json, sys
import fastsock
from fastsock import _backend
names = [(part, name) for part in _backend.PARTS for name in _backend.PARTS[part]]
same = {tag: all(
    getattr(sys.modules.get(f"fastsock._{tag}.{part}"), name, None) is getattr(fastsock, name)
    for part, name in names
) for tag in ("c", "py")}
print(json.dumps({
    "where": fastsock.__file__,
    "backend": fastsock.BACKEND,
    "from": [tag for tag in same if same[tag]],
    "types": sorted({type(getattr(fastsock, name)).__name__ for _, name in names}),
    "loaded": sorted(m for m in sys.modules if m.startswith("fastsock._") and m.count(".") == 2),
}))
"""


def extension(directory: Path, name: str) -> Path:
    """The extension of that name for this interpreter; others may lie beside it."""
    (found,) = (p for suffix in SUFFIXES if (p := directory / f"{name}{suffix}").exists())
    return found


def copy_package(target: Path, *extensions: str) -> Path:
    """A copy of the package, with only those of its extensions."""
    ignore = shutil.ignore_patterns("__pycache__", "*.c", *(f"*{suffix}" for suffix in SUFFIXES))
    shutil.copytree(PACKAGE, target / "fastsock", ignore=ignore)
    for name in extensions:
        shutil.copy(extension(PACKAGE / "_c", name), target / "fastsock" / "_c")
    return target


def report(process, backend):
    """What a process says of its backend, after a check that it is all of one twin."""
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["backend"] == backend
    assert found["from"] == [backend]
    kinds = {"builtin_function_or_method", "type"} if backend == "c" else {"function", "type"}
    assert kinds.issuperset(found["types"])
    return found


@pytest.mark.parametrize(
    ("value", "backend"),
    [("c", "c"), ("py", "py"), ("auto", "c"), ("", "c"), (" C ", "c"), ("\tPy\n", "py")],
)
def test_variable_forces_the_twin(run_python, value, backend):
    found = report(run_python("-c", REPORT, FASTSOCK_BACKEND=value), backend)
    other = "py" if backend == "c" else "c"
    assert not any(module.startswith(f"fastsock._{other}.") for module in found["loaded"])


def test_unset_means_compiled(run_python):
    report(run_python("-c", REPORT), "c")


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
    process = run_python("-c", REPORT, PYTHONPATH=str(copy))
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


def break_by_removal(copy: Path, name: str) -> None:
    extension(copy / "fastsock" / "_c", name).unlink()


def break_by_garbage(copy: Path, name: str) -> None:
    extension(copy / "fastsock" / "_c", name).write_bytes(b"this is no shared library")


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("break_it", [break_by_removal, break_by_garbage])
def test_broken_set_of_extensions_is_never_mixed(run_python, tmp_path, break_it, name):
    copy = copy_package(tmp_path, *COMPILED)
    report(run_python("-c", REPORT, PYTHONPATH=str(copy)), "c")
    break_it(copy, name)

    auto = run_python("-W", "always::RuntimeWarning", "-c", REPORT, PYTHONPATH=str(copy))
    report(auto, "py")
    assert "RuntimeWarning: fastsock's extensions can't be used (fastsock._c." in auto.stderr
    assert re.search(rf"(_c\.|/){name}\b", auto.stderr)
    assert "Going on in pure Python." in auto.stderr

    forced = run_python("-c", "import fastsock", PYTHONPATH=str(copy), FASTSOCK_BACKEND="c")
    assert forced.returncode == 1
    assert "ImportError: fastsock's extensions can't be used (fastsock._c." in forced.stderr

    pure = run_python("-c", REPORT, PYTHONPATH=str(copy), FASTSOCK_BACKEND="py")
    report(pure, "py")
    assert pure.stderr == ""


# An audit hook sees what modules do while imported; to read their own code is all they may.
IMPORT_ALONE = """
import sys
events = []
sys.addaudithook(lambda event, args: events.append((event, args)))
import fastsock
seen, events = events, []
import _thread, json
def allowed(event, args):
    if event == "open":
        path, mode, flags = args
        return str(path).endswith((".py", ".pyc", ".so", ".pyd")) and mode in ("r", "rb")
    return event.startswith(("object.", "sys._getframe")) or event in (
        "import", "exec", "compile", "marshal.loads", "os.listdir")
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
    assert found["imports"] > 5  # the hook did see
    assert found["forbidden"] == []
    assert found["threads"] == 0
    assert NOT_ON_IMPORT.isdisjoint(found["modules"])


def faces() -> list[ModuleType]:
    """The public modules that say what they offer."""
    modules = [
        import_module(f"fastsock.{info.name}")
        for info in pkgutil.iter_modules(fastsock.__path__)
        if not info.name.startswith("_") and info.name != "aio"  # asyncio takes long to import
    ]
    return [module for module in modules if hasattr(module, "__all__")]


def test_top_level_is_the_sum_of_the_faces():
    offered = {name for face in faces() for name in face.__all__}
    assert set(fastsock.__all__) == offered | {"BACKEND", "__version__"}
    assert len(fastsock.__all__) == len(set(fastsock.__all__))
    for face in faces():
        for name in face.__all__:
            assert getattr(fastsock, name) is getattr(face, name)


@pytest.mark.parametrize("part", _backend.PARTS)
def test_face_offers_all_its_twins_names(twin, part):
    names = _backend.PARTS[part]
    assert set(names) <= set(import_module(f"fastsock.{part}").__all__)
    assert list(names) == sorted(set(names))
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
