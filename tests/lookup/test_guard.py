"""`allow=`: addresses outside a set are never dialled. Written once, over either twin's sets."""

import asyncio
import pickle
import socket
from contextlib import ExitStack

import pytest

import fastsock
from fastsock import ConnectError, NotAllowedError, Resolver, connect
from fastsock.lookup.guard import Guard

STREAM = socket.SOCK_STREAM


@pytest.fixture(scope="module")
def prefix(twin):
    return twin.part("prefix")


def row(address, port=80, canonname=""):
    wide = ":" in address
    sockaddr = (address, port, 0, 0) if wide else (address, port)
    return (socket.AF_INET6 if wide else socket.AF_INET, STREAM, 6, canonname, sockaddr)


class Names:
    """A name server whose answers change: each question gets the next one."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def getaddrinfo(self, host, port, *args, **options):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [row(*each) if isinstance(each, tuple) else row(each, port) for each in answer]


@pytest.fixture
def names(monkeypatch):
    def install(*answers):
        monkeypatch.setattr(socket, "getaddrinfo", Names(*answers).getaddrinfo)

    return install


@pytest.fixture
def doors():
    """Servers at three addresses and one port, and who was called."""
    with ExitStack() as stack:
        first = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = first.getsockname()[1]
        others = [stack.enter_context(socket.create_server((f"127.0.0.{n}", port))) for n in (2, 3)]
        servers = [first, *others]

        def called():
            found = []
            for server in servers:
                server.settimeout(0)
                try:
                    server.accept()[0].close()
                except BlockingIOError:
                    continue
                found.append(server.getsockname()[0])
            return found

        yield port, called


# Judging.


@pytest.mark.parametrize(
    ("address", "admitted"),
    [("8.8.8.8", True), ("10.0.0.1", False), ("127.0.0.1", False), ("100.64.0.1", False),
     ("169.254.169.254", False), ("0.0.0.0", False), ("2606:4700::1111", True), ("::1", False),
     ("::", False), ("fe80::1%lo", False), ("fd00::1", False),
     # The IPv4 address inside: mapped, NAT64, 6to4, Teredo.
     ("::ffff:8.8.8.8", True), ("::ffff:127.0.0.1", False), ("::ffff:7f00:1", False),
     ("64:ff9b::8.8.8.8", True), ("64:ff9b::10.0.0.1", False), ("2002:808:808::1", True),
     ("2002:a00:1::1", False), ("2001:0:1:2:3:4:80ff:fffe", False),
     # What `connect` would not take for an address, or not for this one.
     ("localhost", False), ("127.1", False), ("8.8.8.8/32", False), ("", False),
     ("8.8.8.08", False), ("%lo", False), ("0x8080808", False)],
)  # fmt: skip
def test_judging(prefix, address, admitted):
    public = (prefix.special("global") | prefix.PrefixSet(["64:ff9b::/96", "2002::/16"])) - (
        prefix.PrefixSet(["2001::/32"])
    )
    assert Guard(public).admits((address, 80)) is admitted
    assert Guard(public.to_cidrs()).admits((address, 80, 0, 0)) is admitted


def test_a_zone_does_not_count(prefix):
    assert Guard(["fe80::/10"]).admits(("fe80::1%lo", 80, 0, 1))


@pytest.mark.parametrize("sockaddr", ["/run/socket", b"8888", (), (b"\x08\x08\x08\x08", 80),
                                      (0x08080808, 80), None, (None, 80)])  # fmt: skip
def test_what_is_no_address_is_refused(prefix, sockaddr):
    assert not Guard(prefix.PrefixSet(["0.0.0.0/0", "::/0"])).admits(sockaddr)


@pytest.mark.parametrize("allow", ["10.0.0.0/8", b"\x0a\0\0\0", 5, lambda address: True])
def test_what_is_no_set(allow):
    for call in (lambda: connect(("127.0.0.1", 9), allow=allow), lambda: Resolver(allow=allow)):
        with pytest.raises(TypeError, match="allow must be a PrefixSet or an iterable of networks"):
            call()


def test_wrong_networks():
    with pytest.raises(fastsock.AddressError):
        Resolver(allow=["10.0.0.0/33"])


def test_nothing_is_allowed_by_an_empty_set(prefix):
    assert not Guard(prefix.PrefixSet()).admits(("8.8.8.8", 80))
    with pytest.raises(NotAllowedError):
        connect(("127.0.0.1", 9), allow=[])


# connect.


def test_others_are_never_dialled(prefix, names, doors):
    port, called = doors
    names(["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"])
    with connect(("host", port), 5, delay=0, allow=prefix.PrefixSet(["127.0.0.2"])) as sock:
        assert sock.getpeername() == ("127.0.0.2", port)
    assert called() == ["127.0.0.2"]


def test_a_name_that_changes_leads_nowhere_else(prefix, names, doors):
    port, called = doors
    names(["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"])
    with connect(("host", port), 5, allow=["127.0.0.2"]):
        assert called() == ["127.0.0.2"]
    for _ in range(2):
        with pytest.raises(NotAllowedError) as caught:
            connect(("host", port), 5, allow=["127.0.0.2"])
        assert caught.value.addresses == (("127.0.0.1", port),)
    assert called() == []


def test_a_row_with_a_name_in_it_is_not_dialled(doors):
    port, called = doors
    with pytest.raises(NotAllowedError):
        connect(("host", port), 5, resolver=Names(["localhost"]), allow=["0.0.0.0/0", "::/0"])
    assert called() == []


def test_attempts_are_those_that_were_dialled(names, doors):
    port, called = doors
    names([("127.0.0.9", port), ("127.0.0.1", port)])
    with pytest.raises(ConnectError) as caught:
        connect(("host", port), 5, allow=["127.0.0.8/29"])
    assert [sockaddr for sockaddr, _ in caught.value.attempts] == [("127.0.0.9", port)]
    assert called() == []


def test_the_error(names):
    names(["127.0.0.1", "::1", "127.0.0.1"])
    with pytest.raises(PermissionError, match="no address of 'host' is allowed") as caught:
        connect(("host", 80), allow=["192.0.2.0/24"])
    error = caught.value
    assert isinstance(error, fastsock.errors.Error)
    assert error.addresses == (("127.0.0.1", 80), ("::1", 80, 0, 0))
    assert pickle.loads(pickle.dumps(error)).addresses == error.addresses
    assert not isinstance(error, ConnectError)


def test_a_numeric_host_is_judged_too(doors):
    port, called = doors
    for host in ("127.0.0.1", "127.1", "0x7f000001", "2130706433", "::ffff:127.0.0.1", "localhost"):
        with pytest.raises((NotAllowedError, socket.gaierror)):
            connect((host, port), 5, allow=fastsock.special("global"))
    with connect(("::ffff:127.0.0.1", port), 5, allow=["127.0.0.0/8"]):
        assert called() == ["127.0.0.1"]


# Resolver.


def test_rows_of_others_are_left_out(prefix, names):
    names(["10.0.0.1", "192.0.2.1", "64:ff9b::10.0.0.1", "2001:db8::1"])
    allow = prefix.PrefixSet(["192.0.2.0/24", "::/0"])
    resolver = Resolver(allow=allow)
    for _ in range(2):  # from the server, from the cache
        found = [row[4][0] for row in resolver.getaddrinfo("host", 80)]
        assert found == ["192.0.2.1", "2001:db8::1"]
    found = asyncio.run(resolver.agetaddrinfo("host", 443))
    assert [row[4][:2] for row in found] == [("192.0.2.1", 443), ("2001:db8::1", 443)]
    allow.discard("192.0.2.0/24")  # counts for the answer in the cache
    assert [row[4][0] for row in resolver.getaddrinfo("host", 80)] == ["2001:db8::1"]
    allow.clear()
    with pytest.raises(NotAllowedError):
        resolver.getaddrinfo("host", 80)
    allow.add("10.0.0.0/8")
    assert resolver.getaddrinfo("host", 80)[0][4] == ("10.0.0.1", 80)
    assert resolver.info().misses == 1


def test_a_resolver_judges_literals(prefix):
    resolver = Resolver(allow=prefix.PrefixSet(["192.0.2.0/24"]))
    assert resolver.getaddrinfo("192.0.2.1", 80, type=STREAM)[0][4] == ("192.0.2.1", 80)
    with pytest.raises(NotAllowedError):
        resolver.getaddrinfo("127.0.0.1", 80)
    with pytest.raises(NotAllowedError):
        resolver.getaddrinfo(None, 80)
    with pytest.raises(NotAllowedError):
        asyncio.run(resolver.agetaddrinfo("::1", 80))


def test_many_have_errors_of_their_own(monkeypatch):
    known = {"a": "10.0.0.1", "b": "192.0.2.1", "c": "10.0.0.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_: [row(known.get(host, host))])
    resolver = Resolver(allow=["192.0.2.0/24"])
    expected = ["NotAllowedError", "list", "NotAllowedError", "list"]
    hosts = ["a", "b", "c", "192.0.2.7"]
    assert [type(each).__name__ for each in resolver.many(hosts, 80)] == expected
    found = asyncio.run(resolver.amany(hosts, 80))
    assert [type(each).__name__ for each in found] == expected


def test_an_old_answer_is_judged(names, monkeypatch):
    names(["10.0.0.1", "192.0.2.1"])
    allow = fastsock.PrefixSet(["0.0.0.0/0"])
    resolver = Resolver(ttl=0, stale_ttl=1000, allow=allow)
    assert len(resolver.getaddrinfo("host", 80)) == 2

    def fails(*args, **options):
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    allow.discard("10.0.0.0/8")
    assert [row[4][0] for row in resolver.getaddrinfo("host", 80)] == ["192.0.2.1"]
    assert resolver.info().stale == 1


def test_rotation_and_canonical_names(monkeypatch):
    rows = [row("10.0.0.1", canonname="real"), row("192.0.2.1"), row("192.0.2.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: rows)
    resolver = Resolver(allow=["192.0.2.0/24"], rotate=True)
    turns = [resolver.getaddrinfo("host", 80) for _ in range(2)]
    assert [[r[4][0] for r in turn] for turn in turns] == [
        ["192.0.2.1", "192.0.2.2"],
        ["192.0.2.2", "192.0.2.1"],
    ]
    assert [[r[3] for r in turn] for turn in turns] == [["real", ""]] * 2


def test_connect_by_a_resolver(names, doors):
    port, called = doors
    names(["127.0.0.1", "127.0.0.3"])
    resolver = Resolver(allow=["127.0.0.3"])
    with connect(("host", port), 5, resolver=resolver) as sock:
        assert sock.getpeername()[0] == "127.0.0.3"
    assert called() == ["127.0.0.3"]
    with pytest.raises(NotAllowedError):
        connect(("host", port), 5, resolver=resolver, allow=["127.0.0.1"])
