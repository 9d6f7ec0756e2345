"""The plan's own words (原文): what was read from the document, where a reading was accepted.

Readings are files in the folder `readings` of the workspace: the plan's JSON under `document`, the name of the document
under `title`, and under `accepted` who accepted it; a reading that nobody accepted is not shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from lantu.office.desk import desk

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Printed:
    """A measure as printed: its text and deadline, and which document and page it stands on."""

    text: str
    deadline: str
    document: str
    page: int | None


def printed_measures() -> dict[str, Printed]:
    """What accepted readings say of measures, by the measure's id; the latest file wins."""
    folder = desk().workspace.path / "readings"
    files = tuple(sorted((path, path.stat().st_mtime_ns) for path in folder.glob("*.json")))
    return _read(tuple(sorted(files, key=lambda each: each[1]))) if files else {}


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[Path, int], ...]) -> dict[str, Printed]:
    found: dict[str, Printed] = {}
    for path, _ in files:
        try:
            written = orjson.loads(path.read_bytes())
            found.update(_measures(written))
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            logging.getLogger(__name__).exception("the reading %s cannot be used", path)
    return found


def _measures(reading: dict[str, Any]) -> dict[str, Printed]:
    if not reading["accepted"]:
        return {}
    title = str(reading["title"])
    return {
        measure["id"]: Printed(measure["text"], measure.get("deadline_raw") or "", title, measure.get("page"))
        for plan in reading["document"]["plans"]
        for section in plan["sections"]
        for task in section["tasks"]
        for measure in task["measures"]
    }
