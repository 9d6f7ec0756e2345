"""Means of periods (月、季、年均值), sections worse than V, and months in which one falls there.

A value below its detection limit enters as half of it: `parse_measured` has made it so. pH is averaged like the other
items; how 环办监测函〔2020〕82号 does it could not be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lantu.standards.catalogue import catalogue
from lantu.standards.water.classes import WaterClass
from lantu.standards.water.surface import classify_section

Values = Mapping[str, Decimal | None]
"""Item to value; None or absent means not measured."""


@dataclass(frozen=True, slots=True)
class PeriodMeans:
    """The means of a period; `counts` are an item's measurements (of a year: its months), `short` has too few."""

    means: Mapping[str, Decimal]
    counts: Mapping[str, int]
    short: tuple[str, ...]


def _collect(values: Iterable[Values]) -> dict[str, list[Decimal]]:
    found: dict[str, list[Decimal]] = {}
    for each in values:
        for item, value in each.items():
            if value is not None:
                found.setdefault(item, []).append(value)
    return found


def _means(values: Iterable[Values], least: Decimal) -> PeriodMeans:
    found = _collect(values)
    return PeriodMeans(
        {item: sum(each, Decimal(0)) / len(each) for item, each in found.items()},
        {item: len(each) for item, each in found.items()},
        tuple(item for item, each in found.items() if len(each) < least),
    )


def months_of_samples(samples: Iterable[tuple[dt.date, Values]]) -> dict[dt.date, Mapping[str, Decimal]]:
    """The mean of each month's samples by first day of the month; one sample is its month's value."""
    by_month: dict[dt.date, list[Values]] = {}
    for day, values in samples:
        by_month.setdefault(day.replace(day=1), []).append(values)
    return {month: _means(by_month[month], Decimal(1)).means for month in sorted(by_month)}


def quarter_means(samples: Iterable[tuple[dt.date, Values]], year: int, quarter: int) -> PeriodMeans:
    """The arithmetic mean of all data of a quarter (1 to 4); normally of two measurements (unverified)."""
    least = catalogue().get("water.surface.quarter_measurements").at(dt.date(year, 3 * quarter, 28)).number
    within = (values for day, values in samples if day.year == year and (day.month + 2) // 3 == quarter)
    return _means(within, least)


def year_means(samples: Iterable[tuple[dt.date, Values]], year: int) -> PeriodMeans:
    """The arithmetic mean of the monthly results of a year, of which eight at least must be there (unverified)."""
    least = catalogue().get("water.surface.year_months").at(dt.date(year, 12, 31)).number
    months = months_of_samples((day, values) for day, values in samples if day.year == year)
    return _means(months.values(), least)


@dataclass(frozen=True, slots=True)
class InferiorSections:
    """Sections worse than V (劣Ⅴ类): names, their share in percent of those with a class, those without one."""

    names: tuple[str, ...]
    share: Decimal | None
    unknown: tuple[str, ...]

    @property
    def eliminated(self) -> bool | None:
        """Whether there is none (消除劣Ⅴ类); None while a section without a class leaves it open."""
        if self.names:
            return False
        return None if self.unknown or self.share is None else True


def inferior_sections(classes: Mapping[str, WaterClass | None]) -> InferiorSections:
    """The sections of an area whose class over the period is worse than V."""
    names = tuple(name for name, found in classes.items() if found is WaterClass.INFERIOR)
    unknown = tuple(name for name, found in classes.items() if found is None)
    known = len(classes) - len(unknown)
    return InferiorSections(names, Decimal(len(names) * 100) / known if known else None, unknown)


def length_shares(reaches: Sequence[tuple[WaterClass, Decimal]]) -> tuple[Decimal, Decimal, Decimal] | None:
    """The shares of river length in percent: class I to III, IV to V, worse than V; None without any length."""
    total = sum((length for _, length in reaches), Decimal(0))
    if not total:
        return None
    good = sum((length for found, length in reaches if found <= WaterClass.III), Decimal(0))
    inferior = sum((length for found, length in reaches if found is WaterClass.INFERIOR), Decimal(0))
    return good * 100 / total, (total - good - inferior) * 100 / total, inferior * 100 / total


@dataclass(frozen=True, slots=True)
class MonthState:
    """A section in a month: its class by that month, and by the mean from January (累计均值)."""

    month: dt.date
    water_class: WaterClass | None
    cumulative: WaterClass | None

    @property
    def to_deal_with(self) -> bool:
        """Whether the month or the cumulative mean is worse than V (动态消除劣Ⅴ类; from memory)."""
        return WaterClass.INFERIOR in (self.water_class, self.cumulative)


def months_of_section(months: Mapping[dt.date, Values], lake: bool) -> list[MonthState]:
    """A section's months of one year, each with its own class and that of the mean of the months so far."""
    found = []
    ordered = sorted(months)
    for position, month in enumerate(ordered, start=1):
        so_far = [each for each in ordered[:position] if each.year == month.year]
        means = _means((months[each] for each in so_far), Decimal(1)).means
        found.append(
            MonthState(
                month,
                classify_section(months[month], lake, month).water_class,
                classify_section(means, lake, month).water_class,
            )
        )
    return found
