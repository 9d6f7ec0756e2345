"""A ledger out to an Excel sheet, with keys and versions, so that it can come back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import current_language
from lantu.ledgers.sheet_columns import headings
from lantu.ledgers.values import shown

if TYPE_CHECKING:
    from lantu.ledgers.book import LedgerBook


def export_sheet(book: LedgerBook, name: str, path: Path, area: str | None = None) -> int:
    """Write a ledger's entries as they stand to a workbook, with keys and versions, so that it can come back.

    Args:
        book: the ledgers.
        name: the ledger.
        path: the workbook.
        area: only entries in this area (code, name).

    Returns:
        How many entries were written.
    """
    import xlsxwriter

    ledger = book.ledger(name)
    entries = book.entries(ledger.ledger)
    latest = book.store.latest(ledger.ledger) if ledger.geometry == "point" else {}
    rows = entries.rows if area is None else entries.within(book.areas.find(area).code)
    columns = headings(ledger)
    workbook = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    workbook.set_properties({"title": str(ledger.title), "comments": f"lantu:{ledger.ledger}"})
    sheet = workbook.add_worksheet(_sheet_name(str(ledger.sheet or ledger.title)))
    bold = workbook.add_format({"bold": True, "bg_color": "#e8eef4", "bottom": 1, "text_wrap": True, "valign": "top"})
    date = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for index, (column, title) in enumerate(columns.items()):
        declared = ledger.field(column)
        mark = "*" if column == "area" or (declared is not None and declared.required) else ""
        sheet.write_string(0, index, str(title) + mark, bold)
        sheet.set_column(index, index, max(9, min(28, 2 * len(title.zh) + 3)))
        choices = (
            [str(t) for t in declared.codes.values()]
            if declared is not None and declared.type == "code"
            else [str(s.title) for s in ledger.states.values()]
            if column == "state"
            else []
        )
        if choices and sum(len(choice) + 1 for choice in choices) <= 255:
            sheet.data_validation(1, index, 50_000, index, {"validate": "list", "source": choices})
    for number, row in enumerate(rows, start=1):
        for index, column in enumerate(columns):
            declared = ledger.field(column)
            value: Any
            if column == "area":
                value = _area_name(book, row.area)
            elif column == "holder":
                value = row.holder
            elif column == "state":
                value = str(ledger.states[row.state].title)
            elif column in ("day", "version"):
                value = getattr(row, column)
            elif column in ("longitude", "latitude"):
                place = latest[row.key].place
                parts = place.split(",") if place else []
                value = float(parts[0 if column == "longitude" else 1]) if len(parts) == 2 else None
            else:
                value = row.values.get(column)
                if declared is not None and declared.type in ("code", "codes", "yes_no"):
                    value = shown(declared, value)
            if value is None or value == "":
                continue
            if isinstance(value, dt.date):
                sheet.write_datetime(number, index, dt.datetime.combine(value, dt.time()), date)
            elif isinstance(value, str):
                sheet.write_string(number, index, value)
            else:
                sheet.write_number(number, index, float(value))
    sheet.freeze_panes(1, len(ledger.key))
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    workbook.close()
    return len(rows)


def _area_name(book: LedgerBook, code: str) -> str:
    """The area's name with its district's before it where a street's name alone could mean two."""
    if code not in book.areas:
        return code
    area = book.areas.get(code)
    if area.level != "street" or area.parent is None:
        return area.name if current_language() == "zh" else area.english
    return book.areas.get(area.parent).name + area.name


def _sheet_name(title: str) -> str:
    return "".join(letter for letter in title if letter not in "[]:*?/\\")[:31]
