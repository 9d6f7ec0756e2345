"""What changed in a report since it was approved (审核后变动): field by field, with who did it and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.office.reports.table import REPORTS

if TYPE_CHECKING:
    from lantu.ledgers import LedgerBook


@dataclass(frozen=True, slots=True)
class ReportChange:
    """One field of one report that differs from what was approved."""

    key: str
    field: str
    approved: Any
    now: Any
    approved_on: dt.date
    changed_on: dt.date
    person: str
    unit: str
    reason: str | None
    state: str

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "field": self.field,
            "approved": self.approved,
            "now": self.now,
            "approved_on": self.approved_on.isoformat(),
            "changed_on": self.changed_on.isoformat(),
            "person": self.person,
            "unit": self.unit,
            "reason": self.reason,
            "state": self.state,
        }


def changed_since_approval(book: LedgerBook, key: str, first: bool = False) -> list[ReportChange]:
    """The fields of a report that differ from the latest approved version, or from the `first` one.

    Returns:
        none where the report was never approved, or nothing changed since.
    """
    history = book.store.history(REPORTS, key)
    approvals = [change for change in history if change.action == "approve"]
    if not approvals:
        return []
    approved = approvals[0] if first else approvals[-1]
    now = history[-1]
    names = [field.name for field in book.ledger(REPORTS).fields]
    found = []
    for name in names:
        before, after = approved.data.get(name), now.data.get(name)
        if before == after:
            continue
        later = [change for change in history if change.version > approved.version]
        changed = next(change for change in later if change.data.get(name) == after)
        grounds = [change.note for change in later if change.note and change.version <= changed.version]
        found.append(
            ReportChange(
                key,
                name,
                before,
                after,
                approved.day,
                changed.day,
                changed.person,
                changed.unit,
                grounds[-1] if grounds else None,
                now.state,
            )
        )
    return found


def all_changed(book: LedgerBook, month: str | None = None) -> list[ReportChange]:
    """All changes since the first approval, of the reports that have one, of a month or of all months."""
    store = book.store
    query = "select distinct key from change where ledger = ? and action = 'approve'"
    keys = [row[0] for row in store.select(query, [REPORTS])]
    if month is not None:
        keys = [key for key in keys if key.endswith(f"/{month}")]
    return [change for key in sorted(keys) for change in changed_since_approval(book, key, first=True)]
