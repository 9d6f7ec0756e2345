"""Times as tables write them, read strictly: nothing is guessed about the order of day and month."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache, lru_cache

from lantu.base import LantuError, Text

_PARTS = {"Y": r"\d{4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}"}

_USUAL = re.compile(
    r"(?P<Y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})[T ]\s*(?P<H>\d{1,2})"
    r"(?::(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.0+)?)?)?"
)


@cache
def time_pattern(format: str | None) -> re.Pattern[str]:
    """The pattern of a format with %Y %m %d %H %M %S; without a format that of 2021-08-01 13:00.

    Raises:
        LantuError: the format holds another directive, one twice, or no year, month, day or hour.
    """
    if format is None:
        return _USUAL
    tokens = re.findall(r"%.|[^%]+|%$", format, re.DOTALL)
    names = [token[1:] for token in tokens if token.startswith("%")]
    if not set(names) <= set(_PARTS) or len(set(names)) != len(names) or not {"Y", "m", "d", "H"} <= set(names):
        raise LantuError(
            Text(f"时间格式“{format}”不能用", f"the time format '{format}' cannot be used"),
            mend=Text(
                "用 %Y %m %d %H（及 %M %S）各一次，如 %Y-%m-%d %H:%M",
                "use %Y %m %d %H (and %M %S) once each, e.g. %Y-%m-%d %H:%M",
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
def parse_time(text: str, pattern: re.Pattern[str], hour_24: bool = False) -> dt.datetime | None:
    """The time that a text names, on the full hour; None where it names none.

    Args:
        hour_24: whether 24:00 is the next day's 00:00.
    """
    match = pattern.fullmatch(text.strip())
    if match is None:
        return None
    parts = {name: int(value) for name, value in match.groupdict().items() if value is not None}
    if parts.get("M", 0) or parts.get("S", 0):
        return None
    hour, days = parts["H"], 0
    if hour == 24 and hour_24:
        hour, days = 0, 1
    try:
        return dt.datetime(parts["Y"], parts["m"], parts["d"], hour) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def full_hour(moment: dt.datetime) -> dt.datetime | None:
    """A moment out of a workbook, freed of the fraction of a second that its number carries; None off the hour."""
    rounded = (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded if (rounded.minute, rounded.second) == (0, 0) else None
