"""Heavy vehicles by the second (重型车远程监控): which of them exceed, their mean NOx, how many were on line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.family import Family, Sources, Target, Trace, Versions
from lantu.indicators.points.register import NO_DATA, query, span
from lantu.indicators.registers.family import entries_by_area
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entry
from lantu.standards.vehicles.streams import PREFIX, RULES, stream_rules

DATASET, LEDGER = "heavy_vehicle_seconds", "heavy_vehicles"
BOUNDS = tuple(f"{PREFIX}.{name}" for name in RULES if name not in ("nox_not_ready", "trip_gap"))
PERIODS = ("day", "month", "quarter", "year", "season", "range")
NO_VEHICLE = Text("没有应安装终端的重型车", "no heavy vehicle that has to have a terminal")

SUMMARY = """
with judged as (
    select station, nox_downstream as nox, nox_rate, speed,
           nox_downstream > $not_ready and nox_downstream <= $maximum and coalesce(engine_speed > $engine, false)
           and coalesce(scr_inlet_temperature >= $inlet, true) and coalesce(coolant_temperature >= $coolant, true)
           as counts
    from {rows})
select station,
       count(*),
       count(*) filter (counts),
       avg(nox) filter (counts),
       100.0 * count(*) filter (counts and nox >= $threshold) / nullif(count(*) filter (counts), 0),
       sum(nox_rate), sum(speed) / 3600
from judged group by station
"""
"""A row for each vehicle: seconds, those that count, mean NOx, share at the bound; see `standards.vehicles.streams`."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What one vehicle sent in a period."""

    seconds: int
    valid: int
    mean: Decimal | None
    share_above: float | None
    grams: float | None
    kilometres: float | None


@dataclass(frozen=True, slots=True)
class HeavyVehicles:
    """The vehicles of an area that must have a terminal, and what those that sent anything sent."""

    registered: int
    sent: tuple[Vehicle, ...]
    minimum: int
    bound: float

    @property
    def judged(self) -> list[Vehicle]:
        return [each for each in self.sent if each.valid >= max(self.minimum, 1)]


def _required(sources: Sources, period: Period) -> dict[str, list[str]]:
    """The keys of the vehicles in use that must have a terminal, by area."""

    def must_fit(row: Entry) -> bool:
        return row.state == "in_use" and row.values.get("must_fit") is not False

    found = entries_by_area(sources, LEDGER, period, must_fit)
    return {area: [row.key for row in rows] for area, rows in found.items()}


def _by_vehicle(sources: Sources, period: Period, version: int | None) -> dict[str, Vehicle]:
    rules = stream_rules(period.end)
    named = {
        "not_ready": rules.nox_not_ready,
        "maximum": rules.nox_maximum,
        "engine": rules.engine_speed,
        "inlet": rules.scr_inlet_temperature,
        "coolant": rules.coolant_temperature,
        "threshold": rules.nox_threshold,
    }
    rows = query(sources, DATASET, period, version, SUMMARY, named=named)
    return {
        station: Vehicle(seconds, valid, None if mean is None else round(as_decimal(mean), 9), share, grams, kilometres)
        for station, seconds, valid, mean, share, grams, kilometres in rows
    }


def _statistics(
    sources: Sources, targets: Sequence[Target], period: Period, versions: Versions
) -> dict[str, HeavyVehicles]:
    required = _required(sources, period)
    rules = stream_rules(period.end)
    vehicles = _by_vehicle(sources, period, versions[DATASET]) if versions[DATASET] is not None else {}
    return {
        target.code: HeavyVehicles(
            len(required.get(target.code, [])),
            tuple(vehicles[key] for key in required.get(target.code, []) if key in vehicles),
            rules.minimum_seconds,
            rules.share_above,
        )
        for target in targets
    }


def _trace(sources: Sources, target: Target, period: Period, versions: Versions) -> Trace:
    """The vehicles of an area with their seconds; the seconds themselves are millions."""
    own = _required(sources, period).get(target.code, [])
    sent = _by_vehicle(sources, period, versions[DATASET]) if versions.get(DATASET) is not None else {}

    def lines() -> Iterator[Sequence[Any]]:
        for key in own:
            found = sent.get(key)
            if found is not None:
                yield [
                    key, found.seconds, found.valid, found.mean, found.share_above, found.grams, found.kilometres,
                ]  # fmt: skip

    first, last = span(period)
    count = sum(key in sent for key in own)
    facts = (
        (Text("车辆", "vehicles"), Text(f"{len(own)} 辆，{count} 辆有数据", f"{len(own)}, of which {count} sent data")),
        (Text("时段", "span"), Text(f"{first} 至 {last}", f"{first} to {last}")),
    )
    return Trace(facts, ("vehicle", "seconds", "valid_seconds", "mean_nox", "share_above", "nox_g", "km"), lines())


