"""Rebind the standard library's functions to the fast classes.

A method such as `IPv4Network.supernet` looks other classes up in its module's globals. The same
code with other globals, in which these names are the fast classes, gives fast objects. No source is
copied, and each version of Python keeps its own behaviour. A method written in C falls back on the
rebound function for values that it does not handle.
"""

from __future__ import annotations

import copy
import functools
import ipaddress as std
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

from .._core.typed import TYPE_CHECKING
from .tables import boundaries

if TYPE_CHECKING:
    from typing import Any, Final


# In the order of the C side's kinds.
CLASSES: Final = (
    "IPv4Address",
    "IPv6Address",
    "IPv4Interface",
    "IPv6Interface",
    "IPv4Network",
    "IPv6Network",
)
_MODULE: Final = len(CLASSES)  # the kind of the module's own functions
_CACHED: Final = ("broadcast_address", "hostmask")  # cached in __dict__, as in the stdlib
# Attributes that the standard library's code sets on objects, without a descriptor in the class.
_FIELDS: Final = ("network", "netmask", "network_address", "_prefixlen")
FACE: Final = "fastsock.ipaddress"


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Give a function's code, and that of all nested functions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _names(function: FunctionType) -> set[str]:
    return {name for code in _codes(function.__code__) for name in code.co_names}


def _unwrapped(function: Any) -> Any:
    """Unwrap a cached function: a cache would keep objects alive, and confuse equal ones."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


class _Rebinder:
    """Rebuilds functions with globals in which the six names are the fast classes."""

    def __init__(self, classes: dict[str, type]) -> None:
        self.globals: dict[str, Any] = {**vars(std), **classes}
        plain = {
            name: function
            for name, function in vars(std).items()
            if isinstance(function, FunctionType) and function.__module__ == std.__name__
        }
        # Names that change meaning: the classes, and every function that reaches them, directly or
        # through others.
        self.names = set(classes)
        while more := {
            name
            for name, function in plain.items()
            if name not in self.names and _names(function) & self.names
        }:
            self.names |= more
        self.functions = {name: self.function(plain[name]) for name in plain if name in self.names}
        self.globals |= self.functions

    def function(self, function: FunctionType) -> FunctionType:
        made = FunctionType(
            function.__code__,
            self.globals,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        made.__kwdefaults__ = function.__kwdefaults__
        made.__qualname__ = function.__qualname__
        made.__doc__ = function.__doc__
        made.__annotations__ = function.__annotations__
        made.__module__ = FACE
        made.__dict__.update(function.__dict__)
        return made

    def attribute(self, attribute: Any, *, always: bool = False) -> Any:
        """Rebuild a class's attribute, or return None if it uses none of the names."""
        if isinstance(attribute, property):
            parts = [_unwrapped(part) for part in (attribute.fget, attribute.fset, attribute.fdel)]
            if not always and not any(part and _names(part) & self.names for part in parts):
                return None
            get, put, delete = [part and self.function(part) for part in parts]
            return property(get, put, delete, attribute.__doc__)
        if isinstance(attribute, functools.cached_property):
            function = _unwrapped(attribute.func)
            if always or _names(function) & self.names:
                return functools.cached_property(self.function(function))
        elif isinstance(attribute, (classmethod, staticmethod)):
            function = _unwrapped(attribute.__func__)
            if always or _names(function) & self.names:
                return type(attribute)(self.function(function))
        elif isinstance(attribute, FunctionType):
            function = _unwrapped(attribute)
            if always or _names(function) & self.names:
                return self.function(function)
        return None


def _callable(attribute: Any) -> Any:
    """Return the function that C calls with the object, for an attribute of a class."""
    if isinstance(attribute, property):
        return _unwrapped(attribute.fget)
    return _unwrapped(attribute)


def _complete_class(core: ModuleType, kind: int, fast: type, rebinder: _Rebinder) -> None:
    """Set the rebound attributes on a fast class, and pass C its fallback functions."""
    original = getattr(std, CLASSES[kind])
    is_interface = "Interface" in CLASSES[kind]
    in_c = set(vars(fast))
    if is_interface:  # the address comes first in the MRO and would hide these
        in_c |= set(vars(fast.__mro__[1]))
    seen: set[str] = set()
    for cls in original.__mro__:
        always = is_interface and cls is original
        for name, attribute in vars(cls).items():
            if name in seen:
                continue
            seen.add(name)
            rebound = rebinder.attribute(attribute, always=always)
            if callable(attribute) or isinstance(attribute, property):
                core._set_slow(kind, name, _callable(attribute if rebound is None else rebound))
            if rebound is not None and name not in in_c:
                setattr(fast, name, rebound)
                if isinstance(rebound, functools.cached_property):
                    rebound.__set_name__(fast, name)
    _leave_what_std_has_not(fast, original)


