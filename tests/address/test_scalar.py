"""The four scalar functions, edge case by edge case.

Each row holds what glibc and CPython answer, written down; where the platform's libc is
glibc the running `socket` module must give that same answer, so a wrong row can't hide.
Every row runs over both twins and over the rules for other platforms.
"""

from socket import AF_INET, AF_INET6

import pytest

ATON_ILLEGAL = (OSError, "illegal IP address string passed to inet_aton", None)
PTON_ILLEGAL = (OSError, "illegal IP address string passed to inet_pton", None)


def quad(text):
    return bytes(map(int, text.split(".")))


def six(text):
    """16 bytes from eight groups, without the code under test."""
    return b"".join(int(group, 16).to_bytes(2, "big") for group in text.split())


# inet_aton: what glibc takes

ATON_GOOD = {
    "1.2.3.4": "1.2.3.4",
    "0.0.0.0": "0.0.0.0",
    "255.255.255.255": "255.255.255.255",
    # fewer parts: the last one fills the bytes that are left
    "1": "0.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "1.2.65535": "1.2.255.255",
    "1.16777215": "1.255.255.255",
    "4294967295": "255.255.255.255",
    # hexadecimal
    "0x7f.1": "127.0.0.1",
    "0X7F.1": "127.0.0.1",
    "0xffffffff": "255.255.255.255",
    "0x0000000001": "0.0.0.1",
    "0xDEADbeef": "222.173.190.239",
    # a zero in front: octal
    "010.1.1.1": "8.1.1.1",
    "0000001.2.3.4": "1.2.3.4",
    "1.2.3.04": "1.2.3.4",
    "037777777777": "255.255.255.255",
    "0" * 100 + "1": "0.0.0.1",
    "0" * 5000 + "17": "0.0.0.15",
    "00": "0.0.0.0",
    # bases mixed
    "0x7f.010.3": "127.8.0.3",
    "0x1.2.03.0x4": "1.2.3.4",
    # white space ends it, and what follows is ignored
    "1.2.3.4 ": "1.2.3.4",
    "1.2.3.4\t": "1.2.3.4",
    "1.2.3.4\n": "1.2.3.4",
    "1.2.3.4\v": "1.2.3.4",
    "1.2.3.4\f": "1.2.3.4",
    "1.2.3.4\r": "1.2.3.4",
    "1.2.3.4 x": "1.2.3.4",
    "1.2.3.4 \u00e9\u2003": "1.2.3.4",
    "1 2.3.4": "0.0.0.1",
    "1.2.3 .4x.": "1.2.0.3",
    "127.1\n8.8.8.8": "127.0.0.1",
}

ATON_BAD = [
    "",
    " ",
    " 1.2.3.4",
    "\t1.2.3.4",
    "08",
    "09",
    "1.2.3.08",
    "018.1.1.1",
    "0x",
    "0x.1",
    "1.2.3.0x",
    "0xg",
    "x1",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    ".",
    "1.",
    "1.2.3.4.5",
    "1.2.3.4.",
    "256.1.1.1",
    "1.2.3.256",
    "1.2.65536",
    "1.16777216",
    "4294967296",
    "0x100000000",
    "040000000000",
    "99999999999999999999999999",
    "9" * 5000,
    "-1",
    "+1",
    "1.-2.3.4",
    "1_0.2.3.4",
    "1.2.3.4\u00a0",  # no-break space
    "1.2.3.4\u2003",  # em space
    "1.2.3.4\x01",
    "1.2.3.4\x1c",  # white space to Python, not to C
    "1.2.3.4\x85",
    "1.2.3.4%eth0",
    "1.2.3.4/24",
    "1.2.3.4,",
    "1.2.3.4:80",
    "[1.2.3.4]",
    "::1",
    "localhost",
]


@pytest.mark.parametrize("text", ATON_GOOD)
def test_aton_takes(check, text):
    check("inet_aton", (text,), quad(ATON_GOOD[text]))


