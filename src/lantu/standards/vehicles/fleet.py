"""Fleets (车队): durability mileage, points of inspection stations, repair chains, blacklist and passes, new energy."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue
from lantu.standards.vehicles.inspection import months_before

PREFIX = "vehicles"


def durability(stage: str, day: dt.date) -> tuple[Decimal, Decimal | None]:
    """The emission durability of a light vehicle by stage, or of a heavy class: kilometres, and years where they count.

    Args:
        stage: 3, 4, 5, 6a, 6b; or light_classes, medium_classes, heavy_classes of heavy vehicles.
        day: on which the rule is taken.

    Raises:
        LantuError: no rule is known for the stage.
    """
    for kind in ("light", "heavy"):
        name = f"{PREFIX}.durability.{kind}.{stage}"
        if name in catalogue():
            value = catalogue().get(name).at(day).value
            return (value[0], value[1]) if isinstance(value, tuple) else (value, None)
    raise LantuError(Text(f"没有“{stage}”的耐久里程", f"no durability is known for '{stage}'"))


def is_past_durability(stage: str, mileage: Decimal, years: Decimal | None, day: dt.date) -> bool:
    """Whether a vehicle is past its durability: by mileage, or by age where the rule has one."""
    kilometres, age = durability(stage, day)
    return mileage > kilometres or (age is not None and years is not None and years > age)


def points_in_cycle(points: Iterable[tuple[dt.date, int]], day: dt.date) -> int:
    """The demerit points of an inspection station in the cycle that ends on a day."""
    months = int(catalogue().get(f"{PREFIX}.stations.cycle_months").at(day).number)
    first = months_before(day, months)
    return sum(count for when, count in points if first < when <= day)


def must_be_suspended(points: Iterable[tuple[dt.date, int]], day: dt.date) -> bool:
    """Whether a station's points reach the limit of the cycle (both unverified)."""
    return points_in_cycle(points, day) >= catalogue().get(f"{PREFIX}.stations.limit").at(day).number


def chain_faults(
    failed_on: dt.date | None, repaired_on: dt.date | None, retested_on: dt.date | None, retest_passed: bool | None
) -> tuple[str, ...]:
    """What a chain of inspection, repair and re-inspection lacks: its steps in their order, the last one passed."""
    faults = []
    if failed_on is None:
        faults.append("no_failed_inspection")
    if repaired_on is None:
        faults.append("no_repair")
    elif failed_on is not None and repaired_on < failed_on:
        faults.append("repair_before_inspection")
    if retested_on is None:
        faults.append("no_retest")
    elif repaired_on is not None and retested_on < repaired_on:
        faults.append("retest_before_repair")
    if retested_on is not None and retest_passed is False:
        faults.append("retest_failed")
    return tuple(faults)


def plain_plate(plate: str) -> str:
    """A number plate as it is compared: half-width capitals without spaces, dots and dashes."""
    half = unicodedata.normalize("NFKC", plate).upper()
    return "".join(letter for letter in half if letter.isalnum())


def matched_plates(blacklist: Iterable[str], passes: Iterable[str]) -> dict[str, str]:
    """Which vehicles of the blacklist hold a pass: the plate as the list writes it, and as the pass does."""
    held = {plain_plate(each): each for each in passes}
    return {plate: held[key] for plate in blacklist if (key := plain_plate(plate)) in held}


def repeat_offenders(exceedances: Iterable[tuple[str, dt.date]], day: dt.date) -> dict[str, int]:
    """Vehicles that were over the limit on enough days to be repeat offenders (屡次超标): days by compared plate.

    Args:
        exceedances: plate and day of each finding.
        day: whose number of days holds (`vehicles.repeat_offender.days`, unverified).
    """
    least = catalogue().get(f"{PREFIX}.repeat_offender.days").at(day).number
    days: dict[str, set[dt.date]] = {}
    for plate, day in exceedances:
        days.setdefault(plain_plate(plate), set()).add(day)
    return {plate: len(found) for plate, found in sorted(days.items()) if len(found) >= least}


def new_energy_share(kinds: Sequence[str], day: dt.date) -> Decimal | None:
    """The share (%) of new-energy vehicles among those new or renewed; None without any."""
    if not kinds:
        return None
    new_energy = set(catalogue().get(f"{PREFIX}.new_energy.kinds").at(day).value)
    return Decimal(100 * sum(kind in new_energy for kind in kinds)) / len(kinds)


def shares_by_use(vehicles: Iterable[tuple[str, str]], day: dt.date) -> Mapping[str, Decimal | None]:
    """The shares of new energy by use, from (use, kind) of every new or renewed vehicle."""
    by_use: dict[str, list[str]] = {}
    for use, kind in vehicles:
        by_use.setdefault(use, []).append(kind)
    return {use: new_energy_share(kinds, day) for use, kinds in by_use.items()}
