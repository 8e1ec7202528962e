"""The example's RESP server, talked to by redis's own client."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "resp_server.py"


@pytest.fixture(params=["c", "py"])
def port(request, fresh_environment):
    command = [sys.executable, "-B", str(EXAMPLE), "0"]
    environment = fresh_environment(FASTSOCK_BACKEND=request.param)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.kill()


@pytest.fixture
def client(find_program, run_outside):
    def client(name, *arguments):
        return run_outside([find_program(name), *arguments], check=True).stdout.decode()

    return client


def test_redis_cli(port, client):
    assert client("redis-cli", "-p", port, "set", "k", "a b") == "OK\n"
    assert client("redis-cli", "-p", port, "get", "k") == "a b\n"
    assert client("redis-cli", "-p", port, "del", "k", "other") == "1\n"
    assert client("redis-cli", "-p", port, "get", "k") == "\n"
    assert "unknown command" in client("redis-cli", "-p", port, "nonsense")


def test_redis_benchmark(port, client):
    output = client(
        "redis-benchmark", "-p", port, "-t", "set,get", "-n", "4000", "-P", "16", "-c", "20", "-q"
    )
    assert output.count("requests per second") == 2
