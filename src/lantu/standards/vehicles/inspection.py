"""In-use inspection (在用车检验): petrol by GB 18285-2018, diesel by GB 3847-2018, and remote sensing on the road."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue
from lantu.standards.parameter import Verified

PREFIX = "vehicles"
METHODS = {
    "two_speed_idle": "petrol",
    "asm": "petrol",
    "short_transient": "petrol",
    "transient": "petrol",
    "free_acceleration": "diesel",
    "lug_down": "diesel",
}
"""Methods by fuel: 双怠速、稳态工况、简易瞬态、瞬态；自由加速、加载减速."""
LOWEST = frozenset({"power_share"})
"""Items of which the limit is the lowest value."""


@dataclass(frozen=True, slots=True)
class InspectedItem:
    """One measured item against its limits; equal to a limit passes. `unverified` names the parameter, if it is."""

    item: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    unverified: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)


@dataclass(frozen=True, slots=True)
class Inspection:
    """The verdict on one inspection; `unknown` are measured items that the method has no limit for."""

    items: tuple[InspectedItem, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def failing(self) -> tuple[str, ...]:
        return tuple(each.item for each in self.items if not each.passes)

    @property
    def passes(self) -> bool | None:
        """None where nothing failed but an item of the method was not measured."""
        if self.failing:
            return False
        return None if self.missing or not self.items else True


def inspect(
    method: str,
    values: Mapping[str, Decimal | None],
    day: dt.date,
    limits: Literal["a", "b"] = "a",
    lambda_range: tuple[Decimal, Decimal] | None = None,
) -> Inspection:
    """Judge one inspection.

    Args:
        method: one of `METHODS`.
        values: what was measured, by item (CO in %, HC and NO in μmol/mol, g/km for transient methods, absorption in
            1/m, opacity in %, power_share in % of the rated power, lambda).
        day: of the inspection.
        limits: limit a, or the stricter b that a city may choose.
        lambda_range: of the maker, where there is one.

    Raises:
        LantuError: an unknown method, or a day before the standard.
    """
    if method not in METHODS:
        raise LantuError(
            Text(f"没有检验方法“{method}”", f"there is no method '{method}'"),
            mend=Text(f"可用：{'、'.join(METHODS)}", f"there are: {', '.join(METHODS)}"),
        )
    prefix = f"{PREFIX}.{METHODS[method]}.{method}."
    names = [each.name for each in catalogue().parameters() if each.name.startswith(prefix)]
    known = {
        name.removeprefix(prefix).removesuffix(f".{limits}"): name
        for name in names
        if name.endswith(f".{limits}") or name == f"{prefix}lambda"
    }
    items = []
    for item, name in known.items():
        value = values.get(item)
        if value is None:
            continue
        limit = catalogue().get(name).at(day)
        doubtful = (name,) if limit.verified is Verified.UNVERIFIED else ()
        if item == "lambda":
            low, high = lambda_range or limit.value
            items.append(InspectedItem(item, value, low, high, () if lambda_range else doubtful))
        elif item in LOWEST:
            items.append(InspectedItem(item, value, limit.number, None, doubtful))
        else:
            items.append(InspectedItem(item, value, None, limit.number, doubtful))
    missing = tuple(item for item in known if values.get(item) is None and not _replaced(item, values))
    unknown = tuple(item for item, value in values.items() if value is not None and item not in known)
    return Inspection(tuple(items), missing, unknown)


def _replaced(item: str, values: Mapping[str, Decimal | None]) -> bool:
    """Absorption and opacity are two scales of one measurement."""
    other = {"absorption": "opacity", "opacity": "absorption"}.get(item)
    return other is not None and values.get(other) is not None


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many natural months earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def remote_sensing_failures(tests: Sequence[tuple[dt.date, Collection[str]]], day: dt.date) -> tuple[str, ...]:
    """The pollutants by which a vehicle is found non-compliant on the road.

    Within six natural months the same pollutant is over the limit in two consecutive tests or more.

    Args:
        tests: day and pollutants over the limit (none: a clean test), in any order.
        day: the day of the verdict.
    """
    months = int(catalogue().get(f"{PREFIX}.remote_sensing.months").at(day).number)
    needed = int(catalogue().get(f"{PREFIX}.remote_sensing.consecutive").at(day).number)
    first = months_before(day, months)
    runs: dict[str, int] = {}
    failed: dict[str, None] = {}
    for _, over in sorted((each for each in tests if first < each[0] <= day), key=lambda each: each[0]):
        runs = {pollutant: runs.get(pollutant, 0) + 1 for pollutant in over}
        failed.update(dict.fromkeys(sorted(pollutant for pollutant, run in runs.items() if run >= needed)))
    return tuple(failed)
