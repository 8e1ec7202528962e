"""Share an object between four threads for a while: hammer.py CASE {c|py} SECONDS.

For tests/whole/test_hammer.py. A case gives the calls that its threads repeat. It fails by a crash,
a wrong answer, or any exception but two: RuntimeError where an object is in use, and BufferError
where a buffer is held.
"""

import io
import sys
import threading
import time
from importlib import import_module
from socket import AF_INET

DENIED = (RuntimeError, BufferError)
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


@case
def services(part):
    """Tables of services, looked up while they are read anew."""
    lookup, reload_tables = part("lookup"), import_module("fastsock.lookup").reload_tables
    port = lookup.getservbyname("http", "tcp")

    def look():
        assert lookup.getservbyname("http", "tcp") == port == lookup.getservbyname("http")
        assert lookup.getservbyport(port, "tcp") == "http"
        assert lookup.getprotobyname("udp") == 17

    return look, look, look, reload_tables


@case
def literals(part):
    """Rows of literals: their shapes are kept when a literal is first asked with some hints."""
    lookup = part("lookup")
    hints = [(f, t, p) for f in (0, 2) for t, p in ((0, 0), (1, 0), (1, 6), (2, 0), (2, 17))]

    def look():
        for hint in hints:
            rows = lookup.getaddrinfo("192.0.2.1", 80, *hint)
            assert rows
            assert all(row[4] == ("192.0.2.1", 80) for row in rows)
        assert lookup.getnameinfo(("192.0.2.1", 80), 3) == ("192.0.2.1", "80")

    return look, look, look, import_module("fastsock.lookup").reload_tables


@case
def prefix_table(part):
    """A table that grows and shrinks, and its copies."""
    table = part("prefix").PrefixTable({f"10.{n}.0.0/16": "base" for n in range(200)})
    rows = bytes([10, 0, 1, 1, 10, 1, 1, 200, 11, 0, 0, 0]) * 40

    def change():
        for n in range(20):
            table[f"10.0.{n}.0/24"] = "new"
        table.update({f"12.{n}.0.0/16": "base" for n in range(50)})
        for n in range(20):
            del table[f"10.0.{n}.0/24"]
        for n in range(50):
            table.pop(f"12.{n}.0.0/16")

    def look():
        assert table.lookup("10.0.1.1") in ("base", "new")
        assert table.lookup("11.0.0.1") is None
        assert table.lookup_prefix("10.0.1.1")[0] in ("10.0.0.0/16", "10.0.1.0/24")
        found = table.lookup_many(AF_INET, rows)
        assert found[2] == -1
        assert found[1] >= 0

    def list_all():
        # values_list is longer or as long as any index that an earlier look-up gave.
        found = table.lookup_many(AF_INET, rows)
        values = table.values_list()
        assert values[found[1]] == "base"
        assert len(table.copy()) >= 200

    return look, look, list_all, change


@case
def prefix_set(part):
    """A set that grows and shrinks."""
    names = part("prefix").PrefixSet(["10.0.0.0/8", "2001:db8::/32"])

    def change():
        for n in range(50):
            names.add(f"12.{n}.0.0/16")
        for n in range(50):
            names.discard(f"12.{n}.0.0/16")

    def look():
        assert names.contains("10.1.2.3")
        assert not names.contains("11.1.2.3")
        assert list(names.contains_many(AF_INET, bytes([10, 0, 0, 1, 11, 0, 0, 1]))) == [1, 0]

    return look, look, look, change


@case
def chunks(part):
    """Chunks of a capture's columns, which four threads take from one iterator."""
    import fastsock

    frame = part("headers").build_udp("192.0.2.1", "192.0.2.2", 1, 2, b"text")
    file = io.BytesIO()
    with fastsock.CaptureWriter(file, "raw") as writer:
        for second in range(300):
            writer.write(frame, second)
    data, capture = file.getvalue(), part("capture")
    state = {}

    def renew():
        state["chunks"] = capture.open_capture(data).to_columns(chunk=16)

    def take():
        for columns in state["chunks"]:
            assert len(columns) in (16, 300 % 16)

    def renew_and_take():
        renew()
        take()

    renew()
    return take, take, take, renew_and_take


