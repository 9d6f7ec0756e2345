"""Vehicles over the limit (超标车): repeat offenders, their passes (进京证比对), the blacklist and penalties.

Number plates are compared as `standards.vehicles.plain_plate` writes them. An area's figures rest on what was found in
it; the whole city's on everything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from lantu.base import Period, Text
from lantu.indicators.registers.family import referring, register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry
from lantu.standards.vehicles import plain_plate, repeat_offenders

FINDINGS, PASSES, BLACKLIST = "over_limit_vehicles", "entry_passes", "blacklist"


@dataclass(frozen=True, slots=True)
class Offenders:
    """Compared plates: all found over the limit, those found so often enough, and what is known of the latter."""

    found: frozenset[str]
    repeated: frozenset[str]
    with_pass: frozenset[str]
    listed: frozenset[str]
    punished: frozenset[str]
    without_pass: frozenset[str]
    """Vehicles from elsewhere that were found on a day without a pass."""


def _valid(passes: Entries | None, plate: str, by_plate: dict[str, list[Entry]], first: dt.date, last: dt.date) -> bool:
    """Whether a plate has a pass that holds on a day of a span; a revoked one holds until it was revoked."""
    for row in by_plate.get(plate, []):
        end: dt.date = row.values["valid_to"]
        if row.state == "revoked" and passes is not None:
            end = min(end, passes.timeline(row.key)[-1][0])
        if row.values["valid_from"] <= last and end >= first:
            return True
    return False


def _by_plate(rows: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for row in rows:
        found.setdefault(plain_plate(row.values["plate"]), []).append(row)
    return found


def _offenders(rows: list[Entry], entries: Entries, period: Period) -> Offenders:
    inside = [row for row in rows if row.values["found_on"] in period]
    times = repeat_offenders(((row.values["plate"], row.values["found_on"]) for row in inside), period.end)
    held = referring(entries, PASSES, "plate")
    by_plate = _by_plate(row for several in held.values() for row in several)
    passes = entries.find(PASSES) if held else None
    own = _by_plate(inside)
    # from the day on which it became one: a pass that ended before is no fault of who issues them
    since = {plate: sorted({row.values["found_on"] for row in own[plate]})[1:] for plate in times}
    with_pass = {
        plate
        for plate in times
        if _valid(passes, plate, by_plate, since[plate][0] if since[plate] else period.start, period.end)
    }
    without = {
        plate
        for plate, several in own.items()
        for row in several
        if row.values["registered_in"] == "elsewhere"
        and not _valid(passes, plate, by_plate, row.values["found_on"], row.values["found_on"])
    }
    listed = {plain_plate(str(number)) for number in referring(entries, BLACKLIST, "number")}
    punished = {plate for plate in times if any(row.values.get("punished_on") is not None for row in own[plate])}
    return Offenders(
        frozenset(own),
        frozenset(times),
        frozenset(with_pass),
        frozenset(times) & listed,
        frozenset(punished),
        frozenset(without),
    )


OFFENDERS = register_family("over_limit_vehicles", FINDINGS, _offenders, also=(PASSES, BLACKLIST))

NOTHING = Text("没有超标车辆记录", "no vehicle found over the limit is entered")
NO_REPEATED = Text("没有屡次超标车", "there is no repeat offender")
REFERENCE = "the plan's words: outside vehicles on the blacklist without a pass or often over the limit"
DOUBT = "; the number of days is unverified"


def _count(of: str) -> Callable[[Offenders | None], Figure]:
    def function(found: Offenders | None) -> Figure:
        if found is None:
            return Figure(None, 0, 0, False, NOTHING)
        return Figure(Decimal(len(getattr(found, of))), len(found.found), len(found.found), True)

    return function


def _share(of: str) -> Callable[[Offenders | None], Figure]:
    def function(found: Offenders | None) -> Figure:
        if found is None or not found.repeated:
            return Figure(None, 0, 0, False, NOTHING if found is None else NO_REPEATED)
        count = len(found.repeated)
        return Figure(Decimal(100 * len(getattr(found, of))) / count, count, count, True)

    return function


_COUNTS = (
    (
        "repeat_offender_vehicles",
        "repeated",
        Text("屡次超标车辆", "repeat offenders"),
        "vehicles found over the limit on at least `vehicles.repeat_offender.days` days of the period",
    ),
    (
        "repeat_offenders_with_pass",
        "with_pass",
        Text("持有进京证的屡次超标车辆", "repeat offenders that hold a pass"),
        "repeat offenders with a pass that held on a day between their second finding and the end of the period",
    ),
    (
        "over_limit_vehicles_without_pass",
        "without_pass",
        Text("无进京证的外埠超标车辆", "vehicles from elsewhere over the limit without a pass"),
        "vehicles registered elsewhere that were found over the limit on a day on which they held no pass",
    ),
)
_SHARES = (
    (
        "repeat_offenders_listed_share",
        "listed",
        Text("屡次超标车入黑名单率", "share of repeat offenders on the blacklist"),
        "repeat offenders whose plate is on the blacklist / repeat offenders * 100 %; none: no share",
    ),
    (
        "repeat_offenders_punished_share",
        "punished",
        Text("屡次超标车处罚率", "share of repeat offenders punished"),
        "repeat offenders with a penalty for a finding of the period / repeat offenders * 100 %; none: no share",
    ),
)

for _name, _of, _title, _definition in _COUNTS:
    indicator(
        name=_name,
        title=_title,
        unit="辆",
        statistic="count",
        quantity=0,
        reference=REFERENCE + ("" if _of == "without_pass" else DOUBT),
        family=OFFENDERS,
        levels=AREA_LEVELS,
        definition=_definition,
    )(_count(_of))
for _name, _of, _title, _definition in _SHARES:
    indicator(
        name=_name,
        title=_title,
        unit="%",
        statistic="share",
        quantity=1,
        reference=REFERENCE + DOUBT,
        family=OFFENDERS,
        levels=AREA_LEVELS,
        definition=_definition,
    )(_share(_of))
