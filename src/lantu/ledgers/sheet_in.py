"""An Excel sheet into a ledger: every bad row is named by cell and reason.

Good rows go in together, as one transaction; a row with any fault changes nothing. A row whose key is known amends the
entry; if the row carries a version that is no longer the latest one, it is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Place, Text
from lantu.ledgers.faults import EntryFault, locked, no_entry, not_initial
from lantu.ledgers.guards import changed_outside, guard_faults, left_to_steps, written_by
from lantu.ledgers.sheet_columns import COMMON, OPTIONAL, Column, columns_of, headings, rows_of
from lantu.ledgers.values import Unfit, read_unit

if TYPE_CHECKING:
    from lantu.ledgers.book import LedgerBook
    from lantu.ledgers.guards import Actor
    from lantu.ledgers.schema import Ledger
    from lantu.ledgers.store import Change

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class CellFault:
    """A bad cell: its address in the sheet, the heading, what is wrong, how to mend it."""

    cell: str
    row: int
    heading: str
    what: Text
    mend: Text | None = None

    def __str__(self) -> str:
        return f"{self.cell} [{self.heading}] {self.what}" + (f" → {self.mend}" if self.mend else "")

    def as_json(self) -> dict[str, Any]:
        return {
            "cell": self.cell,
            "row": self.row,
            "heading": self.heading,
            "zh": self.what.zh,
            "en": self.what.en,
            "mend": None if self.mend is None else {"zh": self.mend.zh, "en": self.mend.en},
        }


@dataclass(slots=True)
class SheetReport:
    """What an import did."""

    ledger: str
    rows: int = 0
    entered: int = 0
    amended: int = 0
    unchanged: int = 0
    faults: list[CellFault] = field(default_factory=list)

    @property
    def bad_rows(self) -> int:
        return len({fault.row for fault in self.faults})

    def as_json(self) -> dict[str, Any]:
        return {
            "ledger": self.ledger,
            "rows": self.rows,
            "entered": self.entered,
            "amended": self.amended,
            "unchanged": self.unchanged,
            "bad_rows": self.bad_rows,
            "faults": [fault.as_json() for fault in self.faults],
        }


def import_sheet(
    book: LedgerBook,
    name: str,
    path: Path,
    actor: Actor,
    day: dt.date | None = None,
    simulated: bool = False,
    progress: Progress | None = None,
) -> SheetReport:
    """Take the rows of a workbook (or CSV) into a ledger.

    Args:
        book: the ledgers.
        name: the ledger.
        path: the file; its first sheet, or the one that bears the ledger's title.
        actor: who hands it in.
        day: since when the rows hold that name no day of their own; today if not given.
        simulated: whether the entries are invented.
        progress: called with rows done, rows in all, and a word.

    Returns:
        What went in, and every bad cell. Rows without a fault go in together; the others change nothing.

    Raises:
        LantuError: the file cannot be read, has a column that the ledger does not, or misses one.
    """
    ledger = book.ledger(name)
    table = rows_of(path, ledger)
    first = next((i for i, row in enumerate(table) if any(cell not in (None, "") for cell in row)), None)
    if first is None:
        raise LantuError(Text("表是空的", "the sheet is empty"), where=Place(path))
    columns = columns_of(ledger, list(table[first]), path, first + 1)
    report = SheetReport(ledger.ledger)
    reader = SheetReader(book, ledger, columns, actor, day or book.today, simulated, path.name)
    total = len(table) - first - 1
    for offset, row in enumerate(table[first + 1 :], start=first + 2):
        if all(cell is None or cell == "" for cell in row):
            continue
        report.rows += 1
        report.faults += reader.read(offset, row)
        if progress is not None and report.rows % 2000 == 0:
            progress(report.rows, total, path.name)
    report.faults += reader.check_references()
    changes = reader.changes(report)
    if changes:
        book.store.add(changes)
    report.faults.sort(key=lambda fault: (fault.row, fault.cell))
    return report


class SheetReader:
    """Turns rows into changes, keeping faults apart."""

    def __init__(
        self,
        book: LedgerBook,
        ledger: Ledger,
        columns: list[Column],
        actor: Actor,
        day: dt.date,
        simulated: bool,
        source: str,
    ) -> None:
        self.book, self.ledger, self.actor, self.day = book, ledger, actor, day
        self.registers = book.registers
        self.simulated, self.source = simulated, source
        self.column = {column.name: column for column in columns}
        self.fields = [each for each in ledger.fields if each.name in self.column]
        self.units = {name: column.unit for name, column in self.column.items()}
        self.read_rows: list[tuple[int, str, dict[str, Any], dict[str, Any]]] = []
        self.bad: set[int] = set()
        self.seen: dict[str, int] = {}
        self.areas: dict[Any, str] = {}

    def fault(self, row: int, name: str, what: Text, mend: Text | None = None) -> CellFault:
        self.bad.add(row)
        column = self.column.get(name)
        if column is None:
            title = headings(self.ledger).get(name)
            return CellFault(f"{row}", row, str(title or name), what, mend)
        return CellFault(column.cell(row), row, column.heading, what, mend)

    def _cell(self, row: list[Any], name: str) -> Any:
        column = self.column.get(name)
        if column is None or column.index >= len(row):
            return None
        return row[column.index]

    def read(self, number: int, row: list[Any]) -> list[CellFault]:
        """Read one row; its faults."""
        given = {each.name: self._cell(row, each.name) for each in self.fields}
        values, found = self.book.read_values(self.ledger, given, self.units)
        filled = set(values)
        for each in self.ledger.fields:
            if each.default is not None and each.name not in self.column:
                read, _ = self.book.read_values(self.ledger, {each.name: None})
                values.update(read)
        named = {fault.field for fault in found}
        found += [fault for fault in self.book.check_values(self.ledger, values, filled) if fault.field not in named]
        faults = [self.fault(number, fault.field, fault.what, fault.mend) for fault in found]
        common = self._common_cells(number, row, faults)
        if not faults:
            self._keep(number, self.book.key_of(self.ledger, values), values, common, faults)
        return faults

    def _common_cells(self, number: int, row: list[Any], faults: list[CellFault]) -> dict[str, Any]:
        """What every entry has besides its own fields; what is wrong with it is added to the faults."""
        common: dict[str, Any] = {}
        raw_area = self._cell(row, "area")
        try:
            if raw_area not in self.areas:
                self.areas[raw_area] = self.book.check_area(self.ledger, raw_area)
            common["area"] = self.areas[raw_area]
        except Unfit as unfit:
            faults.append(self.fault(number, "area", unfit.what, unfit.mend))
        for name in OPTIONAL:
            try:
                common[name] = self._common(name, self._cell(row, name))
            except Unfit as unfit:
                faults.append(self.fault(number, name, unfit.what, unfit.mend))
        return common

    def _keep(
        self, number: int, key: str, values: dict[str, Any], common: dict[str, Any], faults: list[CellFault]
    ) -> None:
        """Keep a row that was read; a key that stands in an earlier row is a fault."""
        if key in self.seen:
            also = self.seen[key]
            words = Text(f"编号“{key}”与第 {also} 行重复", f"'{key}' stands in row {also} too")
            faults.append(self.fault(number, self.ledger.key[0], words))
            return
        self.seen[key] = number
        self.read_rows.append((number, key, values, common))

    def _common(self, name: str, raw: Any) -> Any:
        if raw is None or str(raw).strip() == "":
            return None
        registers = self.registers
        if name == "holder":
            return read_unit(raw, registers)
        if name == "state":
            word = str(raw).strip()
            for state, declared in self.ledger.states.items():
                if word.casefold() in (state, declared.title.zh.casefold(), declared.title.en.casefold()):
                    return state
            titles = [state.title for state in self.ledger.states.values()]
            raise Unfit(
                Text(f"没有状态“{word}”", f"there is no state '{word}'"),
                Text(f"可填：{'、'.join(t.zh for t in titles)}", f"allowed: {', '.join(t.en for t in titles)}"),
            )
        from lantu.ledgers.schema import LedgerField
        from lantu.ledgers.values import read_value

        kinds: Mapping[str, dict[str, Any]] = {
            "day": {"type": "date"},
            "version": {"type": "integer"},
            "longitude": {"type": "number", "unit": "°", "minimum": -180, "maximum": 180},
            "latitude": {"type": "number", "unit": "°", "minimum": -90, "maximum": 90},
        }
        field_ = LedgerField.model_construct(
            **{
                "name": name,
                "title": COMMON[name],
                "default": None,
                "future": False,
                "minimum": None,
                "maximum": None,
                "unit": None,
                **kinds[name],
            }
        )
        return read_value(field_, raw, registers)

    def check_references(self) -> list[CellFault]:
        """References to entries that the other ledger does not have."""
        missing = self.book.missing_references(self.ledger, [values for _, _, values, _ in self.read_rows])
        faults = []
        for number, _, values, _ in self.read_rows:
            for name, keys in missing.items():
                if values.get(name) in keys:
                    fault = no_entry(self.ledger, name, values[name])
                    faults.append(self.fault(number, name, fault.what, fault.mend))
        return faults

    def changes(self, report: SheetReport) -> list[Change]:
        """The changes that the good rows make; what an existing entry forbids is added to the report's faults."""
        good = [each for each in self.read_rows if each[0] not in self.bad]
        stored = self.book.store.latest(self.ledger.ledger, [key for _, key, _, _ in good])
        changes: list[Change] = []
        for number, key, values, common in good:
            old = stored.get(key)
            faults: list[EntryFault] = []
            made = (
                self._entered(key, values, common, faults)
                if old is None
                else self._changed(old, values, common, faults)
            )
            if faults:
                report.faults += [self.fault(number, fault.field, fault.what, fault.mend) for fault in faults]
                continue
            if not made:
                report.unchanged += 1
            elif old is None:
                report.entered += 1
            else:
                report.amended += 1
            changes += made
        return changes

    def _place(self, common: Mapping[str, Any]) -> str | None:
        if common.get("longitude") is None or common.get("latitude") is None:
            return None
        return f"{common['longitude']},{common['latitude']}"

    def _entered(
        self, key: str, values: dict[str, Any], common: dict[str, Any], faults: list[EntryFault]
    ) -> list[Change]:
        state = common.get("state") or self.ledger.initial_states[0]
        if state not in self.ledger.initial_states:
            faults.append(not_initial(self.ledger, str(self.ledger.states[state].title)))
        faults += left_to_steps(self.ledger, values)
        if faults:
            return []
        return [
            self.book.made(
                self.ledger,
                key,
                1,
                common.get("day") or self.day,
                self.actor,
                "enter",
                state,
                common["area"],
                common.get("holder"),
                self._place(common),
                values,
                source=self.source,
                simulated=self.simulated,
            )
        ]

    def _changed(
        self, old: Change, values: dict[str, Any], common: dict[str, Any], faults: list[EntryFault]
    ) -> list[Change]:
        ledger, book = self.ledger, self.book
        if common.get("version") is not None and common["version"] != old.version:
            faults.append(
                EntryFault(
                    "version",
                    Text(
                        f"条目已由 {old.person} 改为第 {old.version} 版，表中是第 {common['version']} 版",
                        f"{old.person} has changed the entry to version {old.version}; the row has {common['version']}",
                    ),
                    Text("重新导出再改", "export again, then change it"),
                )
            )
            return []
        kept = book.decoded(ledger, old.data)
        merged = {**kept, **values}
        for name in self.column:
            if ledger.field(name) is not None and name not in values:
                merged.pop(name, None)
        holder = common.get("holder") or old.holder
        place = self._place(common) or old.place
        state = common.get("state") or old.state
        when = common.get("day") or max(self.day, old.day)
        if merged == kept and (common["area"], holder, place, state) == (old.area, old.holder, old.place, old.state):
            return []
        if when < old.day:
            faults.append(
                EntryFault(
                    "day",
                    Text(f"{when} 早于上一次变动（{old.day}）", f"{when} is before the last change ({old.day})"),
                )
            )
            return []
        action = "amend"
        if state != old.state:
            step = next((s for s in ledger.transitions if old.state in s.from_ and s.to == state), None)
            if step is None:
                titles = [ledger.states[s.to].title for s in ledger.transitions if s.to and old.state in s.from_]
                faults.append(
                    EntryFault(
                        "state",
                        Text(
                            f"不能由“{ledger.states[old.state].title.zh}”直接改为“{ledger.states[state].title.zh}”",
                            f"'{ledger.states[old.state].title.en}' cannot become '{ledger.states[state].title.en}'",
                        ),
                        Text(f"可以：{'、'.join(t.zh for t in titles)}", f"allowed: {', '.join(t.en for t in titles)}"),
                    )
                )
                return []
            faults += guard_faults(
                ledger, book.store.history(ledger.ledger, old.key), step, merged, [], None, self.actor, when, kept
            )
            merged, unfit = written_by(ledger, step, merged, self.actor, when, book.registers)
            faults += unfit
            if faults:
                return []
            action = step.name
        else:
            faults += [
                changed_outside(field.title, field.name)
                for field in ledger.fields
                if field.by_step and merged.get(field.name) != kept.get(field.name)
            ]
            if ledger.states[old.state].locked:
                faults.append(locked(ledger, old.state))
            if faults:
                return []
        return [
            book.made(
                ledger,
                old.key,
                old.version + 1,
                when,
                self.actor,
                action,
                state,
                common["area"],
                holder,
                place,
                merged,
                source=self.source,
                simulated=old.simulated,
            )
        ]
