"""How many items the large rows have; fewer where every row only runs once, without timing."""

MILLION = 1_000_000
NETWORKS = 1_000_000
"""Networks of a prefix table; `--networks` of a run."""
CAPTURE = 100_000
"""Packets of a capture file."""
LARGEST = 1 << 26
"""Bytes that no cache holds."""


def shrink() -> None:
    """Make the large rows small. Call it before the benchmarks are imported."""
    global MILLION, NETWORKS, CAPTURE, LARGEST
    MILLION, NETWORKS, CAPTURE, LARGEST = 10_000, 10_000, 10_000, 1 << 20
