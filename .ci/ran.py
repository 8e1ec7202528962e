#!/usr/bin/env python3
"""The table of what ran where, in docs/building.md: of the logs that .ci/lanes.sh keeps.

    .ci/ran.py LANE      print in a line what came of a lane
    .ci/ran.py --write   take over the logs in build/ran, and write the table anew
    .ci/ran.py --check   fail unless the table, the classifiers and cibuildwheel's list agree
    .ci/ran.py --passed  the same, and all that the classifiers promise has passed

.ci/ran.txt keeps the last run of each lane: name, date, commit, outcome, result.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE, KEPT, LOGS = ROOT / "docs/building.md", ROOT / ".ci/ran.txt", ROOT / "build/ran"
BEGIN, END = "<!-- what ran where: .ci/ran.py -->\n", "<!-- end -->"
X86 = "Linux x86-64, glibc"

# Lane: the interpreter and the platform, and what of the project runs there.
ROWS = {
    "3.11": (f"CPython 3.11, {X86}", "the whole suite, both twins"),
    "3.12": (f"CPython 3.12, {X86}", "the suite, compiled"),
    "3.13": (f"CPython 3.13, {X86}", "the suite, compiled"),
    "3.14": (f"CPython 3.14, {X86}", "the suite, compiled"),
    "3.15": (f"CPython 3.15, {X86}", "the suite, compiled"),
    "3.14t": (f"CPython 3.14, free-threaded, {X86}", "the suite, compiled, without the GIL"),
    "3.15t": (f"CPython 3.15, free-threaded, {X86}", "the suite, without the GIL"),
    "portable-wheel": (f"manylinux wheel, {X86}", "the suite, compiled"),
    "pure": ("CPython 3.15, pure wheel", "the suite, pure"),
    "asan": ("ASan and UBSan", "the suite, compiled"),
    "tsan": ("TSan, CPython 3.14, free-threaded", "the hammer: four threads share each object"),
    "i386": ("CPython 3.11, Linux i386", "the suite, both twins"),
    "aarch64": ("CPython 3.13, Linux aarch64, emulated", "chosen files, both twins"),
    "s390x": ("CPython, Linux s390x (big-endian), emulated", "chosen files, both twins"),
    "kernels-s390x": ("Linux s390x (big-endian), emulated", "the kernels alone, in C"),
    "kernels-aarch64": ("Linux aarch64, emulated", "the kernels alone, in C"),
    "musl": ("CPython 3.14, Linux x86-64, musl", "chosen files, both twins"),
    "pypy": (f"PyPy 3.11, {X86}", "the suite, pure"),
    "portable": ("the code paths of Windows and macOS, forced on Linux", "the suite, compiled"),
    "windows": ("CPython 3.14, Windows x86-64", "compiled and linked only"),
    "windows-arm64": ("CPython 3.14, Windows ARM64", "compiled and linked only"),
    "macos": ("CPython 3.14, macOS arm64", "compiled only"),
    "macos-x86_64": ("CPython 3.14, macOS x86-64", "compiled only"),
    "spark": ("Spark, a standalone master and two workers", "an executor killed amid its tasks"),
    "newcomer": ("README.md's commands, on a bare Debian", "all of them"),
}
# Platforms of cibuildwheel, by the lane that says most of them.
PLATFORMS = {
    ("linux", "x86_64"): "portable-wheel",
    ("linux", "aarch64"): "aarch64",
    ("macos", "x86_64"): "macos-x86_64",
    ("macos", "arm64"): "macos",
    ("windows", "AMD64"): "windows",
    ("windows", "ARM64"): "windows-arm64",
}
COUNT = r"\d+ (?:failed|passed|skipped|errors?|xfailed|deselected|warnings?)"
RESULT = re.compile(
    rf"^=* ?({COUNT}(?:, {COUNT})*) in |^(\d+ modules compiled)|"
    r"^(every kernel.*)|^(README\.md holds .*)|^(a standalone master.*): done",
    re.MULTILINE,
)


def of_log(path):
    """Date, commit, outcome and result of a lane; None where it did not get so far."""
    text = path.read_text("utf-8", "replace") if path.exists() else ""
    end = re.search(r"^ran (\S+) (\S+) (\d+)\n\Z", text, re.MULTILINE)
    if not end:
        return None
    date, commit, status = end.groups()
    results = [next(filter(None, found)).strip() for found in RESULT.findall(text)]
    outcome = "ok" if status == "0" else "FAILED"
    return date, commit, outcome, results[-1] if results else f"exit status {status}"


def kept():
    lines = KEPT.read_text("utf-8").splitlines() if KEPT.exists() else []
    return {line.split("\t")[0]: tuple(line.split("\t")[1:]) for line in lines}


def take_over():
    ran = kept() | {name: found for name in ROWS if (found := of_log(LOGS / f"{name}.log"))}
    lines = ["\t".join((name, *ran[name])) + "\n" for name in ROWS if name in ran]
    KEPT.write_text("".join(lines), "utf-8")


def table():
    ran = kept()
    lines = ["| where | what | result | date | commit |\n", "|---|---|---|---|---|\n"]
    for name, (where, what) in ROWS.items():
        date, commit, outcome, result = ran.get(name, ("", "", "", "not run yet"))
        result = f"**failed**: {result}" if outcome == "FAILED" else result
        lines.append(f"| {where} | {what} | {result} | {date} | {commit} |\n")
    return "".join(lines)


def page():
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def disagreements():
    """What the table, the classifiers and cibuildwheel's list say of each other that is not so."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheels = settings["tool"]["cibuildwheel"]
    if PAGE.read_text("utf-8") != page():
        yield "docs/building.md: the table is not what .ci/ran.py --write makes"
    classified = [c.rpartition(" ")[2] for c in settings["project"]["classifiers"]]
    series = {text for text in classified if re.fullmatch(r"3\.\d+", text)}
    tags = re.findall(r"cp3(\d+)(t?)-", wheels["build"])
    if series != {f"3.{minor}" for minor, threads in tags if not threads}:
        yield "the classifiers name other versions than cibuildwheel's list"
    for name in sorted(series | {f"3.{minor}{threads}" for minor, threads in tags}):
        if name not in ROWS:
            yield f"{name} has no row in the table"
    listed = {(s, m) for s in ("linux", "macos", "windows") for m in wheels[s]["archs"]}
    if listed != set(PLATFORMS):
        yield f"platforms of cibuildwheel and of the table differ: {listed ^ set(PLATFORMS)}"
    if "musl" not in ROWS and "*-musllinux*" not in wheels["skip"]:
        yield "musl has no row in the table"


def broken_promises():
    """What the classifiers name and has not passed."""
    ran = kept()
    for name in ("3.11", "3.12", "3.13", "3.14", "3.15", "3.14t", "pypy"):
        if ran.get(name, ("",) * 4)[2] != "ok":
            yield f"the classifiers promise {name}, which has not passed"


def main(argument):
    if argument == "--write":
        take_over()
        PAGE.write_text(page(), "utf-8")
    elif argument == "--check":
        sys.exit("\n".join(disagreements()) or 0)
    elif argument == "--passed":
        sys.exit("\n".join([*disagreements(), *broken_promises()]) or 0)
    else:
        found = of_log(LOGS / f"{argument}.log")
        print(f"{argument}: {', '.join(found) if found else 'could not be run: see its log'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
