"""Declared layouts: tables of public data sets that are known by their header, each a YAML file under `layouts/`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from lantu.base import ClosedModel, Text, read_yaml
from lantu.base.yaml_source import YamlSource, validate
from lantu.lake.readers.mapped_table import read_table
from lantu.lake.readers.mapping import Item, StationRule, TableMapping, TableRules, TimeRule, Written, fit
from lantu.lake.readers.members import FileFault

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.readers.batch import Batch
    from lantu.lake.readers.members import Member

ALIKE = 0.75
"""A header with this share of a layout's columns is taken for that layout; what it lacks is then named."""


class Layout(ClosedModel):
    """A wide table with a known header, and which of its columns belong to which dataset."""

    name: str
    title: Text
    note: Text | None = None
    station: Written | StationRule
    time: TimeRule
    stations: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    datasets: dict[str, dict[str, Item]] = Field(min_length=1)
    texts: dict[str, dict[str, Written]] = {}
    """For each dataset its text columns, and their names in the table."""

    @property
    def columns(self) -> set[str]:
        """The columns that the table must have; those that are ignored may be absent."""
        return {column for name in self.datasets for column in self._used(name)}

    def mapping(self, dataset: str) -> TableMapping:
        """The mapping of the table into one of its datasets."""
        items = self.datasets[dataset]
        return TableMapping(
            form="wide",
            delimiter=",",
            station=self.station,
            time=self.time,
            items=items,
            texts=self.texts.get(dataset, {}),
            stations=self.stations,
            missing=self.missing,
            ignored=tuple(sorted({*self.ignored, *(self.columns - self._used(dataset))})),
        )

    def _used(self, dataset: str) -> set[str]:
        station = (self.station,) if isinstance(self.station, str) else self.station.columns
        items = {item.named for item in self.datasets[dataset].values()}
        return {*station, *self.time.columns, *items, *self.texts.get(dataset, {}).values()}


@cache
def all_layouts() -> tuple[tuple[Layout, YamlSource], ...]:
    """The layouts that Lantu declares, with their sources."""
    folder = Path(str(files("lantu.lake").joinpath("layouts")))
    sources = [read_yaml(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple((validate(source, source.data, Layout, ()), source) for source in sources)


class DeclaredLayout:
    """Reader of the tables with a declared layout."""

    name = "declared_layout"

    def matches(self, member: Member, dataset: Dataset, rules: TableRules | None) -> bool:
        """The header has most columns of a layout that holds rows of the dataset."""
        if rules is not None or member.suffix not in ("", ".csv", ".txt"):
            return False
        layout = _layout_of(member)
        return layout is not None and dataset.name in layout[0].datasets

    def read(self, member: Member, dataset: Dataset, rules: TableRules | None) -> Batch:
        """Read one table."""
        found = _layout_of(member)
        assert found is not None
        layout, source = found
        if missing := sorted(layout.columns - set(_header(member))):
            listed = "、".join(missing)
            raise FileFault(
                Text(f"{layout.title.zh}缺少列：{listed}", f"{layout.title.en}: the column {listed} is missing"), 1
            )
        return read_table(member, dataset, _rules(layout.name, dataset, source))


_fitted: dict[tuple[str, str], TableRules] = {}


def _rules(name: str, dataset: Dataset, source: YamlSource) -> TableRules:
    if (name, dataset.name) not in _fitted:
        (layout,) = (layout for layout, _ in all_layouts() if layout.name == name)
        _fitted[name, dataset.name] = fit(layout.mapping(dataset.name), dataset, source, ("datasets", dataset.name))
    return _fitted[name, dataset.name]


def _header(member: Member) -> list[str]:
    line = member.text.split("\n", 1)[0].strip()
    try:
        return [cell.strip() for cell in next(csv.reader([line]), [])]
    except csv.Error:
        return []


def _layout_of(member: Member) -> tuple[Layout, YamlSource] | None:
    header = set(_header(member))
    for layout, source in all_layouts():
        if len(layout.columns & header) >= ALIKE * len(layout.columns):
            return layout, source
    return None
