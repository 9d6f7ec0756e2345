"""The air quality index (空气质量指数): HJ 633-2012 and HJ 633-2026.

All arithmetic is exact: an index is rounded up, so a binary fraction above a whole number would be a wrong index.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

from lantu.base import Text, as_decimal, round_half_even
from lantu.base.rounding import Number
from lantu.standards.catalogue import catalogue

POLLUTANTS = ("so2", "no2", "pm10", "co", "o3", "pm25")

DAILY_ITEMS = {"so2": "day", "no2": "day", "pm10": "day", "co": "day", "o3": "day_max_8h", "pm25": "day"}
"""The averaging of each pollutant in the daily report."""

HOURLY_ITEMS = {"so2": "hour", "no2": "hour", "pm10": "day", "co": "hour", "o3": "hour", "pm25": "day"}
"""The break points that the real-time report uses for the hourly value of each pollutant."""


@dataclass(frozen=True, slots=True)
class Category:
    """A class of air quality with its official colour (RGB)."""

    level: int
    name: str
    title: Text
    rgb: tuple[int, int, int]


CATEGORIES = (
    Category(1, "excellent", Text("优", "excellent"), (0, 228, 0)),
    Category(2, "good", Text("良", "good"), (255, 255, 0)),
    Category(3, "light", Text("轻度污染", "lightly polluted"), (255, 126, 0)),
    Category(4, "moderate", Text("中度污染", "moderately polluted"), (255, 0, 0)),
    Category(5, "heavy", Text("重度污染", "heavily polluted"), (153, 0, 76)),
    Category(6, "severe", Text("严重污染", "severely polluted"), (126, 0, 35)),
)
"""HJ 633-2012 table 2 and 5.3; unchanged in 2026."""


@dataclass(frozen=True, slots=True)
class AqiResult:
    """An AQI with what it rests on. `aqi` is None where the report may not give one."""

    aqi: int | None
    iaqi: dict[str, int | None]
    primary: tuple[str, ...]
    """The primary pollutants: largest IAQI where the AQI is above 50; all that tie."""
    exceeding: tuple[str, ...]
    """Pollutants with an IAQI above 100; the edition of 2026 does not name any."""
    category: Category | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AqiEdition:
    """One edition of HJ 633 with its break points and switches, as they hold on one day."""

    name: str
    break_points: dict[tuple[str, str], tuple[tuple[int, Fraction], ...]]
    """For each pollutant and averaging: rows of IAQI and concentration (ug/m3, CO mg/m3), ascending."""
    above_table: dict[tuple[str, str], int | None]
    """The IAQI where the table of an item ends below 500 (None: this item has none there)."""
    decimals: dict[str, int]
    cap: int
    daily_uses_o3_hour: bool
    rounds_first: bool
    names_exceeding: bool
    incomplete_published_above: int | None
    category_limits: tuple[int, ...]

    def round_concentration(self, pollutant: str, concentration: Number) -> Fraction:
        """The concentration as the index is computed from it: rounded by GB/T 8170 where the edition does so."""
        if self.rounds_first:
            return Fraction(round_half_even(concentration, self.decimals[pollutant]))
        return Fraction(as_decimal(concentration))

    def iaqi(self, pollutant: str, averaging: str, concentration: Number | None) -> int | None:
        """The individual index (空气质量分指数) of one concentration.

        Args:
            pollutant: one of so2, no2, pm10, co, o3, pm25.
            averaging: day, hour, or day_max_8h.
            concentration: ug/m3, CO in mg/m3; None where it is missing.

        Returns:
            The index rounded up to a whole number (HJ 633-2012, 4.2); None where it is missing or the item has no
            index so high.

        Raises:
            ValueError: the concentration is below zero.
        """
        if concentration is None:
            return None
        value = self.round_concentration(pollutant, concentration)
        if value < 0:
            raise ValueError(f"a concentration of {pollutant} below zero: {concentration}")
        points = self.break_points[pollutant, averaging]
        for (low_index, low), (high_index, high) in pairwise(points):
            if value <= high:
                return math.ceil(low_index + (high_index - low_index) * (value - low) / (high - low))
        last_index, _ = points[-1]
        return self.cap if last_index >= self.cap else self.above_table.get((pollutant, averaging))

    def category(self, aqi: int) -> Category:
        """The class of an AQI (HJ 633, table 2)."""
        return CATEGORIES[sum(aqi > limit for limit in self.category_limits)]

    def daily(self, concentrations: Mapping[str, Number | None], o3_hour: Number | None = None) -> AqiResult:
        """The daily report: 24-hour means of five pollutants and the highest 8-hour mean of O3.

        Args:
            concentrations: by pollutant, ug/m3, CO in mg/m3.
            o3_hour: the day's highest 1-hour O3; enters where the edition's switch says so, or where the 8-hour mean
                lies above 800 and has no index of its own (HJ 633-2012, table 1, note).
        """
        iaqi = {name: self.iaqi(name, DAILY_ITEMS[name], concentrations.get(name)) for name in POLLUTANTS}
        beyond = iaqi["o3"] is None and concentrations.get("o3") is not None
        if o3_hour is not None and (self.daily_uses_o3_hour or beyond):
            by_hour = self.iaqi("o3", "hour", o3_hour)
            iaqi["o3"] = max((index for index in (iaqi["o3"], by_hour) if index is not None), default=None)
        return self._result(iaqi)

    def hourly(self, concentrations: Mapping[str, Number | None]) -> AqiResult:
        """The real-time report from hourly concentrations; PM against the 24-hour break points (see the switch)."""
        return self._result(
            {name: self.iaqi(name, HOURLY_ITEMS[name], concentrations.get(name)) for name in POLLUTANTS}
        )

    def _result(self, iaqi: dict[str, int | None]) -> AqiResult:
        known = {name: index for name, index in iaqi.items() if index is not None}
        missing = tuple(name for name in POLLUTANTS if iaqi[name] is None)
        aqi = max(known.values(), default=None)
        above = self.incomplete_published_above
        if aqi is None or (missing and above is not None and aqi <= above):
            return AqiResult(None, iaqi, (), (), None, missing)
        primary = tuple(name for name, index in known.items() if index == aqi) if aqi > 50 else ()
        exceeding = tuple(name for name, index in known.items() if index > 100) if self.names_exceeding else ()
        return AqiResult(aqi, iaqi, primary, exceeding, self.category(aqi), missing)


def aqi_edition(day: dt.date) -> AqiEdition:
    """The edition of HJ 633 that holds on `day`: 2012 to 2026-02-28, 2026 from 2026-03-01."""
    return _edition(catalogue().get("air.aqi.break_points.pm25.day").at(day).valid_from)


def edition_starts() -> list[dt.date]:
    """The first days of the editions, ascending."""
    return [dated.from_ for dated in catalogue().get("air.aqi.break_points.pm25.day").values]


@cache
def _edition(start: dt.date) -> AqiEdition:
    def value(name: str) -> Any:
        return catalogue().get(name).at(start).value

    def whole(name: str) -> int | None:
        number = value(name)
        return None if number is None else int(number)

    prefix = "air.aqi.break_points."
    points = {}
    for parameter in catalogue().parameters():
        if parameter.name.startswith(prefix):
            pollutant, averaging = parameter.name.removeprefix(prefix).split(".")
            points[pollutant, averaging] = tuple((int(i), Fraction(c)) for i, c in parameter.at(start).value)
    cap = whole("air.aqi.cap")
    assert cap is not None
    return AqiEdition(
        name=catalogue().get("air.aqi.break_points.pm25.day").at(start).reference.split(",")[0],
        break_points=points,
        above_table={
            ("so2", "hour"): whole("air.aqi.so2_hour_above_800"),
            ("o3", "day_max_8h"): whole("air.aqi.o3_8h_above_800"),
        },
        decimals={name: int(value(f"air.evaluation.decimals.{name}")) for name in POLLUTANTS},
        cap=cap,
        daily_uses_o3_hour=value("air.aqi.daily_uses_o3_hour"),
        rounds_first=value("air.aqi.rounds_concentration_first"),
        names_exceeding=value("air.aqi.names_exceeding_pollutant"),
        incomplete_published_above=whole("air.aqi.incomplete_published_above"),
        category_limits=tuple(int(limit) for limit in value("air.aqi.categories")),
    )
