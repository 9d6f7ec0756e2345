"""Surface water by GB 3838-2002 and the evaluation method 环办[2011]22号: single factor, the worst item decides."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from lantu.base import Text
from lantu.standards.catalogue import catalogue
from lantu.standards.water.classes import WaterClass

PREFIX = "water.surface"
NO_MULTIPLE = ("ph", "dissolved_oxygen", "water_temperature")


def _values(name: str, day: dt.date) -> tuple[Decimal, ...]:
    return tuple(catalogue().get(f"{PREFIX}.{name}").at(day).value)


def _number(name: str, day: dt.date) -> Decimal:
    return catalogue().get(f"{PREFIX}.{name}").at(day).number


def evaluated_items(day: dt.date) -> tuple[str, ...]:
    """The items that decide a section's class: 21 of table 1."""
    return tuple(catalogue().get(f"{PREFIX}.evaluated_items").at(day).value)


def limits_of(item: str, lake: bool, day: dt.date) -> tuple[Decimal, ...]:
    """The limits of classes I to V for an item (for oxygen the lowest values).

    Args:
        item: its name in the list of items.
        lake: whether the water is a lake or reservoir: it has its own limits of total phosphorus.
        day: the day on which they hold.

    Raises:
        LantuError: the standard has no classes for the item.
    """
    name = "total_phosphorus_lake" if item == "total_phosphorus" and lake else item
    return _values(f"class_limits.{name}", day)


def classify_item(item: str, value: Decimal, lake: bool, day: dt.date) -> WaterClass:
    """The class of one item (GB 3838-2002, table 1). A value equal to a limit keeps the class.

    pH has no classes: within its range it counts as I, outside as worse than V.
    """
    if item == "ph":
        low, high = _values("ph_range", day)
        return WaterClass.I if low <= value <= high else WaterClass.INFERIOR
    limits = limits_of(item, lake, day)
    rising = item != "dissolved_oxygen"
    for number, limit in enumerate(limits, start=1):
        if value <= limit if rising else value >= limit:
            return WaterClass(number)
    return WaterClass.INFERIOR


@dataclass(frozen=True, slots=True)
class Exceedance:
    """An item worse than class III: its class and by how much it exceeds the limit (none for pH and oxygen)."""

    item: str
    water_class: WaterClass
    multiple: Decimal | None


@dataclass(frozen=True, slots=True)
class SectionClass:
    """The evaluation of one section in one period."""

    water_class: WaterClass | None
    by_item: Mapping[str, WaterClass]
    deciding: tuple[str, ...]
    exceeding: tuple[Exceedance, ...]
    missing: tuple[str, ...]

    def main_pollutants(self, day: dt.date) -> tuple[Exceedance, ...]:
        """The main polluting indicators (主要污染指标): worst class first, then by multiple; how many is unverified."""
        ranked = sorted(self.exceeding, key=lambda each: (-each.water_class, -(each.multiple or Decimal(0)), each.item))
        return tuple(ranked[: int(_number("named_pollutants", day))])


def classify_section(
    values: Mapping[str, Decimal | None], lake: bool, day: dt.date, items: Sequence[str] | None = None
) -> SectionClass:
    """The class of a section from the means of a period: that of its worst item (单因子评价).

    Args:
        values: item to value; None or absent means not measured.
        lake: whether it is a lake or reservoir.
        day: the day whose limits hold.
        items: the items that decide; the 21 of the method if not given.

    Returns:
        with no class where nothing was measured; `missing` names the items without a value.
    """
    wanted = evaluated_items(day) if items is None else tuple(items)
    by_item = {
        item: classify_item(item, value, lake, day) for item in wanted if (value := values.get(item)) is not None
    }
    worst = max(by_item.values(), default=None)
    exceeding = []
    for item, found in by_item.items():
        if found <= WaterClass.III:
            continue
        multiple = None
        if item not in NO_MULTIPLE:
            limit = limits_of(item, lake, day)[2]
            value = values[item]
            assert value is not None
            multiple = (value - limit) / limit
        exceeding.append(Exceedance(item, found, multiple))
    deciding = tuple(item for item, found in by_item.items() if found == worst)
    missing = tuple(item for item in wanted if item not in by_item)
    return SectionClass(worst, by_item, deciding, tuple(exceeding), missing)


def possible_classes(values: Mapping[str, Decimal | None], lake: bool, day: dt.date) -> frozenset[WaterClass]:
    """The classes that a section may have where its values were rounded before they were published.

    A published 0.10 may have been up to 0.105, and 0.10 is the limit of a class: the class that was published with it
    rests on the value before rounding. Each value is taken at both ends of what it may have been (half a unit of its
    last written digit), all others as they are written.
    """
    found = {classify_section(values, lake, day).water_class}
    for item in evaluated_items(day):
        value = values.get(item)
        if value is None or not value.is_finite():
            continue
        half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
        for end in (value - half, value + half):
            found.add(classify_section({**values, item: end}, lake, day).water_class)
    return frozenset(each for each in found if each is not None)


