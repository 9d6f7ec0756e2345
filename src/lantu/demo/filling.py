"""Planned entries into the store: each with the history of its changes, all marked simulated."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lantu.demo.locations import Locations
from lantu.ledgers import Actor, Change, Evidence, Ledger, LedgerBook
from lantu.ledgers.values import to_json

if TYPE_CHECKING:
    from lantu.demo.planned import Planned
    from lantu.demo.truth import PlannedCity

SOURCE = "simulated"
_REPORTS = Actor("模拟经办人", "模拟承办单位")
_CHECKS = Actor("模拟核查人", "模拟核查单位")
_CONTENT = "模拟佐证，不是真实材料\nsimulated evidence, nothing real\n".encode()
BATCH = 50_000


def fill(book: LedgerBook, city: PlannedCity) -> int:
    """Write the planned entries; gives the number of changes.

    Raises:
        LantuError: the workspace holds such entries already.
    """
    digest = hashlib.sha256(_CONTENT).hexdigest()
    target = book.evidence_folder / digest[:2] / f"{digest}.txt"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(_CONTENT)
    recorded = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    total = 0
    batch: list[Change] = []
    locations = Locations(city.pack)
    for name, rows in city.entries.items():
        ledger = book.ledgers[name]
        for row in rows:
            batch += _changes(ledger, row, locations.place(ledger, row.area, row.key), digest, recorded)
        if len(batch) >= BATCH:
            book.store.add(batch)
            total, batch = total + len(batch), []
    book.store.add(batch)
    return total + len(batch)


def _changes(ledger: Ledger, row: Planned, place: str | None, digest: str, recorded: str) -> Iterator[Change]:
    """The changes of one entry: its states, and the days on which dates among its values come true."""
    known = {field.name: field for field in ledger.fields}
    days = {day for day, _ in row.states}
    for name, value in row.values.items():
        field = known[name]
        if isinstance(value, dt.date) and not field.future and value > row.states[0][0]:
            days.add(value)
    state = row.states[0][1]
    for version, day in enumerate(sorted(days), start=1):
        entered = [each for since, each in row.states if since == day]
        before, state = state, entered[-1] if entered else state
        action = "enter" if version == 1 else "amend" if state == before else _step(ledger, before, state)
        closing = ledger.closing is not None and ledger.closing.state == state and state != before
        step = next((each for each in ledger.transitions if each.name == action), None)
        needed = [*(step.evidence if step else ()), *(ledger.closing.evidence if closing and ledger.closing else ())]
        actor = _CHECKS if closing else _REPORTS
        yield Change(
            ledger.ledger,
            row.key,
            version,
            day,
            recorded,
            actor.person,
            actor.unit,
            action,
            state,
            row.area,
            row.holder if state != row.states[0][1] else None,
            place,
            {name: to_json(value) for name, value in row.values.items() if _is_known(known[name], value, day)},
            tuple(Evidence(kind, "simulated.txt", digest) for kind in dict.fromkeys(needed)),
            "模拟" if step is not None and step.reason else None,
            SOURCE,
            True,
        )


def _is_known(field: Any, value: Any, day: dt.date) -> bool:
    return value is not None and not (isinstance(value, dt.date) and not field.future and value > day)


def _step(ledger: Ledger, before: str, after: str) -> str:
    found = next((step.name for step in ledger.transitions if before in step.from_ and step.to == after), None)
    if found is None:
        raise ValueError(f"{ledger.ledger}: no transition from {before} to {after}")
    return found
