"""How subcommands are declared and how they print."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Callable, Iterable
from typing import TypeAlias

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_COLUMNS = 80


def add_command(
    subcommands: Subcommands,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    description: str,
) -> argparse.ArgumentParser:
    """Declare the subcommand that `run` does: it has the name of `run`'s module."""
    parser = subcommands.add_parser(
        run.__module__.rpartition(".")[2],
        help=summary,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def at_least(minimum: int) -> Callable[[str], int]:
    """The type of an option that is an integer, no less than `minimum`."""

    def number(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}")
        return value

    return number


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII whatever the terminal's encoding."""
    print(json.dumps(value, indent=2))


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns; a value with several words is wrapped."""
    rows = [(name, str(value)) for name, value in pairs]
    width = max(len(name) for name, _ in rows) + 1
    for name, value in rows:
        lines = textwrap.wrap(
            value, _COLUMNS - width, break_long_words=False, break_on_hyphens=False
        )
        for label, line in zip([name, *[""] * len(lines)], lines or [""], strict=False):
            print(f"{label:<{width}}{line}".rstrip())
