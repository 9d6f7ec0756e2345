"""A ledger out to an Excel sheet, with keys and versions, so that it can come back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import current_language
from lantu.ledgers.sheet_columns import headings
from lantu.ledgers.values import decoder, shown

if TYPE_CHECKING:
    from lantu.ledgers.book import LedgerBook
    from lantu.ledgers.schema import Ledger

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """An entry as a sheet writes it. `data` holds values as they are kept or as they were read."""

    key: str
    area: str
    holder: str | None
    state: str
    day: dt.date
    version: int
    place: str | None
    data: Mapping[str, Any]


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
    ledger = book.ledger(name)
    entries = book.entries(ledger.ledger)
    latest = book.store.latest(ledger.ledger) if ledger.geometry == "point" else {}
    rows = entries.rows if area is None else entries.within(book.areas.find(area).code)
    return write_sheet(
        book,
        ledger,
        (
            SheetEntry(
                row.key,
                row.area,
                row.holder,
                row.state,
                row.day,
                row.version,
                latest[row.key].place if row.key in latest else None,
                row.values,
            )
            for row in rows
        ),
        path,
    )


def write_sheet(
    book: LedgerBook, ledger: Ledger, entries: Iterable[SheetEntry], path: Path, progress: Progress | None = None
) -> int:
    """Write entries to a workbook, one a row, with their keys and versions.

    Args:
        book: the ledgers, for names of areas.
        ledger: whose entries they are.
        entries: in the order in which they are to stand.
        path: the workbook.
        progress: called with rows done every 1,000 rows.

    Returns:
        How many entries were written.
    """
    import xlsxwriter

    columns = headings(ledger)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    workbook = xlsxwriter.Workbook(str(path), options)
    workbook.set_properties({"title": str(ledger.title), "comments": f"lantu:{ledger.ledger}"})
    sheet = workbook.add_worksheet(_sheet_name(str(ledger.sheet or ledger.title)))
    bold = workbook.add_format({"bold": True, "bg_color": "#e8eef4", "bottom": 1, "text_wrap": True, "valign": "top"})
    date = workbook.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, len(ledger.key))
    for index, (column, title) in enumerate(columns.items()):
        declared = ledger.field(column)
        mark = "*" if column == "area" or (declared is not None and declared.required) else ""
        sheet.set_column(index, index, max(9, min(28, 2 * len(title.zh) + 3)))
        sheet.write_string(0, index, str(title) + mark, bold)
        choices = (
            [str(t) for t in declared.codes.values()]
            if declared is not None and declared.type == "code"
            else [str(s.title) for s in ledger.states.values()]
            if column == "state"
            else []
        )
        if choices and sum(len(choice) + 1 for choice in choices) <= 255:
            sheet.data_validation(1, index, 50_000, index, {"validate": "list", "source": choices})
    decode = {each.name: decoder(each) for each in ledger.fields}
    number = 0
    for number, entry in enumerate(entries, start=1):
        for index, column in enumerate(columns):
            value = _cell(book, ledger, entry, column, decode.get(column))
            if value is None or value == "":
                continue
            if isinstance(value, dt.date):
                sheet.write_datetime(number, index, dt.datetime.combine(value, dt.time()), date)
            elif isinstance(value, str):
                sheet.write_string(number, index, value)  # never a formula, whatever it begins with
            else:
                sheet.write_number(number, index, float(value))
        if progress is not None and number % 1000 == 0:
            progress(number, 0, path.name)
    sheet.autofilter(0, 0, max(number, 1), len(columns) - 1)
    workbook.close()
    return number


def _cell(book: LedgerBook, ledger: Ledger, entry: SheetEntry, column: str, decode: Any) -> Any:
    """What stands in a cell."""
    if column == "area":
        return _area_name(book, entry.area)
    if column == "state":
        return str(ledger.states[entry.state].title) if entry.state in ledger.states else entry.state
    if column in ("holder", "day", "version"):
        return getattr(entry, column)
    if column in ("longitude", "latitude"):
        parts = entry.place.split(",") if entry.place else []
        try:
            return float(parts[0 if column == "longitude" else 1]) if len(parts) == 2 else None
        except ValueError:  # a shape: a sheet has no room for it, and leaves it as it is
            return None
    value = entry.data.get(column)
    declared = ledger.field(column)
    if value is None or declared is None:
        return None
    if declared.type in ("code", "codes", "yes_no"):
        return shown(declared, value)
    return decode(value) if decode is not None and isinstance(value, str) else value


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