STREAMS = Family("heavy_vehicle_streams", _statistics, datasets=(DATASET,), ledgers=(LEDGER,), trace=_trace)


@indicator(
    name="heavy_vehicle_nox_exceedance_share",
    title=Text("重型车NOx超标车辆比例", "heavy vehicles over the bound of NOx"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="no standard judges by what GB 17691-2018 and HJ 1239 send: the bounds are unverified parameters",
    family=STREAMS,
    levels=AREA_LEVELS,
    periods=PERIODS,
)
def heavy_vehicle_nox_exceedance_share(found: HeavyVehicles) -> Figure:
    """vehicles over the bound / vehicles with enough seconds that count * 100 %

    A second counts while the sensor is ready, the engine runs, and catalyst and coolant are warm. A vehicle is over
    where more than the share of its seconds that count (50 %) has at least 500 μmol/mol NOx after the catalyst.
    """
    judged = found.judged
    if not judged:
        return Figure(None, 0, found.registered, False, NO_DATA if found.registered else NO_VEHICLE, BOUNDS)
    over = sum(each.share_above is not None and each.share_above > found.bound for each in judged)
    return Figure(Decimal(100 * over) / len(judged), len(judged), found.registered, True, None, BOUNDS)


@indicator(
    name="heavy_vehicle_nox_mean",
    title=Text("重型车下游NOx均值", "mean NOx of heavy vehicles after the catalyst"),
    unit="μmol/mol",
    statistic="mean",
    quantity=1,
    reference="readings of GB 17691-2018 appendix Q; which seconds count is unverified",
    family=STREAMS,
    levels=AREA_LEVELS,
    periods=PERIODS,
)
def heavy_vehicle_nox_mean(found: HeavyVehicles) -> Figure:
    """mean over the vehicles of each vehicle's mean NOx over its seconds that count"""
    means = [each.mean for each in found.judged if each.mean is not None]
    if not means:
        return Figure(None, 0, found.registered, False, NO_DATA if found.registered else NO_VEHICLE, BOUNDS)
    return Figure(sum(means, Decimal(0)) / len(means), len(means), found.registered, True, None, BOUNDS)


@indicator(
    name="heavy_vehicle_online_share",
    title=Text("重型车在线率", "heavy vehicles on line"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="GB 17691-2018 appendix Q: terminals send while the engine runs",
    family=STREAMS,
    levels=AREA_LEVELS,
    periods=PERIODS,
)
def heavy_vehicle_online_share(found: HeavyVehicles) -> Figure:
    """vehicles that sent anything in the period / vehicles in use that must have a terminal * 100 %

    A vehicle that did not run counts as not on line.
    """
    if not found.registered:
        return Figure(None, 0, 0, False, NO_VEHICLE)
    share = Decimal(100 * len(found.sent)) / found.registered
    return Figure(share, found.registered, found.registered, True)


@indicator(
    name="heavy_vehicle_nox_per_kilometre",
    title=Text("重型车单位里程NOx排放量", "NOx of heavy vehicles by distance"),
    unit="克/公里",
    statistic="mean",
    quantity=3,
    reference="sums of the rate and the speed that terminals or analysers send",
    family=STREAMS,
    levels=AREA_LEVELS,
    periods=PERIODS,
)
def heavy_vehicle_nox_per_kilometre(found: HeavyVehicles) -> Figure:
    """sum of NOx (g) of the vehicles / sum of their kilometres

    Of vehicles that send both a rate of NOx and a speed; every second counts, cold ones too.
    """
    known = [(each.grams, each.kilometres) for each in found.sent if each.grams is not None and each.kilometres]
    if not known:
        return Figure(None, 0, found.registered, False, NO_DATA if found.registered else NO_VEHICLE)
    grams = sum((as_decimal(g) for g, _ in known), Decimal(0))
    kilometres = sum((as_decimal(k) for _, k in known if k), Decimal(0))
    return Figure(grams / kilometres, len(known), found.registered, True)
