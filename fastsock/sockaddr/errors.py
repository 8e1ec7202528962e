"""Wording of the errors that both twins raise."""

from __future__ import annotations

from .._core.errors import shorten, shorten_number
from ..address.errors import AddressError

PORT = "port must be 0-65535."
FLOW = "flowinfo must be 0-1048575."
SCOPE = "scope_id must be 0-4294967295."


def not_literal(text: str, kind: str) -> AddressError:
    """Refuse a host that is no address; names are not looked up here."""
    return AddressError(f"{shorten(text)} is not an {kind} address", None, text)


def not_host(host: object) -> TypeError:
    """Refuse a host that is no text."""
    return TypeError(f"host must be str, not '{type(host).__name__}'")


def not_tuple(kind: str, address: object) -> TypeError:
    """Refuse an internet address that is no tuple of the right size."""
    shape = "(host, port)" if kind == "IPv4" else "(host, port[, flowinfo[, scope_id]])"
    found = f"one of {len(address)}" if isinstance(address, tuple) else type(address).__name__
    return TypeError(f"an {kind} address must be a tuple {shape}, not {found}")


def not_path(address: object) -> TypeError:
    """Refuse a UNIX address that is neither text nor bytes."""
    return TypeError(
        f"an AF_UNIX address must be str or a bytes-like object, not '{type(address).__name__}'"
    )


def not_data(address: object) -> TypeError:
    """Refuse an address of an unknown family that is not bytes."""
    return TypeError(
        "an address of a family other than AF_INET, AF_INET6 and AF_UNIX must be a bytes-like "
        f"object, not '{type(address).__name__}'"
    )


def bad_family(family: int, most: int) -> ValueError:
    """Refuse a family that `sa_family` can't hold."""
    return ValueError(f"family must be 0-{most}, not {shorten_number(family)}")


def path_too_long() -> OSError:
    """Refuse a path that `sun_path` can't hold, as the socket module words it."""
    return OSError("AF_UNIX path too long")


def nul_in_path() -> ValueError:
    """Refuse a path that the kernel would cut at its NUL."""
    return ValueError("embedded null byte")


def data_too_long(size: int, most: int) -> ValueError:
    """Refuse more bytes than any address has."""
    return ValueError(f"an address must have at most {most} bytes after its family, not {size}")


def too_short(size: int, name: str) -> ValueError:
    """Refuse a sockaddr that is cut."""
    return ValueError(f"{size} bytes are too few for a {name}")
