"""Rates of safe use (安全利用率) of polluted farmland and of polluted construction plots.

What was measured goes before what was reported: tests of crops decide whether a plot's crops are within the limits,
samples of soil whether a plot meets its use. Where nothing was measured the report stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.registers.family import referring, register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry
from lantu.standards.items import items_of
from lantu.standards.soil import SoilRisk, crops_of_plot_within, evaluate_soil

SENSITIVE_USES = frozenset({"residential", "public", "undecided"})
"""Planned uses that ask for class 1 of GB 36600-2018; of class 2 only where the use is known to be another (4.1)."""


@dataclass(frozen=True, slots=True)
class Areas:
    """Land that is used safely, all that has to be, in how many plots."""

    safe: Decimal
    whole: Decimal
    plots: int


def crops_within(plot: Entry, entries: Entries, period: Period) -> bool | None:
    """Whether a plot's crops of a period are within the limits, by their tests; None where none was tested.

    The tests belong to the plot's plantings of the period; the share that has to pass is a parameter.
    """
    tests = referring(entries, "crop_tests", "planting")
    passed = [
        bool(test.values["within"])
        for planting in referring(entries, "crop_plantings", "plot").get(plot.key, [])
        if planting.values["harvested_on"] in period
        for test in tests.get(planting.key, [])
        if test.values.get("within") is not None and test.values["taken_on"] <= period.end
    ]
    return crops_of_plot_within(passed, period.end)


def soil_fit_for_use(plot: Entry, entries: Entries, period: Period) -> bool | None:
    """Whether the soil of a plot is fit for its planned use, by the samples of the last day of sampling.

    True where no sample is above screening for the class of the planned use, False where one is above control; None
    between them, where the risk assessment decides, and where no sample was taken by the end of the period.
    """
    samples = [
        row
        for row in referring(entries, "plot_soil_samples", "plot").get(plot.key, [])
        if row.values["taken_on"] <= period.end
    ]
    if not samples:
        return None
    last: dt.date = max(row.values["taken_on"] for row in samples)
    sensitive = plot.values["planned_use"] in SENSITIVE_USES
    found = [_risk(row.values, sensitive) for row in samples if row.values["taken_on"] == last]
    if any(each is SoilRisk.UNACCEPTABLE for each in found):
        return False
    return True if found and all(each is SoilRisk.NEGLIGIBLE for each in found) else None


def _risk(values: Mapping[str, Any], sensitive: bool) -> SoilRisk | None:
    """The risk of a sample for a planned use; what was judged for the less strict class is judged again."""
    measured = {name: as_decimal(values[name]) for name in items_of("soil") if values.get(name) is not None}
    if measured:
        return evaluate_soil(measured, 1 if sensitive else 2, values["taken_on"])[0]
    reported = values.get("risk")
    if reported is None or (sensitive and values["land_kind"] != "class_1"):
        return None
    return SoilRisk[reported.upper()]


def _farmland(rows: list[Entry], entries: Entries, period: Period) -> Areas:
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
        tested = crops_within(row, entries, period)
        if day is None or day > period.end:
            continue
        # light and medium pollution counts only where the crops are within the limits
        within = values.get("crops_within") if tested is None else tested
        if values["pollution"] != "light_medium" or within is True:
            safe += size
    return Areas(safe, whole, count)


def _plots(rows: list[Entry], entries: Entries, period: Period) -> Areas:
    safe = whole = Decimal(0)
    count = 0
    for row in rows:
        permit = row.values.get("permit_on")
        if permit is None or permit not in period:
            continue
        size = as_decimal(row.values["land_area"])
        whole += size
        count += 1
        fit = soil_fit_for_use(row, entries, period)
        safe += size if (row.values.get("requirement_met") if fit is None else fit) is True else 0
    return Areas(safe, whole, count)


FARMLAND = register_family(
    "polluted_farmland",
    "polluted_farmland",
    _farmland,
    also=("crop_plantings", "crop_tests"),
    shown=("crops_by_tests", Text("农产品检测", "crops by their tests"), crops_within),
)
PLOTS = register_family(
    "polluted_plots",
    "soil_plots",
    _plots,
    also=("plot_soil_samples",),
    shown=("soil_by_samples", Text("土壤样品", "soil by its samples"), soil_fit_for_use),
)


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
    Crops are within the limits where enough of the plot's tests of the period are; untested ones as reported.
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

    A plot is re-used when it gets its construction-planning permit. No such plot: no rate. Its last samples decide
    where all keep the screening values of its use or one exceeds a control value; else what was reported stands.
    """
    return _rate(found, Text("本期没有再开发利用的污染地块", "no polluted plot was re-used in the period"))
