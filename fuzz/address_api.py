"""Both twins of the address part: a value or the documented error, and the same one.

Run it as ``make fuzz`` does, or by hand with libFuzzer's arguments.
"""

import sys
from socket import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.address import _c as compiled, _py as pure, inet_rules
    from fastsock.errors import AddressError

# What each function may raise on content; arguments here are of the right types.
SCALAR = (OSError, ValueError)
BATCH = (AddressError, ValueError)
FAMILIES = [AF_INET, AF_INET6, AF_UNSPEC, AF_UNIX]


def outcome(function, documented, *arguments, **keywords):
    """A value, or a documented error as (class, text, errno, row); any other error goes up."""
    try:
        return function(*arguments, **keywords)
    except documented as error:
        return type(error), str(error), getattr(error, "errno", None), getattr(error, "index", None)


def same(name, documented, *arguments, rules=None, **keywords):
    """The outcome of a function, which both twins and, where given, the rules must agree on."""
    results = [
        outcome(getattr(twin, name), documented, *arguments, **keywords)
        for twin in (compiled, pure, rules)
        if twin is not None
    ]
    if any(result != results[0] for result in results):
        raise AssertionError(f"{name}{arguments!r} {keywords}: {results}")
    return results[0]


def one_text(data):
    text = data.ConsumeUnicode(60)
    family = data.PickValueInList(FAMILIES)
    same("inet_aton", SCALAR, text, rules=inet_rules)
    same("inet_pton", SCALAR, family, text, rules=inet_rules)


def one_packed(data):
    family = data.PickValueInList(FAMILIES)
    packed = data.ConsumeBytes(data.PickValueInList([4, 16, 17]))
    same("inet_ntoa", SCALAR, packed, rules=inet_rules)
    same("inet_ntop", SCALAR, family, packed, rules=inet_rules)


def many_texts(data):
    family = data.PickValueInList(FAMILIES)
    errors = data.PickValueInList(["strict", "mask"])
    blob = data.ConsumeBytes(400)
    same("inet_pton_many", BATCH, family, blob, errors=errors)
    rows = blob.decode("utf-8", "surrogateescape").split("\n")
    same("inet_pton_many", BATCH, family, rows, errors=errors)
    # Items are no lines: the blob's reader drops a "\r", and the last row may be empty.
    whole = outcome(compiled.inet_pton_many, BATCH, family, iter(rows), errors=errors)
    if whole != outcome(compiled.inet_pton_many, BATCH, family, rows, errors=errors):
        raise AssertionError(f"list and iterator differ: {rows!r}")


def many_packed(data):
    family = data.PickValueInList(FAMILIES)
    packed = data.ConsumeBytes(100)
    texts = same("inet_ntop_many", BATCH, family, packed)
    lines = same("inet_ntop_lines", BATCH, family, packed)
    if isinstance(lines, bytes):
        if lines != b"".join(text.encode() + b"\n" for text in texts):
            raise AssertionError(f"{texts!r} and {lines!r}")
        if compiled.inet_pton_many(family, lines) != packed:
            raise AssertionError(f"{packed!r} did not come back")


def host_and_port(data):
    text = data.ConsumeUnicode(60)
    found = same("parse_hostport", AddressError, text)
    if len(found) == 2:
        back = same("format_hostport", AddressError, *found)
        if same("parse_hostport", AddressError, back) != found:
            raise AssertionError(f"{text!r} -> {found!r} -> {back!r} did not come back")
    same("format_hostport", AddressError, text, data.ConsumeIntInRange(-1, 65_536))


TARGETS = [one_text, one_packed, many_texts, many_packed, host_and_port]


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    data.PickValueInList(TARGETS)(data)


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
