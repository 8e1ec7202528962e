"""The twins side by side, by mypy's stubtest: types."""

import re
import shutil
from importlib import import_module

import pytest
from contract import PARTS, ROOMS


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    """Stubs in which each compiled twin has the types of the pure one."""
    work = tmp_path_factory.mktemp("stubs")
    for part, names in PARTS.items():
        folder = work / "fastsock" / part
        folder.mkdir(parents=True)
        lines = [f"from fastsock.{part}._py import {name} as {name}\n" for name in names]
        (folder / "_c.pyi").write_text("".join(lines))
        face = import_module(f"fastsock.{part}").__file__
        shutil.copy(face, folder / "__init__.pyi")  # other parts import its names
    (work / "fastsock" / "__init__.pyi").touch()
    return work


@pytest.fixture
def stubtest(run_python, tmp_path):
    pytest.importorskip("mypy")
    # Cython adds these to every module, and to classes that pickle by __reduce__ of their own. It
    # hides constructors' signatures from stubtest; test_members_and_signatures compares them.
    allowed = tmp_path / "allowed"
    added = (
        "__test__",
        "__reduce_cython__",
        "__setstate_cython__",
        "__new__",
        "__init__",
        "__all__",
        "__pyx_capi__",  # what other extensions cimport
    )
    rooms = [f"fastsock.{room}" for room in ROOMS]  # only the names that a twin gives have types
    allowed.write_text("\n".join([*rooms, *(rf".*\.{name}" for name in added)]))
    settings = tmp_path / "mypy.ini"
    # No stubs: of the sentinel, and nothing else, the sources import without one.
    settings.write_text(
        "[mypy]\ncache_dir = /dev/null\n"
        "[mypy-fastsock._core.machine]\nignore_missing_imports = True\n"
    )

    def run(stubs, *parts):
        return run_python(
            *("-m", "mypy.stubtest", "--concise", "--ignore-unused-allowlist"),
            "--ignore-disjoint-bases",  # of extension types, which can't be mixed into others
            *("--allowlist", str(allowed), "--mypy-config-file", str(settings)),
            *(f"fastsock.{part}._c" for part in parts),
            MYPYPATH=str(stubs),
        )

    return run


def test_stubs_of_the_pure_twins_fit_the_compiled_ones(stubs, stubtest):
    process = stubtest(stubs, *PARTS)
    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize(
    ("name", "drift", "report"),
    [
        ("inet_ntop_many", "inet_ntop_many(families: int, packed: bytes) -> list[str]",
         "inet_ntop_many is inconsistent"),
        ("inet_pton_many", "inet_pton_many(family: int, texts: bytes, errors: str) -> bytes",
         "inet_pton_many is inconsistent"),
        ("inet_ntoa", "inet_ntoa_(packed: bytes, /) -> str",
         "inet_ntoa_ is not present at runtime"),
        ("inet_ntop_many", "inet_ntop_many(family: int, packed: bytes, /) -> list[str]",
         "inet_ntop_many is inconsistent"),
    ],
)  # fmt: skip
def test_stubtest_reports_a_seeded_drift(stubs, stubtest, tmp_path, name, drift, report):
    drifted = tmp_path / "stubs"
    shutil.copytree(stubs, drifted)
    stub = drifted / "fastsock" / "address" / "_c.pyi"
    text, count = re.subn(rf".* {name} as {name}\n", "", stub.read_text())
    assert count == 1
    stub.write_text(f"{text}def {drift}: ...\n")
    process = stubtest(drifted, "address")
    assert process.returncode == 1, process.stderr
    assert f"fastsock.address._c.{report}" in process.stdout
