"""Rows become tasks again: numbers and titles, parts of a table on several pages, rows broken by a page's end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lantu.base import Text
from lantu.plan.model import Doubt
from lantu.plan.reading.columns import Laid, PlanLine, SectionLine
from lantu.plan.reading.rows import UNIT_ROLES, Cell, RawRow, Role, RowGroup, folded, joined, unmarked

_NUMERALS = "零一二三四五六七八九十"
_IDS = (("air", "大气|空气|蓝天"), ("water", "水"), ("soil", "土壤|净土|土地"))


@dataclass(slots=True)
class DraftTask:
    no: int
    title: str
    line: int | None
    page: int | None
    groups: list[RowGroup] = field(default_factory=list)


@dataclass(slots=True)
class DraftSection:
    no: str
    title: str
    line: int | None
    page: int | None
    tasks: list[DraftTask] = field(default_factory=list)


@dataclass(slots=True)
class DraftPlan:
    id: str
    title: str
    level: int | None
    line: int | None
    page: int | None
    sections: list[DraftSection] = field(default_factory=list)

    @property
    def tasks(self) -> list[DraftTask]:
        return [task for section in self.sections for task in section.tasks]


def stitch(laid: Laid, fallback_title: str) -> tuple[list[DraftPlan], list[Doubt]]:
    """Join what a document gives into plans, sections, tasks and groups of rows.

    A row belongs to a task by its number; without one it goes on with the task before. Nothing is put in where a number
    is missing: the gap is a doubt.

    Args:
        laid: the document with its columns found.
        fallback_title: names the plan where the document prints no title.
    """
    stitcher = _Stitcher(fallback_title)
    for item in laid.items:
        if isinstance(item, PlanLine):
            stitcher.plan_line(item)
        elif isinstance(item, SectionLine):
            stitcher.section_line(item)
        else:
            stitcher.row(item)
    plans = [plan for plan in stitcher.plans if plan.tasks]
    doubts = stitcher.doubts + _heading_doubts(plans, laid)
    return plans, doubts


class _Stitcher:
    def __init__(self, fallback_title: str) -> None:
        self.plans: list[DraftPlan] = []
        self.doubts: list[Doubt] = []
        self._fallback = fallback_title
        self._task: DraftTask | None = None
        self._row: RawRow | None = None
        self._last_numbers: dict[str, int] = {}
        self._section_cell = ""
        self._told: set[tuple[str, int]] = set()

    # --- headings -------------------------------------------------------------------------------------------

    def plan_line(self, line: PlanLine) -> None:
        """A title; the same title again, on a later page, is the same plan."""
        if self.plans and folded(self.plans[-1].title) == folded(line.title):
            return
        self._start_plan(line.title, line.level, line.line, line.page)

    def _start_plan(self, title: str, level: int | None, line: int | None, page: int | None) -> DraftPlan:
        taken = {plan.id for plan in self.plans}
        wanted = next((name for name, words in _IDS if re.search(words, title)), None)
        plan_id = wanted if wanted and wanted not in taken else f"plan{len(self.plans) + 1}"
        plan = DraftPlan(plan_id, title, level, line, page)
        self.plans.append(plan)
        self._task, self._row, self._section_cell = None, None, ""
        return plan

    def section_line(self, line: SectionLine) -> None:
        plan = self.plans[-1] if self.plans else self._start_plan(self._fallback, None, None, None)
        last = plan.sections[-1] if plan.sections else None
        if last is not None and last.no == line.no and folded(last.title) == folded(line.title):
            return  # printed again on the next page
        number = numeral(line.no)
        before = numeral(last.no) if last is not None else 0
        if number is not None and before is not None and number > before + 1:
            lost = "、".join(_chinese(n) for n in range(before + 1, number))
            what = Text(f"缺少第{lost}部分的标题", f"the heading of section {lost} is missing")
            self.doubts.append(Doubt("missing_section", what, 0.9, line.line, line.page, plan.id))
        plan.sections.append(DraftSection(line.no, line.title, line.line, line.page))
        self._task = None

    # --- rows -----------------------------------------------------------------------------------------------

    def row(self, row: RawRow) -> None:
        plan = self.plans[-1] if self.plans else self._start_plan(self._fallback, None, None, None)
        self._by_section_column(row)
        cell = row.cells.get("task")
        printed, title = unmarked(row.text("number")), joined(unmarked(cell.text)) if cell else ""
        number = _task_number(printed)
        fused = re.fullmatch(r"(\d{1,3})[、.．]?\s*([^\d年月日\W].*)", printed or title, re.DOTALL)
        if number is None and fused is not None and (not printed or not title):
            number, title, printed = int(fused[1]), fused[2], fused[1]  # the mark between number and title is lost
        if printed and number is None:
            what = Text(f"序号“{printed}”读不懂", f"the number '{printed}' cannot be read")
            self.doubts.append(Doubt("numbers", what, 0.9, row.line, row.page, plan.id, printed=printed))
        task = self._task_of(plan, row, number, title)
        if task is None:
            return
        self._add(task, row)
        self._row = row

    def _by_section_column(self, row: RawRow) -> None:
        cell = row.cells.get("section")
        if cell is not None and cell.text.strip() and not cell.above and cell.text != self._section_cell:
            self._section_cell = cell.text
            self.section_line(SectionLine("", joined(unmarked(cell.text)), True, row.line, row.page))

    def _task_of(self, plan: DraftPlan, row: RawRow, number: int | None, title: str) -> DraftTask | None:
        task = self._task
        latest = plan.tasks[-1] if plan.tasks else None
        if number is not None:
            # A new section may begin to count anew; otherwise the number is the stronger key.
            counted = bool(plan.sections and plan.sections[-1].tasks)
            if counted and latest is not None and latest.no == number:
                self._again(plan, latest, row)
                if title and not _alike(title, latest.title):
                    what = Text(
                        f"任务 {number} 的名称在此写作“{title}”，前面是“{latest.title}”",
                        f"task {number} is called '{title}' here and '{latest.title}' before",
                    )
                    self.doubts.append(
                        Doubt("text", what, 0.9, row.line, row.page, plan.id, number, None, title, latest.title)
                    )
                self._task = latest
                return latest
            return self._new_task(plan, row, number, title)
        if task is not None and (not title or row.cells["task"].above or _alike(title, task.title)):
            if row.first_of_block and row.drawn is False and title:
                self._again(plan, task, row)
            return task
        if task is not None and row.first_of_block and "number" in row.cells:
            task.title += title  # the rest of a title that the page's end broke off
            return task
        if "number" not in row.cells and "task" in row.cells and title:
            return self._new_task(plan, row, (latest.no if latest else 0) + 1, title)
        if latest is None and not title and not row.text("measure"):
            return None
        if "number" not in row.cells and "task" not in row.cells:
            return self._new_task(plan, row, (latest.no if latest else 0) + 1, "")
        supposed = (latest.no if latest else 0) + 1
        what = Text(
            f"任务没有序号，按顺序记作 {supposed}", f"the task has no number; taken for {supposed} by its place"
        )
        self.doubts.append(Doubt("numbers", what, 0.9, row.line, row.page, plan.id, supposed))
        return self._new_task(plan, row, supposed, title)

    def _new_task(self, plan: DraftPlan, row: RawRow, number: int, title: str) -> DraftTask:
        if not plan.sections:
            plan.sections.append(DraftSection("", "", row.line, row.page))
        self._check_sequence(plan, row, number)
        self._task = DraftTask(number, title, row.line, row.page)
        plan.sections[-1].tasks.append(self._task)
        self._last_numbers[plan.id] = number
        return self._task

    def _check_sequence(self, plan: DraftPlan, row: RawRow, number: int) -> None:
        before = self._last_numbers.get(plan.id)
        if before is None:
            others = max(self._last_numbers.values(), default=0)
            before = others if number == others + 1 else 0
        starts_anew = number == 1 and not plan.sections[-1].tasks
        if number == before + 1 or starts_anew:
            return
        if number > before + 1:
            line = row.block_line if row.first_of_block or row.block_line else row.line
            many = f"{before + 1}–{number - 1}" if number > before + 2 else f"{number - 1}"
            what = Text(
                f"缺少任务 {many}（{before} 之后是 {number}），可能丢了一页或一个标题；未补写",
                f"task {many} is missing (after {before} comes {number}): a page, perhaps a section heading with it, "
                "may be lost; nothing was put in its place",
            )
            for missing in range(before + 1, number):
                self.doubts.append(Doubt("missing_task", what, 0.99, line, row.page, plan.id, missing))
            return
        what = Text(
            f"序号不连续：{before} 之后是 {number}", f"the numbers do not run on: after {before} comes {number}"
        )
        self.doubts.append(Doubt("numbers", what, 0.9, row.line, row.page, plan.id, number))

    def _again(self, plan: DraftPlan, task: DraftTask, row: RawRow) -> None:
        """The number and title of the task before are printed again."""
        if row.first_of_block:
            key = (plan.id, task.no)
            if not row.drawn and key not in self._told:
                self._told.add(key)
                what = Text(
                    f"任务 {task.no} 跨页，序号和任务名在此重复",
                    f"task {task.no} runs over pages; number and title again",
                )
                self.doubts.append(Doubt("page", what, 0.99, row.line, row.page, plan.id, task.no))
            return
        what = Text(
            f"任务 {task.no} 在同一页内重复印出，按同一任务读",
            f"task {task.no} is printed again within a page; read as the same task",
        )
        self.doubts.append(Doubt("repeated_task", what, 0.95, row.line, row.page, plan.id, task.no))

    def _add(self, task: DraftTask, row: RawRow) -> None:
        text = row.cells.get("measure")
        before = task.groups[-1] if task.groups else None
        if before is not None and text is not None and text.above:
            before.rows.append(row)
            return
        if row.text("measure"):
            if before is not None and self._broken_off(before.rows[-1], row):
                _append(before.rows[-1], row)
                return
            task.groups.append(RowGroup([row]))
            return
        if not any(row.text(role) for role in ("deadline", *UNIT_ROLES)):
            return
        if before is not None:
            before.rows.append(row)
            return
        what = Text("本行没有措施文字", "the row has no text of a measure")
        self.doubts.append(Doubt("text", what, 0.9, row.line, row.page, self.plans[-1].id, task.no))

    def _broken_off(self, before: RawRow, row: RawRow) -> bool:
        """Whether a row goes on with the one that the page's end broke off."""
        if not row.first_of_block or before.block == row.block:
            return False
        own = [row.text(role) for role in ("deadline", *UNIT_ROLES)]
        ended = re.search(r"[。！？；.;!?”》）)]\s*$", unmarked(before.text("measure"))) is not None
        return not any(own) or (not ended and not row.text("deadline"))


