"""dnsmasq, a server that others wrote, as the peer."""

import os
import shutil
import socket
import subprocess
import time

import pytest

import fastsock

CONF = """\
port=53
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=root
group=root
pid-file=
local=/test/
host-record=host.test,192.0.2.1,2001:db8::1
host-record=host.test,192.0.2.2
cname=alias.test,host.test
ptr-record=9.2.0.192.in-addr.arpa,named.test
log-queries
log-facility=-
"""


@pytest.fixture
def queries(tmp_path):
    (tmp_path / "conf").write_text(CONF)
    # dnsmasq can't start under the sanitizer that is preloaded for our extensions.
    env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    with (tmp_path / "log").open("w") as log:
        # Without a change of user, which an ordinary user's namespace forbids.
        program = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin")
        process = subprocess.Popen(
            [program, "--no-daemon", "-C", tmp_path / "conf"],
            stderr=log,
            env=env,
        )
        try:
            deadline = time.monotonic() + 10
            while "started" not in (tmp_path / "log").read_text():
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield lambda: [
                line.split(": ", 1)[1].rsplit(" from ", 1)[0]
                for line in (tmp_path / "log").read_text().splitlines()
                if " query[" in line
            ]
        finally:
            process.terminate()
            process.wait(10)


def test_names(queries, lookup):
    rows = lookup.getaddrinfo("alias.test", 80, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    assert {row[4][0] for row in rows} == {"192.0.2.1", "192.0.2.2", "2001:db8::1"}
    assert rows[0][3] == "host.test"
    assert lookup.gethostbyname("host.test") in ("192.0.2.1", "192.0.2.2")
    name, aliases, addresses = fastsock.gethostbyname_ex("alias.test")
    assert (name, aliases) == ("host.test", ["alias.test"])
    assert set(addresses) == {"192.0.2.1", "192.0.2.2"}
    assert fastsock.gethostbyaddr("192.0.2.9")[0] == "named.test"
    assert lookup.getnameinfo(("192.0.2.9", 80), socket.NI_NUMERICSERV) == ("named.test", "80")
    with pytest.raises(socket.gaierror):
        lookup.getaddrinfo("missing.test", 80)


def test_one_question_for_many_askers(queries):
    results = fastsock.Resolver().many(["host.test"] * 20, 80)
    assert all(isinstance(rows, list) for rows in results)
    asked = [query for query in queries() if "host.test" in query]
    assert len(asked) == 2
    assert {query.split()[0] for query in asked} == {"query[A]", "query[AAAA]"}
