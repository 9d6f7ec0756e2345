"""How a plain table is to be read: which column is what, in which unit, and what its times mean.

A mapping is a YAML file (or the same as a dict). A wide table has one row for each station and time:

    form: wide
    station: 站点
    time: {columns: [日期, 时], format: "%Y%m%d %H", marks: start}
    items:
      pm25: {named: PM2.5, unit: μg/m³}
      co: {named: CO, unit: mg/m³}

A long table has one row for each station, time and item; `item` and `value` name their columns and `unit`, where there
is one, the column of the unit. Values in another unit are converted; a unit that does not fit is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lantu.base import ClosedModel, LantuError, Place, Quantity, SeveralErrors, Text, read_yaml
from lantu.base.yaml_source import YamlSource, validate
from lantu.lake.readers.times import time_pattern

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset


def _written(value: Any) -> Any:
    """Names and marks as they stand in a table: `-999` in YAML is meant as the text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Written = Annotated[str, BeforeValidator(_written)]


class TimeColumns(ClosedModel):
    """Where the time stands and what it means."""

    columns: tuple[Written, ...] = Field(min_length=1)
    """Several columns (date and hour) are joined with one blank."""
    format: str | None = None
    """With %Y %m %d %H %M %S. Without it: year, month, day, hour as in 2021-08-01 13:00."""
    marks: Literal["start", "end"]
    """Whether a time is the start or the end of its hour."""
    hour_24: bool = False
    """Whether hours run to 24 (then 24 is hour 0 of the next day); otherwise an hour 24 is set aside."""


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
    station: Written | None = None
    station_name: str | None = None
    """For a table of one station, instead of `station`."""
    time: TimeColumns
    items: dict[str, Item] = Field(min_length=1)
    item: Written | None = None
    value: Written | None = None
    unit: Written | None = None
    stations: dict[Written, str] = {}
    """Names in the table, and the names they are stored under."""
    missing: tuple[Written, ...] = ()
    """Marks of a missing value besides the usual ones (blank, -, NA, null)."""
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
    if mapping.time.format is not None:
        try:
            time_pattern(mapping.time.format)
        except LantuError as error:
            fault(error, "time", "format")
    if faults:
        raise SeveralErrors(faults)
    return TableRules(mapping, tuple(rules))
