"""Declared datasets (数据集): columns with unit and possible range, key, cadence. One YAML file each.

`columns` are measured and stand in the file itself; `items_of: surface_water` adds a column for each item of that list
of `lantu.standards.items`, or of several lists (`items_of: [a, b]`). `texts` are kept beside the values as published.
`keys` of a stream are texts that tell its rows apart beside station and time.
`detection_limits: true` lets values come as "below the limit" (`0.01L`, `<0.01`); the text column `below` then names
those items.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from lantu.base import ClosedModel, LantuError, Text, read_model
from lantu.lake.cadence import Cadence

_NAME = r"^[a-z][a-z0-9_]*$"
_KEYS = frozenset({"station", "time", "source", "simulated", "month", "below", "line", "clash", "overlap", "whole"})
"""What is stored beside the declared columns, and what the merging calls its own."""


class Column(ClosedModel):
    """A measured column. Outside `minimum`..`maximum`, where given, a value is impossible and set aside."""

    name: str = Field(pattern=_NAME)
    title: Text
    unit: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    """Of hourly rows: a change from one hour to the next above this is flagged."""
    stuck_hours: int | None = None
    """Of hourly rows: the same value for this many hours on end is flagged."""
    incidental: bool = False
    """Of streams: a row that differs from the stored one in this column alone is the same row."""
    aliases: tuple[str, ...] = ()
    words: dict[str, float] = {}
    """For what may come as a word (the wind's direction): the value that each word is stored as."""
    verified: Literal["primary", "secondary", "unverified"] = "unverified"

    @property
    def known_words(self) -> dict[str, float]:
        """The words without regard to capitals."""
        return {word.casefold(): value for word, value in self.words.items()}


class TextColumn(ClosedModel):
    """A column that is kept as it was published (the published class, the kind of crop) and never computed with."""

    name: str = Field(pattern=_NAME)
    title: Text
    aliases: tuple[str, ...] = ()


class Dataset(ClosedModel):
    """A declared table of measured rows: key columns `station` and `time`, then the measured columns, then texts."""

    name: str = Field(pattern=_NAME)
    title: Text
    description: Text
    cadence: Cadence
    items_of: tuple[str, ...] = ()
    columns: tuple[Column, ...] = Field(default=(), validate_default=True)
    """The declared columns, then those of the items."""
    texts: tuple[TextColumn, ...] = ()
    keys: tuple[str, ...] = ()
    """Texts that belong to a row's key beside station and time; such a stream is written by the gateway only."""
    detection_limits: bool = False

    @field_validator("items_of", mode="before")
    @classmethod
    def _one_or_several(cls, lists: Any) -> Any:
        return (lists,) if isinstance(lists, str) else lists

    @field_validator("columns", mode="after")
    @classmethod
    def _with_items(cls, columns: tuple[Column, ...], info: ValidationInfo) -> tuple[Column, ...]:
        columns = (*columns, *_columns_of(info.data.get("items_of", ())))
        if not columns:
            raise ValueError("give `columns`, or `items_of`")
        return columns

    @model_validator(mode="after")
    def _fits_together(self) -> Dataset:
        names = [*self.value_names, *self.text_names]
        if twice := sorted({name for name in names if names.count(name) > 1 or name in _KEYS}):
            raise ValueError(f"the name is taken: {', '.join(twice)}")
        if unknown := [name for name in self.keys if name not in self.text_names]:
            raise ValueError(f"`keys` are not among the texts: {', '.join(unknown)}")
        if self.keys and self.cadence != "second":
            raise ValueError("`keys` belong to a stream, cadence second")
        if self.cadence != "hour":
            flagged = [column.name for column in self.columns if column.step or column.stuck_hours]
            if flagged:
                raise ValueError(f"`step` and `stuck_hours` belong to hourly columns: {', '.join(flagged)}")
        return self

    @property
    def value_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def text_names(self) -> list[str]:
        return [text.name for text in self.texts]

    def column(self, name: str) -> Column:
        """The measured column of that name or alias (case and blanks aside).

        Raises:
            LantuError: the dataset has no such column.
        """
        found: Column = self._find(name, self.columns)
        return found

    def text(self, name: str) -> TextColumn:
        """The text column of that name or alias (case and blanks aside).

        Raises:
            LantuError: the dataset has no such column.
        """
        found: TextColumn = self._find(name, self.texts)
        return found

    def _find(self, name: str, among: tuple[Any, ...]) -> Any:
        plain = "".join(name.split()).lower()
        for column in among:
            if plain in {column.name, *("".join(alias.split()).lower() for alias in column.aliases)}:
                return column
        names = [column.name for column in among]
        raise LantuError(
            Text(f"数据集 {self.name} 没有列“{name}”", f"the dataset {self.name} has no column '{name}'"),
            mend=Text(f"已声明的列：{'、'.join(names)}", f"declared columns: {', '.join(names)}") if names else None,
        )


def _columns_of(lists: tuple[str, ...]) -> tuple[Column, ...]:
    """A column for each item of the lists; one that stands in two of them is one column."""
    from lantu.standards.items import items_of

    columns: dict[str, Column] = {}
    for name in lists:
        try:
            items = items_of(name)
        except LantuError as error:
            raise ValueError(error.what.en) from error
        for item in items.values():
            known = columns.setdefault(item.name, Column.model_validate(item.model_dump()))
            if known.unit != item.unit:
                raise ValueError(f"{item.name} is in {known.unit} and, in the list {name}, in {item.unit}")
    return tuple(columns.values())


@cache
def all_datasets() -> dict[str, Dataset]:
    """The datasets that Lantu declares, by name."""
    folder = Path(str(files("lantu.lake").joinpath("datasets")))
    datasets = [read_model(path, Dataset) for path in sorted(folder.glob("*.yaml"))]
    return {dataset.name: dataset for dataset in datasets}


def get_dataset(name: str) -> Dataset:
    """One declared dataset.

    Raises:
        LantuError: nobody declared it.
    """
    known = all_datasets()
    if name not in known:
        raise LantuError(
            Text(f"没有数据集“{name}”", f"there is no dataset '{name}'"),
            mend=Text(f"已声明：{'、'.join(known)}", f"declared: {', '.join(known)}"),
        )
    return known[name]
