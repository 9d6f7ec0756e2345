"""Values held against limits (达标判定): what exceeds, what no limit is known for, and which limits are unverified."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from lantu.base import LantuError, Text
from lantu.standards.parameter import Value, Verified

NO_MULTIPLE = ("ph", "water_temperature")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One item against its limits; a value equal to a limit keeps it. The unit is that of the parameter.

    `parameters` are those that gave the limits, `unverified` the ones among them that no source confirmed.
    """

    item: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    parameters: tuple[str, ...]
    unverified: tuple[str, ...] = ()

    @property
    def exceeds(self) -> bool:
        return (self.low is not None and self.value < self.low) or (self.high is not None and self.value > self.high)

    @property
    def multiple(self) -> Decimal | None:
        """By how much the value exceeds the highest, (C - S) / S (超标倍数); none for pH, temperature, a limit of 0."""
        if self.item in NO_MULTIPLE or not self.high or self.value <= self.high:
            return None
        return (self.value - self.high) / self.high


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sample against a standard.

    `unknown` are measured items for which the edition's limit is not held here, `dropped` those that it has no more,
    `undecided` those whose limit depends on something that was not given.
    """

    judged: tuple[Judgement, ...]
    unknown: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def exceedances(self) -> tuple[Judgement, ...]:
        return tuple(each for each in self.judged if each.exceeds)

    @property
    def complies(self) -> bool | None:
        """Whether every item that could be judged keeps its limit; None where none could, or one is undecided."""
        if self.exceedances:
            return False
        return None if self.undecided or not self.judged else True

    @property
    def unverified(self) -> tuple[str, ...]:
        """The unverified parameters on which the verdict rests: of what exceeds, else of all that was judged."""
        return tuple(dict.fromkeys(name for each in self.exceedances or self.judged for name in each.unverified))


def judge(item: str, value: Decimal, limits: Iterable[tuple[str, Value]], below: bool = False) -> Judgement:
    """Hold a value against the first of the limits; the others are parameters that led to it.

    A limit is the highest value, or a lowest and a highest one. A limit of 0 means "not detectable": a value below its
    detection limit (`below`), of which half the limit is kept, does not exceed it.
    """
    (name, limit), *others = limits
    low, high = limit.value if isinstance(limit.value, tuple) else (None, limit.value)
    if below and high == 0:
        value = Decimal(0)
    used = ((name, limit), *others)
    unverified = tuple(each for each, held in used if held.verified is Verified.UNVERIFIED)
    return Judgement(item, value, low, high, tuple(each for each, _ in used), unverified)


def check_code(what: Text, code: str, known: Collection[str]) -> None:
    """Refuse a code that is none of the known ones.

    Raises:
        LantuError: with those that there are.
    """
    if code not in known:
        raise LantuError(
            Text(f"没有{what.zh}“{code}”", f"there is no {what.en} '{code}'"),
            mend=Text(f"可用：{'、'.join(known)}", f"there are: {', '.join(known)}"),
        )
