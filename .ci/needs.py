"""Say in one line what a build needs and this machine lacks, before anything is built.

Runs on any Python 3, so that it can say which one is needed.
"""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

# What is missing: its package on Debian, on Fedora, on macOS.
PACKAGES = {
    "Python 3.11 or newer": ("python3", "python3", "brew install python"),
    "venv": ("python3-venv", "python3", "brew install python"),
    "Python.h": ("python3-dev", "python3-devel", "brew install python"),
    "a C compiler": ("gcc", "gcc", "xcode-select --install"),
}


def has_venv():
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip and venv)


def has_header():
    return Path(sysconfig.get_paths()["include"], "Python.h").exists()


def has_compiler():
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return any(shutil.which(name) for name in (compiler.split()[0], "cc", "gcc", "clang"))


def missing():
    if sys.version_info < (3, 11):  # noqa: UP036
        return ["Python 3.11 or newer"]
    there = {"venv": has_venv(), "Python.h": has_header(), "a C compiler": has_compiler()}
    return [name for name, found in there.items() if not found]


def advice(names):
    debian, fedora, macos = (sorted({PACKAGES[name][i] for name in names}) for i in range(3))
    text = "fastsock: {} missing. Debian: apt install {}. Fedora: dnf install {}. macOS: {}"
    return text.format(", ".join(names), *map(" ".join, (debian, fedora)), " && ".join(macos))


if __name__ == "__main__":
    lacking = missing()
    if lacking:
        sys.exit(advice(lacking))
