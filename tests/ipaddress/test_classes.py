"""Subclasses, mixins and strange fields: what users do to the standard library's classes."""

import copy
import gc
import ipaddress as std
import pickle
import weakref
from itertools import islice

import pytest


class Slotted:
    """Made into a subclass of each class, below; found by its name when pickled."""


def make_slotted(cls):
    class Made(cls):
        __slots__ = ("note",)

        def __new__(cls, *args, **kwargs):
            return super().__new__(cls)

        def __init__(self, address, note=1):
            super().__init__(address)
            self.note = note

    Made.__module__, Made.__qualname__ = __name__, "Slotted"
    globals()["Slotted"] = Made
    return Made


def test_slotted_subclass(ipaddress, pair, sample):
    cls = make_slotted(getattr(ipaddress, sample[0]))
    item = cls(sample[1], note=5)
    assert item.note == 5
    assert item == pair[0]
    assert pair[0] == item
    assert item == pair[1]
    assert hash(item) == hash(pair[1])
    assert str(item) == str(pair[1])
    assert repr(item) == repr(pair[1]).replace(sample[0], "Made")
    assert type(copy.copy(item)) is type(copy.deepcopy(item)) is cls
    read = pickle.loads(pickle.dumps(item))
    assert type(read) is cls
    # Releases before 3.11.4 lose the scope.
    assert read == pickle.loads(pickle.dumps(pair[1]))
    assert weakref.ref(item)() is item


def test_subclass_with_dict_is_collected(ipaddress, sample):
    class Plain(getattr(ipaddress, sample[0])):
        pass

    item = Plain(sample[1])
    item.itself = item
    reference = weakref.ref(item)
    del item
    gc.collect()
    assert reference() is None


def test_mixins(ipaddress, pair, sample):
    cls, original = getattr(ipaddress, sample[0]), getattr(std, sample[0])

    class Mixin:
        def hello(self):
            return "hello"

    class Sub(original):
        pass

    combinations = [(Mixin, cls), (cls, Mixin)] + [(cls, Sub)] * (cls is not original)
    for bases in combinations:
        item = type("Mixed", bases, {})(sample[1])
        assert item == pair[1]
        assert str(item) == str(pair[1])
    if "Network" not in sample[0]:  # ours has fields, the standard library's only a __dict__
        with pytest.raises(TypeError, match=r"layout conflict|multiple bases"):
            type("Mixed", (cls, int), {})


def test_subclass_of_the_stdlib_s_on_the_right(ipaddress, pair, sample):
    """Its operator is tried first, as with the standard library's objects."""

    class Never(getattr(std, sample[0])):
        def __eq__(self, other):
            return False

        __hash__ = None

    assert (pair[1] == Never(sample[1])) is False
    assert (pair[0] == Never(sample[1])) is False


def test_class_of_another_layout_is_refused(compiled, sample):
    class Sub(getattr(std, sample[0])):
        pass

    class Ours(getattr(compiled.part("ipaddress"), sample[0])):
        pass

    item = Sub(sample[1])
    with pytest.raises(TypeError, match=r"layout differs|only supported"):
        item.__class__ = Ours


def test_overridden_operators_are_used(ipaddress):
    class Backwards(ipaddress.IPv4Address):
        def __lt__(self, other):
            return int(self) > int(other)

    one, two = Backwards(1), Backwards(2)
    assert two < one
    assert two <= one
    assert one > two
    assert sorted([one, two]) == [two, one]


@pytest.mark.parametrize("name", ["IPv4Network", "IPv6Network"])
def test_overridden_network_address_is_used(ipaddress, outcome, name):
    def made(module):
        class Moved(getattr(module, name)):
            @property
            def prefixlen(self):
                return 5

        return str(Moved((0, 8)))

    assert outcome(made, ipaddress) == outcome(made, std)


@pytest.mark.parametrize("name", ["IPv4Address", "IPv6Address", "IPv4Interface", "IPv6Interface",
                                  "IPv4Network", "IPv6Network"])  # fmt: skip
def test_objects_that_init_never_saw(ipaddress, outcome, name):
    """object.__new__ gives one without fields: the same errors, and no crash."""
    for attribute in [
        "_ip", "_scope_id", "_prefixlen", "network_address", "netmask", "network", "packed",
        "is_private", "exploded", "compressed", "num_addresses", "ip", "ipv4_mapped",
        "reverse_pointer", "broadcast_address", "is_loopback", "version",
    ]:  # fmt: skip
        found, expected = (
            outcome(getattr, object.__new__(getattr(module, name)), attribute)
            for module in (ipaddress, std)
        )
        if isinstance(expected, tuple):
            assert found[0] is expected[0], attribute
        else:
            assert found == expected, attribute
    for function in (str, hash, repr, int, iter, copy.copy, pickle.dumps, bytes, bool):
        found, expected = (
            outcome(function, object.__new__(getattr(module, name))) for module in (ipaddress, std)
        )
        if isinstance(expected, tuple):
            assert found[0] is expected[0], function
    empty = [object.__new__(getattr(ipaddress, name)) for _ in range(2)]
    assert empty[0] != 5
    with pytest.raises(AttributeError):
        empty[0] < empty[1]  # noqa: B015


