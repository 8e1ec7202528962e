"""The module: its names, its switch, its functions, its lists."""

import array
import ipaddress as std
from socket import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC
from types import ModuleType

import pytest

import fastsock.ipaddress as face
from fastsock._core.backend import COMPILED


def test_every_public_name():
    public = {name for name in vars(std) if not name.startswith("_")}
    public -= {name for name in public if isinstance(getattr(std, name), ModuleType)}
    assert set(face.__all__) == public | {"parse_many", "from_packed"}
    for name in public:
        assert hasattr(face, name)


def test_errors_are_the_stdlib_s(ipaddress):
    with pytest.raises(std.AddressValueError):
        ipaddress.IPv4Address("nowhere")
    with pytest.raises(std.NetmaskValueError):
        ipaddress.IPv4Network("1.0.0.0/x")
    assert face.AddressValueError is std.AddressValueError


def test_private_names(ipaddress):
    assert ipaddress._BaseAddress is std._BaseAddress
    with pytest.raises(AttributeError, match="no_such_name"):
        ipaddress.no_such_name  # noqa: B018


def test_pure_is_the_stdlib_itself(run_python):
    code = """
import ipaddress, fastsock.ipaddress as ours
for name in set(ours.__all__) - {"parse_many", "from_packed"}:
    assert getattr(ours, name) is getattr(ipaddress, name)
assert ours.parse_many.__module__ == "fastsock.ipaddress"
print("done")
"""
    process = run_python("-c", code, FASTSOCK_BACKEND="py")
    assert process.stdout == "done\n", process.stderr


def test_switching_a_program(run_python):
    """Whoever imports ipaddress afterwards gets ours; pickles name what stands there."""
    code = """
import sys
import fastsock.ipaddress
sys.modules["ipaddress"] = fastsock.ipaddress
import ipaddress, pickle
from ipaddress import IPv4Address, _BaseNetwork
assert IPv4Address is fastsock.ipaddress.IPv4Address
for text in ("192.0.2.1", "2001:db8::/32", "10.1.2.3/8"):
    item = ipaddress.ip_interface(text)
    assert type(pickle.loads(pickle.dumps(item))) is type(item)
    assert pickle.loads(pickle.dumps(item)) == item
print("done")
"""
    process = run_python("-c", code)
    assert process.stdout == "done\n", process.stderr


def test_results_are_ours(ipaddress):
    address, network = ipaddress.IPv4Address, ipaddress.IPv4Network
    ten, one = network("10.0.0.0/8"), address("10.0.0.1")
    assert {type(item) for item in ten.subnets(2)} == {network}
    assert type(ten.supernet()) is type(ten.supernet(new_prefix=3)) is network
    assert {type(item) for item in ten.address_exclude(network("10.1.0.0/16"))} == {network}
    assert {type(item) for item in ten.address_exclude(std.IPv4Network("10.1.0.0/16"))} == {network}
    for found in (one + 1, one - 1, ten[5], ten.network_address, ten.broadcast_address,
                  ten.netmask, ten.hostmask, next(iter(ten)), next(iter(ten.hosts())),
                  next(iter(network("1.1.1.1").hosts())), ipaddress.ip_interface("1.1.1.1/8").ip,
                  ipaddress.IPv6Address("::ffff:1.2.3.4").ipv4_mapped):  # fmt: skip
        assert type(found) is address
    assert type(ipaddress.IPv4Interface("1.1.1.1/8") + 1) is ipaddress.IPv4Interface
    assert type(ipaddress.IPv4Interface("1.1.1.1/8").network) is network
    for found in ipaddress.collapse_addresses([std.ip_address("10.0.0.1"), one + 1]):
        assert type(found) is network
    for found in ipaddress.summarize_address_range(one, std.IPv4Address("10.0.0.9")):
        assert type(found) is network
    key = ipaddress.get_mixed_type_key
    assert sorted([one, std.ip_network("9.0.0.0/8")], key=key)[0] == std.ip_network("9.0.0.0/8")


