"""One row of a part: an input, and what each contender took."""

from dataclasses import dataclass, field

BASELINES = ("stdlib", "by hand")
"""The baselines: the standard library's function, else the best plain Python."""


@dataclass
class Row:
    """One row and input of a part, by contender.

    `ns` is what targets are held against: CPU time where a row waits for another process,
    and wall time elsewhere.
    """

    part: str
    name: str
    input: str
    headline: bool
    ns: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)  # where `ns` is CPU time
    bytes: dict[str, int] = field(default_factory=dict)  # a row of sizes has no times
    size: int = 0  # bytes an item, where the rate is of interest

    @property
    def baseline(self) -> str | None:
        """The baseline, where that was measured."""
        return next((name for name in BASELINES if name in self.ns), None)

    def times(self, who: str, against: str | None = None) -> float | None:
        """How many times as fast `who` is as `against`, else as the baseline."""
        against = against or self.baseline
        if who in self.ns and against in self.ns:
            return self.ns[against] / self.ns[who]
        return None

    def rate(self, who: str) -> float | None:
        """Gigabytes a second."""
        return self.size / self.ns[who] if self.size and who in self.ns else None
