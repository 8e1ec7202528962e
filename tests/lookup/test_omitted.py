"""`_core.omitted`: a default that is told from every value, and that help can show."""

import inspect

import pytest

from fastsock._core.omitted import Omitted
from fastsock.lookup import services


def test_its_repr_says_what_holds():
    assert repr(Omitted("all hosts")) == "<all hosts>"


def test_it_equals_itself_alone():
    omitted = Omitted("all hosts")
    assert omitted == omitted
    assert omitted != "all hosts"
    assert omitted != Omitted("all hosts")
    assert {omitted: 1}.get("all hosts") is None


@pytest.mark.parametrize("name", ["getservbyname", "getservbyport"])
def test_inspect_reads_it_from_a_c_function(lookup, name):
    shown = inspect.signature(getattr(lookup, name))
    assert shown.parameters["protocolname"].default is services.ANY_PROTOCOL


@pytest.mark.parametrize(("name", "key"), [("getservbyname", "http"), ("getservbyport", 80)])
def test_an_ellipsis_is_refused_as_by_socket(lookup, name, key):
    with pytest.raises(TypeError, match=rf"{name}\(\) argument 2 must be str, not ellipsis"):
        getattr(lookup, name)(key, ...)