@pytest.mark.parametrize("text", ATON_BAD)
def test_aton_refuses(check, text):
    check("inet_aton", (text,), ATON_ILLEGAL)


# inet_pton, IPv4: four decimal octets and nothing else

PTON4_GOOD = ["0.0.0.0", "1.2.3.4", "10.20.30.40", "99.100.199.200", "249.250.255.9"]

PTON4_BAD = [
    "",
    "1",
    "1.2",
    "1.2.3",
    "127.1",
    "1.2.3.",
    "1.2.3.4.",
    ".1.2.3.4",
    "1..2.3",
    "1.2.3.4.5",
    "1.2.3.04",
    "01.2.3.4",
    "00.0.0.0",
    "0.0.0.00",
    "000.0.0.0",
    "1.2.3.256",
    "256.2.3.4",
    "1.2.3.260",
    "1.2.3.300",
    "1.2.3.999",
    "1.2.3.1000",
    "1111.2.3.4",
    "1.2.3.4294967297",
    "0x1.2.3.4",
    "0x7f000001",
    "1.2.3.a",
    "1.2.3./",  # the characters on either side of the digits
    "1.2.3.:",
    " 1.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4\n",
    "1.2.3.4\r\n",
    "1.2. 3.4",
    "1,2,3,4",
    "+1.2.3.4",
    "-1.2.3.4",
    "1_0.2.3.4",
    "1.2.3.4%eth0",
    "1.2.3.4/24",
    "::1.2.3.4",
    "::",
    "9" * 5000,
    "1.2.3.4" * 1000,
]


@pytest.mark.parametrize("text", PTON4_GOOD)
def test_pton4_takes(check, text):
    check("inet_pton", (AF_INET, text), quad(text))


@pytest.mark.parametrize("text", PTON4_BAD)
def test_pton4_refuses(check, text):
    check("inet_pton", (AF_INET, text), PTON_ILLEGAL)


# inet_pton, IPv6

PTON6_GOOD = {
    "::": "0 0 0 0 0 0 0 0",
    "::1": "0 0 0 0 0 0 0 1",
    "1::": "1 0 0 0 0 0 0 0",
    "::0001": "0 0 0 0 0 0 0 1",
    "0:0:0:0:0:0:0:0": "0 0 0 0 0 0 0 0",
    "1:2:3:4:5:6:7:8": "1 2 3 4 5 6 7 8",
    "2001:db8::1": "2001 db8 0 0 0 0 0 1",
    "2001:DB8::aBcD": "2001 db8 0 0 0 0 0 abcd",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "ffff ffff ffff ffff ffff ffff ffff ffff",
    "0001:0002:0003:0004:0005:0006:0007:0008": "1 2 3 4 5 6 7 8",
    "1:22:333:4444::": "1 22 333 4444 0 0 0 0",
    "::4444:333:22:1": "0 0 0 0 4444 333 22 1",
    # "::" for one group alone
    "1:2:3:4:5:6:7::": "1 2 3 4 5 6 7 0",
    "::2:3:4:5:6:7:8": "0 2 3 4 5 6 7 8",
    "1:2:3::5:6:7:8": "1 2 3 0 5 6 7 8",
    "1::3:4:5:6:7:8": "1 0 3 4 5 6 7 8",
    # dotted decimal in the last 32 bits
    "::1.2.3.4": "0 0 0 0 0 0 102 304",
    "::ffff:1.2.3.4": "0 0 0 0 0 ffff 102 304",
    "::ffff:0:255.255.255.255": "0 0 0 0 ffff 0 ffff ffff",
    "64:ff9b::192.0.2.33": "64 ff9b 0 0 0 0 c000 221",
    "1:2:3:4:5:6:1.2.3.4": "1 2 3 4 5 6 102 304",
    "1:2:3:4:5::1.2.3.4": "1 2 3 4 5 0 102 304",
    "1111:2222:3333:4444:5555:6666:255.255.255.255": "1111 2222 3333 4444 5555 6666 ffff ffff",
}

