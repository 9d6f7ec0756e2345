"""Search (搜索): tasks, measures, commitments, ledgers, areas, entries and cases that an account may see.

Entries are looked up by their key in the index; then by a whole value, and by words, the newest first and only as long
as patience lasts, and the answer says if that was too short.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Q

from lantu.base import Text
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.printed import printed_measures
from lantu.office.register.lookups import key_begins
from lantu.office.standing import PlanTask, plan_tasks

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from lantu.ledgers import Ledger
    from lantu.office.register.models import Entry
    from lantu.places import Area
    from lantu.plan.commitments import Commitment
    from lantu.plan.declared import Measure

MOST = 20
LONGEST = 100
_PATIENCE = 0.04
"""Seconds of work in this thread; waiting for a busy machine does not count."""
_LONGEST_WAIT = 0.6
"""Seconds by the clock, whatever the machine is doing."""
_STEP = 20_000


@dataclass
class Found:
    """What a search found, by kind.

    `whole` is False where patience ended before all entries were looked through; for a number that is an entry's whole
    key no words are searched.
    """

    tasks: list[PlanTask] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    whole: bool = True

    @property
    def count(self) -> int:
        parts = (self.tasks, self.measures, self.commitments, self.ledgers, self.areas, self.entries)
        return sum(len(part) for part in parts)


def search(account: Any, words: str) -> Found:
    """Look for words in everything that an account may see.

    Args:
        account: who asks.
        words: at least one letter; of entries at least two are needed.
    """
    wanted = words.strip()[:LONGEST]
    found = Found()
    if not wanted:
        return found
    folded = wanted.casefold()
    pack = desk().pack

    def has(*texts: Any) -> bool:
        parts = (f"{text.zh} {text.en}" if isinstance(text, Text) else str(text) for text in texts)
        return any(folded in part.casefold() for part in parts)

    if rights.sees_office(account):
        printed = printed_measures()
        found.tasks = [task for task in plan_tasks().values() if has(task.id, task.title)][:MOST]
        found.measures = [
            measure
            for measure in pack.measures.values()
            if has(measure.id, measure.summary, printed[measure.id].text if measure.id in printed else "")
        ][:MOST]
        found.commitments = [each for each in pack.commitments.values() if has(each.id, each.title)][:MOST]
        found.areas = [
            area
            for area in pack.areas
            if area.kind != "zone"
            and has(area.code, area.title, *area.aliases)
            and rights.sees_area(account, area.code)
        ][:MOST]
    found.ledgers = [ledger for ledger in rights.visible_ledgers(account) if has(ledger.ledger, ledger.title)][:MOST]
    if len(wanted) >= 2:
        _entries(account, wanted, found)
    return found


def _entries(account: Any, wanted: str, found: Found) -> None:
    visible = rights.visible_entries(account)
    ledgers = [ledger.ledger for ledger in rights.visible_ledgers(account)]
    by_key = list(visible.filter(key_begins(wanted), ledger__in=ledgers).order_by("ledger", "key")[:MOST])
    if any(row.key == wanted for row in by_key):
        found.entries = by_key
        return
    begun = _Begun(time.thread_time(), time.monotonic())
    last = visible.aggregate(last=Max("id"))["last"] or 0
    words = visible.filter(Q(key__icontains=wanted) | Q(data__icontains=wanted))
    hits, found.whole = _look(words, last, begun, MOST - len(by_key), wanted)
    if len(hits) == MOST - len(by_key):  # a common word: what bears just this name or number comes first
        exact = visible.filter(data__contains=json.dumps(wanted, ensure_ascii=False))
        first, found.whole = _look(exact, last, begun, MOST, wanted)
        hits = [*first, *hits]
    merged = {row.pk: row for row in [*by_key, *hits]}
    found.entries = list(merged.values())[:MOST]


@dataclass(frozen=True, slots=True)
class _Begun:
    work: float
    clock: float

    def over(self) -> bool:
        """Whether the patience is used up."""
        worked, waited = time.thread_time() - self.work, time.monotonic() - self.clock
        return worked > _PATIENCE or waited > _LONGEST_WAIT


def _look(rows: QuerySet[Entry], last: int, begun: _Begun, most: int, wanted: str) -> tuple[list[Entry], bool]:
    """Look through entries from the newest on: the first hits, and whether all were seen or enough was found."""
    hits: list[Entry] = []
    while last > 0 and len(hits) < most:
        if begun.over():
            return hits, False
        for row in rows.filter(id__gt=last - _STEP, id__lte=last).order_by("-id")[: 10 * MOST]:
            if _says(row, wanted.casefold()) and len(hits) < most:
                hits.append(row)
        last -= _STEP
    return hits, True


def _says(row: Entry, folded: str) -> bool:
    """Whether the key or a value says it; names of fields do not count."""
    return folded in row.key.casefold() or any(folded in str(value).casefold() for value in row.values.values())
