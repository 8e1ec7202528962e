"""Both twins of the PROXY protocol's parser: the same header, the same need, or the same error.

A header that is parsed and built anew is the same. Run it as ``make fuzz`` does, or by hand with
libFuzzer's arguments.
"""

import sys

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.proxy import (
        NeedMore,
        ProxyError,
        _c as compiled,
        _py as pure,
        build_proxy_v1,
        build_proxy_v2,
    )


def outcome(parse, data, max_size, datagram):
    try:
        return parse(data, max_size=max_size, datagram=datagram)
    except ProxyError as error:
        return str(error)


def rebuild(header):
    """The same header by our own builder."""
    ends = header.source, header.destination
    if header.version == 1:
        return build_proxy_v1(*ends)
    values = [pair for pair in header.iter_tlvs() if pair[0] != 0x03]
    kind = {"type": header.type} if header.source is not None else {}
    crc = header.tlv(0x03) is not None
    return build_proxy_v2(*ends, command=header.command, tlvs=values, crc=crc, **kind)


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    max_size = data.PickValueInList([16, 60, 4096, 70_000])
    datagram = data.ConsumeBool()
    body = data.ConsumeBytes(data.remaining_bytes())
    found = outcome(compiled.parse_proxy, body, max_size, datagram)
    if found != outcome(pure.parse_proxy, body, max_size, datagram):
        raise AssertionError(f"{body!r}, {max_size}, {datagram}: {found}")
    if isinstance(found, tuple) and not isinstance(found, NeedMore):
        header, _ = found
        again, _ = compiled.parse_proxy(rebuild(header), max_size=1 << 17)
        if (again.source, again.destination) != (header.source, header.destination):
            raise AssertionError(f"{body!r} came back as {again}")


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
