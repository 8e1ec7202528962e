"""Named tuples that C makes equal those that a call of their class makes.

CPython 3.14 and later remember a tuple's hash, in a field that whoever allocates one has to set.
"""

import copy
import pickle

import pytest

HEADERS = [
    b"PROXY TCP4 192.0.2.1 198.51.100.5 53 4096\r\n",
    b"PROXY UNKNOWN\r\n",
    bytes.fromhex("0d0a0d0a000d0a515549540a 21 11 000c c0000201 c6336405 0035 1000"),
    bytes.fromhex("0d0a0d0a000d0a515549540a 20 00 0000"),
]


@pytest.fixture
def made(proxy, capture, files):
    """One of each kind."""
    (record,) = capture.open_capture(files.pcap(b"data"))
    return [record, *(proxy.parse_proxy(header)[0] for header in HEADERS)]


def test_they_hash_as_tuples(made):
    for value in made:
        again = type(value)(*value)
        assert type(again) is type(value)
        assert hash(value) == hash(tuple(value)) == hash(again)
        assert value in {again}
        assert again in {value}


def test_they_hash_in_tuples(made):
    assert hash(tuple(made)) == hash(tuple(type(value)(*value) for value in made))


def test_headers_are_found_by_their_copies(made):
    for value in made[1:]:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert value in {pickle.loads(pickle.dumps(value, protocol))}
        assert value in {copy.deepcopy(value)}
        assert value._replace() == value
