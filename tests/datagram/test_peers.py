"""Against other programs: dnsmasq, dig, dnsperf, and aioquic over the transport."""

import os
import re
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trustme

from fastsock.datagram import open_datagram_socket

ROOT = Path(__file__).parents[2]
CASE = Path(__file__).parent / "isolated" / "case_quic.py"


def question(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + b"\0\x01\0\x01"


def test_dnsmasq_is_queried_in_batches(datagram, make_server, twin):
    """A thousand questions at a time: each answer comes once, with its own address."""

    def commands(program, server):
        hosts = server.files / "hosts"
        hosts.write_text("".join(f"10.1.{n // 256}.{n % 256} h{n}.test\n" for n in range(1000)))
        yield [
            program, "--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces",
            "--no-daemon", f"--addn-hosts={hosts}", f"--port={server.tcp[1]}",
            "--listen-address=127.0.0.1", "--user=root", "--conf-file=/dev/null",
        ], server.tcp  # fmt: skip

    server = make_server("dnsmasq", commands)
    questions = [question(n, f"h{n}.test") for n in range(1000)]
    answers = {}
    with open_datagram_socket(remote=server.tcp, rcvbuf=1 << 20) as sock:
        sock.settimeout(20)
        batch = datagram.DatagramBatch(64, 512)
        for start in range(0, 1000, 100):
            assert datagram.send_batch(sock, questions[start : start + 100]) == 100
            while len(answers) < start + 100:
                batch.recv(sock)
                for answer, peer in batch:
                    assert peer == server.tcp
                    (number,) = struct.unpack_from("!H", answer)
                    assert number not in answers
                    answers[number] = answer[-4:]
    assert answers == {n: bytes([10, 1, n // 256, n % 256]) for n in range(1000)}


@pytest.fixture
def start(twin, fresh_environment):
    """Start an example over a twin: its process, and the port that it tells."""
    processes = []

    def start(name, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-W", "error", ROOT / "examples" / name, *arguments],
            env=fresh_environment(FASTSOCK_BACKEND=twin.tag, PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        processes.append(process)
        said = process.stdout.readline()
        assert said.startswith(b"listening on port "), process.stderr.read()
        return process, int(said.split()[-1])

    yield start
    for process in processes:
        process.kill()
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("name", "kind", "status", "answer"),
    [
        ("www.Example.Test", "A", "NOERROR", "192.0.2.1"),
        ("example.test", "ANY", "NOERROR", "192.0.2.1"),
        ("www.example.test", "AAAA", "NOERROR", None),
        ("www.example.org", "A", "REFUSED", None),
    ],
)
def test_dig_asks_the_responder(start, find_program, run_outside, name, kind, status, answer):
    dig = find_program("dig")
    _, port = start("dns_responder.py", "--port", "0")
    done = run_outside([dig, "@127.0.0.1", "-p", str(port), "+notcp", "+tries=5", name, kind])
    said = done.stdout.decode()
    assert f"status: {status}" in said, said
    assert (f"IN\tA\t{answer}" in said) is (answer is not None), said


def test_dnsperf_asks_the_responder(start, find_program, run_outside, tmp_path):
    dnsperf = find_program("dnsperf")
    _, port = start("dns_responder.py", "--port", "0")
    asked = tmp_path / "asked"
    asked.write_text("".join(f"h{n}.example.test A\n" for n in range(500)))
    done = run_outside([dnsperf, "-s", "127.0.0.1", "-p", str(port), "-d", asked, "-n", "4"])
    said = done.stdout.decode()
    assert re.search(r"Queries completed: +2000 \(100\.00%\)", said), said
    assert re.search(r"NOERROR 2000 \(100\.00%\)", said), said


def test_malformed_questions(start):
    _, port = start("dns_responder.py", "--port", "0")
    good = question(7, "a.example.test")
    with open_datagram_socket(remote=("127.0.0.1", port)) as sock:
        sock.settimeout(20)
        for data in (b"", b"short", good[:-1], good[:13] + b"\xc0\x0c", b"\0" * 12,
                     good[:2] + b"\x81\0" + good[4:], bytes(9000), good):  # fmt: skip
            sock.send(data)
        codes = []
        while not codes or codes[-1] != 0:
            answer = sock.recv(600)
            codes.append(answer[3] & 15)
        assert codes == [1, 1, 1, 1, 0]


def test_statsd_metrics(start):
    process, port = start("statsd_collector.py", "--port", "0")
    with open_datagram_socket(remote=("127.0.0.1", port)) as sock:
        for _ in range(100):
            sock.send(b"requests:2|c\nlogins:1|c|@0.5\nbad\nx:1|c|@0")
        # The answer to a signal comes when all before it has been counted.
        sock.send(b"last:1|c")
    _drain(port)
    process.send_signal(signal.SIGINT)
    said, error = process.communicate(timeout=60)
    assert said.decode().splitlines() == [
        "last 1", "logins 200", "requests 200", "101 datagrams, 200 bad lines, 0 dropped",
    ], error  # fmt: skip


def _drain(port):
    """Wait until nothing is left in the queues of a UDP port, by the kernel's table."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
        if all(row[4].endswith(":00000000") for row in rows if row[1].endswith(f":{port:04X}")):
            return
        time.sleep(0.01)
    raise AssertionError("the collector does not read")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")
def test_workers_share_a_port(start):
    with open_datagram_socket(("127.0.0.1", 0), reuse_port=True) as free:
        port = free.getsockname()[1]
    process, _ = start("statsd_collector.py", "--port", str(port), "--workers", "3")
    for _ in range(2):
        assert process.stdout.readline() == b"listening on port %d\n" % port
    senders = [open_datagram_socket(remote=("127.0.0.1", port)) for _ in range(40)]
    for sock in senders:
        sock.send(b"hits:1|c")
        sock.close()
    _drain(port)
    process.send_signal(signal.SIGINT)
    said, error = process.communicate(timeout=60)
    counted = [int(line.split()[1]) for line in said.decode().splitlines() if "hits" in line]
    assert sum(counted) == 40, error
    assert len(counted) > 1, said


CALLS = "sendto,recvfrom,sendmsg,recvmsg,sendmmsg,recvmmsg"


@pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")
def test_quic_over_the_transport(
    twin, find_program, run_outside, authority, fresh_environment, tmp_path
):
    pytest.importorskip("aioquic")
    strace = find_program("strace")
    issued = authority.issue_cert("server.test", key_type=trustme.KeyType.RSA)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    counted = {}
    for transport in ("plain", "ours"):
        log = tmp_path / transport
        command = [strace, "-f", "-c", "-o", log, "-e", f"trace={CALLS}", sys.executable, "-P",
                   CASE, twin.tag, transport, certificate, key, str(1 << 20)]  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, env=fresh_environment(), timeout=200, check=False
        )
        if b"ptrace" in done.stderr:
            pytest.skip(done.stderr.decode().strip())
        assert done.stdout == b"transferred 1048608\n", done.stderr.decode()[-4000:]
        rows = [line.split() for line in log.read_text().splitlines()]
        counted[transport] = sum(int(row[3]) for row in rows if row and row[-1] in CALLS.split(","))
    assert counted["ours"] < counted["plain"], counted
    print(counted)
