"""Streams that consumers read without the GIL, from many threads at once."""

import pytest

CODE = """
import io, threading
import pyarrow
from fastsock import CaptureWriter, build_udp, open_capture

file = io.BytesIO()
writer = CaptureWriter(file, link="raw")
for port in range(1, 401):
    writer.write(build_udp("192.0.2.1", "198.51.100.2", 53, port, b"data"))
rows = []

def read():
    table = pyarrow.table(open_capture(file.getvalue()).to_batches(["dport"], chunk=50))
    rows.append(table["dport"].to_pylist())

threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert rows == [list(range(1, 401))] * 4, rows
print("read")
"""


def test_streams_in_threads(run_python, twin):
    pytest.importorskip("pyarrow")
    done = run_python("-c", CODE, FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("read\n", "")
