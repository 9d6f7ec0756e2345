"""The entries of a ledger as they stood on a day, ready to be selected, counted and added up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Period, Text
from lantu.ledgers.entry import Entry

if TYPE_CHECKING:
    from lantu.ledgers.history import History
    from lantu.ledgers.schema import Ledger
    from lantu.ledgers.selections import Selection
    from lantu.places import AreaTree


Find = Callable[[str], "Entries"]


@dataclass(slots=True)
class Entries:
    """All entries of one ledger as of `day`.

    Args:
        ledger: its declaration.
        day: entries are as they stood at the end of this day.
        history: all that the ledger ever held.
        areas: the tree, to find what lies in a district or the city.
        find: gives the entries of another ledger on the same day.
    """

    ledger: Ledger
    day: dt.date
    history: History
    areas: AreaTree
    find: Find
    naming: Callable[[str, str], Entries] | None = None
    """For a part of a ledger: gives the entries of another ledger that name one of its entries in a field."""
    rows: list[Entry] = field(init=False)
    _by_area: dict[str, list[Entry]] | None = None
    _by_value: dict[str, dict[Any, list[Entry]]] = field(default_factory=dict)
    _by_area_value: dict[tuple[str, str], dict[Any, list[Entry]]] = field(default_factory=dict)
    _related: dict[Any, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = self.history.at(self.day)

    @property
    def version(self) -> int | None:
        """The number of the ledger's latest change."""
        return self.history.version

    @property
    def is_simulated(self) -> bool:
        return any(row.simulated for row in self.rows)

    def within(self, area: str) -> list[Entry]:
        """The entries that lie in an area or anywhere under it."""
        if self._by_area is None:
            found: dict[str, list[Entry]] = {}
            above: dict[str, list[str]] = {}
            for row in self.rows:
                if row.area not in above:
                    upper = [each.code for each in self.areas.ancestors(row.area)] if row.area in self.areas else []
                    above[row.area] = [row.area, *upper]
                for code in above[row.area]:
                    found.setdefault(code, []).append(row)
            self._by_area = found
        return self._by_area.get(area, [])

    def of_area(self, area: str) -> list[Entry]:
        """The entries that speak for an area: all within it, or its own where the ledger says so."""
        return self.by("area").get(area, []) if self.ledger.own_area else self.within(area)

    def by(self, name: str) -> dict[Any, list[Entry]]:
        """The entries by the value of a field."""
        if name not in self._by_value:
            found: dict[Any, list[Entry]] = {}
            for row in self.rows:
                found.setdefault(row.get(name), []).append(row)
            self._by_value[name] = found
        return self._by_value[name]

    def in_area_by(self, area: str, name: str) -> dict[Any, list[Entry]]:
        """The entries of just this area, by the value of a field: those of other areas are not read for it."""
        if (area, name) not in self._by_area_value:
            found: dict[Any, list[Entry]] = {}
            for row in self.by("area").get(area, []):
                found.setdefault(row.get(name), []).append(row)
            self._by_area_value[area, name] = found
        return self._by_area_value[area, name]

    def timeline(self, key: str) -> list[tuple[dt.date, str]]:
        """The states of an entry with the day on which each began, up to the day."""
        return self.history.timeline(key, self.day)

    def happened(self, entry: Entry) -> dt.date:
        """The day of an entry's fact: the ledger's own date field, else the day on which it was first entered."""
        return self.history.happened(entry)

    def reached(self, entry: Entry, states: frozenset[str]) -> dt.date | None:
        """Since when, without a break, an entry has been in one of the states; None where it is in none."""
        return self.history.reached(entry, states)

    def states_of(self, selection: Selection) -> frozenset[str]:
        """All states that fulfil a selection's states."""
        return frozenset(state for name in selection.state for state in self.ledger.states_of(name))

    def select(self, name: str, period: Period, among: Iterable[Entry] | None = None) -> list[Entry]:
        """The entries of a selection or state, for the period that is judged.

        Args:
            name: a selection or state of the ledger.
            period: what `within: period` means.
            among: look only at these.

        Raises:
            LantuError: the ledger has neither a selection nor a state of that name.
        """
        rows = self.rows if among is None else among
        if name in self.ledger.states:
            states = self.ledger.states_of(name)
            return [row for row in rows if row.state in states]
        holds = self.test(name, period)
        return [row for row in rows if holds(row)]

    def test(self, name: str, period: Period) -> Callable[[Entry], bool]:
        """The test of a selection as a function of an entry."""
        selection = self.ledger.selections.get(name)
        if selection is None:
            if name in self.ledger.states:
                states = self.ledger.states_of(name)
                return lambda row: row.state in states
            raise LantuError(
                Text(
                    f"台账 {self.ledger.ledger} 没有口径或状态“{name}”",
                    f"the ledger {self.ledger.ledger} has no selection or state '{name}'",
                ),
                mend=Text(f"可用：{'、'.join(self.ledger.names())}", f"there are: {', '.join(self.ledger.names())}"),
            )
        start, end = period.start, min(period.end, self.day)
        end = max(start, end)
        tests: list[Callable[[Entry], bool]] = [self.test(other, period) for other in selection.also]
        if selection.state:
            wanted = self.states_of(selection)
            tests.append(lambda row: row.state in wanted)
        for field_name, each in selection.where.items():
            tests.append(lambda row, n=field_name, t=each: t.holds(row.get(n), start, end))  # type: ignore[misc]
        if selection.either:
            groups = selection.either
            tests.append(
                lambda row: any(all(t.holds(row.get(n), start, end) for n, t in group.items()) for group in groups)
            )
        for related in selection.related:
            counts = self._counts(related, period)
            least = related.at_least
            tests.append(lambda row, c=counts, n=least: c.get(row.key, 0) >= n)  # type: ignore[misc]
        return lambda row: all(test(row) for test in tests)

    def _counts(self, related: Any, period: Period) -> dict[str, int]:
        """How many entries of the other ledger refer to each of ours, dated as asked."""
        key = (related.ledger, related.field, related.selection, related.within, period.start, period.end)
        if key not in self._related:
            other = self.naming(related.ledger, related.field) if self.naming else self.find(related.ledger)
            counts: dict[str, int] = {}
            chosen = other.rows
            if related.within != "ever":
                first = period.start if related.within == "period" else dt.date.min
                chosen = other.history.facts(first, period.end, other.day)
            if related.selection is not None:
                chosen = other.select(related.selection, period, chosen)
            for row in chosen:
                target = row.values.get(related.field)
                if target is not None:
                    counts[target] = counts.get(target, 0) + 1
            self._related[key] = counts
        return self._related[key]

    def since(self, name: str, entry: Entry) -> dt.date | None:
        """Since when an entry has belonged to a selection or state; None where nothing dates it."""
        if name in self.ledger.states:
            return self._dated_state(entry, self.ledger.states_of(name))
        selection = self.ledger.selections[name]
        if selection.dated_by is not None:
            return entry.values.get(selection.dated_by)
        if selection.state:
            return self._dated_state(entry, self.states_of(selection))
        found = [self.since(other, entry) for other in selection.also]
        dates = [day for day in found if day is not None]
        return max(dates) if dates else None

    def _dated_state(self, entry: Entry, states: frozenset[str]) -> dt.date | None:
        if self.ledger.dated_by is not None and set(self.ledger.initial_states) & states:
            return self.happened(entry)
        return self.reached(entry, states)
