"""docs/gateway-vehicles.md names every oddity, table and reason that there is, in the words of the program."""

from __future__ import annotations

import re
from pathlib import Path

from lantu.gateway.vehicles import NO_ENTRY, ODDITIES, columns, positions

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "gateway-vehicles.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """The table whose first cell is headed so, once or several times on the page."""
    found: dict[str, str] = {}
    for table in re.findall(rf"^\| {heading} \|[^\n]*\n\|[-|]+\|\n((?:\|[^\n]*\n)+)", PAGE, re.MULTILINE):
        found |= dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", table, re.MULTILINE))
    return found


def test_every_oddity_is_explained_in_its_own_words() -> None:
    listed = positions.ODDITIES | ODDITIES
    assert rows("oddity").keys() == listed.keys()
    for name, words in listed.items():
        assert f"| `{name}` | {words.en} |" in PAGE


def test_every_reason_is_explained() -> None:
    assert rows("reason") == NO_ENTRY


def test_every_table_is_named() -> None:
    tables = set(
        re.findall(r'"((?:vehicle|electric)_[a-z_]+)": _?[a-z]+[.(]', Path(columns.__file__).read_text("utf-8"))
    )
    assert rows("table").keys() == tables | {"vehicle_positions"}
