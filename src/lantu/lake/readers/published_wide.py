"""The published wide layout: `date,hour,type,<station>,<station>...`, a line for each hour and pollutant.

The hour is the label of the hour just ended, so hour 0 of a date is the last hour of the day before. Lines of running
24-hour means and of the index are derived from the hourly values and are left out.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.lake.readers.batch import MISSING, Batch, number
from lantu.lake.readers.members import FileFault, Member
from lantu.lake.report import Finding

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.readers.mapping import TableRules

_KEYS = ["date", "hour", "type"]


class PublishedWide:
    """Reader of the layout."""

    name = "published_wide"

    def matches(self, member: Member, dataset: Dataset, rules: TableRules | None) -> bool:
        """Among the first three columns are at least two of date, hour and type (if one is missing, `read` says so)."""
        if rules or member.suffix not in ("", ".csv", ".txt"):
            return False
        header = member.text.split("\n", 1)[0]
        first = {cell.strip().lower() for cell in header.split(",", 3)[:3]}
        return len(first & set(_KEYS)) >= 2 and not {"year", "month"} & first

    def read(self, member: Member, dataset: Dataset, rules: TableRules | None) -> Batch:
        """Read one day's file; see the module for the layout."""
        import numpy as np

        reader = csv.reader(io.StringIO(member.text, newline=""))
        stations: list[str] = []
        findings: list[Finding] = []
        cells: dict[tuple[dt.datetime, int], dict[str, tuple[int, list[float]]]] = {}
        skipped = unknown = 0
        try:
            header = [cell.strip() for cell in next(reader)]
            stations = _stations(header)
            for row in reader:
                line = reader.line_num
                if not any(row):
                    continue
                if len(row) != len(header):
                    findings.append(Finding("columns", member.source, line, None, ",".join(row)[:200]))
                    continue
                kind = row[2].strip()
                if kind == "AQI" or kind.endswith("_24h"):
                    skipped += 1
                    continue
                try:
                    column = dataset.column(kind).name
                except LantuError:
                    unknown += 1
                    findings.append(Finding("unknown_item", member.source, line, "type", kind))
                    continue
                time = _time(row[0], row[1])
                if time is None:
                    findings.append(Finding("bad_time", member.source, line, "hour", f"{row[0]} {row[1]}"))
                    continue
                values = [
                    _number(cell, findings, member.source, line, column, station, time)
                    for cell, station in zip(row[3:], stations, strict=True)
                ]
                # A second line for the same hour and pollutant stays apart, so that the merge can see a conflict.
                turn = 0
                while column in cells.setdefault((time, turn), {}):
                    turn += 1
                cells[time, turn][column] = (line, values)
        except csv.Error as error:
            raise FileFault(Text(f"不是 CSV：{error}", f"not a CSV file: {error}"), reader.line_num) from error
        if unknown and not cells and not skipped:
            raise FileFault(
                Text(f"没有 {dataset.name} 的项目", f"no line holds an item of {dataset.name}"),
                findings[0].line,
            )
        if not cells and not findings and not skipped:
            raise FileFault(Text("表头以下没有数据", "there is no row under the header"), 1)
        hours = sorted(cells)
        shape = (len(hours), len(stations))
        result: dict[str, Any] = {name: np.full(shape, np.nan) for name in dataset.value_names}
        numbers: dict[str, Any] = {name: np.zeros(shape, dtype=np.int32) for name in dataset.value_names}
        for index, hour in enumerate(hours):
            for column, (line, values) in cells[hour].items():
                result[column][index] = values
                numbers[column][index] = line
        return Batch(
            member.source,
            np.tile(np.array(stations, dtype=object), len(hours)),
            np.repeat(np.array([time for time, _ in hours], dtype="datetime64[us]"), len(stations)),
            {name: array.reshape(-1) for name, array in result.items()},
            {name: array.reshape(-1) for name, array in numbers.items()},
            findings,
            skipped,
        )


def _stations(header: list[str]) -> list[str]:
    keys = [cell.lower() for cell in header[:3]]
    if keys != _KEYS:
        missing = [key for key in _KEYS if key not in {cell.lower() for cell in header}]
        if missing:
            raise FileFault(Text(f"缺少列：{'、'.join(missing)}", f"the column {', '.join(missing)} is missing"), 1)
        raise FileFault(Text("前三列应为 date、hour、type", "the first three columns should be date, hour, type"), 1)
    if not header[3:]:
        raise FileFault(Text("表头没有站点", "the header names no station"), 1)
    return header[3:]


def _time(date: str, hour: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(date.strip(), "%Y%m%d").replace(hour=int(hour))
    except ValueError:
        return None


def _number(
    cell: str, findings: list[Finding], source: str, line: int, column: str, station: str, time: dt.datetime
) -> float:
    if not cell:
        return float("nan")
    try:
        return number(cell)
    except ValueError:
        if cell.strip() not in MISSING:
            findings.append(Finding("not_a_number", source, line, column, cell, station, time.isoformat()))
        return float("nan")
