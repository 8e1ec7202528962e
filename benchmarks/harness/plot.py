"""The picture of a part: how many times as fast as the standard library its rows are."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter

from benchmarks.harness.outcome import Row, Run
from benchmarks.harness.targets import TARGETS

BARS = (("compiled", "#1f6f8b"), ("pure", "#b9c6ce"))


def target_of(row: Row) -> float | None:
    """What the compiled twin owes this row, against the standard library."""
    owed = (
        target.times
        for target in TARGETS
        if target.who == "compiled"
        and target.against == "stdlib"
        and target.times
        and target.covers(row.part, row.name, row.input)
    )
    return next(owed, None)


def draw(run: Run, part: str, path: Path) -> None:
    rows = [row for row in run.of(part) if row.headline and "stdlib" in row.ns]
    figure, axes = plt.subplots(figsize=(9, 1.6 + 0.46 * len(rows)), layout="constrained")
    for offset, (who, colour) in enumerate(BARS):
        places = [i + 0.36 * offset for i in range(len(rows))]
        times = [row.times(who, "stdlib") or 0.0 for row in rows]
        axes.barh(places, [t - 1 for t in times], 0.36, left=1, color=colour, label=who)
        for place, value in zip(places, times, strict=True):
            text = f"{value:.1f}x"
            axes.text(max(value, 1) * 1.04, place, text, va="center", fontsize=8, color="#333333")
    for i, row in enumerate(rows):
        if (owed := target_of(row)) is not None:
            label = "target" if i == 0 else None
            axes.plot([owed, owed], [i - 0.2, i + 0.2], color="#d1495b", lw=2, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    axes.axvline(1, color="#333333", lw=1)
    axes.set_yticks([i + 0.18 for i in range(len(rows))])
    axes.set_yticklabels([f"{row.name}, {row.input}" for row in rows])
    axes.margins(y=0.02)
    axes.set_xlim(0.45, 1.6 * max(row.times("compiled", "stdlib") or 1.0 for row in rows))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"fastsock.{part}: times as fast as the standard library", loc="left")
    axes.legend(frameon=False, loc="lower right")
    first, _, rest = run.caption.partition("; fastsock")
    figure.supxlabel(f"{first}\nfastsock{rest}", fontsize=7, color="#555555")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