def _append(before: RawRow, row: RawRow) -> None:
    """The rest of a row is added to its cells (to each printed cell once)."""
    grown: dict[int, Cell] = {}
    roles: list[Role] = ["measure", "deadline", *UNIT_ROLES]
    for role in roles:
        cell, rest = before.cells.get(role), row.text(role)
        if cell is None or not rest:
            continue
        if id(cell) not in grown:
            grown[id(cell)] = Cell(f"{cell.text}\n{rest}", cell.start, cell.end, cell.above)
        before.cells[role] = grown[id(cell)]


def _task_number(printed: str) -> int | None:
    match = re.fullmatch(r"[（(]?\s*(\d{1,3})\s*[)）.、．]?", printed)
    return int(match[1]) if match else numeral(printed.strip("、.（）()"))


def numeral(text: str) -> int | None:
    """A Chinese numeral up to 99 (十二), or digits; None where it is neither."""
    if text.isdigit():
        return int(text)
    if not text or any(character not in _NUMERALS for character in text):
        return None
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _NUMERALS.index(text) if len(text) == 1 else None
    if len(tens) > 1 or len(ones) > 1 or "十" in (tens, ones):
        return None
    return 10 * (_NUMERALS.index(tens) if tens else 1) + (_NUMERALS.index(ones) if ones else 0)


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("十" if tens == 1 else _NUMERALS[tens] + "十" if tens else "") + (_NUMERALS[ones] if ones else "")


def _alike(one: str, other: str) -> bool:
    one, other = folded(one), folded(other)
    return one == other or (len(one) > 3 and (other.startswith(one) or one.startswith(other)))


def _heading_doubts(plans: list[DraftPlan], laid: Laid) -> list[Doubt]:
    """Headings of the same kind that are marked in different ways."""
    doubts = []
    sections = [item for item in laid.items if isinstance(item, SectionLine)]
    if sum(section.marked for section in sections) > len(sections) / 2:
        for section in sections:
            if not section.marked:
                what = Text(
                    f"章标题“{section.title}”没有标记，别处都有",
                    f"the section heading '{section.title}' is not marked as the others are",
                )
                doubts.append(Doubt("heading", what, 0.99, section.line, section.page, printed=section.title))
    levels = [plan.level for plan in plans if plan.level is not None]
    for plan in plans:
        if plan.level is not None and levels.count(plan.level) * 2 < len(levels):
            what = Text(
                f"“{plan.title}”的标题级别与其他并列计划不同",
                f"the heading of '{plan.title}' has another level than its siblings",
            )
            doubts.append(Doubt("heading", what, 0.99, plan.line, plan.page, plan.id, printed=plan.title))
    return doubts
