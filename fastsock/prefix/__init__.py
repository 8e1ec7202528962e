"""Prefix tables and sets: which network an address is in, whose it is, whether to let it in.

`PrefixTable` is a mapping from networks of both families to values, looked up by longest prefix,
one address or a million at a time. `PrefixSet` is a set of addresses with the operators of sets.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .embedded import embedded_ipv4
from .errors import TableFileError

if TYPE_CHECKING or not COMPILED:
    from ._py import PrefixSet, PrefixTable, mask_column, mask_many, special
else:
    from ._c import PrefixSet, PrefixTable, mask_column, mask_many, special

__all__ = [
    "PrefixSet",
    "PrefixTable",
    "TableFileError",
    "embedded_ipv4",
    "mask_column",
    "mask_many",
    "special",
]

publish(__name__, globals(), __all__)
