"""Periods of account: hour, day, month, quarter, year, named season, and runs of months or days (累计).

A period is written as people write it: `2021`, `2021-Q3`, `2021-08`, `2021-08-01`, `2021-08-01T13`, `2021-01..2021-08`,
`2021-heating` (a season that the pack's calendar names). Its bounds are days; an hour also carries its label, the
end of the hour, as the published data do (hour 24 of a day is written 00 of the next).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lantu.base.errors import LantuError
from lantu.base.language import Text

PeriodKind = Literal["hour", "day", "month", "quarter", "year", "season", "range"]

_FORMS = Text(
    "写成 2021、2021-Q3、2021-08、2021-08-01、2021-08-01T13、2021-01..2021-08 或 2021-季节名",
    "write 2021, 2021-Q3, 2021-08, 2021-08-01, 2021-08-01T13, 2021-01..2021-08 or 2021-SEASON",
)


@dataclass(frozen=True, slots=True)
class Season:
    """A named part of the year, from a month and day to a month and day (the end may lie in the next year)."""

    name: str
    start: tuple[int, int]
    end: tuple[int, int]
    title: Text = field(default=Text("", ""))

    def in_year(self, year: int) -> tuple[dt.date, dt.date]:
        """First and last day of the season that begins in `year`; a 29 February that is not there becomes the 28th."""
        end_year = year + 1 if self.end < self.start else year
        return _day(year, *self.start), _day(end_year, *self.end)


def _day(year: int, month: int, day: int) -> dt.date:
    return dt.date(year, month, min(day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Period:
    """A period with its first and last day (both included) and the text that names it."""

    kind: PeriodKind
    start: dt.date
    end: dt.date
    label: str
    hour: int | None = None
    """For kind `hour`: the label of the hour in local standard time, 0 to 23."""

    def __str__(self) -> str:
        return self.label

    @classmethod
    def parse(cls, text: str, seasons: Mapping[str, Season] | None = None) -> Period:
        """Read a period as a person writes it.

        Raises:
            LantuError: the text has none of the known forms or names a day that does not exist.
        """
        text = text.strip()
        try:
            return cls._parse(text, seasons or {})
        except ValueError as error:
            raise LantuError(Text(f"“{text}”不是一个时期", f"'{text}' is not a period"), mend=_FORMS) from error

    @classmethod
    def _parse(cls, text: str, seasons: Mapping[str, Season]) -> Period:
        if ".." in text:
            first, last = (cls._parse(part.strip(), seasons) for part in text.split("..", 1))
            if last.end < first.start or first.hour is not None or last.hour is not None:
                raise ValueError(text)
            return cls("range", first.start, last.end, f"{first.label}..{last.label}")
        if match := re.fullmatch(r"(\d{4})", text):
            return cls.year(int(text))
        if match := re.fullmatch(r"(\d{4})-?[Qq]([1-4])", text):
            return cls.quarter(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
            return cls.month(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
            return cls.day(dt.date(int(match[1]), int(match[2]), int(match[3])))
        if match := re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2})(?::00)?", text):
            return cls.at_hour(dt.date.fromisoformat(match[1]), int(match[2]))
        if (match := re.fullmatch(r"(\d{4})-(.+)", text)) and match[2] in seasons:
            return cls.season(int(match[1]), seasons[match[2]])
        raise ValueError(text)

    @classmethod
    def year(cls, year: int) -> Period:
        return cls("year", dt.date(year, 1, 1), dt.date(year, 12, 31), f"{year:04d}")

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        first = 3 * quarter - 2
        return cls("quarter", dt.date(year, first, 1), _month_end(year, first + 2), f"{year:04d}-Q{quarter}")

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        return cls("month", dt.date(year, month, 1), _month_end(year, month), f"{year:04d}-{month:02d}")

    @classmethod
    def day(cls, day: dt.date) -> Period:
        return cls("day", day, day, day.isoformat())

    @classmethod
    def at_hour(cls, day: dt.date, hour: int) -> Period:
        if not 0 <= hour <= 23:
            raise ValueError(hour)
        return cls("hour", day, day, f"{day.isoformat()}T{hour:02d}", hour)

    @classmethod
    def season(cls, year: int, season: Season) -> Period:
        start, end = season.in_year(year)
        return cls("season", start, end, f"{year:04d}-{season.name}")

    @classmethod
    def between(cls, start: dt.date, end: dt.date) -> Period:
        """The days from `start` to `end`, both included."""
        if end < start:
            raise ValueError("a period ends before it starts")
        return cls("range", start, end, f"{start.isoformat()}..{end.isoformat()}")

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, dt.date) and self.start <= day <= self.end

    def until(self, day: dt.date) -> Period:
        """The part of the period up to `day` (running period, 累计); the whole period if it ended by then."""
        if day >= self.end:
            return self
        return Period.between(self.start, day)

    def months(self) -> list[Period]:
        """The calendar months that the period touches."""
        year, month = self.start.year, self.start.month
        result = []
        while (year, month) <= (self.end.year, self.end.month):
            result.append(Period.month(year, month))
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return result

    def years_before(self, count: int = 1) -> Period:
        """The same period `count` years earlier (同期); 29 February becomes 28 February."""
        if self.kind == "year":
            return Period.year(self.start.year - count)
        if self.kind == "quarter":
            return Period.quarter(self.start.year - count, (self.start.month + 2) // 3)
        if self.kind == "month":
            return Period.month(self.start.year - count, self.start.month)
        start = _day(self.start.year - count, self.start.month, self.start.day)
        end = _day(self.end.year - count, self.end.month, self.end.day)
        if self.end == _month_end(self.end.year, self.end.month):
            end = _month_end(end.year, end.month) if self.kind != "day" else end
        if self.kind == "day":
            return Period.day(start)
        if self.kind == "hour":
            assert self.hour is not None
            return Period.at_hour(start, self.hour)
        if self.kind == "season":
            return Period("season", start, end, f"{start.year:04d}{self.label[4:]}")
        return Period.between(start, end)


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])
