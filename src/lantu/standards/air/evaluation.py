"""Evaluation of ambient air (环境空气质量评价): HJ 663-2013 and the rule of the city ranking (2014, 2018)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lantu.base import LantuError, Text, as_decimal, round_half_even
from lantu.base.rounding import Number
from lantu.standards.air.aqi import POLLUTANTS
from lantu.standards.catalogue import catalogue


def percentile(values: Sequence[Number], percent: Number) -> Decimal:
    """The percentile of HJ 663-2013, annex A: rank k = 1 + (n - 1) p/100, linear between the neighbours.

    Args:
        values: at least one number, in any order.
        percent: 0 to 100.

    Raises:
        ValueError: there is no value, or the percent lies outside its range.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    if not 0 <= as_decimal(percent) <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not at {percent}")
    ordered = sorted(as_decimal(value) for value in values)
    rank = (len(ordered) - 1) * as_decimal(percent) / 100
    whole = int(rank)
    if whole + 1 == len(ordered):
        return ordered[whole]
    return ordered[whole] + (ordered[whole + 1] - ordered[whole]) * (rank - whole)


def decimals_for(quantity: str, day: dt.date) -> int:
    """Decimals to which a quantity is rounded: a pollutant, `share`, `composite_index`, `exceedance_multiple`."""
    return int(catalogue().get(f"air.evaluation.decimals.{quantity}").at(day).number)


def is_good_day(aqi: int, day: dt.date) -> bool:
    """A good day (优良天): AQI of at most 100."""
    return aqi <= catalogue().get("air.evaluation.good_day_aqi").at(day).number


def is_heavy_pollution_day(aqi: int, day: dt.date) -> bool:
    """A heavy-pollution day (重污染天): AQI above 200."""
    return aqi > catalogue().get("air.evaluation.heavy_pollution_aqi").at(day).number


def exceedance_multiple(concentration: Number, limit: Number, day: dt.date) -> Decimal:
    """By how many times a concentration exceeds its limit (超标倍数): (C - S) / S, HJ 663-2013; 0 where it does not."""
    over = (as_decimal(concentration) - as_decimal(limit)) / as_decimal(limit)
    return round_half_even(max(over, Decimal(0)), decimals_for("exceedance_multiple", day))


def attains_year(
    pollutant: str, mean: Number | None, percentile_value: Number | None, day: dt.date, grade: int = 2
) -> bool | None:
    """Whether a pollutant attains a year: annual mean and percentile both within their limits (HJ 663-2013, 5).

    CO and O3 have a percentile only. Values are rounded before they are compared. None where a value is missing.
    """
    averaging = "day_max_8h" if pollutant == "o3" else "day"
    checks = [(percentile_value, f"air.limits.{pollutant}.{averaging}.grade{grade}")]
    if pollutant not in ("co", "o3"):
        checks.append((mean, f"air.limits.{pollutant}.year.grade{grade}"))
    result = True
    for value, name in checks:
        if value is None:
            return None
        result &= round_half_even(value, decimals_for(pollutant, day)) <= catalogue().get(name).at(day).number
    return result


@dataclass(frozen=True, slots=True)
class CompositeIndex:
    """The composite index (综合指数) with its single indices and the main pollutants (largest; all that tie)."""

    value: Decimal
    single: dict[str, Decimal]
    main: tuple[str, ...]


def composite_index(concentrations: Mapping[str, Number | None], day: dt.date) -> CompositeIndex | None:
    """The composite index of a period: the sum of C/S over the six pollutants (ranking rule of 2014 and 2018).

    Args:
        concentrations: period means of SO2, NO2, PM10, PM2.5 (ug/m3), CO as 95th percentile of daily means (mg/m3),
            O3 as 90th percentile of the daily 8-hour maxima (ug/m3). They are rounded before use.
        day: the last day of the period.

    Returns:
        The index with two decimals; None where a pollutant is missing.
    """
    single = {}
    for name in POLLUTANTS:
        value = concentrations.get(name)
        if value is None:
            return None
        standard = catalogue().get(f"air.composite_index.denominator.{name}").at(day).number
        single[name] = round_half_even(value, decimals_for(name, day)) / standard
    total = round_half_even(sum(single.values(), Decimal(0)), decimals_for("composite_index", day))
    largest = max(single.values())
    return CompositeIndex(total, single, tuple(name for name, index in single.items() if index == largest))


def rank(values: Sequence[Number | None]) -> list[int | None]:
    """Ranks from the smallest on; equal values share a rank and the next is left out (1, 1, 3). None stays None."""
    known = sorted(as_decimal(value) for value in values if value is not None)
    return [None if value is None else known.index(as_decimal(value)) + 1 for value in values]


def change_percent(value: Number, before: Number, decimals: int = 1) -> Decimal | None:
    """The change on an earlier value in percent, from the rounded values as they are published; None before 0."""
    earlier = as_decimal(before)
    if earlier == 0:
        return None
    return round_half_even((as_decimal(value) - earlier) / earlier * 100, decimals)


REFERENCE_STATE_FROM = dt.date(2018, 9, 1)
"""From this day gases are given at 298.15 K, before at 273.15 K (amendment of GB 3095-2012)."""


def gas_at_reference_state(concentration: Number) -> Decimal:
    """A gas concentration of the standard state (273.15 K) restated to the reference state (298.15 K, 1013.25 hPa)."""
    return as_decimal(concentration) * Decimal("273.15") / Decimal("298.15")


def check_comparable(start: dt.date, baseline_end: dt.date) -> None:
    """Refuse to compare concentrations across the change of the reference state.

    Raises:
        LantuError: one period lies before 2018-09-01 and the other does not.
    """
    if start >= REFERENCE_STATE_FROM > baseline_end:
        raise LantuError(
            Text(
                "2018年9月1日前后的浓度状态不同，不能直接比较",
                "concentrations before and after 2018-09-01 have different reference states",
            ),
            mend=Text("先换算较早的数值（gas_at_reference_state）", "restate the earlier values first"),
        )
