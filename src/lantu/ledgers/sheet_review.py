"""A returned sheet looked through before anything is taken (回表比对): row by row, cell by cell.

Every row carries the version that was exported. What the sheet changed is told apart from what was changed in the
ledger since: a cell that both changed is a conflict, and is decided by a person. Nothing is written here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lantu.base import LantuError, Place, Text
from lantu.ledgers.faults import EntryFault, in_future, locked, not_initial
from lantu.ledgers.guards import changed_outside, guard_faults, left_to_steps, written_by
from lantu.ledgers.sheet_columns import COMMON, columns_of, headings, rows_of
from lantu.ledgers.sheet_in import CellFault, Progress, SheetReader
from lantu.ledgers.values import shown

if TYPE_CHECKING:
    from lantu.ledgers.book import LedgerBook
    from lantu.ledgers.guards import Actor
    from lantu.ledgers.schema import Transition
    from lantu.ledgers.store import Change

RowKind = Literal["new", "changed", "conflict", "unchanged", "bad", "refused"]
Choice = Literal["now", "after"]
Permit = Callable[["Change | None", str, "Transition | None"], "Text | None"]
"""Why a row may not be taken (None: it may): its entry (None: a new one), the area in which it is to lie, its step."""
_PLACE = Text("位置", "place")


@dataclass(frozen=True, slots=True)
class CellReview:
    """One cell that the sheet has otherwise: what was exported, what the sheet says, what stands in the ledger now."""

    name: str
    title: Text
    before: str
    after: str
    now: str
    kind: Literal["added", "changed", "conflict"]
    choice: Choice | None = None
    """How a conflict was decided."""

    def as_json(self) -> dict[str, Any]:
        return {
            "field": self.name,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "before": self.before,
            "after": self.after,
            "now": self.now,
            "kind": self.kind,
            "choice": self.choice,
        }


@dataclass(slots=True)
class RowReview:
    """One row of the sheet: what it would do, and why it cannot. `version` is the entry's own, 0 of a new one."""

    row: int
    key: str
    kind: RowKind
    version: int = 0
    cells: tuple[CellReview, ...] = ()
    faults: list[CellFault] = field(default_factory=list)
    change: Change | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "key": self.key,
            "kind": self.kind,
            "version": self.version,
            "cells": [cell.as_json() for cell in self.cells],
            "faults": [fault.as_json() for fault in self.faults],
        }


@dataclass(slots=True)
class SheetReview:
    """All rows of a returned sheet."""

    ledger: str
    rows: list[RowReview] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        found = dict.fromkeys(("new", "changed", "conflict", "unchanged", "bad", "refused"), 0)
        for row in self.rows:
            found[row.kind] += 1
        return found

    def changes(self) -> list[Change]:
        """What is taken when the sheet is taken."""
        return [row.change for row in self.rows if row.change is not None]

    def as_json(self) -> dict[str, Any]:
        return {"ledger": self.ledger, "counts": self.counts(), "rows": [row.as_json() for row in self.rows]}