def test_keywords(ipaddress):
    assert str(ipaddress.ip_address(address="::1")) == "::1"
    assert str(ipaddress.ip_network(address="1.2.3.4/8", strict=False)) == "1.0.0.0/8"
    assert str(ipaddress.ip_network("1.2.3.4/8", strict=False)) == "1.0.0.0/8"
    assert str(ipaddress.ip_network("::1/8", False)) == "::/8"
    assert str(ipaddress.IPv4Network("1.2.3.4/8", strict=False)) == "1.0.0.0/8"
    assert str(ipaddress.IPv4Address(address="1.2.3.4")) == "1.2.3.4"
    assert list(ipaddress.collapse_addresses(addresses=[])) == []
    for call in (ipaddress.ip_address, ipaddress.ip_network, ipaddress.collapse_addresses):
        with pytest.raises(TypeError):
            call()
        with pytest.raises(TypeError):
            call("1.1.1.1", wrong=1)


def test_mapped_text_is_the_running_version_s(ipaddress):
    for text in ("::ffff:1.2.3.4", "::ffff:0:0", "::1.2.3.4", "64:ff9b::1.2.3.4"):
        ours, theirs = ipaddress.IPv6Address(text), std.IPv6Address(text)
        assert (str(ours), ours.exploded, ours.reverse_pointer) == (
            str(theirs), theirs.exploded, theirs.reverse_pointer)  # fmt: skip


def test_iterators(ipaddress):
    network = ipaddress.IPv4Network("10.0.0.0/28")
    iterator = iter(network)
    assert iter(iterator) is iterator
    assert len(list(iterator)) == 16
    assert list(iterator) == []
    assert next(iterator, None) is None
    huge = iter(ipaddress.IPv6Network("::/0"))
    assert str(next(huge)) == "::"


def test_parse_many(ipaddress):
    texts = ["192.0.2.1", "2001:db8::1", "fe80::1%eth0", "0.0.0.0"]
    for given in (texts, tuple(texts), iter(texts), dict.fromkeys(texts)):
        found = ipaddress.parse_many(given)
        assert found == [std.ip_address(text) for text in texts]
    assert {type(item) for item in found} == {ipaddress.IPv4Address, ipaddress.IPv6Address}
    assert ipaddress.parse_many([]) == []
    with pytest.raises(ValueError, match="'nowhere' does not appear to be"):
        ipaddress.parse_many(["192.0.2.1", "nowhere"])
    with pytest.raises(TypeError):
        ipaddress.parse_many(5)

    def broken():
        yield "192.0.2.1"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ipaddress.parse_many(broken())


def test_from_packed(ipaddress):
    four, six = bytes(range(8)), bytes(range(32))
    mapped = bytes(10) + b"\xff\xff" + four[4:]
    for wrap in (bytes, bytearray, memoryview, lambda data: array.array("I", data)):
        assert ipaddress.from_packed(AF_INET, wrap(four)) == [
            std.IPv4Address(four[:4]), std.IPv4Address(four[4:])]  # fmt: skip
        assert ipaddress.from_packed(AF_INET6, wrap(six))[1] == std.IPv6Address(six[16:])
    assert ipaddress.from_packed(AF_UNSPEC, mapped + six) == [
        std.IPv4Address(four[4:]), std.IPv6Address(six[:16]),
        std.IPv6Address(six[16:])]  # fmt: skip
    assert type(ipaddress.from_packed(AF_INET6, mapped)[0]) is ipaddress.IPv6Address
    assert ipaddress.from_packed(AF_INET, b"") == []


@pytest.mark.parametrize(("arguments", "error", "text"), [
    ((AF_INET, bytes(5)), ValueError, "packed must be a whole number of 4-byte address records"),
    ((AF_INET6, bytes(4)), ValueError, "packed must be a whole number of 16-byte address records"),
    ((AF_UNIX, b""), ValueError, "family must be AF_INET, AF_INET6 or AF_UNSPEC"),
    ((AF_INET, "text"), TypeError, "a bytes-like object is required, not 'str'"),
    ((AF_INET, memoryview(bytes(8))[::2]), BufferError, "packed must be a C-contiguous buffer"),
])  # fmt: skip
def test_from_packed_refuses(ipaddress, arguments, error, text):
    with pytest.raises(error, match=text):
        ipaddress.from_packed(*arguments)


def test_face_takes_the_compiled_twin():
    assert (face.IPv4Address is std.IPv4Address) == (not COMPILED)
