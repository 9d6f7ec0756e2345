"""The three rates (三率) of VOC treatment facilities: collection, synchronous running, removal, and what they leave.

Where hours and mass rates of a facility are entered, its rates follow from them; else the reported rates stand.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.registers.family import register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry
from lantu.standards.emissions import removed_share

RATES = ("collection", "running", "removal")
MEASURED = {
    "collection": ("captured_mass", "generated_mass"),
    "running": ("treatment_hours", "production_hours"),
    "removal": ("outlet_rate", "inlet_rate"),
}
"""The fields of part and whole from which a rate follows; of the removal the part is what is left."""


@dataclass(slots=True)
class Facilities:
    """The rates (%) of the facilities that were recorded in the period, and how many are in use."""

    in_use: int = 0
    collection: list[Decimal] = field(default_factory=list)
    running: list[Decimal] = field(default_factory=list)
    removal: list[Decimal] = field(default_factory=list)
    overall: list[Decimal] = field(default_factory=list)


def rate_of(row: Entry, name: str) -> Decimal | None:
    """A rate (%) of a facility, from what was measured or else as reported; None where neither is there.

    Treatment that runs longer than production counts as always running.
    """
    part, whole = (row.values.get(each) for each in MEASURED[name])
    if part is None or not whole:
        reported = row.values.get(name)
        return None if reported is None else as_decimal(reported)
    share = min(as_decimal(part) / as_decimal(whole), Decimal(1)) * 100
    return 100 - share if name == "removal" else share


def _facilities(rows: list[Entry], _entries: Entries, period: Period) -> Facilities:
    found = Facilities()
    for row in rows:
        if row.state != "in_use":
            continue
        found.in_use += 1
        day = row.values.get("recorded_on")
        if day is None or day not in period:
            continue
        rates = {name: rate_of(row, name) for name in RATES}
        for name, rate in rates.items():
            if rate is not None:
                getattr(found, name).append(rate)
        collection, running, removal = (rates[name] for name in RATES)
        if collection is not None and running is not None and removal is not None:
            found.overall.append(removed_share(collection, removal, running))
    return found


def _overall(row: Entry, _entries: Entries, _period: Period) -> str | None:
    rates: list[Any] = [rate_of(row, name) for name in RATES]
    return None if None in rates else f"{removed_share(rates[0], rates[2], rates[1]):.1f}"


FACILITIES = register_family(
    "voc_facilities",
    "voc_facilities",
    _facilities,
    shown=("overall", Text("三率之积", "product of the three rates"), _overall),
)

TITLES = {
    "collection": Text("VOCs废气收集率", "VOC collection rate"),
    "running": Text("VOCs治理设施同步运行率", "synchronous running rate of VOC treatment"),
    "removal": Text("VOCs去除率", "VOC removal rate"),
    "overall": Text("VOCs综合治理率", "VOC taken away by collection, running and removal"),
}
FORMULAS = {
    "collection": "captured / generated VOC",
    "running": "hours of treatment / hours of production",
    "removal": "1 - VOC leaving / VOC entering",
    "overall": "collection * synchronous running * removal",
}
assert set(TITLES) == {each.name for each in dataclasses.fields(Facilities)} - {"in_use"}


def _mean(name: str) -> Callable[[Facilities | None], Figure]:
    def function(found: Facilities | None) -> Figure:
        if found is None or not found.in_use:
            return Figure(None, 0, 0, False, Text("没有在用治理设施", "no facility is in use"))
        rates: list[Decimal] = getattr(found, name)
        if not rates:
            return Figure(None, 0, found.in_use, False, Text("本期没有记录", "nothing was recorded in the period"))
        less = found.in_use - len(rates)
        reason = Text(f"{less} 台没有记录", f"{less} facilities are not recorded") if less else None
        return Figure(sum(rates, Decimal(0)) / len(rates), len(rates), found.in_use, not less, reason)

    return function


for _name, _title in TITLES.items():
    indicator(
        name=f"voc_{_name}_rate",
        title=_title,
        unit="%",
        statistic="mean",
        quantity=1,
        reference="GB 37822-2019 clauses 10.1.2, 10.2, 10.3.2 for the ideas; the means of the three are unverified",
        family=FACILITIES,
        levels=AREA_LEVELS,
        definition=f"{FORMULAS[_name]} * 100 %, as the mean of the facilities in use that were recorded in the period",
    )(_mean(_name))
