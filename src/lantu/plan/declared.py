"""What stands in a plan file of a pack (plan/*.yaml) and in its `pack.yaml`: closed models, nothing computed.

Titles of tasks are names and stand as printed; the text of a measure is summarised in other words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from lantu.base import ClosedModel, Deadline, Text
from lantu.plan.commitments import Commitment

Role = Literal["lead", "responsible", "assisting"]

ProofKind = Literal[
    "cadence",
    "closed_loop",
    "coverage_ratio",
    "data_sharing",
    "deliverable",
    "external_target",
    "ledger",
    "process_check",
    "prohibition",
    "quota_count",
    "rank",
    "reduction",
    "share",
    "survey_or_monitoring",
    "system",
    "threshold",
    "trend",
    "works_or_pilot",
]


class Measure(ClosedModel):
    """A measure (工作措施) with its deadline, its units by canonical name, what would prove it, its commitments.

    `times` are the times that its text names besides the deadline. `doubtful` names the roles whose reading is
    doubtful; `note` says why.
    """

    id: Annotated[str, Field(pattern=r"^[a-z]+(-\d+){2,3}$")]
    summary: Text
    deadline: Deadline
    times: list[Deadline] = []
    lead: list[str] = []
    responsible: list[str] = []
    assisting: list[str] = []
    proof: list[ProofKind] = []
    doubtful: list[Role] = []
    note: Text | None = None
    commitments: list[Commitment] = []


class Task(ClosedModel):
    """A numbered task (重点任务)."""

    # `no` as a key of YAML is the boolean false, so the file says `number`
    no: int = Field(alias="number", ge=1)
    title: Text
    note: Text | None = None
    measures: list[Measure]


class Section(ClosedModel):
    """A part of a plan (章)."""

    no: str = Field(alias="number")
    title: Text
    note: Text | None = None
    tasks: list[Task]


class MissingTask(ClosedModel):
    """A task number that the document at hand does not have, and why."""

    no: int = Field(alias="number", ge=1)
    reason: Text


class Plan(ClosedModel):
    """One plan of a pack: the air plan, the water plan ..."""

    id: Annotated[str, Field(alias="plan", pattern=r"^[a-z]+$")]
    title: Text
    missing_tasks: list[MissingTask] = []
    sections: list[Section]

    @property
    def tasks(self) -> list[Task]:
        return [task for section in self.sections for task in section.tasks]

    def measures(self) -> Iterator[Measure]:
        for task in self.tasks:
            yield from task.measures


class PlanSource(ClosedModel):
    """An official document that the pack rests on."""

    title: Text
    number: str = ""
    year: int


class PackHead(ClosedModel):
    """`pack.yaml`: which city and year, where its local time comes from, which plans, what it inherits.

    Files that an inheriting pack does not have itself (areas, units, sites, calendar) are taken from the pack that
    it names; its plans are its own, and its parameters are laid over the inherited ones.
    """

    id: str
    title: Text
    city: Text
    area: str
    year: int
    time_zone: str
    documents: list[PlanSource]
    plans: Annotated[list[str], Field(min_length=1)]
    inherits: str | None = None
