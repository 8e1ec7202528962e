"""The charts of the documentation: what they say fits into them."""

from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

FontProperties = pytest.importorskip("matplotlib.font_manager").FontProperties
TextPath = pytest.importorskip("matplotlib.textpath").TextPath

ROW = {"name": "parse_packet, 5 fields", "baseline": "by hand", "ratio": 4.5}
# What a system without a font of its own shows, and wider than those that have one.
FONT = FontProperties(family="DejaVu Sans", weight="bold")


@pytest.fixture
def plot(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    return import_module("benchmarks.harness.plot")


@pytest.fixture
def report(plot):
    return import_module("benchmarks.harness.report")


def draw(plot, title):
    bars = [plot.Bar("fastsock", 10.0, "10 ns")]
    return plot.chart(title, "time an item", "ns", bars)


def title_of(svg):
    (title,) = (e for e in ElementTree.fromstring(svg).iter() if e.get("class") == "title")
    return title.text


def test_titles_fit(plot, report):
    drawn = [draw(plot, title) for title, _, _ in report.PEERS]
    drawn.append(report.headline_chart([ROW]))
    assert len(drawn) > 5
    for title in map(title_of, drawn):
        width = TextPath((0, 0), title, size=16, prop=FONT).get_extents().x1
        assert width <= plot.WIDTH - plot.LEFT - plot.RIGHT, title


def test_a_title_that_would_be_cut_is_refused(plot):
    assert title_of(draw(plot, "x" * plot.LONGEST_TITLE)) == "x" * plot.LONGEST_TITLE
    with pytest.raises(ValueError, match="is cut"):
        draw(plot, "x" * (plot.LONGEST_TITLE + 1))


def test_a_row_that_was_not_measured_has_no_bar(plot):
    bars = [plot.Bar("measured", 2.0, "2 ns"), plot.Bar("not", 0.0, "0.0x")]
    assert "0.0x" not in plot.chart("a title", "time", "ns", bars)