PTON6_BAD = [
    "",
    ":",
    ":::",
    "::::",
    "1",
    "1:",
    ":1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    ":2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:",
    ":1:2:3:4:5:6:7:8",
    ":1:2::3:4",
    ":1:2:3:4::",
    "1:2::3:4:",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "1::2::3",
    "::1::",
    "1:::2",
    ":::1",
    "1:::",
    "00001::",
    "::00001",
    "::12345",
    "1:2:3:4:5:6:7:00008",
    "::g",
    "::/",
    "::@",
    "::G",
    "::`",
    "1:2:3:4:5:6::1.2.3.4",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5:1.2.3.4",
    "1.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::1.2.3.4::",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.04",
    "::1.2.3.256",
    "::01.2.3.4",
    "::1.2.3.",
    "::.1.2.3",
    "::a.2.3.4",
    "::1a.2.3.4",
    ":1.2.3.4",
    "fe80::1%eth0",
    "fe80::1%",
    "[::1]",
    "::1/128",
    " ::1",
    "::1 ",
    "::1\n",
    "2001:db8::1\n",
    "2001:db8::1\r",
    "2001:db8::1\r\n",
    "2001:db8::1\n::2",
    "1: :2",
    "0x1::",
    "::0x1",
    "::1_0",
    "::-1",
    "::+1",
    ":" * 5000,
    "::1" * 1000,
]


@pytest.mark.parametrize("text", PTON6_GOOD)
def test_pton6_takes(check, text):
    check("inet_pton", (AF_INET6, text), six(PTON6_GOOD[text]))


@pytest.mark.parametrize("text", PTON6_BAD)
def test_pton6_refuses(check, text):
    check("inet_pton", (AF_INET6, text), PTON_ILLEGAL)


# inet_ntop: glibc's texts

NTOP6 = {
    "0 0 0 0 0 0 0 0": "::",
    "0 0 0 0 0 0 0 1": "::1",
    "0 0 0 0 0 0 0 ffff": "::ffff",
    "1 0 0 0 0 0 0 0": "1::",
    "1 2 3 4 5 6 7 8": "1:2:3:4:5:6:7:8",
    "ABCD EF01 0A0B 0001 0010 0100 1000 000F": "abcd:ef01:a0b:1:10:100:1000:f",
    # the longest run of zeros, the first of equals, and never a single group
    "1 0 2 0 0 3 0 0": "1:0:2::3:0:0",
    "1 0 0 2 0 0 0 3": "1:0:0:2::3",
    "0 0 0 1 0 0 0 1": "::1:0:0:0:1",
    "0 0 1 0 0 0 1 0": "0:0:1::1:0",
    "0 1 2 3 4 5 6 7": "0:1:2:3:4:5:6:7",
    "1 0 2 3 4 5 6 7": "1:0:2:3:4:5:6:7",
    "1 2 3 4 5 6 7 0": "1:2:3:4:5:6:7:0",
    "0 1 0 1 0 1 0 1": "0:1:0:1:0:1:0:1",
    "1 0 0 4 5 6 7 8": "1::4:5:6:7:8",
    "1 2 3 4 5 6 0 0": "1:2:3:4:5:6::",
    "0 0 3 4 5 6 7 8": "::3:4:5:6:7:8",
    "2001 db8 0 0 1 0 0 1": "2001:db8::1:0:0:1",
    # mapped: dotted
    "0 0 0 0 0 ffff 102 304": "::ffff:1.2.3.4",
    "0 0 0 0 0 ffff 0 0": "::ffff:0.0.0.0",
    "0 0 0 0 0 ffff ffff ffff": "::ffff:255.255.255.255",
    # compatible (deprecated): dotted where bytes 12-13 are not zero
    "0 0 0 0 0 0 102 304": "::1.2.3.4",
    "0 0 0 0 0 0 1 0": "::0.1.0.0",
    "0 0 0 0 0 0 ffff ffff": "::255.255.255.255",
    "0 0 0 0 0 0 0 304": "::304",
    # near misses: hexadecimal
    "64 ff9b 0 0 0 0 102 304": "64:ff9b::102:304",
    "0 0 0 0 ffff 0 102 304": "::ffff:0:102:304",
    "0 0 0 0 0 fffe 102 304": "::fffe:102:304",
    "0 0 0 0 1 ffff 102 304": "::1:ffff:102:304",
    "1 0 0 0 0 ffff 102 304": "1::ffff:102:304",
    "ffff ffff ffff ffff ffff ffff ffff ffff": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
}


