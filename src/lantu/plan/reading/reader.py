"""`read_plan`: from a file to a plan document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lantu.base import LantuError, Place, Season, Text
from lantu.places import UnitRegister
from lantu.plan.model import Doubt, PlanDocument
from lantu.plan.reading.columns import lay_out
from lantu.plan.reading.commitments import find_commitments
from lantu.plan.reading.docx_table import read_docx
from lantu.plan.reading.doubts import look_over
from lantu.plan.reading.measures import MeasureBuilder
from lantu.plan.reading.pdf_table import read_pdf
from lantu.plan.reading.rows import Item, TitleLine
from lantu.plan.reading.stitching import DraftPlan, stitch
from lantu.plan.reading.text_table import read_text
from lantu.plan.reading.units import UnitReader


def read_plan(
    path: Path, register: UnitRegister, seasons: Mapping[str, Season], year: int | None = None
) -> PlanDocument:
    """Read a plan document: a text with cells between tabs, a PDF with a drawn grid and a text layer, or .docx.

    Args:
        path: the file.
        register: the public bodies of the city.
        seasons: the calendar's seasons, for deadlines that name one.
        year: the plan's year; None takes it from the titles, else from the file's name.

    Returns:
        All that the document says, as printed, and a doubt for everything that is missing or was repaired or guessed.

    Raises:
        LantuError: the file cannot be read, has no text layer, or holds no table of tasks.
    """
    path = Path(path)
    items = _items(path)
    laid = lay_out(items)
    drafts, stitch_doubts = stitch(laid, path.stem)
    if not drafts:
        raise LantuError(
            Text("文件中没有任务表（没有可认的表头）", "there is no table of tasks in the file (no header row known)"),
            where=Place(path),
            mend=Text(
                "表头至少要有任务或措施列，以及时限、牵头、主责、协办中的两列",
                "the header row needs a column of tasks or measures and two of: "
                "deadline, lead, responsible, assisting units",
            ),
        )
    year = year or _year(drafts, items, path)
    reader = UnitReader(register, year)
    builder = MeasureBuilder(reader, year, seasons)
    plans = builder.build(drafts)
    document = PlanDocument(path.name, year, plans)
    document.commitments = find_commitments(document, year) if year is not None else []
    doubts = [*laid.doubts, *stitch_doubts, *builder.doubts, *reader.doubts, *look_over(document)]
    document.doubts = _once(doubts)
    return document


def _once(doubts: list[Doubt]) -> list[Doubt]:
    """In the order of the document; what is said of several paragraphs of a row is said once."""
    kept: dict[tuple[object, ...], Doubt] = {}
    for doubt in doubts:
        place = (doubt.kind, doubt.line, doubt.page, doubt.plan, doubt.task, doubt.printed)
        key = place if doubt.kind == "shifted_columns" else (*place, doubt.what.zh)
        before = kept.get(key)
        if before is None or doubt.confidence > before.confidence:
            kept[key] = doubt
    return sorted(kept.values(), key=lambda doubt: (doubt.page or 0, doubt.line or 0))


def _items(path: Path) -> list[Item]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LantuError(
            Text(f"文件打不开：{error.strerror}", f"the file cannot be opened: {error.strerror}"),
            where=Place(path),
            mend=Text("检查路径和权限", "check the path and the permissions"),
        ) from error
    if raw[:1024].lstrip().startswith(b"%PDF"):
        return read_pdf(path, raw)
    if raw.startswith(b"PK\x03\x04"):
        return read_docx(path, raw)
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise LantuError(
            Text("旧版 Word 文件（.doc）读不了", "an old Word file (.doc) cannot be read"),
            where=Place(path),
            mend=Text("另存为 .docx 或 PDF", "save it as .docx or PDF"),
        )
    return read_text(path, raw)


def _year(drafts: list[DraftPlan], items: list[Item], path: Path) -> int | None:
    """The year that the titles name, else other lines outside the tables, else the file's name."""
    lines = [item.text for item in items if isinstance(item, TitleLine)]
    for text in (*(draft.title for draft in drafts), *lines, path.stem):
        match = re.search(r"(?<!\d)(20\d\d)(?!\d)", re.sub(r"\s+", "", text))
        if match:
            return int(match[1])
    return None
