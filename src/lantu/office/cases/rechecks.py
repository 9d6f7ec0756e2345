"""Re-checks of closed cases (抽查复核): who was drawn, who was looked at again, and what it showed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.ledgers.guards import last_move
from lantu.office.cases.rules import CASES

if TYPE_CHECKING:
    from lantu.ledgers import LedgerBook


@dataclass(frozen=True, slots=True)
class Recheck:
    """A closed case that was drawn: who had put it right, who closed it, and what a second look showed."""

    number: str
    area: str
    unit: str | None
    closed_by: str
    closed_on: dt.date
    state: str
    """As it stands now: a case that came back is open again."""
    rechecked_on: dt.date | None
    result: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "area": self.area,
            "unit": self.unit,
            "closed_by": self.closed_by,
            "closed_on": self.closed_on.isoformat(),
            "state": self.state,
            "rechecked_on": None if self.rechecked_on is None else self.rechecked_on.isoformat(),
            "result": self.result,
        }


def drawn_rechecks(book: LedgerBook, first: dt.date, last: dt.date, seed: str) -> list[Recheck]:
    """The cases closed between two days that the seed draws, with what became of them.

    The seed is named before anybody can know the cases; the same seed draws the same ones, whenever it is asked.
    """
    found = []
    for number in book.recheck_sample(CASES, first, last, seed):
        history = book.store.history(CASES, number)
        closing = last_move([change for change in history if change.day <= last])
        now = history[-1]
        day = now.data.get("rechecked_on")
        seen = None if day is None else dt.date.fromisoformat(day)
        # a re-check from before this closing is not one of it
        fresh = seen is not None and seen >= closing.day
        found.append(
            Recheck(
                number,
                now.area,
                now.holder,
                closing.unit,
                closing.day,
                now.state,
                seen if fresh else None,
                now.data.get("recheck_result") if fresh else None,
            )
        )
    return found
