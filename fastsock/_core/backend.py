"""The one choice between the compiled and the pure twin.

A build makes all extensions or none, so one of them answers for all: `machine`, the sentinel. Each
face reads `COMPILED` and imports one twin. A part whose extension is missing or broken beside a
good sentinel raises an ImportError that names it, when that part is first used.

``FASTSOCK_BACKEND`` forces the choice: ``c``, ``py`` or ``auto`` (the default: compiled where the
sentinel is there). With ``c`` and no sentinel, the ImportError says how to build.
"""

from __future__ import annotations

from .env import choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Final, Literal

HOW_TO_BUILD = (
    "Install a wheel made for this platform, or build one where there is a C compiler: "
    "FASTSOCK_EXTENSIONS=require pip install --no-binary fastsock --no-cache-dir "
    "--force-reinstall fastsock"
)


def _unusable(reason: object) -> ImportError:
    return ImportError(f"fastsock's extensions can't be used ({reason}). {HOW_TO_BUILD}")


def _built_without() -> str:
    """What the build recorded where it made no extensions."""
    from pathlib import Path  # where it is needed: it takes longer to import than all of this

    try:
        return Path(__file__).with_name("why_pure.txt").read_text("utf-8").strip()
    except OSError:
        return "it has none, and no record why: a checkout used in place, or a copy"


def _compiled() -> bool:
    """Whether the compiled twin runs."""
    try:
        wanted = choice("FASTSOCK_BACKEND", ("auto", "c", "py"))
        if wanted == "py":
            return False
        from .machine import SIMD  # noqa: F401
    except ValueError as unknown:  # FASTSOCK_SIMD names no choice of ours
        raise ImportError(str(unknown)) from None
    except ModuleNotFoundError as missing:
        if wanted == "c":
            raise _unusable(f"{missing}; {_built_without()}") from missing
        return False
    except ImportError as broken:
        raise _unusable(broken) from broken
    return True


COMPILED: Final[bool] = _compiled()
"""Whether faces offer the compiled twin."""

BACKEND: Literal["c", "py"] = "c" if COMPILED else "py"
"""Which twin runs: ``"c"`` or ``"py"``."""


def why_pure() -> str | None:
    """Why the pure twin runs, in words for people; None where the compiled one does."""
    if COMPILED:
        return None
    if choice("FASTSOCK_BACKEND", ("auto", "c", "py")) == "py":
        return "FASTSOCK_BACKEND=py"
    return f"this installation has no extensions: {_built_without()}"


def publish(face: str, names: Mapping[str, Any], offered: Iterable[str]) -> None:
    """Give a face's functions and classes the face's path as their ``__module__``.

    It is the public path, by which they pickle on one backend and unpickle on the other. Extension
    types carry it already, for theirs can't be set.

    Args:
        face: the face's module name, ``fastsock.<part>``.
        names: the face's globals.
        offered: the face's ``__all__``.
    """
    for name in offered:
        value = names[name]
        if getattr(value, "__module__", face).startswith(f"{face}."):
            value.__module__ = face