@pytest.mark.parametrize("value", [5, 2**32, 2**128, -1, True, "text", 1.5])
@pytest.mark.parametrize("name", ["IPv4Address", "IPv6Address"])
def test_writes_to_ip(ipaddress, outcome, name, value):
    """Private, but subclasses write it: any value must give the same result."""

    def written(module):
        cls = getattr(module, name)
        item = cls(1)
        hash(item)
        item._ip = value
        return item

    ours, theirs = written(ipaddress), written(std)
    assert ours._ip is value or ours._ip == value
    # No is_private: the standard library hashes the object there, for a cache that we do not have.
    for function in (str, repr, hash, lambda x: x.packed, lambda x: x == 5, lambda x: x + 1,
                     lambda x: x.is_multicast, lambda x: x.exploded):  # fmt: skip
        assert outcome(function, ours) == outcome(function, theirs)
    ours._ip = 7
    assert ours == 7 or str(ours) == str(getattr(std, name)(7))
    assert hash(ours) == hash(getattr(std, name)(7))
    del ours._ip
    with pytest.raises(AttributeError):
        ours._ip  # noqa: B018


def test_writes_to_scope_id(ipaddress):
    ours, theirs = ipaddress.IPv6Address("fe80::1"), std.IPv6Address("fe80::1")
    hash(ours)
    for scope in ("eth0", None, "1"):
        ours._scope_id = theirs._scope_id = scope
        assert str(ours) == str(theirs)
        assert hash(ours) == hash(theirs)
        assert ours.scope_id == scope
        assert ours == theirs


@pytest.mark.parametrize("name", ["IPv4Network", "IPv6Network"])
def test_writes_to_network_fields(ipaddress, outcome, name):
    looks = (str, hash, repr, lambda x: x.num_addresses, lambda x: x.prefixlen,
             lambda x: x.supernet(), lambda x: list(x.subnets()), lambda x: x.is_private,
             lambda x: list(islice(x, 40)), lambda x: list(islice(x.hosts(), 40)),
             lambda x: x[1], lambda x: x.with_netmask,
             lambda x: x.overlaps(x), lambda x: x == x, lambda x: x <= x)  # fmt: skip

    def changed(module, change):
        network = getattr(module, name)(
            (256, getattr(module, name)._address_class(0).max_prefixlen - 4)
        )
        change(network, getattr(module, name)._address_class)
        return network

    def host_bits(network, address):
        network.network_address = address(257)

    def wide_mask(network, address):
        network.netmask = address(0)

    def longer(network, address):
        network._prefixlen += 1

    def strange(network, address):
        network._prefixlen = "5"

    def foreign(network, address):
        network.network_address = getattr(std, name)._address_class(512)

    for change in (host_bits, wide_mask, longer, strange, foreign):
        ours, theirs = changed(ipaddress, change), changed(std, change)
        for look in looks:
            assert outcome(look, ours) == outcome(look, theirs), change
    ours = changed(ipaddress, lambda *_: None)
    ours.__init__((0, 8))
    assert str(ours) == str(getattr(std, name)((0, 8)))
    assert ours.netmask == getattr(std, name)((0, 8)).netmask


@pytest.mark.parametrize("name", ["IPv4Interface", "IPv6Interface"])
def test_writes_to_interface_fields(ipaddress, outcome, name):
    looks = (str, hash, repr, lambda x: x.network, lambda x: x.ip, lambda x: x == x,
             lambda x: x.with_netmask, lambda x: x.hostmask, lambda x: x.is_loopback,
             lambda x: x.netmask, lambda x: x < x)  # fmt: skip

    def changed(module, change):
        interface = getattr(module, name)((257, getattr(module, name)(0).max_prefixlen - 4))
        change(interface, module)
        return interface

    def network(interface, module):
        interface.network = getattr(module, name.replace("Interface", "Network"))((0, 8))

    def netmask(interface, module):
        interface.netmask = getattr(module, name)(0)

    def length(interface, module):
        interface._prefixlen = 8

    def number(interface, module):
        interface._ip = 1

    for change in (network, netmask, length, number):
        ours, theirs = changed(ipaddress, change), changed(std, change)
        for look in looks:
            assert outcome(look, ours) == outcome(look, theirs), (change, look)


def test_netmask_cache_is_not_shared(ipaddress):
    text = "9.0.0.0/255.0.0.0"
    assert type(std.IPv4Network(text).netmask) is std.IPv4Address
    assert type(ipaddress.IPv4Network(text).netmask) is ipaddress.IPv4Address
    assert type(std.IPv4Network(text).netmask) is std.IPv4Address
