"""Service and protocol tables against libc, under threads and fork, and without files."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

import fastsock
from fastsock.lookup import services
from fastsock.lookup.services import ANY_PROTOCOL

SERVICES = """\
# comment
http\t80/tcp\twww web # the web
http\t8080/udp
alt-http 80/tcp  www
dup 90/tcp
other 91/udp dup
\tindented 92/tcp
bad
bad2 tcp
bad4 x/tcp
#gone 93/tcp
crlf 94/tcp\r
last\v65535/tcp\f\t\r
no\x1cblank 1/tcp
"""
PROTOCOLS = """\
tcp 6 TCP   # transmission control
udp 17 UDP
TCP 99
bad
bad2 x
"""


def outcome(function, *args):
    try:
        value = function(*args)
    except Exception as error:
        return type(error), error.args, getattr(error, "errno", None)
    return type(value), value


def same(lookup, name, *args):
    expected = outcome(getattr(socket, name), *args)
    assert outcome(getattr(lookup, name), *args) == expected, (name, args)


@pytest.fixture
def etc(tmp_path, monkeypatch):
    """A directory that stands for /etc, and fresh tables afterwards."""
    monkeypatch.setattr(services, "_directory", lambda: tmp_path)
    monkeypatch.setattr(services, "current", None)
    monkeypatch.setattr(services, "_DATABASES", tmp_path)
    return tmp_path


@pytest.fixture
def no_libc(lookup, monkeypatch):
    """Have misses of the tables end in an OSError that libc would not raise."""

    def ask(name, ours, *args):
        raise OSError("libc was asked")

    monkeypatch.setattr(services, "ask", ask)


# As libc has it.


def test_ten_services_that_everyone_knows(lookup):
    ports = {
        "http": 80, "https": 443, "ftp": 21, "gopher": 70, "smtp": 25, "imap": 143, "imaps": 993,
        "pop3": 110, "pop3s": 995, "ssh": 22,
    }  # fmt: skip
    assert {name: lookup.getservbyname(name) for name in ports} == ports


@pytest.mark.usefixtures("libc_tables")
def test_every_name_in_the_files(lookup):
    for name in services.load().ports[ANY_PROTOCOL]:
        for protocol in ((), ("tcp",), ("udp",), ("sctp",), ("nope",)):
            same(lookup, "getservbyname", name, *protocol)
    for name in services.load().protocols:
        same(lookup, "getprotobyname", name)


@pytest.mark.usefixtures("libc_tables")
def test_every_port_in_the_files(lookup):
    for port in range(1100):
        same(lookup, "getservbyport", port)
        same(lookup, "getservbyport", port, "tcp")
    for port in services.load().services[ANY_PROTOCOL]:
        for protocol in ((), ("tcp",), ("udp",), ("nope",)):
            same(lookup, "getservbyport", port, *protocol)


@pytest.mark.parametrize(
    "args",
    [
        ("HTTP",), ("Http",), ("www",), ("no such service",), ("",), ("http", ""), ("http", "TCP"),
        ("http", None), ("http", b"tcp"), ("http", 6), (b"http",), (None,), (80,), ("http\0",),
        ("http", "tcp\0"), ("h\xe9",), ("\ud800",), ("http", "\ud800"), ([],), ("http", []),
        ("x" * 5000,),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.usefixtures("libc_tables")
def test_getservbyname_arguments(lookup, args):
    same(lookup, "getservbyname", *args)


@pytest.mark.parametrize(
    "args",
    [
        (80,), (80, "tcp"), (True,), (80.0,), ("80",), (None,), (-1,), (65535,), (65536,), (2**40,),
        (-(2**40),), (80, None), (80, b"tcp"), (80, "tcp\0"), (80, ""), (80, "\ud800"), ([],),
        (80, []), (-1, "tcp"),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.usefixtures("libc_tables")
def test_getservbyport_arguments(lookup, args):
    same(lookup, "getservbyport", *args)


@pytest.mark.parametrize(
    "args",
    [("tcp",), ("TCP",), ("Tcp",), ("nope",), ("",), (b"tcp",), (None,), (6,), ("tcp\0",), ([],)],
    ids=repr,
)
@pytest.mark.usefixtures("libc_tables")
def test_getprotobyname_arguments(lookup, args):
    same(lookup, "getprotobyname", *args)


@pytest.mark.parametrize("name", ["getservbyname", "getservbyport", "getprotobyname"])
def test_a_wrong_number_of_arguments(lookup, name):
    for args in ((), (1, 2, 3)):
        with pytest.raises(TypeError):
            getattr(lookup, name)(*args)


@pytest.mark.usefixtures("libc_tables")
def test_an_index_is_a_port(lookup):
    class Port:
        def __index__(self):
            return 443

    same(lookup, "getservbyport", Port())
    same(lookup, "getservbyport", Port(), "tcp")


# How files are read.


def test_the_first_line_that_fits_wins(lookup, etc, no_libc):
    (etc / "services").write_text(SERVICES)
    (etc / "protocols").write_text(PROTOCOLS)
    assert lookup.getservbyname("http") == 80
    assert lookup.getservbyname("http", "udp") == 8080
    assert lookup.getservbyname("web", "tcp") == 80
    assert lookup.getservbyname("alt-http") == 80
    assert lookup.getservbyport(80) == "http"
    assert lookup.getservbyname("dup") == 90
    assert lookup.getservbyname("dup", "udp") == 91
    assert lookup.getservbyname("indented") == 92
    assert lookup.getservbyname("crlf", "tcp") == 94
    assert lookup.getprotobyname("TCP") == 6
    assert lookup.getprotobyname("udp") == 17


def test_what_is_no_plain_line_is_no_entry():
    tables = services.parse(SERVICES.encode(), PROTOCOLS.encode())
    names = {"http", "www", "web", "alt-http", "dup", "other", "indented", "crlf", "last"}
    names.add("no\x1cblank")
    assert set(tables.ports[ANY_PROTOCOL]) == names
    assert set(tables.protocols) == {"tcp", "TCP", "udp", "UDP"}
    assert set(tables.ports) == {ANY_PROTOCOL, "tcp", "udp"}


@pytest.mark.parametrize(
    "number",
    ["010/tcp", "0x50/tcp", "+80/tcp", "-1/tcp", "80", "80//tcp", "80/", "80/tcp/udp", "80/t\0cp",
     "65536/tcp", "70000/tcp", "123456/tcp", "00/tcp", "8_0/tcp", "8x/tcp"],
)  # fmt: skip
def test_what_follows_a_line_that_libc_may_read_otherwise_is_left_to_libc(number):
    text = f"before 1/tcp\nodd {number}\nodd 2/tcp\nafter 3/tcp\n"
    assert services.parse(text.encode(), b"").ports[ANY_PROTOCOL] == {"before": 1}


def test_digits_of_other_scripts_are_no_number():
    text = "x \uff18\uff10/tcp\nx \u0668/tcp\nafter 3/tcp\n"
    assert services.parse(text.encode(), b"").ports[ANY_PROTOCOL] == {"after": 3}


def test_names_that_are_not_utf8_are_left_to_libc():
    assert services.parse(b"x 1/tcp\n\xff 2/tcp\ny 3/tcp", b"").ports[ANY_PROTOCOL] == {"x": 1}


@pytest.mark.parametrize("number", ["06", "0x6", "6x", "+6", "2147483648", "99999999999"])
def test_protocols_after_a_line_that_libc_may_read_otherwise(number):
    text = f"before 1\nodd {number}\nodd 2\n"
    assert services.parse(b"", text.encode()).protocols == {"before": 1}


@pytest.mark.parametrize(
    "junk", [0, "junk", (), (1, 2, 3), ({}, {}), (None,) * 3, ({ANY_PROTOCOL: 1},) * 3]
)
def test_tables_that_were_replaced_by_anything(lookup, monkeypatch, junk):
    """An error, or libc's answer: never a read outside a table."""
    monkeypatch.setattr(services, "current", junk)
    for name, key in (("getservbyname", "x"), ("getservbyport", 1), ("getprotobyname", "x")):
        with suppress(Exception):
            getattr(lookup, name)(key)
        with suppress(Exception):
            getattr(lookup, name)(key, "tcp")