def review_sheet(
    book: LedgerBook,
    name: str,
    path: Path,
    actor: Actor,
    permit: Permit,
    decisions: Mapping[str, tuple[int, Mapping[str, Choice]]] | None = None,
    simulated: bool = False,
    progress: Progress | None = None,
) -> SheetReview:
    """Look through a returned sheet.

    Args:
        book: the ledgers.
        name: the ledger.
        path: the file.
        actor: who hands it in.
        permit: why a row may not be taken.
        decisions: for each key the version at which its conflicts were decided, and how, by field.
        simulated: whether new entries are invented.
        progress: called with rows done, rows in all, and a word.

    Raises:
        LantuError: the file cannot be read, has a column that the ledger does not, or misses one.
    """
    ledger = book.ledger(name)
    table = rows_of(path, ledger)
    first = next((i for i, row in enumerate(table) if any(cell not in (None, "") for cell in row)), None)
    if first is None:
        raise LantuError(Text("表是空的", "the sheet is empty"), where=Place(path))
    columns = columns_of(ledger, list(table[first]), path, first + 1)
    reader = _Reader(book, ledger, columns, actor, book.today, simulated, path.name)
    review = SheetReview(ledger.ledger)
    total = len(table) - first - 1
    for offset, row in enumerate(table[first + 1 :], start=first + 2):
        if all(cell is None or cell == "" for cell in row):
            continue
        faults = reader.read(offset, row)
        if faults:
            review.rows.append(RowReview(offset, reader.key_words(row), "bad", faults=faults))
        if progress is not None and offset % 2000 == 0:
            progress(offset, 2 * total, path.name)
    for fault in reader.check_references():
        review.rows.append(RowReview(fault.row, "", "bad", faults=[fault]))
    good = [each for each in reader.read_rows if each[0] not in reader.bad]
    stored = book.store.latest(ledger.ledger, [key for _, key, _, _ in good])
    compare = _Compare(reader, permit, decisions or {})
    for done, (number, key, values, common) in enumerate(good, start=1):
        review.rows.append(compare.row(number, key, values, common, stored.get(key)))
        if progress is not None and done % 2000 == 0:
            progress(total + done, 2 * total, path.name)
    review.rows.sort(key=lambda row: row.row)
    return review


