"""The entries of a ledger as they stood on a day, ready to be selected, counted and added up."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import orjson

from lantu.base import LantuError, Period, Text
from lantu.ledgers.values import decoder

if TYPE_CHECKING:
    from lantu.ledgers.schema import Ledger
    from lantu.ledgers.selections import Selection
    from lantu.ledgers.store import LedgerStore
    from lantu.places import AreaTree


class Entry:
    """One entry on the day asked for; its values are read from what is kept when they are first looked at."""

    __slots__ = (
        "_decoders",
        "_raw",
        "_values",
        "area",
        "day",
        "happened",
        "holder",
        "key",
        "simulated",
        "state",
        "version",
    )

    def __init__(
        self,
        key: str,
        area: str,
        holder: str | None,
        state: str,
        day: dt.date,
        version: int,
        raw: str,
        decoders: list[tuple[str, Any]],
        simulated: bool,
    ) -> None:
        self.key, self.area, self.holder, self.state = key, area, holder, state
        self.day, self.version, self.simulated = day, version, simulated
        self._raw, self._decoders = raw, decoders
        self._values: dict[str, Any] | None = None
        self.happened: dt.date | None = None
        """The day of its fact, once it was asked for; see `Entries.happened`."""

    @property
    def values(self) -> dict[str, Any]:
        """The declared fields that are filled."""
        if self._values is None:
            values = orjson.loads(self._raw)
            for name, decode in self._decoders:
                kept = values.get(name)
                if kept is not None:
                    values[name] = decode(kept)
            self._values = values
        return self._values

    def get(self, name: str) -> Any:
        """The value of a field, or of `key`, `area`, `holder`, `state`; None where it is not filled."""
        if name in ("area", "holder", "state", "key"):
            return getattr(self, name)
        return self.values.get(name)


_KEY = attrgetter("key")
Row = tuple[str, str, str, str, "str | None", str, int]
"""A kept change: key, day, state, area, holder, data, simulated."""


class History:
    """All that a ledger ever held, from which it can be read as of any day. Days are kept as they are written."""

    def __init__(
        self,
        store: LedgerStore,
        ledger: Ledger,
        within: Collection[str] | None = None,
        naming: tuple[str, Collection[str]] | None = None,
    ) -> None:
        """Read the changes of a ledger: all, or only of entries `within` areas or `naming` others in a field."""
        self.ledger = ledger
        self.version = store.version(ledger.ledger)
        self._decoders = [(each.name, decode) for each in ledger.fields if (decode := decoder(each)) is not None]
        self._days: dict[str, dt.date] = {}
        self._made: dict[tuple[str, int], Entry] = {}
        self.lines: dict[str, list[Row]] = {}
        lines = self.lines
        for row in store.rows(ledger.ledger, within, naming):
            line = lines.get(row[0])
            if line is None:
                lines[row[0]] = [row]
            else:
                line.append(row)
        # Entries that never changed are the most in ledgers of records: on any day they are a run of this list.
        once = sorted((row for line in lines.values() if len(line) == 1 for row in line), key=lambda row: row[1])
        self._once = [self._entry(row, 1) for row in once]
        self._once_since = [row[1] for row in once]
        self._changed = [(key, line) for key, line in lines.items() if len(line) > 1]
        self._facts: tuple[list[dt.date], list[Entry]] | None = None

    def day(self, written: str) -> dt.date:
        found = self._days.get(written)
        if found is None:
            found = self._days[written] = dt.date.fromisoformat(written)
        return found

    def at(self, day: dt.date) -> list[Entry]:
        """The entries as they stood at the end of a day, by key; one that has not changed is the same object always."""
        until = day.isoformat()
        return sorted([*self._once[: bisect_right(self._once_since, until)], *self._moved(until)], key=_KEY)

    def _moved(self, until: str) -> list[Entry]:
        """The entries that changed at some time, as they stood at the end of a day."""
        found = []
        made = self._made
        for key, line in self._changed:
            for version in range(len(line), 0, -1):
                if line[version - 1][1] <= until:
                    entry = made.get((key, version))
                    if entry is None:
                        made[key, version] = entry = self._entry(line[version - 1], version)
                    found.append(entry)
                    break
        return found

    def _entry(self, row: Row, version: int) -> Entry:
        key, since, state, area, holder, data, simulated = row
        return Entry(key, area, holder, state, self.day(since), version, data, self._decoders, bool(simulated))

    def happened(self, entry: Entry) -> dt.date:
        """The day of an entry's fact: the ledger's own date field, else the day on which it was first entered."""
        if entry.happened is None:
            dated_by = self.ledger.dated_by
            day = entry.values.get(dated_by) if dated_by is not None else None
            entry.happened = day or self.day(self.lines[entry.key][0][1])
        return entry.happened

    def facts(self, first: dt.date, last: dt.date, day: dt.date) -> list[Entry]:
        """Those entries, as they stood on `day`, whose fact lies between two days; in no order."""
        if self._facts is None:
            dated = sorted(((self.happened(entry), number) for number, entry in enumerate(self._once)))
            self._facts = [each for each, _ in dated], [self._once[number] for _, number in dated]
        days, entries = self._facts
        never_changed = entries[bisect_left(days, first) : bisect_right(days, last)]
        found = [entry for entry in never_changed if entry.day <= day]
        return found + [each for each in self._moved(day.isoformat()) if first <= self.happened(each) <= last]

    def timeline(self, key: str, day: dt.date) -> list[tuple[dt.date, str]]:
        """The states of an entry with the day on which each began, up to a day."""
        found: list[tuple[dt.date, str]] = []
        until = day.isoformat()
        for row in self.lines.get(key, ()):
            if row[1] > until:
                break
            if not found or found[-1][1] != row[2]:
                found.append((self.day(row[1]), row[2]))
        return found


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
    _related: dict[Any, dict[str, int]] = field(default_factory=dict)
    _reached: dict[frozenset[str], dict[str, dt.date | None]] = field(default_factory=dict)

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

    def timeline(self, key: str) -> list[tuple[dt.date, str]]:
        """The states of an entry with the day on which each began, up to the day."""
        return self.history.timeline(key, self.day)

    def happened(self, entry: Entry) -> dt.date:
        """The day of an entry's fact: the ledger's own date field, else the day on which it was first entered."""
        return self.history.happened(entry)

    def reached(self, entry: Entry, states: frozenset[str]) -> dt.date | None:
        """Since when, without a break, an entry has been in one of the states; None where it is in none."""
        known = self._reached.setdefault(states, {})
        if entry.key not in known:
            since = None
            until = self.day.isoformat()
            for row in self.history.lines.get(entry.key, ()):
                if row[1] > until:
                    break
                since = (since or row[1]) if row[2] in states else None
            known[entry.key] = None if since is None else self.history.day(since)
        return known[entry.key]

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
