"""Projection to the deadline: how likely a figure is kept, drawn from the same season of past years.

The days that are still to come are put together from runs of days of past years, each taken from within two weeks of
the same date (moving-block bootstrap); many such futures are added to what was measured so far, and the share of those
that keep the figure is the probability. Nothing is adjusted for a trend: past seasons as they were.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.assessment.verdict import Limit, fulfils
from lantu.base import Period
from lantu.indicators import Indicator, IndicatorValue, Sources, daily_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lantu.assessment.ground import Ground

DRAWS = 1000
BLOCK_DAYS = 5
LEAST_DAYS = 3
"""A run with fewer valid days is not drawn."""
WINDOW_DAYS = 14
YEARS_BACK = 5


@dataclass(frozen=True, slots=True)
class Projection:
    """What past seasons say of one target."""

    probability: float
    years: tuple[int, ...]


class Past:
    """The daily values of the seasons still to come, year by year, read once for all targets of a commitment."""

    def __init__(self, ground: Ground, indicator: Indicator, targets: Sequence[str], period: Period) -> None:
        self.series: dict[str, dict[dt.date, float]] = {}
        family = indicator.family
        if family.daily is None or indicator.daily is None or ground.as_of >= period.end:
            return
        sources = Sources(ground.lake, ground.pack.sites, ground.pack.areas, ground.book)
        versions = family.versions(sources)
        if all(version is None for version in versions.values()):
            return
        first = period.start.replace(year=period.start.year - YEARS_BACK)
        span = Period.between(first, period.start - dt.timedelta(days=1))
        key = ("daily", family.name, tuple(targets), span.label)
        read = ground.once(key, lambda: self._read(sources, family, targets, span))
        for code, days in zip(targets, read, strict=True):
            self.series[code] = {
                day: values[indicator.daily] for day, values in days.items() if indicator.daily in values
            }

    @staticmethod
    def _read(sources: Sources, family: Any, targets: Sequence[str], span: Period) -> list[Any]:
        wanted = family.targets(sources, list(targets), span)
        found = daily_values(sources, family, wanted, span)
        return [found[target.code] for target in wanted]

    def of(self, target: str) -> Mapping[dt.date, float]:
        return self.series.get(target, {})


def project(
    past: Mapping[dt.date, float],
    period: Period,
    as_of: dt.date,
    indicator: Indicator,
    value: IndicatorValue,
    limit: Limit,
    seed: str,
    softness: str | None = None,
) -> Projection | None:
    """The probability that the figure is kept at the end of the period.

    Args:
        past: daily values of earlier years.
        period: the whole period.
        as_of: the last day that is known.
        indicator: a mean or a count of days.
        value: its value up to `as_of`.
        limit: what it is held against.
        seed: the same seed gives the same probability.
        softness: the plan's softening word.

    Returns:
        None where no past year has at least half of the days that are still to come.
    """
    import numpy as np

    if indicator.statistic not in ("mean", "count") or value.value is None or as_of >= period.end:
        return None
    coming = [as_of + dt.timedelta(days=i) for i in range(1, (period.end - as_of).days + 1)]
    years = sorted({day.year for day in past})
    starts: list[list[list[float]]] = []
    for first in coming[::BLOCK_DAYS]:
        starts.append([run for year in years for run in _runs(past, first, year)])
    if any(not runs for runs in starts):
        return None
    used = tuple(year for year in years if 2 * sum(1 for day in coming if _same_day(day, year) in past) >= len(coming))
    if not used:
        return None
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    totals = np.zeros(DRAWS)
    for index, runs in enumerate(starts):
        length = min(BLOCK_DAYS, len(coming) - index * BLOCK_DAYS)
        # a run with gaps stands for as many days as a whole one
        sums = np.array([sum(run[:length]) / len(run[:length]) * length for run in runs])
        totals += sums[random.integers(0, len(runs), DRAWS)]
    decimals = indicator.decimals_at(period.end)
    known = float(value.value)
    of_days = indicator.statistic == "mean"
    ends = (known * value.n + totals) / (value.n + len(coming)) if of_days else known + totals
    # Rounded half to even in steps of the last decimal; most draws share a few figures.
    steps, draws = np.unique(np.rint(np.round(ends, 6) * 10**decimals).astype(np.int64), return_counts=True)
    figures = [Decimal(int(step)).scaleb(-decimals) for step in steps]
    kept = sum(int(n) for figure, n in zip(figures, draws, strict=True) if fulfils(figure, limit, softness) is True)
    return Projection(round(kept / DRAWS, 2), used)


def _same_day(day: dt.date, year: int) -> dt.date:
    return day.replace(year=year) if (day.month, day.day) != (2, 29) else dt.date(year, 2, 28)


def _runs(past: Mapping[dt.date, float], first: dt.date, year: int) -> list[list[float]]:
    """Runs of days of one past year that begin within two weeks of the date."""
    middle = _same_day(first, year)
    found = []
    for shift in range(-WINDOW_DAYS, WINDOW_DAYS + 1):
        begin = middle + dt.timedelta(days=shift)
        run = [past[day] for i in range(BLOCK_DAYS) if (day := begin + dt.timedelta(days=i)) in past]
        if len(run) >= LEAST_DAYS:
            found.append(run)
    return found
