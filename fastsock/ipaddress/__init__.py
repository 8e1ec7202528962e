"""The standard library's `ipaddress`, faster: the same names, the same answers.

Compiled, the six classes are C types that derive from the standard library's: code that accepts
those accepts these. Pure, the names are the standard library's own. `parse_many` and `from_packed`
are new: they make lists of addresses.
"""

import ipaddress as _std
from ipaddress import *  # noqa: F403
from types import ModuleType as _ModuleType

from .._core.backend import COMPILED, TYPE_CHECKING, publish

if TYPE_CHECKING or not COMPILED:
    from ._py import __getattr__ as __getattr__, from_packed, parse_many
else:
    from ._c import (
        IPv4Address,
        IPv4Interface,
        IPv4Network,
        IPv6Address,
        IPv6Interface,
        IPv6Network,
        __getattr__ as __getattr__,
        collapse_addresses,
        from_packed,
        ip_address,
        ip_interface,
        ip_network,
        parse_many,
        summarize_address_range,
    )

__all__ = [
    "IPv4Address",
    "IPv4Interface",
    "IPv4Network",
    "IPv6Address",
    "IPv6Interface",
    "IPv6Network",
    "collapse_addresses",
    "from_packed",
    "ip_address",
    "ip_interface",
    "ip_network",
    "parse_many",
    "summarize_address_range",
]
# Names that only the running version has.
__all__ += [
    name
    for name, value in vars(_std).items()
    if not name.startswith("_") and not isinstance(value, _ModuleType) and name not in __all__
]

publish(__name__, globals(), __all__)
