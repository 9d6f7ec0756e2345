"""Metals in crops (农产品): the limits of GB 2762 by kind of food."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lantu.standards.catalogue import catalogue
from lantu.standards.parameter import Verified

PREFIX = "soil.crops.limits"
METALS = ("cadmium", "lead", "mercury", "arsenic", "inorganic_arsenic", "chromium")
FOODS = ("grain", "rice", "leafy_vegetable", "bean_root_stem_vegetable", "other_vegetable", "fruit")
SHARE = "soil.farmland.crops_within_share"


@dataclass(frozen=True, slots=True)
class CropMetal:
    """One metal of a crop sample (mg/kg as sold); `limit` is None where no limit is set for this food."""

    metal: str
    value: Decimal
    limit: Decimal | None
    unverified: tuple[str, ...] = ()

    @property
    def within(self) -> bool | None:
        """None where no limit is set; equal to the limit is within."""
        return None if self.limit is None else self.value <= self.limit


def evaluate_crop(values: Mapping[str, Decimal | None], food: str, day: dt.date) -> tuple[CropMetal, ...]:
    """Every measured metal of a crop sample against its limit on the day (GB 2762)."""
    found = []
    for metal in METALS:
        value = values.get(metal)
        if value is None:
            continue
        name = f"{PREFIX}.{metal}.{food}"
        if name not in catalogue():
            found.append(CropMetal(metal, value, None))
            continue
        limit = catalogue().get(name).at(day)
        doubtful = limit.stale or limit.verified is Verified.UNVERIFIED
        found.append(CropMetal(metal, value, limit.number, (name,) if doubtful else ()))
    return tuple(found)


def crop_within(values: Mapping[str, Decimal | None], food: str, day: dt.date) -> bool | None:
    """Whether a crop sample keeps every limit that is set; None where none is set for what was measured."""
    found = [each.within for each in evaluate_crop(values, food, day) if each.within is not None]
    return all(found) if found else None


def crops_of_plot_within(samples: Sequence[bool], day: dt.date) -> bool | None:
    """Whether a plot's crops count as within the limits: 90 % of its samples are (unverified); None without any."""
    if not samples:
        return None
    return sum(samples) * 100 >= catalogue().get(SHARE).at(day).number * len(samples)
