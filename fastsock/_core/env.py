"""The one truth rule for fastsock's environment variables.

`setup.py` reads build variables by it and the package reads run-time ones, so
that ``FASTSOCK_X=`` means the same in both places. It imports nothing of the
package, for `setup.py` runs it as a file.
"""

from __future__ import annotations

import os


def choice(variable: str, allowed: tuple[str, ...]) -> str:
    """Return the value of an environment variable that names one of a few choices.

    Unset, empty and blank mean the first choice, which is the default; case and
    surrounding blanks do not matter. Anything else is a ValueError that lists
    the choices: a typo must never pass for the default.
    """
    value = os.environ.get(variable, "").strip().lower() or allowed[0]
    if value not in allowed:
        raise ValueError(f"{variable}={value[:64]!r}: expected one of {', '.join(allowed)}")
    return value
