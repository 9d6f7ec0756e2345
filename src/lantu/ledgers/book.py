"""The book of ledgers (台账簿): the declared ledgers of a pack, the store of their entries, and what may be done."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.ledgers.database import database_of
from lantu.ledgers.entries import Entries
from lantu.ledgers.evidence import keep, path_of, pieces_of
from lantu.ledgers.faults import EntryFault, check_version, in_future, locked, no_entry, not_initial
from lantu.ledgers.guards import (
    Actor,
    changed_outside,
    guard_faults,
    holder_after,
    left_to_steps,
    unknown_kinds,
    written_by,
)
from lantu.ledgers.history import History
from lantu.ledgers.judging import RULES, outcome
from lantu.ledgers.schema import Ledger, LedgerField, Transition
from lantu.ledgers.store import Change, Evidence, LedgerStore
from lantu.ledgers.tables import POSTGRES, SQLITE
from lantu.ledgers.values import Registers, Unfit, decoder, read_area, read_unit, read_value, shown, to_json

if TYPE_CHECKING:
    from lantu.ledgers.database import Database
    from lantu.places import AreaTree, UnitRegister

_LEVELS = ("city", "district", "street")


class LedgerBook:
    """The ledgers of a pack and their entries in one workspace.

    Args:
        ledgers: the declared ledgers.
        areas: the area tree.
        units: the register of public bodies.
        folder: the workspace's folder.
        today: the day that counts as today; the real one if not given.
        database: holds the entries; the workspace's own if not given.
    """

    def __init__(
        self,
        ledgers: Mapping[str, Ledger],
        areas: AreaTree,
        units: UnitRegister,
        folder: Path,
        today: dt.date | None = None,
        database: Database | None = None,
    ) -> None:
        self.ledgers = dict(ledgers)
        self.areas = areas
        self.store = LedgerStore(database or database_of(folder, SQLITE, POSTGRES))
        self.evidence_folder = folder / "evidence"
        self._cache = folder / "_cache" / "ledgers"
        self.registers = Registers(areas, units, today)
        self._versions: tuple[int, dict[str, int]] | None = None
        self._histories: dict[str, History] = {}
        self._entries: dict[tuple[str, dt.date], Entries] = {}

    @property
    def today(self) -> dt.date:
        return self.registers.today

    def ledger(self, name: str) -> Ledger:
        """One declared ledger.

        Raises:
            LantuError: the pack declares none of that name; near names are offered.
        """
        if name in self.ledgers:
            return self.ledgers[name]
        for ledger in self.ledgers.values():
            if name in (ledger.title.zh, ledger.title.en):
                return ledger
        import difflib

        near = difflib.get_close_matches(name, self.ledgers, n=3)
        raise LantuError(
            Text(f"没有台账“{name}”", f"there is no ledger '{name}'"),
            mend=Text(f"是否为：{'、'.join(near)}", f"did you mean {', '.join(near)}") if near else None,
        )

    def refresh(self) -> None:
        """Look again at what other processes have written; within one book the ledgers otherwise stand still."""
        self._versions = None

    def version(self, name: str) -> int | None:
        """The number of a ledger's latest change; None where it has no entry."""
        if self._versions is None or self._versions[0] != self.store.writes:
            self._versions = (self.store.writes, self.store.versions())
        return self._versions[1].get(name)

    def entries(self, name: str, day: dt.date | None = None) -> Entries:
        """The entries of a ledger as they stood at the end of a day; today if none is given."""
        ledger = self.ledger(name)
        at = day or self.today
        history = self._histories.get(ledger.ledger)
        if history is None or history.version != self.version(ledger.ledger):
            history = self._histories[ledger.ledger] = History(self.store, ledger, kept_in=self._cache)
            for old in [each for each in self._entries if each[0] == ledger.ledger]:
                del self._entries[old]
        key = (ledger.ledger, at)
        if key not in self._entries:
            self._entries[key] = Entries(ledger, at, history, self.areas, lambda other: self.entries(other, at))
        return self._entries[key]

    def part(self, name: str, codes: Collection[str]) -> Callable[[dt.date], Entries]:
        """The entries that ever lay in some areas, read alone: for what is asked of a part of a large ledger.

        Returns:
            What gives them as they stood on a day. Entries of other ledgers that refer to them are read alone too.
        """
        history = History(self.store, self.ledger(name), codes)
        others: dict[tuple[str, str], History] = {}

        def naming(other: str, by: str, day: dt.date) -> Entries:
            if (other, by) not in others:
                others[other, by] = History(self.store, self.ledger(other), naming=(by, history.keys))
            return Entries(self.ledger(other), day, others[other, by], self.areas, lambda n: self.entries(n, day))

        def at(day: dt.date) -> Entries:
            find = lambda other: self.entries(other, day)  # noqa: E731
            return Entries(self.ledger(name), day, history, self.areas, find, lambda other, by: naming(other, by, day))

        return at

    def part_of_code(self, name: str, field: str, code: str) -> Callable[[dt.date], Entries]:
        """The entries whose code field has, or had, one value, read alone: one class of cases in the whole city."""
        history = History(self.store, self.ledger(name), code=(field, code))
        return lambda day: Entries(self.ledger(name), day, history, self.areas, lambda other: self.entries(other, day))

    # -- reading what was given --------------------------------------------------------------------------------------

    def read_values(
        self,
        ledger: Ledger,
        given: Mapping[str, Any],
        units: Mapping[str, str | None] | None = None,
        registers: Registers | None = None,
    ) -> tuple[dict[str, Any], list[EntryFault]]:
        """The values of an entry from what was given, by field name, and what is wrong with them."""
        values: dict[str, Any] = {}
        faults: list[EntryFault] = []
        for name, raw in given.items():
            field = ledger.field(name)
            if field is None:
                known = "、".join(each.name for each in ledger.fields)
                faults.append(
                    EntryFault(
                        name,
                        Text(
                            f"台账 {ledger.ledger} 没有字段“{name}”",
                            f"the ledger {ledger.ledger} has no field '{name}'",
                        ),
                        Text(f"字段有：{known}", f"its fields: {known.replace('、', ', ')}"),
                    )
                )
                continue
            try:
                value = read_value(field, raw, registers or self.registers, (units or {}).get(name))
            except Unfit as unfit:
                faults.append(EntryFault(name, unfit.what, unfit.mend))
                continue
            if value is not None:
                values[name] = value
        return values, faults

    def check_values(self, ledger: Ledger, values: dict[str, Any], given: Collection[str]) -> list[EntryFault]:
        """What is wrong with an entry as a whole: missing values, dates out of order, verdicts against the standard.

        Args:
            ledger: its declaration.
            values: the entry's values; verdicts that a standard decides are filled in.
            given: the fields that were given now.
        """
        faults = []
        for field in ledger.fields:
            if field.judged_by is not None:
                faults += self._judge(field, values, given)
            value = values.get(field.name)
            if value is None:
                if field.required:
                    faults.append(EntryFault(field.name, Text("必填项为空", "a required value is missing")))
                continue
            if field.not_before is not None:
                first = values.get(field.not_before)
                if first is not None and value < first:
                    other = ledger.field(field.not_before)
                    assert other is not None
                    faults.append(
                        EntryFault(
                            field.name,
                            Text(
                                f"{value} 早于“{other.title.zh}”（{first}）",
                                f"{value} is before '{other.title.en}' ({first})",
                            ),
                            Text("核对两个日期", "check the two dates"),
                        )
                    )
        return faults

    def _judge(self, field: LedgerField, values: dict[str, Any], given: Collection[str]) -> list[EntryFault]:
        """Fill in the verdict that a standard gives; one that was given must not contradict it."""
        assert field.judged_by is not None
        rule = RULES[field.judged_by.rule]
        try:
            found = outcome(field.judged_by.rule, values, values.get(field.judged_by.day))
        except LantuError as error:
            return [EntryFault(field.name, error.what, error.mend)]
        written = values.get(field.name)
        if found is None or found == written:
            return []
        if written is None or field.name not in given:
            values[field.name] = found
            return []
        right, wrong = shown(field, found), shown(field, written)
        return [
            EntryFault(
                field.name,
                Text(
                    f"“{wrong}”与实测值不符：按 {rule.reference}（{rule.title.zh}）为“{right}”",
                    f"'{wrong}' contradicts the measured values: by {rule.reference} ({rule.title.en}) it is '{right}'",
                ),
                Text("核对实测值，或留空由程序判定", "check the values, or leave it empty to have it computed"),
            )
        ]

    def check_area(self, ledger: Ledger, raw: Any) -> str:
        """The code of an entry's area.

        Raises:
            Unfit: there is no such area, or it is coarser than the ledger asks.
        """
        if raw is None or str(raw).strip() == "":
            raise Unfit(Text("没有填行政区划", "the area is missing"))
        code = read_area(raw, self.registers)
        area = self.areas.get(code)
        # a development area has no streets of its own: there an entry lies in the area itself
        finest = area.level == "district" and not self.areas.children(code)
        if _LEVELS.index(area.level) < _LEVELS.index(ledger.area) and not finest:
            level = {"district": Text("区", "district"), "street": Text("街道（乡镇）", "street or town")}[ledger.area]
            raise Unfit(
                Text(f"“{area.name}”不够细", f"'{area.english}' is too coarse"),
                Text(f"本台账要填到{level.zh}", f"this ledger asks for a {level.en}"),
            )
        return code

    def missing_references(self, ledger: Ledger, entries: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
        """For each reference field the keys that the other ledger does not have."""
        missing: dict[str, set[str]] = {}
        for field in ledger.fields:
            if field.ledger is None:
                continue
            named = {values[field.name] for values in entries if values.get(field.name) is not None}
            if named:
                known = (
                    set(self.store.latest(field.ledger, sorted(named)))
                    if len(named) <= 500
                    else self.store.keys(field.ledger)
                )
                missing[field.name] = named - known
        return missing

    def key_of(self, ledger: Ledger, values: Mapping[str, Any]) -> str:
        """The key of an entry: the values of its key fields."""
        return "/".join(str(to_json(values[name])) for name in ledger.key)

    # -- changes -----------------------------------------------------------------------------------------------------

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
        code, unit = self._area_and_holder(ledger, area, holder, faults)
        faults += self._reference_faults(ledger, values)
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

    def _area_and_holder(
        self, ledger: Ledger, area: Any, holder: Any, faults: list[EntryFault]
    ) -> tuple[str, str | None]:
        code, unit = "", None
        try:
            code = self.check_area(ledger, area)
        except Unfit as unfit:
            faults.append(EntryFault("area", unfit.what, unfit.mend))
        if holder not in (None, ""):
            try:
                unit = read_unit(holder, self.registers)
            except Unfit as unfit:
                faults.append(EntryFault("holder", unfit.what, unfit.mend))
        return code, unit

    def _reference_faults(self, ledger: Ledger, values: Mapping[str, Any], own: str | None = None) -> list[EntryFault]:
        itself = [
            EntryFault(field.name, Text("不能引用自己", "an entry cannot refer to itself"))
            for field in ledger.fields
            if field.ledger == ledger.ledger and own is not None and values.get(field.name) == own
        ]
        return itself + [
            no_entry(ledger, name, key)
            for name, keys in self.missing_references(ledger, [values]).items()
            for key in keys
        ]

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
        code, unit = self._area_and_holder(ledger, area or old.area, holder or old.holder, faults)
        faults += self._reference_faults(ledger, read, key)
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

    def decoded(self, ledger: Ledger, data: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a kept entry."""
        values = dict(data)
        for field in ledger.fields:
            decode = decoder(field)
            if decode is not None and values.get(field.name) is not None:
                values[field.name] = decode(values[field.name])
        return values

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
        faults += self._reference_faults(ledger, read, key)
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

    def recheck_sample(self, name: str, first: dt.date, last: dt.date, seed: str) -> list[str]:
        """The closed entries that are drawn for a re-check (抽查复核): the same seed draws the same ones.

        Args:
            name: the ledger.
            first: closed from this day on.
            last: closed up to this day.
            seed: named beforehand, so that nobody can choose.
        """
        ledger = self.ledger(name)
        if ledger.closing is None or ledger.closing.recheck_percent == 0:
            return []
        entries = self.entries(name, last)
        states = ledger.states_of(ledger.closing.state)
        closed = [
            row.key
            for row in entries.rows
            if (since := entries.reached(row, states)) is not None and first <= since <= last
        ]
        size = -(-len(closed) * ledger.closing.recheck_percent // 100)
        return sorted(random.Random(f"{ledger.ledger}|{seed}").sample(sorted(closed), size))
