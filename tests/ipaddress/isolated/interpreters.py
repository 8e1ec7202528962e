"""Sub-interpreters, one after the other and at once, each with classes of its own."""

import threading

try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters

import fastsock.ipaddress as ours

CODE = """
import ipaddress as std, pickle
import fastsock.ipaddress as ours
assert issubclass(ours.IPv4Address, std.IPv4Address)
for _ in range(50):
    items = [ours.ip_address("192.0.2.1"), ours.ip_network("2001:db8::/32")]
    items.append(ours.ip_interface("::1/8"))
    for item in items:
        theirs = getattr(std, type(item).__name__)(str(item))
        assert item == theirs and hash(item) == hash(theirs)
        assert item.is_private == theirs.is_private
        assert pickle.loads(pickle.dumps(item)) == item
    assert len(list(ours.ip_network("10.0.0.0/28").hosts())) == 14
    assert ours.collapse_addresses(items[:1])
"""


def use() -> None:
    interpreter = interpreters.create()
    try:
        failed = interpreters.run_string(interpreter, CODE)
        assert not failed, failed
    finally:
        interpreters.destroy(interpreter)


before = ours.ip_address("192.0.2.1")
for _ in range(3):
    use()
threads = [threading.Thread(target=use) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert str(before + 1) == "192.0.2.2"
print("done")
