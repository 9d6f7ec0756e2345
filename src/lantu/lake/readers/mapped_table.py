"""Plain tables, wide or long, read by a mapping; see `lantu.lake.readers.mapping`.

A dataset with detection limits takes cells such as `0.01L`, `<0.01`: half the limit is the value
(环办监测函〔2020〕82号, clause 7, as two sources report it), and the row says that it was below. `ND` without a limit
is no value and is set aside.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lantu.base import LantuError, Text
from lantu.lake.cadence import Cadence, time_text
from lantu.lake.readers.batch import MISSING, Batch, number
from lantu.lake.readers.cells import PARQUET_SUFFIXES, TEXT_SUFFIXES, WORKBOOK_SUFFIXES, Cells, read_cells
from lantu.lake.readers.keys import plain, stations_of, text_of, texts_of, time_texts, times_of
from lantu.lake.readers.mapping import ItemRule, TableRules, conversion
from lantu.lake.readers.members import FileFault, Member
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
        FileFault: a column is missing, a time zone stands in the times, a year is nowhere, or there is no row.
    """
    import numpy as np

    mapping = rules.mapping
    cells = read_cells(member, mapping)
    try:
        times = times_of(cells, mapping.time, dataset.cadence, member.source)
        stations = stations_of(cells, mapping)
        scribe = _Scribe(member.source, stations, times, cells, dataset.cadence)
        texts = texts_of(cells, mapping, dict(rules.texts))
        read = _long_values if mapping.form == "long" else _wide_values
        found = read(cells, dataset, rules, scribe)
    except FileFault as fault:
        raise FileFault(fault.what, fault.line or mapping.header_line, fault.mend) from fault
    bad = np.isnat(times)
    written = time_texts(cells, mapping.time) if bad.any() else []
    for index in np.flatnonzero(bad):
        scribe.add("bad_time", int(index), " ".join(mapping.time.columns), written[index])
    lines = dict.fromkeys(found.values, cells.lines)
    batch = Batch(
        member.source,
        stations,
        times,
        found.values,
        lines,
        cells.findings,
        notes=found.notes,
        texts=texts,
        below={name: mask for name, mask in found.below.items() if mask.any()},
    )
    if bad.any():
        batch.keep(~bad)
    return batch


class _Values(NamedTuple):
    """The measured columns of a table, which of their values were below a limit, and what is to be said."""

    values: dict[str, Any]
    below: dict[str, Any]
    notes: list[Text]


class _Scribe:
    """Writes down what cannot be used, with its place."""

    def __init__(self, source: str, stations: Any, times: Any, cells: Cells, cadence: Cadence) -> None:
        self.source, self.stations, self.times, self.cadence = source, stations, times, cadence
        self.lines, self.findings = cells.lines, cells.findings

    def add(self, reason: str, index: int, field: str, value: str, detail: Text | None = None) -> None:
        moment = time_text(self.times[index], self.cadence)
        time = None if moment == "NaT" else moment
        station = str(self.stations[index] or "") or None
        self.findings.append(Finding(reason, self.source, int(self.lines[index]), field, value, station, time, detail))


class _Reading(NamedTuple):
    """What a cell says: its value (nan for none), and whether it is below a limit or why it cannot be used."""

    value: float
    says: Literal["", "below", "not_detected", "not_a_number", "unknown_word"] = ""


_NOTHING = _Reading(float("nan"))
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIMIT = re.compile(rf"[<＜]\s*(?P<after>{_NUMBER})|(?P<before>{_NUMBER})\s*[Ll]", re.ASCII)
_NOT_DETECTED = frozenset({"nd", "n.d.", "未检出"})


