"""Bar charts as SVG: a bar a line, a labelled logarithmic axis, colours of the reader's theme.

They are written by hand, so that they follow a dark theme, and stay readable on a phone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from pathlib import Path

WIDTH, LEFT, RIGHT, TOP, LINE = 480, 14, 14, 50, 42
LONGEST_TITLE = 50
THICK = 'height="14" rx="2"'
STYLE = """
.paper { fill: #ffffff }
text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.small { font-size: 12px; fill: #57606a }
.value { font-weight: 600; text-anchor: end }
.tick { text-anchor: middle }
line { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 2 3 }
.base { stroke-dasharray: none }
.ours { fill: #0969da } .other { fill: #afb8c1 } .worse { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
  .paper { fill: #0d1117 }
  text { fill: #e6edf3 } .small { fill: #9198a1 }
  line { stroke: #656c76 }
  .ours { fill: #4493f8 } .other { fill: #565e68 } .worse { fill: #f0883e }
}
"""


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    text: str
    kind: str = "ours"  # or "other", "worse": its colour


def _unit(value: float, unit: str) -> str:
    """A tick of the axis: 10x, or a time."""
    if unit == "x":
        return f"{value:g}x"
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if value >= size:
            return f"{value / size:g} {name}"
    return f"{value:g} ns"


def chart(title: str, axis: str, unit: str, bars: Iterable[Bar], base: float | None = None) -> str:
    """Bars from `base`, or from the left edge of the axis."""
    if len(title) > LONGEST_TITLE:
        raise ValueError(f"a title of more than {LONGEST_TITLE} characters is cut: {title!r}")
    bars = [bar for bar in bars if bar.value > 0]
    values = [bar.value for bar in bars] + [base] * (base is not None)
    margin = 0.05 if base is not None else 0.4  # keeps the shortest bar visible
    low, high = log10(min(values)) - margin, log10(max(values)) + 0.05

    def x(value: float) -> float:
        return LEFT + (log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    bottom = TOP + LINE * len(bars)
    frame = f'width="{WIDTH}" viewBox="0 0 {WIDTH} {bottom + 40}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>',
        f"<style>{STYLE}</style>",
        '<rect class="paper" width="100%" height="100%" rx="6"/>',
        f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>',
    ]
    for power in range(ceil(low), floor(high) + 1):
        place = x(10.0**power)
        kind = ' class="base"' if base == 10.0**power else ""
        parts += [
            f'<line{kind} x1="{place:.1f}" x2="{place:.1f}" y1="{top}" y2="{top + 14}"/>'
            for top in range(TOP + 18, bottom, LINE)
        ]
        anchor = {low: "start", high: "end"}.get(power, "middle")
        label = escape(_unit(10.0**power, unit))
        parts.append(
            f'<text class="small" style="text-anchor: {anchor}" x="{place:.1f}" y="{bottom + 14}">'
            f"{label}</text>"
        )
    start = LEFT if base is None else x(base)
    for i, bar in enumerate(bars):
        top, end = TOP + LINE * i, x(bar.value)
        left, width = min(start, end), max(abs(end - start), 2)
        parts += [
            f'<text x="{LEFT}" y="{top + 12}">{escape(bar.label)}</text>',
            f'<text class="value" x="{WIDTH - RIGHT}" y="{top + 12}">{escape(bar.text)}</text>',
            f'<rect class="{bar.kind}" x="{left:.1f}" width="{width:.1f}" y="{top + 18}" {THICK}/>',
        ]
    parts.append(f'<text class="small" x="{LEFT}" y="{bottom + 32}">{escape(axis)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def write(path: Path, drawing: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(drawing, encoding="utf-8")
