"""Every constructor, method and operator against the standard library: same value, same error."""

import ipaddress as std
import operator
import random
from itertools import islice

import pytest
from hypothesis import given, strategies as st

CONSTRUCTORS = [
    "IPv4Address", "IPv6Address", "IPv4Interface", "IPv6Interface", "IPv4Network", "IPv6Network",
    "ip_address", "ip_network", "ip_interface",
]  # fmt: skip
octets = st.integers(0, 300).map(str) | st.sampled_from(
    ["00", "01", "", "-1", "+1", "1_0", "\u0661"]
)
groups = st.integers(0, 0x1FFFF).map("{:x}".format) | st.sampled_from(
    ["", "0000", "00001", "G", "A"]
)
texts4 = st.lists(octets, min_size=3, max_size=5).map(".".join)
texts6 = st.lists(groups, max_size=10).map(":".join) | st.tuples(
    st.lists(groups, max_size=8).map(":".join), texts4
).map(":".join)
tails = st.sampled_from(
    ["", "", "", "/", "/0", "/8", "/24", "/32", "/33", "/64", "/128", "/129", "/08", "/1_0", "/+8",
     "/255.0.0.0", "/0.0.0.255", "/255.0.255.0",
     "%eth0", "%", "%a%b", "%eth0/64", "/8/8", " ", "\n"]
)  # fmt: skip
texts = st.tuples(texts4 | texts6 | st.text(max_size=20), tails).map("".join)
numbers = st.integers(-2, 2**33) | st.integers(0, 2**129) | st.integers(0, 2**32 - 1)
arguments = (
    texts
    | numbers
    | st.binary(max_size=17)
    | st.tuples(numbers | texts4, st.integers(-1, 130) | st.sampled_from(["8", "255.0.0.0", "x"]))
    | st.sampled_from([None, 1.5, True, (), ("1.2.3.4",), bytearray(4), ["1.2.3.4"], (1, 2, 3)])
)
valid4 = st.integers(0, 2**32 - 1) | st.integers(0, 40)
valid6 = st.integers(0, 2**128 - 1) | st.integers(0, 40) | valid4.map(lambda x: x | 0xFFFF << 32)
SHAPES = ("Address", "Interface", "Network")


def same(found, expected):
    """Equal, or the same error; a message may name the class by its address's module."""
    if isinstance(expected, std._IPAddressBase):
        assert repr(found) == repr(expected)
        assert found == expected
        assert hash(found) == hash(expected)
    else:
        assert found == expected


@pytest.mark.parametrize("name", CONSTRUCTORS)
@given(argument=arguments, strict=st.sampled_from([(), (), (True,), (False,), (0,), ([1],)]))
def test_constructors(ipaddress, outcome, name, argument, strict):
    if "etwork" not in name:
        strict = ()
    found = outcome(getattr(ipaddress, name), argument, *strict)
    same(found, outcome(getattr(std, name), argument, *strict))


@st.composite
def recipes(draw):
    """A class's name and what to give it: addresses near one another, so that they meet."""
    version = draw(st.sampled_from("46"))
    shape = draw(st.sampled_from(SHAPES))
    number = draw(valid4 if version == "4" else valid6)
    if shape == "Address":
        return f"IPv{version}Address", (number,)
    bits = 32 if version == "4" else 128
    length = draw(st.integers(0, bits) | st.integers(bits - 8, bits))
    if shape == "Network":
        number = number >> (bits - length) << (bits - length)
    return f"IPv{version}{shape}", ((number, length),)


def make(module, recipe):
    return getattr(module, recipe[0])(*recipe[1])


OPERATORS = [
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
    lambda a, b: a in b, lambda a, b: a.overlaps(b), lambda a, b: a.subnet_of(b),
    lambda a, b: a.supernet_of(b), lambda a, b: a.compare_networks(b),
    lambda a, b: [str(x) for x in islice(a.address_exclude(b), 200)],
]  # fmt: skip


@given(left=recipes(), right=recipes())
def test_pairs(ipaddress, outcome, left, right):
    """All operators, of two of ours and of one of ours with one of the standard library's."""
    for function in OPERATORS:
        expected = outcome(function, make(std, left), make(std, right))
        for modules in [(ipaddress, ipaddress), (ipaddress, std), (std, ipaddress)]:
            found = outcome(function, make(modules[0], left), make(modules[1], right))
            assert found == expected, modules


@given(recipe=recipes(), number=st.integers(-300, 300) | st.integers(-(2**129), 2**129))
def test_numbers(ipaddress, outcome, recipe, number):
    ours, theirs = make(ipaddress, recipe), make(std, recipe)
    for function in (operator.add, operator.sub, operator.getitem, lambda a, n: n + a,
                     lambda a, n: a + bool(n), lambda a, n: a == n,
                     lambda a, n: a < n):  # fmt: skip
        same(outcome(function, ours, number), outcome(function, theirs, number))


