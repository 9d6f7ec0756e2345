"""How things stand (现状): what a kept assessment says by task, district and area, worked out once for each."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lantu.assessment import AssessmentRow, Status
from lantu.assessment.verdict import WORST_FIRST, worst
from lantu.base import Text
from lantu.office.desk import desk

if TYPE_CHECKING:
    from lantu.office.snapshots import Snapshot
    from lantu.places import Area
    from lantu.plan.commitments import Commitment
    from lantu.plan.declared import Measure, Plan, Section, Task
    from lantu.plan.packs import Pack

NOT_YET_ENTERED = Text("无指标值：计划之外的文件下达，尚未录入", "no figure: set outside the plan, not entered yet")
NO_DATA = Text("无数据", "no data")


@dataclass(frozen=True)
class PlanTask:
    """A task of the pack with its place in the plan; its id is that of its measures without their number: `air-2`."""

    id: str
    plan: Plan
    section: Section
    task: Task

    @property
    def title(self) -> Text:
        return self.task.title

    @property
    def measures(self) -> list[Measure]:
        return self.task.measures

    @property
    def commitments(self) -> list[Commitment]:
        return [commitment for measure in self.measures for commitment in measure.commitments]

    def units(self) -> list[str]:
        """The units that lead or answer for it, as the plan names them."""
        return list(dict.fromkeys(unit for measure in self.measures for unit in (*measure.lead, *measure.responsible)))


_tasks: tuple[Any, dict[str, PlanTask]] | None = None


def plan_tasks() -> dict[str, PlanTask]:
    """Every task of the pack by its id, in the order of the plans."""
    global _tasks
    pack = desk().pack
    if _tasks is None or _tasks[0] is not pack:
        found = {
            f"{plan.id}-{task.no}": PlanTask(f"{plan.id}-{task.no}", plan, section, task)
            for plan in pack.plans
            for section in plan.sections
            for task in section.tasks
        }
        _tasks = (pack, found)
    return _tasks[1]


def task_of(measure: str) -> str:
    """The id of the task that a measure belongs to."""
    return "-".join(measure.split("-")[:2])


@dataclass(frozen=True, slots=True)
class Cell:
    """What can be said of something in the city, or in a district with its streets: the worst of all verdicts."""

    column: str
    status: Status
    rows: tuple[AssessmentRow, ...]

    @property
    def own(self) -> AssessmentRow | None:
        """The verdict on the city or district itself, where there is just that one."""
        return self.rows[0] if len(self.rows) == 1 and self.rows[0].area == self.column else None

    def count(self, status: Status) -> int:
        return sum(row.status is status for row in self.rows)


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that is another than it was in an earlier assessment; `before` is None where there was none."""

    row: AssessmentRow
    before: Status | None


@dataclass(frozen=True, slots=True)
class Due:
    """A commitment whose last day is near, and what can be said of it by now."""

    commitment: Commitment
    day: dt.date
    status: Status
    counts: dict[Status, int]


