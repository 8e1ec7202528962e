"""Both twins of the checksum part: the same value, and the same however the input is cut.

Run it as ``make fuzz`` does, or by hand with libFuzzer's arguments.
"""

import sys

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.checksums import _c as compiled, _py as pure

EDGES = [-1, 0, 1, 0xFFFF, 0x10000, 0xFFFFFFFF, 1 << 32, (1 << 33) - 1, 1 << 33, 1 << 70]


def some_number(data):
    return data.ConsumeIntInRange(0, 1 << 33) if data.ConsumeBool() else data.PickValueInList(EDGES)


def same(name, *arguments):
    """The outcome of a function on which both twins must agree."""
    results = []
    for twin in (compiled, pure):
        try:
            results.append(getattr(twin, name)(*arguments))
        except ValueError as error:  # the only error for arguments of the right types
            results.append((type(error), str(error)))
    if results[0] != results[1]:
        raise AssertionError(f"{name}{arguments!r}: {results}")
    return results[0]


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    initial, other, udp = some_number(data), some_number(data), data.ConsumeBool()
    old, new = (data.ConsumeBytes(data.PickValueInList([4, 16, 5])) for _ in range(2))
    same("update16", initial & 0xFFFF, other & 0xFFFF, some_number(data), udp)
    same("update32", initial & 0xFFFF, other, some_number(data), udp)
    same("update_address", other, old, new, udp)
    same("pseudo_header", old, new, other, initial)
    cut = data.ConsumeIntInRange(0, 200)
    body = data.ConsumeBytes(data.remaining_bytes())
    same("checksum", body, initial, udp)
    same("verify", bytearray(body), initial)
    same("crc32c", body, other)
    running = same("checksum_add", body[cut:], same("checksum_add", body[:cut]))
    if running != same("checksum_add", body):
        raise AssertionError(f"{body!r} cut at {cut}")


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
