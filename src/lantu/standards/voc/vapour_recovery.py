"""Vapour recovery at petrol stations (加油站油气回收): tests, on-line warnings and alarms, accuracy; GB 20952-2020."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue

PREFIX = "vapour_recovery"
DAY = dt.timedelta(days=1)


def _value(name: str, day: dt.date) -> Any:
    return catalogue().get(f"{PREFIX}.{name}").at(day).value


def is_in_force(day: dt.date, existing: bool, unloading: bool = False) -> bool:
    """Whether the rules hold on a day: for storage and refuelling of existing stations they came later."""
    first, later = catalogue().get(f"{PREFIX}.existing_from").values[-1].value
    return day >= dt.date.fromisoformat(later if existing and not unloading else first)


def nozzle_passes(ratios: Sequence[Decimal], day: dt.date) -> bool | None:
    """Whether a nozzle's air to liquid ratio (A/L) passes: 1.0 to 1.2 (annex C).

    A first test outside by at most 0.1 is followed by two more, and their mean decides; None while these are missing.

    Raises:
        LantuError: without any test.
    """
    if not ratios:
        raise LantuError(Text("没有气液比检测值", "there is no test of the ratio"))
    low, high = _value("ratio", day)
    first = ratios[0]
    if low <= first <= high:
        return True
    if min(abs(first - low), abs(first - high)) > _value("ratio_retest", day):
        return False
    if len(ratios) < 3:
        return None
    mean = sum(ratios[:3], Decimal(0)) / 3
    return bool(low <= mean <= high)


def nozzles_to_test(nozzles: int, day: dt.date) -> tuple[int, int]:
    """How many nozzles of a station are tested at least, and how many failures fail the station (annex C)."""
    for up_to, tested, failures in _value("nozzles_tested", day):
        if up_to is None or nozzles <= up_to:
            return (int(tested) or nozzles, int(failures))
    raise AssertionError("the last row has no bound")


def station_passes(nozzles: int, tested: int, failed: int, day: dt.date) -> bool | None:
    """Whether a station passes; None where too few nozzles were tested and not enough failed."""
    needed, failures = nozzles_to_test(nozzles, day)
    if failed >= failures:
        return False
    return True if tested >= needed else None


def resistance_passes(flow: Decimal, pressure: Decimal, day: dt.date) -> bool:
    """Whether the resistance of the pipes (Pa at a nitrogen flow in L/min) is low enough (table 1).

    Raises:
        LantuError: a flow that the table does not have.
    """
    limits = {row[0]: row[1] for row in _value("resistance", day)}
    if flow not in limits:
        raise LantuError(
            Text(f"没有 {flow} L/min 的液阻限值", f"there is no limit of resistance at {flow} L/min"),
            mend=Text("用 18、28、38", "use 18, 28 or 38"),
        )
    return bool(pressure <= limits[flow])


def least_pressure(ullage: Decimal, nozzles: int, day: dt.date) -> Decimal:
    """The pressure (Pa) that must be left after 5 min, by ullage (L) and nozzles (table 2, linear between rows).

    Below the first row and above the last their values hold.
    """
    column = 1 + sum(nozzles > bound for bound in _value("nozzle_bands", day))
    rows = _value("tightness", day)
    if ullage <= rows[0][0]:
        return Decimal(rows[0][column])
    for (low, *_), (high, *_), before, after in zip(rows, rows[1:], rows, rows[1:], strict=False):
        if ullage <= high:
            share = (ullage - low) / (high - low)
            return Decimal(before[column] + (after[column] - before[column]) * share)
    return Decimal(rows[-1][column])


def is_tight(pressure: Decimal, ullage: Decimal, nozzles: int, day: dt.date) -> bool:
    """Whether the tanks hold their pressure; equal to the least pressure is tight."""
    return pressure >= least_pressure(ullage, nozzles, day)


class Signal(IntEnum):
    """What a day of on-line data says (annex E)."""

    NONE = 0
    WARNING = 1
    ALARM = 2

    @property
    def title(self) -> Text:
        return (Text("正常", "none"), Text("预警", "warning"), Text("报警", "alarm"))[self]


@dataclass(frozen=True, slots=True)
class NozzleDay:
    """One nozzle on one day: valid fills (15 L and more), those outside the warning range, extremes of the ratio."""

    day: dt.date
    fills: int
    outside: int
    lowest: Decimal | None = None
    highest: Decimal | None = None


def _runs(warnings: dict[dt.date, bool], day: dt.date) -> dict[dt.date, Signal]:
    """Warnings, and the alarm of the day that completes seven warning days on end."""
    needed = int(_value("online.warning_days", day))
    found: dict[dt.date, Signal] = {}
    run = 0
    last: dt.date | None = None
    for each in sorted(warnings):
        run = run + 1 if warnings[each] and last is not None and each == last + DAY else int(warnings[each])
        found[each] = Signal.ALARM if run >= needed else Signal(int(warnings[each]))
        last = each
    return found


def judge_nozzle(days: Sequence[NozzleDay], day: dt.date) -> dict[dt.date, Signal]:
    """The signal of every day of a nozzle.

    More than a quarter of a day's fills outside 0.9 to 1.3 is a warning. Fewer than five fills give no judgement and
    are carried to the next day. Seven warning days on end are an alarm; so is every ratio of more than a day below 0.6
    or above 1.5 (here: two days on end whose ratios all lie on one side).
    """
    share = _value("online.warning_share", day)
    least = int(_value("online.least_fills", day))
    low, high = _value("online.alarm_ratio", day)
    warnings: dict[dt.date, bool] = {}
    carried = (0, 0)
    extreme: list[dt.date] = []
    alarms: set[dt.date] = set()
    for each in sorted(days, key=lambda one: one.day):
        fills, outside = each.fills + carried[0], each.outside + carried[1]
        beyond = (each.highest is not None and each.highest < low) or (each.lowest is not None and each.lowest > high)
        if beyond:
            if extreme and extreme[-1] == each.day - DAY:
                alarms.add(each.day)
            extreme.append(each.day)
        if fills < least:
            carried = (fills, outside)
            continue
        carried = (0, 0)
        warnings[each.day] = outside * 100 > share * fills
    found = _runs(warnings, day)
    return {**found, **dict.fromkeys(sorted(alarms), Signal.ALARM)}


def judge_pressure(flat_hours: dict[dt.date, Decimal], day: dt.date) -> dict[dt.date, Signal]:
    """The signal of every day of a tank by its longest run of pressure about zero: above 12 h is a warning."""
    bound = _value("online.flat_hours", day)
    return _runs({each: hours > bound for each, hours in flat_hours.items()}, day)


def judge_sensor(peaks: dict[dt.date, Decimal], day: dt.date) -> dict[dt.date, Signal]:
    """The signal of every day of a VOC sensor by its peak: 4000 μmol/mol is a warning, 8000 an alarm at once."""
    warning, alarm = _value("online.sensor", day)
    found = _runs({each: peak >= warning for each, peak in peaks.items()}, day)
    return {each: Signal.ALARM if peaks[each] >= alarm else signal for each, signal in found.items()}


def pressure_is_accurate(differences: Sequence[Decimal], day: dt.date) -> bool | None:
    """Whether a pressure gauge agrees with a manual reading (annex F): within 50 Pa, else the mean of three tests."""
    return _accurate(differences, _value("accuracy.pressure", day))


def ratio_is_accurate(differences: Sequence[Decimal], day: dt.date) -> bool | None:
    """Whether the on-line ratio agrees with a manual test (annex F): within 0.15, else the mean of three tests."""
    return _accurate(differences, _value("accuracy.ratio", day))


def _accurate(differences: Sequence[Decimal], bound: Decimal) -> bool | None:
    if not differences:
        return None
    if abs(differences[0]) <= bound:
        return True
    if len(differences) < 3:
        return None
    return abs(sum(differences[:3], Decimal(0)) / 3) <= bound
