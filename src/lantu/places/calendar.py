"""The calendar of a city (日历): the seasons that plans and rules name, with where each comes from."""

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


class WrittenCalendar(ClosedModel):
    """All of `calendar.yaml`."""

    seasons: dict[str, WrittenSeason]


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
