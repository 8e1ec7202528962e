"""The twins side by side, by tool: names, signatures, docstrings, refusals."""

import ast
import inspect
import types
from importlib import import_module

import pytest
from contract import FACES, PARTS, PURE_IS_THE_STDLIB, choice, twin_of

CONTRACT = [(part, name) for part in PARTS for name in PARTS[part]]


def pair(part, name):
    return [getattr(twin_of(part, tag), name) for tag in ("c", "py")]


def public_members(value):
    """A function under its own name; a class with its public methods and properties."""
    if not inspect.isclass(value):
        return {"": value}
    return {"": value, **{name: getattr(value, name) for name in dir(value) if name[0] != "_"}}


def shape(function, of_class=False):
    """A signature without annotations, which only the pure twin has; None for plain data."""
    if not callable(function):
        return None
    parameters = list(inspect.signature(function).parameters.values())
    if of_class and parameters[0].name == "self":  # positional only where it is C
        del parameters[0]
    return [(p.name, p.kind, p.default) for p in parameters]


@pytest.mark.parametrize(("part", "name"), CONTRACT)
def test_members_and_signatures(part, name):
    compiled, pure = map(public_members, pair(part, name))
    assert compiled.keys() == pure.keys()
    for member in compiled:
        of_class = member != ""
        assert shape(compiled[member], of_class) == shape(pure[member], of_class), member


@pytest.mark.parametrize(("part", "name"), CONTRACT)
def test_defaults_say_what_they_stand_for(part, name):
    """`help` shows a default by its repr: an address in memory or `Ellipsis` says nothing."""
    for twin in pair(part, name):
        for member, function in public_members(twin).items():
            for parameter, _, default in shape(function) or ():
                assert default is not ..., (member, parameter)
                assert " at 0x" not in repr(default), (member, parameter)


@pytest.mark.parametrize(("part", "name"), CONTRACT)
def test_docstrings(part, name):
    compiled, pure = map(public_members, pair(part, name))
    for member in compiled:
        text = inspect.getdoc(pure[member])
        assert "\n" not in (text or "\n").partition("\n\n")[0], f"{member}: no one-line summary"
        assert inspect.getdoc(compiled[member]) == text, member


def misuses(function):
    """Calls whose arguments don't fit the signature, whatever their values."""
    parameters = inspect.signature(function).parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in positional if p.default is p.empty]
    right = [0] * len(required)
    if required:
        yield (), {}
        yield right[:-1], {}
    if not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        yield [0] * (len(positional) + 1), {}
        yield [0] * (len(positional) + 9), {}
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        yield right, {"no_such_argument": 0}
    for parameter in positional:
        if parameter.kind is parameter.POSITIONAL_ONLY:
            yield right[:-1], {parameter.name: 0}
        else:
            yield right, {parameter.name: 0, "no_such_argument": 0}


def refusal(function, arguments, keywords):
    try:
        function(*arguments, **keywords)
    except Exception as error:
        return type(error)
    return None


@pytest.mark.parametrize(("part", "name"), CONTRACT)
def test_misuse_is_refused_alike(part, name):
    compiled, pure = pair(part, name)
    calls = list(misuses(pure))
    assert calls
    for arguments, keywords in calls:
        assert refusal(pure, arguments, keywords) is TypeError, (arguments, keywords)
        assert refusal(compiled, arguments, keywords) is TypeError, (arguments, keywords)


@pytest.mark.parametrize("part", sorted(FACES.keys() - PURE_IS_THE_STDLIB))
def test_a_face_takes_the_same_names_from_either_twin(part):
    pure, compiled = choice(FACES[part])
    assert compiled == pure


@pytest.mark.parametrize("part", PARTS)
def test_no_public_name_beyond_the_contract(twin, part):
    module = twin.part(part)
    if hasattr(module, "__path__"):  # a package lists what it gives
        assert sorted(module.__all__) == sorted(PARTS[part])
        return
    own = (module.__name__, f"fastsock.{part}")
    defined = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name != "TYPE_CHECKING"
        and not isinstance(value, types.ModuleType)
        and getattr(value, "__module__", own[0]) in own  # the rest is imported from elsewhere
    }
    face = ast.parse(FACES[part].read_text("utf-8"))
    once = {  # written once, beside the pair, and published by the face as well
        alias.name for node in face.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    defined -= once
    if part in PURE_IS_THE_STDLIB:
        defined -= {*vars(import_module(part))} - set(PARTS[part])
    assert defined == set(PARTS[part])
