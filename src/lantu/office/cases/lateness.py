"""Who is late (逾期): open cases past their deadline by unit and area, in working days, with the colour of escalation.

Pages ask for this all day: it reads only open cases, and the words of none.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.office.cases.rules import CASES

if TYPE_CHECKING:
    from lantu.ledgers import LedgerBook
    from lantu.office.cases.handling import Escalation
    from lantu.places import WorkingDays

UNFINISHED = ("raised", "assigned", "accepted")
"""States in which something has yet to be put right by the deadline."""


@dataclass(frozen=True, slots=True)
class LateCase:
    """An open case on a day: how many working days it is past its deadline (negative: before it), and the colour."""

    number: str
    case_class: str
    area: str
    unit: str | None
    state: str
    due_on: dt.date | None
    days_late: int | None
    level: str | None
    stale: bool
    """Whether no notice on holidays covers some of the days that were counted."""

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "case_class": self.case_class,
            "area": self.area,
            "unit": self.unit,
            "state": self.state,
            "due_on": None if self.due_on is None else self.due_on.isoformat(),
            "days_late": self.days_late,
            "level": self.level,
            "stale": self.stale,
        }


@dataclass(slots=True)
class LateRow:
    """The open cases of one unit in one area, by colour."""

    unit: str | None
    area: str
    open: int = 0
    late: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    undated: int = 0
    """Open cases without a deadline: nobody can say that they are late."""
    worst_days: int = 0
    stale: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "area": self.area,
            "open": self.open,
            "late": self.late,
            "levels": dict(self.levels),
            "undated": self.undated,
            "worst_days": self.worst_days,
            "stale": self.stale,
        }


def open_cases(
    book: LedgerBook,
    day: dt.date,
    calendar: WorkingDays,
    escalation: Escalation,
    unit: str | None = None,
    areas: list[str] | None = None,
) -> list[LateCase]:
    """The open cases as they stood at the end of a day, latest first.

    Args:
        book: the ledgers.
        day: when; days before the latest change are read from the history.
        calendar: the working days.
        escalation: the colours.
        unit: only those that this unit holds.
        areas: only those that lie in these areas.
    """
    found = []
    judge = _Judge(day, calendar, escalation)
    for number, case_class, area, holder, state, due in _rows(book, day, unit, areas):
        date, days, level, stale = judge.of(due)
        found.append(LateCase(number, case_class, area, holder, state, date, days, level, stale))
    found.sort(key=lambda case: (case.days_late is None, -(case.days_late or 0), case.number))
    return found


Judged = tuple["dt.date | None", "int | None", "str | None", bool]


class _Judge:
    """What a deadline means on a day; each date is reckoned once."""

    def __init__(self, day: dt.date, calendar: WorkingDays, escalation: Escalation) -> None:
        self.day, self.calendar, self.escalation = day, calendar, escalation
        self._known: dict[str | None, Judged] = {None: (None, None, None, False)}

    def of(self, due: str | None) -> Judged:
        """(deadline, working days past it, colour, whether a day is stale)."""
        found = self._known.get(due)
        if found is None:
            assert due is not None
            date = dt.date.fromisoformat(due)
            days = self.calendar.between(date, self.day)
            level = self.escalation.level_of(days)
            stale = self.calendar.is_stale(date) or self.calendar.is_stale(self.day)
            found = self._known[due] = (date, days, None if level is None else level.name, stale)
        return found


def _rows(book: LedgerBook, day: dt.date, unit: str | None, areas: list[str] | None, brief: bool = False) -> list[Any]:
    """(number, class, area, holder, state, due) of open cases as of a day; `brief`: only area, holder and due."""
    store = book.store
    states = ", ".join("?" * len(UNFINISHED))
    wanted = [f"state in ({states})"]
    values: list[Any] = [*UNFINISHED]
    if unit is not None:
        wanted.append("holder = ?")
        values.append(unit)
    if areas is not None:
        wanted.append(f"area in ({', '.join('?' * len(areas))})" if areas else "1 = 0")
        values += areas
    due = store.field_sql("due_on")
    columns = f"area, holder, {due}" if brief else f"key, {store.field_sql('case_class')}, area, holder, state, {due}"
    latest = store.select("select max(day) from entry where ledger = ?", [CASES])
    if not latest or latest[0][0] is None or latest[0][0] <= day.isoformat():
        return store.select(
            f"select {columns} from entry where ledger = ? and {' and '.join(wanted)}", [CASES, *values]
        )
    return store.select(
        f"select {columns} from change join (select key as one, max(version) as last from change where ledger = ? "
        f"and day <= ? group by key) as held on change.key = held.one and change.version = held.last "
        f"where ledger = ? and {' and '.join(wanted)}",
        [CASES, day.isoformat(), CASES, *values],
    )


def lateness(
    book: LedgerBook,
    day: dt.date,
    calendar: WorkingDays,
    escalation: Escalation,
    unit: str | None = None,
    areas: list[str] | None = None,
) -> list[LateRow]:
    """Who is late on a day: the open cases by unit and area, those with the most red ones first.

    A case counts as late from the first working day after its deadline on.
    """
    rows: dict[tuple[str | None, str], LateRow] = {}
    judge = _Judge(day, calendar, escalation)
    for (place, holder, due), count in Counter(_rows(book, day, unit, areas, brief=True)).items():
        row = rows.get((holder, place))
        if row is None:
            row = rows[holder, place] = LateRow(holder, place)
        _, days, level, stale = judge.of(due)
        row.open += count
        row.stale = row.stale or stale
        if days is None:
            row.undated += count
            continue
        if level is not None:
            row.levels[level] += count
        if days > 0:
            row.late += count
            row.worst_days = max(row.worst_days, days)
    order = [level.name for level in reversed(escalation.levels)]
    return sorted(
        rows.values(),
        key=lambda row: (*(-row.levels[name] for name in order), -row.open, row.unit or "", row.area),
    )


def summed(rows: list[LateRow], by: str) -> list[LateRow]:
    """The rows of `lateness` put together by `unit` or by `area`."""
    found: dict[str | None, LateRow] = {}
    for row in rows:
        key = row.unit if by == "unit" else row.area
        into = found.setdefault(key, LateRow(row.unit, "") if by == "unit" else LateRow(None, row.area))
        into.open += row.open
        into.late += row.late
        for name, count in row.levels.items():
            into.levels[name] += count
        into.undated += row.undated
        into.worst_days = max(into.worst_days, row.worst_days)
        into.stale = into.stale or row.stale
    return list(found.values())
