"""`parse_hostport` and `format_hostport`: the whole table, inverses, and twins that agree."""

from enum import Enum, IntEnum

import pytest
from hypothesis import given, strategies as st

from fastsock import AddressError


@pytest.fixture(scope="module")
def parse_hostport(address):
    return address.parse_hostport


@pytest.fixture(scope="module")
def format_hostport(address):
    return address.format_hostport


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
    "[fe80::1%\u00fc\u4e2d]:80": ("fe80::1%\u00fc\u4e2d", 80),
    "\u4e2d\u6587.example:80": ("\u4e2d\u6587.example", 80),
    "\U0001f980:1": ("\U0001f980", 1),
    "\ud800:1": ("\ud800", 1),
    # around and beyond the longest DNS name: no length is too long here
    **{f"{'n' * size}:80": ("n" * size, 80) for size in (1, 15, 16, 47, 48, 49, 255, 10_000)},
    **{f"{'n' * size}\u00fc": (f"{'n' * size}\u00fc", None) for size in (47, 48, 10_000)},
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
    "\u00fc@example.org:80": CHARACTER,
    "x\u0085": CHARACTER,
    "x\u3000:80": CHARACTER,
    "[fe80::1%\u00a0]:80": BRACKETS,
    "[::\u0661]": BRACKETS,
    "::\u00fc": COLONS,
    "[::1]:8\u0660": port("8\u0660"),
    "\u00fc:x": port("x"),
    "a b:80:90": COLONS,
    "a b:x": CHARACTER,
    "[::1%a%]": BRACKETS,
    "[::1x]": BRACKETS,
    "[1:2:3:4:5:6:7:8:9]:80": BRACKETS,
    "\u2003em": CHARACTER,
}


@pytest.mark.parametrize("text", PARSED)
def test_parse(parse_hostport, text):
    assert parse_hostport(text) == PARSED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_parse_refuses(parse_hostport, text):
    with pytest.raises(AddressError) as caught:
        parse_hostport(text, 80)
    assert str(caught.value) == f"{text!r}: {REFUSED[text]}"
    assert caught.value.value == text
    assert caught.value.index is None


@pytest.mark.parametrize("default", [80, 0, None, "http", -1])
def test_default_port(parse_hostport, default):
    for text, (host, port) in PARSED.items():
        assert parse_hostport(text, default) == (host, default if port is None else port)
    assert parse_hostport("::1", default_port=default) == ("::1", default)


@pytest.mark.parametrize("text", [b"example.org:80", None, 80, ("example.org", 80)])
def test_parse_wants_str(parse_hostport, text):
    with pytest.raises(TypeError) as caught:
        parse_hostport(text)
    assert str(caught.value) == f"text must be str, not {type(text).__name__}"


def test_huge_texts_are_cut_in_messages(parse_hostport):
    for text in "x" * 100_000 + " ", "[" + ":" * 100_000, "a:" + "1" * 100_000:
        with pytest.raises(AddressError) as caught:
            parse_hostport(text)
        assert len(str(caught.value)) < 300
        assert caught.value.value == text


class Text(str):
    """A str whose methods give another text than it holds."""

    def __str__(self):
        return "other"

    def __format__(self, spec):
        return "other"

    def startswith(self, *_):
        raise NotImplementedError

    count = partition = startswith


class Host(str, Enum):  # noqa: UP042 - unlike a StrEnum, it is not written as its value
    LOOPBACK = "::1"
    NAME = "b\u00fccher.example"


@pytest.mark.parametrize("text", PARSED)
def test_parse_reads_what_a_subclass_holds(parse_hostport, text):
    found = parse_hostport(Text(text))
    assert found == PARSED[text]
    assert type(found[0]) is str


def test_parse_refuses_a_subclass_by_its_own_value(parse_hostport):
    text = Text("a b")
    with pytest.raises(AddressError) as caught:
        parse_hostport(text)
    assert caught.value.value is text


