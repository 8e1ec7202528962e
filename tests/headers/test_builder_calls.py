"""Calls of builders: arguments by position and by name, of every type, and what is let go of."""

import array
from concurrent.futures import ThreadPoolExecutor

import pytest

SRC, DST = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7])
SRC6, DST6 = bytes(15) + b"\1", bytes(15) + b"\2"
# Each builder's parameters in order, with a value for each; `*` stands where names begin.
CALLS = {
    "build_ethernet": {"dst": bytes(6), "src": b"\1" * 6, "ethertype": 0x800, "payload": b"data",
                       "*": 0, "vlans": (5,), "pad": False},
    "build_arp": {"operation": 1, "sha": bytes(6), "spa": SRC, "tha": b"\1" * 6, "tpa": DST,
                  "*": 0},
    "build_ipv4": {"src": SRC, "dst": DST, "protocol": 253, "payload": b"12345678", "*": 0,
                   "ttl": 3, "tos": 4, "identification": 5, "dont_fragment": 1,
                   "more_fragments": True, "fragment_offset": 16, "options": b"\1\1"},
    "build_ipv6": {"src": SRC6, "dst": DST6, "next_header": 253, "payload": b"12345678", "*": 0,
                   "hop_limit": 3, "traffic_class": 4, "flow_label": 7, "identification": 5,
                   "more_fragments": True, "fragment_offset": 16},
    "build_udp": {"src": SRC, "dst": DST, "sport": 53, "dport": 5353, "payload": b"data", "*": 0,
                  "ttl": 3, "tos": 4, "identification": 5, "dont_fragment": True,
                  "flow_label": 0},
    "build_tcp": {"src": SRC, "dst": DST, "sport": 53, "dport": 5353, "payload": b"data", "*": 0,
                  "seq": 1, "ack": 2, "flags": 0x18, "window": 9, "urgent_pointer": 8,
                  "options": b"\1", "ttl": 3, "tos": 4, "identification": 5,
                  "dont_fragment": True, "flow_label": 0},
    "build_icmp_echo": {"src": SRC6, "dst": DST6, "identifier": 1, "sequence": 2,
                        "payload": b"data", "*": 0, "reply": True, "ttl": 3, "tos": 4,
                        "identification": 0, "dont_fragment": False, "flow_label": 7},
}  # fmt: skip


def call_forms(values):
    """The same call by position and by name, in several orders."""
    names = [name for name in values if name != "*"]
    by_position = list(values).index("*")
    for count in range(by_position + 1):
        rest = names[count:]
        for order in (rest, rest[::-1], sorted(rest)):
            yield [values[n] for n in names[:count]], {n: values[n] for n in order}
    # Names that are no constants of a program, so no interned ones.
    yield [], {"".join(list(n)): values[n] for n in names}


@pytest.mark.parametrize("name", CALLS)
def test_arguments_by_position_and_by_name(builders, name):
    build, into = getattr(builders, name), getattr(builders, f"{name}_into")
    made = {build(*args, **kwargs) for args, kwargs in call_forms(CALLS[name])}
    assert len(made) == 1
    [expected] = made
    for args, kwargs in call_forms(CALLS[name]):
        out = bytearray(200)
        assert into(out, *args, **kwargs) == len(expected)
        assert out[: len(expected)] == expected
        out = bytearray(200)
        if not args:
            assert into(**kwargs, out=out) == len(expected)
            assert out[: len(expected)] == expected


@pytest.mark.parametrize("name", CALLS)
def test_calls_that_no_builder_takes(builders, name):
    build, values = getattr(builders, name), dict(CALLS[name])
    by_position = list(values).index("*")
    del values["*"]
    all_of = list(values.values())
    with pytest.raises(TypeError):
        build()
    with pytest.raises(TypeError):
        build(*all_of[: by_position - 2], **{n: values[n] for n in list(values)[by_position:]})
    with pytest.raises(TypeError):
        build(*all_of[:by_position], 0)
    with pytest.raises(TypeError):
        build(*all_of[:by_position], other=0)
    with pytest.raises(TypeError):
        build(*all_of[:by_position], **{next(iter(values)): all_of[0]})
    with pytest.raises(TypeError):
        getattr(builders, f"{name}_into")(**values)


@pytest.mark.parametrize("name", CALLS)
def test_numbers_of_every_kind(builders, name):
    """An int of a subclass counts as the int it is; anything else by its __index__."""

    class Number(int):
        def __index__(self):
            raise AssertionError("an int is its own index")

    class Index:
        def __init__(self, value):
            self.value = value

        def __index__(self):
            return self.value

    build, values = getattr(builders, name), dict(CALLS[name])
    del values["*"]
    expected = build(**values)
    for kind in (Number, Index):
        assert expected == build(**{n: kind(v) if type(v) is int else v for n, v in values.items()})
    for parameter in [n for n, v in values.items() if type(v) is int]:
        for wrong in (-1, 1 << 32, 1 << 63, 1 << 64, 1 << 200, -(1 << 200)):
            for given in (wrong, Number(wrong), Index(wrong)):
                with pytest.raises(ValueError, match=parameter):
                    build(**values | {parameter: given})
        for given in (1.0, "1", None, b"1"):
            if (parameter, given) != ("ethertype", None):
                with pytest.raises(TypeError):
                    build(**values | {parameter: given})


@pytest.mark.parametrize("name", CALLS)
def test_buffers_of_every_kind(builders, name):
    build, values = getattr(builders, name), dict(CALLS[name])
    del values["*"]
    expected = build(**values)
    for kind in (bytearray, memoryview, lambda data: array.array("B", data)):
        held = {n: kind(v) if type(v) is bytes else v for n, v in values.items()}
        assert build(**held) == expected
        for buffer in held.values():
            if isinstance(buffer, bytearray):
                buffer += b"grows: nothing holds it"


@pytest.mark.parametrize("name", CALLS)
def test_failed_calls_hold_nothing(builders, name):
    build, values = getattr(builders, f"{name}_into"), dict(CALLS[name])
    del values["*"]
    out, payload = bytearray(3), bytearray(b"12345678")
    if "payload" in values:
        values["payload"] = payload
    long = {"payload": bytearray(1 << 16)}
    if name == "build_ethernet":
        long["ethertype"] = None
    with pytest.raises(ValueError, match="out has 3 bytes"):
        build(out, **values)
    with pytest.raises(TypeError, match="read-only"):
        build(bytes(200), **values)
    if "payload" in values:
        with pytest.raises(ValueError, match="payload"):
            build(bytearray(1 << 17), **values | long)
    out += b"grows"
    payload += b"grows"


def test_builders_in_threads(builders):
    """Every call has its own state."""
    values = dict(CALLS["build_tcp"])
    del values["*"]
    expected = [builders.build_tcp(**values | {"seq": i}) for i in range(8)]

    def build(i):
        return all(
            builders.build_tcp(**values | {"seq": i, "payload": bytearray(b"data")}) == expected[i]
            for _ in range(300)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(build, range(8)))
