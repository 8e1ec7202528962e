"""Views of any bytes under the same reads and writes in both twins: the same values and errors.

And builders with any values. Run it as ``make fuzz`` does, or by hand with libFuzzer's arguments.
"""

import sys

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.headers import _c as c_headers, _py as py_headers
    from fastsock.headers.options import iter_ip_options, iter_ipv6_options, iter_tcp_options

VIEWS = ["EthernetView", "ARPView", "IPv4View", "IPv6View", "TCPView", "UDPView", "ICMPView"]
NAMES = {
    view: [name for name in dir(getattr(py_headers, view)) if name[0] != "_" and name != "buffer"]
    for view in VIEWS
}
NUMBERS = [0, 1, 4, 5, 8, 20, 40, 255, 256, 0xFFFF, 0x10000, 0xFFFFFFFF, 1 << 32, -1, 1 << 70]
ADDRESSES = [b"\xc0\x00\x02\x01", bytes(16), b"\xff" * 16, "192.0.2.9", "::9", b"", "no", b"\0" * 6]
BUILDERS = ["build_udp", "build_tcp", "build_icmp_echo", "build_ipv4", "build_ipv6"]


def outcome(function, *arguments, **keywords):
    """A plain result, or a documented error, with its text where that is our own."""
    try:
        result = function(*arguments, **keywords)
    except ValueError as error:
        return type(error), str(error)
    except (TypeError, AttributeError) as error:
        return type(error), ""
    return bytes(result) if isinstance(result, memoryview) else result


def use(view, name, value):
    """Read, write or call one member of a view."""
    if value is not None:
        return outcome(setattr, view, name, value)
    found = outcome(getattr, view, name)
    if not callable(found):
        return found
    result = outcome(found)
    return type(result).__name__ if name == "transport" else result


def check_views(data):
    packet, offset = data.ConsumeBytes(120), data.ConsumeIntInRange(0, 20)
    kind = data.PickValueInList(VIEWS)
    buffers = bytearray(packet), bytearray(packet)
    views = [
        outcome(getattr(twin, kind), buffer, offset)
        for twin, buffer in zip((c_headers, py_headers), buffers, strict=True)
    ]
    if isinstance(views[0], tuple) or isinstance(views[1], tuple):
        assert views[0] == views[1], views
        return
    for _ in range(20):
        if not data.remaining_bytes():
            break
        name = data.PickValueInList(NAMES[type(views[1]).__name__])
        value = data.PickValueInList([None, None, *NUMBERS, *ADDRESSES])
        first, second = (use(view, name, value) for view in views)
        assert first == second, (kind, name, value, first, second)
        assert buffers[0] == buffers[1], (kind, name, value)
        if name == "transport" and value is None and data.ConsumeBool():
            below = [outcome(view.transport) for view in views]
            if "View" in type(below[1]).__name__:
                views = below


def check_builders(data):
    name = data.PickValueInList(BUILDERS)
    ends = data.PickValueInList(ADDRESSES), data.PickValueInList(ADDRESSES)
    numbers = [data.PickValueInList(NUMBERS) for _ in range(1 if name[-3:-1] == "pv" else 2)]
    payload = data.ConsumeBytes(data.ConsumeIntInRange(0, 50))
    size = data.PickValueInList([None, 0, 30, 100, 300])
    results = []
    for twin in (c_headers, py_headers):
        out = None if size is None else bytearray(size)
        build, room = (name, ()) if out is None else (f"{name}_into", (out,))
        built = outcome(getattr(twin, build), *room, *ends, *numbers, payload)
        results.append((built, out))
    assert results[0] == results[1], (name, ends, numbers, results)
    built = results[1][0]
    if isinstance(built, bytes) and name in BUILDERS[:3]:
        for twin in (c_headers, py_headers):
            view = (twin.IPv4View if built[0] >> 4 == 4 else twin.IPv6View)(built)
            assert view.transport().verify_checksum()


def check_options(data):
    raw = data.ConsumeBytes(100)
    for iterate in (iter_ip_options, iter_tcp_options, iter_ipv6_options):
        offsets = []
        try:
            for option in iterate(raw):
                offsets.append(option.offset)
                outcome(lambda one=option: one.value)
        except ValueError:
            pass
        assert offsets == sorted(set(offsets))
        assert len(offsets) <= len(raw)


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    data.PickValueInList([check_views, check_views, check_builders, check_options])(data)


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
