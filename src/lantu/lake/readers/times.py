"""Times as tables write them, read strictly: nothing is guessed about the order of day and month.

What a time must hold follows from the dataset's cadence: an hourly row needs an hour, a day a date, a month its year
and month, a sampling moment a date and perhaps a clock time, a stream of seconds everything.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache, lru_cache

from lantu.base import LantuError, Text
from lantu.lake.cadence import Cadence, is_on_cadence

_PARTS = {"Y": r"\d{4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}"}

_NEEDED: dict[Cadence, str] = {"hour": "YmdH", "day": "Ymd", "month": "Ym", "moment": "Ymd", "second": "YmdHMS"}

_DATE = r"(?P<Y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})"
_CLOCK = r"[T ]\s*(?P<H>\d{1,2})(?::(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.0+)?)?)?"
_USUAL: dict[Cadence, re.Pattern[str]] = {
    "hour": re.compile(_DATE + _CLOCK),
    "day": re.compile(f"{_DATE}(?:{_CLOCK})?"),
    "month": re.compile(rf"(?P<Y>\d{{4}})[-/](?P<m>\d{{1,2}})(?:[-/](?P<d>\d{{1,2}})(?:{_CLOCK})?)?"),
    "moment": re.compile(f"{_DATE}(?:{_CLOCK})?"),
    "second": re.compile(_DATE + r"[T ]\s*(?P<H>\d{1,2}):(?P<M>\d{2}):(?P<S>\d{2})(?:\.0+)?"),
}

_FILE_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})([-_.]?)(\d{2})\2(\d{2})(?!\d)")


@cache
def time_pattern(format: str | None, cadence: Cadence = "hour", with_year: bool = True) -> re.Pattern[str]:
    """The pattern of a format with %Y %m %d %H %M %S; without a format that of 2021-08-01 13:00.

    Args:
        with_year: False where the year stands elsewhere.

    Raises:
        LantuError: the format holds another directive, one twice, or lacks what the cadence needs.
    """
    if format is None:
        return _USUAL[cadence]
    tokens = re.findall(r"%.|[^%]+|%$", format, re.DOTALL)
    names = [token[1:] for token in tokens if token.startswith("%")]
    needed = set(_NEEDED[cadence]) - (set() if with_year else {"Y"})
    allowed = set(_PARTS) - (set() if with_year else {"Y"})
    if not set(names) <= allowed or len(set(names)) != len(names) or not needed <= set(names):
        asked = " ".join(f"%{name}" for name in _PARTS if name in needed)
        raise LantuError(
            Text(f"时间格式“{format}”不能用", f"the time format '{format}' cannot be used"),
            mend=Text(
                f"用 {asked} 各一次（此外只能用 %H %M %S），如 %Y-%m-%d %H:%M",
                f"use {asked} once each (besides only %H %M %S), e.g. %Y-%m-%d %H:%M",
            ),
        )
    pattern = ""
    for index, token in enumerate(tokens):
        if not token.startswith("%"):
            pattern += re.escape(token)
            continue
        neighbours = [tokens[i] for i in (index - 1, index + 1) if 0 <= i < len(tokens)]
        # Digits that touch each other, as in 2021080113, have their full width.
        touching = any(other.startswith("%") for other in neighbours)
        width = r"\d{2}" if touching and token[1] != "Y" else _PARTS[token[1]]
        pattern += f"(?P<{token[1]}>{width})"
    return re.compile(pattern)


@lru_cache(maxsize=200_000)
def parse_time(
    text: str,
    pattern: re.Pattern[str],
    hour_24: bool = False,
    cadence: Cadence = "hour",
    near: dt.date | None = None,
) -> dt.datetime | None:
    """The time that a text names; None where it names none, or one that no row of that cadence has.

    Args:
        hour_24: whether 24:00 is the next day's 00:00.
        near: for a text without a year, the day it lies nearest to.
    """
    match = pattern.fullmatch(text.strip())
    if match is None:
        return None
    parts = {name: int(value) for name, value in match.groupdict().items() if value is not None}
    hour, minute, second = (parts.get(name, 0) for name in "HMS")
    days = 0
    if hour_24 and (hour, minute, second) == (24, 0, 0):
        hour, days = 0, 1
    years = [parts["Y"]] if near is None else [near.year + shift for shift in (-1, 0, 1)]
    found = []
    for year in years:
        try:
            moment = dt.datetime(year, parts["m"], parts.get("d", 1), hour, minute, second) + dt.timedelta(days)
        except (ValueError, OverflowError):
            continue
        found.append(moment)
    if not found:
        return None
    moment = found[0] if near is None else min(found, key=lambda each: abs(each.date() - near))
    return moment if is_on_cadence(moment, cadence) else None


def date_in_name(source: str) -> dt.date | None:
    """The one date (2026-02-04, 20260204) in a file's name, or, where that has none, in the name of its archive."""
    for name in reversed(source.split("!")):
        dates = set()
        for year, _, month, day in _FILE_DATE.findall(name):
            try:
                dates.add(dt.date(int(year), int(month), int(day)))
            except ValueError:
                continue
        if dates:
            return dates.pop() if len(dates) == 1 else None
    return None


def settled(moment: dt.datetime, cadence: Cadence) -> dt.datetime | None:
    """A moment out of a workbook, freed of the fraction of a second that its number carries; None off the cadence."""
    rounded = (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded if is_on_cadence(rounded, cadence) else None
