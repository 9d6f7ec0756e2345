"""Plain tables, wide or long, read by a mapping; see `lantu.lake.readers.mapping`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.lake.readers.batch import MISSING, Batch, number
from lantu.lake.readers.cells import PARQUET_SUFFIXES, TEXT_SUFFIXES, WORKBOOK_SUFFIXES, Cells, read_cells
from lantu.lake.readers.mapping import Conversion, ItemRule, TableRules, conversion
from lantu.lake.readers.members import FileFault, Member
from lantu.lake.readers.times import full_hour, parse_time, time_pattern
from lantu.lake.report import Finding

if TYPE_CHECKING:
    from lantu.lake.dataset import Column, Dataset


class MappedTable:
    """Reader of any table for which a mapping is given."""

    name = "mapped_table"

    def matches(self, member: Member, dataset: Dataset, rules: TableRules | None) -> bool:
        """A mapping is given and the file's name is that of a table."""
        return rules is not None and member.suffix in (*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES, *PARQUET_SUFFIXES)

    def read(self, member: Member, dataset: Dataset, rules: TableRules | None) -> Batch:
        """Read one table."""
        assert rules is not None
        return read_table(member, dataset, rules)


def read_table(member: Member, dataset: Dataset, rules: TableRules) -> Batch:
    """Read a table by its mapping.

    Raises:
        FileFault: a column is missing, a time zone stands in the times, or there is no row.
    """
    import numpy as np

    mapping = rules.mapping
    cells = read_cells(member, mapping)
    try:
        times = _times(cells, rules)
        stations = _stations(cells, rules, len(cells.lines))
        lines = cells.lines
        scribe = _Scribe(member.source, stations, times, lines, cells.findings)
        values: dict[str, Any] = {}
        notes: list[Text] = []
        if mapping.form == "wide":
            for rule in rules.items:
                column = dataset.column(rule.column)
                values[rule.column] = _numbers(cells.column(rule.named), column, rule, rule.conversion, rules, scribe)
            notes += _unused_columns(cells, rules)
        else:
            values, notes = _long_values(cells, dataset, rules, scribe)
    except FileFault as fault:
        raise FileFault(fault.what, fault.line or mapping.header_line) from fault
    bad = np.isnat(times)
    written = _time_texts(cells, rules) if bad.any() else []
    for index in np.flatnonzero(bad):
        field = " ".join(mapping.time.columns)
        scribe.add("bad_time", int(index), field, written[index])
    if bad.any():
        keep = ~bad
        stations, times, lines = stations[keep], times[keep], lines[keep]
        values = {name: array[keep] for name, array in values.items()}
    return Batch(member.source, stations, times, values, dict.fromkeys(values, lines), cells.findings, notes=notes)


class _Scribe:
    """Writes down what cannot be used, with its place."""

    def __init__(self, source: str, stations: Any, times: Any, lines: Any, findings: list[Finding]) -> None:
        self.source, self.stations, self.times, self.lines, self.findings = source, stations, times, lines, findings

    def add(self, reason: str, index: int, field: str, value: str, detail: Text | None = None) -> None:
        moment = str(self.times[index].astype("datetime64[m]"))
        time = None if moment == "NaT" else moment
        station = str(self.stations[index] or "") or None
        self.findings.append(Finding(reason, self.source, int(self.lines[index]), field, value, station, time, detail))


def _plain(column: Any) -> Any:
    """A column's cells as Python values; Arrow's empty cells become blanks."""
    if hasattr(column, "to_pylist"):
        return ["" if cell is None else cell for cell in column.to_pylist()]
    return column


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell).strip()


def _time_texts(cells: Cells, rules: TableRules) -> list[str]:
    columns = [_plain(cells.column(name)) for name in rules.mapping.time.columns]
    return [" ".join(map(_text, parts)) for parts in zip(*columns, strict=True)]


def _times(cells: Cells, rules: TableRules) -> Any:
    """The end of each row's hour; NaT where there is no such time."""
    import numpy as np

    how = rules.mapping.time
    pattern = time_pattern(how.format)
    columns = [cells.column(name) for name in how.columns]
    for name, column in zip(how.columns, columns, strict=True):
        if getattr(getattr(column, "type", None), "tz", None):
            raise FileFault(
                Text(
                    f"列“{name}”带时区；请改为不带时区的当地标准时",
                    f"the column '{name}' has a time zone; give local standard time without one",
                )
            )
    if len(columns) == 1 and str(getattr(columns[0], "type", "")).startswith("timestamp"):
        result = columns[0].cast("timestamp[us]", safe=False).to_numpy(zero_copy_only=False)
        result = np.where(result == result.astype("datetime64[h]"), result, np.datetime64("NaT"))
        return result + np.timedelta64(1, "h") if how.marks == "start" else result
    read: dict[Any, dt.datetime | None] = {}

    def moment(parts: tuple[Any, ...]) -> dt.datetime | None:
        if len(parts) == 1 and isinstance(parts[0], dt.datetime):
            return full_hour(parts[0])
        if len(parts) == 1 and isinstance(parts[0], dt.date):  # a workbook's midnight
            return dt.datetime.combine(parts[0], dt.time())
        return parse_time(" ".join(map(_text, parts)), pattern, how.hour_24)

    times = []
    for parts in zip(*map(_plain, columns), strict=True):
        if parts not in read:
            read[parts] = moment(parts)
        times.append(read[parts])
    result = np.array(times, dtype="datetime64[us]")
    return result + np.timedelta64(1, "h") if how.marks == "start" else result


