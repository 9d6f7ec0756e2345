"""How a plain table is to be read: which column is what, in which unit, and what its times mean.

A mapping is a YAML file (or the same as a dict). A wide table has one row for each station and time:

    form: wide
    station: 站点
    time: {columns: [日期, 时], format: "%Y%m%d %H", marks: start}
    items:
      pm25: {named: PM2.5, unit: μg/m³}
      co: {named: CO, unit: mg/m³}

Times without an hour are right for datasets by day, month or sampling moment, and there `marks` is left out. A table
without any time says `time: {start: 2021-06-01 08:00:00, step: 1s}`, one of one station `station: {value: TRUCK-1}`;
`station: {columns: [省份, 断面名称]}` makes the name of two columns. `texts` names the columns of a dataset's texts.

A long table has one row for each station, time and item; `item` and `value` name their columns and `unit`, where there
is one, the column of the unit. Values in another unit are converted; a unit that does not fit is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from lantu.base import ClosedModel, LantuError, Place, Quantity, SeveralErrors, Text, read_yaml
from lantu.base.yaml_source import YamlSource, validate
from lantu.lake.readers.times import time_pattern

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset


def _written(value: Any) -> Any:
    """Names and marks as they stand in a table: `-999` in YAML is meant as the text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Written = Annotated[str, BeforeValidator(_written)]


class TimeRule(ClosedModel):
    """Where the time stands and what it means."""

    columns: tuple[Written, ...] = ()
    """Several columns (date and hour) are joined with one blank."""
    format: str | None = None
    """With %Y %m %d %H %M %S, as many as the dataset's cadence needs. Without it as in 2021-08-01 13:00."""
    marks: Literal["start", "end"] | None = None
    """For an hourly dataset, and only there: whether a time is the start or the end of its hour."""
    hour_24: bool = False
    """Whether hours run to 24 (then 24 is hour 0 of the next day); otherwise an hour 24 is set aside."""
    year: Literal["file_name"] | None = None
    """Where the times have no year: the one that brings them nearest to the date in the file's name."""
    start: dt.datetime | None = None
    """Instead of `columns`: the time of the first line under the header."""
    step: str | None = Field(default=None, pattern=r"^[1-9]\d*\s*(s|min|h|d)$")
    """With `start`: how much later each line is (1s, 10 s, 5min, 1h, 1d)."""

    @field_validator("start", mode="before")
    @classmethod
    def _is_a_time(cls, value: Any) -> Any:
        if value is None or isinstance(value, dt.datetime):
            return value
        try:
            return dt.datetime.fromisoformat(str(value))
        except ValueError as error:
            raise ValueError("a time is written as in 2021-08-01 13:00:00") from error

    @model_validator(mode="after")
    def _one_way(self) -> TimeRule:
        if bool(self.columns) == (self.start is not None) or (self.start is None) != (self.step is None):
            raise ValueError("give either `columns`, or `start` and `step`")
        if self.start is not None and self.start.tzinfo is not None:
            raise ValueError("give local standard time without a time zone")
        if self.start is not None and (self.format or self.hour_24 or self.year):
            raise ValueError("`format`, `hour_24` and `year` belong to `columns`")
        if self.year is not None and self.format is None:
            raise ValueError("times without a year need a `format`")
        return self

    @property
    def step_length(self) -> dt.timedelta:
        """The step as a length of time."""
        match = re.fullmatch(r"(\d+)\s*(\w+)", self.step or "")
        assert match is not None
        unit = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}[match[2]]
        return dt.timedelta(**{unit: int(match[1])})


class StationRule(ClosedModel):
    """The name of a row's station: one for the whole table, or several columns together."""

    value: Written | None = None
    columns: tuple[Written, ...] = ()
    joined_by: str = ""
    """What stands between the columns' texts."""

    @model_validator(mode="after")
    def _one_way(self) -> StationRule:
        if (self.value is None) == (not self.columns):
            raise ValueError("give either `value` or `columns`")
        return self


class Item(ClosedModel):
    """A measured column: its name in the table and its unit."""

    named: Written
    unit: str | None = None


class TableMapping(ClosedModel):
    """How a plain table is read."""

    form: Literal["wide", "long"]
    sheet: str | None = None
    """For a workbook; without it the first sheet."""
    header_line: int = Field(default=1, ge=1)
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    """For text; without it the one that the header holds most."""
    station: Written | StationRule | None = None
    station_name: str | None = None
    """For a table of one station, instead of `station`; the same as `station: {value: ...}`."""
    time: TimeRule
    items: dict[str, Item] = Field(min_length=1)
    texts: dict[str, Written] = {}
    """The dataset's text columns, and their names in the table."""
    item: Written | None = None
    value: Written | None = None
    unit: Written | None = None
    stations: dict[Written, str] = {}
    """Names in the table, and the names they are stored under."""
    missing: tuple[Written, ...] = ()
    """Marks of a missing value besides the usual ones (blank, -, --, NA, null): -1 where it says "not monitored"."""
    ignored: tuple[Written, ...] = ()
    """Columns or items that are left out on purpose; others that are not mapped are named in the report."""

    @model_validator(mode="after")
    def _fits_its_form(self) -> TableMapping:
        if (self.station is None) == (self.station_name is None):
            raise ValueError("give either `station` (a column) or `station_name` (one station for the whole table)")
        if self.form == "long" and (self.item is None or self.value is None):
            raise ValueError("a long table needs `item` and `value`")
        if self.form == "wide" and (self.item or self.value or self.unit):
            raise ValueError("`item`, `value` and `unit` belong to a long table")
        return self

    @property
    def station_rule(self) -> StationRule:
        """The name of a row's station, whichever way it is told."""
        if isinstance(self.station, StationRule):
            return self.station
        if self.station is None:
            return StationRule(value=self.station_name)
        return StationRule(columns=(self.station,))

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The table's columns of names, times and texts."""
        return (*self.station_rule.columns, *self.time.columns, *self.texts.values())


