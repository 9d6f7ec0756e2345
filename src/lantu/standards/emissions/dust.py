"""Dust (扬尘): dustfall from what was weighed, roads against their limits, the duties of a construction site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue

GRADES = (
    Text("洁净", "clean"),
    Text("较洁净", "fairly clean"),
    Text("较脏", "dusty"),
    Text("很脏", "very dusty"),
)


def dustfall(dish_after: Decimal, dish_before: Decimal, blank: Decimal, opening: Decimal, days: Decimal) -> Decimal:
    """Dustfall in t/(km²·30 d) from masses in g: M = (m1 - m0 - m2) / (S n) × 30 × 10⁴ (GB/T 15265-1994).

    Args:
        dish_after: dish with residue, g.
        dish_before: dish alone, g.
        blank: what the same glycol leaves, g.
        opening: area of the cylinder's opening, cm².
        days: days of sampling, to 0.1.

    Raises:
        LantuError: an opening or a time that cannot be.
    """
    if opening <= 0 or days <= 0:
        raise LantuError(
            Text("采样面积和天数须为正", "the opening and the days of sampling must be above 0"),
        )
    return (dish_after - dish_before - blank) * 300_000 / (opening * days)


def sampling_is_valid(days: Decimal, day: dt.date) -> bool:
    """Whether a sampling took about a month, 30 ± 2 days (unverified)."""
    shortest, longest = catalogue().get("dust.dustfall.days").at(day).value
    return bool(shortest <= days <= longest)


def dustfall_is_within(value: Decimal, day: dt.date) -> bool:
    """Whether a mean dustfall keeps the control value of 9.0 t/(km²·month) (国发〔2018〕22号)."""
    return value <= catalogue().get("dust.dustfall.control").at(day).number


def residue_is_within(value: Decimal, road_class: int, day: dt.date) -> bool:
    """Whether a road's dust residue (g/m²) keeps the limit of its class, 1 or 2 (DB11/T 353, unverified)."""
    limits = catalogue().get("dust.road.residue_limits").at(day).value
    if road_class not in (1, 2):
        raise LantuError(
            Text(f"道路等级 {road_class} 没有限值", f"there is no limit for roads of class {road_class}"),
            mend=Text("用 1 或 2", "use 1 or 2"),
        )
    return bool(value <= limits[road_class - 1])


def grade_of_load(value: Decimal, day: dt.date) -> int:
    """The grade of a road's dust load (g/m²), 0 clean to 3 very dusty, see `GRADES`; bounds unverified."""
    return sum(value > bound for bound in catalogue().get("dust.road.load_grades").at(day).value)


def failing_duties(check: Mapping[str, bool | None], day: dt.date) -> tuple[str, ...] | None:
    """Which of the six duties a site did not keep at a check; None where none of them was looked at."""
    duties = catalogue().get("dust.site.measures").at(day).value
    seen = [duty for duty in duties if check.get(duty) is not None]
    return tuple(duty for duty in seen if not check[duty]) if seen else None


def must_stop(wind_force: int, day: dt.date) -> bool:
    """Whether earthwork, backfill and demolition must stop for the wind (force 4 and more)."""
    return wind_force >= catalogue().get("dust.site.stop_wind_force").at(day).number
