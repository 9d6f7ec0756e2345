"""Vapour recovery at petrol stations (加油站油气回收): stations with alarms, stable running, uploads.

A row's station is a nozzle or tank, named by its petrol station's number and its own: `JY001-3` belongs to `JY001`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.family import Family, Sources, Target, Trace, Versions
from lantu.indicators.points.register import NO_DATA, query
from lantu.indicators.registers.family import entries_by_area
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.standards import catalogue
from lantu.standards.voc.vapour_recovery import NozzleDay, Signal, judge_nozzle, judge_pressure, judge_sensor

DATASET, LEDGER = "vapour_recovery_daily", "petrol_stations"
STABLE = "vapour_recovery.stable_upload_share"
PERIODS = ("month", "quarter", "year", "season", "range")
NO_STATION = Text("没有加油站", "no petrol station")


@dataclass(slots=True)
class PetrolStation:
    """What the nozzles and tanks of one station sent: days with a warning or alarm, uploads."""

    warnings: set[dt.date] = field(default_factory=set)
    alarms: set[dt.date] = field(default_factory=set)
    expected: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class VapourRecovery:
    """The stations of an area: how many are in business, and what those with data sent."""

    stations: int
    sent: tuple[PetrolStation, ...]


def _stations(sources: Sources, period: Period) -> dict[str, list[str]]:
    """The numbers of the stations in business, by area."""
    found = entries_by_area(sources, LEDGER, period, lambda row: row.state == "in_business")
    return {area: [row.key for row in rows] for area, rows in found.items()}


def _owner(device: str, known: set[str]) -> str | None:
    """The petrol station of a nozzle or tank: the longest number that its name begins with."""
    if device in known:
        return device
    head = device
    while "-" in head:
        head = head.rpartition("-")[0]
        if head in known:
            return head
    return None


def _sent(sources: Sources, known: set[str], period: Period, version: int | None) -> dict[str, PetrolStation]:
    rows = query(
        sources,
        DATASET,
        period,
        version,
        "select station, cast(time as date), fills, fills_low_high, al_min, al_max, pressure_flat_hours, voc_peak, "
        "uploads_expected, uploads_received from {rows} order by station, time",
    )
    found: dict[str, PetrolStation] = {}
    devices: dict[str, list[Any]] = {}
    for row in rows:
        devices.setdefault(row[0], []).append(row)
    for device, days in devices.items():
        owner = _owner(device, known)
        if owner is None:
            continue
        station = found.setdefault(owner, PetrolStation())
        nozzle = [
            NozzleDay(day, int(fills), int(outside or 0), *(None if v is None else as_decimal(v) for v in (low, high)))
            for _, day, fills, outside, low, high, *_ in days
            if fills is not None
        ]
        flat = {day: as_decimal(hours) for _, day, *_, hours, _, _, _ in days if hours is not None}
        peaks = {day: as_decimal(peak) for _, day, *_, peak, _, _ in days if peak is not None}
        for signals in (
            judge_nozzle(nozzle, period.end),
            judge_pressure(flat, period.end),
            judge_sensor(peaks, period.end),
        ):
            station.warnings |= {day for day, signal in signals.items() if signal >= Signal.WARNING}
            station.alarms |= {day for day, signal in signals.items() if signal is Signal.ALARM}
        station.expected += sum(int(row[8]) for row in days if row[8] is not None)
        station.received += sum(int(row[9]) for row in days if row[8] is not None and row[9] is not None)
    return found


def _statistics(
    sources: Sources, targets: Sequence[Target], period: Period, versions: Versions
) -> dict[str, VapourRecovery]:
    stations = _stations(sources, period)
    known = {key for keys in stations.values() for key in keys}
    sent = _sent(sources, known, period, versions[DATASET]) if versions[DATASET] is not None else {}
    return {
        target.code: VapourRecovery(
            len(stations.get(target.code, [])),
            tuple(sent[key] for key in stations.get(target.code, []) if key in sent),
        )
        for target in targets
    }


def _trace(sources: Sources, target: Target, period: Period, versions: Versions) -> Trace:
    own = _stations(sources, period).get(target.code, [])
    sent = _sent(sources, set(own), period, versions[DATASET]) if versions.get(DATASET) is not None else {}

    def lines() -> Iterator[Sequence[Any]]:
        for key in own:
            found = sent.get(key)
            if found is not None:
                alarms = " ".join(day.isoformat() for day in sorted(found.alarms))
                yield [key, len(found.warnings), len(found.alarms), alarms, found.expected, found.received]

    facts = (
        Text("加油站", "stations"),
        Text(f"{len(own)} 座，{len(sent)} 座有数据", f"{len(own)}, {len(sent)} sent data"),
    )
    header = ("station", "warning_days", "alarm_days", "alarms", "uploads_expected", "uploads_received")
    return Trace((facts,), header, lines())


RECOVERY = Family("vapour_recovery", _statistics, datasets=(DATASET,), ledgers=(LEDGER,), trace=_trace)


def _share(found: VapourRecovery, count: int, of: int, unverified: tuple[str, ...] = ()) -> Figure:
    if not found.stations:
        return Figure(None, 0, 0, False, NO_STATION)
    if not of:
        return Figure(None, 0, found.stations, False, NO_DATA)
    complete = len(found.sent) == found.stations
    reason = Text(
        f"{found.stations} 座中 {len(found.sent)} 座有数据", f"{len(found.sent)} of {found.stations} sent data"
    )
    value = Decimal(100 * count) / of
    return Figure(value, len(found.sent), found.stations, complete, None if complete else reason, unverified)


@indicator(
    name="vapour_recovery_alarm_share",
    title=Text("油气回收在线监控报警加油站比例", "petrol stations with an alarm of vapour recovery"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="GB 20952-2020, annex E",
    family=RECOVERY,
    levels=AREA_LEVELS,
    periods=PERIODS,
)
def vapour_recovery_alarm_share(found: VapourRecovery) -> Figure:
    """stations with at least one alarm in the period / stations with data * 100 %

    Alarms: seven warning days on end of a nozzle's ratio, a tank's pressure or a sensor; a ratio below 0.6 or above 1.5
    for more than a day; a peak of 8000 μmol/mol. Runs that began before the period are not seen.
    """
    return _share(found, sum(bool(each.alarms) for each in found.sent), len(found.sent))


@indicator(
    name="vapour_recovery_upload_share",
    title=Text("油气回收在线监控数据上传率", "uploads of vapour recovery"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="GB 20952-2020, annex E: uploads at intervals of at most an hour",
    family=RECOVERY,
    levels=AREA_LEVELS,
    periods=PERIODS,
)
def vapour_recovery_upload_share(found: VapourRecovery) -> Figure:
    """uploads received / uploads expected * 100 %, of the stations with data"""
    received = sum(min(each.received, each.expected) for each in found.sent)
    return _share(found, received, sum(each.expected for each in found.sent))


@indicator(
    name="vapour_recovery_stable_share",
    title=Text("油气回收在线监控稳定运行加油站比例", "petrol stations whose monitoring runs stably"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="the city orders stable running and accurate data; what is stable is Lantu's choice, unverified",
    family=RECOVERY,
    levels=AREA_LEVELS,
    periods=PERIODS,
)
def vapour_recovery_stable_share(found: VapourRecovery) -> Figure:
    """stations without an alarm and with at least 90 % of their uploads / stations with data * 100 %"""
    share = catalogue().get(STABLE).values[-1].value
    stable = sum(
        not each.alarms and each.expected > 0 and each.received * 100 >= share * each.expected for each in found.sent
    )
    return _share(found, stable, len(found.sent), (STABLE,))
