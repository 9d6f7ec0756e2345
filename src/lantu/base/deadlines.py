"""Deadlines as a plan writes them (完成时限): 年底前, 长期实施, 供暖季前(11月15日前), 6月底前, 6-9月, 每季度 ...

`parse_deadline` reads one deadline cell; `find_times` finds every time that a measure's text names besides it.
A time that depends on a season is dated by the calendar it is given; without one it stays undated and says so.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lantu.base.periods import Season

DeadlineType = Literal[
    "year_end",
    "long_term",
    "by_schedule",
    "by_date",
    "month_end",
    "quarter",
    "window",
    "cadence",
    "season",
    "before_heating_season",
    "before_rainy_season",
    "event",
    "unknown",
]

Cadence = Literal["day", "week", "month", "quarter", "year", "crop_season", "periodic"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when, or how often, something is due.

    `date` is the last day on which it is in time (None: no such day, or not known); `start` opens a window;
    `cadence` is how often within it.
    """

    type: DeadlineType
    raw: str = ""
    date: dt.date | None = None
    start: dt.date | None = None
    cadence: Cadence | None = None

    def as_json(self) -> dict[str, str | None]:
        """The shape of a plan's JSON: `type` and `date`, and `start` and `cadence` where there are any."""
        result: dict[str, str | None] = {"type": self.type, "date": self.date.isoformat() if self.date else None}
        if self.start:
            result["start"] = self.start.isoformat()
        if self.cadence:
            result["cadence"] = self.cadence
        return result


_MONTH = r"(\d{1,2}|十一|十二|[一二三四五六七八九十])"
_NUMERALS = {c: i for i, c in enumerate("一二三四五六七八九十", start=1)} | {"十一": 11, "十二": 12}
_DASH = "[-—–~～至到－]+"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _NUMERALS[text]


def month_end(year: int, month: int) -> dt.date:
    """The last day of a month.

    Raises:
        ValueError: there is no such month.
    """
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def parse_deadline(text: str, year: int, seasons: Mapping[str, Season] | None = None) -> Deadline:
    """Read the deadline cell of a measure.

    Args:
        text: the cell as printed.
        year: the plan's year, for dates that name none.
        seasons: the calendar's seasons; `heating` and `rainy` date the deadlines that name them.

    Returns:
        The deadline; type `unknown` where the text says nothing that can be read as a time.
    """
    raw = text.strip()
    plain = re.sub(r"\s+", "", raw).replace("（", "(").replace("）", ")")
    seasons = seasons or {}
    if match := re.search(r"(20\d\d)年", plain):
        year = int(match[1])
    try:
        return _read(plain, raw, year, seasons)
    except ValueError:  # a day or month that does not exist
        return Deadline("unknown", raw)


def _read(plain: str, raw: str, year: int, seasons: Mapping[str, Season]) -> Deadline:
    dated = re.search(_MONTH + r"月(\d{1,2})日", plain)
    by = dt.date(year, _number(dated[1]), int(dated[2])) if dated else None
    if "供暖季前" in plain or "采暖季前" in plain:
        return Deadline("before_heating_season", raw, by or _season_start(seasons, "heating", year))
    if "雨季前" in plain or "汛期前" in plain:
        return Deadline("before_rainy_season", raw, by or _season_start(seasons, "rainy", year))
    if re.search(r"长期(实施|坚持|推进)?|持续(实施|推进)", plain):
        return Deadline("long_term", raw)
    if "时间节点" in plain:
        return Deadline("by_schedule", raw)
    if match := re.search(_MONTH + r"月?" + _DASH + r"(?:次年|翌年)?" + _MONTH + "月", plain):
        first, last = _number(match[1]), _number(match[2])
        cadence = _cadence(plain)
        end_year = year + 1 if last < first else year
        return Deadline("window", raw, month_end(end_year, last), dt.date(year, first, 1), cadence)
    if by:
        return Deadline("by_date", raw, by)
    if match := re.search(_MONTH + r"月(底|末|份)?(之)?前?", plain):
        month = _number(match[1])
        if match[2] in ("底", "末") or not plain.endswith("前"):
            return Deadline("month_end", raw, month_end(year, month))
        return Deadline("by_date", raw, dt.date(year, month, 1) - dt.timedelta(days=1))
    if match := re.search(r"第?([一二三四1-4])(?:、|" + _DASH + r")第?([一二三四1-4])季度", plain):
        first, last = (_number(numeral) for numeral in match.groups())
        cadence = _cadence(plain.replace(match[0], ""))
        start = dt.date(year, 3 * first - 2, 1)
        end = month_end(year + 1 if last < first else year, 3 * last)
        return Deadline("cadence" if cadence else "window", raw, end, start, cadence)
    if match := re.search(r"(?:第?([一二三四1-4])季度|上半年)", plain):
        month = 3 * _number(match[1]) if match[1] else 6
        return Deadline("quarter", raw, month_end(year, month))
    if re.search(r"年(底|末)|(全年|年内|当年|^\d{4}年$)", plain):
        return Deadline("year_end", raw, dt.date(year, 12, 31))
    if cadence := _cadence(plain):
        return Deadline("cadence", raw, cadence=cadence)
    return Deadline("unknown", raw)


def _season_start(seasons: Mapping[str, Season], name: str, year: int) -> dt.date | None:
    """A deadline before a season keeps the season's first day: the plans print 供暖季前(11月15日前)."""
    return seasons[name].in_year(year)[0] if name in seasons else None


_CADENCES: tuple[tuple[str, Cadence], ...] = (
    (r"每(周|星期)|按周", "week"),
    (r"每(个)?季度?|按季|逐季|季度通报", "quarter"),
    (r"每(个)?月|按月|逐月|月度|月调度", "month"),
    (r"每年|年度|一年一", "year"),
    (r"每[日天]|逐日", "day"),
    (r"产出一季", "crop_season"),
    (r"定期", "periodic"),
)


def _cadence(plain: str) -> Cadence | None:
    for pattern, cadence in _CADENCES:
        if re.search(pattern, plain):
            return cadence
    return None


@dataclass(frozen=True, slots=True)
class FoundTime:
    """A time that a measure's text names: the words, where they stand, and what they mean."""

    raw: str
    at: int
    deadline: Deadline


_TIME_PATTERNS = re.compile(
    r"(?:20\d\d年?)?(?:到)?年底前?"
    + r"|(?:第?[一二三四](?:、[一二三四])?季度)(?:每月)?"
    + rf"|(?:[春夏秋冬]季)?\(?{_MONTH}月?{_DASH}(?:次年|翌年)?{_MONTH}月\)?"
    + r"|(?:20\d\d年)?(?:\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:底|末)前?"
    + r"|(?:20\d\d年)?\d{1,2}月\d{1,2}日前?"
    + r"|每(?:个)?(?:季度|月|周|年|日)|按(?:季度|月|季)|逐月|一年一[^,，。;；]{1,3}|产出一季[、,，]检测一季"
    + r"|在?(?:雨季|汛期|供暖季|采暖季)前|定期|全年"
)


def find_times(text: str, year: int, seasons: Mapping[str, Season] | None = None) -> list[FoundTime]:
    """Every time that a text names, in order. `全年` and cadences are among them; a bare year is not."""
    return [
        FoundTime(match[0], match.start(), parse_deadline(match[0], year, seasons))
        for match in _TIME_PATTERNS.finditer(text)
    ]
