"""The names of `typing` that do something at run time, without its import.

`typing` and the `re` that it needs take longer to import than a part. Type checkers read their own
`NamedTuple` here, and all else that is written in annotations is imported for them alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple, final as final, overload as overload
else:
    from collections import namedtuple

    _OF_THE_STATEMENT = {"__annotations__", "__classcell__", "__module__"}

    class _Maker(type):
        """Makes a class statement a named tuple, as `typing.NamedTuple` does."""

        def __new__(cls, name, bases, body):
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            made.__annotations__ = fields
            made.__new__.__annotations__ = dict(fields)
            for member, value in body.items():
                if member not in _OF_THE_STATEMENT and member not in fields:
                    setattr(made, member, value)
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})

    def overload(function):
        """Mark a signature of several, for type checkers."""
        return function

    def final(of):
        """Mark a class or a method that has no subclass or override, for type checkers."""
        of.__final__ = True
        return of
