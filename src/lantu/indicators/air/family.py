"""The family of ambient air: hourly concentrations at stations, brought to statistics of stations and areas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lantu.base import Period, Text
from lantu.indicators.air.places import AIR_CODE, memberships, targets_of
from lantu.indicators.family import DailyValues, Family, Sources, Target, Trace, Versions

DATASET = "air_hourly"


def _statistics(sources: Sources, targets: Sequence[Target], period: Period, versions: Versions) -> Mapping[str, Any]:
    from lantu.indicators.air.statistics import air_statistics

    version = versions[DATASET]
    assert version is not None
    return air_statistics(sources.lake, sources.sites, targets, period, version, sources.left_out)


def _targets(sources: Sources, selection: str | Sequence[str], period: Period) -> list[Target]:
    return targets_of(sources.sites, sources.areas, selection, period)


def _trace(sources: Sources, target: Target, period: Period, _versions: Versions) -> Trace:
    members = memberships(sources.sites, [target], period)
    names = list(dict.fromkeys(member.station for member in members))
    header: list[str] = []

    def rows() -> Iterator[Sequence[Any]]:
        for member in members:
            table = sources.lake.rows(
                DATASET,
                [member.station],
                dt.datetime.combine(member.start, dt.time()),
                dt.datetime.combine(member.end + dt.timedelta(days=1), dt.time()),
            )
            for record in table.to_pylist() if table is not None else []:
                yield [member.site, *(record.get(name) for name in header[1:])]

    first = next((m for m in members), None)
    columns = ["station", "time"]
    if first is not None:
        table = sources.lake.rows(
            DATASET,
            [first.station],
            dt.datetime.combine(first.start, dt.time()),
            dt.datetime.combine(first.start + dt.timedelta(days=1), dt.time()),
        )
        columns = table.column_names if table is not None else columns
    header[:] = ["site", *columns]
    count = len({member.site for member in members})
    stations = (Text("站点", "stations"), Text(f"{count}: {'、'.join(names)}", f"{count}: {', '.join(names)}"))
    return Trace((stations,), tuple(header), rows())


def _daily(
    sources: Sources, targets: Sequence[Target], period: Period, versions: Versions
) -> Mapping[str, DailyValues]:
    from lantu.indicators.air.statistics import daily_values

    version = versions[DATASET]
    assert version is not None
    return daily_values(sources.lake, sources.sites, targets, period, version)


AIR = Family("air", _statistics, datasets=(DATASET,), targets=_targets, trace=_trace, daily=_daily, code=AIR_CODE)
