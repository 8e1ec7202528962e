"""Wording of the errors that both twins raise."""

from __future__ import annotations

from .._core.errors import out_of_range as out_of_range, shorten

SLOTS_MAX = 1 << 16
SLOT_SIZE_MAX = 1 << 20


def bad_mapped(mapped: object) -> ValueError:
    """Refuse a `mapped` that is neither choice."""
    return ValueError(f"mapped must be 'keep' or 'ipv4', not {shorten(mapped)}")


def in_use() -> RuntimeError:
    """Refuse a call on a batch while another call is at work on it."""
    return RuntimeError("the batch is in use by another call")


def not_asked(name: str) -> ValueError:
    """Refuse a column that nobody asked the kernel for."""
    return ValueError(f"{name} is there only for DatagramBatch(..., {name}=True)")


def no_columns() -> ValueError:
    """Refuse flat columns of peers that have no packed addresses of one size."""
    return ValueError("the peers are not all of AF_INET, or all of AF_INET6: see peers()")


def not_many(payloads: int, peers: int) -> ValueError:
    """Refuse payloads and peers that don't go together."""
    return ValueError(f"{payloads} payloads can't go to {peers} peers: there must be as many")


def bad_pair(row: int) -> TypeError:
    """Refuse a tuple that is no payload with its address."""
    return TypeError(f"datagrams[{row}] must be a bytes-like object or a pair (data, address)")


def bad_family(family: int) -> ValueError:
    """Refuse an address for a socket whose addresses are not known here."""
    return ValueError(
        f"peers can be given for sockets of AF_INET, AF_INET6 and AF_UNIX, not of family {family}"
    )
