"""The example that joins datagrams, prefixes and addresses."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numpy")  # the example's
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "label_datagrams.py"


BLOCK = ["--block", "127.0.0.0/8"]


@pytest.mark.parametrize(
    ("host", "block", "told"),
    [
        ("127.0.0.1", [], "{'loopback': 3} {'127.0.0.0': 3} dropped 0\n"),
        ("127.0.0.1", BLOCK, "{} {} dropped 3\n"),
        ("::", [], "{'loopback': 3} {'127.0.0.0': 3} dropped 0\n"),
        ("::", BLOCK, "{} {} dropped 3\n"),
    ],
)
def test_labels_and_drops(fresh_environment, host, block, told):
    pytest.importorskip("numpy")
    command = [sys.executable, EXAMPLE, host, "0", "--limit", "3", *block]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=fresh_environment()
        ) as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
    ):
        try:
            port = int(process.stdout.readline().rsplit(maxsplit=1)[1])
            for _ in range(3):
                sock.sendto(b"x", ("127.0.0.1", port))
            assert process.communicate(timeout=20)[0] == told
        finally:
            process.kill()