def test_an_audit_hook_that_reloads_the_tables(run_python, twin):
    """The tables' answer is held while a hook runs, which may drop the tables."""
    program = """
import sys, fastsock, gc
from fastsock.lookup import services
port, name = int("98765432109"), "n" * 50
class Tables(tuple): pass
def fill():
    services.current = services.Tables(
        {services.ANY_PROTOCOL: {"x": int("98765432109")}},
        {services.ANY_PROTOCOL: {1: "n" * int("50")}},
        {},
    )
def hook(event, args):
    if event in ("socket.getservbyname", "socket.getservbyport"):
        services.current = None
        gc.collect()
        kept.extend([object(), int("1" * 12), "y" * int("50")] for _ in range(100))
kept = []
sys.addaudithook(hook)
for _ in range(50):
    fill()
    assert fastsock.getservbyname("x") == port
    fill()
    assert fastsock.getservbyport(1) == name
"""
    done = run_python("-c", program, FASTSOCK_BACKEND=twin.tag)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_hook_that_asks_in_between(run_python, twin):
    """The lock around libc is reentrant, for a signal handler may ask meanwhile."""
    program = """
import faulthandler, sys, fastsock
faulthandler.dump_traceback_later(50, exit=True)
asked = []
def hook(event, args):
    if event == "socket.getservbyname" and not asked:
        asked.append(1)
        try:
            fastsock.getservbyname("no such thing")
        except OSError:
            asked.append(2)
sys.addaudithook(hook)
try:
    fastsock.getservbyname("no such service")
except OSError:
    print(asked)
"""
    done = run_python("-c", program, FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("[1, 2]\n", "")


def test_files_are_read_once_and_reloaded_on_demand(lookup, etc):
    (etc / "services").write_text("mine 1/tcp\n")
    (etc / "protocols").write_text("mine 250\n")
    assert (lookup.getservbyname("mine"), lookup.getprotobyname("mine")) == (1, 250)
    (etc / "services").write_text("mine 2/tcp\n")
    (etc / "protocols").unlink()
    assert (lookup.getservbyname("mine"), lookup.getprotobyname("mine")) == (1, 250)
    fastsock.lookup.reload_tables()
    assert (lookup.getservbyname("mine"), lookup.getprotobyname("udp")) == (2, 17)


def test_without_files_the_common_names_are_known(lookup, etc, no_libc):
    assert lookup.getservbyname("https", "tcp") == 443
    assert lookup.getservbyname("www") == 80
    assert lookup.getservbyport(993) == "imaps"
    assert lookup.getservbyport(53, "udp") == "domain"
    assert lookup.getprotobyname("ICMP") == 1


@pytest.mark.usefixtures("libc_tables")
def test_what_the_tables_do_not_know_is_asked_of_libc(lookup, etc):
    (etc / "services").write_text("mine 1/tcp\n")
    (etc / "protocols").write_text("mine 250\n")
    assert lookup.getservbyname("https") == 443
    assert lookup.getservbyport(443, "tcp") == "https"
    assert lookup.getprotobyname("tcp") == 6
    with pytest.raises(OSError, match="service/proto not found"):
        lookup.getservbyname("no such service")


@pytest.mark.usefixtures("libc_tables")
@pytest.mark.parametrize(
    ("line", "alone"),
    [
        ("services: files", True),
        ("services: db files # ldap", True),
        ("services:\tcompat files", True),
        ("other: ldap", True),
        ("services: files ldap", False),
        ("services: sss files", False),
        ("services: files [NOTFOUND=return] nis", False),
    ],
)
def test_other_sources_than_files_make_libc_the_judge(lookup, etc, line, alone):
    (etc / "services").write_text("http 81/tcp\n")
    (etc / "nsswitch.conf").write_text(line + "\n")
    assert lookup.getservbyname("http") == (81 if alone else 80)


@pytest.mark.usefixtures("libc_tables")
def test_a_database_beside_the_file_makes_libc_the_judge(lookup, etc):
    (etc / "services").write_text("http 81/tcp\n")
    (etc / "nsswitch.conf").write_text("services: db files\n")
    (etc / "services.db").write_bytes(b"")
    assert lookup.getservbyname("http") == 80


def test_the_bundled_tables_agree_with_this_machine_where_both_know():
    ours = services.parse(services._iana.SERVICES.encode(), services._iana.PROTOCOLS.encode())
    assert len(ours.services[ANY_PROTOCOL]) > 70  # all of it is read
    theirs = services.load()
    for protocol, ports in ours.ports.items():
        for name, port in ports.items():
            assert theirs.ports.get(protocol, {}).get(name, port) == port, name
    for name, number in ours.protocols.items():
        assert theirs.protocols.get(name, number) == number, name


# Under threads and fork.


def test_threads_never_get_another_threads_answer(lookup):
    """The standard library's functions answer wrongly here, some times in a thousand."""
    questions = [
        ("getservbyname", ("http", "tcp"), 80),
        ("getservbyname", ("https", "tcp"), 443),
        ("getservbyport", (443, "tcp"), "https"),
        ("getservbyport", (22, "tcp"), "ssh"),
        ("getprotobyname", ("tcp",), 6),
        ("getprotobyname", ("icmp",), 1),
    ]
    misses = [("getservbyname", ("http",), 80), ("getprotobyname", ("udp",), 17)]
    wrong = []
    start = threading.Barrier(4)

    def ask(questions, rounds):
        start.wait(10)
        for _ in range(rounds):
            for name, args, right in questions:
                answer = getattr(lookup, name)(*args)
                if answer != right:
                    wrong.append((name, args, answer))

    def reload():
        start.wait(10)
        for _ in range(10):
            fastsock.lookup.reload_tables()

    threads = [
        threading.Thread(target=ask, args=(questions, 3000)),
        threading.Thread(target=ask, args=(questions[::-1], 3000)),
        threading.Thread(target=ask, args=(misses, 3000)),
        threading.Thread(target=reload),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


@pytest.mark.usefixtures("libc_tables")
def test_threads_that_miss_the_tables_get_their_own_answer(lookup, etc):
    """Every question goes to libc here, where the race is."""
    (etc / "services").write_text("")
    (etc / "protocols").write_text("")
    wrong = []
    start = threading.Barrier(3)

    def ask(name, right, protocol):
        start.wait(10)
        for _ in range(300):
            answer = lookup.getservbyname(name, protocol)
            back = lookup.getservbyport(right, protocol)
            if answer != right or back != name:
                wrong.append((name, answer, back))

    threads = [
        threading.Thread(target=ask, args=args)
        for args in (("http", 80, "tcp"), ("https", 443, "tcp"), ("domain", 53, "udp"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


FORK = """
import importlib, os, signal, socket, sys, threading, time
lookup = importlib.import_module("fastsock.lookup._{tag}")
def calls():
    assert lookup.getservbyname("http", "tcp") == 80
    assert lookup.getprotobyname("udp") == 17
    assert lookup.getaddrinfo("127.0.0.1", 80)[0][4] == ("127.0.0.1", 80)
calls()
stop = threading.Event()
def resolve():
    while not stop.is_set():
        socket.getaddrinfo(None, 80, flags=socket.AI_PASSIVE)
        calls()
threads = [threading.Thread(target=resolve) for _ in range(2)]
for thread in threads: thread.start()
for _ in range(30):
    pid = os.fork()
    if pid == 0:
        signal.alarm(5)  # kills a child that hangs
        status = 1
        try:
            calls()
            status = 0
        finally:
            os._exit(status)
    status = os.waitpid(pid, 0)[1]
    assert status == 0, status
stop.set()
for thread in threads: thread.join()
print("no child hung")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_while_threads_resolve(twin):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK.replace("{tag}", twin.tag)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("no child hung\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_lock_held_at_fork_is_no_lock_in_the_child():
    with services._asking:
        pid = os.fork()
        if pid == 0:
            signal.alarm(5)
            os._exit(0 if services._asking.acquire(timeout=1) else 1)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        time.sleep(0.01)
    assert status == 0
