"""The book of ledgers (台账簿): the declared ledgers of a pack, the store of their entries, and what may be done."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lantu.ledgers.changing import Changes
from lantu.ledgers.database import database_of
from lantu.ledgers.entries import Entries
from lantu.ledgers.history import History
from lantu.ledgers.schema import Ledger
from lantu.ledgers.store import LedgerStore
from lantu.ledgers.tables import POSTGRES, SQLITE
from lantu.ledgers.values import Registers

if TYPE_CHECKING:
    from lantu.ledgers.database import Database
    from lantu.places import AreaTree, UnitRegister


class LedgerBook(Changes):
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
        store = LedgerStore(database or database_of(folder, SQLITE, POSTGRES))
        super().__init__(ledgers, areas, Registers(areas, units, today), store)
        self.evidence_folder = folder / "evidence"
        self._cache = folder / "_cache" / "ledgers"
        self._versions: tuple[int, dict[str, int]] | None = None
        self._histories: dict[str, History] = {}
        self._entries: dict[tuple[str, dt.date], Entries] = {}

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
