"""A ledger out to Excel and in again: good rows go in, every bad one is named by cell and reason."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from lantu.base import LantuError, use_language
from lantu.ledgers import Actor, LedgerBook, export_sheet, import_sheet

HEAD = ["编码", "行政区划", "类别", "长度（米）", "人数", "发现日期"]


def sheet(path: Path, rows: list[list[Any]], head: list[str] | None = None) -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet()
    for number, row in enumerate([HEAD if head is None else head, *rows]):
        for column, cell in enumerate(row):
            if isinstance(cell, dt.date):
                page.write_datetime(number, column, dt.datetime.combine(cell, dt.time()))
            else:
                page.write(number, column, cell)
    book.close()
    return path


def good(number: int, **change: Any) -> list[Any]:
    row = dict(zip(HEAD, [f"OF-{number}", "东街道", "工业", 2500, 3, dt.date(2021, 3, 1)], strict=True))
    row.update(change)
    return list(row.values())


def test_good_rows_go_in_and_bad_ones_are_named(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    rows = [
        good(1),
        good(2, 类别="海洋"),
        good(3, 行政区划="丁街道", 人数=-4),
        good(1),
        good(5, 发现日期=dt.date(2021, 12, 31)),
        ["", "", "", "", "", ""],
        good(7),
        good(8, **{"长度（米）": "很长"}),
    ]
    report = import_sheet(book, "outfalls", sheet(tmp_path / "in.xlsx", rows), officer)
    assert (report.rows, report.entered, report.bad_rows) == (7, 2, 5)
    assert [(fault.cell, fault.what.en.split("'")[0].strip()) for fault in report.faults] == [
        ("C3", "there is no code"),
        ("B4", "there is no area"),
        ("E4", "-4 is below 0"),
        ("A5", ""),
        ("F6", "2021-12-31 lies after today (2021-07-01)"),
        ("D9", ""),
    ]
    assert all(fault.what.zh and fault.heading for fault in report.faults)
    entries = book.entries("outfalls").rows
    assert [entry.key for entry in entries] == ["OF-1", "OF-7"]
    assert str(entries[0].values["length"]) == "2.5"  # metres became kilometres


@pytest.mark.parametrize(
    ("head", "word"),
    [
        ([*HEAD, "颜色"], "no column"),
        ([*HEAD, "编码"], "stands twice"),
        (HEAD[:5], "columns are missing"),
        (["编码", "行政区划", "类别", "长度（吨）", "人数", "发现日期"], "does not fit"),
    ],
)
def test_a_sheet_with_wrong_columns_changes_nothing(
    book: LedgerBook, officer: Actor, tmp_path: Path, head: list[str], word: str
) -> None:
    with pytest.raises(LantuError) as caught:
        import_sheet(book, "outfalls", sheet(tmp_path / "in.xlsx", [good(1)[: len(head)]], head), officer)
    assert word in caught.value.what.en
    assert caught.value.where is not None
    assert caught.value.where.line == 1
    assert book.store.counts() == {}


def test_what_is_no_workbook_is_said_so(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    path.write_bytes(b"PK\x03\x04 broken")
    for wrong, word in ((path, "no workbook"), (tmp_path / "none.xlsx", "no such file")):
        with pytest.raises(LantuError) as caught:
            import_sheet(book, "outfalls", wrong, officer)
        assert word in caught.value.what.en
    with pytest.raises(LantuError, match="empty"):
        import_sheet(book, "outfalls", sheet(tmp_path / "empty.xlsx", [], []), officer)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_goes_out_comes_back_unchanged(book: LedgerBook, officer: Actor, tmp_path: Path, language: Any) -> None:
    import_sheet(book, "outfalls", sheet(tmp_path / "in.xlsx", [good(n) for n in range(1, 6)]), officer)
    book.enter(
        "outfalls",
        {"code": "OF-9", "found_on": "2021-06-01", "uses": "a;b"},
        "S2",
        officer,
        place="116.4,39.9",
        holder="市水务局",
    )
    with use_language(language):
        assert export_sheet(book, "outfalls", tmp_path / "out.xlsx") == 6
        report = import_sheet(book, "outfalls", tmp_path / "out.xlsx", officer)
    assert report.faults == []
    assert (report.unchanged, report.amended, report.entered) == (6, 0, 0)
    assert book.entry("outfalls", "OF-9").place == "116.4,39.9"


def test_a_formula_stays_text(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    book.enter("outfalls", {"code": "OF-1", "found_on": "2021-03-01"}, "东街道", officer)
    book.enter("samples", {"number": "=1+1", "outfall": "OF-1", "taken_on": "2021-04-01"}, "东街道", officer)
    export_sheet(book, "samples", tmp_path / "out.xlsx")
    rows = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_index(0).to_python()
    assert rows[1][0] == "=1+1"


def test_a_row_with_an_old_version_is_refused(book: LedgerBook, officer: Actor, checker: Actor, tmp_path: Path) -> None:
    import_sheet(book, "outfalls", sheet(tmp_path / "in.xlsx", [good(1), good(2)]), officer)
    export_sheet(book, "outfalls", tmp_path / "out.xlsx")
    book.amend("outfalls", "OF-1", {"people": 50}, checker)
    report = import_sheet(book, "outfalls", tmp_path / "out.xlsx", officer)
    (fault,) = report.faults
    assert "李四 has changed the entry to version 2; the row has 1" in fault.what.en
    assert report.unchanged == 1
    assert book.entry("outfalls", "OF-1").data["people"] == 50


def test_a_state_is_not_typed_into_a_sheet(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    head = [*HEAD, "状态"]
    report = import_sheet(book, "outfalls", sheet(tmp_path / "a.xlsx", [[*good(1), "已销号"]], head), officer)
    assert "cannot begin in the state" in report.faults[0].what.en
    import_sheet(book, "outfalls", sheet(tmp_path / "b.xlsx", [[*good(1), "已发现"]], head), officer)
    for state, word in (("已销号", "cannot become"), ("已整改", "needs"), ("好了", "no state")):
        report = import_sheet(book, "outfalls", sheet(tmp_path / "c.xlsx", [[*good(1), state]], head), officer)
        assert word in report.faults[0].what.en
    assert book.entry("outfalls", "OF-1").version == 1


def test_references_in_a_sheet(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    import_sheet(book, "outfalls", sheet(tmp_path / "in.xlsx", [good(1)]), officer)
    head = ["编号", "排污口", "采样日期", "行政区划"]
    rows = [[str(n), f"OF-{n}", dt.date(2021, 4, 1), "东街道"] for n in (1, 2)]
    report = import_sheet(book, "samples", sheet(tmp_path / "s.xlsx", rows, head), officer)
    assert [(fault.cell, "has no 'OF-2'" in fault.what.en) for fault in report.faults] == [("B3", True)]
    assert report.entered == 1


def test_a_csv_file_will_do(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("code,area,found_on\nOF-1,东街道,2021/3/1\n", encoding="utf-8")
    assert import_sheet(book, "outfalls", path, officer).entered == 1
