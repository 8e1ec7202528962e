"""``fastsock lookup`` and ``fastsock services``, as a user runs them."""

import json
import os
import socket
import subprocess
import sys

import pytest

import fastsock


@pytest.fixture(scope="session")
def run(twin):
    environment = {**os.environ, "FASTSOCK_BACKEND": twin.tag, "PYTHONWARNINGS": "error"}

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "fastsock", *words],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )

    return run


def test_lookup_an_address(run):
    done = run("lookup", "127.0.0.1", "80")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["host      127.0.0.1", "service   80"]
    assert "AF_INET   SOCK_STREAM  IPPROTO_TCP  127.0.0.1    80" in lines
    assert "AF_INET   SOCK_DGRAM   IPPROTO_UDP  127.0.0.1    80" in lines


def test_lookup_json(run):
    done = run("lookup", "::1", "--json")
    facts = json.loads(done.stdout)
    assert facts["host"] == facts["canonical_name"] == "::1"
    assert facts["service"] is None
    assert facts["addresses"][0]["address"] == "::1"
    expected = socket.getaddrinfo("::1", None)
    assert [row["type"] for row in facts["rows"]] == [row[1].name for row in expected]
    assert {row["family"] for row in facts["rows"]} == {"AF_INET6"}
    assert {(row["port"], row["scope_id"]) for row in facts["rows"]} == {(0, 0)}


def test_lookup_keeps_the_zone(run):
    done = run("lookup", "fe80::1%lo", "80")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert any(line.split()[:1] == ["fe80::1%lo"] for line in lines)
    assert "AF_INET6  SOCK_STREAM  IPPROTO_TCP  fe80::1%lo    80" in lines
    facts = json.loads(run("lookup", "fe80::1%lo", "--json").stdout)
    assert [each["address"] for each in facts["addresses"]] == ["fe80::1%lo"]
    places = {(row["address"], row["scope_id"]) for row in facts["rows"]}
    assert places == {("fe80::1%lo", socket.if_nametoindex("lo"))}


@pytest.mark.usefixtures("libc_tables")
def test_lookup_by_name(run):
    facts = json.loads(run("lookup", "localhost", "https", "--json").stdout)
    expected = socket.getaddrinfo("localhost", "https")
    assert [row["address"] for row in facts["rows"]] == [row[4][0] for row in expected]
    assert {row["port"] for row in facts["rows"]} == {443}


@pytest.mark.parametrize("words", [("127.0.0.1", "no such service"), ("", "80"), ("a..b",)])
def test_lookup_of_what_there_is_not(run, words):
    done = run("lookup", *words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"fastsock lookup: {words[0]}: ")


def test_services(run):
    done = run("services", "https", "http://example.org/", "http://example.org:8080/", "22", "www")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["https", "443"],
        ["http", "80"],
        ["http", "8080"],
        ["ssh", "22"],
        ["www", "80"],
    ]
    assert "tcp" in lines[0]
    assert lines[2].endswith("(not the default port)")


def test_services_json(run):
    done = run("services", "--json", "53", "nope://x/", "99999", "http://x:99999/")
    assert done.returncode == 1
    facts = json.loads(done.stdout)
    assert facts["unknown"] == ["nope://x/", "99999", "http://x:99999/"]
    assert facts["services"] == [
        {
            "text": "53",
            "service": fastsock.getservbyport(53),
            "port": 53,
            "default": True,
            "protocols": ["tcp", "udp"],
        }
    ]
    assert len(done.stderr.splitlines()) == 3
