"""Ranks of areas among their peers (排名), by the rounded figures of a kept assessment; equal figures share a rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lantu.assessment import AssessmentRow

if TYPE_CHECKING:
    from lantu.office.standing import Standing

_RANKED = ("level", "ratio")
_LESS_IS_BETTER = ("<", "<=")
_MORE_IS_BETTER = (">", ">=")
_WHOLE = 100
"""Percent: of a share that has to be whole more is better too."""


@dataclass(frozen=True, slots=True)
class Rank:
    """A place among so many areas of the same level that have a figure; 1 is the best."""

    place: int
    among: int
    shared: bool


def rank_of(row: AssessmentRow, now: Standing) -> Rank | None:
    """The rank of a verdict's figure among areas of the same level; None where figures are not to be ranked.

    Which way is better is told by what the commitment asks (`<`, `>`, or the whole of a share); figures without such an
    order have no rank.
    """
    if row.kind not in _RANKED or row.value is None:
        return None
    whole = row.kind == "ratio" and row.comparator == "=" and row.limit == _WHOLE
    if not whole and row.comparator not in (*_LESS_IS_BETTER, *_MORE_IS_BETTER):
        return None
    areas = now.pack.areas
    level = areas.get(row.area).level
    peers = [
        each.value
        for each in now.snapshot.assessment.of(row.commitment)
        if each.value is not None and each.area in areas and areas.get(each.area).level == level
    ]
    if len(peers) < 2:
        return None
    less = row.comparator in _LESS_IS_BETTER
    better = sum(value < row.value if less else value > row.value for value in peers)
    return Rank(better + 1, len(peers), peers.count(row.value) > 1)
