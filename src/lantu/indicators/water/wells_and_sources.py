"""Groundwater points (地下水点位) of class V, and drinking-water sources (饮用水水源) that comply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lantu.base import Period, Text
from lantu.indicators import cache
from lantu.indicators.family import Family, Sources, Target, Trace, Versions
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.indicators.water.samples import mean_of_months, monthly_means, station_trace
from lantu.ledgers import Entry
from lantu.standards.items import items_of
from lantu.standards.water import WaterClass, classify_groundwater, source_exceedances

POINTS, SOURCES = "groundwater_assessment_points", "drinking_water_sources"


def _listed(sources: Sources, ledger: str, area: str, period: Period) -> list[Entry]:
    book = sources.book
    if book is None or ledger not in book.ledgers:
        return []
    entries = book.entries(ledger)
    return [row for row in entries.within(area) if row.state == "in_use"]


@dataclass(frozen=True, slots=True)
class Points:
    """How many points are listed, have data, and are of class V."""

    listed: int
    known: int
    class_five: int


def _points(sources: Sources, targets: Sequence[Target], period: Period, versions: Versions) -> dict[str, Points]:
    version = versions["groundwater"]
    items = list(items_of("groundwater"))
    means = monthly_means(sources, "groundwater", items, period, version) if version is not None else {}
    classes: dict[str, WaterClass | None] = {
        station: classify_groundwater(mean_of_months(months), period.end)[0] for station, months in means.items()
    }
    found = {}
    for target in targets:
        rows = _listed(sources, POINTS, target.code, period)
        known = [grade for row in rows if (grade := classes.get(row.key)) is not None]
        found[target.code] = Points(len(rows), len(known), sum(grade is WaterClass.V for grade in known))
    return found


def _points_trace(sources: Sources, target: Target, period: Period, _versions: Versions) -> Trace:
    names = [row.key for row in _listed(sources, POINTS, target.code, period)]
    return station_trace(sources, "groundwater", names, target, period, Text("点位", "points"))


GROUNDWATER = Family("groundwater", _points, datasets=("groundwater",), ledgers=(POINTS,), trace=_points_trace)


@indicator(
    name="groundwater_class_five_point_share",
    title=Text("地下水Ⅴ类点位比例", "share of groundwater points of class V"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="GB/T 14848-2017; the indicator of the 14th five-year plan (secondary)",
    family=GROUNDWATER,
    levels=AREA_LEVELS,
)
def groundwater_class_five_point_share(found: Points) -> Figure:
    """points of class V / points with data * 100 %; a point's class is that of the worst of its items' means"""
    if not found.known:
        reason = Text("无数据", "no data") if found.listed else Text("没有点位", "there is no point")
        return Figure(None, 0, found.listed, False, reason)
    complete = found.known == found.listed
    gap = Text(f"{found.listed} 个点位中 {found.known} 个有数据", f"{found.known} of {found.listed} points have data")
    return Figure(
        Decimal(found.class_five * 100) / found.known, found.known, found.listed, complete, None if complete else gap
    )


@dataclass(frozen=True, slots=True)
class Compliance:
    """Source-months that comply, those with data, those that there would be."""

    kept: int
    known: int
    expected: int


SURFACE_DATA = ("surface_water", "surface_source")
WELL_DATA = ("groundwater", "groundwater_further")
"""A source's values of a month are those of both datasets together."""


def _compliance(
    sources: Sources, targets: Sequence[Target], period: Period, versions: Versions
) -> dict[str, Compliance]:
    book = sources.book
    register = book.entries(SOURCES).rows if book is not None and SOURCES in book.ledgers else []

    def complying(part: Period) -> dict[str, bool]:
        """Whether each source that has data complies in a month."""
        means = {
            dataset: monthly_means(sources, dataset, list(items_of(dataset)), part, versions[dataset])
            if versions[dataset] is not None
            else {}
            for dataset in DRINKING.datasets
        }
        month = part.start.replace(day=1)
        kept = {}
        for row in register:
            groundwater = row.values["kind"] == "groundwater"
            lake = row.values.get("body") == "lake"
            values: dict[str, Decimal | None] = {}
            for dataset in WELL_DATA if groundwater else SURFACE_DATA:
                values.update(means[dataset].get(row.key, {}).get(month, {}))
            beyond = source_exceedances(values, groundwater, lake, month) if values else None
            if beyond is not None:
                kept[row.key] = not beyond
        return kept

    months = cache.by_month(sources, DRINKING, versions, "complying", period, complying).values()
    found = {}
    for target in targets:
        rows = _listed(sources, SOURCES, target.code, period)
        known = [month[row.key] for month in months for row in rows if row.key in month]
        found[target.code] = Compliance(sum(known), len(known), len(rows) * len(period.months()))
    return found


def _sources_trace(sources: Sources, target: Target, period: Period, _versions: Versions) -> Trace:
    names = [row.key for row in _listed(sources, SOURCES, target.code, period)]
    return station_trace(sources, "surface_water", names, target, period, Text("水源", "sources"))


DRINKING = Family(
    "drinking_sources",
    _compliance,
    datasets=(*SURFACE_DATA, *WELL_DATA),
    ledgers=(SOURCES,),
    trace=_sources_trace,
)


@indicator(
    name="drinking_water_source_compliance_rate",
    title=Text("集中式饮用水水源达标率", "compliance of drinking-water sources"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="环办[2011]22号 with GB 3838-2002 tables 1 to 3; GB/T 14848-2017 class III (secondary)",
    family=DRINKING,
    levels=AREA_LEVELS,
)
def drinking_water_source_compliance_rate(found: Compliance) -> Figure:
    """source-months that comply / source-months with data * 100 %

    A surface source complies at class III by the 21 items and within the limits of tables 2 and 3 where these were
    measured, a well at class III by all items that were.
    """
    if not found.known:
        reason = Text("无数据", "no data") if found.expected else Text("没有水源", "there is no source")
        return Figure(None, 0, found.expected, False, reason)
    complete = found.known == found.expected
    gap = Text(f"应有 {found.expected} 次，有 {found.known} 次", f"{found.known} of {found.expected} source-months")
    value = Decimal(found.kept * 100) / found.known
    return Figure(value, found.known, found.expected, complete, None if complete else gap)
