"""The ground on which ledger commitments are judged: entries as of the right day, nil returns, schedules, watches."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from lantu.assessment.targets import Targets
from lantu.base import LantuError, Period, Quantity, Text, as_decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from lantu.lake import Lake
    from lantu.ledgers import Entries, Entry, LedgerBook
    from lantu.plan.commitments import Watch
    from lantu.plan.packs import Pack

Found = TypeVar("Found")

NIL_RETURNS = "nil_returns"
"""The ledger (零报告) in which an area declares that there is nothing of a kind."""
PROGRESS_REPORTS = "progress_reports"
"""The ledger in which units declare progress (自报)."""
CASES = "cases"
DOCUMENTS = "documents"
ALERTS = "alerts"


class Bound:
    """The inner rule of a list, with the head (id, softness, tolerance ...) of its commitment."""

    def __init__(self, commitment: Any, rule: Any) -> None:
        self._commitment, self._rule = commitment, rule

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rule if hasattr(self._rule, name) else self._commitment, name)


@dataclass(slots=True)
class Ground:
    """Everything that judging needs on one day.

    Args:
        pack: what was promised.
        lake: what was measured.
        as_of: the day of the verdict.
        book: the ledgers; None where a workspace has none.
        targets: figures that were entered.
        accept_coverage: judge incomplete periods from this share on.
    """

    pack: Pack
    lake: Lake
    as_of: dt.date
    book: LedgerBook | None = None
    targets: Targets = field(default_factory=lambda: Targets([]))
    accept_coverage: float | None = None
    narrow: tuple[str, frozenset[str]] | None = None
    """A ledger, and the areas whose entries alone are read of it where only these are judged."""
    narrow_code: tuple[str, str, str] | None = None
    """A ledger, and the field and code of the entries that alone are read of it."""
    _nil: dict[tuple[str, str], list[tuple[dt.date, dt.date]]] | None = None

    _once: dict[Any, Any] = field(default_factory=dict)

    def once(self, key: Any, make: Callable[[], Found]) -> Found:
        """What many areas need, made once while the day is judged."""
        if key not in self._once:
            self._once[key] = make()
        found: Found = self._once[key]
        return found

    def __post_init__(self) -> None:
        if self.book is not None:
            self.book.refresh()

    def entries(self, ledger: str, day: dt.date) -> Entries | None:
        """The entries of a ledger on a day; None where the workspace holds none, or the pack has no such ledger."""
        if self.book is None or ledger not in self.book.ledgers:
            return None
        if self.narrow is not None and ledger == self.narrow[0] and self.book.version(ledger) is not None:
            part, codes = self.book.part, self.narrow[1]
            at = self.once(("part", ledger), lambda: part(ledger, codes))
            return self.once(("part", ledger, day), lambda: at(day))
        if self.narrow_code is not None and ledger == self.narrow_code[0] and self.book.version(ledger) is not None:
            of_code = self.book.part_of_code
            named = self.narrow_code
            at = self.once(named, lambda: of_code(*named))
            return self.once((*named, day), lambda: at(day))
        found = self.book.entries(ledger, day)
        return found if len(found.history) else None

    def due(self, commitment: Any) -> dt.date:
        """The day by which it has to hold: its due day within the period, else the end of its period."""
        period = self.pack.period_of(commitment)
        due = self.pack.due_of(commitment)
        return period.end if due is None else min(max(due, period.start), period.end)

    def judged_day(self, commitment: Any) -> dt.date:
        """The day whose entries count: today's, but none after the due day."""
        return min(self.as_of, self.due(commitment))

    def versions(self, *entries: Entries | None) -> dict[str, Any]:
        """The versions of the ledgers that were used."""
        found: dict[str, Any] = {f"ledger:{each.ledger.ledger}": each.version for each in entries if each is not None}
        found["lantu"] = _code_version()
        return found

    def nil(self, about: str, area: str, period: Period) -> bool:
        """Whether the area declared for the whole period that there is nothing of the kind (零报告)."""
        if self._nil is None:
            self._nil = {}
            entries = self.entries(NIL_RETURNS, self.as_of)
            for row in entries.rows if entries is not None else []:
                key = (row.values["about"], row.area)
                self._nil.setdefault(key, []).append((row.values["from_day"], row.values["to_day"]))
        spans = sorted(self._nil.get((about, area), []))
        covered = period.start
        for first, last in spans:
            if first > covered:
                break
            covered = max(covered, last + dt.timedelta(days=1))
        return covered > period.end

    def watched(self, watch: Watch | None, about: str, area: str, period: Period) -> bool:
        """Whether somebody looked, so that no case means that there was none.

        By the commitment's own watch (an entry of its ledger in every period of its rhythm), or by nil returns.
        """
        if self.nil(about, area, period):
            return True
        if watch is None:
            return False
        entries = self.entries(watch.ledger, period.end)
        if entries is None:
            return False
        rows = entries.of_area(area)
        if watch.selection is not None:
            rows = entries.select(watch.selection, period, rows)
        days = [entries.happened(row) for row in rows]
        return all(any(day in part for day in days) for part in slices(period, watch.every, 1))

    def expected_share(self, commitment: Any, day: dt.date) -> Decimal:
        """What the schedule asks by a day, 0 to 1: the pack's milestones, else an even pace from start to due day."""
        period = self.pack.period_of(commitment)
        due = self.due(commitment)
        if day >= due:
            return Decimal(1)
        points = [(period.start - dt.timedelta(days=1), Decimal(0))]
        points += [(each.by, as_decimal(each.percent) / 100) for each in commitment.milestones if each.by < due]
        points.append((due, Decimal(1)))
        for (first, low), (last, high) in pairwise(points):
            if first <= day < last:
                if commitment.milestones and last != due:
                    return low  # a milestone asks nothing before its day
                return low + (high - low) * (day - first).days / (last - first).days
        return Decimal(0)


