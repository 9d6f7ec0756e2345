"""Irrigation water (农田灌溉水): GB 5084, the edition of 2005 until 2021-06-30, that of 2021 after; table 1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from enum import Enum

from lantu.base import Text
from lantu.standards.catalogue import catalogue
from lantu.standards.water.limits import Verdict, judge

PREFIX = "water.irrigation"


class Crop(Enum):
    """What is watered; vegetables that are cooked or peeled are kind a of the standard, those eaten raw kind b."""

    PADDY = "paddy"
    DRY = "dry"
    COOKED_VEGETABLE = "cooked_vegetable"
    RAW_VEGETABLE = "raw_vegetable"

    @property
    def title(self) -> Text:
        return _TITLES[self]


_TITLES = {
    Crop.PADDY: Text("水田作物", "paddy"),
    Crop.DRY: Text("旱地作物", "dry land"),
    Crop.COOKED_VEGETABLE: Text("蔬菜（加工、烹调及去皮）", "vegetables cooked or peeled"),
    Crop.RAW_VEGETABLE: Text("蔬菜（生食）", "vegetables eaten raw"),
}


def irrigation_verdict(
    values: Mapping[str, Decimal | None],
    crop: Crop,
    day: dt.date,
    *,
    saline: bool = False,
    below: Collection[str] = (),
) -> Verdict:
    """A sample of irrigation water against the basic items of GB 5084 (table 1) of its day.

    Args:
        values: item (of the list `irrigation_water`, in its units) to value: coliform per litre and eggs per 10 litres
            in both editions, although that of 2005 prints them per 100 mL and per litre.
        crop: what is watered.
        day: when it was taken.
        saline: whether the soil is saline: more salt is allowed.
        below: items below their detection limit.

    Raises:
        LantuError: a day before the edition of 2005.
    """
    judged, unknown = [], []
    position = list(Crop).index(crop)
    for item, value in values.items():
        if value is None:
            continue
        name = {"ph": f"{PREFIX}.ph_range", "total_salt": f"{PREFIX}.total_salt"}.get(item, f"{PREFIX}.limits.{item}")
        if name not in catalogue():
            unknown.append(item)
            continue
        limit = catalogue().get(name).at(day)
        if item == "total_salt":
            limit = replace(limit, value=limit.value[saline])
        elif item != "ph":
            limit = replace(limit, value=limit.value[position])
        judged.append(judge(item, value, [(name, limit)], item in below))
    return Verdict(tuple(judged), tuple(unknown))