def _reading(cell: Any, column: Column, missing: tuple[str, ...], limits: bool) -> _Reading:
    """Read one cell of a column; `limits` says whether it may be below a detection limit."""
    text = text_of(cell)
    if text in MISSING or text in missing:
        return _NOTHING
    try:
        return _Reading(number(text))
    except ValueError:
        pass
    if limits:
        if text.casefold() in _NOT_DETECTED:
            return _Reading(float("nan"), "not_detected")
        if match := _LIMIT.fullmatch(text):
            return _Reading(float(Decimal(match["after"] or match["before"]) / 2), "below")
    word = column.known_words.get(text.casefold())
    if word is not None:
        return _Reading(word)
    return _Reading(float("nan"), "unknown_word" if column.words else "not_a_number")


def _wide_values(cells: Cells, dataset: Dataset, rules: TableRules, scribe: _Scribe) -> _Values:
    found = _Values({}, {}, _unused_columns(cells, rules))
    for rule in rules.items:
        written = cells.column(rule.named)
        values, below = _numbers(written, dataset, rule, rules, scribe)
        found.values[rule.column] = values
        if below is not None:
            found.below[rule.column] = below
    return found


def _numbers(cells: Any, dataset: Dataset, rule: ItemRule, rules: TableRules, scribe: _Scribe) -> tuple[Any, Any]:
    """A column of values in the dataset's unit, nan where nothing stands or what stands cannot be used; which are below
    a limit (None: none can be)."""
    import numpy as np

    below = None
    if hasattr(cells, "to_pylist") and str(cells.type) in _NUMERIC:
        values = cells.cast("float64").to_numpy(zero_copy_only=False).copy()
        for mark in rules.mapping.missing:
            values[values == _or_nan(mark)] = np.nan
    else:
        written = plain(cells)
        column = dataset.column(rule.column)
        # The same few texts come again and again: each is read once.
        read = {cell: _reading(cell, column, rules.mapping.missing, dataset.detection_limits) for cell in set(written)}
        known = {cell: reading.value for cell, reading in read.items()}
        values = np.array([known[cell] for cell in written], dtype=float)
        if any(reading.says for reading in read.values()):
            below = np.array([read[cell].says == "below" for cell in written], dtype=bool)
            for index, cell in enumerate(written):
                if read[cell].says not in ("", "below"):
                    scribe.add(read[cell].says, index, rule.named, text_of(cell))
    return rule.conversion.apply(values) if rule.conversion else values, below


_NUMERIC = {"double", "float", "halffloat", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}


def _or_nan(mark: str) -> float:
    try:
        return float(mark)
    except ValueError:
        return float("nan")


def _unused_columns(cells: Cells, rules: TableRules) -> list[Text]:
    mapping = rules.mapping
    used = {*mapping.key_columns, *mapping.ignored, *(rule.named for rule in rules.items), ""}
    unused = [name for name in cells.header if name not in used]
    if not unused:
        return []
    listed = "、".join(unused)
    return [Text(f"没有用到的列：{listed}", f"columns not used: {listed}")]


def _long_values(cells: Cells, dataset: Dataset, rules: TableRules, scribe: _Scribe) -> _Values:
    """Each row of a long table becomes a row with one value; the merge brings those of one time together."""
    import numpy as np

    mapping = rules.mapping
    assert mapping.item is not None and mapping.value is not None
    items = np.array([text_of(cell) for cell in plain(cells.column(mapping.item))], dtype=object)
    written = plain(cells.column(mapping.value))
    units = None if mapping.unit is None else [text_of(cell) for cell in plain(cells.column(mapping.unit))]
    values = {rule.column: np.full(len(items), np.nan) for rule in rules.items}
    below: dict[str, Any] = {}
    for rule in rules.items:
        column = dataset.column(rule.column)
        for index in np.flatnonzero(items == rule.named):
            reading = _reading(written[index], column, mapping.missing, dataset.detection_limits)
            if reading.says == "below":
                below.setdefault(rule.column, np.zeros(len(items), dtype=bool))[index] = True
            elif reading.says:
                scribe.add(reading.says, int(index), mapping.value, text_of(written[index]))
            values[rule.column][index] = reading.value
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
    return _Values(values, below, notes)


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