@dataclass(frozen=True, slots=True)
class Conversion:
    """value * scale + offset, in exact decimals."""

    scale: Decimal
    offset: Decimal

    @property
    def changes(self) -> bool:
        return self.scale != 1 or self.offset != 0

    def apply(self, values: Any) -> Any:
        """Convert an array of floats, each by its shortest decimal text, so that 1100 μg is 1.1 mg and no neighbour."""
        import numpy as np

        if not self.changes:
            return values
        plain, where = np.unique(values, return_inverse=True)
        converted = [
            value if not np.isfinite(value) else float(Decimal(repr(float(value))) * self.scale + self.offset)
            for value in plain
        ]
        return np.array(converted, dtype=float)[where]


@cache
def conversion(unit: str, wanted: str) -> Conversion:
    """How values in `unit` become values in `wanted`.

    Raises:
        LantuError: a unit is not known, or the two do not fit.
    """
    if unit == wanted:
        return Conversion(Decimal(1), Decimal(0))
    offset, shifted = (Quantity.of(value, unit).to(wanted).value for value in (0, 1))
    return Conversion(shifted - offset, offset)


@dataclass(frozen=True, slots=True)
class ItemRule:
    """A column of the dataset, its name in the table and how its values are converted (None: by the unit column)."""

    column: str
    named: str
    conversion: Conversion | None


@dataclass(frozen=True, slots=True)
class TableRules:
    """A mapping that fits a dataset."""

    mapping: TableMapping
    items: tuple[ItemRule, ...]
    texts: tuple[tuple[str, str], ...] = ()
    """The dataset's name of each text column, and its name in the table."""


def load_mapping(mapping: Path | Mapping[str, Any], dataset: Dataset) -> TableRules:
    """Read a mapping and fit it to a dataset.

    Raises:
        LantuError: every fault of it, with file, line and key: an unknown key, a column that the dataset does not
            have, a unit that is not known or does not fit.
    """
    source = read_yaml(mapping) if isinstance(mapping, Path) else YamlSource(Path("mapping"), dict(mapping), {})
    return fit(validate(source, source.data, TableMapping, ()), dataset, source)


def fit(mapping: TableMapping, dataset: Dataset, source: YamlSource, at: tuple[str | int, ...] = ()) -> TableRules:
    """Fit a mapping to a dataset; `at` is where its items stand in the source. Faults as in `load_mapping`."""
    faults: list[LantuError] = []
    rules: list[ItemRule] = []

    def fault(error: LantuError, *path: str | int) -> None:
        place = Place(source.path, source.line_of((*at, *path)), ".".join(map(str, path)))
        faults.append(LantuError(error.what, where=place, mend=error.mend))

    for key, item in mapping.items.items():
        try:
            column = dataset.column(key)
        except LantuError as error:
            fault(error, "items", key)
            continue
        change = None
        try:
            if item.unit is not None:
                change = conversion(item.unit, column.unit)
            elif mapping.unit is None:
                raise LantuError(Text("没有给出单位", "no unit is given"))
        except LantuError as error:
            fault(error, "items", key, "unit")
            continue
        if column.name in {rule.column for rule in rules} or item.named in {rule.named for rule in rules}:
            fault(LantuError(Text("同一列对照了两次", "the same column is mapped twice")), "items", key)
        rules.append(ItemRule(column.name, item.named, change))
    texts: list[tuple[str, str]] = []
    for key, named in mapping.texts.items():
        try:
            texts.append((dataset.text(key).name, named))
        except LantuError as error:
            fault(error, "texts", key)
    for unfit, key in _time_faults(mapping.time, dataset):
        fault(unfit, "time", key)
    if faults:
        raise SeveralErrors(faults)
    return TableRules(mapping, tuple(rules), tuple(texts))


def _time_faults(rule: TimeRule, dataset: Dataset) -> Iterator[tuple[LantuError, str]]:
    """What of a rule of time does not go with the dataset's cadence, and under which key it stands."""
    hourly = dataset.cadence == "hour"
    if hourly and rule.marks is None:
        yield LantuError(Text("缺少键“marks”", "the key 'marks' is missing")), "marks"
    if not hourly and rule.marks is not None:
        what = Text(
            f"marks 只用于小时值，{dataset.name} 不是", f"`marks` is for hourly data, and {dataset.name} is not hourly"
        )
        yield LantuError(what, mend=Text("删去 marks", "leave `marks` out")), "marks"
    if rule.hour_24 and dataset.cadence in ("day", "month"):
        what = Text(f"{dataset.name} 的时间没有小时", f"the times of {dataset.name} have no hour")
        yield LantuError(what, mend=Text("删去 hour_24", "leave `hour_24` out")), "hour_24"
    try:
        time_pattern(rule.format, dataset.cadence, with_year=rule.year is None)
    except LantuError as error:
        yield error, "format"
