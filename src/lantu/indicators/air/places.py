"""Which stations count for which area: the targets of a computation and their members, day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Period, Text
from lantu.indicators.family import Target

if TYPE_CHECKING:
    from lantu.places import AreaTree, SiteRegister

AIR_CODE = ("indicators/air", "standards/air")
"""The code of which figures of the air are made, beside what all families stand on."""


def targets_of(sites: SiteRegister, areas: AreaTree, selection: str | Sequence[str], period: Period) -> list[Target]:
    """The areas and stations that a selection names.

    Raises:
        LantuError: neither an area nor a station bears the name.
    """
    result: dict[str, Target] = {}
    for part in [selection] if isinstance(selection, str) else selection:
        if part.casefold() == "stations":
            found = [_station(sites, site, period) for site in sites.sites() if _open_in(sites, site, period)]
        else:
            try:
                found = [Target(area.code, area.title, area.level) for area in areas.select(part, period.end)]
            except LantuError:
                station = _named_station(sites, part, period)
                if station is None:
                    raise
                found = [station]
        result.update((target.code, target) for target in found)
    return list(result.values())


def _open_in(sites: SiteRegister, site: str, period: Period) -> bool:
    return any(
        (row.valid_from or dt.date.min) <= period.end and period.start <= (row.valid_to or dt.date.max)
        for row in sites.history(site)
    )


def _station(sites: SiteRegister, site: str, period: Period) -> Target:
    """A site under the name that it bears at the period's end, or bore last before."""
    rows = sites.history(site)
    held = [row for row in rows if (row.valid_from or dt.date.min) <= period.end] or rows[:1]
    return Target(site, Text(held[-1].name, held[-1].english), "station")


def _named_station(sites: SiteRegister, name: str, period: Period) -> Target | None:
    for row in reversed(sites.rows()):
        if name.strip() in (row.site, row.name, row.english, row.national_code):
            return _station(sites, row.site, period)
    return None


@dataclass(frozen=True, slots=True)
class Membership:
    """One dated name of a station that counts for a target."""

    target: str
    site: str
    station: str
    start: dt.date
    end: dt.date


def memberships(sites: SiteRegister, targets: Sequence[Target], period: Period) -> list[Membership]:
    """Every dated station name that counts for one of the targets within the period.

    The city's value rests on the stations marked for it (control sites are not), a district's on those marked for the
    district that lie in it.
    """
    found = []
    for row in sites.rows():
        start = max(row.valid_from or dt.date.min, period.start)
        end = min(row.valid_to or dt.date.max, period.end)
        if start > end:
            continue
        for target in targets:
            counts = (
                row.site == target.code
                if target.level == "station"
                else row.for_city
                if target.level == "city"
                else row.for_district and row.area == target.code
            )
            if counts:
                found.append(Membership(target.code, row.site, row.name, start, end))
    return found


def expected_stations(members: Sequence[Membership], period: Period) -> dict[str, list[int]]:
    """For each target the number of stations that count on each day of the period."""
    result: dict[str, list[int]] = {}
    for member in members:
        counts = result.setdefault(member.target, [0] * period.days)
        for index in range((member.start - period.start).days, (member.end - period.start).days + 1):
            counts[index] += 1
    return result


def member_table(members: Sequence[Membership]) -> Any:
    """The memberships as an Arrow table: target, site, station, first_day, last_day."""
    import pyarrow as pa

    return pa.table(
        {
            "target": pa.array([m.target for m in members], pa.string()),
            "site": pa.array([m.site for m in members], pa.string()),
            "station": pa.array([m.station for m in members], pa.string()),
            "first_day": pa.array([m.start for m in members], pa.date32()),
            "last_day": pa.array([m.end for m in members], pa.date32()),
        }
    )


def expected_table(members: Sequence[Membership], period: Period) -> Any:
    """Expected stations as an Arrow table: target, day, expected."""
    import pyarrow as pa

    counts = expected_stations(members, period)
    days = [period.start + dt.timedelta(i) for i in range(period.days)]
    rows = [
        (target, day, count) for target, each in counts.items() for day, count in zip(days, each, strict=True) if count
    ]
    return pa.table(
        {
            "target": pa.array([row[0] for row in rows], pa.string()),
            "day": pa.array([row[1] for row in rows], pa.date32()),
            "expected": pa.array([row[2] for row in rows], pa.int64()),
        }
    )
