"""The past of verdicts (历次结论): what kept assessments said of a commitment, day by day."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from lantu.assessment import Status
from lantu.office.desk import desk
from lantu.office.standing import standing

MOST_DAYS = 40
"""So many kept days are looked back at; of each day the latest assessment."""


@dataclass(frozen=True, slots=True)
class PastDay:
    """What was said of a commitment on a day: how many areas had each status, and the city's or district's own."""

    day: dt.date
    counts: dict[Status, int]
    own: dict[str, tuple[Status, Decimal | None]]


@lru_cache(maxsize=MOST_DAYS * 2)
def _summary(path: Path) -> dict[str, PastDay]:
    snapshot = desk().snapshots.read(path)
    columns = {area.code for area in standing(snapshot).columns}
    counts: dict[str, Counter[Status]] = defaultdict(Counter)
    own: dict[str, dict[str, tuple[Status, Decimal | None]]] = defaultdict(dict)
    for row in snapshot.assessment.rows:
        counts[row.commitment][row.status] += 1
        if row.area in columns:
            own[row.commitment][row.area] = (row.status, row.value)
    day = snapshot.assessment.as_of
    return {
        commitment: PastDay(day, {status: counted[status] for status in Status}, own[commitment])
        for commitment, counted in counts.items()
    }


def past_of(commitment: str, until: dt.date) -> list[PastDay]:
    """What the latest assessment of each kept day said, oldest first, up to a day."""
    latest = {path.name.partition("_")[0]: path for path in desk().snapshots.paths()}
    paths = [path for day, path in sorted(latest.items()) if day <= until.isoformat()][-MOST_DAYS:]
    return [found[commitment] for path in paths if commitment in (found := _summary(path))]
