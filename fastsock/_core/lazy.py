"""A package whose names load their part when they are first asked for (PEP 562)."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def loader(
    package: dict[str, Any], names: Mapping[str, str], parts: tuple[str, ...]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make a package's ``__getattr__``, ``__dir__`` and ``__all__``.

    Args:
        package: the package's globals, where a name stays once it was loaded.
        names: the names that each part gives, in one text, by the part's name.
        parts: subpackages that are attributes of the package, too.
    """
    path = package["__name__"]
    part_of = {name: part for part, texts in names.items() for name in texts.split()}

    def load(name: str) -> Any:
        if name in parts:
            return import_module(f"{path}.{name}")
        if name not in part_of:
            raise AttributeError(f"module {path!r} has no attribute {name!r}")
        value = package[name] = getattr(import_module(f"{path}.{part_of[name]}"), name)
        return value

    def listed() -> list[str]:
        return sorted({*package, *part_of, *parts})

    return load, listed, sorted([*part_of, "BACKEND", "__version__"])
