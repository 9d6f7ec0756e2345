"""Rates of safe use (安全利用率) of polluted farmland and of polluted construction plots."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lantu.base import Period, Text, as_decimal
from lantu.indicators.registers.family import register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry


@dataclass(frozen=True, slots=True)
class Areas:
    """Land that is used safely, all that has to be, in how many plots."""

    safe: Decimal
    whole: Decimal
    plots: int


def _farmland(rows: list[Entry], _entries: Entries, period: Period) -> Areas:
    safe = whole = Decimal(0)
    count = 0
    for row in rows:
        if row.state != "listed":
            continue
        values = row.values
        size = as_decimal(values["land_area"])
        whole += size
        count += 1
        day = values.get("measure_on")
        if day is None or day > period.end:
            continue
        # light and medium pollution counts only where the crops are within the limits
        if values["pollution"] != "light_medium" or values.get("crops_within") is True:
            safe += size
    return Areas(safe, whole, count)


def _plots(rows: list[Entry], _entries: Entries, period: Period) -> Areas:
    safe = whole = Decimal(0)
    count = 0
    for row in rows:
        permit = row.values.get("permit_on")
        if permit is None or permit not in period:
            continue
        size = as_decimal(row.values["land_area"])
        whole += size
        count += 1
        safe += size if row.values.get("requirement_met") is True else 0
    return Areas(safe, whole, count)


FARMLAND = register_family("polluted_farmland", "polluted_farmland", _farmland)
PLOTS = register_family("polluted_plots", "soil_plots", _plots)


def _rate(found: Areas | None, none: Text) -> Figure:
    if found is None:
        return Figure(None, 0, 0, False, Text("台账没有条目", "the ledger has no entry"))
    if found.whole == 0:
        return Figure(None, 0, 0, False, none)
    return Figure(found.safe / found.whole * 100, found.plots, found.plots, True)


@indicator(
    name="polluted_farmland_safe_use_rate",
    title=Text("受污染耕地安全利用率", "rate of safe use of polluted farmland"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="trial accounting method of the two ministries (letters: secondary; form of the formula: unverified)",
    family=FARMLAND,
    levels=AREA_LEVELS,
    periods=("year", "range"),
)
def polluted_farmland_safe_use_rate(found: Areas | None) -> Figure:
    """R = (B + C + D) / E * 100 %

    B slightly polluted land with protection in place, C light to medium pollution with measures and crops within the
    limits, D heavily polluted land under strict control, E all polluted farmland; by area. None polluted: no rate.
    """
    return _rate(found, Text("没有受污染耕地", "there is no polluted farmland"))


@indicator(
    name="polluted_plot_safe_use_rate",
    title=Text("污染地块安全利用率", "rate of safe use of polluted plots"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="accounting pilot of 2020, tied to the planning permit (secondary); formula unverified",
    family=PLOTS,
    levels=AREA_LEVELS,
    periods=("year", "range"),
)
def polluted_plot_safe_use_rate(found: Areas | None) -> Figure:
    """area of plots re-used in the period that meet the requirement of their use / area of all re-used plots * 100 %

    A plot is re-used when it gets its construction-planning permit. No such plot: no rate.
    """
    return _rate(found, Text("本期没有再开发利用的污染地块", "no polluted plot was re-used in the period"))