@case
def accumulator(part):
    """One accumulator, which all threads feed and empty, one call at a time; its counts hold."""
    import fastsock

    received = part("stream").RecvAccumulator(1 << 16)
    framer = fastsock.Lines()

    def feed():
        if len(received) < 4096:
            received.feed(b"a line\nanother\n")

    def take():
        for frame in received.frames(framer):
            bytes(frame)

    def clear():
        received.clear()
        received.peek()

    def look():
        # The bytes of two calls at most, whatever the threads do meanwhile.
        assert 0 <= len(received) <= 1 << 13
        assert received.surplus == 0
        assert not received.eof
        assert repr(received).endswith(" max_size=65536 eof=False>")

    def feed_and_look():
        feed()
        look()

    return feed, take, feed_and_look, clear


@case
def header(part):
    """A header's bytes and its view, written by one thread and read by others."""
    headers = part("headers")
    packet = bytearray(headers.build_udp("192.0.2.1", "192.0.2.2", 1, 2, b"text"))
    view = headers.IPv4View(packet)
    before, after = "192.0.2.1", "203.0.113.9"

    def read():
        assert view.version == 4
        assert view.src_address
        assert len(bytes(view.src)) == 4
        assert view.ttl in range(256)
        assert bytes(view.payload)[-4:] == b"text"
        view.transport()

    def write():
        view.src = after
        view.ttl = (view.ttl + 1) % 256
        view.fill_checksum()
        view.src = before

    return read, read, write, write


@case
def packets(part):
    """A buffer of a packet that changes while it is decoded, and one record of it."""
    parse_packet = part("packet").parse_packet
    packet = bytearray(part("headers").build_udp("192.0.2.1", "192.0.2.2", 1, 2, b"text" * 9))
    record = parse_packet(bytes(packet), "raw")

    def read():
        found = parse_packet(packet, "raw")
        hash(found)
        assert hash(record) == known

    def write():
        for place in range(len(packet)):
            before, packet[place] = packet[place], 255
            packet[place] = before

    known = hash(record)
    return read, read, read, write


@case
def texts(part):
    """A list of addresses that changes while it is read."""
    address = part("address")
    given = ["192.0.2.1"] * 500

    def read():
        packed = address.inet_pton_many(AF_INET, given)
        assert len(packed) % 4 == 0

    def write():
        del given[100:]
        given.extend(str(n) + ".0.0.1" for n in range(100))
        given.extend(["198.51.100.7"] * 300)

    return read, read, read, write


@case
def networks(part):
    """Iterators and objects of ipaddress, hashes and texts kept in them."""
    ipaddress = part("ipaddress")
    state = {}

    def renew():
        network = ipaddress.ip_network("192.0.2.0/24")
        state["network"], state["hosts"] = network, iter(network.hosts())
        take()

    def take():
        network = state["network"]
        assert hash(network) == hash(ipaddress.ip_network("192.0.2.0/24"))
        assert str(network.broadcast_address) == "192.0.2.255"
        try:
            for host in state["hosts"]:
                assert host in network
        except ValueError as error:  # the standard library's is a generator
            if "already executing" not in str(error):
                raise

    renew()
    return take, take, take, renew


def main():
    name, tag, seconds = sys.argv[1:]
    sys.setswitchinterval(1e-5)
    jobs = CASES[name](lambda part: import_module(f"fastsock.{part}._{tag}"))
    errors = []
    rounds = [0] * len(jobs)
    start = threading.Barrier(len(jobs))

    def work(number, job):
        start.wait()
        try:
            end = time.monotonic() + float(seconds)
            while not errors and (time.monotonic() < end or not rounds[number]):
                try:
                    job()
                except DENIED:
                    continue
                rounds[number] += 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print("rounds", *rounds, "with" if gil else "without", "the GIL")


if __name__ == "__main__":
    main()