@dataclass
class Standing:
    """A snapshot looked at by task, column (the city and each district) and area."""

    snapshot: Snapshot
    pack: Pack
    columns: list[Area] = field(init=False)
    _column_of: dict[str, str] = field(init=False)
    _changes: dict[str, list[Change]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        areas, head = self.pack.areas, self.pack.head
        self.columns = [areas.get(head.area), *areas.select("districts", dt.date(self.pack.year, 12, 31))]
        self._column_of = {}
        known = {area.code for area in self.columns}
        for area in areas:
            above = [area, *areas.ancestors(area.code)]
            self._column_of[area.code] = next((each.code for each in above if each.code in known), head.area)
        by_task: dict[str, list[AssessmentRow]] = defaultdict(list)
        self.by_area: dict[str, list[AssessmentRow]] = defaultdict(list)
        self.by_column: dict[str, list[AssessmentRow]] = defaultdict(list)
        self.by_measure: dict[str, list[AssessmentRow]] = defaultdict(list)
        for row in self.snapshot.assessment.rows:
            by_task[task_of(row.measure)].append(row)
            self.by_area[row.area].append(row)
            self.by_column[self.column_of(row.area)].append(row)
            self.by_measure[row.measure].append(row)
        self.rows_of_task = by_task
        self.cells = {task: {cell.column: cell for cell in self.cells_of(rows)} for task, rows in by_task.items()}

    @property
    def day(self) -> dt.date:
        return self.snapshot.assessment.as_of

    def column_of(self, area: str) -> str:
        """The city or district in which an area is shown: a street stands in its district."""
        return self._column_of.get(area, self.pack.head.area)

    def cells_of(self, rows: Iterable[AssessmentRow]) -> Iterator[Cell]:
        """Verdicts gathered by column, in the order of the columns."""
        found: dict[str, list[AssessmentRow]] = defaultdict(list)
        for row in rows:
            found[self.column_of(row.area)].append(row)
        for area in self.columns:
            if area.code in found:
                here = found[area.code]
                yield Cell(area.code, worst([row.status for row in here]), tuple(here))

    @cached_property
    def mapped(self) -> list[Commitment]:
        """The commitments that are judged in more than one district, or in streets of more than one."""
        found = []
        for commitment in self.pack.commitments.values():
            columns = {self.column_of(row.area) for row in self.snapshot.assessment.of(commitment.id)}
            if len(columns - {self.pack.head.area}) > 1:
                found.append(commitment)
        return found

    def status_of_task(self, task: str) -> Status | None:
        """The worst verdict on a task; None where nothing of it is judged."""
        rows = self.rows_of_task.get(task, [])
        return worst([row.status for row in rows]) if rows else None

    @cached_property
    def reasons(self) -> list[tuple[Text, int]]:
        """Why verdicts are unknown, the commonest reason first."""
        counted = Counter(
            why_unknown(row.reason) for row in self.snapshot.assessment.rows if row.status is Status.UNKNOWN
        )
        return counted.most_common()

    def due_within(self, days: int) -> list[Due]:
        """Commitments whose last day comes after the snapshot's and within so many days, the nearest first."""
        found = []
        for commitment in self.pack.commitments.values():
            day = self.pack.due_of(commitment)
            if day is None or not self.day < day <= self.day + dt.timedelta(days=days):
                continue
            rows = self.snapshot.assessment.of(commitment.id)
            counts = self.snapshot.assessment.counts(rows)
            found.append(Due(commitment, day, worst([row.status for row in rows]), counts))
        return sorted(found, key=lambda due: (due.day, WORST_FIRST.index(due.status)))

    def changes_since(self, before: Snapshot) -> list[Change]:
        """Verdicts that differ from those of an earlier snapshot, the worst of now first."""
        if before.sha256 not in self._changes:
            self._changes[before.sha256] = self._changed(before)
        return self._changes[before.sha256]

    def _changed(self, before: Snapshot) -> list[Change]:
        was = {(row.commitment, row.area): row.status for row in before.assessment.rows}
        found = [
            Change(row, was.get((row.commitment, row.area)))
            for row in self.snapshot.assessment.rows
            if was.get((row.commitment, row.area)) is not row.status
        ]
        return sorted(found, key=lambda change: WORST_FIRST.index(change.row.status))


def why_unknown(reason: Text) -> Text:
    """The kind of a reason: its words without the names that stand in them."""
    if reason.zh.startswith("无指标值"):
        return NOT_YET_ENTERED
    short = Text(re.sub("“.*”", "…", reason.zh).partition("；")[0], re.sub("'.*'", "…", reason.en).partition(";")[0])
    inner = re.search("未知，(.*)", short.zh)
    return NO_DATA if inner and inner[1].startswith("无数据") else short


_kept: OrderedDict[str, Standing] = OrderedDict()
_lock = threading.Lock()
_MOST = 6


def standing(snapshot: Snapshot) -> Standing:
    """The standing of a snapshot; the latest ones are kept while the process runs."""
    pack = desk().pack
    with _lock:
        found = _kept.get(snapshot.sha256)
        if found is None or found.pack is not pack:
            found = _kept[snapshot.sha256] = Standing(snapshot, pack)
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
        else:
            _kept.move_to_end(snapshot.sha256)
        return found