@pytest.mark.parametrize("groups", NTOP6)
def test_ntop6_text(check, groups):
    check("inet_ntop", (AF_INET6, six(groups)), NTOP6[groups])
    check("inet_pton", (AF_INET6, NTOP6[groups]), six(groups))


def test_every_pattern_of_zero_groups(check):
    """All 256 ways in which groups can be zero, against plain RFC 5952 with glibc's additions."""
    for pattern in range(256):
        groups = [0xA0 + i if pattern >> i & 1 else 0 for i in range(8)]
        packed = b"".join(group.to_bytes(2, "big") for group in groups)
        text = ":".join(f"{group:x}" for group in groups)
        if not any(groups[:6]) and groups[6]:
            text = "::" + ".".join(map(str, packed[12:]))
        else:
            for length in range(8, 1, -1):
                run = ":".join("0" * length)
                at = f":{text}:".find(f":{run}:")
                if at >= 0:
                    text = text[:at].rstrip(":") + "::" + text[at + len(run) :].lstrip(":")
                    break
        check("inet_ntop", (AF_INET6, packed), text)


def test_every_octet(check):
    for n in range(256):
        for at in range(4):
            packed = bytes([n if i == at else 7 for i in range(4)])
            text = ".".join(map(str, packed))
            check("inet_ntoa", (packed,), text)
            check("inet_ntop", (AF_INET, packed), text)
            check("inet_pton", (AF_INET, text), packed)
            check("inet_aton", (text,), packed)
            check("inet_pton", (AF_INET6, f"::ffff:{text}"), bytes(10) + b"\xff\xff" + packed)


class Text(str):
    """A str whose own methods say nothing true of it."""

    __slots__ = ()

    def __contains__(self, part):
        return True

    def __str__(self):
        return "5.6.7.8"

    encode = split = partition = None


class Disguised:
    """Not a str, though `isinstance` says so."""

    __class__ = str


def test_a_str_subclass_is_the_text_that_it_holds(check):
    check("inet_pton", (AF_INET, Text("1.2.3.4")), bytes([1, 2, 3, 4]))
    check("inet_pton", (AF_INET6, Text("::1")), bytes(15) + b"\1")
    check("inet_aton", (Text("1.2.3.4"),), bytes([1, 2, 3, 4]))


def test_what_only_says_that_it_is_a_str(inet):
    for call in (lambda: inet.inet_pton(AF_INET, Disguised()), lambda: inet.inet_aton(Disguised())):
        with pytest.raises(TypeError):
            call()


# The batch functions over the same rows: alone, and where whole SIMD loads fit after them


@pytest.mark.parametrize(
    ("family", "text", "packed"),
    [(AF_INET, text, quad(text)) for text in PTON4_GOOD]
    + [(AF_INET6, text, six(groups)) for text, groups in PTON6_GOOD.items()]
    + [(AF_INET, text, None) for text in PTON4_BAD]
    + [(AF_INET6, text, None) for text in PTON6_BAD],
)
def test_batches_take_and_refuse_the_same(address, family, text, packed):
    expected = (packed or bytes(4 if family == AF_INET else 16), bytes([packed is not None]))
    assert address.inet_pton_many(family, [text], errors="mask") == expected
    if text and "\n" not in text and not text.endswith("\r"):
        assert address.inet_pton_many(family, text.encode(), errors="mask") == expected
        for newline in "\n", "\r\n":
            blob = (text + newline + "x" * 60).encode()
            records, valid = address.inet_pton_many(family, blob, errors="mask")
            assert (records[: len(records) // 2], valid[:1]) == expected
