"""Dust (扬尘): dustfall with and without sand-dust, dust on roads, TSP of streets and its rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal, round_half_even
from lantu.indicators import cache
from lantu.indicators.family import Family, Sources, Target, Versions, no_statistics
from lantu.indicators.points.register import LEDGER, NO_DATA, NO_POINT, point_family, points_of, query
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.standards import catalogue

UNVERIFIED_TSP = ("street_dust.validity.hours_per_day", "street_dust.validity.days_share")


# dustfall -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dustfall:
    """Monthly means over an area's points: as measured, and after the deduction; how many points the area has."""

    gross: dict[int, Decimal]
    net: dict[int, Decimal]
    points: int
    months: int


def _dustfall_by_station(sources: Sources, period: Period, version: int | None) -> Mapping[str, Any]:
    rows = query(
        sources,
        "dustfall_monthly",
        period,
        version,
        "select station, month(time), dustfall, coalesce(sand_dust_deduction, 0) from {rows} "
        "where dustfall is not null",
    )
    found: dict[str, dict[int, tuple[Decimal, Decimal]]] = {}
    for station, month, dustfall, deduction in rows:
        found.setdefault(station, {})[month] = (as_decimal(dustfall), as_decimal(deduction))
    return found


def _dustfall(stations: list[Any], points: int, period: Period) -> Dustfall:
    gross: dict[int, Decimal] = {}
    net: dict[int, Decimal] = {}
    for part in period.months():
        month = part.start.month
        values = [station[month] for station in stations if month in station]
        if values:
            gross[month] = sum((each[0] for each in values), Decimal(0)) / len(values)
            net[month] = sum((each[0] - each[1] for each in values), Decimal(0)) / len(values)
    return Dustfall(gross, net, points, len(period.months()))


DUSTFALL = point_family("dustfall", "dustfall_monthly", "dustfall", _dustfall_by_station, _dustfall)


def _mean_of_months(values: dict[int, Decimal], found: Dustfall) -> Figure:
    if not found.points:
        return Figure(None, 0, found.months, False, NO_POINT)
    if not values:
        return Figure(None, 0, found.months, False, NO_DATA)
    complete = len(values) == found.months
    reason = (
        None
        if complete
        else Text(f"{found.months} 个月中有 {len(values)} 个月", f"{len(values)} of {found.months} months")
    )
    return Figure(sum(values.values(), Decimal(0)) / len(values), len(values), found.months, complete, reason)


_DUSTFALL = (
    (
        "dustfall_mean",
        Text("降尘量（扣除沙尘）", "dustfall, sand-dust removed"),
        "net",
        "after the deduction for sand-dust",
    ),
    ("dustfall_gross_mean", Text("降尘量（未扣除沙尘）", "dustfall as measured"), "gross", "as measured"),
)
for _name, _title, _which, _how in _DUSTFALL:
    indicator(
        name=_name,
        title=_title,
        unit="吨/平方公里·月",
        statistic="mean",
        quantity=1,
        reference="GB/T 15265-1994 (the method of 2021; secondary); one decimal as in the ministry's tables",
        family=DUSTFALL,
        levels=AREA_LEVELS,
        definition=f"mean of the period's monthly values {_how}; a month's value is the mean of the area's points",
    )(lambda found, which=_which: _mean_of_months(getattr(found, which), found))


# roads ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoadDust:
    """Means of the surveyed roads of an area."""

    load: Decimal | None
    residue: Decimal | None
    roads: int
    points: int


def _road_by_station(sources: Sources, period: Period, version: int | None) -> Mapping[str, Any]:
    rows = query(
        sources,
        "road_dust",
        period,
        version,
        "select station, avg(dust_load), avg(dust_residue) from {rows} group by station",
    )
    return {station: (load, residue) for station, load, residue in rows}


def _road(stations: list[Any], points: int, _period: Period) -> RoadDust:
    def mean(index: int) -> Decimal | None:
        values = [as_decimal(each[index]) for each in stations if each[index] is not None]
        return sum(values, Decimal(0)) / len(values) if values else None

    return RoadDust(mean(0), mean(1), len(stations), points)


ROADS = point_family("road_dust", "road_dust", "road", _road_by_station, _road)


def _road_figure(which: str) -> Callable[[RoadDust], Figure]:
    def function(found: RoadDust) -> Figure:
        value: Decimal | None = getattr(found, which)
        if value is None:
            return Figure(None, 0, found.points, False, NO_DATA if found.points else NO_POINT)
        complete = found.roads == found.points
        reason = (
            None
            if complete
            else Text(f"{found.points} 条路测了 {found.roads} 条", f"{found.roads} of {found.points} roads")
        )
        return Figure(value, found.roads, found.points, complete, reason)

    return function


for _name, _title, _which in (
    ("road_dust_load", Text("道路尘负荷", "road dust load"), "load"),
    ("road_dust_residue", Text("道路尘土残存量", "road dust residue"), "residue"),
):
    indicator(
        name=_name,
        title=_title,
        unit="克/平方米",
        statistic="mean",
        quantity=1,
        reference="surveys of the ecology bureau (load) and of city management (residue); method not verified",
        family=ROADS,
        levels=AREA_LEVELS,
        definition="mean over the area's roads of each road's mean in the period",
    )(_road_figure(_which))


