"""The calendar of a city (日历): the seasons that plans and rules name, the days off, with where each comes from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from lantu.base import ClosedModel, Season, Text, read_model


class WrittenText(ClosedModel):
    """A bilingual text in YAML."""

    zh: str
    en: str


class WrittenSeason(ClosedModel):
    """A season as written in `calendar.yaml`: month and day of its first and last day."""

    title: WrittenText
    start: str
    end: str
    reference: str = Field(min_length=1)
    verified: Literal["primary", "secondary", "unverified"]
    note: str = ""

    @field_validator("start", "end")
    @classmethod
    def _month_and_day(cls, written: str) -> str:
        _month_day(written)
        return written


class WrittenHoliday(ClosedModel):
    """A public holiday as written: its first and last day off, and the days at weekends that are worked for it."""

    title: WrittenText
    first: dt.date
    last: dt.date
    worked: list[dt.date] = []


class WrittenYear(ClosedModel):
    """The days off and the worked weekends of one year, by its notice."""

    year: int
    reference: str = Field(min_length=3)
    verified: Literal["primary", "secondary", "unverified"]
    holidays: list[WrittenHoliday]

    @field_validator("holidays")
    @classmethod
    def _in_order(cls, holidays: list[WrittenHoliday]) -> list[WrittenHoliday]:
        for each in holidays:
            if each.last < each.first:
                raise ValueError(f"{each.title.zh} ends {each.last} before it begins {each.first}")
            if any(day.weekday() < 5 for day in each.worked):
                raise ValueError(f"{each.title.zh}: only a Saturday or Sunday is worked for a holiday")
        return holidays


class WrittenCalendar(ClosedModel):
    """All of `calendar.yaml`."""

    seasons: dict[str, WrittenSeason]
    working_days: list[WrittenYear] = []


def _month_day(written: str) -> tuple[int, int]:
    try:
        # 2000 is a leap year: 02-29 is a day
        day = dt.date.fromisoformat(f"2000-{written}")
    except ValueError as error:
        raise ValueError(f"'{written}' is no month and day such as 11-15") from error
    return day.month, day.day


def read_calendar(path: Path) -> WrittenCalendar:
    """The calendar with the reference of each season.

    Raises:
        LantuError: the file cannot be read or does not fit.
    """
    return read_model(path, WrittenCalendar)


def load_calendar(path: Path) -> dict[str, Season]:
    """The seasons of a calendar by name, as periods and deadlines use them.

    Raises:
        LantuError: the file cannot be read or does not fit.
    """
    return {
        name: Season(name, _month_day(season.start), _month_day(season.end), Text(season.title.zh, season.title.en))
        for name, season in read_calendar(path).seasons.items()
    }
