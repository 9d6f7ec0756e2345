"""Checkable clauses in the text of measures (可核查承诺): so far those with a figure, and those with a rhythm.

A clause without a figure (禁止, 全部, 力争下降) is not found yet.
"""

from __future__ import annotations

import re

from lantu.plan.model import Measure, PlanDocument, ReadCommitment

_CLAUSE = re.compile(r"[^,，;；。]+")
_ACTS = r"达\s*到|完成|推广|建设|改造|控制在|实现|减排|下降|提高|组织|覆盖率"
_UNIT = r"%|个村|个|家|台|座|处|条段|条|公里|公顷|辆次|辆|户|立方米|吨/平方公里·月|吨|克/平方米|微克/立方米|名"
_FIGURE = re.compile(rf"(\d+(?:\.\d+)?)\s*(万|亿)?\s*({_UNIT})\s*(以上|以内|以下|左右)?")
_COMPARATORS = {"以上": ">=", "以内": "<=", "以下": "<=", "左右": "~="}
_RHYTHM = {"week": "周", "month": "月", "quarter": "季度", "year": "年"}


def find_commitments(document: PlanDocument, year: int) -> list[ReadCommitment]:
    """The clauses of a document that name a figure to reach or a rhythm to keep.

    Args:
        document: the plan as read; its measures are not changed.
        year: the year that a clause without a date of its own is due in.
    """
    found: list[ReadCommitment] = []
    for measure in document.measures():
        for clause in _CLAUSE.finditer(measure.text):
            found += _figure(measure, clause[0].strip(), year, len(found) + 1)
        for time in measure.inner_times:
            rhythm = time.deadline.cadence
            if rhythm in _RHYTHM or rhythm == "periodic":
                every = rhythm != "periodic"
                found.append(
                    ReadCommitment(
                        id=f"C{len(found) + 1:03d}",
                        measure=measure.id,
                        quote=_around(measure.text, time.at),
                        indicator=_around(measure.text, time.at),
                        kind="cadence",
                        comparator="every" if every else "periodic",
                        value=1 if every else None,
                        unit=_RHYTHM[rhythm] if every and rhythm else "",
                        qualifier=time.raw,
                        period=str(year),
                        confidence=0.8,
                    )
                )
    return found


def _figure(measure: Measure, clause: str, year: int, number: int) -> list[ReadCommitment]:
    figures = list(_FIGURE.finditer(clause))
    if len(figures) != 1 or not re.search(_ACTS, clause[: figures[0].start()] + clause[figures[0].end() :]):
        return []
    figure = figures[0]
    value = float(figure[1]) * {"万": 1e4, "亿": 1e8}.get(figure[2] or "", 1)
    comparator = _COMPARATORS.get(figure[4] or "", "~=" if "基本" in clause else ">=")
    due = measure.deadline.date.isoformat() if measure.deadline.date else None
    return [
        ReadCommitment(
            id=f"C{number:03d}",
            measure=measure.id,
            quote=clause,
            indicator=clause[: figure.start()].strip() or clause,
            kind="threshold" if figure[3] == "%" or "/" in figure[3] else "count",
            comparator=comparator,
            value=int(value) if value.is_integer() else value,
            unit=figure[3],
            qualifier=figure[4] or "",
            due=due,
            period=str(year),
            confidence=0.7,
        )
    ]


def _around(text: str, at: int) -> str:
    """The clause in which a place of the text lies."""
    return next((clause[0].strip() for clause in _CLAUSE.finditer(text) if clause.end() > at), text)
