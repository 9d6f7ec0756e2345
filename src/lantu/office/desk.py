"""The desk (办公桌): pack, ledgers, lake and kept assessments of the workspace that the site serves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from lantu.lake import Lake, Workspace
from lantu.ledgers import LedgerBook
from lantu.office.duties import Duties
from lantu.office.register.connection import DjangoDatabase
from lantu.office.snapshots import Snapshots
from lantu.plan.packs import load_pack

if TYPE_CHECKING:
    from lantu.plan.packs import Pack


@dataclass
class Desk:
    """All that pages and jobs work with; one for each process.

    `today` is the real day, or the day on which a simulated city stands still.
    """

    workspace: Workspace
    pack: Pack

    @property
    def today(self) -> dt.date:
        return self.workspace.fixed_today or dt.date.today()

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.workspace.lake)

    @cached_property
    def book(self) -> LedgerBook:
        """The ledgers on the site's own connection. Whole ledgers are read by `fresh_book`."""
        pack = self.pack
        return LedgerBook(
            pack.ledgers, pack.areas, pack.units, self.workspace.path, self.workspace.fixed_today, DjangoDatabase()
        )

    def fresh_book(self) -> LedgerBook:
        """The ledgers, looking again at what other processes have written."""
        self.book.refresh()
        return self.book

    @cached_property
    def duties(self) -> Duties:
        return Duties(self.pack)

    @cached_property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.workspace.path / "assessments", self.pack.id)

    @property
    def day(self) -> dt.date:
        """The day that verdicts are shown for if no other is asked: today, or the last of the plan's year."""
        return min(dt.date(self.pack.year, 12, 31), self.today)

    @property
    def simulated(self) -> bool:
        """Whether the workspace holds a simulated city."""
        return (self.workspace.path / "demo-truth.json").exists()

    def versions(self) -> dict[str, Any]:
        """The versions of datasets and ledgers on which figures rest now."""
        return {
            "datasets": {row.dataset: row.version for row in self.lake.status()},
            "ledgers": self.book.store.versions(),
        }


@lru_cache(maxsize=1)
def desk() -> Desk:
    """The desk of this process.

    Raises:
        LantuError: the workspace or the pack cannot be opened.
    """
    return Desk(Workspace.open(settings.LANTU_WORKSPACE), load_pack(settings.LANTU_PACK))
