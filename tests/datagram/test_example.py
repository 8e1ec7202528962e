"""The example that joins datagrams, prefixes and addresses."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "label_datagrams.py"


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ([], "{'loopback': 3} {'127.0.0.0': 3} dropped 0\n"),
        (["--block", "127.0.0.0/8"], "{} {} dropped 3\n"),
    ],
)
def test_labels_and_drops(block, told):
    command = [sys.executable, EXAMPLE, "127.0.0.1", "0", "--limit", "3", *block]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
    ):
        try:
            port = int(process.stdout.readline().rsplit(maxsplit=1)[1])
            for _ in range(3):
                sock.sendto(b"x", ("127.0.0.1", port))
            assert process.communicate(timeout=20)[0] == told
        finally:
            process.kill()
