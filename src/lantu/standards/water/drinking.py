"""Drinking water (生活饮用水): GB 5749-2006 until 2023-03-31, GB 5749-2022 from 2023-04-01."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from lantu.base import Text
from lantu.standards.catalogue import catalogue
from lantu.standards.water.limits import Verdict, check_code, judge

PREFIX = "water.drinking"
CONDITIONS = ("groundwater_limited", "technically_limited", "raw_water_above_6")


def drinking_verdict(
    values: Mapping[str, Decimal | None],
    day: dt.date,
    *,
    stage: Literal["plant", "tap"] = "tap",
    conditions: Collection[str] = (),
    below: Collection[str] = (),
) -> Verdict:
    """A sample of drinking water against the edition of its day, item by item.

    Args:
        values: item (of the list `drinking_water`, in its units) to value; odour and visible matter are 0 or 1.
        day: when it was taken.
        stage: leaving the plant (出厂水), or at the tap (末梢水): free chlorine has its own range at each.
        conditions: what makes a wider limit hold: `groundwater_limited` (nitrate of groundwater), `technically_limited`
            (turbidity), `raw_water_above_6` (permanganate index). The table of small supplies is not held.
        below: items below their detection limit, which keep a limit "not detectable".

    Raises:
        LantuError: an unknown condition, or a day before the edition of 2006.
    """
    for condition in conditions:
        check_code(Text("条件", "condition"), condition, CONDITIONS)
    dropped_items = catalogue().get(f"{PREFIX}.dropped_items").at(day).value
    exceptions = catalogue().get(f"{PREFIX}.exceptions").at(day)
    judged, unknown, dropped = [], [], []
    for item, value in values.items():
        if value is None:
            continue
        name = f"{PREFIX}.limits.{item}" + (f"_{stage}" if item == "free_chlorine" else "")
        if item in dropped_items:
            dropped.append(item)
            continue
        limit = catalogue().get(name).at(day) if name in catalogue() else None
        if limit is None or limit.stale:
            unknown.append(item)
            continue
        found = judge(item, value, [(name, limit)], item in below)
        for excepted, condition, wider in exceptions.value:
            if excepted == item and condition in conditions and found.exceeds:
                found = judge(item, value, [(f"{PREFIX}.exceptions", replace(exceptions, value=wider)), (name, limit)])
        judged.append(found)
    return Verdict(tuple(judged), tuple(unknown), tuple(dropped))
