"""The twins side by side: the same names, signatures and texts; the same batch of any datagrams."""

import inspect
import socket
import struct
from importlib import import_module

import pytest
from hypothesis import given, settings, strategies as st

from fastsock.datagram import _py, constants, support

NAMES = ["DatagramBatch", "send_batch"]


def members(value):
    if not inspect.isclass(value):
        return {"": value}
    return {"": value, **{name: getattr(value, name) for name in dir(value) if name[0] != "_"}}


def shape(value, of_class):
    if not callable(value):
        return None
    parameters = list(inspect.signature(value).parameters.values())
    if of_class and parameters[0].name == "self":
        del parameters[0]
    return [(p.name, p.kind, p.default) for p in parameters]


@pytest.mark.parametrize("name", NAMES)
def test_names_signatures_and_docstrings(twins, name):
    compiled, pure = (members(getattr(twin.part("datagram"), name)) for twin in twins)
    assert compiled.keys() == pure.keys()
    for member in compiled:
        assert inspect.getdoc(compiled[member]) == inspect.getdoc(pure[member]), member
        assert shape(compiled[member], member != "") == shape(pure[member], member != ""), member


def test_face():
    for name in ("fastsock.datagram", "fastsock.aio"):
        face = import_module(name)
        for offered in face.__all__:
            assert getattr(face, offered).__module__.startswith(name)


COLUMNS = ["peer_family", "peer_addresses", "truncated", "dropped", "local_addresses", "tos"]


def everything(batch):
    """Everything that a batch tells, except times."""
    said = [len(batch), batch.payloads(), [bytes(view) for view in batch.views()], batch.peers()]
    said += [getattr(batch, name) for name in COLUMNS]
    return [*said, list(batch.peer_ports), list(batch.interfaces), repr(batch)]


@settings(max_examples=60)
@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=12),
    st.integers(1, 12),
    st.integers(1, 40),
    st.booleans(),
    st.booleans(),
)
def test_any_datagrams(twins, payloads, slots, slot_size, gro, mapped):
    """Two sockets, as alike as they can be, one for each twin."""
    said = []
    for twin in twins:
        part = twin.part("datagram")
        with (
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as here,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
        ):
            here.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            here.bind(("::", 0))
            there.bind(("127.0.0.1", 0))
            port, sender = here.getsockname()[1], there.getsockname()[1]
            here.setblocking(False)
            batch = part.DatagramBatch(
                slots, slot_size, gro=gro, mapped="ipv4" if mapped else "keep", local=True, tos=True
            )
            support.prepare(here, batch_bits(gro))
            assert part.send_batch(there, payloads, ("127.0.0.1", port)) == len(payloads)
            found = []
            for _ in range(len(payloads)):
                try:
                    batch.recv(here)
                except BlockingIOError:
                    break
                found.append(repr(everything(batch)).replace(str(sender), "PORT"))
            said.append(found)
    assert said[0] == said[1]


def batch_bits(gro):
    return support.LOCAL | support.TOS | (support.GRO if gro else 0)


LEVELS = [socket.SOL_SOCKET, socket.IPPROTO_IP, socket.IPPROTO_IPV6, constants.SOL_UDP, 77]
KINDS = [1, 2, 8, 35, 40, 50, 67, 103, 104]


@given(
    st.lists(
        st.tuples(st.sampled_from(LEVELS), st.sampled_from(KINDS), st.binary(max_size=40)).filter(
            lambda message: message[:2] != (socket.SOL_SOCKET, 1)  # these would be closed
        ),
        max_size=5,
    ),
    st.integers(0, 70000),
)
def test_any_control_messages(messages, size):
    """The reference stays within bounds; fuzz/datagram_kernels.c tries the compiled one."""
    found = _py._read_control(messages, size)
    assert 0 <= found.tos <= 255
    assert 0 <= found.stride < max(size, 1)
    assert found.datagrams == (-(-size // found.stride) if found.stride else 1)
    assert len(found.local) in (0, 4, 16)
    assert struct.pack("=q", found.timestamp)
