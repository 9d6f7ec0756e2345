"""Emission accounts (总量减排核算): what a project takes away, in tonnes.

The formulas are the common forms, from memory and unverified. All rates are shares in percent, concentrations in mg/m³
(gas) or mg/L (water).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue


def _share(name: Text, value: Decimal) -> Decimal:
    if not 0 <= value <= 100:
        raise LantuError(
            Text(f"{name.zh}为 {value} %，应在 0 与 100 之间", f"{name.en} is {value} %; it lies between 0 and 100")
        )
    return value / 100


COLLECTION = Text("收集率", "the collection rate")
REMOVAL = Text("去除率", "the removal rate")
RUNNING = Text("同步运行率", "the synchronous running rate")


def removed_share(collection: Decimal, removal: Decimal, running: Decimal = Decimal(100)) -> Decimal:
    """The share of what is generated that the three rates take away (%): their product.

    Raises:
        LantuError: a rate outside 0 to 100.
    """
    return _share(COLLECTION, collection) * _share(RUNNING, running) * _share(REMOVAL, removal) * 100


def closure_reduction(previous_emission: Decimal) -> Decimal:
    """A closed unit: its last recorded yearly emission (t)."""
    return previous_emission


def treatment_reduction(
    generated: Decimal,
    before: tuple[Decimal, Decimal],
    after: tuple[Decimal, Decimal],
    running_before: Decimal = Decimal(100),
    running_after: Decimal = Decimal(100),
) -> Decimal:
    """An end-of-pipe upgrade (t): generated × (k2 η2 r2 - k1 η1 r1).

    `before` and `after` are collection and removal.
    """
    gain = removed_share(*after, running_after) - removed_share(*before, running_before)
    return generated * gain / 100


def substitution_reduction(
    materials: Iterable[tuple[Decimal, Decimal, Decimal]], collection: Decimal, removal: Decimal
) -> Decimal:
    """VOC products replaced (t): sum of W (c_old - c_new) over materials, less what treatment took away before.

    `materials`: tonnes used a year, old and new VOC content (mass share in %).
    """
    left = 1 - removed_share(collection, removal) / 100
    gross = sum((used * (old - new) / 100 for used, old, new in materials), Decimal(0))
    return gross * left


def combustion_reduction(gas: Decimal, old: Decimal, new: Decimal) -> Decimal:
    """A boiler or kiln (t): gas (m³ a year, dry, at the reference oxygen) × (C_old - C_new) mg/m³."""
    return gas * (old - new) / 1_000_000_000


def vehicle_reduction(count: int, factor: Decimal, mileage: Decimal) -> Decimal:
    """Scrapped vehicles (t): number × factor (g/km) × mileage (km a year)."""
    return count * factor * mileage / 1_000_000


def sewage_reduction(flow: Decimal, before: Decimal, after: Decimal) -> Decimal:
    """A sewage plant (t): flow (10⁴ m³ a year) × (C_before - C_after) mg/L × 10⁻²."""
    return flow * (before - after) / 100


def default_collection(edition: str, way: str, day: dt.date) -> Decimal:
    """The default collection efficiency (%) of a way of collecting, by the edition that a jurisdiction uses.

    Raises:
        LantuError: the edition or the way is unknown, or the edition was not in force.
    """
    table = dict(catalogue().get(f"emissions.collection.{edition}").at(day).value)
    if way not in table:
        raise LantuError(
            Text(f"没有收集方式“{way}”", f"there is no way of collecting '{way}'"),
            mend=Text(f"可用：{'、'.join(table)}", f"there are: {', '.join(table)}"),
        )
    found: Decimal = table[way]
    return found


def paved_road_dust(
    particle: str, load: Decimal, mass: Decimal, rain_days: int, control: Decimal, day: dt.date
) -> Decimal:
    """Dust of a paved road in g per vehicle and km: k sL^0.91 W^1.02 (1 - n/(4×365)) (1 - η).

    Args:
        particle: pm25, pm10 or tsp.
        load: dust load sL, g/m².
        mass: mean mass of the vehicles, t.
        rain_days: days of the year with rain.
        control: what cleaning takes away, %.
        day: for the factors (unverified).
    """
    factors = dict(catalogue().get("emissions.dust.paved_road_factors").at(day).value)
    of_load, of_mass = catalogue().get("emissions.dust.paved_road_exponents").at(day).value
    if particle not in factors:
        raise LantuError(Text(f"没有粒径“{particle}”", f"there is no particle size '{particle}'"))
    wet = 1 - Decimal(rain_days) / (4 * 365)
    found: Decimal = factors[particle] * load**of_load * mass**of_mass * wet * (1 - control / 100)
    return found
