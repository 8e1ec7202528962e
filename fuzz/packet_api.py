"""Both twins of the packet part on the same bytes: every attribute, flow and error the same.

Run it as ``make fuzz`` does, or by hand with libFuzzer's arguments.
"""

import sys

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.errors import PacketError
    from fastsock.packet import _c as compiled
    from fastsock.packet._py import packet as pure

LINKS = [1, 101, 0, 9, 113, 276, 228, 229, 108, 12, 50, 147]
KEY = bytes(range(7, 47))


def flows(module, found):
    for symmetric in (False, True):
        yield module.flow_key(found, symmetric=symmetric)
        yield module.flow_hash(found, symmetric=symmetric, key=KEY)
    yield module.community_id(found)


def outcome(module, data, link, options):
    """All that can be seen of a packet, or the documented error."""
    try:
        found = module.parse_packet(data, link, **options)
    except PacketError as error:
        return str(error), error.layer, error.field, error.offset
    names = [name for name in dir(found) if name[0] != "_"]
    values = {name: getattr(found, name) for name in names}
    if bytes(found.payload) != data[found.payload_offset :][: found.payload_length]:
        raise AssertionError("the payload is not where it is said to be")
    return values, repr(found), list(flows(module, found)) if found.version else None


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    link = data.PickValueInList(LINKS)
    options = {"verify": data.ConsumeBool(), "strict": data.ConsumeIntInRange(0, 3) == 0}
    more = data.ConsumeIntInRange(0, 255)
    packet = data.ConsumeBytes(data.remaining_bytes())
    if more:
        options["wire_length"] = len(packet) + more if more < 128 else 1 << (more & 31)
    first, second = [outcome(twin, packet, link, options) for twin in (compiled, pure)]
    if first != second:
        raise AssertionError(f"{first} and {second}")


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
