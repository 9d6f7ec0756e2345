"""Concentrations: period means, the percentiles of HJ 663, and their change on the year before."""

from __future__ import annotations

from collections.abc import Callable

from lantu.base import LantuError, Text, round_half_even
from lantu.indicators.air.family import AIR
from lantu.indicators.air.statistics import AreaStatistics
from lantu.indicators.registry import WHOLE_PERIODS, indicator
from lantu.indicators.values import Figure
from lantu.standards import catalogue
from lantu.standards.air import change_percent, decimals_for
from lantu.standards.air.evaluation import check_comparable

MICROGRAM = "μg/m³"
MILLIGRAM = "mg/m³"

_NAMES = {
    "pm25": Text("细颗粒物", "PM2.5"),
    "pm10": Text("可吸入颗粒物", "PM10"),
    "so2": Text("二氧化硫", "SO2"),
    "no2": Text("二氧化氮", "NO2"),
    "co": Text("一氧化碳", "CO"),
    "o3": Text("臭氧日最大8小时平均", "O3 daily maximum 8-hour mean"),
}
_GASES = ("so2", "no2", "co", "o3")
_REFERENCE = "GB 3095-2012 table 4; HJ 663-2013 (order of averaging over stations: secondary sources)"

_MEAN = """
mean = sum of the valid daily values of the area / their number

A station's daily value is {daily}. An area's daily value is the mean of its stations' valid daily values where at
least 75 % of its stations have one. Of a single day or hour it is the value itself.
"""
_DAILY_MEAN = "the mean of its hours of the natural day (at least 20 of 24)"
_DAILY_MAX = (
    "the highest 8-hour mean that ends at hour 8 to 24 (at least 6 of 8 hours each, at least 14 such means, or a "
    "result above the limit anyway)"
)
_PERCENTILE = """
k = 1 + (n - 1) * {percent} / 100; value = x[k] + (x[k+1] - x[k]) * (k - whole part), x sorted ascending

x are the valid daily values of the area (HJ 663-2013, annex A). A station's daily value is {daily}.
"""
_CHANGE = """
change = (value - before) / before * 100 %

Both values are rounded as they are published before they are compared; `before` is the same period one year earlier.
"""


def _mean(name: str) -> Callable[[AreaStatistics], Figure]:
    return lambda statistics: statistics.mean(name)


def _percentile(name: str) -> Callable[[AreaStatistics], Figure]:
    return lambda statistics: statistics.percentile(name)


def change(
    quantity: str, of: Callable[[AreaStatistics], Figure], gas: bool
) -> Callable[[AreaStatistics, AreaStatistics], Figure]:
    """The function that gives the change of another figure on the year before, in percent."""

    def function(now: AreaStatistics, before: AreaStatistics) -> Figure:
        value, earlier = of(now), of(before)
        if value.value is None:
            return value
        if earlier.value is None:
            return Figure(None, value.n, value.expected, False, Text("上年同期无数据", "no data for the year before"))
        if gas:
            try:
                check_comparable(now.period.start, before.period.end)
            except LantuError as error:
                return Figure(None, value.n, value.expected, False, error.what)
        decimals = decimals_for(quantity, now.period.end)
        result = change_percent(round_half_even(value.value, decimals), round_half_even(earlier.value, decimals))
        valid = value.valid and earlier.valid and result is not None
        reason = value.reason or (
            None
            if earlier.reason is None
            else Text(f"上年同期：{earlier.reason.zh}", f"the year before: {earlier.reason.en}")
        )
        if result is None:
            reason = Text("上年同期为零", "the year before is zero")
        return Figure(result, min(value.n, earlier.n), value.expected, valid, reason)

    return function


for _name, _title in _NAMES.items():
    _unit = MILLIGRAM if _name == "co" else MICROGRAM
    _daily = _DAILY_MAX if _name == "o3" else _DAILY_MEAN
    _base = "o3_8h" if _name == "o3" else _name
    _percent = catalogue().get(f"air.evaluation.percentile.{_name}").values[-1].value
    indicator(
        name=f"{_base}_mean",
        title=Text(f"{_title.zh}平均浓度", f"{_title.en}, mean"),
        unit=_unit,
        statistic="mean",
        quantity=_name,
        reference=_REFERENCE,
        family=AIR,
        periods=("hour", "day", *WHOLE_PERIODS) if _name != "o3" else ("day", *WHOLE_PERIODS),
        definition=_MEAN.format(daily=_daily),
        daily=_name,
    )(_mean(_name))
    indicator(
        name=f"{_base}_p{_percent}",
        title=Text(f"{_title.zh}第{_percent}百分位数", f"{_title.en}, {_percent}th percentile of daily values"),
        unit=_unit,
        statistic="percentile",
        quantity=_name,
        reference="HJ 663-2013, annex A and table 3",
        family=AIR,
        definition=_PERCENTILE.format(percent=_percent, daily=_daily),
    )(_percentile(_name))
    _of = _percentile(_name) if _name in ("co", "o3") else _mean(_name)
    _changing = f"{_base}_p{_percent}" if _name in ("co", "o3") else f"{_base}_mean"
    indicator(
        name=f"{_changing}_change",
        title=Text(f"{_title.zh}浓度同比变化", f"{_title.en}, change on the year before"),
        unit="%",
        statistic="change",
        quantity=1,
        reference="HJ 663-2013; rates from published figures, one decimal",
        family=AIR,
        needs_year_before=True,
        definition=_CHANGE,
    )(change(_name, _of, _name in _GASES))


@indicator(
    name="o3_mean",
    title=Text("臭氧小时浓度", "O3, hourly"),
    unit=MICROGRAM,
    statistic="mean",
    quantity="o3",
    reference=_REFERENCE,
    family=AIR,
    periods=("hour",),
)
def o3_mean(statistics: AreaStatistics) -> Figure:
    """mean = sum of the stations' values of the hour / their number, where at least 75 % of the stations have one."""
    return statistics.mean("o3")
