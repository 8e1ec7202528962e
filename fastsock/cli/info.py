"""``fastsock info``: what runs here, and how it was built. The first lines of a bug report."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from .. import __version__
from .._core.backend import BACKEND, HOW_TO_BUILD, why_pure
from ._common import Subcommands, add_command, print_json, print_pairs, say

_VARIABLES = ("FASTSOCK_BACKEND", "FASTSOCK_SIMD")


def _cpu() -> str:
    """The processor's name, if the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _build() -> dict[str, Any]:
    """What the extensions say about their build; None if they are not in use."""
    machine = import_module("fastsock._core.machine") if BACKEND == "c" else None
    supported = getattr(machine, "SIMD_SUPPORTED", None)
    return {
        "simd": getattr(machine, "SIMD", None),
        "simd_supported": supported and list(supported),
        "compiler": getattr(machine, "COMPILER", None),
        "cython": getattr(machine, "CYTHON", None),
        "flavour": getattr(machine, "FLAVOUR", None),
    }


def collect() -> dict[str, Any]:
    """Everything `info` shows, by the names it has in JSON."""
    gil = getattr(sys, "_is_gil_enabled", None)
    return {
        "version": __version__,
        "backend": BACKEND,
        "why_pure": why_pure(),
        **_build(),
        "location": str(Path(__file__).resolve().parent.parent),
        "environment": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_compiler": platform.python_compiler(),
        "gil": gil() if gil else True,
        "platform": platform.platform(),
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "cpu": _cpu(),
    }


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, dict):
        return " ".join(f"{name}={text!r}" for name, text in value.items()) or "-"
    return str(value)


def run(args: argparse.Namespace) -> int:
    """Print what runs here."""
    facts = collect()
    if args.json:
        print_json(facts)
    else:
        if facts["backend"] == "c":
            del facts["why_pure"]
        print_pairs((name.replace("_", " "), _shown(value)) for name, value in facts.items())
        if facts["backend"] == "py" and "FASTSOCK_BACKEND" not in facts["environment"]:
            say()
            say(HOW_TO_BUILD)
    return 0


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock info``."""
    add_command(
        subcommands,
        run,
        "Show the version, the backend that runs (c or py), the SIMD kernel in use and\n"
        "those that could be, how the extensions were built, and where they run.\n"
        "A dash means none: the pure backend has no build.",
    )
