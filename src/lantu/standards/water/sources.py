"""Drinking-water sources (饮用水水源): class III, and the limits of GB 3838 tables 2 and 3 for surface sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lantu.standards.catalogue import catalogue
from lantu.standards.items import items_of
from lantu.standards.water.classes import WaterClass
from lantu.standards.water.groundwater import classify_groundwater_item, groundwater_items
from lantu.standards.water.surface import classify_section

SUPPLEMENTARY = ("sulfate", "chloride", "nitrate", "iron", "manganese")


def preferred_items(day: dt.date) -> tuple[str, ...]:
    """The 33 items of table 3 that are monitored monthly or quarterly (优选特定项目); which they are is unverified."""
    return tuple(catalogue().get("water.source.preferred_items").at(day).value)


def source_exceedances(
    values: Mapping[str, Decimal | None], groundwater: bool, lake: bool, day: dt.date
) -> tuple[str, ...] | None:
    """The items by which a source fails; an empty tuple where it complies, None where nothing was measured.

    A surface source is judged by the 21 items of GB 3838-2002 table 1 against class III (temperature, TN and coliform
    only for reference) and, where measured, by the limits of table 2 and table 3; a groundwater source by class III of
    GB/T 14848-2017. Values are in the units of the lists `surface_water` and `surface_source`, or `groundwater` and
    `groundwater_further`.
    """
    if groundwater:
        known = [item for item in groundwater_items() if values.get(item) is not None]
        if not known:
            return None
        failing = []
        for item in known:
            value = values[item]
            assert value is not None
            if classify_groundwater_item(item, value, day) > WaterClass.III:
                failing.append(item)
        return tuple(failing)
    found = classify_section(values, lake, day)
    extra = [item for item in (*SUPPLEMENTARY, *items_of("surface_source")) if values.get(item) is not None]
    if found.water_class is None and not extra:
        return None
    beyond = [
        item
        for item in extra
        if (value := values[item]) is not None and value > catalogue().get(f"water.source.limits.{item}").at(day).number
    ]
    return (*(each.item for each in found.exceeding), *beyond)


@dataclass(frozen=True, slots=True)
class Attainment:
    """Compliance of sources in percent: by number, and by volume of water taken (None where a volume is missing)."""

    by_number: Decimal | None
    by_volume: Decimal | None
    known: int
    listed: int


def attainment(sources: Iterable[tuple[bool | None, Decimal | None]]) -> Attainment:
    """Compliance rates of sources, each given as (complies, intake); without a judgement (None) it counts in neither.

    By number: sources that comply / sources monitored; by volume: intake that complies / total intake (水量达标率).
    """
    listed = list(sources)
    known = [(complies, intake) for complies, intake in listed if complies is not None]
    by_number = Decimal(sum(complies for complies, _ in known) * 100) / len(known) if known else None
    volumes = [(complies, intake) for complies, intake in known if intake is not None]
    total = sum((intake for _, intake in volumes), Decimal(0))
    by_volume = None
    if total and len(volumes) == len(known):
        by_volume = sum((intake for complies, intake in volumes if complies), Decimal(0)) * 100 / total
    return Attainment(by_number, by_volume, len(known), len(listed))
