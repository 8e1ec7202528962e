"""``fastsock capture``, as a user runs it."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
import threading

import pytest

from fastsock.packet.fields import COLUMNS

pyarrow_parquet = pytest.importorskip("pyarrow.parquet")

ETHERNET = bytes.fromhex("020000000001020000000002")
UDP = ETHERNET + bytes.fromhex(
    "0800 45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364"
)
BAD = UDP[:24] + b"\0\0" + UDP[26:]  # its header checksum is wrong
ARP = ETHERNET + bytes.fromhex("0806 0001080006040001 020000000002 0a000001 000000000000 0a000002")
UNSPECIFIED = ETHERNET + bytes.fromhex("86dd 60000000 0000 3b ff") + bytes(16) + b"\xff" * 16
OTHER = ETHERNET + b"\x88\xcc" + bytes(20)
SECOND = 1_000_001_000
TAGGED = UDP[:12] + bytes.fromhex("81000000") + UDP[12:]  # its VLAN is 0
TCP = ETHERNET + bytes.fromhex(
    "0800 4500002800010000400600000a0000010a000002 0000 0050 00000000 00000000 5000 0000 0000 0000"
)
ECHO = ETHERNET + bytes.fromhex("0800 4500001c00010000400100000a0000010a000002 0000 f7fd 0001 0001")
FRAGMENT = ETHERNET + bytes.fromhex(
    "86dd 60012345 0010 2c 40" + "20" * 32 + "3a 00 0000 00000007 8000 0000 00010001"
)
MIXED = (UDP, BAD, ARP, UNSPECIFIED, OTHER, UDP[:40], TAGGED, TCP, ECHO, FRAGMENT)
# Fields that all of them have.
ALWAYS = {
    "link", "status", "limited_by", "ip_checksum_status", "checksum_status", "payload_offset",
    "payload_length", "l3_offset", "ethertype",
}  # fmt: skip


@pytest.fixture(scope="session")
def environment(twin):
    return {**os.environ, "FASTSOCK_BACKEND": twin.tag, "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="session")
def run(environment):
    def run(*words, stdin=b""):
        command = [sys.executable, "-m", "fastsock", "capture", *map(str, words)]
        return subprocess.run(
            command, input=stdin, capture_output=True, env=environment, timeout=60
        )

    return run


@pytest.fixture
def path(tmp_path, files):
    path = tmp_path / "some.pcap"
    path.write_bytes(files.pcap(UDP, BAD, ARP, UNSPECIFIED, OTHER, UDP[:40]))
    return path


@pytest.fixture
def facts(run):
    def facts(*words, stdin=b"", status=0):
        done = run("--json", *words, stdin=stdin)
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout)

    return facts


def test_summary(facts, path):
    assert facts(path) == {
        "file": str(path),
        "format": "pcap",
        "packets": 6,
        "captured_bytes": 3 * 46 - 6 + 42 + 54 + 34,
        "wire_bytes": 3 * 46 - 6 + 42 + 54 + 34,
        "first_ns": 0,
        "last_ns": 5 * SECOND,
        "first": "1970-01-01T00:00:00.000000000Z",
        "last": "1970-01-01T00:00:05.000005000Z",
        "duration": 5.000005,
        "links": {"ethernet": 6},
        "protocols": [
            {"name": "IPv4 UDP", "packets": 3},
            {"name": "ARP", "packets": 1},
            {"name": "IPv6 no next header", "packets": 1},
            {"name": "LLDP", "packets": 1},
        ],
        "bad_ip_checksums": 1,
        "bad_checksums": 0,
        "faults": {"BAD_IP_CHECKSUM": 1, "CUT": 1, "HEADER_CUT": 1},
        "distinct": 2,
        "top": [
            {"address": "192.0.2.1", "packets": 3, "bytes": 132},
            {"address": "::", "packets": 1, "bytes": 54},
        ],
        "stopped": None,
    }


def test_summary_as_text(run, path):
    done = run(path)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[:9] == [
        "format   pcap, ethernet 6",
        "packets  6",
        "bytes    262 bytes, all captured",
        "first    1970-01-01T00:00:00.000000000Z",
        "last     1970-01-01T00:00:05.000005000Z",
        "duration 5.000005 s",
        "bad sums 1 IPv4, 0 other",
        "faults   BAD_IP_CHECKSUM 1, CUT 1, HEADER_CUT 1",
        "stopped  at the end",
    ]
    assert "           3  IPv4 UDP" in lines
    assert "           3        132 bytes  192.0.2.1" in lines


def test_summary_of_nothing(facts, run, tmp_path, files):
    path = tmp_path / "empty.pcap"
    path.write_bytes(files.pcap())
    found = facts(path)
    assert (found["packets"], found["first"], found["duration"], found["top"]) == (0, None, 0, [])
    assert b"packets  0\n" in run(path).stdout
    assert run("--columns", "src,ttl", path).stdout == b"src,ttl\n"


def test_several_links(facts, files):
    data = files.section() + files.interface(1) + files.interface(101) + files.interface(999)
    data += files.enhanced(UDP) + files.enhanced(UDP[14:], 7, 1) + files.enhanced(b"x", 9, 2)
    found = facts("-", stdin=data)
    assert found["format"] == "pcapng"
    assert found["links"] == {"ethernet": 1, "raw": 1, "link type 999": 1}
    assert found["protocols"] == [
        {"name": "IPv4 UDP", "packets": 2},
        {"name": "link type 999", "packets": 1},
    ]


def test_unknown_protocols_have_numbers(facts, files):
    data = files.pcap(UDP[:23] + b"\xfd" + UDP[24:], ETHERNET + b"\x12\x34" + bytes(20))
    assert [row["name"] for row in facts("-", stdin=data)["protocols"]] == [
        "IPv4 protocol 253", "ethertype 0x1234",
    ]  # fmt: skip


def test_top(facts, path):
    assert len(facts("--top", 1, path)["top"]) == 1
    found = facts("--top", 0, path)
    assert (found["top"], found["distinct"]) == (None, None)


def test_torn(facts, run, files):
    data = files.pcap(UDP) + files.record(UDP)[:20]
    reason = "offset 86: a record of 62 bytes, of which 20 are there"
    assert facts("-", stdin=data, status=1)["stopped"] == reason
    done = run("-", stdin=data)
    assert done.stderr.decode() == f"fastsock capture: -: {reason}\n"
    assert f"stopped  {reason}\n" in done.stdout.decode()
    done = run("--columns", "sport", "-", stdin=data)
    assert (done.returncode, done.stdout) == (1, b"sport\n53\n")
    assert reason in done.stderr.decode()


def test_csv(run, path):
    names = "timestamp_ns,src,dst,sport,status,limited_by"
    done = run("--columns", names, path)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert list(rows[0]) == names.split(",")
    assert rows[0] == {
        "timestamp_ns": "0", "src": "192.0.2.1", "dst": "198.51.100.5", "sport": "53",
        "status": "3", "limited_by": "udp.length",
    }  # fmt: skip
    assert [row["src"] for row in rows] == ["192.0.2.1"] * 2 + ["10.0.0.1", "::", "", "192.0.2.1"]
    assert [row["sport"] for row in rows] == ["53", "53", "", "", "", "53"]
    assert run("--columns", names, "--csv", path).stdout == done.stdout


def test_default_columns(run, path):
    header = run("--csv", path).stdout.decode().splitlines()[0].split(",")
    assert len(header) == 28
    assert header[0] == "timestamp_ns"


def test_json_rows(run, path):
    done = run("--columns", "version,src,ttl", "--json", path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[0] == {"version": 4, "src": "192.0.2.1", "ttl": 64}
    assert rows[3] == {"version": 6, "src": "::", "ttl": 255}
    assert rows[4] == {"version": None, "src": None, "ttl": None}


def _as_packet(packet, name):
    """What a row has of a packet: None where the packet has no such field."""
    if name in ("src", "dst"):
        return getattr(packet, f"{name}_address")
    return (getattr(packet, name) or None) if name == "version" else getattr(packet, name)


def test_rows_have_what_packets_have(run, twin, files, tmp_path):
    """Absent values are empty, not 0 or 65535; values of 0 stay."""
    packet = twin.part("packet")
    names = [name for name in COLUMNS if hasattr(packet.Packet, name)]
    path = tmp_path / "mixed.pcap"
    path.write_bytes(files.pcap(*MIXED))
    done = run("--json", "--columns", ",".join(names), path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    parsed = [packet.parse_packet(data) for data in MIXED]
    assert rows == [{name: _as_packet(each, name) for name in names} for each in parsed]
    csv_rows = csv.DictReader(io.StringIO(run("--columns", ",".join(names), path).stdout.decode()))
    assert list(csv_rows) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    missing = {name for row in rows for name, value in row.items() if value is None}
    assert missing == set(names) - ALWAYS


def test_parquet(run, path, tmp_path):
    output = tmp_path / "rows.parquet"
    done = run("--columns", "src,ttl,timestamp_ns", "--parquet", "--output", output, path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    table = pyarrow_parquet.read_table(output)
    assert table.column_names == ["src", "ttl", "timestamp_ns"]
    assert table["ttl"].to_pylist()[:4] == [64, 64, None, 255]
    assert table["src"].to_pylist()[0] == bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 1])


def test_parquet_has_nulls(run, files, tmp_path):
    """Where CSV is empty Parquet is null; no column that was not asked for is there."""
    path, output = tmp_path / "mixed.pcap", tmp_path / "rows.parquet"
    path.write_bytes(files.pcap(*MIXED))
    names = ["src", "dport", "vlan", "seq", "ttl", "icmp_type"]
    done = run("--columns", ",".join(names), "--parquet", "--output", output, path)
    assert done.returncode == 0, done.stderr
    table = pyarrow_parquet.read_table(output)
    assert table.column_names == names
    json_rows = run("--json", "--columns", ",".join(names), path).stdout.splitlines()
    for found, expected in zip(table.to_pylist(), map(json.loads, json_rows), strict=True):
        assert {n: v is None for n, v in found.items()} == {
            n: v is None for n, v in expected.items()
        }


def test_parquet_without_pyarrow(run_python, twin, path):
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from fastsock.cli import main\n"
        f"sys.exit(main(['capture', '--parquet', {str(path)!r}]))"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert done.returncode == 2
    assert done.stderr == "fastsock capture: --parquet needs pyarrow\n"


def test_verify(run, path):
    words = ("--columns", "ip_checksum_status", path)
    assert run(*words).stdout.split()[1:3] == [b"2", b"2"]
    assert run("--verify", *words).stdout.split()[1:3] == [b"1", b"0"]


def test_output(run, path, tmp_path):
    output = tmp_path / "rows.csv"
    done = run("--columns", "ttl", "--output", output, path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert output.read_bytes() == run("--columns", "ttl", path).stdout


def test_the_capture_is_not_written_over(run, path):
    before = path.read_bytes()
    done = run("--columns", "ttl", "--output", path, path)
    assert done.returncode == 2
    assert b"both input and output" in done.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [("--columns", "ttl,nothing"), ("--columns", ""), ("--top", "-1"), ("--csv", "--parquet"),
     ("--csv", "--json"), (), ("--max-record", "0"), ("--max-record", "4294967296"),
     ("--output", "rows"), ("--json", "--output", "rows")],
)  # fmt: skip
def test_wrong_usage(run, path, words):
    done = run(*words, *([path] if words else []))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xd4\xc3\xb2\xa1"])
def test_no_capture(run, tmp_path, data):
    path = tmp_path / "picture"
    path.write_bytes(data)
    for name in (path, "-"):
        done = run(name, stdin=data)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.startswith(f"fastsock capture: {name}: ".encode())


def test_no_file(run, tmp_path):
    done = run(tmp_path / "nothing")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"No such file" in done.stderr


def test_max_record(run, files):
    data = files.pcap(bytes(300_000))
    assert run("-", stdin=data).returncode == 1
    assert run("--max-record", 300_000, "-", stdin=data).returncode == 0


def test_the_reader_goes_away(environment, tmp_path, files):
    path = tmp_path / "many.pcap"
    path.write_bytes(files.pcap(*[UDP] * 5000))
    command = [sys.executable, "-m", "fastsock", "capture", "--csv", str(path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (141, b"")


def test_progress_on_a_terminal(environment, tmp_path, files):
    """Shown now and then, wiped at the end, and never on stdout."""
    path = tmp_path / "many.pcap"
    path.write_bytes(files.pcap(b"x") + files.record(b"") * 300_000)
    try:
        ours, theirs = pty.openpty()
    except OSError as error:  # a chroot or a container may have none
        pytest.skip(f"no terminal: {error}")
    said = []

    def listen():
        while True:
            try:
                said.append(os.read(ours, 1000))
            except OSError:
                return
            if not said[-1]:
                return

    command = [sys.executable, "-m", "fastsock", "capture", "--columns", "link", str(path)]
    listener = threading.Thread(target=listen)
    listener.start()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, env=environment, timeout=60
    )
    os.close(theirs)
    listener.join()
    os.close(ours)
    shown = b"".join(said)
    assert b"262,144 packets" in shown
    assert shown.rstrip(b"\r").endswith(b" " * 40)
    assert done.stdout.count(b"\n") == 300_002


# A pipe that packets come from while they are seen


@pytest.fixture
def live(environment):
    """Start the command on a pipe, and end it afterwards."""
    started = []

    def start(*words):
        command = [sys.executable, "-m", "fastsock", "capture", *words, "-"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        with process:
            process.wait(60)


def lines(process, count):
    """Wait for lines of the output; the test's deadline limits this."""
    found = []
    reader = threading.Thread(
        target=lambda: found.extend(process.stdout.readline() for _ in range(count)), daemon=True
    )
    reader.start()
    reader.join(30)
    assert not reader.is_alive(), found
    return found


