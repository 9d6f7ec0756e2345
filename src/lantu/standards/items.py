"""Lists of measured items (监测项目): the name, title, unit and aliases that limits, datasets and ledgers share.

A list is one YAML file under `items/`. Limits of an item stand in `parameters/` under its name, so that a column of a
dataset, a field of a ledger and a limit can never mean two things by one name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from lantu.base import ClosedModel, LantuError, Text, read_model


class Item(ClosedModel):
    """A measured item. Outside `minimum`..`maximum` (where given) a value is impossible, whatever the sample."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    unit: str
    aliases: tuple[str, ...] = ()
    minimum: float = 0
    maximum: float | None = None


class ItemList(ClosedModel):
    """The items of one medium, in the order of their standard."""

    list: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    reference: str = Field(min_length=3)
    items: tuple[Item, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_once(self) -> ItemList:
        names = [item.name for item in self.items]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"stands twice: {', '.join(sorted(twice))}")
        return self

    def by_name(self) -> dict[str, Item]:
        return {item.name: item for item in self.items}


@cache
def all_item_lists() -> dict[str, ItemList]:
    """Every list that Lantu ships, by name.

    Raises:
        LantuError: a file has a fault.
    """
    folder = Path(str(files("lantu.standards").joinpath("items")))
    lists = [read_model(path, ItemList) for path in sorted(folder.glob("*.yaml"))]
    return {each.list: each for each in lists}


@cache
def items_of(name: str) -> Mapping[str, Item]:
    """The items of one list, by name.

    Raises:
        LantuError: there is no such list.
    """
    known = all_item_lists()
    if name not in known:
        raise LantuError(
            Text(f"没有监测项目表“{name}”", f"there is no list of items '{name}'"),
            mend=Text(f"可用：{'、'.join(known)}", f"there are: {', '.join(known)}"),
        )
    return known[name].by_name()
