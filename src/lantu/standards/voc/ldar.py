"""Leak detection and repair (泄漏检测与修复, LDAR): GB 37822-2019 chapter 8, for petrochemicals GB 31571-2015."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from lantu.base import LantuError, Text
from lantu.standards.voc.fugitive import Column, row_of, value_of


class Medium(Enum):
    """What flows in a component: gas and volatile liquid, or other liquid."""

    LIGHT = "light"
    OTHER = "other"


def leak_definition(medium: Medium, column: Column, day: dt.date) -> Decimal:
    """The concentration (μmol/mol) that makes a leak."""
    if column.is_petrochemical:
        limits = value_of("petrochemical.leak_definition", day)
    else:
        limits = row_of("leak_definition", column, day)
    light, other = limits
    found: Decimal = light if medium is Medium.LIGHT else other
    return found


def is_leak(
    reading: Decimal | None, medium: Medium, column: Column, day: dt.date, visible_drip: bool = False
) -> bool | None:
    """Whether a component leaks: a visible drip, or a reading (μmol/mol) that reaches the definition.

    None without either.
    """
    if visible_drip:
        return True
    return None if reading is None else reading >= leak_definition(medium, column, day)


def ldar_is_duty(points: int, day: dt.date) -> bool:
    """Whether a plant with so many sealing points must run leak detection and repair (GB 37822-2019)."""
    least: Decimal = value_of("ldar_points", day)
    return points >= least


# terms ----------------------------------------------------------------------------------------------------------------


def _add_months(day: dt.date, months: int) -> dt.date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _own(name: str, column: Column) -> str:
    return f"petrochemical.{name}" if column.is_petrochemical else name


def months_between_tests(component: str, column: Column, day: dt.date) -> int:
    """Months between two leak tests of a component.

    Raises:
        LantuError: no frequency is known for the component (an agitator of a petrochemical plant is one).
    """
    months = dict(value_of(_own("ldar_months", column), day))
    if component not in months:
        raise LantuError(
            Text(f"没有已知的检测周期：{component}", f"no frequency of leak tests is known for '{component}'"),
            mend=Text(f"可用：{'、'.join(months)}", f"there are: {', '.join(months)}"),
        )
    return int(months[component])


def next_test_by(component: str, column: Column, last: dt.date) -> dt.date:
    """The last day of the next leak test: as many months after the one before; a month that is too short ends it."""
    return _add_months(last, months_between_tests(component, column, last))


def first_test_by(began: dt.date, column: Column) -> dt.date:
    """The last day of the first test after first use or maintenance, or after a petrochemical plant's start-up."""
    return began + dt.timedelta(int(value_of(_own("first_test_days", column), began)))


def next_visual_by(last: dt.date) -> dt.date:
    """The last day of the next visual check."""
    return last + dt.timedelta(int(value_of("visual_days", last)))


def relief_test_by(discharge: dt.date, holidays: Collection[dt.date] = (), worked: Collection[dt.date] = ()) -> dt.date:
    """The last day of a relief device's test: the fifth working day after its discharge.

    Monday to Friday are worked, but for `holidays`; so are the other days in `worked`.
    """
    left, day = int(value_of("relief_working_days", discharge)), discharge
    while left:
        day += dt.timedelta(1)
        left -= day in worked or (day.weekday() < 5 and day not in holidays)
    return day


@dataclass(frozen=True, slots=True)
class RepairState:
    """How a repair stands: the last days of its steps, which of them are late, and whether it is done."""

    attempt_by: dt.date
    repair_by: dt.date | None
    """None while the repair is rightly put off."""
    attempt_late: bool
    repair_late: bool
    done: bool


def repair_state(
    found: dt.date,
    day: dt.date,
    attempted: dt.date | None = None,
    repaired: dt.date | None = None,
    put_off_filed: dt.date | None = None,
    next_shutdown: dt.date | None = None,
) -> RepairState:
    """How the repair of a leak stands on `day`.

    A first attempt is due in 5 days and the end in 15. Where a shutdown is needed or the repair is unsafe it may be put
    off, filed with the authority within the term, until the end of the next shutdown.
    """
    first, last = value_of("repair_days", found)
    attempt_by = found + dt.timedelta(int(first))
    term = found + dt.timedelta(int(last))
    repair_by: dt.date | None = term
    if put_off_filed is not None and put_off_filed <= term:
        repair_by = next_shutdown
    known = [each for each in (attempted, repaired) if each is not None and each <= day]
    tried = min(known, default=None)
    done = repaired is not None and repaired <= day
    ended = repaired if done and repaired is not None else day
    return RepairState(
        attempt_by,
        repair_by,
        (tried or day) > attempt_by,
        repair_by is not None and ended > repair_by,
        done,
    )


# supervision ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckedPoint:
    """A point of a spot check: its reading (μmol/mol), its medium, and whether it is within its term of repair."""

    reading: Decimal | None
    medium: Medium
    visible_drip: bool = False
    in_repair: bool = False


def spot_check_is_violation(points: Sequence[CheckedPoint], column: Column, day: dt.date) -> bool:
    """Whether a spot check finds a violation: more than 2 of up to 100 points leak outside their term of repair.

    Raises:
        LantuError: more points than a spot check has.
    """
    most, allowed = value_of("spot_check", day)
    if len(points) > most:
        raise LantuError(
            Text(
                f"抽查 {len(points)} 个密封点，最多 {most} 个", f"{len(points)} points; a spot check has {most} at most"
            )
        )
    leaking = sum(
        bool(is_leak(each.reading, each.medium, column, day, each.visible_drip)) and not each.in_repair
        for each in points
    )
    return bool(leaking > allowed)
