"""Compensation across district borders in Beijing (水环境区域补偿, 京政办发〔2014〕57号)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from lantu.standards.catalogue import catalogue
from lantu.standards.water.classes import WaterClass
from lantu.standards.water.surface import classify_item

ITEMS = ("chemical_oxygen_demand", "ammonia_nitrogen", "total_phosphorus")


def compensation(
    outflow: Mapping[str, Decimal | None],
    target: WaterClass,
    inflow: Mapping[str, Decimal | None] | None,
    month: dt.date,
) -> dict[str, Decimal]:
    """What a district owes for one section and month, in 10⁴ yuan by item; several items add up.

    Args:
        outflow: the month's values where the river leaves the district.
        target: the section's target class.
        inflow: the values where it enters; None where the river rises in the district.
        month: a day of the month, whose amounts hold.

    An outflow worse than its inflow (or, of a river that rises here, than its target) costs the higher amount for every
    class; one that is no worse than its inflow but misses the target the lower one.
    """
    worse = catalogue().get("water.compensation.worsened").at(month).number
    missed = catalogue().get("water.compensation.not_met").at(month).number
    owed: dict[str, Decimal] = {}
    for item in ITEMS:
        value = outflow.get(item)
        if value is None:
            continue
        out = classify_item(item, value, False, month)
        entering = None if inflow is None else inflow.get(item)
        if inflow is None:
            steps = max(out - target, 0)
            amount = worse * steps
        else:
            if entering is None:
                continue
            came = classify_item(item, entering, False, month)
            amount = worse * (out - came) if out > came else missed * max(out - target, 0)
        if amount:
            owed[item] = amount
    return owed
