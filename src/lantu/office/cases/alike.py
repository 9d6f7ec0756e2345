"""Cases that may be the same (疑似重复): offered before a clue becomes a case of its own, and beside a case."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lantu.base import Text
from lantu.office.cases.photos import metres_between, point_of

MOST_DAYS = 60
"""Cases that were found longer apart than this are not compared."""
_ENOUGH = 3
_SAME_WORDS = 0.6


@dataclass(frozen=True, slots=True)
class Alike:
    """A case that resembles another: by what, and how much (the more, the likelier)."""

    number: str
    state: str
    area: str
    occurred_on: str
    what: str
    score: int
    reasons: tuple[Text, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "state": self.state,
            "area": self.area,
            "occurred_on": self.occurred_on,
            "what": self.what,
            "score": self.score,
            "reasons": [{"zh": each.zh, "en": each.en} for each in self.reasons],
        }


def alike_cases(
    candidates: Iterable[Any], given: dict[str, Any], area: str, place: str | None, far_metres: int, most: int = 5
) -> list[Alike]:
    """The cases that resemble a clue, likeliest first.

    Args:
        candidates: rows with `key`, `state`, `area`, `place`, `values`: cases of the same class that the reader sees.
        given: the clue's values: `occurred_on` (a date or its text), `subject`, `what`.
        area: where the clue lies.
        place: its point as `longitude,latitude`.
        far_metres: nearer than this is the same place.
        most: how many are offered.
    """
    found = []
    day, point = _day(given.get("occurred_on")), point_of(place)
    for row in candidates:
        values = row.values
        other_day = _day(values.get("occurred_on"))
        if day is not None and other_day is not None and abs((day - other_day).days) > MOST_DAYS:
            continue
        score, reasons = 0, []
        if row.area == area:
            score, reasons = 1, [Text("同一区域", "the same area")]
        if _same(given.get("subject"), values.get("subject")):
            score += 3
            reasons.append(Text("对象相同", "the same subject"))
        other = point_of(row.place)
        if point is not None and other is not None and metres_between(point, other) <= far_metres:
            metres = round(metres_between(point, other))
            score += 3
            reasons.append(Text(f"相距 {metres} 米", f"{metres} m apart"))
        share = _likeness(str(given.get("what") or ""), str(values.get("what") or ""))
        if share >= _SAME_WORDS:
            score += 2
            reasons.append(Text(f"描述相似（{share:.0%}）", f"described alike ({share:.0%})"))
        if score >= _ENOUGH:
            words = str(values.get("what") or values.get("subject") or "")[:120]
            written = str(values.get("occurred_on") or "")
            found.append(Alike(row.key, row.state, row.area, written, words, score, tuple(reasons)))
    return sorted(found, key=lambda each: (-each.score, each.number))[:most]


def _day(written: Any) -> dt.date | None:
    if isinstance(written, dt.date):
        return written
    try:
        return dt.date.fromisoformat(str(written))
    except ValueError:
        return None


def _same(one: Any, other: Any) -> bool:
    return bool(one) and bool(other) and str(one).casefold().strip() == str(other).casefold().strip()


def _likeness(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    return difflib.SequenceMatcher(None, one[:200], other[:200], autojunk=False).ratio()
