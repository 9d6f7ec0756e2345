"""The published wide layout: `date,hour,type,<station>,<station>...`, a line for each hour and pollutant.

The hour is the label of the hour just ended, so hour 0 of a date is the last hour of the day before. Lines of running
24-hour means and of the index are derived from the hourly values and are left out.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.lake.readers.batch import Batch, FileFault, Member
from lantu.lake.report import Finding

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset

_KEYS = ["date", "hour", "type"]


class PublishedWide:
    """Reader of the layout."""

    name = "published_wide"

    def matches(self, member: Member, dataset: Dataset, mapping: Mapping[str, Any] | None) -> bool:
        """The first three columns are date, hour and type."""
        if mapping or member.suffix not in ("", ".csv", ".txt"):
            return False
        return [cell.strip().lower() for cell in member.text[:200].split(",", 3)[:3]] == _KEYS

    def read(self, member: Member, dataset: Dataset, mapping: Mapping[str, Any] | None) -> Batch:
        """Read one day's file; see the module for the layout."""
        import numpy as np

        lines = csv.reader(member.text.splitlines())
        header = [cell.strip() for cell in next(lines)]
        stations = header[3:]
        if not stations:
            raise FileFault(Text("表头没有站点", "the header names no station"), 1)
        findings: list[Finding] = []
        cells: dict[tuple[dt.datetime, int], dict[str, tuple[int, list[float]]]] = {}
        skipped = 0
        for line, row in enumerate(lines, start=2):
            if not row:
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
            except LantuError as error:
                raise FileFault(error.what, line) from error
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
        return float(cell)
    except ValueError:
        if cell.strip() in ("", "-", "--", "—", "NA", "null"):
            return float("nan")
        findings.append(Finding("not_a_number", source, line, column, cell, station, time.isoformat()))
        return float("nan")
