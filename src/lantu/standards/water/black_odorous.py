"""Black-odorous water (黑臭水体): the guide of 2015 (points, reaches, waters, elimination), the rural one of 2019."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from lantu.base import Text
from lantu.standards.catalogue import catalogue

INDICATORS = ("transparency", "dissolved_oxygen", "redox_potential", "ammonia_nitrogen")
SHALLOW = Decimal(25)


class Blackness(IntEnum):
    """How black and odorous; a higher number is worse."""

    NONE = 0
    LIGHT = 1
    HEAVY = 2

    @property
    def title(self) -> Text:
        return (Text("不黑臭", "not black-odorous"), Text("轻度黑臭", "light"), Text("重度黑臭", "heavy"))[self]


def blackness_of(values: Mapping[str, Decimal | None], day: dt.date) -> dict[str, Blackness]:
    """The degree by each of the four indicators (transparency in cm, oxygen and ammonia in mg/L, potential in mV).

    `depth` (cm) of water shallower than 25 cm: transparency is compared with 40 % of it.
    """
    light = catalogue().get("water.black_odorous.light").at(day).value
    heavy = catalogue().get("water.black_odorous.heavy").at(day).value
    share = catalogue().get("water.black_odorous.depth_share").at(day).number / 100
    depth = values.get("depth")
    found: dict[str, Blackness] = {}
    for item, low, lowest in zip(INDICATORS, light, heavy, strict=True):
        value = values.get(item)
        if value is None:
            continue
        if item == "transparency" and depth is not None and depth < SHALLOW:
            low = lowest = depth * share
        if item == "ammonia_nitrogen":
            found[item] = Blackness.HEAVY if value > lowest else Blackness.LIGHT if value >= low else Blackness.NONE
        else:
            found[item] = Blackness.HEAVY if value < lowest else Blackness.LIGHT if value <= low else Blackness.NONE
    return found


def blackness_of_point(rounds: Sequence[Mapping[str, Decimal | None]], day: dt.date) -> Blackness | None:
    """The degree of a point from all its rounds of sampling; None without any.

    Heavy where one indicator is heavy in 60 % of the data, or two or more in 30 %; none where no value is in a band.
    """
    degrees = [blackness_of(each, day) for each in rounds]
    degrees = [each for each in degrees if each]
    if not degrees:
        return None
    if all(degree is Blackness.NONE for each in degrees for degree in each.values()):
        return Blackness.NONE
    one, several = catalogue().get("water.black_odorous.point_shares").at(day).value
    heavy = [sum(each.get(item) is Blackness.HEAVY for each in degrees) * 100 for item in INDICATORS]
    count = len(degrees)
    if any(each >= one * count for each in heavy) or sum(each >= several * count for each in heavy) >= 2:
        return Blackness.HEAVY
    return Blackness.LIGHT


def blackness_of_water(points: Sequence[Blackness], day: dt.date) -> Blackness | None:
    """The degree of a whole water: heavy where 60 % of its points are, else its worst point's up to light."""
    if not points:
        return None
    one, _ = catalogue().get("water.black_odorous.point_shares").at(day).value
    if sum(each is Blackness.HEAVY for each in points) * 100 >= one * len(points):
        return Blackness.HEAVY
    return Blackness.LIGHT if any(each is not Blackness.NONE for each in points) else Blackness.NONE


def heavy_reaches(points: Sequence[Blackness | None], day: dt.date) -> list[tuple[int, int]]:
    """The heavily black-odorous reaches of a water: first and last position of three or more heavy points in a row."""
    needed = catalogue().get("water.black_odorous.reach_points").at(day).number
    found = []
    first = 0
    for position in range(len(points) + 1):
        if position < len(points) and points[position] is Blackness.HEAVY:
            continue
        if position - first >= needed:
            found.append((first, position - 1))
        first = position + 1
    return found


@dataclass(frozen=True, slots=True)
class Elimination:
    """Whether a treated water is no longer black-odorous; None where too little was measured, `reasons` say what."""

    eliminated: bool | None
    by_point: Mapping[str, Blackness | None]
    reasons: tuple[Text, ...]


def elimination(points: Mapping[str, Sequence[Mapping[str, Decimal | None]]], day: dt.date) -> Elimination:
    """Whether a treated water is eliminated (消除黑臭): no point is black-odorous in any round.

    Args:
        points: point to its rounds of sampling, each with the four indicators (and depth) as for `blackness_of`.
        day: the day whose rule holds.

    One point in a band is enough to fail. To pass, at least three points with three rounds each are needed and all four
    indicators in every round (the numbers from one source). Survey, works and lasting upkeep are judged elsewhere.
    """
    least_points, least_rounds = catalogue().get("water.black_odorous.sampling").at(day).value
    by_point = {name: blackness_of_point(rounds, day) for name, rounds in points.items()}
    black = [name for name, degree in by_point.items() if degree]
    if black:
        listed = Text(f"黑臭点位：{'、'.join(black)}", f"black-odorous points: {', '.join(black)}")
        return Elimination(False, by_point, (listed,))
    reasons = []
    if len(points) < least_points:
        reasons.append(Text(f"点位 {len(points)} 个，少于 {least_points}", f"{len(points)} points of {least_points}"))
    for name, rounds in points.items():
        if len(rounds) < least_rounds:
            reasons.append(
                Text(
                    f"{name}：{len(rounds)} 次，少于 {least_rounds}", f"{name}: {len(rounds)} rounds of {least_rounds}"
                )
            )
        if any(each.get(item) is None for each in rounds for item in INDICATORS):
            reasons.append(Text(f"{name}：指标不全", f"{name}: an indicator is missing"))
    return Elimination(None if reasons else True, by_point, tuple(reasons))


def survey_passes(forms: int, satisfied: int, day: dt.date) -> bool:
    """Whether a public survey (公众评议) is large enough and satisfied enough; the numbers are unverified."""
    least, share = catalogue().get("water.black_odorous.survey").at(day).value
    return bool(forms >= least and satisfied * 100 >= share * forms)


def rural_black_odorous(
    values: Mapping[str, Decimal | None], day: dt.date, public_evidence: bool = False
) -> tuple[bool | None, tuple[str, ...]]:
    """Whether a rural water is black-odorous (农村黑臭水体, trial guide of 2019; unverified), and by which indicators.

    Any one of transparency (cm; where the water is shallower than 25 cm 40 % of its depth) and oxygen (mg/L) below, or
    ammonia nitrogen (mg/L) above its bound, or public evidence, is enough; None where nothing is known.
    """
    transparency, oxygen, ammonia = catalogue().get("water.black_odorous.rural").at(day).value
    depth = values.get("depth")
    if depth is not None and depth < SHALLOW:
        transparency = depth * catalogue().get("water.black_odorous.depth_share").at(day).number / 100
    found = ["public_evidence"] if public_evidence else []
    known = public_evidence
    for item, bound in (("transparency", transparency), ("dissolved_oxygen", oxygen), ("ammonia_nitrogen", ammonia)):
        value = values.get(item)
        if value is None:
            continue
        known = True
        if value > bound if item == "ammonia_nitrogen" else value < bound:
            found.append(item)
    return (bool(found) if known else None), tuple(found)
