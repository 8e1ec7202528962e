"""`parse_hostport` and `format_hostport`: the whole table, and each the other's inverse."""

from enum import Enum, IntEnum

import pytest
from hypothesis import given, strategies as st

from fastsock import AddressError
from fastsock.address import hostport
from fastsock.address.hostport import format_hostport, parse_hostport


@pytest.fixture(scope="module", autouse=True)
def over_both_twins(address):
    """The functions are written once, over either twin's `inet_pton`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hostport, "_inet_pton", address.inet_pton)
        yield


PARSED = {
    "example.org:80": ("example.org", 80),
    "example.org": ("example.org", None),
    "example.org.:80": ("example.org.", 80),
    "localhost:0": ("localhost", 0),
    "localhost:65535": ("localhost", 65535),
    "localhost:00080": ("localhost", 80),
    "under_score:1": ("under_score", 1),
    "b\u00fccher.example:80": ("b\u00fccher.example", 80),
    "192.0.2.1:80": ("192.0.2.1", 80),
    "192.0.2.1": ("192.0.2.1", None),
    "127.1:80": ("127.1", 80),
    ":80": ("", 80),
    "*:80": ("*", 80),
    "80": ("80", None),
    "::1": ("::1", None),
    "::": ("::", None),
    "2001:DB8::80": ("2001:DB8::80", None),
    "1:2:3:4:5:6:7:8": ("1:2:3:4:5:6:7:8", None),
    "::ffff:192.0.2.1": ("::ffff:192.0.2.1", None),
    "fe80::1%eth0": ("fe80::1%eth0", None),
    "[::1]": ("::1", None),
    "[::1]:80": ("::1", 80),
    "[::]:0": ("::", 0),
    "[2001:DB8::1]:443": ("2001:DB8::1", 443),
    "[::ffff:192.0.2.1]:80": ("::ffff:192.0.2.1", 80),
    "[fe80::1%eth0]:80": ("fe80::1%eth0", 80),
    "[fe80::1%eth0.100]": ("fe80::1%eth0.100", None),
    "[fe80::1%25eth0]:80": ("fe80::1%25eth0", 80),  # RFC 6874's escape is for URLs alone
}

BRACKETS = "brackets must hold an IPv6 address"
FOLLOW = "only a port can follow the brackets"
COLONS = "neither an IPv6 address nor host:port (brackets go round IPv6)"
CHARACTER = "a character that no host can have"
NOTHING = "neither host nor port"


def port(digits):
    return f"the port must be 0 to 65535 in decimal, not {digits!r}"


REFUSED = {
    "": NOTHING,
    ":": port(""),
    "example.org:": port(""),
    "example.org:65536": port("65536"),
    "example.org:99999": port("99999"),
    "example.org:000080": port("000080"),
    "example.org:-1": port("-1"),
    "example.org:+80": port("+80"),
    "example.org: 80": port(" 80"),
    "example.org:80 ": port("80 "),
    "example.org:80\n": port("80\n"),
    "example.org:8_0": port("8_0"),
    "example.org:0x50": port("0x50"),
    "example.org:http": port("http"),
    "example.org:\u0668\u0660": port("\u0668\u0660"),
    "example.org:\uff18": port("\uff18"),
    "example.org:80/": port("80/"),
    "[::1]:": port(""),
    "[::1]:65536": port("65536"),
    "[::1]:x": port("x"),
    "[::1]:80:90": port("80:90"),
    "[]": BRACKETS,
    "[]:80": BRACKETS,
    "[": BRACKETS,
    "[::1": BRACKETS,
    "[::1:80": BRACKETS,
    "[192.0.2.1]:80": BRACKETS,
    "[example.org]:80": BRACKETS,
    "[v1.fe80::a]:80": BRACKETS,
    "[[::1]]:80": BRACKETS,
    "[ ::1]:80": BRACKETS,
    "[::1 ]:80": BRACKETS,
    "[::1/64]:80": BRACKETS,
    "[fe80::1%]:80": BRACKETS,
    "[fe80::1%a%b]:80": BRACKETS,
    "[fe80::1%a b]:80": BRACKETS,
    "[fe80::1%a/b]": BRACKETS,
    "[%eth0]": BRACKETS,
    "[::1\0]": BRACKETS,
    "[::\ud800]": BRACKETS,
    "[192.0.2.1%eth0]": BRACKETS,
    "[::1]80": FOLLOW,
    "[::1]]:80": FOLLOW,
    "[::1] ": FOLLOW,
    "[::1]/": FOLLOW,
    "[fe80::1%a]b]:80": FOLLOW,
    "::1:": COLONS,
    "1:2:3:4:5:6:7:8:80": COLONS,
    "example.org:80:90": COLONS,
    "::1]:80": COLONS,
    "192.0.2.1::80": COLONS,
    ":::80": COLONS,
    "fe80::1%": COLONS,
    "fe80::1%eth0:80": COLONS,
    "http://example.org:80": COLONS,
    " ::1": COLONS,
    "::1\n": COLONS,
    " example.org": CHARACTER,
    "example.org ": CHARACTER,
    "example.org\n": CHARACTER,
    "exam ple:80": CHARACTER,
    "user@example.org:80": CHARACTER,
    "example.org/path": CHARACTER,
    "example.org?q": CHARACTER,
    "example.org#f": CHARACTER,
    "example.org]:80": CHARACTER,
    "a[b": CHARACTER,
    "back\\slash": CHARACTER,
    "nul\0": CHARACTER,
    "bell\x07:80": CHARACTER,
    "del\x7f": CHARACTER,
    "no\u00a0break": CHARACTER,
    "\u2003em": CHARACTER,
}


@pytest.mark.parametrize("text", PARSED)
def test_parse(text):
    assert parse_hostport(text) == PARSED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_parse_refuses(text):
    with pytest.raises(AddressError) as caught:
        parse_hostport(text, 80)
    assert str(caught.value) == f"{text!r}: {REFUSED[text]}"
    assert caught.value.value == text
    assert caught.value.index is None


@pytest.mark.parametrize("default", [80, 0, None, "http", -1])
def test_default_port(default):
    for text, (host, port) in PARSED.items():
        assert parse_hostport(text, default) == (host, default if port is None else port)
    assert parse_hostport("::1", default_port=default) == ("::1", default)


@pytest.mark.parametrize("text", [b"example.org:80", None, 80, ("example.org", 80)])
def test_parse_wants_str(text):
    with pytest.raises(TypeError) as caught:
        parse_hostport(text)
    assert str(caught.value) == f"text must be str, not {type(text).__name__}"


def test_huge_texts_are_cut_in_messages():
    for text in "x" * 100_000 + " ", "[" + ":" * 100_000, "a:" + "1" * 100_000:
        with pytest.raises(AddressError) as caught:
            parse_hostport(text)
        assert len(str(caught.value)) < 300
        assert caught.value.value == text


class Index:
    def __index__(self):
        return 80


class Port(IntEnum):
    HTTP = 80


class Mixed(int, Enum):
    HTTP = 80


FORMATTED = [
    ("example.org", 80, "example.org:80"),
    ("example.org", None, "example.org"),
    ("192.0.2.1", 0, "192.0.2.1:0"),
    ("", 80, ":80"),
    ("::1", 65535, "[::1]:65535"),
    ("::1", None, "[::1]"),
    ("2001:DB8::1", 1, "[2001:DB8::1]:1"),
    ("fe80::1%eth0", 80, "[fe80::1%eth0]:80"),
    # whatever is an integer is written as one
    ("example.org", Index(), "example.org:80"),
    ("example.org", Port.HTTP, "example.org:80"),
    ("example.org", Mixed.HTTP, "example.org:80"),
    ("example.org", True, "example.org:1"),
]


@pytest.mark.parametrize(("host", "port", "text"), FORMATTED)
def test_format(host, port, text):
    assert format_hostport(host, port) == text


@pytest.mark.parametrize(
    ("host", "port", "value", "reason"),
    [
        ("", None, "", NOTHING),
        ("[::1]", 80, "[::1]", "not an IPv6 address, yet it has a colon"),
        ("example.org:80", 80, "example.org:80", "not an IPv6 address, yet it has a colon"),
        ("1:2", 80, "1:2", "not an IPv6 address, yet it has a colon"),
        ("fe80::1%", 80, "fe80::1%", "not an IPv6 address, yet it has a colon"),
        ("a b", 80, "a b", CHARACTER),
        ("a/b", 80, "a/b", CHARACTER),
        ("a]", None, "a]", CHARACTER),
        ("a\n", 80, "a\n", CHARACTER),
        ("example.org", -1, -1, "the port must be 0 to 65535"),
        ("example.org", 65536, 65536, "the port must be 0 to 65535"),
        ("::1", 2**70, 2**70, "the port must be 0 to 65535"),
    ],
)
def test_format_refuses(host, port, value, reason):
    with pytest.raises(AddressError) as caught:
        format_hostport(host, port)
    assert str(caught.value) == f"{value!r}: {reason}"
    assert caught.value.value == value


@pytest.mark.parametrize(
    ("host", "port"), [(b"a", 80), (None, 80), ("a", "80"), ("a", 80.0), ("a", b"80")]
)
def test_format_wants_str_and_integer(host, port):
    with pytest.raises(TypeError):
        format_hostport(host, port)


# Inverses

ports = st.none() | st.integers(0, 65535)
zones = st.just("") | st.from_regex(r"%[a-z0-9._-]{1,8}", fullmatch=True)
hosts = (
    st.ip_addresses(v=4).map(str)
    | st.builds("{}{}".format, st.ip_addresses(v=6), zones)
    | st.from_regex(r"[a-z0-9_*-]{1,12}(\.[a-z0-9-]{1,6}){0,3}\.?", fullmatch=True)
    | st.text(
        st.characters(min_codepoint=0xC0, exclude_categories=["Cs", "Zs", "Zl", "Zp"]), min_size=1
    )
)


@given(hosts, ports)
def test_parse_undoes_format(host, port):
    assert parse_hostport(format_hostport(host, port)) == (host, port)


pieces = st.sampled_from(
    [
        "::1",
        "fe80::1",
        "1.2.3.4",
        "[",
        "]",
        ":",
        "80",
        "%",
        "a",
        ".",
        " ",
        "\n",
        "@",
        "::",
        "65536",
        "\0",
    ]
)


@given(st.lists(pieces, max_size=6).map("".join) | st.text(max_size=20))
def test_format_undoes_parse_or_it_raises(text):
    """A text is refused with the documented error, or its two parts are what format takes."""
    try:
        host, port = parse_hostport(text)
    except AddressError:
        return
    assert parse_hostport(format_hostport(host, port)) == (host, port)
