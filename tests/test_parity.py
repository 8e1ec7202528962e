"""The twins side by side, by tool: names, signatures, docstrings, refusals, types."""

import inspect
import re
import shutil
import types
from importlib import import_module
from pathlib import Path

import pytest

from fastsock import _backend

PURE = Path(import_module("fastsock._py").__file__).parent
CONTRACT = [(part, name) for part in _backend.PARTS for name in _backend.PARTS[part]]


def pair(part, name):
    return [getattr(import_module(f"fastsock._{tag}.{part}"), name) for tag in ("c", "py")]


def public_members(value):
    """A function under its own name; a class with its public methods and properties."""
    if not inspect.isclass(value):
        return {"": value}
    return {"": value, **{name: getattr(value, name) for name in dir(value) if name[0] != "_"}}


def shape(function):
    """A signature without annotations, which only the pure twin has; None for plain data."""
    if not callable(function):
        return None
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.kind, p.default) for p in parameters]


@pytest.mark.parametrize(("part", "name"), CONTRACT)
def test_members_and_signatures(part, name):
    compiled, pure = map(public_members, pair(part, name))
    assert compiled.keys() == pure.keys()
    for member in compiled:
        if inspect.isclass(compiled[member]):  # Cython tells no constructor's signature
            continue
        assert shape(compiled[member]) == shape(pure[member]), member


@pytest.mark.parametrize(("part", "name"), CONTRACT)
def test_docstrings(part, name):
    compiled, pure = map(public_members, pair(part, name))
    for member in compiled:
        text = inspect.getdoc(pure[member])
        assert "\n" not in (text or "\n").partition("\n\n")[0], f"{member}: no one-line summary"
        assert inspect.getdoc(compiled[member]) == text, member


def misuses(function):
    """Calls whose arguments do not fit the signature, whatever their values."""
    parameters = inspect.signature(function).parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in positional if p.default is p.empty]
    right = [0] * len(required)
    if required:
        yield (), {}
        yield right[:-1], {}
    if not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        yield [0] * (len(positional) + 1), {}
        yield [0] * (len(positional) + 9), {}
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        yield right, {"no_such_argument": 0}
    for parameter in positional:
        if parameter.kind is parameter.POSITIONAL_ONLY:
            yield right[:-1], {parameter.name: 0}
        else:
            yield right, {parameter.name: 0, "no_such_argument": 0}


def refusal(function, arguments, keywords):
    try:
        function(*arguments, **keywords)
    except Exception as error:
        return type(error)
    return None


@pytest.mark.parametrize(("part", "name"), CONTRACT)
def test_misuse_is_refused_alike(part, name):
    compiled, pure = pair(part, name)
    calls = list(misuses(pure))
    assert calls
    for arguments, keywords in calls:
        assert refusal(pure, arguments, keywords) is TypeError, (arguments, keywords)
        assert refusal(compiled, arguments, keywords) is TypeError, (arguments, keywords)


@pytest.mark.parametrize("part", _backend.PARTS)
def test_no_public_name_beyond_the_contract(twin, part):
    module = twin.part(part)
    own = (module.__name__, f"fastsock.{part}")
    defined = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name != "TYPE_CHECKING"
        and not isinstance(value, types.ModuleType)
        and getattr(value, "__module__", own[0]) in own  # the rest is imported from elsewhere
    }
    assert defined == set(_backend.PARTS[part])


@pytest.fixture(scope="module")
def stubs(tmp_path_factory, run_python):
    """Stubs of the pure twin, in the place of the compiled one's."""
    work = tmp_path_factory.mktemp("stubs")
    code = "import sys; from mypy.stubgen import main; main(sys.argv[1:])"
    made = run_python("-c", code, "--quiet", "--output", str(work / "made"), str(PURE))
    assert made.returncode == 0, made.stderr
    (made_package,) = (work / "made").rglob("_py")
    (work / "stubs" / "fastsock").mkdir(parents=True)
    (work / "stubs" / "fastsock" / "__init__.pyi").touch()
    made_package.rename(work / "stubs" / "fastsock" / "_c")
    return work / "stubs"


@pytest.fixture
def stubtest(run_python, tmp_path):
    # What Cython adds to every module, and to classes that pickle by __reduce__ of their own.
    allowed = tmp_path / "allowed"
    allowed.write_text(".*\\.(__test__|__reduce_cython__|__setstate_cython__)\n")
    settings = tmp_path / "mypy.ini"
    settings.write_text("[mypy]\ncache_dir = /dev/null\n")

    def run(stubs, part):
        return run_python(
            *("-m", "mypy.stubtest", "--concise", "--ignore-unused-allowlist"),
            *("--allowlist", str(allowed), "--mypy-config-file", str(settings)),
            f"fastsock._c.{part}",
            MYPYPATH=str(stubs),
        )

    return run


@pytest.mark.parametrize("part", _backend.PARTS)
def test_stubs_of_the_pure_twin_fit_the_compiled_one(stubs, stubtest, part):
    process = stubtest(stubs, part)
    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize(
    ("pattern", "drift", "report"),
    [
        (r"inet_ntop_many\(family:", "inet_ntop_many(families:", "inet_ntop_many is inconsistent"),
        (r"\*, errors", "errors", "inet_pton_many is inconsistent"),
        (r"def inet_ntoa\(packed", "def inet_ntoa_(packed", "inet_ntoa_ is not present at runtime"),
        (r"packed: ReadableBuffer\) -> list", "packed: ReadableBuffer, /) -> list",
         "inet_ntop_many is inconsistent"),
    ],
)  # fmt: skip
def test_stubtest_reports_a_seeded_drift(stubs, stubtest, tmp_path, pattern, drift, report):
    drifted = tmp_path / "stubs"
    shutil.copytree(stubs, drifted)
    stub = drifted / "fastsock" / "_c" / "address.pyi"
    text, count = re.subn(pattern, drift, stub.read_text())
    assert count >= 1
    stub.write_text(text)
    process = stubtest(drifted, "address")
    assert process.returncode == 1, process.stderr
    assert f"fastsock._c.address.{report}" in process.stdout
