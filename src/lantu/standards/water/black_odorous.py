"""Black-odorous water (黑臭水体): the bounds of the guide of 2015, points, and the share that makes a water heavy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
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
