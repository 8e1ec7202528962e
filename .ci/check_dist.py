"""Check the output of `make wheel`: nothing missing, nothing that does not belong there.

Run by `make wheel`, in the folder of the checkout. Every failed check is named; the exit status
says whether there was one.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path

SOURCE_SUFFIXES = (".pyx", ".pxd", ".c", ".h")
# Files that only a checkout needs.
NOT_IN_SDIST = (".gitignore",)
failures = 0


def check(right: bool, what: str) -> None:
    global failures
    failures += not right
    print(f"{'ok' if right else 'FAILED':8}{what}", flush=True)


def one(pattern: str) -> Path:
    (path,) = Path().glob(pattern)
    return path


def run(
    *command: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def check_sdist(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    listed = run("git", "ls-files")
    tracked = listed.stdout.split()
    check(listed.returncode == 0 and bool(tracked), f"git lists what is tracked {listed.stderr}")
    missing = [name for name in tracked if name not in names and not name.startswith(NOT_IN_SDIST)]
    check(not missing, f"the sdist has every tracked file (missing: {missing})")
    generated = [name.replace(".pyx", ".c") for name in names if name.endswith(".pyx")]
    generated = [name for name in generated if name.startswith("fastsock/")]
    check(bool(generated) and names.issuperset(generated), "the sdist has the generated C")
    check(not [name for name in names if name.endswith(".so")], "the sdist has no binaries")


def check_wheel(wheel: Path, compiled: bool) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        check_materials(wheel, archive, compiled)
        binaries = [name for name in names if name.endswith((".so", ".pyd"))]
        sections = b"".join(archive.read(name) for name in binaries)
    sources = [name for name in names if name.endswith(SOURCE_SUFFIXES)]
    tops = {name.partition("/")[0].split("-")[0] for name in names}
    check(not sources, f"{wheel.name}: no sources ({sources})")
    check("fastsock/py.typed" in names, f"{wheel.name}: typed")
    check(tops == {"fastsock", "_fastsock.py"}, f"{wheel.name}: one package, one script ({tops})")
    check(bool(binaries) == compiled, f"{wheel.name}: {len(binaries)} extensions")
    check(b".debug_info" not in sections and b".symtab" not in sections, f"{wheel.name}: stripped")


def check_materials(wheel: Path, archive: zipfile.ZipFile, compiled: bool) -> None:
    """The bill of materials (PEP 770) names the package, and Cython where its code is inside."""
    ending = ".dist-info/sboms/fastsock.cdx.json"
    found = [name for name in archive.namelist() if name.endswith(ending)]
    check(len(found) == 1, f"{wheel.name}: a bill of materials")
    bill = json.loads(archive.read(found[0]))
    record = archive.read(found[0].replace("sboms/fastsock.cdx.json", "RECORD")).decode()
    check(found[0] in record, f"{wheel.name}: ... which is on record")
    named = wheel.name.split("-")[1] == bill["metadata"]["component"]["version"]
    inside = [component["name"] for component in bill["components"]]
    check(named and inside == ["Cython"] * compiled, f"{wheel.name}: ... and names {inside}")


def check_links(sdist: Path, scratch: Path) -> None:
    """With an address, links and URLs are absolute; without one there are none."""
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch / "links", filter="data")
    (project,) = (scratch / "links").iterdir()
    settings = project / "pyproject.toml"
    text = settings.read_text("utf-8")
    address = 'repository = "https://example.org/fastsock"'
    settings.write_text(re.sub(r"(?m)^repository = .*", address, text), "utf-8")
    run(sys.executable, "setup.py", "-q", "egg_info", cwd=project, FASTSOCK_EXTENSIONS="off")
    info = (project / "fastsock.egg-info" / "PKG-INFO").read_text("utf-8")
    check("Project-URL: Source, https://example.org/fastsock\n" in info, "URLs follow the setting")
    links = re.findall(r"\]\(([^)]*)\)", info)
    relative = [link for link in links if not link.startswith("https://")]
    check(len(links) > 10 and not relative, f"README's links are absolute ({relative})")


def check_offline(sdist: Path, scratch: Path) -> None:
    """The sdist must build without Cython and without a network, from the C it brings."""
    python = scratch / "offline" / "bin" / "python"
    run(sys.executable, "-m", "venv", scratch / "offline")
    run(python, "-m", "pip", "install", "-q", "setuptools>=77")
    install = ("-m", "pip", "install", "--no-index", "--no-build-isolation", sdist)
    result = run(python, *install, FASTSOCK_EXTENSIONS="require")
    check(result.returncode == 0, f"the sdist builds offline, without Cython\n{result.stderr}")
    result = run(python, "-P", "-c", "import fastsock; print(fastsock.BACKEND)")
    check(result.stdout.strip() == "c", f"... and its backend is C {result.stderr}")


def check_modes(sdist: Path, scratch: Path) -> None:
    """What each build mode does where the compiler fails."""

    def build(mode: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        out = scratch / mode
        options = ("--no-build-isolation", "--no-deps", "-v", "--wheel-dir", out)
        command = (sys.executable, "-m", "pip", "wheel", *options, sdist)
        result = run(*command, CC="/bin/false", FASTSOCK_EXTENSIONS=mode)
        return result, [wheel.name for wheel in out.glob("*.whl")]

    result, wheels = build("auto")
    check(bool(wheels) and wheels[0].endswith("-py3-none-any.whl"), f"auto gives {wheels}")
    check("NOT built" in result.stdout + result.stderr, "auto says so loudly")
    result, wheels = build("require")
    check(result.returncode != 0 and not wheels, "require fails")
    result, wheels = build("maybe")
    check(result.returncode != 0 and "expected one of auto" in result.stderr, "a typo fails")


def main() -> int:
    sdist = one("dist/*.tar.gz")
    check_sdist(sdist)
    check_wheel(one("dist/*-cp*.whl"), compiled=True)
    check_wheel(one("dist/*-py3-none-any.whl"), compiled=False)
    if sysconfig.get_platform().startswith("linux"):
        check_wheel(one("wheelhouse/*manylinux*.whl"), compiled=True)
    with tempfile.TemporaryDirectory() as scratch:
        check_offline(sdist, Path(scratch))
        check_modes(sdist, Path(scratch))
        check_links(sdist, Path(scratch))
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
