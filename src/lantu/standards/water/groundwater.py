"""Groundwater by GB/T 14848-2017: the class of every item, and the worst as the point's class."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal

from lantu.standards.catalogue import catalogue
from lantu.standards.items import items_of
from lantu.standards.water.classes import WaterClass

PREFIX = "water.groundwater"


def groundwater_items() -> tuple[str, ...]:
    """The 39 regular and the 54 non-regular items, in the order of the standard; values are in the lists' units."""
    return (*items_of("groundwater"), *items_of("groundwater_further"))


def classify_groundwater_item(item: str, value: Decimal, day: dt.date, below: bool = False) -> WaterClass:
    """The class I to V of one item; equal to a limit keeps the class.

    A value below its detection limit (`below`), of which half the limit is kept, keeps a limit "not detected".

    Gross alpha and beta above class III are given as IV: the standard asks for a nuclide analysis before a judgement.
    """
    if item == "ph":
        (low, high), (lowest, highest) = catalogue().get(f"{PREFIX}.ph_ranges").at(day).value
        if low <= value <= high:
            return WaterClass.I
        return WaterClass.IV if lowest <= value <= highest else WaterClass.V
    limits = catalogue().get(f"{PREFIX}.class_limits.{item}").at(day).value
    for number, limit in enumerate(limits, start=1):
        if limit is None or value <= limit or (below and limit == 0):
            return WaterClass(number)
    return WaterClass.V


def classify_groundwater(
    values: Mapping[str, Decimal | None], day: dt.date, below: Collection[str] = ()
) -> tuple[WaterClass | None, tuple[str, ...]]:
    """The class of a sample and the items that decide it (GB/T 14848-2017, single factor); None without any item.

    Regular (table 1) and non-regular items (table 2) count alike, those that were measured; `below`
    are items below their detection limit.
    """
    by_item = {
        item: classify_groundwater_item(item, value, day, item in below)
        for item in groundwater_items()
        if (value := values.get(item)) is not None
    }
    worst = max(by_item.values(), default=None)
    return worst, tuple(item for item, found in by_item.items() if found == worst)
