"""Characteristic pollutants at the boundary of petrochemical plants (石化厂界特征污染物)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.family import Sources
from lantu.indicators.points.register import NO_DATA, NO_POINT, point_family, query
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.standards import catalogue

POLLUTANTS = ("benzene", "toluene", "ethylbenzene", "xylene", "styrene")
SHARE = "emissions_boundary.validity.hours_share"


@dataclass(frozen=True, slots=True)
class Boundary:
    """The mean of the sum of the characteristic pollutants, hours with data, hours in the period."""

    mean: Decimal | None
    hours: int
    expected: int
    points: int


def _by_station(sources: Sources, period: Period, version: int | None) -> Mapping[str, Any]:
    total = " + ".join(f"coalesce({name}, 0)" for name in POLLUTANTS)
    any_value = " or ".join(f"{name} is not null" for name in POLLUTANTS)
    rows = query(
        sources,
        "voc_hourly",
        period,
        version,
        f"select station, avg({total}), count(*) from {{rows}} where {any_value} group by station",
    )
    return {station: (as_decimal(mean), hours) for station, mean, hours in rows}


def _combine(stations: list[Any], points: int, period: Period) -> Boundary:
    hours = sum(each[1] for each in stations)
    mean = sum((each[0] for each in stations), Decimal(0)) / len(stations) if stations else None
    return Boundary(mean, hours, 24 * period.days * max(points, 1), points)


BOUNDARY = point_family("plant_boundary", "voc_hourly", "plant_boundary", _by_station, _combine)


@indicator(
    name="petrochemical_characteristic_pollutant_mean",
    title=Text("石化厂界特征污染物浓度", "characteristic pollutants at petrochemical boundaries"),
    unit="μg/m³",
    statistic="mean",
    quantity=1,
    reference="the plan names no pollutants: benzene, toluene, ethylbenzene, xylene, styrene are Lantu's choice",
    family=BOUNDARY,
    levels=AREA_LEVELS,
)
def petrochemical_characteristic_pollutant_mean(found: Boundary) -> Figure:
    """mean over the boundary points of each point's mean of hourly sums of the characteristic pollutants

    It is valid where at least 75 % of all hours have data.
    """
    if found.mean is None:
        return Figure(None, 0, found.expected, False, NO_DATA if found.points else NO_POINT)
    share = catalogue().get(SHARE).values[-1].value
    enough = found.hours * 100 >= share * found.expected
    reason = None if enough else Text("有效小时不足", "too few hours")
    return Figure(found.mean, found.hours, found.expected, enough, reason, (SHARE,))
