"""Comparison of two periods, and trends over several (水质变化与趋势): same sections and items, same method."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from lantu.base import Text
from lantu.base.rounding import round_half_even
from lantu.standards.catalogue import catalogue
from lantu.standards.water.classes import WaterClass
from lantu.standards.water.surface import RiverGrade, grade_of_class, shares


class Change(IntEnum):
    """How water quality changed; above 0 is better."""

    CLEARLY_WORSE = -2
    WORSE = -1
    NONE = 0
    BETTER = 1
    CLEARLY_BETTER = 2

    @property
    def title(self) -> Text:
        return _TITLES[self]


_TITLES = {
    Change.CLEARLY_WORSE: Text("明显变差", "clearly worse"),
    Change.WORSE: Text("有所变差", "somewhat worse"),
    Change.NONE: Text("无明显变化", "no clear change"),
    Change.BETTER: Text("有所好转", "somewhat better"),
    Change.CLEARLY_BETTER: Text("明显好转", "clearly better"),
}


def compare_grades(now: RiverGrade | WaterClass, before: RiverGrade | WaterClass, day: dt.date) -> Change:
    """The change by qualitative grade: one grade is some change, two or more a clear one (unverified).

    Classes I and II are one grade.
    """
    order = list(RiverGrade)
    after, earlier = (
        order.index(grade_of_class(each) if isinstance(each, WaterClass) else each) for each in (now, before)
    )
    some, clear = catalogue().get("water.surface.change_grades").at(day).value
    return _change(Decimal(earlier - after), some, clear)


def compare_shares(now: Sequence[WaterClass], before: Sequence[WaterClass], day: dt.date) -> tuple[Change, Decimal]:
    """The change of a river or area by shares of classes, and ΔG - ΔD in percentage points (bounds unverified).

    ΔG is the change of the share at class III or better, ΔD that of the share worse than V. Up to 10 there is no clear
    change, up to 20 some. Both periods need sections.
    """
    good, inferior = shares(now)
    good_before, inferior_before = shares(before)
    difference = (good - good_before) - (inferior - inferior_before)
    none, some = catalogue().get("water.surface.change_bounds").at(day).value
    size = abs(difference)
    steps = 0 if size <= none else 1 if size <= some else 2
    return Change(steps if difference > 0 else -steps), difference


def _change(steps: Decimal, some: Decimal, clear: Decimal) -> Change:
    size = 2 if abs(steps) >= clear else 1 if abs(steps) >= some else 0
    return Change(size if steps > 0 else -size)


@dataclass(frozen=True, slots=True)
class Trend:
    """A rank correlation with time and its critical values (one-sided 0.05 and 0.01; None: not in the table)."""

    correlation: Decimal
    periods: int
    critical: tuple[Decimal, Decimal] | None

    @property
    def significant(self) -> bool | None:
        """Whether the values rise or fall at 0.05; None where the table does not reach."""
        return None if self.critical is None else abs(round_half_even(self.correlation, 3)) >= self.critical[0]

    @property
    def direction(self) -> int:
        """1 where values rise significantly, -1 where they fall, else 0. A rising concentration is a worse one."""
        return (1 if self.correlation > 0 else -1) if self.significant else 0


def rank_trend(values: Sequence[Decimal], day: dt.date) -> Trend | None:
    """The trend of a series in order of time by Spearman's rank correlation (Daniel): rs = 1 - 6 Σ d² / (N³ - N).

    Equal values share the mean of their ranks, and rs is then the correlation of the ranks, which is the formula where
    none are equal; a constant series has 0. The correlation is compared with the table at its three decimals.

    Returns:
        None with fewer periods than the table starts with (5).
    """
    table = {int(row[0]): (row[1], row[2]) for row in catalogue().get("water.trend.spearman_critical").at(day).value}
    count = len(values)
    if count < min(table):
        return None
    ranks = [
        Decimal(sum(other < value for other in values)) + Decimal(sum(other == value for other in values) + 1) / 2
        for value in values
    ]
    middle = Decimal(count + 1) / 2
    spread = sum(((rank - middle) ** 2 for rank in ranks), Decimal(0))
    time = Decimal(count**3 - count) / 12
    together = sum(((rank - middle) * (place - middle) for place, rank in enumerate(ranks, start=1)), Decimal(0))
    correlation = together / (spread * time).sqrt() if spread else Decimal(0)
    return Trend(correlation, count, table.get(count))
