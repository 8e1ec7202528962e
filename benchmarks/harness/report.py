"""Says what a run measured: `report.py RESULTS` on the terminal, `--readme FILE` as Markdown.

`make bench` runs it the first way, `make bench-report` the second.
"""

import argparse
from itertools import groupby
from pathlib import Path

from benchmarks.harness.outcome import Row, Run

OURS = ("compiled", "pure", "stdlib")


def amount(ns: float | None) -> str:
    if ns is None:
        return ""
    return f"{ns:,.1f}" if ns < 99.95 else f"{ns:,.0f}"


def ratio(times: float | None, digits: int = 1) -> str:
    return "" if times is None else f"{times:.{digits}f}x"


def peers_of(row: Row) -> str:
    names = (name for name in row.ns if name not in (*OURS, "floor"))
    return ", ".join(f"{name} {amount(row.ns[name])}" for name in names)


def wall(row: Row) -> str:
    """Wall time of our contenders, where the other columns are CPU time."""
    return " / ".join(amount(row.wall[name]) for name in OURS if name in row.wall)


def rate(row: Row) -> str:
    """Gigabytes a second of our contenders."""
    rates = (row.rate(name) for name in OURS if name in row.ns)
    return " / ".join(f"{rate:.1f}" for rate in rates if rate is not None)


def sizes(run: Run, part: str) -> list[str]:
    """Rows of sizes, which have no times."""
    return [
        f"{row.name}, {row.input}: "
        + ", ".join(f"{who} {size:,} bytes each" for who, size in row.bytes.items())
        for row in run.of(part)
        if row.bytes
    ]


def targets(run: Run, part: str) -> list[str]:
    """A line a target, with its worst and best row; every miss by name."""
    verdicts = list(run.verdicts(part))
    missed = sum(not verdict.met for verdict in verdicts)
    lines = [f"Targets of {part}: {len(verdicts) - missed} of {len(verdicts)} rows met them"]
    for target, group in groupby(verdicts, key=lambda verdict: verdict.target):
        rows = sorted(group, key=lambda verdict: verdict.measured, reverse=bool(target.ns))
        count = sum(verdict.met for verdict in rows)
        mark = "met   " if count == len(rows) else "MISSED"
        lines.append(f"  {mark} {target}: {count} of {len(rows)} ({rows[0]} to {rows[-1]})")
        lines.extend(
            f"           {verdict.row.name}, {verdict.row.input}: {verdict}"
            for verdict in rows
            if not verdict.met
        )
    return lines


def terminal(run: Run, part: str) -> str:
    """Every row, then every target."""
    rows = [row for row in run.of(part) if row.ns]
    clocked = any(row.wall for row in rows)
    rated = any(row.size for row in rows)
    head = (
        "nanoseconds an item",
        "input",
        *OURS,
        "vs stdlib",
        "vs floor",
        *(["wall"] * clocked),
        *(["GB/s"] * rated),
        "peers",
    )
    lines = [
        (
            row.name,
            row.input,
            *(amount(row.ns.get(name)) for name in OURS),
            ratio(row.times("compiled", "stdlib")),
            ratio(row.times("floor", "compiled"), 2),
            *([wall(row)] * clocked),
            *([rate(row)] * rated),
            peers_of(row),
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    text = [
        "  ".join(
            cell.ljust(width) if i in (0, 1, len(head) - 1) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [head, *lines]
    ]
    return "\n".join(
        [
            f"{part}: {run.caption}",
            (
                "Minimum of all rounds: the steady figure on a shared machine. "
                "vs stdlib: times as fast; vs floor: times an empty compiled call."
                + " CPU time where there is a wall time beside it: the same by the clock."
                * clocked
            ),
            "",
            *text,
            *sizes(run, part),
            "",
            *targets(run, part),
            "",
        ]
    )


def markdown(run: Run, part: str, image: str) -> str:
    """The headline rows as a table, the caption, the picture."""
    rows = [row for row in run.of(part) if row.headline]
    peers = any(peers_of(row) for row in rows)
    rated = any(row.size for row in rows)
    head = ["", "input", "compiled", "pure", "stdlib", "compiled vs stdlib", *["GB/s"] * rated]
    lines = [head + ["peers"] * peers, ["---", "---"] + ["---:"] * (4 + rated) + ["---"] * peers]
    for row in rows:
        cells = [f"`{row.name}`", row.input, *(amount(row.ns.get(name)) for name in OURS)]
        times = ratio(row.times("compiled", "stdlib"))
        cells.append(f"**{times}**" if times else "")
        lines.append(cells + [rate(row)] * rated + [peers_of(row)] * peers)
    clocked = any(row.wall for row in rows)
    unit = "of CPU time an item" if clocked else "an item"
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    missed = sum(not verdict.met for verdict in run.verdicts(part))
    targets = "All targets met." if not missed else f"Targets missed: {missed} (`make bench`)."
    memory = "".join(f"- {line}\n" for line in sizes(run, part)) + "\n" * bool(sizes(run, part))
    return (
        f"{table}\n\n"
        f"Nanoseconds {unit}, the best round of each. {run.caption} {targets}\n\n"
        f"{memory}"
        f"![{part}: times as fast as the standard library]({image})\n"
    )


def fill(document: str, part: str, content: str) -> str:
    """Put `content` between the part's markers; they are added at the end where missing."""
    start, end = f"<!-- benchmarks:{part} -->", f"<!-- /benchmarks:{part} -->"
    if start not in document:
        document = f"{document.rstrip()}\n\n{start}\n{end}\n"
    before, _, rest = document.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"the document has {start} but no {end}")
    return f"{before}{start}\n{content}{end}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path, help="what pytest --benchmark-json wrote")
    parser.add_argument("--readme", type=Path, help="fill this document's tables")
    parser.add_argument("--images", type=Path, help="write plots to this folder, for --readme")
    options = parser.parse_args()
    run = Run.load(options.results)
    for part in run.parts:
        print(terminal(run, part))
        if options.readme and options.images:
            from benchmarks.harness.plot import draw  # matplotlib is wanted for the picture only

            picture = options.images / f"benchmark-{part}.svg"
            draw(run, part, picture)
            image = picture.resolve().relative_to(options.readme.resolve().parent).as_posix()
            filled = fill(options.readme.read_text(), part, markdown(run, part, image))
            options.readme.write_text(filled)


if __name__ == "__main__":
    main()
