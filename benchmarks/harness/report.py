"""Report a run: on the terminal, or with `--write` in documents and charts.

`make bench-check` runs it the first way, `make bench-report` the second.
"""

import argparse
import json
from itertools import groupby
from pathlib import Path
from textwrap import fill as fill_text
from typing import Any

from benchmarks.harness.glibc import kept
from benchmarks.harness.outcome import Run
from benchmarks.harness.plot import Bar, chart, write
from benchmarks.harness.rows import BASELINES, Row

OURS = ("compiled", "pure", *BASELINES)
ROOT = Path(__file__).parents[2]


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
        "compiled",
        "pure",
        "baseline",
        "",
        "vs baseline",
        "vs floor",
        *(["wall"] * clocked),
        *(["GB/s"] * rated),
        "peers",
    )
    lines = [
        (
            row.name,
            row.input,
            *(amount(row.ns.get(name)) for name in ("compiled", "pure", row.baseline or "")),
            row.baseline or "",
            ratio(row.times("compiled")),
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
                "vs baseline: times as fast; vs floor: times an empty compiled call."
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


HOW = """# Benchmarks

Every result is compared with the baseline's on the input that is timed; a difference is an error.
`compiled` and `pure` are fastsock's twins in one process. The baseline is the standard library's
own function (`stdlib`) where there is one, else the best plain Python that does the work
(`by hand`). Times are nanoseconds an item, the best round of each, all with the same number of
rounds and the garbage collector on, as in a program. `benchmarks/README.md` says what the inputs
are. `make bench-report` measures and writes this page in one run.

The standard library's `inet_ntop` is the C library's. From glibc 2.41 on it is faster, so its ratio
is smaller there."""


def table(head: list[str], lines: list[list[str]], text: int) -> str:
    """Markdown's, with the first `text` columns and the last on the left, numbers on the right."""
    rule = ["---"] * text + ["---:"] * (len(head) - text - 1) + ["---"]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])


def section(run: Run, part: str) -> str:
    """All rows of a part, the bad ones too."""
    rows = [row for row in run.of(part) if row.ns]
    rated = any(row.size for row in rows)
    head = ["", "input", "compiled", "pure", "baseline", "compiled", "pure", *["GB/s"] * rated]
    lines = []
    for row in rows:
        baseline = row.baseline
        cells = [f"`{row.name}`", row.input, amount(row.ns.get("compiled"))]
        cells += [amount(row.ns.get("pure"))]
        cells += [f"{baseline} {amount(row.ns[baseline])}" if baseline else ""]
        cells += [times(row.times(who)) for who in ("compiled", "pure")]
        lines.append(cells + [rate(row)] * rated + [peers_of(row)])
    text = [f"## {part}", table([*head, "others"], lines, 2)]
    if any(row.wall for row in rows):
        text.append("CPU time of the thread, or of the program that was started.")
    if notes := sizes(run, part):
        text.append("\n".join(f"- {line}" for line in notes))
    return "\n\n".join(text)


def times(value: float | None) -> str:
    """How many times as fast; in two digits where it is slower."""
    return "" if value is None else ratio(value, 1 if value >= 1 else 2)


# Charts of the page: title, part, row, start of its input, who is shown under which name.
PEERS = (
    (
        "Streams: messages of 64 bytes after a length",
        ("stream", "frames, length-prefixed", "UNIX"),
        {
            "compiled": "fastsock, frames()",
            "asyncio aio.frames()": "fastsock.aio on asyncio",
            "by hand": "recv and slices, by hand",
            "asyncio StreamReader": "asyncio StreamReader",
            "uvloop StreamReader": "uvloop StreamReader",
        },
    ),
    (
        "Packets: addresses, protocol and ports of each",
        ("packet", "parse_packet + 5 fields", ""),
        {
            "compiled": "fastsock",
            "by hand": "one Struct, by hand",
            "dpkt": "dpkt",
            "pypacker": "pypacker",
            "scapy": "scapy",
        },
    ),
    (
        "Capture files: a packet to columns",
        ("capture", "to_columns, 28 columns", ""),
        {
            "compiled": "fastsock, 28 columns",
            "by hand": "struct by hand, 24",
            "dpkt": "dpkt, 20",
            "tshark": "tshark -T fields",
        },
    ),
    (
        "Addresses: an IPv6 text to bytes",
        ("address", "inet_pton v6", "typical"),
        {
            "compiled": "fastsock.inet_pton",
            "stdlib": "socket.inet_pton",
            "cached-ipaddress": "cached-ipaddress (a hit)",
            "netaddr": "netaddr.IPAddress",
        },
    ),
    (
        "ipaddress: an IPv6 text to an object",
        ("ipaddress", "ip_address v6", "hot"),
        {
            "compiled": "fastsock.ipaddress",
            "stdlib": "ipaddress",
            "cached-ipaddress": "cached-ipaddress (a hit)",
            "netaddr": "netaddr.IPAddress",
        },
    ),
    (
        "Prefixes: the longest match for an IPv4 text",
        ("prefix", "lookup", "IPv4 routes"),
        {
            "compiled": "fastsock, PrefixTable",
            "pytricia, frozen": "pytricia, frozen",
            "py-radix": "py-radix",
        },
    ),
)


