"""The reference has a page for every face, and lists each exception."""

from pathlib import Path

import pytest
from contract import FACES

from fastsock import errors

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("part", [*FACES, "errors"])
def test_part_has_a_page(part):
    text = (REFERENCE / f"{part}.md").read_text("utf-8")
    assert f".. automodule:: fastsock.{part}\n   :members:" in text
    index = (REFERENCE / "index.md").read_text("utf-8").splitlines()
    assert part in index


def test_what_a_page_leaves_out_is_an_exception_or_told_by_hand():
    for page in REFERENCE.glob("*.md"):
        text = page.read_text("utf-8")
        for line in text.splitlines():
            if line.startswith("   :exclude-members: ") and "get_constants" not in line:
                for name in line.partition(": ")[2].split(", "):
                    by_hand = f".. py:function:: {name}(" in text
                    assert by_hand or name in errors.__all__, page.name
