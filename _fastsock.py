"""Where the `fastsock` command starts: from here on Ctrl-C ends it without a traceback.

It lies beside the package, for inside nothing runs before all of ``fastsock/__init__.py``.
"""

import _signal  # `signal` takes longer to import than all that comes before `main`

# The system ends the command, as any Unix tool, until `fastsock.cli.main` has loaded what it runs:
# a KeyboardInterrupt before would show a traceback, or be lost in a callback of Python's own. Not
# where a shell or `nohup` has the signal ignored.
if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


def main() -> int:
    """Run the command, and return its exit status."""
    from fastsock import cli

    return cli.main()
