"""The reference twin, over the standard library alone."""

from .accumulator import RecvAccumulator

__all__ = [
    "RecvAccumulator",
]
