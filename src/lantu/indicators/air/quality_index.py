"""The index and what is counted by it: AQI, days by class, good and heavy-pollution days, the composite index."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from lantu.base import Text
from lantu.indicators.air.concentrations import change
from lantu.indicators.air.family import AIR
from lantu.indicators.air.statistics import NO_DATA, AreaStatistics
from lantu.indicators.registry import indicator
from lantu.indicators.values import Figure
from lantu.standards.air import CATEGORIES, composite_index

_RULE = "HJ 633-2012 to 2026-02-28, HJ 633-2026 from 2026-03-01"


@indicator(
    name="aqi",
    title=Text("空气质量指数", "air quality index"),
    unit="1",
    statistic="index",
    quantity=0,
    reference=_RULE,
    family=AIR,
    periods=("hour", "day"),
)
def aqi(statistics: AreaStatistics) -> Figure:
    """AQI = the largest individual index of the six pollutants, from the area's concentrations.

    IAQI = (IAQI_high - IAQI_low) / (C_high - C_low) * (C - C_low) + IAQI_low, rounded up; C is rounded before.
    It is valid where every pollutant is there that the parameter air.evaluation.index_needs names.
    """
    index = statistics.index
    n = sum(1 for found in statistics.held)
    if index.highest is None:
        return Figure(None, n, 6, False, statistics.mean("pm25").reason or NO_DATA)
    complete = bool(index.complete)
    reason = (
        None if complete else Text(f"六项中 {n} 项有效，缺必需的一项", f"{n} of 6 pollutants; a needed one is missing")
    )
    return Figure(Decimal(index.highest), n, 6, complete, reason)


def _class_days(level: int) -> Callable[[AreaStatistics], Figure]:
    return lambda statistics: statistics.count(statistics.index.by_class.get(level, 0), statistics.index.complete)


for _class in CATEGORIES:
    indicator(
        name=f"aqi_{_class.name}_days",
        title=Text(f"空气质量{_class.title.zh}天数", f"days with {_class.title.en} air"),
        unit="天",
        statistic="count",
        quantity=0,
        reference=_RULE,
        family=AIR,
        definition=f"days whose AQI is of class {_class.level} ({_class.title.zh}), among complete days",
    )(_class_days(_class.level))


@indicator(
    name="good_days",
    title=Text("优良天数", "good days"),
    unit="天",
    statistic="count",
    quantity=0,
    reference=f"{_RULE}; HJ 663-2013",
    family=AIR,
    daily="good",
)
def good_days(statistics: AreaStatistics) -> Figure:
    """days with an AQI of at most 100

    A day counts as decided where every pollutant is valid that the parameter air.evaluation.index_needs names, or the
    known ones already exceed the bound.
    """
    index = statistics.index
    return statistics.count(index.decided_good - index.above_good, index.decided_good)


@indicator(
    name="good_day_share",
    title=Text("优良天数比例", "share of good days"),
    unit="%",
    statistic="share",
    quantity="share",
    reference=f"{_RULE}; HJ 663-2013",
    family=AIR,
)
def good_day_share(statistics: AreaStatistics) -> Figure:
    """share = good days / decided days * 100 %"""
    days = good_days(statistics)
    if days.value is None:
        return days
    return Figure(days.value / days.n * 100, days.n, days.expected, days.valid, days.reason)


@indicator(
    name="heavy_pollution_days",
    title=Text("重污染天数", "heavy-pollution days"),
    unit="天",
    statistic="count",
    quantity=0,
    reference=f"{_RULE}; heavy pollution: AQI above 200",
    family=AIR,
    daily="heavy",
)
def heavy_pollution_days(statistics: AreaStatistics) -> Figure:
    """days with an AQI above 200

    A day counts as decided where every pollutant is valid that the parameter air.evaluation.index_needs names, or the
    known ones already exceed the bound.
    """
    index = statistics.index
    return statistics.count(index.above_heavy, index.decided_heavy)


def _difference(of: Callable[[AreaStatistics], Figure]) -> Callable[[AreaStatistics, AreaStatistics], Figure]:
    def function(now: AreaStatistics, before: AreaStatistics) -> Figure:
        value, earlier = of(now), of(before)
        if value.value is None or earlier.value is None:
            reason = value.reason or Text("上年同期无数据", "no data for the year before")
            return Figure(None, value.n, value.expected, False, reason)
        valid = value.valid and earlier.valid
        return Figure(
            value.value - earlier.value,
            min(value.n, earlier.n),
            value.expected,
            valid,
            value.reason or earlier.reason,
        )

    return function


for _name, _title, _function in (
    ("good_days", Text("优良天数同比增减", "good days, change on the year before"), good_days),
    (
        "heavy_pollution_days",
        Text("重污染天数同比增减", "heavy-pollution days, change on the year before"),
        heavy_pollution_days,
    ),
):
    indicator(
        name=f"{_name}_change",
        title=_title,
        unit="天",
        statistic="change",
        quantity=0,
        reference=_RULE,
        family=AIR,
        needs_year_before=True,
        definition="change = days of the period - days of the same period one year earlier",
    )(_difference(_function))


@indicator(
    name="composite_index",
    title=Text("环境空气质量综合指数", "composite index of ambient air"),
    unit="1",
    statistic="index",
    quantity="composite_index",
    reference="ranking rule of the ministry (2014, 2018; secondary sources)",
    family=AIR,
    periods=("month", "quarter", "year", "range"),
)
def composite_index_of(statistics: AreaStatistics) -> Figure:
    """index = sum over the six pollutants of C / S

    C: period means of SO2, NO2, PM10 and PM2.5, the 95th percentile of CO's daily means, the 90th of O3's daily
    highest 8-hour means, each rounded first; S: the annual limits of grade II (CO: day, O3: 8 hours).
    """
    figures = {
        name: statistics.percentile(name) if name in ("co", "o3") else statistics.mean(name)
        for name in statistics.pollutants
    }
    result = composite_index({name: figure.value for name, figure in figures.items()}, statistics.period.end)
    fewest = min(figures.values(), key=lambda figure: figure.n)
    if result is None:
        return Figure(None, fewest.n, fewest.expected, False, fewest.reason or NO_DATA)
    weak = [figure for figure in figures.values() if not figure.valid]
    return Figure(result.value, fewest.n, fewest.expected, not weak, weak[0].reason if weak else None)


indicator(
    name="composite_index_change",
    title=Text("综合指数同比变化", "composite index, change on the year before"),
    unit="%",
    statistic="change",
    quantity=1,
    reference="ranking rule of the ministry (2014, 2018; secondary sources)",
    family=AIR,
    periods=("month", "quarter", "year", "range"),
    needs_year_before=True,
    definition="change = (index - index of the year before) / index of the year before * 100 %, from rounded indices",
)(change("composite_index", composite_index_of, gas=True))
