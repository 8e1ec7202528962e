"""Build and run every fuzz target: ``*_kernels.c`` by libFuzzer, ``*_api.py`` by atheris; attack.

FUZZ_SECONDS  how long each target runs (20)
CI            not empty: a target that can't run is a failure, not a remark

All output is under build/fuzz: binaries, corpora that grow from run to run, crashing inputs.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from seeds import main as make_seeds

HERE = Path(__file__).resolve().parent
WORK = HERE.parent / "build" / "fuzz"
SECONDS = os.environ.get("FUZZ_SECONDS", "20")
CLANG = os.environ.get("CLANG", "clang")
FLAGS = ["-g", "-O1", "-Wall", "-Wextra", "-Wno-unused-function", "-fno-sanitize-recover=all",
         "-fsanitize=fuzzer,address,undefined"]  # fmt: skip


def build(source: Path) -> list[str]:
    """Compile a kernel target; the command that runs it. RuntimeError without a compiler."""
    if shutil.which(CLANG) is None:
        raise RuntimeError(f"there is no {CLANG}")
    program = WORK / source.stem
    compiled = subprocess.run([CLANG, f"-I{HERE.parent}", *FLAGS, str(source), "-o", str(program)])
    if compiled.returncode != 0:
        raise SystemExit(f"{source.name}: {CLANG} failed")
    return [str(program)]


def find(source: Path) -> list[str]:
    """The command that runs an API target. RuntimeError without its fuzzer."""
    if importlib.util.find_spec("atheris") is None:
        raise RuntimeError(f"atheris is not installed for Python {sys.version.split()[0]}")
    return [sys.executable, str(source)]


def run(name: str, command: list[str]) -> bool:
    corpus = WORK / "corpus" / name
    make_seeds(name, str(corpus))
    crashes = WORK / "crashes" / name
    crashes.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={SECONDS}", "-timeout=10", "-max_len=1024", "-print_final_stats=1",
               "-verbosity=0", f"-artifact_prefix={crashes}/"]  # fmt: skip
    print(f"{name}: {SECONDS} s", flush=True)
    return subprocess.run([*command, *options, str(corpus)]).returncode == 0


def main() -> int:
    WORK.mkdir(parents=True, exist_ok=True)
    failed, left_out = [], []
    targets = [(build, source) for source in sorted(HERE.glob("*_kernels.c"))]
    targets += [(find, source) for source in sorted(HERE.glob("*_api.py"))]
    for prepare, source in targets:
        try:
            command = prepare(source)
        except RuntimeError as reason:
            left_out.append(f"{source.stem}: NOT RUN: {reason}")
            continue
        if not run(source.stem, command):
            failed.append(f"{source.stem}: FAILED, see {WORK / 'crashes' / source.stem}")
    print(f"attack: {SECONDS} s", flush=True)
    if subprocess.run([sys.executable, str(HERE / "attack.py")]).returncode != 0:
        failed.append("attack: FAILED, see the seeds above")
    for line in [*left_out, *failed]:
        print(line)
    print(f"fuzz: {len(targets) + 1} targets, {len(failed)} failed, {len(left_out)} not run")
    return 1 if failed or (left_out and os.environ.get("CI")) else 0


sys.exit(main())
