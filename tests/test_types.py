"""What a type checker of a user's program sees: the faces' types, through py.typed."""

import pytest

PROGRAM = """\
from typing import assert_type

import fastsock
from fastsock import address

assert_type(fastsock.inet_pton(2, "192.0.2.1"), bytes)
assert_type(address.inet_ntop(2, bytearray(4)), str)
assert_type(fastsock.inet_pton_many(2, ["192.0.2.1"]), bytes)
assert_type(fastsock.inet_pton_many(2, b"192.0.2.1", errors="mask"), tuple[bytes, bytes])
assert_type(fastsock.inet_ntop_many(2, memoryview(bytes(4))), list[str])
assert_type(fastsock.parse_hostport("[::1]:80"), tuple[str, int | None])
assert_type(fastsock.parse_hostport("::1", 80), tuple[str, int])
assert_type(fastsock.AddressError("no").index, int | None)
"""


@pytest.fixture
def check_types(run_python, tmp_path):
    """Check a program as its author would, knowing fastsock only as an installed package."""

    def check(text):
        program = tmp_path / "program.py"
        program.write_text(text)
        return run_python(
            "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)
        )

    return check


def test_types_of_the_public_names(check_types):
    process = check_types(PROGRAM)
    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        "fastsock.inet_pton(2, b'192.0.2.1')",
        "fastsock.inet_pton(family=2, text='192.0.2.1')",
        "fastsock.inet_pton_many(2, [], errors='ignore')",
        "fastsock.inet_ntop_many(2, 'text')",
    ],
)
def test_wrong_calls_are_seen(check_types, wrong):
    process = check_types(f"import fastsock\n{wrong}\n")
    assert process.returncode == 1, process.stdout + process.stderr
