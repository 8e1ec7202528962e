"""A run of pytest-benchmark as rows, and the outcome of each target."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness.rows import Row
from benchmarks.harness.targets import TARGETS, Target


@dataclass(frozen=True)
class Verdict:
    """One target on one row."""

    row: Row
    target: Target
    measured: float

    @property
    def met(self) -> bool:
        if self.target.ns:
            return self.measured <= self.target.ns
        return self.measured >= (self.target.rate or self.target.times)

    def __str__(self) -> str:
        if self.target.ns:
            return f"{self.measured:.1f} ns"
        if self.target.rate:
            return f"{self.measured:.1f} GB/s"
        return f"{1 / self.measured if self.target.is_limit else self.measured:.2f}x"


def least(figures: dict[str, Any], who: str, figure: float) -> None:
    """Keep the lowest figure of all turns."""
    figures[who] = min(figure, figures.get(who, figure))


@dataclass
class Run:
    rows: list[Row]
    machine: dict
    commit: dict
    date: str

    @classmethod
    def load(cls, path: Path) -> "Run":
        saved = json.loads(path.read_text())
        rows: dict[tuple[str, str, str], Row] = {}
        for result in saved["benchmarks"]:
            info = result["extra_info"]
            key = info["part"], info["row"], info["input"]
            row = rows.setdefault(key, Row(*key, headline=info["headline"]))
            who = info["contender"]
            if "bytes" in info:
                least(row.bytes, who, info["bytes"])
                continue
            row.size = info.get("size", 0)
            wall = result["stats"]["min"] / info["items"] * 1e9
            if "cpu_ns" in info:
                least(row.wall, who, wall)
                least(row.ns, who, info["cpu_ns"] / info["items"])
            else:
                least(row.ns, who, wall)
        day = saved["datetime"].partition("T")[0]
        return cls(list(rows.values()), saved["machine_info"], saved["commit_info"], day)

    @property
    def parts(self) -> list[str]:
        return list(dict.fromkeys(row.part for row in self.rows))

    def of(self, part: str) -> list[Row]:
        return [row for row in self.rows if row.part == part]

    def verdicts(self, part: str) -> Iterator[Verdict]:
        pairs = ((target, row) for target in TARGETS for row in self.of(part))
        for target, row in pairs:
            if not target.is_for(self.machine["python_version"]):
                continue
            if target.covers(row.part, row.name, row.input):
                measured = target.figure(row)
                if measured is not None:
                    yield Verdict(row, target, measured)

    @property
    def commit_text(self) -> str:
        """The commit that was measured."""
        changed = " with local changes" if self.commit.get("dirty") else ""
        return (self.commit.get("id") or "unknown")[:10] + changed

    @property
    def caption(self) -> str:
        """Where and how it was measured."""
        machine, ours = self.machine, self.machine["fastsock"]
        python = (
            f"{machine['python_implementation']} {machine['python_version']} "
            f"({machine['python_build_flags']}, {machine['python_compiler']})"
        )
        return (
            f"{machine['cpu'].get('brand_raw', machine['machine'])}, {machine['cores']} cores; "
            f"{machine['os']}, {machine['libc']}; {python}; "
            f"fastsock {ours['version']} at {self.commit_text}, "
            f"{ours['simd']} kernels, {ours['compiler']}; {self.date}."
        )