@pytest.mark.parametrize("port", [0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 65_535])
@pytest.mark.parametrize("host", ["h", "::1", "b\u00fccher", "fe80::1%\u00fc"])
def test_every_length_of_port(parse_hostport, format_hostport, host, port):
    text = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    assert format_hostport(host, port) == text
    assert parse_hostport(text) == (host, port)


class Index:
    def __index__(self):
        return 80


class BadIndex:
    def __index__(self):
        raise RuntimeError("no index")


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
    # any integer is written as a plain int
    ("example.org", Index(), "example.org:80"),
    ("example.org", Port.HTTP, "example.org:80"),
    ("example.org", Mixed.HTTP, "example.org:80"),
    ("example.org", True, "example.org:1"),
    # and any str as the text that it holds
    (Text("example.org"), 80, "example.org:80"),
    (Text("example.org"), None, "example.org"),
    (Host.LOOPBACK, 80, "[::1]:80"),
    (Host.LOOPBACK, None, "[::1]"),
    (Host.NAME, 80, "b\u00fccher.example:80"),
    (Host.NAME, None, "b\u00fccher.example"),
    ("fe80::1%\u00fc", None, "[fe80::1%\u00fc]"),
    ("n" * 10_000, 65535, "n" * 10_000 + ":65535"),
    ("\ud800", 80, "\ud800:80"),
]


@pytest.mark.parametrize(("host", "port", "text"), FORMATTED)
def test_format(format_hostport, host, port, text):
    assert format_hostport(host, port) == text
    assert type(format_hostport(host, port)) is str


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
        ("a\u2003", 80, "a\u2003", CHARACTER),
        ("::\u0661", 80, "::\u0661", "not an IPv6 address, yet it has a colon"),
        ("a b", 65536, "a b", CHARACTER),
        ("example.org", -1, -1, "the port must be 0 to 65535"),
        ("example.org", 65536, 65536, "the port must be 0 to 65535"),
        ("::1", 2**70, 2**70, "the port must be 0 to 65535"),
    ],
)
def test_format_refuses(format_hostport, host, port, value, reason):
    with pytest.raises(AddressError) as caught:
        format_hostport(host, port)
    assert str(caught.value) == f"{value!r}: {reason}"
    assert caught.value.value == value


@pytest.mark.parametrize(
    ("host", "port"), [(b"a", 80), (None, 80), ("a", "80"), ("a", 80.0), ("a", b"80")]
)
def test_format_wants_str_and_integer(format_hostport, host, port):
    with pytest.raises(TypeError):
        format_hostport(host, port)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_port_too_long_to_be_shown(format_hostport, sign):
    with pytest.raises(AddressError) as caught:
        format_hostport("a", sign << 20_000)
    assert str(caught.value) == "an int of 20001 bits: the port must be 0 to 65535"


def test_errors_of_the_port_itself_come_through(format_hostport):
    with pytest.raises(RuntimeError, match="no index"):
        format_hostport("a", BadIndex())


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
def test_parse_undoes_format(parse_hostport, format_hostport, host, port):
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
def test_format_undoes_parse_or_it_raises(parse_hostport, format_hostport, text):
    """A text is refused with the documented error, or its two parts are what format takes."""
    try:
        host, port = parse_hostport(text)
    except AddressError:
        return
    assert parse_hostport(format_hostport(host, port)) == (host, port)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except AddressError as error:
        return str(error), error.value


mixed = (
    st.lists(pieces | st.sampled_from("\u00fc\u00a0\u0661\ud800x"), max_size=8).map("".join)
    | st.text(max_size=20)
    | st.builds("{}:{}".format, hosts, ports)
    | st.builds("[{}]:{}".format, hosts, st.integers(-1, 70_000))
)


@given(text=mixed, port=st.none() | st.integers())
def test_twins_agree(twins, text, port):
    compiled, pure = (twin.part("address") for twin in twins)
    parsed = outcome(compiled.parse_hostport, text, port)
    assert parsed == outcome(pure.parse_hostport, text, port)
    assert outcome(compiled.format_hostport, text, port) == outcome(
        pure.format_hostport, text, port
    )
