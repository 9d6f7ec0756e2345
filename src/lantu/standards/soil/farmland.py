"""Farmland (农用地): GB 15618-2018 by pH and use, the three classes of land, and their correction by crops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from lantu.base import Text
from lantu.standards.catalogue import catalogue
from lantu.standards.parameter import Verified

PREFIX = "soil.farmland"
CLASS_METALS = ("cadmium", "mercury", "arsenic", "lead", "chromium")
"""The five metals that have a control value, and that alone decide the class of land."""
SCREENED = (*CLASS_METALS, "copper", "nickel", "zinc", "hch_total", "ddt_total", "benzo_a_pyrene")
USES = ("paddy", "dry", "orchard", "rotation")
"""水田、旱地、果园、水旱轮作; land that changes between paddy and dry crops takes the stricter value."""


class LandClass(IntEnum):
    """The class of farmland (优先保护、安全利用、严格管控); a higher number is worse."""

    PRIORITY = 1
    SAFE_USE = 2
    STRICT = 3

    @property
    def title(self) -> Text:
        return (
            Text("优先保护类", "priority protection"),
            Text("安全利用类", "safe use"),
            Text("严格管控类", "strict control"),
        )[self - 1]


@dataclass(frozen=True, slots=True)
class FarmlandItem:
    """One item of a soil sample: its value (mg/kg), the screening and the control value, and the class that follows.

    `control` is None where the standard sets none: such an item can be above screening, never strict.
    """

    item: str
    value: Decimal
    screening: Decimal
    control: Decimal | None
    land_class: LandClass
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FarmlandSample:
    """A sample's class by the five metals, all its items, and those that decide the class."""

    land_class: LandClass | None
    items: tuple[FarmlandItem, ...]
    decisive: tuple[str, ...]

    @property
    def above_screening(self) -> tuple[str, ...]:
        """Every item above its screening value, with those that do not count for the class."""
        return tuple(each.item for each in self.items if each.land_class is not LandClass.PRIORITY)


def ph_column(ph: Decimal, day: dt.date) -> int:
    """Which of the four pH columns holds (0 to 3); a bound belongs to the lower one (GB 15618-2018, table 1)."""
    bounds = catalogue().get(f"{PREFIX}.ph_bounds").at(day).value
    return sum(ph > bound for bound in bounds)


def _screening_names(item: str, use: str) -> list[str]:
    known = catalogue()
    kinds = {"paddy": ["paddy"], "dry": ["other"], "orchard": ["orchard", "other"], "rotation": ["paddy", "other"]}[use]
    names = [name for kind in kinds if (name := f"{PREFIX}.screening.{item}.{kind}") in known]
    if use == "orchard":
        names = names[:1]
    elif item == "copper":
        names = [f"{PREFIX}.screening.copper.other"]
    return names or [f"{PREFIX}.screening.{item}.all"]


def evaluate_farmland_item(item: str, value: Decimal, ph: Decimal, use: str, day: dt.date) -> FarmlandItem:
    """One item against its screening and control value; equal to a value is not above it.

    Args:
        item: one of `SCREENED`.
        value: total content, mg/kg of dry soil.
        ph: of the same sample.
        use: one of `USES`.
        day: of the sample.

    Raises:
        LantuError: the standard does not know the item, or was not in force.
    """
    column = ph_column(ph, day)
    found = [(name, catalogue().get(name).at(day)) for name in _screening_names(item, use)]
    screening = min(each.value[column] for _, each in found)
    name = f"{PREFIX}.control.{item}"
    control = catalogue().get(name).at(day).value[column] if item in CLASS_METALS else None
    if value <= screening:
        land_class = LandClass.PRIORITY
    elif control is None or value <= control:
        land_class = LandClass.SAFE_USE
    else:
        land_class = LandClass.STRICT
    unverified = tuple(name for name, each in found if each.verified is Verified.UNVERIFIED)
    return FarmlandItem(item, value, screening, control, land_class, unverified)


def classify_farmland(values: Mapping[str, Decimal | None], ph: Decimal, use: str, day: dt.date) -> FarmlandSample:
    """The class of a soil sample by its worst metal (soil-only rule); None without any of the five metals."""
    items = tuple(
        evaluate_farmland_item(item, value, ph, use, day)
        for item in SCREENED
        if (value := values.get(item)) is not None
    )
    counted = [each for each in items if each.item in CLASS_METALS]
    worst = max((each.land_class for each in counted), default=None)
    decisive = tuple(each.item for each in counted if each.land_class is worst and worst is not LandClass.PRIORITY)
    return FarmlandSample(worst, items, decisive)


UNIT_RULES = (f"{PREFIX}.unit_share", f"{PREFIX}.crop_pairs", f"{PREFIX}.crop_severe")


def class_of_unit(points: Sequence[LandClass], crop_ratios: Sequence[Decimal], day: dt.date) -> LandClass | None:
    """The class of a unit of farmland (评价单元) from its points, corrected by crops.

    A unit takes the class that more than 80 % of its points have and that no point is two classes worse than; else it
    has to be divided, and the answer is None. With at least three pairs of soil and crop samples: in the middle class
    all crops within the limit make it priority land, one above twice the limit makes it strict; a strict unit whose
    crops are all within the limit may be lowered to safe use.

    Args:
        points: the classes of the unit's points.
        crop_ratios: each crop sample's worst content over its limit.
        day: on which the rules (all unverified) are taken.
    """
    share, pairs, severe = (catalogue().get(name).at(day).number for name in UNIT_RULES)
    if not points:
        return None
    found = next((each for each in LandClass if sum(p is each for p in points) * 100 > share * len(points)), None)
    if found is None or max(points) - found > 1:
        return None
    if len(crop_ratios) < pairs:
        return found
    worst = max(crop_ratios)
    if found is LandClass.SAFE_USE:
        if worst <= 1:
            return LandClass.PRIORITY
        return LandClass.STRICT if worst > severe else found
    if found is LandClass.STRICT and worst <= 1:
        return LandClass.SAFE_USE
    return found
