"""A returned sheet: what it would change, cell by cell, and what was changed meanwhile by others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from lantu.base import Text, use_language
from lantu.ledgers import Actor, LedgerBook, SheetReview, export_sheet, review_sheet


@pytest.fixture
def outfalls(book: LedgerBook, officer: Actor) -> LedgerBook:
    for number in range(1, 6):
        given = {"code": f"OF-{number}", "kind": "industrial", "length": "2.5", "people": 3, "found_on": "2021-03-01"}
        book.enter("outfalls", given, "东街道", officer, place="116.40,39.9", holder="市水务局")
    return book


def returned(book: LedgerBook, folder: Path, **edits: dict[str, Any]) -> Path:
    """The exported sheet with some cells typed over: `OF_2={"长度（公里）": 7}`; a new key makes a new row."""
    with use_language("zh"):
        export_sheet(book, "outfalls", folder / "out.xlsx")
    rows = CalamineWorkbook.from_path(str(folder / "out.xlsx")).get_sheet_by_index(0).to_python()
    head = [str(each).rstrip("*") for each in rows[0]]
    known = {row[0]: row for row in rows[1:]}
    for key, cells in edits.items():
        name = key.replace("_", "-")
        if name not in known:
            known[name] = [name if title == "编码" else None for title in head]
        for title, cell in cells.items():
            known[name][head.index(title)] = cell
    path = folder / "back.xlsx"
    out = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    page = out.add_worksheet()
    for number, row in enumerate([head, *known.values()]):
        for column, cell in enumerate(row):
            if isinstance(cell, dt.date):
                page.write_datetime(number, column, dt.datetime.combine(cell, dt.time()))
            else:
                page.write(number, column, cell)
    out.close()
    return path


def look(book: LedgerBook, path: Path, actor: Actor, permit: Any = None, **more: Any) -> SheetReview:
    return review_sheet(book, "outfalls", path, actor, permit or (lambda *_: None), **more)


def test_what_went_out_comes_back_unchanged(outfalls: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    review = look(outfalls, returned(outfalls, tmp_path), officer)
    assert review.counts() == {"new": 0, "changed": 0, "conflict": 0, "unchanged": 5, "bad": 0, "refused": 0}
    assert review.changes() == []


def test_changed_and_new_rows_are_shown_cell_by_cell(outfalls: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    path = returned(
        outfalls,
        tmp_path,
        OF_2={"长度（公里）": 7.25, "类别": "农业"},
        OF_3={"人数": None},
        OF_9={"行政区划": "西街道", "发现日期": dt.date(2021, 6, 1)},
    )
    with use_language("zh"):
        review = look(outfalls, path, officer)
    assert review.counts() == {"new": 1, "changed": 2, "conflict": 0, "unchanged": 3, "bad": 0, "refused": 0}
    changed = {row.key: {cell.name: (cell.before, cell.after) for cell in row.cells} for row in review.rows}
    assert changed["OF-2"] == {"kind": ("工业", "农业"), "length": ("2.5", "7.25")}
    assert changed["OF-3"] == {"people": ("3", "")}
    assert outfalls.entry("outfalls", "OF-2").version == 1, "looking changes nothing"
    outfalls.store.add(review.changes())
    assert str(outfalls.entry("outfalls", "OF-2").data["length"]) == "7.25"
    assert "people" not in outfalls.entry("outfalls", "OF-3").data
    assert outfalls.entry("outfalls", "OF-2").place == "116.40,39.9"
    assert outfalls.entry("outfalls", "OF-9").area == "S2"
    line = outfalls.store.journal.lines(1)[0]
    assert (line.action, line.detail["changes"]) == ("several", 3)


def test_what_others_changed_meanwhile_stays(
    outfalls: LedgerBook, officer: Actor, checker: Actor, tmp_path: Path
) -> None:
    path = returned(outfalls, tmp_path, OF_2={"长度（公里）": 7})
    outfalls.amend("outfalls", "OF-2", {"people": 50}, checker)
    review = look(outfalls, path, officer)
    (row,) = [each for each in review.rows if each.kind == "changed"]
    assert [cell.name for cell in row.cells] == ["length"]
    outfalls.store.add(review.changes())
    entry = outfalls.entry("outfalls", "OF-2")
    assert (entry.version, entry.data["people"], entry.data["length"]) == (3, 50, "7")


def test_a_cell_that_both_changed_is_decided_by_a_person(
    outfalls: LedgerBook, officer: Actor, checker: Actor, tmp_path: Path
) -> None:
    path = returned(outfalls, tmp_path, OF_2={"长度（公里）": 7, "人数": 9})
    outfalls.amend("outfalls", "OF-2", {"people": 50, "length": 8}, checker)
    review = look(outfalls, path, officer)
    (row,) = [each for each in review.rows if each.kind == "conflict"]
    assert [(cell.name, cell.before, cell.after, cell.now) for cell in row.cells] == [
        ("length", "2.5", "7", "8"),
        ("people", "3", "9", "50"),
    ]
    assert row.change is None
    half = look(outfalls, path, officer, decisions={"OF-2": (2, {"length": "after"})})
    assert half.counts()["conflict"] == 1
    whole = look(outfalls, path, officer, decisions={"OF-2": (2, {"length": "after", "people": "now"})})
    assert whole.counts()["changed"] == 1
    outfalls.amend("outfalls", "OF-2", {"people": 51}, checker)
    late = look(outfalls, path, officer, decisions={"OF-2": (2, {"length": "after", "people": "now"})})
    assert late.counts()["conflict"] == 1, "what was decided of another version is decided anew"
    outfalls.store.add(
        look(outfalls, path, officer, decisions={"OF-2": (3, {"length": "after", "people": "now"})}).changes()
    )
    entry = outfalls.entry("outfalls", "OF-2")
    assert (entry.data["length"], entry.data["people"]) == ("7", 51)


def test_all_kept_as_it_stands_is_no_change(
    outfalls: LedgerBook, officer: Actor, checker: Actor, tmp_path: Path
) -> None:
    path = returned(outfalls, tmp_path, OF_2={"人数": 9})
    outfalls.amend("outfalls", "OF-2", {"people": 50}, checker)
    review = look(outfalls, path, officer, decisions={"OF-2": (2, {"people": "now"})})
    assert review.changes() == []


def test_bad_cells_are_named(outfalls: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    path = returned(
        outfalls,
        tmp_path,
        OF_1={"人数": "many"},
        OF_2={"发现日期": None},
        OF_3={"状态": "已销号"},
        OF_4={"版本": 7},
        OF_5={"整改日期": dt.date(2020, 1, 1)},
        OF_8={"版本": 1, "行政区划": "西街道", "发现日期": dt.date(2021, 6, 1)},
    )
    review = look(outfalls, path, officer)
    words = {row.key: row.faults[0].what.en for row in review.rows if row.kind == "bad"}
    assert words == {
        "OF-1": "'many' is not a number",
        "OF-2": "a required value is missing",
        "OF-3": "'found' cannot become 'closed'",
        "OF-4": "there is no version 7",
        "OF-5": "2020-01-01 is before 'found on' (2021-03-01)",
        "OF-8": "the row has a version, but there is no such entry",
    }
    assert review.changes() == []


def test_rows_outside_the_rights_are_refused(outfalls: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    def permit(old: Any, area: str, step: Any) -> Text | None:
        return None if area == "S1" else Text("越权", "outside your rights")

    new = {"行政区划": "西街道", "发现日期": dt.date(2021, 6, 1)}
    path = returned(outfalls, tmp_path, OF_2={"行政区划": "西街道"}, OF_3={"人数": 9}, OF_8=new)
    review = look(outfalls, path, officer, permit)
    assert {row.key: row.kind for row in review.rows if row.kind != "unchanged"} == {
        "OF-2": "refused",
        "OF-3": "changed",
        "OF-8": "refused",
    }


def test_a_step_by_sheet_needs_its_guards(outfalls: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    path = returned(outfalls, tmp_path, OF_2={"状态": "已整改", "整改日期": dt.date(2021, 6, 1)})
    (row,) = [each for each in look(outfalls, path, officer).rows if each.kind == "bad"]
    assert "evidence 'photo' is missing" in row.faults[0].what.en


def test_a_default_does_not_fill_what_was_left_empty(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    book.enter("outfalls", {"code": "OF-1", "found_on": "2021-03-01"}, "东街道", officer)
    old = book.entry("outfalls", "OF-1")
    assert old.data["listed"] is True
    review = look(book, returned(book, tmp_path), officer)
    assert review.counts()["unchanged"] == 1


def test_a_day_to_come_is_no_fault_where_it_stands_already(
    outfalls: LedgerBook, officer: Actor, tmp_path: Path
) -> None:
    later = LedgerBook(outfalls.ledgers, outfalls.areas, outfalls.registers.units, tmp_path, dt.date(2021, 9, 1))
    later.store = outfalls.store
    later.amend("outfalls", "OF-2", {"found_on": "2021-08-15"}, officer)
    path = returned(outfalls, tmp_path, OF_3={"发现日期": dt.date(2021, 8, 15)})
    review = look(outfalls, path, officer)
    assert review.counts()["unchanged"] == 4
    (row,) = [each for each in review.rows if each.kind == "bad"]
    assert "lies after today" in row.faults[0].what.en


def test_no_two_columns_of_a_sheet_are_called_the_same() -> None:
    from lantu.ledgers.sheet_columns import columns_of, headings
    from lantu.plan.packs import load_pack

    for ledger in load_pack("beijing/2021").ledgers.values():
        for language in ("zh", "en"):
            head = [title.in_language(language) for title in headings(ledger).values()]  # type: ignore[arg-type]
            found = [column.name for column in columns_of(ledger, list(head), Path("sheet"), 1)]
            assert found == list(headings(ledger)), ledger.ledger
