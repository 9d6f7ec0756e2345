"""The verdict: a status for each commitment and area, with what it rests on. A status is computed, never stored."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any

from lantu.base import Text


class Status(Enum):
    """What can be said of a commitment in an area on a day (状态)."""

    MET = "met"
    ON_COURSE = "on_course"
    AT_RISK = "at_risk"
    MISSED = "missed"
    UNKNOWN = "unknown"

    @property
    def title(self) -> Text:
        return _TITLES[self]


_TITLES = {
    Status.MET: Text("已达到", "met"),
    Status.ON_COURSE: Text("进展正常", "on course"),
    Status.AT_RISK: Text("有风险", "at risk"),
    Status.MISSED: Text("未达到", "missed"),
    Status.UNKNOWN: Text("未知", "unknown"),
}


SYMBOLS = {Status.MET: "✓", Status.ON_COURSE: "→", Status.AT_RISK: "!", Status.MISSED: "✗", Status.UNKNOWN: "?"}
"""A sign for each status, so that colour never stands alone."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The three clocks of a commitment, side by side: what is declared, evidenced and scheduled (自报、核实、计划)."""

    declared: Text
    evidenced: Text
    scheduled: Text

    def as_json(self) -> dict[str, dict[str, str]]:
        return {
            name: {"zh": text.zh, "en": text.en}
            for name, text in (
                ("declared", self.declared),
                ("evidenced", self.evidenced),
                ("scheduled", self.scheduled),
            )
        }


@dataclass(frozen=True, slots=True)
class BothWays:
    """A figure with and without exclusions: all that was measured, without what is left out, by which exclusions."""

    measured: Decimal | None
    left_out: Decimal | None
    exclusions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """The verdict on one commitment in one area.

    `value` and `limit` are rounded as the standard rounds them before they are compared. `indication` says where an
    incomplete period points although the status has to stay unknown. `remaining` is what the days that are still to
    come, or that are missing, would have to average (or number) at most to keep the commitment.
    """

    commitment: str
    measure: str
    kind: str
    title: Text
    area: str
    area_name: Text
    status: Status
    reason: Text
    value: Decimal | None = None
    limit: Decimal | None = None
    comparator: str = ""
    unit: str = ""
    n: int | None = None
    coverage: float | None = None
    indication: Status | None = None
    remaining: Decimal | None = None
    since: dt.date | None = None
    """For what is missed: the day on which that became certain."""
    projection: Decimal | None = None
    """Where the present pace leads by the due day."""
    probability: float | None = None
    """How likely it is that the figure will be kept, by the seasons of past years; None where that is not estimated."""
    soft: str | None = None
    """The plan's softening word as the pack declares it: strive (力争), basically (基本), about (左右)."""
    basis: str = "figure"
    """`words` where the plan prints no figure and the check is the pack's own reading of its words."""
    unverified: tuple[str, ...] = ()
    """Parameters that decide the value and that no source has confirmed."""
    simulated: bool = False
    clocks: Clocks | None = None
    versions: dict[str, Any] = field(default_factory=dict)
    both_ways: BothWays | None = None
    """Where exclusions are in effect: the value with and without what they take out."""

    def as_json(self) -> dict[str, Any]:
        def number(value: Decimal | None) -> float | int | None:
            if value is None:
                return None
            return int(value) if value == value.to_integral_value() else float(value)

        return {
            "commitment": self.commitment,
            "measure": self.measure,
            "kind": self.kind,
            **_spoken("title", self.title),
            "area": self.area,
            "area_name": self.area_name.zh,
            "area_name_en": self.area_name.en,
            "status": self.status.value,
            "indication": self.indication.value if self.indication else None,
            "value": number(self.value),
            "comparator": self.comparator,
            "limit": number(self.limit),
            "unit": self.unit,
            "remaining": number(self.remaining),
            "n": self.n,
            "coverage": self.coverage,
            "since": None if self.since is None else self.since.isoformat(),
            "projection": number(self.projection),
            "probability": self.probability,
            "soft": self.soft,
            "basis": self.basis,
            "unverified": list(self.unverified),
            "simulated": self.simulated,
            "value_measured": number(self.both_ways.measured) if self.both_ways else number(self.value),
            "value_left_out": number(self.both_ways.left_out) if self.both_ways else None,
            "exclusions": list(self.both_ways.exclusions) if self.both_ways else [],
            **_spoken("reason", self.reason),
            "clocks": self.clocks.as_json() if self.clocks else None,
            "versions": self.versions,
        }


@dataclass(frozen=True)
class Assessment:
    """All verdicts on one pack on one day."""

    pack: str
    as_of: dt.date
    rows: tuple[AssessmentRow, ...]
    simulated: bool = False
    versions: dict[str, Any] = field(default_factory=dict)
    measures: dict[str, list[str]] = field(default_factory=dict)
    """The areas in which each measure is judged."""

    def measure_status(self, measure: str, area: str) -> Status:
        """What can be said of a whole measure in an area: one miss is a miss, one gap leaves it unknown."""
        from lantu.assessment.verdict import worst

        return worst([row.status for row in self._by_measure.get((measure, area), [])])

    @cached_property
    def _by_measure(self) -> dict[tuple[str, str], list[AssessmentRow]]:
        found: dict[tuple[str, str], list[AssessmentRow]] = {}
        for row in self.rows:
            found.setdefault((row.measure, row.area), []).append(row)
        return found

    def counts(self, rows: Iterable[AssessmentRow] | None = None) -> dict[Status, int]:
        """How many rows have each status; every status is there, also with 0."""
        counted = Counter(row.status for row in (self.rows if rows is None else rows))
        return {status: counted[status] for status in Status}

    def of(self, commitment: str) -> list[AssessmentRow]:
        """The rows of one commitment."""
        return self._by_commitment.get(commitment, [])

    @cached_property
    def _by_commitment(self) -> dict[str, list[AssessmentRow]]:
        found: dict[str, list[AssessmentRow]] = {}
        for row in self.rows:
            found.setdefault(row.commitment, []).append(row)
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "pack": self.pack,
            "as_of": self.as_of.isoformat(),
            "simulated": self.simulated,
            "counts": {status.value: count for status, count in self.counts().items()},
            "versions": self.versions,
            "measures": [
                {"measure": measure, "area": area, "status": self.measure_status(measure, area).value}
                for measure, areas in self.measures.items()
                for area in areas
            ],
            "rows": [row.as_json() for row in self.rows],
        }


def _spoken(name: str, text: Text) -> dict[str, str]:
    """A saying in the language of this run, and in both."""
    return {name: str(text), f"{name}_zh": text.zh, f"{name}_en": text.en}
