"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

from .._core.errors import shorten_number


def read_only() -> TypeError:
    """Refuse a write to a buffer that is not writable, as memoryview words it."""
    return TypeError("cannot modify read-only memory")


def released() -> ValueError:
    """Refuse a view that was used after its release."""
    return ValueError("operation forbidden on released view")


def no_pseudo_header() -> ValueError:
    """Refuse a checksum whose pseudo-header is not known."""
    return ValueError(
        "the checksum covers addresses: get the view from transport(), or give it pseudo_header"
    )


def too_long(what: str, size: int, most: int) -> ValueError:
    """Refuse a packet with more bytes than its length field can tell."""
    return ValueError(f"{what} must be at most {most} bytes, not {size}")


def no_room_in_out(size: int, room: int) -> ValueError:
    """Refuse an output buffer that is too small."""
    return ValueError(f"out has {room} bytes, {size} are needed")


def only_in(name: str, version: int) -> ValueError:
    """Refuse a value for a field that only the other version of IP has."""
    return ValueError(f"{name} is a field of IPv{version} only")


def only_in_fragments(name: str) -> ValueError:
    """Refuse a value for a field that only a fragment of IPv6 has."""
    return ValueError(f"{name} is a field of fragments only")


def bad_fragment(size: int) -> ValueError:
    """Refuse a fragment whose successor could not begin where it ends."""
    return ValueError(f"payload must be a multiple of 8 bytes before more fragments, not {size}")


def is_length(name: str, value: int) -> ValueError:
    """Refuse an Ethernet type that readers would take for a length."""
    return ValueError(
        f"{name} must be 1536 or more, not {shorten_number(value)}: what is less is a length"
    )


def not_pair(tag: tuple[object, ...]) -> ValueError:
    """Refuse a VLAN tag that is neither a number nor a pair."""
    return ValueError(f"a VLAN tag is a number or a pair (type, number), not {len(tag)} values")


def too_many_tags(count: int, most: int) -> ValueError:
    """Refuse a frame with more VLAN tags than views and decoders look at."""
    return ValueError(f"a frame has at most {most} VLAN tags here, not {count}")