def put(process, data):
    process.stdin.write(data)
    process.stdin.flush()


def test_rows_come_while_the_pipe_is_open(live, files):
    process = live("--columns", "sport,dport")
    put(process, files.pcap()[:10])
    put(process, files.pcap()[10:])
    assert lines(process, 1) == [b"sport,dport\n"]
    for _ in range(3):
        put(process, files.record(UDP) * 2)
        assert lines(process, 2) == [b"53,4096\n"] * 2
    put(process, files.record(UDP)[:20])  # part of a record gives no row yet
    put(process, files.record(UDP)[20:] + files.record(ARP))
    assert lines(process, 2) == [b"53,4096\n", b",\n"]
    process.stdin.close()
    assert process.wait(60) == 0


def test_json_rows_of_pcapng_come_too(live, files):
    process = live("--columns", "sport", "--json")
    put(process, files.section() + files.interface() + files.enhanced(UDP))
    assert lines(process, 1) == [b'{"sport": 53}\n']
    put(process, files.block(5, bytes(40))[:20])
    put(process, files.block(5, bytes(40))[20:] + files.section() + files.interface()[:7])
    put(process, files.interface()[7:] + files.enhanced(UDP))
    assert lines(process, 1) == [b'{"sport": 53}\n']
    put(process, files.enhanced(UDP)[:-1])
    process.stdin.close()
    assert process.wait(60) == 1


def test_what_waits_for_the_end_is_whole(live, files, tmp_path):
    """A slow pipe gives the same summary and Parquet file as a fast one."""
    path = tmp_path / "rows.parquet"
    processes = [live("--json"), live("--parquet", "--output", str(path))]
    pieces = [files.pcap(), *[files.record(UDP) * 3] * 3]
    for piece in pieces:
        for process in processes:
            put(process, piece)
        threading.Event().wait(0.25)  # longer than rows are held back
    for process in processes:
        process.stdin.close()
        assert process.wait(60) == 0
    assert json.loads(processes[0].stdout.read())["packets"] == 9
    assert pyarrow_parquet.ParquetFile(path).metadata.num_row_groups == 1


def test_a_pipe_that_was_made_non_blocking(environment, files):
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    command = [sys.executable, "-m", "fastsock", "capture", "--columns", "sport", "-"]
    with subprocess.Popen(
        command, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        os.close(ours)
        os.write(theirs, files.pcap())
        assert lines(process, 1) == [b"sport\n"]
        os.write(theirs, files.record(UDP))
        assert lines(process, 1) == [b"53\n"]
        os.close(theirs)
        assert (process.wait(60), process.stderr.read()) == (0, b"")