# streets --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StreetDust:
    """A street's TSP in the period, its rank from the worst among all streets that have one, and how many have."""

    mean: Decimal | None
    halves: int
    expected: int
    rank: int | None
    ranked: int


DATASET = "street_dust_hourly"
_HALVES = Family("street_dust_halves", no_statistics, datasets=(DATASET,))


def half_months(period: Period) -> int:
    """How many half months (1-15, 16-end) a period touches."""
    return sum(
        (month.start.replace(day=16) > period.start) + (month.start.replace(day=15) < period.end)
        for month in period.months()
    )


def _street_means(sources: Sources, period: Period, version: int | None) -> dict[str, tuple[Decimal, int]]:
    """Each station's mean of its valid half months, which are means of valid days, and how many half months."""
    rules = catalogue()
    hours = int(rules.get("street_dust.validity.hours_per_day").at(period.end).number)
    share = rules.get("street_dust.validity.days_share").at(period.end).number / 100

    def of_month(month: Period) -> dict[str, list[int]]:
        """The rounded means of each station's valid half months."""
        rows = query(
            sources,
            "street_dust_hourly",
            month,
            version,
            """
            with days as (
                select station, cast(time - interval 1 hour as date) as day, avg(tsp) as tsp
                from {rows} where tsp is not null group by all having count(*) >= $a),
            halves as (
                select station, day(day) > 15 as late, avg(tsp) as tsp, count(*) as n,
                       case when late then day(last_day(any_value(day))) - 15 else 15 end as length
                from days group by station, late)
            select station, list(cast(round(tsp) as integer)) from halves where n >= length * $b group by station
            """,
            hours,
            float(share),
        )
        return dict(rows)

    name = f"half months {hours} {share}"
    found: dict[str, list[int]] = {}
    for halves in cache.by_month(sources, _HALVES, {DATASET: version}, name, period, of_month).values():
        for station, means in halves.items():
            found.setdefault(station, []).extend(means)
    return {station: (Decimal(sum(means)) / len(means), len(means)) for station, means in found.items()}


def _streets(sources: Sources, targets: Sequence[Target], period: Period, versions: Versions) -> dict[str, StreetDust]:
    version = versions["street_dust_hourly"]
    means = _street_means(sources, period, version) if version is not None else {}
    points = points_of(sources, "street_dust", period)
    expected = half_months(period)
    by_street: dict[str, tuple[Decimal, int]] = {}
    for area in sources.areas:
        if area.level != "street":
            continue
        own = [means[each] for each in points.get(area.code, []) if each in means]
        if own:
            by_street[area.code] = (sum((m for m, _ in own), Decimal(0)) / len(own), min(n for _, n in own))
    rounded = {code: round_half_even(mean, 0) for code, (mean, _) in by_street.items()}
    ranks = {code: 1 + sum(other > value for other in rounded.values()) for code, value in rounded.items()}
    return {
        target.code: StreetDust(
            by_street[target.code][0] if target.code in by_street else None,
            by_street[target.code][1] if target.code in by_street else 0,
            expected,
            ranks.get(target.code),
            len(ranks),
        )
        for target in targets
    }


def _street_trace(sources: Sources, target: Target, period: Period, versions: Versions) -> Any:
    return _HOURS.trace(sources, target, period, versions)


_HOURS = point_family("street_dust_hours", "street_dust_hourly", "street_dust", lambda *_: {}, lambda *_: None)
STREETS = Family("street_dust", _streets, datasets=("street_dust_hourly",), ledgers=(LEDGER,), trace=_street_trace)


def _street_figure(of: Callable[[StreetDust], Decimal | None]) -> Callable[[StreetDust], Figure]:
    def function(found: StreetDust) -> Figure:
        value = of(found)
        if value is None:
            return Figure(None, 0, found.expected, False, NO_DATA)
        complete = found.halves == found.expected
        reason = Text(
            f"{found.expected} 个半月中有 {found.halves} 个", f"{found.halves} of {found.expected} half months"
        )
        return Figure(value, found.halves, found.expected, complete, None if complete else reason, UNVERIFIED_TSP)

    return function


indicator(
    name="street_tsp_mean",
    title=Text("街道（乡镇）粗颗粒物浓度", "TSP of a street"),
    unit="μg/m³",
    statistic="mean",
    quantity=0,
    reference="half-month bulletins of the city (secondary); validity is Lantu's own, unverified",
    family=STREETS,
    levels=("street",),
    definition=(
        "mean of the half months (1-15, 16-end) of the period; a half month's value is the mean of its valid days, in "
        "whole μg/m³; a day needs 20 hours, a half month 75 % of its days"
    ),
)(_street_figure(lambda found: found.mean))

indicator(
    name="street_tsp_rank_from_worst",
    title=Text("街道（乡镇）粗颗粒物浓度倒数名次", "rank of a street by TSP, from the worst"),
    unit="名",
    statistic="rank",
    quantity=0,
    reference="half-month bulletins of the city: ties share the smaller number (secondary)",
    family=STREETS,
    levels=("street",),
    definition="1 + how many streets have a higher TSP (street_tsp_mean, rounded); 1 is the worst, ties share a number",
)(_street_figure(lambda found: None if found.rank is None else Decimal(found.rank)))
