"""Completeness and timeliness (完整率、及时率) of the monthly reports, by unit and month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import Period, round_half_even
from lantu.office.cases.handling import read_handling
from lantu.office.duties import must_report

if TYPE_CHECKING:
    from lantu.ledgers import LedgerBook
    from lantu.places import DueDay
    from lantu.plan.packs import Pack

REPORTS = "progress_reports"


@dataclass(slots=True)
class UnitMonth:
    """The reports of a unit for a month on a day.

    `expected` reports are due on `due_on`; each of them is `in_time`, `late`, `missing` (the day has passed) or
    `pending`. Of those that came, `returned` wait for the unit and `approved` are done; `extra` ones nobody asked for.
    """

    unit: str
    month: str
    due_on: dt.date
    due_stale: bool
    expected: int = 0
    in_time: int = 0
    late: int = 0
    missing: int = 0
    pending: int = 0
    returned: int = 0
    approved: int = 0
    extra: int = 0

    @property
    def completeness(self) -> Decimal | None:
        """The share of the expected reports that came, in %; None where none is expected."""
        return self._share(self.in_time + self.late)

    @property
    def timeliness(self) -> Decimal | None:
        """The share of the expected reports that came in time, in %."""
        return self._share(self.in_time)

    def _share(self, count: int) -> Decimal | None:
        return round_half_even(Decimal(100 * count) / self.expected, 1) if self.expected else None

    def as_json(self) -> dict[str, Any]:
        def number(value: Decimal | None) -> float | None:
            return None if value is None else float(value)

        return {
            "unit": self.unit,
            "month": self.month,
            "due_on": self.due_on.isoformat(),
            "due_stale": self.due_stale,
            "expected": self.expected,
            "in_time": self.in_time,
            "late": self.late,
            "missing": self.missing,
            "pending": self.pending,
            "returned": self.returned,
            "approved": self.approved,
            "extra": self.extra,
            "completeness": number(self.completeness),
            "timeliness": number(self.timeliness),
        }


def months_of(pack: Pack, day: dt.date) -> list[str]:
    """The months of the plan that have begun to be reported by a day: those that have ended."""
    reports = read_handling(pack).reports
    found = []
    month = dt.date.fromisoformat(f"{reports.first_month}-01")
    last = dt.date.fromisoformat(f"{reports.last_month}-01")
    while month <= last:
        following = (month + dt.timedelta(days=32)).replace(day=1)
        if following <= day:
            found.append(f"{month:%Y-%m}")
        month = following
    return found


def due_of(pack: Pack, month: str) -> DueDay:
    """When the reports of a month are due."""
    return pack.working_days.after(Period.parse(month).end, read_handling(pack).reports.due_working_days)


def report_table(
    book: LedgerBook,
    pack: Pack,
    day: dt.date,
    months: Sequence[str] | None = None,
    unit: str | None = None,
) -> list[UnitMonth]:
    """The table by unit and month as of now, judged on a day; units with the most missing reports first.

    A report is in time by the day on which it was first handed in, whatever date it bears itself.

    Args:
        book: the ledgers.
        pack: its measures tell who must report.
        day: the day that decides what is missing.
        months: which months; all that have ended if not given.
        unit: only this unit.
    """
    wanted = list(months) if months is not None else months_of(pack, day)
    expected: dict[str, set[str]] = {}
    for duty in must_report(pack):
        if unit is None or duty.unit == unit:
            expected.setdefault(duty.unit, set()).add(duty.measure)
    due = {month: due_of(pack, month) for month in wanted}
    rows = {
        (name, month): UnitMonth(name, month, due[month].day, due[month].stale, expected=len(measures))
        for name, measures in expected.items()
        for month in wanted
    }
    for measure, name, month, state, first in _handed_in(book, wanted, unit, day):
        row = rows.get((name, month))
        if row is None:
            row = rows[name, month] = UnitMonth(name, month, due[month].day, due[month].stale)
        if measure not in expected.get(name, ()):
            row.extra += 1
            continue
        if first <= row.due_on.isoformat():
            row.in_time += 1
        else:
            row.late += 1
        row.returned += state == "returned"
        row.approved += state == "approved"
    for row in rows.values():
        open_ones = row.expected - row.in_time - row.late
        if day > row.due_on:
            row.missing = open_ones
        else:
            row.pending = open_ones
    worst: dict[str, int] = {}
    for row in rows.values():
        worst[row.unit] = worst.get(row.unit, 0) + row.missing
    return sorted(rows.values(), key=lambda row: (-worst[row.unit], row.unit, row.month))


def _handed_in(book: LedgerBook, months: Sequence[str], unit: str | None, day: dt.date) -> list[Any]:
    """(measure, unit, month, state, day of the first version) of the reports for some months."""
    if not months:
        return []
    store = book.store
    measure, name, month = (store.field_sql(each) for each in ("measure", "unit_name", "month"))
    # where the month ends the key, a look at the key is cheaper than one into the values
    by_key = book.ledger(REPORTS).key[-1] == "month"
    ends = " or ".join(["key like ?"] * len(months)) if by_key else "1 = 1"
    query = (
        f"select e.measure, e.unit_name, e.month, e.state, c.day from (select key, state, {measure} as measure, "
        f"{name} as unit_name, {month} as month from entry where ledger = ? and ({ends})) e "
        "join change c on c.ledger = ? and c.key = e.key and c.version = 1 "
        f"where e.month in ({', '.join('?' * len(months))}) and c.day <= ?"
    )
    values: list[Any] = [REPORTS, *(f"%/{each}" for each in months if by_key), REPORTS, *months, day.isoformat()]
    if unit is not None:
        query += " and e.unit_name = ?"
        values.append(unit)
    return store.select(query, values)
