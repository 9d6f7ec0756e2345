"""Changes of entries (条目变动): entering, amending, taking a step; each is checked as a whole before it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.ledgers.checking import Checks
from lantu.ledgers.evidence import keep, path_of, pieces_of
from lantu.ledgers.faults import EntryFault, check_version, in_future, locked, not_initial
from lantu.ledgers.guards import (
    Actor,
    changed_outside,
    guard_faults,
    holder_after,
    left_to_steps,
    unknown_kinds,
    written_by,
)
from lantu.ledgers.schema import Ledger, Transition
from lantu.ledgers.store import Change, Evidence
from lantu.ledgers.values import Unfit, read_value, to_json


class Changes(Checks):
    """What may be done with entries; the folder of their evidence is the workspace's."""

    evidence_folder: Path

    def enter(
        self,
        name: str,
        given: Mapping[str, Any],
        area: str,
        actor: Actor,
        day: dt.date | None = None,
        holder: str | None = None,
        state: str | None = None,
        place: str | None = None,
        note: str | None = None,
        simulated: bool = False,
        source: str | None = None,
        evidence: Sequence[tuple[str, Path]] = (),
        typed: bool = False,
    ) -> Change:
        """Enter a new entry.

        Args:
            name: the ledger.
            given: values by field name.
            area: code or name of the area in which it lies.
            actor: who enters it.
            day: since when it is so; today if not given.
            holder: the public body that is responsible for it.
            state: one of the ledger's initial states; the first if not given.
            place: its geometry as `longitude,latitude` or GeoJSON.
            note: words to go with it.
            simulated: whether it is invented.
            source: what it was made from: a sheet, a rule.
            evidence: files by kind that show what is entered.
            typed: whether a person filled in any field that there is: then those that only steps fill are refused.

        Raises:
            SeveralErrors: values that do not fit, an unknown field, an area that does not exist, a key that is taken.
        """
        change = self.entering(
            name, given, area, actor, day, holder, state, place, note, simulated, source, evidence, typed
        )
        self.store.add([change])
        return change

    def entering(
        self,
        name: str,
        given: Mapping[str, Any],
        area: str,
        actor: Actor,
        day: dt.date | None = None,
        holder: str | None = None,
        state: str | None = None,
        place: str | None = None,
        note: str | None = None,
        simulated: bool = False,
        source: str | None = None,
        evidence: Sequence[tuple[str, Path]] = (),
        typed: bool = False,
    ) -> Change:
        """The change by which a new entry is entered (see `enter`), checked and not yet kept: for many at once.

        Raises:
            SeveralErrors: as `enter` does.
        """
        ledger = self.ledger(name)
        values, faults = self.read_values(ledger, given)
        read = set(values)
        faults += left_to_steps(ledger, values) if typed else []
        for field in ledger.fields:
            if field.default is not None and field.name not in values and field.name not in given:
                values[field.name] = read_value(field, None, self.registers)
        named = {fault.field for fault in faults}
        faults += [fault for fault in self.check_values(ledger, values, read) if fault.field not in named]
        code, unit = self.area_and_holder(ledger, area, holder, faults)
        faults += self.reference_faults(ledger, values)
        begin = state or ledger.initial_states[0]
        if begin not in ledger.initial_states:
            faults.append(not_initial(ledger, begin))
        when = day or self.today
        if when > self.today:
            faults.append(in_future(when, self.today))
        faults += unknown_kinds(ledger, [kind for kind, _ in evidence])
        pieces, unfit = pieces_of(ledger, evidence)
        faults += unfit
        if faults:
            raise SeveralErrors([fault.as_error(ledger.ledger) for fault in faults])
        key = self.key_of(ledger, values)
        if self.store.latest(ledger.ledger, [key]):
            raise LantuError(
                Text(f"编号“{key}”已有条目", f"there is an entry '{key}' already"),
                where=Place(ledger.ledger, None, ledger.key[0]),
                mend=Text("改动已有条目用 amend", "use amend to change it"),
            )
        for piece, (_, path) in zip(pieces, evidence, strict=True):
            keep(self.evidence_folder, piece, Path(path))
        return self.made(
            ledger,
            key,
            1,
            when,
            actor,
            "enter",
            begin,
            code,
            unit,
            place,
            values,
            tuple(pieces),
            note=note,
            source=source,
            simulated=simulated,
        )

    def made(
        self,
        ledger: Ledger,
        key: str,
        version: int,
        day: dt.date,
        actor: Actor,
        action: str,
        state: str,
        area: str,
        holder: str | None,
        place: str | None,
        values: Mapping[str, Any],
        evidence: tuple[Evidence, ...] = (),
        note: str | None = None,
        source: str | None = None,
        simulated: bool = False,
    ) -> Change:
        """A change with its values as they are kept, recorded now."""
        return Change(
            ledger.ledger,
            key,
            version,
            day,
            dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            actor.person,
            actor.unit,
            action,
            state,
            area,
            holder,
            place,
            {name: to_json(value) for name, value in values.items()},
            evidence,
            note,
            source,
            simulated,
        )

    def entry(self, name: str, key: str) -> Change:
        """An entry as it stands.

        Raises:
            LantuError: the ledger has no entry of that key.
        """
        ledger = self.ledger(name)
        found = self.store.latest(ledger.ledger, [key])
        if key not in found:
            raise LantuError(
                Text(f"台账 {ledger.ledger} 没有条目“{key}”", f"the ledger {ledger.ledger} has no entry '{key}'")
            )
        return found[key]

    def amend(
        self,
        name: str,
        key: str,
        given: Mapping[str, Any],
        actor: Actor,
        day: dt.date | None = None,
        area: str | None = None,
        holder: str | None = None,
        note: str | None = None,
        version: int | None = None,
        place: str | None = None,
    ) -> Change:
        """Change values of an entry; an empty value removes one. Its state stays.

        Args:
            version: the version that was read; if another change came since, this one is refused.
            place: its new geometry; the old one stays if none is given.

        Raises:
            LantuError: values that do not fit, a changed key, an entry that was changed meanwhile.
        """
        ledger = self.ledger(name)
        old = self.entry(name, key)
        check_version(old, version)
        read, faults = self.read_values(ledger, given)
        values = {**self.decoded(ledger, old.data), **read}
        for cleared in [n for n in given if n not in read and n in values and n not in {f.field for f in faults}]:
            del values[cleared]
        named = {fault.field for fault in faults}
        faults += [fault for fault in self.check_values(ledger, values, set(read)) if fault.field not in named]
        code, unit = self.area_and_holder(ledger, area or old.area, holder or old.holder, faults)
        faults += self.reference_faults(ledger, read, key)
        kept = self.decoded(ledger, old.data)
        faults += [
            changed_outside(field.title, field.name)
            for field in ledger.fields
            if field.by_step and field.name not in named and values.get(field.name) != kept.get(field.name)
        ]
        if ledger.states[old.state].locked:
            faults.append(locked(ledger, old.state))
        when = day or max(self.today, old.day)
        faults += self._day_faults(when, old)
        if not faults and self.key_of(ledger, values) != key:
            faults.append(EntryFault(ledger.key[0], Text("编号不能更改", "the key of an entry cannot change")))
        if faults:
            raise SeveralErrors([fault.as_error(f"{ledger.ledger}/{key}") for fault in faults])
        change = self.made(
            ledger,
            key,
            old.version + 1,
            when,
            actor,
            "amend",
            old.state,
            code,
            unit,
            place or old.place,
            values,
            note=note,
            simulated=old.simulated,
        )
        self.store.add([change])
        return change

    def _day_faults(self, when: dt.date, old: Change) -> list[EntryFault]:
        faults = []
        if when > self.today:
            faults.append(in_future(when, self.today))
        if when < old.day:
            faults.append(
                EntryFault(
                    "day",
                    Text(f"{when} 早于上一次变动（{old.day}）", f"{when} is before the last change ({old.day})"),
                    Text("用不早于上一次变动的日期", "use a day that is not before it"),
                )
            )
        return faults

    def advance(
        self,
        name: str,
        key: str,
        transition: str,
        actor: Actor,
        day: dt.date | None = None,
        given: Mapping[str, Any] | None = None,
        evidence: Mapping[str, Path] | Sequence[tuple[str, Path]] = (),
        note: str | None = None,
        version: int | None = None,
        holder: str | None = None,
        area: str | None = None,
        source: str | None = None,
    ) -> Change:
        """Take an entry one step further.

        Args:
            name: the ledger.
            key: the entry.
            transition: a transition that its state allows.
            actor: who takes the step.
            day: when; today if not given.
            given: values that are filled with the step.
            evidence: files by kind; they are kept in the workspace under their digest.
            note: the reason, where one is asked for.
            version: the version that was read.
            holder: the unit that is to hold it, where the step hands it over.
            area: where it lies, if the step moves it.
            source: what it was made from: a sheet, a rule.

        Raises:
            LantuError: the state does not allow it, or a guard or the closing recipe is not fulfilled; all that is
                missing is named, and nothing changes.
        """
        ledger = self.ledger(name)
        old = self.entry(name, key)
        check_version(old, version)
        step = self._step(ledger, old, transition)
        read, faults = self.read_values(ledger, given or {})
        before = self.decoded(ledger, old.data)
        when = day or max(self.today, old.day)
        values, unfit = written_by(ledger, step, {**before, **read}, actor, when, self.registers)
        faults += unfit
        named = {fault.field for fault in faults}
        faults += [fault for fault in self.check_values(ledger, values, set(read)) if fault.field not in named]
        faults += self.reference_faults(ledger, read, key)
        faults += self._day_faults(when, old)
        files = list(evidence.items()) if isinstance(evidence, Mapping) else list(evidence)
        faults += guard_faults(
            ledger,
            self.store.history(ledger.ledger, key),
            step,
            values,
            [kind for kind, _ in files],
            note,
            actor,
            when,
            before,
            self._state_of,
        )
        unit, unfit = holder_after(step, old.holder, holder, actor, self.registers)
        faults += unfit
        code, unfit = self._moved_to(ledger, step, old.area, area)
        faults += unfit
        pieces, unfit = pieces_of(ledger, files)
        faults += unfit
        if faults:
            raise SeveralErrors([fault.as_error(f"{ledger.ledger}/{key}") for fault in faults])
        for piece, (_, path) in zip(pieces, files, strict=True):
            keep(self.evidence_folder, piece, Path(path))
        change = self.made(
            ledger,
            key,
            old.version + 1,
            when,
            actor,
            step.name,
            step.target(old.state),
            code,
            unit,
            old.place,
            values,
            tuple(pieces),
            note,
            source,
            old.simulated,
        )
        self.store.add([change])
        return change

    def _state_of(self, ledger: str, key: str) -> str | None:
        found = self.store.latest(ledger, [key])
        return found[key].state if key in found else None

    def _moved_to(
        self, ledger: Ledger, step: Transition, before: str, area: str | None
    ) -> tuple[str, list[EntryFault]]:
        """The area in which an entry lies after a step."""
        if area in (None, ""):
            return before, []
        if not step.moves:
            return before, [EntryFault("area", Text("这一步不改区域", "this step does not change the area"))]
        try:
            return self.check_area(ledger, area), []
        except Unfit as unfit:
            return before, [EntryFault("area", unfit.what, unfit.mend)]

    def _step(self, ledger: Ledger, old: Change, transition: str) -> Transition:
        allowed = [step for step in ledger.transitions if old.state in step.from_]
        found = next((step for step in allowed if step.name == transition), None)
        if found is not None:
            return found
        state = ledger.states[old.state].title
        zh = "、".join(f"{step.name}（{step.title.zh}）" for step in allowed) or "无"
        en = ", ".join(f"{step.name} ({step.title.en})" for step in allowed) or "none"
        raise LantuError(
            Text(f"状态“{state.zh}”不允许“{transition}”", f"the state '{state.en}' does not allow '{transition}'"),
            where=Place(f"{ledger.ledger}/{old.key}", None, "state"),
            mend=Text(f"可以：{zh}", f"allowed: {en}"),
        )

    def evidence_path(self, piece: Evidence) -> Path:
        """Where the file of a piece of evidence is kept: under its digest."""
        return path_of(self.evidence_folder, piece)
