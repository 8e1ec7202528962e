"""Many threads make, read, write and drop the same objects. Run by test_lifetimes.py."""

import sys
import threading
from time import monotonic

import fastsock.ipaddress as ours
from fastsock._core.backend import COMPILED

sys.setswitchinterval(1e-6)
SECONDS = 1.5
shared = {
    "network": ours.ip_network("10.0.0.0/8"),
    "interface": ours.ip_interface("2001:db8::1/64"),
    "address": ours.ip_address("192.0.2.1"),
    "iterator": iter(ours.ip_network("10.0.0.0/8")),
}
given: list[list[object]] = []
failures: list[BaseException] = []


def read() -> None:
    network, interface, address = shared["network"], shared["interface"], shared["address"]
    assert str(network.network_address) == "10.0.0.0"
    assert str(network.netmask) in ("255.0.0.0", "255.128.0.0")
    assert str(network.broadcast_address).endswith(".255.255.255")
    assert str(interface.network) == "2001:db8::/64"
    assert str(interface.netmask) == "ffff:ffff:ffff:ffff::"
    assert hash(address) == hash(ours.ip_address("192.0.2.1"))
    assert address.is_private is True
    assert ours.ip_network("100.64.0.0/10").is_global is False


def renew() -> None:
    shared["network"] = ours.ip_network("10.0.0.0/8")
    shared["interface"] = ours.ip_interface("2001:db8::1/64")
    shared["address"] = ours.ip_address("192.0.2.1")


def write() -> None:
    network = shared["network"]
    network.netmask = ours.ip_address("255.0.0.0")
    network.network_address = ours.ip_address("10.0.0.0")
    interface = shared["interface"]
    interface.netmask = interface.netmask
    interface.network = interface.network


def run(functions) -> None:
    mine: list[object] = []
    given.append(mine)
    end = monotonic() + SECONDS
    try:
        while monotonic() < end:
            for function in functions:
                function()
            mine.extend(next(shared["iterator"]) for _ in range(20 * COMPILED))
            del mine[5000:]
    except BaseException as error:
        failures.append(error)


threads = [
    threading.Thread(target=run, args=(functions,))
    for functions in [(read, read, renew), (read, write), (write, renew), (read,)] * 2
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
assert not failures, failures
taken = [int(address) for mine in given for address in mine]
assert len(set(taken)) == len(taken), "an iterator gave an address twice"
print("done")