@given(recipe=recipes(), number=st.integers(-2, 130) | st.none())
def test_networks_around(ipaddress, outcome, recipe, number):
    ours, theirs = make(ipaddress, recipe), make(std, recipe)
    for function in (
        lambda a, n: a.supernet(n), lambda a, n: a.supernet(new_prefix=n),
        lambda a, n: a.supernet(prefixlen_diff=n), lambda a, n: a.supernet(n, n),
        lambda a, n: list(islice(a.subnets(n), 40)), lambda a, n: list(islice(a.hosts(), 40)),
        lambda a, n: list(islice(a.subnets(new_prefix=n), 40)),
        lambda a, n: list(islice(a.subnets(prefixlen_diff=1, new_prefix=n), 40)),
        lambda a, n: list(islice(a, 40)), lambda a, n: a.subnets(wrong=n),
    ):  # fmt: skip
        same(outcome(function, ours, number), outcome(function, theirs, number))


@given(recipe=recipes())
def test_attributes(ipaddress, outcome, recipe):
    ours, theirs = make(ipaddress, recipe), make(std, recipe)
    for name in dir(theirs):
        expected = outcome(getattr, theirs, name)
        if not name.startswith("__") and not callable(expected) and name != "_netmask_cache":
            same(outcome(getattr, ours, name), expected)
    for name in ("__str__", "__repr__", "__hash__", "__reduce__", "__int__", "_get_networks_key"):
        expected = outcome(lambda item, name=name: getattr(item, name)(), theirs)
        assert outcome(lambda item, name=name: getattr(item, name)(), ours) == expected


@given(recipe_list=st.lists(recipes(), max_size=12), mixed=st.randoms(use_true_random=False))
def test_collapse(ipaddress, outcome, recipe_list, mixed):
    expected = outcome(lambda: list(std.collapse_addresses(make(std, x) for x in recipe_list)))
    modules = [mixed.choice([ipaddress, std]) for _ in recipe_list]
    found = outcome(
        lambda: list(
            ipaddress.collapse_addresses(
                make(module, x) for module, x in zip(modules, recipe_list, strict=True)
            )
        )
    )
    assert found == expected


@given(first=recipes(), last=recipes())
def test_summarize(ipaddress, outcome, first, last):
    found, expected = (
        outcome(
            lambda module=module: list(
                module.summarize_address_range(make(module, first), make(module, last))
            )
        )
        for module in (ipaddress, std)
    )
    assert found == expected


@given(st.lists(st.tuples(st.integers(0, 64), st.integers(24, 32)), min_size=1, max_size=40))
def test_collapse_of_neighbours(ipaddress, pairs):
    made = [((number << 26 >> (32 - length) << (32 - length)) & 0xFFFFFFFF, length)
            for number, length in pairs]  # fmt: skip
    found = list(ipaddress.collapse_addresses(map(ipaddress.IPv4Network, made)))
    assert found == list(std.collapse_addresses(map(std.IPv4Network, made)))
    assert {type(network) for network in found} == {ipaddress.IPv4Network}


def test_ends_of_the_families(ipaddress):
    for name, last in [("4", 2**32 - 1), ("6", 2**128 - 1)]:
        address, network = (
            getattr(ipaddress, f"IPv{name}{shape}") for shape in ("Address", "Network")
        )
        everything = network((0, 0))
        summed = ipaddress.summarize_address_range(address(0), address(last))
        assert list(summed) == [everything]
        assert list(ipaddress.collapse_addresses(everything.subnets(2))) == [everything]
        assert everything[-1] == everything.broadcast_address == address(last)
        assert everything.num_addresses == last + 1
        for step in (1, last + 1, 2**200):
            with pytest.raises(ValueError, match="not permitted"):
                address(last) + step
        with pytest.raises(ValueError, match="not permitted"):
            address(0) - 1
        assert list(network((last - 1, everything.max_prefixlen - 1)))[-1] == address(last)


def test_random_texts(ipaddress):
    """Mutated addresses: the same value or the same error."""
    source = random.Random(11)
    alphabet = "0123456789abcdefABCDEF:.%/ g\0é"
    for _ in range(3000):
        kind = source.random()
        if kind < 0.5:
            text = str(std.IPv4Address(source.getrandbits(32)))
        else:
            text = str(std.IPv6Address(source.getrandbits(128) & -(1 << source.randrange(128))))
        if source.random() < 0.3:
            text += f"/{source.randrange(140)}"
        for _ in range(source.randrange(3)):
            at = source.randrange(len(text) + 1)
            text = text[:at] + source.choice(alphabet) + text[at + source.randrange(2) :]
        for name in CONSTRUCTORS[:6]:
            try:
                expected = repr(getattr(std, name)(text))
            except ValueError as error:
                expected = (type(error), str(error))
            try:
                found = repr(getattr(ipaddress, name)(text))
            except ValueError as error:
                found = (type(error), str(error))
            assert found == expected, (name, text)
