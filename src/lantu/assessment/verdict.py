"""What judging one commitment in one area gives: a status, what was compared, and the entries that it rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lantu.assessment.model import BothWays, Status
from lantu.base import Text


@dataclass(frozen=True, slots=True)
class Limit:
    """What a value is held against: the figure in the value's unit, the comparator, and where it comes from."""

    value: Decimal
    comparator: str
    origin: Text
    tolerance: Decimal | None = None
    coverage: float | None = 1.0
    complete: bool = True
    """False where the figure itself rests on an incomplete period; `coverage` is then its share of valid days."""


@dataclass(frozen=True, slots=True)
class Used:
    """An entry that a verdict rests on, and how: it counts, it is missing something, it is against it."""

    ledger: str
    key: str
    how: Text
    counts: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one area.

    `since` is the day on which a miss became certain, `projection` where the present pace leads by the due day, `used`
    the entries behind the value.
    """

    status: Status
    reason: Text
    limit: Limit | None = None
    indication: Status | None = None
    remaining: Decimal | None = None
    value: Decimal | None = None
    n: int | None = None
    coverage: float | None = None
    since: dt.date | None = None
    projection: Decimal | None = None
    probability: float | None = None
    used: tuple[Used, ...] = ()
    simulated: bool = False
    versions: dict[str, Any] = field(default_factory=dict)
    unverified: tuple[str, ...] = ()
    both_ways: BothWays | None = None


_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "=": lambda value, limit: value == limit,
}


def fulfils(value: Decimal, limit: Limit, softness: str | None = None) -> bool | None:
    """Whether a value keeps a limit; None where it hangs on a tolerance ("about", "basically") that nobody declared.

    A softened limit that is kept as it stands is kept; only a value beyond it needs the tolerance.
    """
    if limit.comparator == "about":
        if value == limit.value:
            return True
        return None if limit.tolerance is None else abs(value - limit.value) <= limit.tolerance
    if _COMPARE[limit.comparator](value, limit.value):
        return True
    if limit.tolerance is not None:
        return abs(value - limit.value) <= limit.tolerance
    return None if softness in ("about", "basically") else False


WORST_FIRST = (Status.MISSED, Status.UNKNOWN, Status.AT_RISK, Status.ON_COURSE, Status.MET)


def worst(statuses: list[Status]) -> Status:
    """The status of a whole from those of its parts: one miss is a miss, one gap leaves it unknown."""
    return min(statuses, key=WORST_FIRST.index, default=Status.UNKNOWN)


def unknown(reason_zh: str, reason_en: str, **more: Any) -> Verdict:
    """The answer where nothing can be said, with its reason."""
    return Verdict(Status.UNKNOWN, Text(reason_zh, reason_en), **more)
