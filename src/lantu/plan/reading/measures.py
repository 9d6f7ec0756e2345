"""Stitched rows become the model's plans: every measure with its deadline, its units and how they were read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from itertools import pairwise

from lantu.base import Deadline, Season, Text, find_times, parse_deadline
from lantu.plan.model import Doubt, Measure, Plan, Section, Task
from lantu.plan.reading.dealing import deal
from lantu.plan.reading.neighbours import put_back
from lantu.plan.reading.roles import prints_dashes, settle
from lantu.plan.reading.rows import UNIT_ROLES
from lantu.plan.reading.stitching import DraftPlan, DraftTask
from lantu.plan.reading.strips import Slot, Strip, strips_of
from lantu.plan.reading.units import UnitReader

_ANY_YEAR = 2000
"""Stands in for a year that is not known; no date that depends on it is kept."""


class MeasureBuilder:
    """Builds the plans of one document.

    Args:
        reader: reads the cells of units.
        year: the plan's year; without one, dates that need it stay unknown.
        seasons: the calendar's seasons, for deadlines that name one.
    """

    def __init__(self, reader: UnitReader, year: int | None, seasons: Mapping[str, Season]) -> None:
        self._reader, self._year, self._seasons = reader, year, seasons
        self.doubts: list[Doubt] = []

    def build(self, drafts: list[DraftPlan]) -> list[Plan]:
        """The finished plans; doubts are gathered in `doubts`."""
        by_plan = [(draft, strips_of(draft, self._reader, self._is_deadline, self.doubts)) for draft in drafts]
        dashes = prints_dashes([strip for _, strips in by_plan for strip in strips])
        return [self._plan(draft, strips, dashes) for draft, strips in by_plan]

    def deadline(self, raw: str) -> Deadline:
        """What a deadline cell means; undated where the year is not known and the cell names none."""
        deadline = parse_deadline(raw, self._year or _ANY_YEAR, self._seasons)
        if self._year is None and not re.search(r"20\d\d年", raw):
            deadline = dataclasses.replace(deadline, date=None, start=None)
        return deadline

    def _is_deadline(self, raw: str) -> bool:
        return self.deadline(raw).type != "unknown"

    def _plan(self, draft: DraftPlan, strips: list[Strip], dashes: bool) -> Plan:
        put_back(strips, self._reader, self.doubts)
        of_task: dict[int, list[Strip]] = {}
        for strip in strips:
            of_task.setdefault(id(strip.task), []).append(strip)
        plan = Plan(draft.id, draft.title, line=draft.line, page=draft.page)
        for section in draft.sections:
            built = Section(section.no, section.title, line=section.line, page=section.page)
            for task in section.tasks:
                # Where numbers begin anew in every section, the section's place tells their measures apart.
                again = sum(other.no == task.no for other in draft.tasks) > 1
                number = f"{len(plan.sections) + 1}.{task.no}" if again else str(task.no)
                built.tasks.append(
                    self._task(f"{draft.id}-{number}", draft.id, task, of_task.get(id(task), []), dashes)
                )
            plan.sections.append(built)
        return plan

    def _task(self, name: str, plan: str, draft: DraftTask, strips: list[Strip], dashes: bool) -> Task:
        slots: list[Slot] = []
        for strip in strips:
            for slot in deal(strip, self._reader, self.doubts):
                settle(slot, slots[-1] if slots else None, self._reader, dashes, self.doubts, plan, draft.no)
                slots.append(slot)
        self._reach_down(plan, draft.no, slots)
        measures = [self._measure(f"{name}-{nth}", slot, plan, draft.no) for nth, slot in enumerate(slots, start=1)]
        self._tell_repeated_cells(plan, draft, slots)
        return Task(draft.no, draft.title, measures, draft.line, draft.page)

    def _reach_down(self, plan: str, task: int, slots: list[Slot]) -> None:
        """An empty deadline cell is the end of one that began above, unless it is the first of its task."""
        for before, slot in pairwise(slots):
            if slot.deadline_raw.strip() or not before.deadline_raw.strip():
                continue
            slot.deadline_raw = before.deadline_raw
            what = Text("完成时限为空，取上一行的", "the deadline cell is empty; taken from the row above")
            self.doubts.append(
                Doubt("deadline", what, 0.5, slot.line, slot.page, plan, task, read_as=slot.deadline_raw)
            )

    def _measure(self, measure_id: str, slot: Slot, plan: str, task: int) -> Measure:
        raw = re.sub(r"\s+", "", slot.deadline_raw)
        deadline = self.deadline(raw)
        if deadline.type == "unknown":
            what = (
                Text(f"完成时限“{raw}”读不懂", f"the deadline '{raw}' cannot be read")
                if raw
                else Text("没有完成时限", "there is no deadline")
            )
            self.doubts.append(
                Doubt("deadline", what, 0.9, slot.line, slot.page, plan, task, measure_id, printed=raw or None)
            )
        times = find_times(slot.text, self._year or _ANY_YEAR, self._seasons)
        if self._year is None:
            times = [dataclasses.replace(time, deadline=self.deadline(time.raw)) for time in times]
        lead, responsible, assisting = (list(slot.units[role] or []) for role in UNIT_ROLES)
        if not lead and not responsible:
            what = Text("没有牵头和主责单位", "there is neither a lead nor a responsible unit")
            self.doubts.append(Doubt("misplaced_units", what, 0.8, slot.line, slot.page, plan, task, measure_id))
        return Measure(
            id=measure_id,
            text=slot.text,
            deadline_raw=raw,
            deadline=deadline,
            lead=lead,
            responsible=responsible,
            assisting=assisting,
            lead_resp_merged=slot.merged,
            read_how=slot.how,
            confidence=slot.confidence,
            line=slot.line,
            page=slot.page,
            segment=slot.segment,
            inner_times=times,
            raw_cells=slot.raw,
        )

    def _tell_repeated_cells(self, plan: str, draft: DraftTask, slots: list[Slot]) -> None:
        """Cells beside paragraphs of one text that repeat each other inside a row and from row to row were fused."""
        told: set[int | None] = set()
        for one, other in pairwise(slots):
            if one.drawn or one.line != other.line or one.raw == other.raw or one.line in told:
                continue
            cells = [{slot.raw.get(role, "") for role in UNIT_ROLES} - {""} for slot in (one, other)]
            inside = one.raw.get("responsible") and one.raw.get("responsible") == one.raw.get("assisting")
            if inside and cells[0] & cells[1]:
                told.add(one.line)
                what = Text("两行的单位相互重复", "the units of two rows repeat each other")
                self.doubts.append(Doubt("fused_rows", what, 0.7, one.line, one.page, plan, draft.no))