def _code_version() -> str:
    from lantu.indicators.cache import code_version

    return code_version()


def slices(period: Period, every: str, interval: int) -> list[Period]:
    """The parts of a period in which something has to happen once each: days, weeks, months, quarters, years.

    `periodic` and `crop_season` name no calendar rhythm: the whole period is the one part.
    """
    if every in ("periodic", "crop_season"):
        return [period]
    if every == "day":
        span = range(0, period.days, interval)
        return [
            Period.between(
                period.start + dt.timedelta(days=i), min(period.start + dt.timedelta(days=i + interval - 1), period.end)
            )
            for i in span
        ]
    if every == "week":
        return slices(period, "day", 7 * interval)
    months = interval * {"month": 1, "quarter": 3, "year": 12}[every]
    parts = period.months()
    found = []
    for index in range(0, len(parts), months):
        group = parts[index : index + months]
        found.append(Period.between(max(group[0].start, period.start), min(group[-1].end, period.end)))
    return found


def amount(entries: Entries, rows: list[Entry], sum_of: str | None, unit: str) -> Decimal:
    """How many entries, or how much of the amount they carry, in `unit`.

    Raises:
        LantuError: the ledger has no such amount, or its unit does not fit.
    """
    if sum_of is None:
        return Decimal(len(rows))
    declared = entries.ledger.field(sum_of)
    if declared is None or declared.type not in ("number", "integer"):
        raise LantuError(
            Text(
                f"台账 {entries.ledger.ledger} 没有数量字段“{sum_of}”",
                f"the ledger {entries.ledger.ledger} has no amount '{sum_of}'",
            )
        )
    total = sum((as_decimal(row.values[sum_of]) for row in rows if row.values.get(sum_of) is not None), Decimal(0))
    return total if declared.unit is None else Quantity.of(total, declared.unit).to(unit).value
