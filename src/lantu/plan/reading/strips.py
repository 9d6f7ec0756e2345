"""A strip is what one row of cells has to say: its paragraphs, and the groups of units printed beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lantu.base import Text
from lantu.plan.model import Doubt, ReadHow
from lantu.plan.reading.rows import UNIT_ROLES, RawRow, Role, RowGroup, joined, unmarked
from lantu.plan.reading.seams import Groups, Units, deadline_groups, paragraphs
from lantu.plan.reading.stitching import DraftPlan, DraftTask
from lantu.plan.reading.units import UnitReader


@dataclass(slots=True)
class Slot:
    """One measure in the making. A role that is None was left empty; an empty list is a printed dash."""

    text: str
    units: dict[Role, Units | None]
    deadline_raw: str
    segment: int
    line: int | None
    page: int | None
    raw: dict[str, str]
    drawn: bool
    merged: bool = False
    how: ReadHow = "printed"
    confidence: float = 0.95
    settled: bool = False
    """Its roles were found already; columns are not looked at again."""


@dataclass(slots=True)
class Strip:
    """One row of cells with its paragraphs."""

    texts: list[str]
    groups: dict[Role, Groups]
    deadlines: list[str]
    line: int | None
    page: int | None
    raw: dict[str, str]
    drawn: bool
    plan: str
    task: DraftTask
    segment: int = 0
    merged: bool = False
    """One printed cell covers lead and responsible."""
    shares_text: bool = False
    """It is one of several rows beside one cell of text."""
    inherits: set[Role] = field(default_factory=set)
    """Roles whose cell began in an earlier row."""
    own: dict[int, dict[Role, Units]] = field(default_factory=dict)
    """Units of single paragraphs that were printed in another row."""
    settled: dict[int, tuple[ReadHow, float]] = field(default_factory=dict)

    def flat(self, role: Role) -> Units:
        """The units of a role where they stand in one group or none."""
        groups = self.groups[role]
        return groups[0] if len(groups) == 1 else []

    def is_blank(self, role: Role) -> bool:
        return not self.groups[role]


def strips_of(plan: DraftPlan, reader: UnitReader, known: Callable[[str], bool], doubts: list[Doubt]) -> list[Strip]:
    """All strips of a plan in printed order.

    Args:
        plan: the stitched plan.
        reader: reads the cells of units.
        known: whether a text can be read as a deadline.
        doubts: where paragraphs and rows do not fit each other, it is noted here.
    """
    return [
        strip
        for task in plan.tasks
        for group in task.groups
        for strip in _strips(group, plan.id, task, reader, known, doubts)
    ]


def _strips(
    group: RowGroup, plan: str, task: DraftTask, reader: UnitReader, known: Callable[[str], bool], doubts: list[Doubt]
) -> list[Strip]:
    head = group.rows[0]
    cell = head.cells["measure"]
    texts = [joined(unmarked(cell.text))] if head.drawn else paragraphs(cell.text)
    rows = group.rows
    if len(rows) == 1:
        return [_strip(texts, rows, plan, task, reader, known)]
    if len(texts) == 1:
        return [_strip(texts, rows, plan, task, reader, known)]
    if len(texts) != len(rows):
        what = Text(
            f"{len(texts)} 段文字旁有 {len(rows)} 行单位，对应关系不确定",
            f"{len(texts)} paragraphs beside {len(rows)} rows of units: which belongs to which is not certain",
        )
        doubts.append(Doubt("alignment", what, 0.7, head.line, head.page, plan, task.no))
    count = min(len(texts), len(rows))
    result: list[Strip] = []
    for index in range(count):
        last = index == count - 1
        own_texts = texts[index:] if last else [texts[index]]
        own_rows = rows[index:] if last else [rows[index]]
        strip = _strip(own_texts, own_rows, plan, task, reader, known)
        strip.line, strip.page = head.line, head.page
        strip.segment, strip.shares_text = index, True
        if not strip.deadlines and result:
            strip.deadlines = result[-1].deadlines[-1:]  # printed once beside the text
        result.append(strip)
    return result


def _strip(
    texts: list[str],
    rows: list[RawRow],
    plan: str,
    task: DraftTask,
    reader: UnitReader,
    known: Callable[[str], bool],
) -> Strip:
    head = rows[0]
    groups: dict[Role, Groups] = {}
    inherits: set[Role] = set()
    for role in UNIT_ROLES:
        groups[role] = []
        for row in rows:
            cell = row.cells.get(role)
            if cell is None or (cell.above and row is not head):
                continue
            if cell.above:
                inherits.add(role)
            groups[role] += reader.groups(cell.text, row.drawn, row.line, row.page, plan)
        if len(rows) > 1 and groups[role]:
            groups[role] = [[unit for group in groups[role] for unit in group]]
    raw_deadline = next(
        (row.cells["deadline"].text for row in rows if "deadline" in row.cells and row.cells["deadline"].text.strip()),
        "",
    )
    raw: dict[str, str] = {
        role: unmarked_cell(row_text(rows, role))
        for role in ("deadline", *UNIT_ROLES)
        if any(role in r.cells for r in rows)
    }
    return Strip(
        texts,
        groups,
        deadline_groups(raw_deadline, len(texts), known),
        head.line,
        head.page,
        raw,
        head.drawn,
        plan,
        task,
        merged=head.drawn and head.same("lead", "responsible") and bool(head.cells["lead"].text.strip()),
        inherits=inherits,
    )


def row_text(rows: list[RawRow], role: Role) -> str:
    """What is printed under a role in these rows, each cell once."""
    cells = {id(row.cells[role]): row.cells[role].text for row in rows if role in row.cells}
    return "\n".join(text for text in cells.values() if text.strip())


def unmarked_cell(text: str) -> str:
    """A cell as printed, with its line ends as blanks."""
    return " ".join(text.split("\n")).strip()
