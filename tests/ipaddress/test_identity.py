"""Objects of ours take the place of the standard library's, and mix with them."""

import copy
import functools
import gc
import inspect
import ipaddress as std
import pickle
import reprlib
import weakref

import pytest


def test_equal_both_ways(pair):
    ours, theirs = pair
    assert ours == theirs
    assert theirs == ours
    assert (ours != theirs) is False
    assert (theirs != ours) is False
    assert hash(ours) == hash(theirs)
    assert {ours: 1}[theirs] == {theirs: 1}[ours] == 1
    assert len({ours, theirs}) == 1


def test_order_both_ways(pair):
    ours, theirs = pair
    for left, right in [(ours, theirs), (theirs, ours), (ours, ours)]:
        assert left <= right
        assert left >= right
        assert not left < right
        assert not left > right


def test_isinstance(ipaddress, pair, sample):
    ours, theirs = pair
    cls = getattr(std, sample[0])
    assert isinstance(ours, cls)
    assert issubclass(getattr(ipaddress, sample[0]), cls)
    assert isinstance(ours, getattr(ipaddress, sample[0]))
    assert type(theirs) is cls


def test_every_attribute(ipaddress, pair, outcome, class_names):
    """Values, exceptions and their text are the same; what is an address is one of ours."""
    ours, theirs = pair
    public = {getattr(ipaddress, name) for name in class_names}
    for name in dir(theirs):
        if name.startswith("__"):
            continue
        expected = outcome(getattr, theirs, name)
        found = outcome(getattr, ours, name)
        if callable(expected):
            assert callable(found), name
        elif name != "_netmask_cache":
            assert found == expected, name
            if isinstance(expected, std._IPAddressBase):
                assert type(found) in public, name


@pytest.mark.parametrize("method", [
    "__str__", "__repr__", "__hash__", "__int__", "__len__", "__index__", "__bytes__", "__iter__",
    "hosts", "subnets", "supernet",
])  # fmt: skip
def test_methods_without_arguments(pair, outcome, method):
    def call(item):
        result = getattr(item, method)()
        return (
            [str(x) for _, x in zip(range(9), result, strict=False)]
            if hasattr(result, "__next__")
            else result
        )

    assert outcome(call, pair[0]) == outcome(call, pair[1])


@pytest.mark.parametrize(
    "spec", ["", "s", "20s", "<20", "b", "#b", "_b", "#_x", "X", "n", "#n", "d", "q"]
)
def test_format(pair, outcome, spec):
    assert outcome(format, pair[0], spec) == outcome(format, pair[1], spec)


def test_reprlib_and_match(ipaddress):
    address = ipaddress.ip_address("192.0.2.1")
    assert reprlib.repr(address) == "IPv4Address('192.0.2.1')"
    match address:
        case std.IPv4Address(packed=b"\xc0\0\2\1", version=4):
            pass
        case _:
            raise AssertionError(address)


def test_singledispatch(ipaddress):
    @functools.singledispatch
    def kind(item):
        return "other"

    kind.register(std.IPv4Address, lambda item: "address")
    kind.register(std.IPv4Network, lambda item: "network")
    assert kind(ipaddress.ip_address("1.1.1.1")) == "address"
    assert kind(ipaddress.ip_interface("1.1.1.1/8")) == "address"
    assert kind(ipaddress.ip_network("1.0.0.0/8")) == "network"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_are_the_stdlib_s(pair, sample, protocol):
    """They name the standard library's classes: reading them does not need fastsock."""
    ours, theirs = pair
    data = pickle.dumps(ours, protocol)
    assert data == pickle.dumps(theirs, protocol)
    assert type(pickle.loads(data)) is getattr(std, sample[0])
    assert pickle.loads(data) == pickle.loads(pickle.dumps(theirs))  # older releases lose the zone


def test_classes_and_functions_pickle(ipaddress, class_names, compiled):
    for name in [*class_names, "ip_address", "collapse_addresses", "parse_many"]:
        value = getattr(compiled.part("ipaddress"), name)
        assert pickle.loads(pickle.dumps(value)) is value


def test_copies_keep_the_class(pair):
    ours, theirs = pair
    for made in (copy.copy(ours), copy.deepcopy(ours), copy.deepcopy([ours, ours])[1]):
        assert type(made) is type(ours)
        assert made == copy.copy(theirs)
        assert str(made) == str(copy.copy(theirs))


def test_weakref(pair):
    ours = pair[0]
    assert weakref.ref(ours)() is ours


def test_weakref_ends(ipaddress, sample):
    item = getattr(ipaddress, sample[0])(sample[1])
    ended = []
    reference = weakref.ref(item, ended.append)
    del item
    gc.collect()
    assert reference() is None
    assert ended == [reference]


def test_attributes_as_the_stdlib_has_them(pair):
    """Addresses take no new attributes; the others do."""
    took = []
    for item in pair:
        try:
            item.note = 1
        except AttributeError:
            took.append(False)
        else:
            took.append(item.note == 1)
    assert took[0] == took[1]
    assert hasattr(pair[0], "__dict__") == hasattr(pair[1], "__dict__")


def test_finalizer(compiled):
    """A __del__ that somebody puts into the class is called, and may keep the object."""
    cls = compiled.part("ipaddress").IPv4Address
    kept = []
    gc.collect()  # what other tests left has its own end first
    cls.__del__ = lambda self: kept.append(self)
    try:
        address = cls("192.0.2.1")
        del address
        gc.collect()
    finally:
        del cls.__del__
    assert [str(item) for item in kept] == ["192.0.2.1"]
    kept.clear()
    assert str(cls("192.0.2.2")) == "192.0.2.2"


def test_replaced_constructor(compiled, monkeypatch):
    module = compiled.part("ipaddress")
    for name, text in [
        ("IPv4Address", "1.1.1.1"),
        ("IPv6Network", "::/8"),
        ("IPv4Interface", "::"),
    ]:
        seen = []
        with monkeypatch.context() as patch:
            patch.setattr(
                getattr(module, name), "__init__", lambda self, *args, seen=seen: seen.append(args)
            )
            getattr(module, name)(text)
        assert seen == [(text,)]


def test_signatures_and_docs(compiled):
    module = compiled.part("ipaddress")
    assert str(inspect.signature(module.IPv4Address)) == "(address)"
    assert str(inspect.signature(module.IPv6Network)) == "(address, strict=True)"
    assert str(inspect.signature(module.ip_network)) == "(address, strict=True)"
    assert module.IPv4Network.__doc__ == std.IPv4Network.__doc__
    assert module.IPv4Address.__module__ == "fastsock.ipaddress"


def test_isinstance_stands_on_self_only():
    """What rebinding relies on: the standard library's methods test no other object for the six."""
    import ast

    names = {
        "IPv4Address",
        "IPv6Address",
        "IPv4Interface",
        "IPv6Interface",
        "IPv4Network",
        "IPv6Network",
    }
    for node in ast.walk(ast.parse(inspect.getsource(std))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            tested = {item.id for item in ast.walk(node.args[1]) if isinstance(item, ast.Name)}
            if tested & names:
                assert node.args[0].id == "self"
