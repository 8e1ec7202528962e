"""The ``fastsock`` command: one module a subcommand, and here what they share.

A subcommand's module has ``add_parser(subcommands)``, which names its options, and
``run(args) -> int``, which does the work and returns the exit status.
"""

from __future__ import annotations

import os
import sys

from .. import __version__

TYPE_CHECKING = False  # `typing` takes long, and `main` is not yet there to catch Ctrl-C
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ._common import Parser

# As a shell reports a command that a signal ended: 128 and the signal's number.
_BROKEN_PIPE = 141
_INTERRUPTED = 130
_USAGE_OR_IO = 2


_EXAMPLES = """\
examples:
  fastsock address 2001:db8::1          every form of an address
  fastsock addresses access.log         count and pack a file of addresses
  fastsock match table.csv access.log   label addresses by longest prefix
  fastsock lookup localhost https       names, addresses and rows of a host
  fastsock services 53/udp https        services of ports, ports of services
  fastsock capture traffic.pcap         a summary; --columns src,dst gives rows
  fastsock info                         what runs here, compiled or pure
  fastsock bench                        how fast it is here

Each command takes --help, and --json for one JSON object on stdout."""


def _parser(words: Sequence[str]) -> Parser:
    """The parser of a command line: the module of the subcommand in it declares its options.

    The other modules would take longer to import than most commands take.
    """
    from importlib import import_module

    from . import _common

    parser = _common.Parser(
        prog="fastsock",
        description="Addresses and packets at C speed, from the command line.",
        epilog=_EXAMPLES,
        formatter_class=_common.Formatter,
    )
    version = f"fastsock {__version__}"
    parser.add_argument("-V", "--version", action="version", version=version)
    subcommands = parser.add_subparsers(dest="command", metavar="COMMAND")
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, summary in _common.COMMANDS.items():
        if name == asked:
            import_module(f".{name}", __name__).add_parser(subcommands)
        else:
            subcommands.add_parser(name, help=summary)
    return parser


def _run(argv: Sequence[str] | None) -> int:
    from ._common import reason, say

    words = sys.argv[1:] if argv is None else argv
    parser = _parser(words)
    name = "fastsock"
    try:
        try:
            args = parser.parse_args(words)
        finally:  # --help and --version print, and exit
            print(end="", flush=True)
        if args.command is None:
            parser.print_help()
            status = 0
        else:
            name += f" {args.command}"
            status = _with_interrupts(args)
        print(end="", flush=True)
    except BrokenPipeError:
        _settle_stdout()
        return _BROKEN_PIPE
    except OSError as error:
        say(f"{name}: {reason(error)}", error=True)
        _settle_stdout()
        return _USAGE_OR_IO
    return status


def _with_interrupts(args: argparse.Namespace) -> int:
    """Run a command that can catch KeyboardInterrupt, even where the system had SIGINT till now."""
    import signal

    status: int
    if signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
        status = args.run(args)
        return status
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        status = args.run(args)
        return status
    finally:  # a traceback while Python shuts down would be for nobody
        signal.signal(signal.SIGINT, signal.SIG_DFL)


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
    try:
        return _run(argv)  # imports, too: Ctrl-C is silent while they run
    except KeyboardInterrupt:
        return _INTERRUPTED
