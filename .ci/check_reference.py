"""Check that the reference has every public name: `check_reference.py build/docs/objects.inv`."""

import sys
import zlib
from importlib import import_module
from pathlib import Path

import fastsock

PACKAGE = Path(fastsock.__file__).parent


def documented(inventory: Path) -> set[str]:
    """The objects of a Sphinx inventory, version 2: four lines, then the names, compressed."""
    body = inventory.read_bytes().split(b"\n", 4)[4]
    lines = zlib.decompress(body).decode().splitlines()
    return {line.split(" ")[0] for line in lines if " py:" in line}


def public_names() -> set[str]:
    """Every name of every face, by its public path; exceptions are at home in `fastsock.errors`."""
    found = {f"fastsock.errors.{name}" for name in import_module("fastsock.errors").__all__}
    for path in PACKAGE.glob("[a-z]*/__init__.py"):
        face = import_module(f"fastsock.{path.parent.name}")
        for name in getattr(face, "__all__", ()):
            if f"fastsock.errors.{name}" not in found:
                found.add(f"{face.__name__}.{name}")
    return found


if __name__ == "__main__":
    missing = sorted(public_names() - documented(Path(sys.argv[1])))
    if missing:
        sys.exit(f"the reference lacks {', '.join(missing)}")
