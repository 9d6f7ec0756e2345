"""Reading of a register that is kept as a CSV file with exactly the named columns."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from lantu.base import LantuError, Place, Text, read_utf8


def read_table(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file (UTF-8, with or without BOM), each with its line; cells are stripped of blanks.

    Raises:
        LantuError: the file is missing or not UTF-8, a column is missing or unknown, or a row is too long or short.
    """
    reader = csv.reader(read_utf8(path).splitlines(keepends=True))
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    if missing or unknown:
        raise LantuError(
            Text(
                f"表头不符：缺 {'、'.join(missing) or '无'}；不认识 {'、'.join(unknown) or '无'}",
                f"the header does not fit: missing {', '.join(missing) or 'none'}; "
                f"unknown {', '.join(unknown) or 'none'}",
            ),
            where=Place(path, 1),
            mend=Text("表头应为：" + ",".join(columns), "the header must be: " + ",".join(columns)),
        )
    rows: list[tuple[int, dict[str, str]]] = []
    for cells in reader:
        line = reader.line_num
        if not cells:
            continue
        if len(cells) != len(header):
            raise LantuError(
                Text(
                    f"这一行有 {len(cells)} 格，表头有 {len(header)} 格",
                    f"{len(cells)} cells, the header {len(header)}",
                ),
                where=Place(path, line),
            )
        rows.append((line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    return rows


def date_cell(path: Path, line: int, row: dict[str, str], field: str) -> dt.date | None:
    """The date in a cell, None where it is blank.

    Raises:
        LantuError: the cell holds no date of the form 2021-01-23.
    """
    if not row[field]:
        return None
    try:
        return dt.date.fromisoformat(row[field])
    except ValueError as error:
        raise LantuError(
            Text(f"“{row[field]}”不是日期", f"'{row[field]}' is not a date"),
            where=Place(path, line, field),
            mend=Text("写成 2021-01-23", "write it as 2021-01-23"),
        ) from error


def number_cell(path: Path, line: int, row: dict[str, str], field: str) -> float | None:
    """The number in a cell, None where it is blank.

    Raises:
        LantuError: the cell holds no number.
    """
    if not row[field]:
        return None
    try:
        return float(row[field])
    except ValueError as error:
        raise LantuError(
            Text(f"“{row[field]}”不是数", f"'{row[field]}' is not a number"), where=Place(path, line, field)
        ) from error


def flag_cell(path: Path, line: int, row: dict[str, str], field: str) -> bool:
    """The yes or no in a cell.

    Raises:
        LantuError: the cell holds neither `yes` nor `no`.
    """
    if row[field] in ("yes", "no"):
        return row[field] == "yes"
    raise LantuError(
        Text(f"“{row[field]}”既非 yes 也非 no", f"'{row[field]}' is neither yes nor no"),
        where=Place(path, line, field),
    )