def half_detection_limit(limit: Decimal, day: dt.date) -> Decimal:
    """What a value below its detection limit counts (环办监测函〔2020〕82号, clause 7, as two sources report)."""
    return limit * _number("nondetect_share", day)


def parse_measured(text: str, day: dt.date) -> tuple[Decimal | None, bool]:
    """A measured cell: its value, and whether it was below the detection limit.

    `0.01L` and `<0.01` are below; `--`, an empty cell, ND without a limit and what is no number are None.
    """
    plain = text.strip().replace(",", "")
    match = re.fullmatch(r"(?:[<＜]\s*([\d.]+)|([\d.]+)\s*[Ll])", plain)
    try:
        if match is not None:
            return half_detection_limit(Decimal(match[1] or match[2]), day), True
        value = Decimal(plain)
    except InvalidOperation:
        return None, False
    return (value, False) if value.is_finite() else (None, False)


class RiverGrade(Enum):
    """The qualitative grade of a river or basin (水质定性评价)."""

    EXCELLENT = "excellent"
    GOOD = "good"
    LIGHT = "light"
    MODERATE = "moderate"
    HEAVY = "heavy"

    @property
    def title(self) -> Text:
        return _RIVER[self]


_RIVER = {
    RiverGrade.EXCELLENT: Text("优", "excellent"),
    RiverGrade.GOOD: Text("良好", "good"),
    RiverGrade.LIGHT: Text("轻度污染", "lightly polluted"),
    RiverGrade.MODERATE: Text("中度污染", "moderately polluted"),
    RiverGrade.HEAVY: Text("重度污染", "heavily polluted"),
}
_BY_CLASS = {
    WaterClass.I: RiverGrade.EXCELLENT,
    WaterClass.II: RiverGrade.EXCELLENT,
    WaterClass.III: RiverGrade.GOOD,
    WaterClass.IV: RiverGrade.LIGHT,
    WaterClass.V: RiverGrade.MODERATE,
    WaterClass.INFERIOR: RiverGrade.HEAVY,
}


def grade_of_class(water_class: WaterClass) -> RiverGrade:
    """The grade of a section, or of a river that is evaluated like one."""
    return _BY_CLASS[water_class]


@dataclass(frozen=True, slots=True)
class RiverEvaluation:
    """A river's grade; `water_class` only where fewer than five sections are averaged into one."""

    grade: RiverGrade
    sections: int
    good_share: Decimal
    inferior_share: Decimal
    water_class: WaterClass | None = None


def shares(classes: Sequence[WaterClass]) -> tuple[Decimal, Decimal]:
    """The shares of sections at class III or better, and of those worse than V, in percent."""
    count = Decimal(len(classes))
    good = sum(each <= WaterClass.III for each in classes) * 100 / count
    inferior = sum(each is WaterClass.INFERIOR for each in classes) * 100 / count
    return good, inferior


def evaluate_river(
    sections: Sequence[Mapping[str, Decimal | None]], lake: bool, day: dt.date
) -> RiverEvaluation | None:
    """The grade of a river or basin: by item means of fewer than five sections, else by shares of classes.

    Args:
        sections: the items' means of each section in the period.
        lake: whether they are lakes.
        day: the day whose method holds.

    Returns:
        None where no section has a class.
    """
    classified = [classify_section(each, lake, day) for each in sections]
    classes = [each.water_class for each in classified if each.water_class is not None]
    if not classes:
        return None
    good, inferior = shares(classes)
    if len(classes) < _number("few_sections", day):
        means: dict[str, Decimal | None] = {}
        for item in evaluated_items(day):
            known = [value for each in sections if (value := each.get(item)) is not None]
            if known:
                means[item] = sum(known, Decimal(0)) / len(known)
        found = classify_section(means, lake, day).water_class
        assert found is not None
        return RiverEvaluation(_BY_CLASS[found], len(classes), good, inferior, found)
    excellent, fair, light, moderate = _values("grade_shares", day)
    if inferior >= moderate:
        grade = RiverGrade.HEAVY
    elif good >= excellent:
        grade = RiverGrade.EXCELLENT
    elif good >= fair:
        grade = RiverGrade.GOOD
    else:
        grade = RiverGrade.LIGHT if inferior < light else RiverGrade.MODERATE
    return RiverEvaluation(grade, len(classes), good, inferior)


def main_pollutants_of_river(sections: Iterable[SectionClass], day: dt.date) -> tuple[tuple[str, Decimal], ...]:
    """A river's main polluting indicators: the items that exceed class III in most sections, with that share in %."""
    found = list(sections)
    counted = Counter(each.item for section in found for each in section.exceeding)
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[: int(_number("named_pollutants", day))]
    return tuple((item, Decimal(count * 100) / len(found)) for item, count in ranked)
