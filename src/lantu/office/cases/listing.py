"""Lists of cases for pages and commands: filtered and cut in the database, never all in memory."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.office.cases.rules import CASES

if TYPE_CHECKING:
    from lantu.ledgers import LedgerBook

_COLUMNS = ("key", "version", "day", "state", "area", "holder", "data", "simulated")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases; what is None is not asked. `areas` are codes; `after` is the `id` of the last one shown before."""

    states: Sequence[str] | None = None
    case_class: str | None = None
    areas: Sequence[str] | None = None
    unit: str | None = None
    rule: str | None = None
    since: dt.date | None = None
    words: str | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a list shows it. `id` grows with the order in which cases were first entered."""

    id: int
    number: str
    version: int
    day: dt.date
    state: str
    area: str
    holder: str | None
    data: dict[str, Any]
    simulated: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "version": self.version,
            "day": self.day.isoformat(),
            "state": self.state,
            "area": self.area,
            "holder": self.holder,
            "simulated": self.simulated,
            **{name: value for name, value in self.data.items() if name != "number"},
        }


def _where(book: LedgerBook, wanted: CaseFilter) -> tuple[str, list[Any]]:
    store = book.store
    parts, values = ["ledger = ?"], [CASES]  # type: list[str], list[Any]

    def listed(column: str, among: Sequence[str] | None) -> None:
        if among is not None:
            parts.append(f"{column} in ({', '.join('?' * len(among))})" if among else "1 = 0")
            values.extend(among)

    listed("state", wanted.states)
    listed("area", wanted.areas)
    if wanted.unit is not None:
        parts.append("holder = ?")
        values.append(wanted.unit)
    for name, value in (("case_class", wanted.case_class), ("rule", wanted.rule)):
        if value is not None:
            parts.append(f"{store.field_sql(name)} = ?")
            values.append(value)
    if wanted.since is not None:
        parts.append(f"{store.field_sql('occurred_on')} >= ?")
        values.append(wanted.since.isoformat())
    if wanted.words:
        escaped = wanted.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts.append("(key like ? escape '\\' or data like ? escape '\\')")
        values += [f"{escaped}%", f"%{escaped}%"]
    return " and ".join(parts), values


def list_cases(book: LedgerBook, wanted: CaseFilter | None = None, limit: int = 50) -> list[CaseRow]:
    """The newest cases first, at most `limit`; the next page follows with `after`."""
    wanted = wanted or CaseFilter()
    where, values = _where(book, wanted)
    if wanted.after is not None:
        where, values = f"{where} and id < ?", [*values, wanted.after]
    rows = book.store.select(
        f"select id, {', '.join(_COLUMNS)} from entry where {where} order by id desc limit ?", [*values, int(limit)]
    )
    return [
        CaseRow(
            row[0],
            row[1],
            row[2],
            dt.date.fromisoformat(row[3]),
            row[4],
            row[5],
            row[6],
            json.loads(row[7]),
            bool(row[8]),
        )
        for row in rows
    ]


def count_cases(book: LedgerBook, wanted: CaseFilter | None = None) -> dict[str, int]:
    """How many cases there are by state."""
    where, values = _where(book, wanted or CaseFilter())
    rows = book.store.select(f"select state, count(*) from entry where {where} group by state", values)
    counts = dict(rows)
    return {state: counts.get(state, 0) for state in book.ledger(CASES).states}
