"""Wording of the errors that both twins raise."""

from __future__ import annotations

from .._core.errors import out_of_range as out_of_range, shorten

SLOTS_MAX = 1 << 16
SLOT_SIZE_MAX = 1 << 20


def bad_mapped(mapped: object) -> ValueError:
    """The error of an unknown `mapped`."""
    return ValueError(f"mapped must be 'keep' or 'ipv4', not {shorten(mapped)}")


def in_use() -> RuntimeError:
    """The error of a call on a batch while another call is using it."""
    return RuntimeError("the batch is in use by another call")


def not_asked(name: str) -> ValueError:
    """The error of a column that the batch did not ask for."""
    return ValueError(f"{name} is there only for DatagramBatch(..., {name}=True)")


def no_columns() -> ValueError:
    """The error of flat columns of peers without packed addresses."""
    return ValueError("the peers are not all of AF_INET, or all of AF_INET6: see peers()")


def not_many(payloads: int, peers: int) -> ValueError:
    """The error of payloads and peers of different numbers."""
    return ValueError(f"{payloads} payloads can't go to {peers} peers: there must be as many")


def bad_pair(row: int) -> TypeError:
    """The error of a tuple that is not a pair of payload and address."""
    return TypeError(f"datagrams[{row}] must be a bytes-like object or a pair (data, address)")


def bad_family(family: int) -> ValueError:
    """The error of an address for a socket of an unsupported family."""
    return ValueError(
        f"peers can be given for sockets of AF_INET, AF_INET6 and AF_UNIX, not of family {family}"
    )