def peer_charts(run: Run, folder: Path) -> dict[str, str]:
    """Draw the peers that people know; Markdown of each picture by its part."""
    found = {}
    for title, (part, name, start), shown in PEERS:
        rows = [r for r in run.of(part) if r.name == name and r.input.startswith(start)]
        if not rows:
            continue
        bars = [
            Bar(label, ns, f"{amount(ns)} ns", "ours" if label.startswith("fastsock") else "other")
            for who, label in shown.items()
            if (ns := rows[0].ns.get(who)) is not None
        ]
        write(
            folder / f"benchmark-{part}.svg",
            chart(title, "time an item, log scale: shorter is faster", "ns", bars),
        )
        found[part] = f"![{title}](images/benchmark-{part}.svg)"
    return found


def page(run: Run, folder: Path) -> str:
    """docs/benchmarks.md, whole."""
    charts = peer_charts(run, folder)
    sections = []
    for part in run.parts:
        heading, rest = section(run, part).split("\n\n", 1)
        sections.append("\n\n".join([heading, *([charts[part]] if part in charts else []), rest]))
    return "\n\n".join([HOW, kept().rstrip(), run.caption, *sections]) + "\n"


def headline_chart(rows: list[dict[str, Any]]) -> str:
    bars = [
        Bar(
            f"{row['name']} vs {row['baseline']}",
            row["ratio"],
            times(row["ratio"]),
            "ours" if row["ratio"] >= 1 else "worse",
        )
        for row in rows
    ]
    return chart(
        "Times as fast as what people use today",
        "fastsock is so many times as fast, log scale",
        "x",
        bars,
        1.0,
    )


def headline_table(found: dict[str, Any], run: Run) -> str:
    head = ["a call", "fastsock, ns", "theirs, ns", "ratio", "compared with"]
    lines = [
        [
            row["name"],
            amount(row["fastsock_ns"]),
            amount(row["baseline_ns"]),
            f"**{times(row['ratio'])}**",
            row["baseline"],
        ]
        for row in found["rows"]
    ]
    where = (
        f"{found['cpu']}, {found['python']}, {run.machine['libc']}, "
        f"fastsock {found['version']} at {run.commit_text}"
    )
    return f"{table(head, lines, 1)}\n\nNanoseconds of CPU time an item. {where}."


def row_of(run: Run, part: str, name: str) -> Row:
    """A row that the prose of README.md tells."""
    for row in run.of(part):
        if row.name == name and row.times("pure") and row.times("compiled"):
            return row
    raise SystemExit(f"the run has no row {name!r} of {part} with both twins and a baseline")


def beside(times: float) -> str:
    """How long a call takes beside another, in words."""
    if times >= 1.05:
        return f"is {times:.1f} times as fast as"
    return "is as fast as" if times > 0.95 else f"takes {1 / times:.2g} times as long as"


def claims(run: Run, found: dict[str, Any]) -> str:
    """What README.md says of the cases in which fastsock does not pay, by the figures."""
    (five,) = (
        row["ratio"]
        for row in found["rows"]
        if (row["name"], row["baseline"]) == ("parse_packet, 5 fields", "by hand")
    )
    packet = row_of(run, "packet", "parse_packet + 5 fields").times("pure")
    frames = row_of(run, "stream", "frames, length-prefixed").times("pure")
    known = (
        "For five fields of frames that you know, write one `struct.Struct`: `parse_packet` "
        f"{beside(five)} that. It is for frames that you don't know, and says what was wrong with "
        "them."
    )
    pure = (
        "On PyPy, or without a compiler, the pure twin runs. It is right, and plain Python: "
        f"`parse_packet` with five fields {beside(packet or 1)} code by hand that checks less, "
        f"`frames` {beside(frames or 1)} the loop by hand."
    )
    return "\n".join(fill_text(f"- {each}", 100, subsequent_indent="  ") for each in (known, pure))


def fill(document: str, name: str, content: str) -> str:
    """Put `content` between a document's markers of that name."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = document.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"the document lacks {start} or {end}")
    return f"{before}{start}\n{content}\n{end}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path, help="what pytest --benchmark-json wrote")
    parser.add_argument("--headlines", type=Path, help="what fastsock bench --json wrote")
    parser.add_argument("--write", action="store_true", help="README, docs/benchmarks.md, charts")
    options = parser.parse_args()
    run = Run.load(options.results)
    if not options.write:
        for part in run.parts:
            print(terminal(run, part))
        return
    images = ROOT / "docs" / "images"
    (ROOT / "docs" / "benchmarks.md").write_text(page(run, images), encoding="utf-8")
    found = json.loads(options.headlines.read_text())
    write(images / "benchmark.svg", headline_chart(found["rows"]))
    readme = ROOT / "README.md"
    text = fill(readme.read_text("utf-8"), "headlines", headline_table(found, run))
    text = fill(text, "claims", claims(run, found))
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
