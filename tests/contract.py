"""What the faces promise of both twins, read off their source."""

import ast
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import fastsock

PACKAGE = Path(fastsock.__file__).parent


def _names(statements: list[ast.stmt]) -> tuple[str, ...]:
    """The names that an arm of the choice imports."""
    imports = [node for node in statements if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(statements), "an arm only imports"
    return tuple(sorted(alias.name for node in imports for alias in node.names))


def choice(face: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that a face takes from `_py` and from `_c`; none where it has no twins."""
    arms = [
        node
        for node in ast.parse(face.read_text("utf-8")).body
        if isinstance(node, ast.If) and "COMPILED" in ast.unparse(node.test)
    ]
    if not arms:
        return (), ()
    (arm,) = arms
    return _names(arm.body), _names(arm.orelse)


FACES = {
    path.parent.name: path
    for path in sorted(PACKAGE.glob("[a-z]*/__init__.py"))
    if "__all__" in path.read_text("utf-8")
}
"""The face of each part, by the part's name."""

# Its pure twin is the standard library's module.
PURE_IS_THE_STDLIB = {"ipaddress"}

PARTS = {
    part: tuple(name for name in pure if name in compiled and not name.startswith("__"))
    for part, face in FACES.items()
    for pure, compiled in [choice(face)]
    if pure
}
"""The names that both twins of a part must give."""

SOURCE = Path(__file__).parents[1] / "fastsock"
"""The package's sources, beside the tests: a wheel has no .pyx, .pxd and .h."""

_SUFFIX = EXTENSION_SUFFIXES[0]  # of this interpreter; others may lie beside
ROOMS = sorted(
    path.relative_to(PACKAGE).as_posix().removesuffix(_SUFFIX).replace("/", ".")
    for path in PACKAGE.rglob(f"*{_SUFFIX}")
)
"""The extensions, dotted, below the package."""


def twin_of(part: str, tag: str):
    """One twin of a part: ``fastsock.<part>._c`` or ``._py``."""
    return import_module(f"fastsock.{part}._{tag}")