class _Reader(SheetReader):
    """Reads cells one by one; what the row is as a whole is checked once it was put together with the entry."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        # days to come are no fault where they stand already; those that the sheet gives are checked afterwards
        self.registers = replace(self.book.registers, fixed=dt.date.max)
        self.blank: dict[int, set[str]] = {}

    def key_words(self, row: list[Any]) -> str:
        """The key as the row has it, for a row that cannot be read."""
        parts = [self._cell(row, name) for name in self.ledger.key]
        return "/".join("" if part is None else str(part) for part in parts)[:200]

    def read(self, number: int, row: list[Any]) -> list[CellFault]:
        given = {each.name: self._cell(row, each.name) for each in self.fields}
        values, found = self.book.read_values(self.ledger, given, self.units, self.registers)
        named = {fault.field for fault in found}
        faults = [self.fault(number, fault.field, fault.what, fault.mend) for fault in found]
        faults += [
            self.fault(number, name, Text("必填项为空", "a required value is missing"))
            for name in self.ledger.key
            if name not in values and name not in named
        ]
        common = self._common_cells(number, row, faults)
        self.blank[number] = {name for name, cell in given.items() if cell is None or str(cell).strip() == ""}
        if not faults:
            self._keep(number, self.book.key_of(self.ledger, values), values, common, faults)
        return faults

    def place(self, common: Mapping[str, Any]) -> str | None:
        return self._place(common)


def _same_place(one: str | None, other: str | None) -> bool:
    """Whether two places are the same point, however many noughts are written."""
    if one == other:
        return True
    try:
        return [float(each) for each in (one or "").split(",")] == [float(each) for each in (other or "").split(",")]
    except ValueError:
        return False


class _Compare:
    """Puts rows beside the entries: three ways where the entry has moved on since the sheet was written."""

    def __init__(
        self, reader: _Reader, permit: Permit, decisions: Mapping[str, tuple[int, Mapping[str, Choice]]]
    ) -> None:
        self.reader, self.permit, self.decisions = reader, permit, decisions
        self.book, self.ledger = reader.book, reader.ledger
        self.titles = {**headings(self.ledger), "place": _PLACE}

    def row(
        self, number: int, key: str, values: dict[str, Any], common: dict[str, Any], now: Change | None
    ) -> RowReview:
        if now is None:
            return self._new(number, key, values, common)
        why = self.permit(now, common["area"], None)
        if why is not None:
            # the same words whether it is there or not: a row must not tell what others have
            return RowReview(number, key, "refused", faults=[self.reader.fault(number, "area", why)])
        base = self._base(now, common.get("version"))
        if base is None:
            words = Text(f"没有第 {common['version']} 版", f"there is no version {common['version']}")
            mend = Text("重新导出再改", "export again, then change it")
            return RowReview(
                number, key, "bad", now.version, faults=[self.reader.fault(number, "version", words, mend)]
            )
        return self._known(number, key, values, common, base, now)

    def _base(self, now: Change, version: int | None) -> Change | None:
        if version is None or version == now.version:
            return now
        history = self.book.store.history(self.ledger.ledger, now.key)
        return next((change for change in history if change.version == version), None)

    # -- new entries -------------------------------------------------------------------------------------------------

    def _new(self, number: int, key: str, values: dict[str, Any], common: dict[str, Any]) -> RowReview:
        reader, book, ledger = self.reader, self.book, self.ledger
        why = self.permit(None, common["area"], None)
        if why is not None:
            return RowReview(number, key, "refused", faults=[reader.fault(number, "area", why)])
        if common.get("version") is not None:
            words = Text("表中有版本，但没有这个条目", "the row has a version, but there is no such entry")
            mend = Text("编号不能更改；新条目的版本留空", "a key cannot change; leave the version of a new entry empty")
            return RowReview(number, key, "bad", faults=[reader.fault(number, "version", words, mend)])
        for each in ledger.fields:
            if each.default is not None and each.name not in reader.column:
                read, _ = book.read_values(ledger, {each.name: None})
                values.update(read)
        faults = [*self._days(values), *left_to_steps(ledger, values), *book.check_values(ledger, values, set(values))]
        state = common.get("state") or ledger.initial_states[0]
        if state not in ledger.initial_states:
            faults.append(not_initial(ledger, str(ledger.states[state].title)))
        day = common.get("day") or book.today
        if day > book.today:
            faults.append(in_future(day, book.today))
        if faults:
            return self._bad(number, key, 0, faults)
        place = reader.place(common)
        change = book.made(
            ledger,
            key,
            1,
            day,
            reader.actor,
            "enter",
            state,
            common["area"],
            common.get("holder"),
            place,
            values,
            source=reader.source,
            simulated=reader.simulated,
        )
        cells = [
            CellReview(each.name, self.titles[each.name], "", shown(each, values[each.name]), "", "added")
            for each in ledger.fields
            if each.name in values
        ]
        cells.append(CellReview("area", COMMON["area"], "", self._area(common["area"]), "", "added"))
        return RowReview(number, key, "new", 0, tuple(cells), [], change)

    # -- known entries -----------------------------------------------------------------------------------------------

    def _known(
        self, number: int, key: str, values: dict[str, Any], common: dict[str, Any], base: Change, now: Change
    ) -> RowReview:
        version, choices = self.decisions.get(key, (0, {}))
        settled = choices if version == now.version else {}
        cells: list[CellReview] = []
        taken: dict[str, Any] = {}

        def weigh(name: str, before: Any, after: Any, current: Any, words: Callable[[Any], str]) -> None:
            same = _same_place if name == "place" else lambda one, other: one == other
            if same(after, before) or same(after, current):
                return
            conflict = not same(before, current)
            choice = settled.get(name) if conflict else None
            kind: Literal["changed", "conflict"] = "conflict" if conflict else "changed"
            title = self.titles.get(name, COMMON.get(name, _PLACE))
            cells.append(CellReview(name, title, words(before), words(after), words(current), kind, choice))
            if not conflict or choice == "after":
                taken[name] = after

        before, current = self.book.decoded(self.ledger, base.data), self.book.decoded(self.ledger, now.data)
        for each in self.reader.fields:
            after = values.get(each.name)
            if each.name in self.reader.blank[number] and before.get(each.name) is None:
                after = None  # left empty as it was: a default is for new entries
            weigh(each.name, before.get(each.name), after, current.get(each.name), lambda v, f=each: shown(f, v))  # type: ignore[misc]
        weigh("area", base.area, common["area"], now.area, self._area)
        for name in ("holder", "state"):
            if common.get(name) is not None:
                words = self._state if name == "state" else lambda value: str(value or "")
                weigh(name, getattr(base, name), common[name], getattr(now, name), words)
        place = self.reader.place(common)
        if place is not None:
            weigh("place", base.place, place, now.place, lambda value: str(value or ""))
        if any(cell.kind == "conflict" and cell.choice is None for cell in cells):
            return RowReview(number, key, "conflict", now.version, tuple(cells))
        if not taken:
            return RowReview(number, key, "unchanged", now.version, tuple(cells))
        day = common.get("day") if common.get("day") != base.day else None
        return self._changed(number, key, now, taken, tuple(cells), day)

    def _changed(
        self,
        number: int,
        key: str,
        now: Change,
        taken: Mapping[str, Any],
        cells: tuple[CellReview, ...],
        day: dt.date | None,
    ) -> RowReview:
        book, ledger, reader = self.book, self.ledger, self.reader
        kept = book.decoded(ledger, now.data)
        fields = {name: value for name, value in taken.items() if ledger.field(name) is not None}
        merged = {**kept, **{name: value for name, value in fields.items() if value is not None}}
        for name, value in fields.items():
            if value is None:
                merged.pop(name, None)
        faults = [*self._days(fields), *book.check_values(ledger, merged, set(fields))]
        area, holder = taken.get("area", now.area), taken.get("holder", now.holder)
        state, place = taken.get("state", now.state), taken.get("place", now.place)
        when = day or max(book.today, now.day)
        if day is not None and day > book.today:
            faults.append(in_future(day, book.today))
        if when < now.day:
            words = Text(f"{when} 早于上一次变动（{now.day}）", f"{when} is before the last change ({now.day})")
            faults.append(EntryFault("day", words))
        action, step = "amend", None
        if state != now.state:
            step = next((s for s in ledger.transitions if now.state in s.from_ and s.to == state), None)
            if step is None:
                faults.append(self._no_step(now, state))
            else:
                history = book.store.history(ledger.ledger, now.key)
                faults += guard_faults(ledger, history, step, merged, [], None, reader.actor, when, kept)
                merged, unfit = written_by(ledger, step, merged, reader.actor, when, book.registers)
                faults += unfit
                action = step.name
        else:
            faults += [
                changed_outside(each.title, each.name)
                for each in ledger.fields
                if each.by_step and merged.get(each.name) != kept.get(each.name)
            ]
            if ledger.states[now.state].locked:
                faults.append(locked(ledger, now.state))
        if faults:
            return self._bad(number, key, now.version, faults, cells)
        why = self.permit(now, area, step)
        if why is not None:
            return RowReview(number, key, "refused", now.version, cells, [reader.fault(number, "area", why)])
        change = book.made(
            ledger,
            key,
            now.version + 1,
            when,
            reader.actor,
            action,
            state,
            area,
            holder,
            place,
            merged,
            source=reader.source,
            simulated=now.simulated,
        )
        return RowReview(number, key, "changed", now.version, cells, [], change)

    def _days(self, values: Mapping[str, Any]) -> list[EntryFault]:
        """Days that have not come yet, in fields that hold what has happened."""
        days = {name: value for name, value in values.items() if isinstance(value, dt.date)}
        return self.book.read_values(self.ledger, days)[1]

    def _no_step(self, now: Change, state: str) -> EntryFault:
        old, new = self.ledger.states[now.state].title, self.ledger.states[state].title
        return EntryFault(
            "state",
            Text(f"不能由“{old.zh}”直接改为“{new.zh}”", f"'{old.en}' cannot become '{new.en}'"),
            Text("在条目页面逐步办理", "take the steps on the entry's page"),
        )

    def _bad(
        self, number: int, key: str, version: int, faults: list[EntryFault], cells: tuple[CellReview, ...] = ()
    ) -> RowReview:
        found = [self.reader.fault(number, fault.field, fault.what, fault.mend) for fault in faults]
        return RowReview(number, key, "bad", version, cells, found)

    def _area(self, code: Any) -> str:
        areas = self.book.areas
        return str(areas.get(code).title) if code in areas else str(code or "")

    def _state(self, name: Any) -> str:
        return str(self.ledger.states[name].title) if name in self.ledger.states else str(name or "")