def _leave_what_std_has_not(fast: type, original: type) -> None:
    """Remove attributes that this version's class lacks or has as a plain value."""
    for name in list(vars(fast)):
        if name.startswith("__") or name in _FIELDS:
            continue
        theirs = next((vars(cls)[name] for cls in original.__mro__ if name in vars(cls)), None)
        if not hasattr(theirs, "__get__"):
            delattr(fast, name)


class _Reduced:
    """Stands for an object that `copy` rebuilds from its parts."""

    def __init__(self, reduced: Any) -> None:
        self.reduced = reduced

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.reduced


class _Copier:
    """Copies objects of subclasses, and those with unusual fields, as `copy` does by itself.

    `copy` would call the object's own `__copy__`, and reduce it to the standard library's class.
    """

    def __init__(self, classes: dict[str, type]) -> None:
        self.classes = frozenset(classes.values())

    def _reduced(self, original: Any) -> Any:
        reduced = original.__reduce_ex__(4)
        if type(original) in self.classes:
            return (type(original), *reduced[1:])
        return reduced

    def copy(self, original: Any) -> Any:
        reduced = self._reduced(original)
        return original if isinstance(reduced, str) else copy.copy(_Reduced(reduced))

    def deepcopy(self, original: Any, memo: Any) -> Any:
        reduced = self._reduced(original)
        return original if isinstance(reduced, str) else copy.deepcopy(_Reduced(reduced), memo)


def _rules() -> tuple[bool, ...]:
    """Ask the running module about behaviour that differs between versions and patch levels."""
    mapped = std.IPv6Address("::ffff:1.2.3.4")
    return (
        str(mapped) == "::ffff:1.2.3.4",
        mapped.exploded == "0000:0000:0000:0000:0000:ffff:0102:0304",
        mapped.reverse_pointer == "4.0.3.0.2.0.1.0.f.f.f.f." + "0." * 20 + "ip6.arpa",
        hash(std.IPv4Network("10.0.0.0/8")) == hash((10 << 24, 255 << 24)),
        isinstance(std.IPv4Network("192.0.2.1/32").hosts(), list),
        isinstance(std.IPv6Address("::1").__reduce__()[1][0], str),
    )


def complete(core: ModuleType) -> dict[str, Any]:
    """Complete the types that C created.

    Args:
        core: the module of C's types.

    Returns:
        The names of the module `ipaddress`, with the fast classes and functions in their places.
    """
    classes: dict[str, type] = {}
    for kind, name in enumerate(CLASSES):
        if "Interface" not in name:
            classes[name] = getattr(core, name)
            classes[name].__name__ = name  # the interpreter's errors show no module name
            continue
        original = getattr(std, name)
        bases = (getattr(core, f"Interface{name[3]}"), original)
        body = {"__module__": FACE, "__qualname__": name, "__doc__": original.__doc__}
        classes[name] = type(name, bases, body)
        core._set_interface(kind & 1, classes[name])
    rebinder = _Rebinder(classes)
    for name, function in rebinder.functions.items():
        core._set_slow(_MODULE, name, function)
    for kind, name in enumerate(CLASSES):
        _complete_class(core, kind, classes[name], rebinder)
        # A separate cache: otherwise the standard library's networks would get fast netmasks.
        classes[name]._netmask_cache = {}  # type: ignore[attr-defined]
    for version in "46":
        network = classes[f"IPv{version}Network"]
        network._address_class = classes[f"IPv{version}Address"]  # type: ignore[attr-defined]
        for name in _CACHED:
            function = vars(std._BaseNetwork)[name].func
            core._set_slow(_MODULE, name, function)
            cached = functools.cached_property(getattr(core, name))
            cached.__set_name__(network, name)
            cached.__doc__ = function.__doc__
            setattr(network, name, cached)
    copier = _Copier(classes)
    core._set_rules(*_rules(), boundaries, copier.copy, copier.deepcopy)
    in_c = {name: getattr(core, name) for name in rebinder.functions if hasattr(core, name)}
    return {**vars(std), **rebinder.functions, **classes, **in_c}
