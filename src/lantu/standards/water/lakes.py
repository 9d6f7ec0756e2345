"""Lakes and city indices: the trophic level index TLI(Σ) and the city water-quality index CWQI."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lantu.base import Text
from lantu.standards.catalogue import catalogue
from lantu.standards.water.surface import evaluated_items, limits_of

_TO_METHOD = {"chlorophyll_a": Decimal(1000), "transparency": Decimal("0.01")}
"""The method takes chlorophyll in mg/m³ and transparency in m; the items are in mg/L and cm."""
GRADES = (
    Text("贫营养", "oligotrophic"),
    Text("中营养", "mesotrophic"),
    Text("轻度富营养", "lightly eutrophic"),
    Text("中度富营养", "moderately eutrophic"),
    Text("重度富营养", "heavily eutrophic"),
)


@dataclass(frozen=True, slots=True)
class Trophic:
    """The trophic level index, its terms, and the grade."""

    index: Decimal
    terms: Mapping[str, Decimal]
    grade: Text


def trophic_level(values: Mapping[str, Decimal | None], day: dt.date) -> Trophic | None:
    """TLI(Σ) = Σ W(j) · TLI(j), TLI(j) = 10 (a + b ln x), W = r² / Σ r² over the items that are there.

    Args:
        values: chlorophyll_a, total_phosphorus, total_nitrogen, permanganate_index in mg/L, transparency in cm.
        day: the day whose method holds.

    Returns:
        None where nothing, or only values of zero, was measured.
    """
    terms: dict[str, Decimal] = {}
    weights: dict[str, Decimal] = {}
    for item, constant, factor, correlation in catalogue().get("water.lake.tli_terms").at(day).value:
        value = values.get(item)
        if value is None or value <= 0:
            continue
        terms[item] = 10 * (constant + factor * (value * _TO_METHOD.get(item, Decimal(1))).ln())
        weights[item] = correlation**2
    if not terms:
        return None
    index = sum((terms[item] * weights[item] for item in terms), Decimal(0)) / sum(weights.values(), Decimal(0))
    low, *above = catalogue().get("water.lake.tli_grades").at(day).value
    grade = 0 if index < low else 1 + sum(index > bound for bound in above)
    return Trophic(index, terms, GRADES[grade])


def water_quality_index(means: Mapping[str, Decimal | None], lake: bool, day: dt.date) -> Decimal | None:
    """CWQI of the rivers or lakes of a city: the sum of the sub-indices of the 21 items (环办监测〔2017〕51号).

    An item is divided by its class-III limit, for oxygen the limit by the value; pH is 7 - pH up to 7, (pH - 7) / 2
    above. None where an item is missing: a sum of fewer items compares with nothing.
    """
    total = Decimal(0)
    for item in evaluated_items(day):
        value = means.get(item)
        if value is None:
            return None
        if item == "ph":
            total += 7 - value if value <= 7 else (value - 7) / 2
        elif item == "dissolved_oxygen":
            if value == 0:
                return None
            total += limits_of(item, lake, day)[2] / value
        else:
            total += value / limits_of(item, lake, day)[2]
    return total


def city_index(rivers: Decimal | None, river_sections: int, lakes: Decimal | None, lake_points: int) -> Decimal | None:
    """CWQI of a city: the two indices weighted by the numbers of sections and points (weighting from memory)."""
    parts = [(rivers, river_sections), (lakes, lake_points)]
    known = [(index, count) for index, count in parts if index is not None and count]
    if not known or any(index is None and count for index, count in parts):
        return None
    return sum((index * count for index, count in known), Decimal(0)) / sum(count for _, count in known)


def index_change(now: Decimal, before: Decimal) -> Decimal:
    """ΔCWQI in percent; smaller is better."""
    return (now - before) / before * 100
