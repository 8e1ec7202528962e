"""The compiled twin."""

from .accumulator import RecvAccumulator

__all__ = [
    "RecvAccumulator",
]
