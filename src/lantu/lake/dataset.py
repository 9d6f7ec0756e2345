"""Declared datasets (数据集): columns with unit and possible range, key, cadence. One YAML file each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field

from lantu.base import ClosedModel, LantuError, Text, read_model


class Column(ClosedModel):
    """A measured column. Outside `minimum`..`maximum` a value is impossible and set aside."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    unit: str
    minimum: float
    maximum: float
    step: float | None = None
    """A change from one hour to the next above this is flagged."""
    stuck_hours: int | None = None
    """The same value for this many hours on end is flagged."""
    aliases: tuple[str, ...] = ()
    words: dict[str, float] = {}
    """For what may come as a word (the wind's direction): the value that each word is stored as."""
    verified: Literal["primary", "secondary", "unverified"] = "unverified"

    @property
    def known_words(self) -> dict[str, float]:
        """The words without regard to capitals."""
        return {word.casefold(): value for word, value in self.words.items()}


class Dataset(ClosedModel):
    """A declared table of measured rows: key columns `station` and `time`, then the measured columns."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    description: Text
    cadence: Literal["hour", "day", "month"]
    columns: tuple[Column, ...] = Field(min_length=1)

    @property
    def value_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of that name or alias (case and blanks aside).

        Raises:
            LantuError: the dataset has no such column.
        """
        plain = "".join(name.split()).lower()
        for column in self.columns:
            if plain in {column.name, *("".join(alias.split()).lower() for alias in column.aliases)}:
                return column
        raise LantuError(
            Text(f"数据集 {self.name} 没有列“{name}”", f"the dataset {self.name} has no column '{name}'"),
            mend=Text(f"已声明的列：{'、'.join(self.value_names)}", f"declared columns: {', '.join(self.value_names)}"),
        )


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
