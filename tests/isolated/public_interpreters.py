"""Use fastsock through the public modules of interpreters, each of which has a GIL of its own.

Run by tests/whole/test_threads.py in a process of its own, from Python 3.14 on.
"""

from concurrent import interpreters
from concurrent.futures import InterpreterPoolExecutor
from socket import AF_INET

import fastsock

TEXTS = [f"192.0.2.{number}" for number in range(256)]


def round_trip(texts):
    """Addresses there and back, a datagram built and decoded, and which twin did it."""
    from socket import AF_INET

    import fastsock

    packed = fastsock.inet_pton_many(AF_INET, texts)
    assert fastsock.inet_ntop_many(AF_INET, packed) == texts
    datagram = fastsock.build_udp("192.0.2.1", "192.0.2.2", 53, 1234, b"data")
    packet = fastsock.parse_packet(datagram, "raw", verify=True)
    assert (packet.src_address, packet.dport) == ("192.0.2.1", 1234)
    header, _ = fastsock.parse_proxy(fastsock.build_proxy_v2(("192.0.2.1", 1), ("192.0.2.2", 2)))
    assert header.source == ("192.0.2.1", 1)
    assert header in {header}
    _, valid = fastsock.inet_pton_many(AF_INET, ["nowhere"], errors="mask")
    assert list(valid) == [0]
    return bytes(packed), fastsock.BACKEND


def main():
    expected = (bytes(fastsock.inet_pton_many(AF_INET, TEXTS)), fastsock.BACKEND)
    for _ in range(3):  # the second life finds what the first left
        one = interpreters.create()
        assert one.call(round_trip, TEXTS) == expected
        assert one.call(round_trip, TEXTS) == expected
        one.close()
    with InterpreterPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(round_trip, [TEXTS] * 40)) == [expected] * 40
        # Objects of ours come back pickled.
        address = pool.submit(fastsock.parse_hostport, "192.0.2.1:53").result()
        assert address == fastsock.parse_hostport("192.0.2.1:53")
    print("done", fastsock.BACKEND)


if __name__ == "__main__":
    main()
