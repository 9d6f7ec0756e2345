"""A simulated entry as it is planned: where it lies, its values, the days on which it changes its state."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lantu.ledgers import Ledger, Selection, Transition

DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class Planned:
    """One planned entry. `states` are (day, state) in order; the first is the day on which it is entered."""

    ledger: str
    key: str
    area: str
    states: list[tuple[dt.date, str]]
    values: dict[str, Any]
    related: dict[tuple[str, str], list[dt.date]] = field(default_factory=dict)
    """For tests of another ledger's entries: days by (ledger, field)."""
    holder: str | None = None
    """The unit that holds it, once it has left the state in which it was entered."""

    def state_at(self, day: dt.date) -> str | None:
        """Its state at the end of a day; None before it was entered."""
        found = None
        for since, state in self.states:
            if since <= day:
                found = state
        return found

    def since(self, states: frozenset[str]) -> dt.date | None:
        """Since when, to the end, it has been in one of the states."""
        found = None
        for day, state in self.states:
            found = (found or day) if state in states else None
        return found


def path_to(ledger: Ledger, state: str) -> list[Transition]:
    """The shortest way of transitions from an initial state to `state`.

    Raises:
        ValueError: there is none.
    """
    todo: deque[tuple[str, list[Transition]]] = deque((name, []) for name in ledger.initial_states)
    seen = set(ledger.initial_states)
    while todo:
        name, steps = todo.popleft()
        if name == state:
            return steps
        for step in ledger.transitions:
            if name in step.from_ and step.to is not None and step.to not in seen:
                seen.add(step.to)
                todo.append((step.to, [*steps, step]))
    raise ValueError(f"{ledger.ledger}: nothing leads to {state}")


def begin_of(ledger: Ledger, steps: list[Transition], state: str) -> str:
    """The initial state at which a way begins."""
    return next((name for name in ledger.initial_states if not steps or name in steps[0].from_), state)


@dataclass(frozen=True, slots=True)
class Want:
    """What one entry shall fulfil or not: selections and states by name."""

    flags: Mapping[str, bool]


def holds(ledger: Ledger, name: str, entry: Planned, start: dt.date, end: dt.date, day: dt.date | None = None) -> bool:
    """Whether a planned entry belongs to a selection or state, reckoned from the plan alone.

    Args:
        ledger: its declaration.
        name: a selection or state.
        entry: the entry.
        start: the first day of the period that is judged.
        end: its last day.
        day: the day on which it is looked at; the last day if not given.
    """
    at = day or end
    state = entry.state_at(at)
    if state is None:
        return False
    if name in ledger.states:
        return state in ledger.states_of(name)
    selection = ledger.selections[name]
    if selection.state and all(state not in ledger.states_of(wanted) for wanted in selection.state):
        return False

    def value(field_name: str) -> Any:
        if field_name == "area":
            return entry.area
        found = entry.values.get(field_name)
        declared = ledger.field(field_name)
        if isinstance(found, dt.date) and found > at and declared is not None and not declared.future:
            return None
        return found

    def fits(group: Mapping[str, Any]) -> bool:
        return all(_fits(test, value(field_name), start, end) for field_name, test in group.items())

    if not fits(selection.where):
        return False
    if selection.either and not any(fits(group) for group in selection.either):
        return False
    if not all(holds(ledger, other, entry, start, end, day) for other in selection.also):
        return False
    for related in selection.related:
        days = entry.related.get((related.ledger, related.field), [])
        if related.within == "period":
            days = [each for each in days if start <= each <= end]
        elif related.within == "up_to_period":
            days = [each for each in days if each <= end]
        if len(days) < related.at_least:
            return False
    return True


def _fits(test: Any, value: Any, start: dt.date, end: dt.date) -> bool:
    if test.present is not None:
        return (value is not None) is test.present
    if value is None:
        return False
    values = value if isinstance(value, tuple) else (value,)
    if test.equals is not None:
        return any(each == test.equals for each in values)
    if test.one_of is not None:
        return any(each in test.one_of for each in values)
    if test.at_least is not None:
        return not value < test.at_least
    if test.at_most is not None:
        return not value > test.at_most
    if test.within == "period":
        return not (value < start or value > end)
    if test.within == "up_to_period":
        return not value > end
    return bool(value.year == start.year - 1)


def since(ledger: Ledger, name: str, entry: Planned) -> dt.date | None:
    """Since when a planned entry belongs to a selection or state, where something dates it."""
    if name in ledger.states:
        return _since_state(ledger, entry, ledger.states_of(name))
    selection: Selection = ledger.selections[name]
    if selection.dated_by is not None:
        return entry.values.get(selection.dated_by)
    if selection.state:
        states = frozenset(each for wanted in selection.state for each in ledger.states_of(wanted))
        return _since_state(ledger, entry, states)
    days = [day for other in selection.also if (day := since(ledger, other, entry)) is not None]
    return max(days, default=None)


def _since_state(ledger: Ledger, entry: Planned, states: frozenset[str]) -> dt.date | None:
    if ledger.dated_by is not None and states & set(ledger.initial_states):
        return happened(ledger, entry)
    return entry.since(states)


def happened(ledger: Ledger, entry: Planned) -> dt.date:
    """The day of a planned entry's fact."""
    if ledger.dated_by is not None and entry.values.get(ledger.dated_by) is not None:
        day: dt.date = entry.values[ledger.dated_by]
        return day
    return entry.states[0][0]
