"""The ``fastsock`` command: one module a subcommand, and here what they share.

A subcommand's module has ``add_parser(subcommands)``, which names its options, and
``run(args) -> int``, which does the work and returns the exit status.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .. import __version__
from . import address, addresses, bench, capture, info, lookup, match, services
from ._common import Parser, say

# As a shell reports a command that a signal ended: 128 and the signal's number.
_BROKEN_PIPE = 141
_INTERRUPTED = 130
_USAGE_OR_IO = 2


def _parser() -> Parser:
    parser = Parser(
        prog="fastsock",
        description="Addresses and packets at C speed, from the command line.",
        epilog="Each command takes --help, and --json for one JSON object on stdout.",
    )
    parser.add_argument("--version", action="version", version=f"fastsock {__version__}")
    subcommands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in (info, bench, address, addresses, match, lookup, services, capture):
        module.add_parser(subcommands)
    return parser


def _settle_stdout() -> None:
    """If stdout can't be written to any more, let Python's own flush at exit succeed."""
    try:
        print(end="", flush=True)
    except OSError:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (by default the process's own) asks for.

    Args:
        argv: the words after the program's name.

    Returns:
        The exit status: 0 done, 1 an input that is not what it should be, 2 a file that can't be
        read or written, 130 interrupted, 141 nobody reads the output any more.

    Raises:
        SystemExit: ``--help``, ``--version``, or wrong usage (status 2).
    """
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
        print(end="", flush=True)
        return status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _settle_stdout()
        return _BROKEN_PIPE
    except OSError as error:
        say(f"fastsock {args.command}: {error}", error=True)
        _settle_stdout()
        return _USAGE_OR_IO
