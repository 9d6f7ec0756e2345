"""Working days (工作日) by the yearly notices on public holidays: deadlines, and how late something is.

A day of a year for which no notice is on record is reckoned by the week alone and said to be *stale*.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lantu.base import Text
from lantu.places.calendar import WrittenYear, read_calendar

_DAY = dt.timedelta(days=1)
_MONDAY = dt.date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day that was reckoned in working days: `skipped` lists the days off, `stale` says that no notice covers it."""

    day: dt.date
    stale: bool
    skipped: tuple[dt.date, ...] = ()

    @property
    def words(self) -> Text:
        """How it came about, for a reader."""
        note = Text("（日历无当年安排，按周推算）", " (no notice for that year: reckoned by the week)")
        end = note if self.stale else Text("", "")
        if not self.skipped:
            return Text(f"{self.day}{end.zh}", f"{self.day}{end.en}")
        days = "、".join(f"{day:%m-%d}" for day in self.skipped)
        return Text(f"{self.day}，其间休息 {days}{end.zh}", f"{self.day}; days off: {days.replace('、', ', ')}{end.en}")


class WorkingDays:
    """The working days of a city."""

    def __init__(self, years: list[WrittenYear]) -> None:
        self.years = {each.year: each for each in years}
        self._off: set[dt.date] = set()
        self._worked: set[dt.date] = set()
        for year in years:
            for holiday in year.holidays:
                days = (holiday.last - holiday.first).days + 1
                self._off |= {holiday.first + _DAY * number for number in range(days)}
                self._worked |= set(holiday.worked)

    @classmethod
    def from_yaml(cls, path: Path) -> WorkingDays:
        """Read `working_days` of a calendar file.

        Raises:
            LantuError: the file cannot be read or does not fit.
        """
        return cls(read_calendar(path).working_days)

    def is_stale(self, day: dt.date) -> bool:
        """Whether no notice on record covers the day's year."""
        return day.year not in self.years

    def is_working(self, day: dt.date) -> bool:
        """Whether offices work on a day; of a year without a notice by the week alone."""
        return day in self._worked or (day.weekday() < 5 and day not in self._off)

    def after(self, day: dt.date, count: int) -> DueDay:
        """The working day that is `count` working days after a day, which is not counted itself.

        Examples:
            >>> WorkingDays([]).after(dt.date(2021, 6, 4), 1).day
            datetime.date(2021, 6, 7)
        """
        found, skipped = day, []
        stale = self.is_stale(day)
        while count > 0:
            found += _DAY
            stale = stale or self.is_stale(found)
            if self.is_working(found):
                count -= 1
            else:
                skipped.append(found)
        return DueDay(found, stale, tuple(skipped))

    def between(self, first: dt.date, last: dt.date) -> int:
        """How many working days lie after `first` up to and with `last`; negative where `last` comes before."""
        if last < first:
            return -self.between(last, first)
        return self._before(last) - self._before(first)

    def _before(self, day: dt.date) -> int:
        """Working days from a fixed Monday up to and with a day."""
        weeks, rest = divmod((day - _MONDAY).days + 1, 7)
        return weeks * 5 + min(rest, 5) + self._corrections(day)

    def _corrections(self, day: dt.date) -> int:
        off, worked = self._sorted
        return bisect_right(worked, day) - bisect_right(off, day)

    @cached_property
    def _sorted(self) -> tuple[list[dt.date], list[dt.date]]:
        return sorted(day for day in self._off if day.weekday() < 5), sorted(self._worked)
