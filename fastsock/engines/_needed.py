"""The package of an engine, or an error that says what to install."""

from __future__ import annotations

from importlib import import_module

from .._core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def needed(engine: str, *packages: str) -> Any:
    """Import an engine's packages, and give the first.

    Raises:
        ImportError: one of them is missing; the message says which, and how to install it.
    """
    found = []
    for package in packages:
        try:
            found.append(import_module(package))
        except ModuleNotFoundError as missing:
            if missing.name != package.partition(".")[0]:
                raise  # one of the package's own needs
            raise ImportError(
                f"fastsock.engines.{engine} needs {package}: pip install {package}", name=package
            ) from missing
    return found[0]
