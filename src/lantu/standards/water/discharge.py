"""Discharges of sewage (污水排放): DB11/307-2013, DB11/890-2012, GB 18918-2002 class 1A; values for the cold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from lantu.base import Text
from lantu.standards.catalogue import catalogue
from lantu.standards.parameter import Value
from lantu.standards.water.limits import Judgement, Verdict, check_code, judge

PREFIX = "water.discharge"
DISCHARGE_GRADES = {
    "db11_307": ("a", "b", "sewer"),
    "db11_890": ("new_a", "new_b", "existing_a", "existing_b"),
    "gb18918": ("class_1a", "class_1a_before_2006"),
}
"""Standards and their grades: A for waters of class II or III, B for IV or V; `sewer` into a public sewer."""


def discharge_verdict(values: Mapping[str, Decimal | None], standard: str, grade: str, day: dt.date) -> Verdict:
    """A sample of a discharge against a standard.

    Args:
        values: item (of the list `waste_water`, in its units) to value. GB 18918 allows more ammonia in water up to
            12 ℃: without `water_temperature` a value between both limits is undecided.
        standard: one of `DISCHARGE_GRADES`.
        grade: one of the standard's grades.
        day: when it was taken; the Beijing standards allow more ammonia from 1 December to 31 March.

    Raises:
        LantuError: no such standard or grade, or a day before it.
    """
    check_code(Text("排放标准", "discharge standard"), standard, DISCHARGE_GRADES)
    check_code(Text(f"{standard} 的级别", f"grade of {standard}"), grade, DISCHARGE_GRADES[standard])
    judged: list[Judgement] = []
    unknown, undecided = [], []
    for item, value in values.items():
        if value is None or item == "water_temperature":
            continue
        name = f"{PREFIX}.{standard}.{grade}.{item}"
        cold = f"{PREFIX}.{standard}.{grade}_cold.{item}"
        if name not in catalogue():
            unknown.append(item)
            continue
        usual = judge(item, value, [(name, catalogue().get(name).at(day))])
        if not usual.exceeds or cold not in catalogue():
            judged.append(usual)
            continue
        is_cold, why = _is_cold(standard, values.get("water_temperature"), day)
        wider = judge(item, value, [(cold, catalogue().get(cold).at(day)), *why])
        if is_cold or (is_cold is None and wider.exceeds):
            judged.append(wider)
        elif is_cold is None:
            undecided.append(item)
        else:
            judged.append(judge(item, value, [(name, catalogue().get(name).at(day)), *why]))
    return Verdict(tuple(judged), tuple(unknown), (), tuple(undecided))


def discharge_exceedances(
    values: Mapping[str, Decimal | None], standard: str, grade: str, day: dt.date
) -> tuple[Judgement, ...]:
    """The items by which a discharge exceeds its limits; see `discharge_verdict`."""
    return discharge_verdict(values, standard, grade, day).exceedances


def _is_cold(standard: str, temperature: Decimal | None, day: dt.date) -> tuple[bool | None, list[tuple[str, Value]]]:
    """Whether the values for the cold hold (None: not known), and by which parameter."""
    name = f"{PREFIX}.{standard}.cold_season"
    if name in catalogue():
        season = catalogue().get(name).at(day)
        first_month, first_day, last_month, last_day = season.value
        today = (day.month, day.day)
        return today >= (first_month, first_day) or today <= (last_month, last_day), [(name, season)]
    name = f"{PREFIX}.{standard}.cold_temperature"
    bound = catalogue().get(name).at(day)
    return None if temperature is None else temperature <= bound.number, [(name, bound)]
