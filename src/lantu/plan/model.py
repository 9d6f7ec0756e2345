"""The plan as it was read from a document: sections, tasks, measures, commitments, and every doubt of the reading.

The JSON of these classes is a stable interface (`plans/sections/tasks/measures`, `commitments`, `doubts`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from lantu.base import Deadline, FoundTime, Text

ReadHow = Literal[
    "printed",  # the row's own cells
    "merged_lead_resp",  # one printed cell over 牵头 and 主责
    "inherited_vertical",  # a cell merged downwards over rows
    "split_from_shared_cell",  # several paragraphs share the row's cells
    "paragraph_aligned",  # groups of units dealt out to paragraphs
    "shift_repaired",  # cells moved back into their column
    "guess",
]

DoubtKind = Literal[
    "missing_task",
    "missing_section",
    "title_displaced",
    "shifted_columns",
    "fused_rows",
    "misplaced_units",
    "alignment",
    "repeated_task",
    "header",
    "heading",
    "unit_name",
    "numbers",
    "text",
    "deadline",
    "page",
]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in the document, or in its reading, that a person should look at."""

    kind: DoubtKind
    what: Text
    confidence: float
    """How sure it is that something is wrong here, 0 to 1."""
    line: int | None = None
    page: int | None = None
    plan: str | None = None
    task: int | None = None
    measure: str | None = None
    printed: str | None = None
    read_as: str | None = None

    def as_json(self) -> dict[str, Any]:
        result = {k: v for k, v in _fields(self).items() if v is not None and k != "what"}
        return {**result, "what": {"zh": self.what.zh, "en": self.what.en}}


@dataclass(slots=True)
class Measure:
    """One separable row or paragraph (工作措施) with its own deadline and units.

    `lead`, `responsible` and `assisting` hold canonical names of units or groups, in printed order.
    """

    id: str
    text: str
    deadline_raw: str
    deadline: Deadline
    lead: list[str] = field(default_factory=list)
    responsible: list[str] = field(default_factory=list)
    assisting: list[str] = field(default_factory=list)
    lead_resp_merged: bool = False
    read_how: ReadHow = "printed"
    confidence: float = 1.0
    line: int | None = None
    page: int | None = None
    segment: int = 0
    """Which paragraph of its row this is, counted from 0."""
    inner_times: list[FoundTime] = field(default_factory=list)
    raw_cells: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        result = {k: v for k, v in _fields(self).items() if k not in ("deadline", "inner_times", "line", "page")}
        result["deadline"] = self.deadline.as_json()
        result["inner_times"] = [{"raw": t.raw, "at": t.at, **t.deadline.as_json()} for t in self.inner_times]
        return {**result, **{k: v for k, v in (("line", self.line), ("page", self.page)) if v is not None}}


@dataclass(slots=True)
class Task:
    """A numbered task (重点任务)."""

    no: int
    title: str
    measures: list[Measure] = field(default_factory=list)
    line: int | None = None
    page: int | None = None


@dataclass(slots=True)
class Section:
    """A part of a plan (章)."""

    no: str
    title: str
    tasks: list[Task] = field(default_factory=list)
    line: int | None = None
    page: int | None = None


@dataclass(slots=True)
class Plan:
    """One table of tasks with its heading: the air plan, the water plan ..."""

    id: str
    title: str
    sections: list[Section] = field(default_factory=list)
    line: int | None = None
    page: int | None = None

    @property
    def tasks(self) -> list[Task]:
        return [task for section in self.sections for task in section.tasks]


@dataclass(frozen=True, slots=True)
class ReadCommitment:
    """A checkable clause that was found in a measure's text: comparator, value in base units, unit, and the words.

    `comparator` is one of `=`, `>=`, `<=`, `>`, `<`, `~=` (左右, 基本), `<baseline`, `>baseline`, `>=baseline`,
    `<=baseline`, `not in last`, `in`, `every`, `periodic`, `all`. `value` is None where the document gives no figure.
    """

    id: str
    measure: str
    quote: str
    indicator: str
    kind: str
    comparator: str
    value: int | float | str | None
    unit: str
    qualifier: str = ""
    scope: str = ""
    per: str = ""
    due: str | None = None
    period: str = ""
    baseline: str | None = None
    quotas: dict[str, int | float] | None = None
    note: str | None = None
    confidence: float = 1.0

    def as_json(self) -> dict[str, Any]:
        return {k: v for k, v in _fields(self).items() if v is not None or k in ("value", "due")}


@dataclass(slots=True)
class PlanDocument:
    """All that was read from one document."""

    source: str
    year: int | None
    plans: list[Plan]
    commitments: list[ReadCommitment] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    def measures(self) -> list[Measure]:
        return [m for plan in self.plans for task in plan.tasks for m in task.measures]

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape; see the module's docstring."""
        return {
            "source": {"file": self.source, "year": self.year},
            "plans": [_node(plan) for plan in self.plans],
            "commitments": [c.as_json() for c in self.commitments],
            "doubts": [d.as_json() for d in self.doubts],
            "counts": {
                "plans": len(self.plans),
                "sections": sum(len(p.sections) for p in self.plans),
                "tasks": sum(len(p.tasks) for p in self.plans),
                "measures": len(self.measures()),
                "commitments": len(self.commitments),
                "doubts": len(self.doubts),
            },
        }


def _node(node: Plan | Section | Task) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in _fields(node).items():
        if name in ("sections", "tasks", "measures"):
            result[name] = [item.as_json() if isinstance(item, Measure) else _node(item) for item in value]
        elif value is not None:
            result[name] = value
    return result


def _fields(record: Any) -> dict[str, Any]:
    return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
