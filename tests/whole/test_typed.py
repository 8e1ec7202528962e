"""`_core.typed`: named tuples as `typing` makes them, without its import."""

from __future__ import annotations

import inspect
import pickle
import typing

import pytest

from fastsock._core import typed


class Ours(typed.NamedTuple):
    """A point."""

    x: int
    y: str = "up"

    def both(self) -> str:
        """Say both."""
        return f"{self.x} {self.y}"

    @property
    def twice(self) -> int:
        """Double it."""
        return 2 * self.x


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    y: str = "up"

    def both(self) -> str:
        """Say both."""
        return f"{self.x} {self.y}"

    @property
    def twice(self) -> int:
        """Double it."""
        return 2 * self.x


# The class statement leaves these beside `__annotations__`, as they come, from 3.14 on.
APART = {"__orig_bases__", "__annotate_func__", "__annotations_cache__"}


@pytest.mark.parametrize(
    "seen",
    [
        lambda kind: kind.__bases__,
        lambda kind: type(kind),
        lambda kind: kind._fields,
        lambda kind: kind._field_defaults,
        lambda kind: kind.__doc__,
        lambda kind: kind.__module__,
        lambda kind: kind.__slots__,
        lambda kind: typing.get_type_hints(kind),
        lambda kind: [(p.name, p.default) for p in inspect.signature(kind).parameters.values()],
        lambda kind: tuple(kind(1)),
        lambda kind: kind(1, y="down").both(),
        lambda kind: kind(3).twice,
        lambda kind: tuple(kind(1)._replace(x=2)),
        lambda kind: hasattr(kind(1), "__dict__"),
        lambda kind: {name for name in vars(kind) if name not in APART},
    ],
)
def test_a_class_is_as_typing_makes_it(seen):
    assert seen(Ours) == seen(Theirs)


def test_names():
    assert Ours.__name__ == Ours.__qualname__ == "Ours"
    assert repr(Ours(1)) == "Ours(x=1, y='up')"


def test_pickles():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(Ours(1), protocol))
        assert type(back) is Ours
        assert back == Ours(1)


def test_marks_leave_what_they_mark():
    def function():
        """Do nothing."""

    assert typed.overload(function) is function
    assert typed.final(Ours) is Ours
    assert Ours.__final__
    del Ours.__final__