def _stations(cells: Cells, rules: TableRules, count: int) -> Any:
    import numpy as np

    mapping = rules.mapping
    result = np.empty(count, dtype=object)
    if mapping.station is None:
        result[:] = mapping.station_name
        return result
    names = {cell: _text(cell) for cell in set(_plain(cells.column(mapping.station)))}
    names = {cell: mapping.stations.get(name, name) for cell, name in names.items()}
    result[:] = [names[cell] for cell in _plain(cells.column(mapping.station))]
    return result


def _numbers(
    cells: Any, column: Column, rule: ItemRule, change: Conversion | None, rules: TableRules, scribe: _Scribe
) -> Any:
    """A column of values in the dataset's unit; nan where nothing stands or what stands is no number."""
    import numpy as np

    if hasattr(cells, "to_pylist") and str(cells.type) in _NUMERIC:
        values = cells.cast("float64").to_numpy(zero_copy_only=False).copy()
        for mark in rules.mapping.missing:
            values[values == _or_nan(mark)] = np.nan
    else:
        written = _plain(cells)
        # The same few texts come again and again: each is read once.
        read = {cell: _number(cell, column, rules.mapping.missing) for cell in set(written)}
        plain = {cell: float("nan") if value is None else value for cell, value in read.items()}
        values = np.array([plain[cell] for cell in written], dtype=float)
        if None in read.values():
            for index, cell in enumerate(written):
                if read[cell] is None:
                    scribe.add("unknown_word" if column.words else "not_a_number", index, rule.named, _text(cell))
    return change.apply(values) if change else values


_NUMERIC = {"double", "float", "halffloat", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}


def _or_nan(mark: str) -> float:
    try:
        return float(mark)
    except ValueError:
        return float("nan")


def _number(cell: Any, column: Column, missing: tuple[str, ...]) -> float | None:
    """The value of a cell, nan where it says that there is none; None where it is neither number nor known word."""
    text = _text(cell)
    if text in MISSING or text in missing:
        return float("nan")
    try:
        return number(text)
    except ValueError:
        return column.known_words.get(text.casefold())


def _unused_columns(cells: Cells, rules: TableRules) -> list[Text]:
    mapping = rules.mapping
    used = {mapping.station, *mapping.time.columns, *mapping.ignored, *(rule.named for rule in rules.items), ""}
    unused = [name for name in cells.header if name not in used]
    if not unused:
        return []
    listed = "、".join(unused)
    return [Text(f"没有用到的列：{listed}", f"columns not used: {listed}")]


def _long_values(
    cells: Cells, dataset: Dataset, rules: TableRules, scribe: _Scribe
) -> tuple[dict[str, Any], list[Text]]:
    """Each row of a long table becomes a row with one value; the merge brings those of one hour together."""
    import numpy as np

    mapping = rules.mapping
    assert mapping.item is not None and mapping.value is not None
    items = np.array([_text(cell) for cell in _plain(cells.column(mapping.item))], dtype=object)
    written = _plain(cells.column(mapping.value))
    units = None if mapping.unit is None else [_text(cell) for cell in _plain(cells.column(mapping.unit))]
    values = {rule.column: np.full(len(items), np.nan) for rule in rules.items}
    for rule in rules.items:
        column = dataset.column(rule.column)
        for index in np.flatnonzero(items == rule.named):
            value = _number(written[index], column, mapping.missing)
            if value is None:
                reason = "unknown_word" if column.words else "not_a_number"
                scribe.add(reason, int(index), mapping.value, _text(written[index]))
                continue
            values[rule.column][index] = value
        if rule.conversion is not None:
            values[rule.column] = rule.conversion.apply(values[rule.column])
        elif units is not None:
            values[rule.column] = _by_unit(
                values[rule.column], items == rule.named, units, column, mapping.unit, scribe
            )
    known = {rule.named for rule in rules.items}
    unknown = Counter(item for item in items if item not in known and item not in mapping.ignored)
    if unknown and sum(unknown.values()) == len(items):
        raise FileFault(
            Text(
                f"没有一行是已对照的项目；有：{'、'.join(list(unknown)[:10])}",
                f"no row holds a mapped item; there are: {', '.join(list(unknown)[:10])}",
            ),
            int(cells.lines[0]),
        )
    notes = [
        Text(f"没有用到的项目 {item}：{count} 行", f"item not used: {item}, {count} rows")
        for item, count in unknown.most_common()
    ]
    return values, notes


def _by_unit(values: Any, rows: Any, units: list[str], column: Column, field: str | None, scribe: _Scribe) -> Any:
    import numpy as np

    written = np.array(units, dtype=object)
    for unit in sorted(set(written[rows])):
        here = rows & (written == unit)
        try:
            values[here] = conversion(unit, column.unit).apply(values[here])
        except LantuError as error:
            for index in np.flatnonzero(here & ~np.isnan(values)):
                scribe.add("unit", int(index), field or "unit", f"{values[index]:.15g} {unit}", error.what)
            values[here] = np.nan
    return values
