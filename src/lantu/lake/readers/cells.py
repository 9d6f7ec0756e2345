"""The cells of a table, whatever it came in: CSV or other delimited text, a workbook, Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.lake.readers.members import FileFault, Member
from lantu.lake.report import Finding

if TYPE_CHECKING:
    from lantu.lake.readers.mapping import TableMapping

TEXT_SUFFIXES = ("", ".csv", ".txt", ".tsv", ".dat")
WORKBOOK_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
PARQUET_SUFFIXES = (".parquet", ".pq")


@dataclass(slots=True)
class Cells:
    """A table column by column. A column is a sequence of texts, of a workbook's cells, or an Arrow array."""

    header: list[str]
    columns: dict[str, Any]
    lines: Any
    """For each row its line or row number in the file, from 1."""
    first_line: int
    """The line that the first row has."""
    findings: list[Finding] = field(default_factory=list)

    def column(self, name: str) -> Any:
        """One column.

        Raises:
            FileFault: the table has no such column, or two.
        """
        count = self.header.count(name)
        if count == 0:
            listed = "、".join(self.header[:30])
            raise FileFault(
                Text(f"缺少列“{name}”；表头为：{listed}", f"the column '{name}' is missing; the header has: {listed}"),
            )
        if count > 1:
            raise FileFault(Text(f"列“{name}”出现 {count} 次", f"the column '{name}' appears {count} times"))
        return self.columns[name]


def read_cells(member: Member, mapping: TableMapping) -> Cells:
    """Read a table.

    Raises:
        FileFault: it is none, is damaged, or has no row under its header.
    """
    if member.suffix in WORKBOOK_SUFFIXES:
        return _workbook(member, mapping)
    if member.suffix in PARQUET_SUFFIXES:
        return _parquet(member)
    return _text(member, mapping)


def _text(member: Member, mapping: TableMapping) -> Cells:
    text = member.text
    delimiter = mapping.delimiter or _delimiter(text, mapping.header_line)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    findings: list[Finding] = []
    header: list[str] = []
    try:
        for row in reader:
            line = reader.line_num
            if not header:
                if line >= mapping.header_line:
                    header = [cell.strip() for cell in row]
                continue
            if not any(row):
                continue
            if len(row) != len(header):
                findings.append(Finding("columns", member.source, line, None, delimiter.join(row)[:200]))
                continue
            rows.append(row)
            lines.append(line)
    except csv.Error as error:
        raise FileFault(Text(f"不是 CSV：{error}", f"not a CSV file: {error}"), reader.line_num) from error
    return _cells(header, rows, lines, findings, mapping)


def _delimiter(text: str, header_line: int) -> str:
    lines = text.splitlines()
    header = lines[header_line - 1] if len(lines) >= header_line else ""
    return max(",;\t|", key=header.count)


def _cells(
    header: list[str],
    rows: Sequence[Sequence[Any]],
    lines: list[int],
    findings: list[Finding],
    mapping: TableMapping,
) -> Cells:
    import numpy as np

    if not any(header):
        raise FileFault(Text("没有表头", "there is no header"), mapping.header_line)
    if not rows and not findings:
        raise FileFault(Text("表头以下没有数据", "there is no row under the header"), mapping.header_line)
    columns = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    return Cells(header, columns, np.array(lines, dtype=np.int32), mapping.header_line + 1, findings)


def _workbook(member: Member, mapping: TableMapping) -> Cells:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(member.content))
        names = book.sheet_names
        if mapping.sheet is not None and mapping.sheet not in names:
            listed = "、".join(names)
            raise FileFault(
                Text(
                    f"没有工作表“{mapping.sheet}”；有：{listed}",
                    f"there is no sheet '{mapping.sheet}'; there are: {listed}",
                )
            )
        if not names:
            raise FileFault(Text("工作簿没有工作表", "the workbook has no sheet"))
        sheet = book.get_sheet_by_name(mapping.sheet or names[0])
        rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    except python_calamine.PasswordError as error:
        raise FileFault(Text("工作簿有密码", "the workbook has a password")) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileFault(Text(f"工作簿损坏：{error}", f"the workbook is damaged: {error}")) from error
    header = [_as_text(cell) for cell in rows[mapping.header_line - 1]] if len(rows) >= mapping.header_line else []
    while header and not header[-1]:
        header.pop()
    findings: list[Finding] = []
    kept: list[list[Any]] = []
    lines: list[int] = []
    for line, row in enumerate(rows[mapping.header_line :], start=mapping.header_line + 1):
        if all(cell == "" for cell in row):
            continue
        if any(cell != "" for cell in row[len(header) :]):
            findings.append(Finding("columns", member.source, line, None, ",".join(map(_as_text, row))[:200]))
            continue
        kept.append(row[: len(header)])
        lines.append(line)
    return _cells(header, kept, lines, findings, mapping)


def _as_text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _parquet(member: Member) -> Cells:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(pa.BufferReader(member.content))
    except (pa.ArrowException, OSError, ValueError) as error:
        detail = str(error).split("\n", 1)[0][:200]
        raise FileFault(Text(f"不是 Parquet 或已损坏：{detail}", f"not Parquet, or damaged: {detail}")) from error
    if not table.num_rows:
        raise FileFault(Text("表中没有行", "the table has no row"))
    columns = {name: table.column(index).combine_chunks() for index, name in enumerate(table.column_names)}
    return Cells(list(table.column_names), columns, np.arange(1, table.num_rows + 1, dtype=np.int32), 1)
