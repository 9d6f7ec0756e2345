"""Entries of the simulated city, planned so that they belong to some selections and not to others."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import Period
from lantu.demo.planned import DAY, Planned, begin_of, holds, path_to
from lantu.demo.samples import sample
from lantu.demo.truth import PlannedCity
from lantu.ledgers.judging import RULES
from lantu.ledgers.values import to_json

if TYPE_CHECKING:
    from lantu.ledgers import Ledger
    from lantu.plan.packs import Pack


@dataclass(slots=True)
class Scale:
    """How many entries: for each leaf area in an ordinary ledger, and cases for each class and area."""

    per_area: int = 4
    cases: int = 2
    large: bool = False
    """Whether ledgers get as many entries as the pack expects of them."""


@dataclass(slots=True)
class Planner:
    """Plans single entries of one city; the same seed plans the same."""

    pack: Pack
    scale: Scale
    seed: int
    city: PlannedCity = field(init=False)
    draw: random.Random = field(init=False)
    numbers: dict[str, int] = field(default_factory=dict)
    keys: dict[str, list[Planned]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.city = PlannedCity(self.pack)
        self.draw = random.Random(self.seed)

    @property
    def year(self) -> Period:
        return Period.year(self.pack.year)

    def plan_entry(
        self,
        name: str,
        area: str,
        flags: Mapping[str, bool],
        fixed: Mapping[str, Any] | None = None,
        period: Period | None = None,
        begin: dt.date | None = None,
    ) -> Planned:
        """Plan one entry that fulfils some selections or states and not others, as far as they can be had together.

        Args:
            name: the ledger.
            area: where it lies.
            flags: selections and states that it shall belong to or not.
            fixed: values that are given.
            period: the period for which the flags are meant; the plan's year if not given.
            begin: the day on which it is entered; a day before the period if not given.
        """
        ledger = self.pack.ledgers[name]
        span = period or self.year
        number = self.numbers[name] = self.numbers.get(name, 0) + 1
        entered = begin or span.start - DAY * self.draw.randint(20, 200)
        wanted = self._state_for(ledger, flags)
        steps = path_to(ledger, wanted)
        states = self._days_of(ledger, steps, wanted, entered, span)
        values = self._values(ledger, number, area, states, steps, dict(fixed or {}), span)
        entry = Planned(name, "", area, states, values)
        for flag, want in sorted(flags.items(), key=lambda item: not item[1]):
            self._make(ledger, entry, flag, want, flags, span)
        entry.key = "/".join(str(to_json(values[part])) for part in ledger.key)
        self.keys.setdefault(name, []).append(entry)
        return self.city.add(entry)

    def _state_for(self, ledger: Ledger, flags: Mapping[str, bool]) -> str:
        """A state that fulfils what is wanted of states, the earliest that does."""

        def fits(state: str) -> bool:
            for flag, want in flags.items():
                if flag in ledger.states:
                    if (state in ledger.states_of(flag)) is not want:
                        return False
                elif want and (among := self._states_of(ledger, flag)) and state not in among:
                    return False
            return True

        def fits_all(state: str) -> bool:
            if not fits(state):
                return False
            for flag, want in flags.items():
                if want or flag not in ledger.selections:
                    continue
                selection = ledger.selections[flag]
                only_state = bool(selection.state) and not selection.where and not selection.either
                if only_state and not selection.related and state in self._states_of(ledger, flag):
                    return False
            return True

        for test in (fits_all, fits):
            for state in ledger.states:
                if test(state):
                    return state
        return ledger.initial_states[0]

    def _states_of(self, ledger: Ledger, name: str) -> set[str]:
        """The states of a selection and of those that it builds on; empty where any will do."""
        selection = ledger.selections[name]
        found = {state for wanted in selection.state for state in ledger.states_of(wanted)}
        for other in selection.also:
            inner = self._states_of(ledger, other)
            found = found & inner if found and inner else found or inner
        return found

    def _days_of(
        self, ledger: Ledger, steps: list[Any], wanted: str, entered: dt.date, span: Period
    ) -> list[tuple[dt.date, str]]:
        """The days of the states: steps are taken within the period, far enough apart for a quiet period."""
        states = [(entered, begin_of(ledger, steps, wanted))]
        if not steps:
            return states
        quiet = ledger.closing.quiet_days if ledger.closing is not None else 0
        room = max(span.days - 20 - quiet * len(steps), len(steps))
        day = max(entered, span.start) + DAY * self.draw.randint(3, max(4, room // (len(steps) + 1)))
        for step in steps:
            states.append((min(day, span.end), step.to))
            day += DAY * (quiet + self.draw.randint(2, max(3, room // (len(steps) + 2))))
        return states

    def _values(
        self,
        ledger: Ledger,
        number: int,
        area: str,
        states: list[tuple[dt.date, str]],
        steps: list[Any],
        values: dict[str, Any],
        span: Period,
    ) -> dict[str, Any]:
        needed = {each.name for each in ledger.fields if each.required or each.name in ledger.key}
        at_step = {name: day for step, (day, _) in zip(steps, states[1:], strict=True) for name in step.fields}
        needed |= set(at_step)
        if ledger.dated_by is not None:
            needed.add(ledger.dated_by)
        # what a standard judges is left unmeasured: the verdict that is wished for stands as it was reported
        judged = [each.judged_by.rule for each in ledger.fields if each.judged_by is not None]
        measured = {name for rule in judged for name in RULES[rule].reads} - needed
        for declared in ledger.fields:
            if declared.name in values or declared.name in measured:
                continue
            wanted = declared.name in needed or (declared.type in ("number", "integer") and declared.not_before is None)
            if not wanted and declared.default is None:
                continue
            if declared.ledger is not None:
                target = self._target(declared.ledger, area)
                if target is not None:
                    values[declared.name] = target.key
                continue
            day = at_step.get(declared.name, states[0][0])
            if declared.not_before is not None and declared.not_before in values:
                day = max(day, values[declared.not_before])
            unit = self._unit(area)
            values[declared.name] = sample(declared, number, day, area, unit, self.draw)
        return values

    def unit_of(self, area: str) -> str:
        """The government of an area, or of the one above it."""
        return self._unit(area)

    def _unit(self, area: str) -> str:
        names = [f"{each.name}政府" for each in (self.pack.areas.get(area), *self.pack.areas.ancestors(area))]
        known = [name for name in names if self.pack.units.kind_of(name) is not None]
        return known[0] if known else "市生态环境局"

    def _target(self, ledger: str, area: str) -> Planned | None:
        if ledger not in self.keys:
            for _ in range(2):
                self.plan_entry(ledger, self.leaf_of(ledger, area), {})
        rows = self.keys[ledger]
        near = [row for row in rows if row.area == area]
        return self.draw.choice(near or rows)

    def leaf_of(self, ledger: str, area: str) -> str:
        """An area fine enough for a ledger: the area itself, or the first street in it."""
        level = self.pack.ledgers[ledger].area
        found = self.pack.areas.get(area)
        while (level == "street" and found.level != "street") or (level == "district" and found.level == "city"):
            children = [each for each in self.pack.areas.children(found.code) if each.kind != "zone"]
            if not children:
                break
            found = children[0]
        return found.code

    def _make(
        self, ledger: Ledger, entry: Planned, flag: str, want: bool, flags: Mapping[str, bool], span: Period
    ) -> None:
        if flag in ledger.states or holds(ledger, flag, entry, span.start, span.end) is want:
            return
        if want:
            self._fulfil(ledger, entry, flag, span)
            return
        before = dict(entry.values)
        related = dict(entry.related)
        kept = [other for other, wanted in flags.items() if wanted and other != flag]
        for change in self._breaks(ledger, entry, flag, span):
            change()
            if not holds(ledger, flag, entry, span.start, span.end) and all(
                holds(ledger, other, entry, span.start, span.end) for other in kept
            ):
                return
            entry.values, entry.related = dict(before), dict(related)

    def _fulfil(self, ledger: Ledger, entry: Planned, flag: str, span: Period) -> None:
        selection = ledger.selections[flag]
        for other in selection.also:
            if not holds(ledger, other, entry, span.start, span.end):
                self._fulfil(ledger, entry, other, span)
        for name, test in [*selection.where.items(), *(selection.either[0].items() if selection.either else ())]:
            self._set(ledger, entry, name, test, span)
        if selection.dated_by is not None:
            day = entry.values.get(selection.dated_by)
            if day is None or day not in span:
                self._put_date(ledger, entry, selection.dated_by, span)
        for each in selection.related:
            months = span.months()
            days = [self._day_in(month) for month in months][: max(each.at_least, len(months))]
            entry.related[(each.ledger, each.field)] = days

    def _day_in(self, part: Period) -> dt.date:
        return part.start + DAY * self.draw.randint(0, part.days - 1)

    def _put_date(self, ledger: Ledger, entry: Planned, name: str, span: Period) -> None:
        declared = ledger.field(name)
        assert declared is not None
        first = max(span.start, entry.states[0][0])
        reached = [day for day, _ in entry.states if day in span]
        floor = entry.values.get(declared.not_before) if declared.not_before else None
        day = reached[-1] if reached else first + DAY * self.draw.randint(1, 40)
        entry.values[name] = max(day, floor) if floor is not None else day

    def _set(self, ledger: Ledger, entry: Planned, name: str, test: Any, span: Period) -> None:
        """Give a field a value that passes a test."""
        declared = ledger.field(name)
        if declared is None or test.holds(entry.values.get(name), span.start, span.end):
            return
        if test.equals is not None:
            value = int(test.equals) if declared.type == "integer" else test.equals
            entry.values[name] = (value,) if declared.type == "codes" else value
        elif test.one_of is not None:
            entry.values[name] = (test.one_of[0],) if declared.type == "codes" else test.one_of[0]
        elif test.present is True:
            number = self.numbers[ledger.ledger]
            if declared.type == "date":
                self._put_date(ledger, entry, name, span)
            elif declared.ledger is not None:
                target = self._target(declared.ledger, entry.area)
                entry.values[name] = target.key if target else None
            else:
                entry.values[name] = sample(
                    declared, number, span.start + DAY, entry.area, self._unit(entry.area), self.draw
                )
        elif test.present is False:
            entry.values.pop(name, None)
        elif test.at_least is not None or test.at_most is not None:
            bound = test.at_least if test.at_least is not None else test.at_most
            entry.values[name] = int(bound) if declared.type == "integer" else bound
        elif test.within == "year_before":
            entry.values[name] = dt.date(span.start.year - 1, self.draw.randint(1, 12), 15)
        else:
            self._put_date(ledger, entry, name, span)

    def _breaks(self, ledger: Ledger, entry: Planned, flag: str, span: Period) -> Iterable[Any]:
        """Ways to make an entry fall out of a selection."""
        selection = ledger.selections[flag]
        if selection.related:
            yield lambda: entry.related.clear()
        for other in selection.also:
            yield from self._breaks(ledger, entry, other, span)
        for name, test in selection.where.items():
            declared = ledger.field(name)
            if declared is None:
                continue
            if not declared.required and name not in ledger.key and test.present is not False:
                yield lambda n=name: entry.values.pop(n, None)
            for value in self._others(declared, test, span):
                yield lambda n=name, v=value: entry.values.__setitem__(n, v)
        for group in selection.either:
            for name in group:
                declared = ledger.field(name)
                if declared is not None and not declared.required:
                    yield lambda g=tuple(selection.either): [entry.values.pop(n, None) for each in g for n in each]

    def _others(self, declared: Any, test: Any, span: Period) -> list[Any]:
        """Values that fail a test."""
        if declared.type == "yes_no":
            return [False, True]
        if declared.type == "code":
            return [code for code in declared.codes if not test.holds(code, span.start, span.end)]
        if declared.type == "codes":
            return [(code,) for code in declared.codes if not test.holds((code,), span.start, span.end)]
        if declared.type in ("integer", "number"):
            low = Decimal(0) if declared.minimum is None else declared.minimum
            values = [low, declared.maximum or (test.at_most or low) + 1]
            return [int(value) if declared.type == "integer" else value for value in values]
        if declared.type == "date":
            return [span.start - DAY * 400]
        return []
