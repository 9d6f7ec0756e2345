"""How many data make a value valid (数据有效性): GB 3095-2012 table 4, HJ 663-2013 6.1."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from lantu.standards.catalogue import catalogue


@dataclass(frozen=True, slots=True)
class Minimums:
    """The least numbers of data, as they hold on one day."""

    hours_per_day: int
    hours_per_8h: int
    windows_per_day: int
    days_per_month: int
    days_in_february: int
    days_per_year: int
    stations_share: Decimal
    """Share (0 to 1) of an area's stations that makes the area's value."""
    each_month_of_quarter: bool

    def days_for_month(self, month: int) -> int:
        """The least valid days of a calendar month (1 to 12)."""
        return self.days_in_february if month == 2 else self.days_per_month


@lru_cache(maxsize=64)
def minimums(day: dt.date) -> Minimums:
    """The minimums that hold on `day`."""

    def value(name: str) -> object:
        return catalogue().get(f"air.validity.{name}").at(day).value

    def whole(name: str) -> int:
        return int(str(value(name)))

    return Minimums(
        hours_per_day=whole("hours_per_day"),
        hours_per_8h=whole("hours_per_8h"),
        windows_per_day=whole("windows_per_day"),
        days_per_month=whole("days_per_month"),
        days_in_february=whole("days_in_february"),
        days_per_year=whole("days_per_year"),
        stations_share=Decimal(str(value("stations_share"))) / 100,
        each_month_of_quarter=bool(value("each_month_of_quarter")),
    )
