"""The trend of a figure (走势): monthly values of the indicator behind a commitment, a few months at each asking.

What was computed is kept by the lake under the versions of the data, so that each month is computed once.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.base import Period
from lantu.indicators import compute, get_indicator, units_of_indicators
from lantu.office.desk import desk

if TYPE_CHECKING:
    from lantu.indicators import Indicator, IndicatorValue
    from lantu.plan.commitments import Commitment

COMPUTING = threading.Lock()
"""Held while ledgers and data are read for a figure: the book and the engine are for one reader at a time."""
PATIENCE = 1.0
"""Seconds after which no further month is begun for one asking."""


@dataclass
class Trend:
    """Values by month for one area, and the same months of the baseline's year; `complete` once all were computed."""

    indicator: Indicator
    months: list[Period]
    values: list[IndicatorValue] = field(default_factory=list)
    baseline_year: int | None = None
    before: list[IndicatorValue] = field(default_factory=list)
    complete: bool = False


def has_trend(commitment: Commitment) -> bool:
    """Whether there are monthly values: an indicator that Lantu computes by month."""
    return (
        commitment.kind == "level"
        and commitment.indicator in units_of_indicators()
        and "month" in get_indicator(commitment.indicator).periods
    )


def trend_of(commitment: Any, area: str, until: dt.date) -> Trend:
    """The trend up to a day. Months that are not computed yet are computed until patience ends; ask again for the rest.

    Args:
        commitment: one that `has_trend`.
        area: code of the city or a district in which it is judged.
        until: the last day that is looked at; only months that are over by then have a value.

    Raises:
        LantuError: the data or the ledgers cannot be read.
    """
    at = desk()
    codes = [each.code for each in at.pack.areas_of(commitment) if each.level != "street"]
    indicator = get_indicator(commitment.indicator)
    period = at.pack.period_of(commitment)
    months = [month for month in period.months() if month.end <= until]
    trend = Trend(indicator, months)
    if commitment.baseline is not None:
        base = Period.parse(commitment.baseline.period, at.pack.seasons)
        trend.baseline_year = base.start.year
    begun = time.monotonic()
    wanted = [(trend.values, month) for month in months]
    if trend.baseline_year is not None:
        wanted += [(trend.before, Period.month(trend.baseline_year, month.start.month)) for month in months]
    if not COMPUTING.acquire(timeout=PATIENCE):
        return trend
    try:
        book = at.fresh_book()
        for into, month in wanted:
            if time.monotonic() - begun > PATIENCE:
                return trend
            found = compute(at.lake, at.pack.sites, at.pack.areas, indicator.name, codes, month, book=book)
            into.append(found[codes.index(area)])
    finally:
        COMPUTING.release()
    trend.complete = True
    return trend
