"""Inputs that a twin once got wrong, each as it was found."""

from socket import AF_INET6, AF_UNSPEC

import pytest


@pytest.mark.parametrize("family", [AF_INET6, AF_UNSPEC])
@pytest.mark.parametrize(
    "text",
    [
        "2001:db8::1\nfoobar",  # an item that starts with a whole row
        "::\n::\n::\n::\n",
        "2001:db8::1\n",
        "2001:db8::1\r",
        "2001:db8:aa:bb:cc:dd:ee:ff\r",
        ":1:2:3:4:5:6:7:8",  # one colon in front is no "::"
        ":1:2:3:4:5:6:7::",
    ],
)
def test_item_that_only_looks_like_ipv6(address, family, text):
    packed, valid = address.inet_pton_many(family, [text, "2001:db8::2"], errors="mask")
    assert valid == b"\0\1"
    assert packed == bytes(16) + address.inet_pton(AF_INET6, "2001:db8::2")


@pytest.mark.parametrize("family", [AF_INET6, AF_UNSPEC])
@pytest.mark.parametrize("line", [b":1:2:3:4:5:6:7:8", b":1:2:3:4:5:6:7::", b":1::"])
def test_line_that_starts_with_one_colon(address, family, line):
    blob = line + b"\n" + b"2001:db8::2\n" * 9  # far from the end, where SIMD steps run
    packed, valid = address.inet_pton_many(family, blob, errors="mask")
    assert valid == b"\0" + b"\1" * 9
    assert packed[:16] == bytes(16)
