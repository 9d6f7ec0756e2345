"""Which column says what: the header row (表头) is recognised by its words, in any order of columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from lantu.base import Text
from lantu.plan.model import Doubt
from lantu.plan.reading.realign import realigned
from lantu.plan.reading.rows import Cell, Item, PageBreak, RawRow, Role, TableRow, TitleLine, folded, joined, unmarked

# The first pattern that fits decides: 牵头责任单位 is the lead.
_WORDS: tuple[tuple[Role, str], ...] = (
    ("number", r"^(序号?|编号|项次|No\.?)$"),
    ("other", r"领导|联系人|备注|资金|投资|电话"),
    ("lead", r"牵头"),
    ("assisting", r"协办|配合|协同|参与|协作|协助"),
    ("deadline", r"时限|时间|期限|进度|日期|节点"),
    ("responsible", r"主责|负责|责任|承办|落实单位|实施单位|落实主体|实施主体"),
    ("section", r"^(任务)?(类别|领域|专项|板块|方面|分类)$"),
    ("measure", r"措施|内容|具体任务|要求|举措"),
    ("task", r"任务|重点工作|工作事项|项目|事项"),
)
_TITLE = re.compile(r"计划|方案|清单|任务|措施|要点|分工|安排")
_SECTION = re.compile(
    r"^\s*(?:第([一二三四五六七八九十百]+)[章节部篇]分?|[(（]([一二三四五六七八九十]+)[)）]|([一二三四五六七八九十]{1,3})\s*[、.．])\s*(.*)$"
)


@dataclass(slots=True)
class Column:
    role: Role
    printed: str
    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(slots=True)
class SectionLine:
    """The heading of a section (章) inside or between the tables."""

    no: str
    title: str
    marked: bool
    line: int | None
    page: int | None


@dataclass(slots=True)
class PlanLine:
    """The title of a plan, above its first table."""

    title: str
    level: int | None
    line: int | None
    page: int | None


@dataclass(slots=True)
class Laid:
    """A document with its columns found."""

    items: list[PlanLine | SectionLine | RawRow] = field(default_factory=list)
    headers: list[tuple[list[Column], int | None, int | None]] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def role_of(heading: str) -> Role | None:
    """The role that a column's heading names; None where it is not the heading of a plan's column."""
    words = folded(joined(heading))
    if not words or len(words) > 14:
        return None
    return next((role for role, pattern in _WORDS if re.search(pattern, words)), None)


def header_columns(row: TableRow) -> list[Column] | None:
    """The columns that a row heads; None where it is not a header row."""
    columns = [
        Column(role_of(cell.text) or "other", folded(joined(cell.text)), cell.start, cell.end) for cell in row.cells
    ]
    filled = [cell for cell in row.cells if cell.text.strip()]
    roles = {column.role for column in columns if column.role != "other"}
    known = [cell for cell in filled if role_of(cell.text)]
    if len(roles) < 3 or len(known) < 0.7 * len(filled) or not roles & {"measure", "task"}:
        return None
    if not roles & {"deadline", "lead", "responsible", "assisting"}:
        return None
    if "measure" not in roles:
        # The widest column of tasks is where the text stands.
        widest = max((c for c in columns if c.role == "task"), key=lambda c: c.end - c.start)
        widest.role = "measure"
    return columns


def section_of(text: str) -> tuple[str, str] | None:
    """Number and title of a section's heading (一、……), None where it is none."""
    match = _SECTION.match(unmarked(joined(text)))
    if match is None or len(match[4]) > 60 or re.search(r"[。；;]", match[4]):
        return None
    return next(part for part in match.groups()[:3] if part), match[4].strip()


def lay_out(items: list[Item]) -> Laid:
    """Find titles, header rows, sections and columns in what a document gives.

    Rows before the first header are no rows of the plan. A page without a header goes on in the columns of the last.
    """
    laid = Laid()
    columns: list[Column] | None = None
    titles: list[TitleLine] = []
    block, first, block_line = 0, True, None
    for item in items:
        if isinstance(item, PageBreak):
            block, first, block_line = block + 1, True, None
            continue
        if isinstance(item, TitleLine):
            section = section_of(item.text) if item.level is None else None
            if section and columns is not None and not titles:
                laid.items.append(SectionLine(*section, False, item.line, item.page))
            else:
                titles.append(item)
            continue
        if block_line is None:
            block_line = item.line
        found = header_columns(item)
        if found is not None:
            if columns is not None and not first:
                block, first, block_line = block + 1, True, item.line
            laid.items += _titled(titles, columns is None)
            titles = []
            laid.headers.append((found, item.line, item.page))
            columns = found
            continue
        full = _only(item)
        if columns is None:
            if full is not None:
                titles.append(TitleLine(full.text, None, item.line, item.page))
            continue
        if any(line.level is not None for line in titles):
            # A new heading without a new header row
            laid.items += _titled(titles, False)
        titles = []
        if full is not None:
            section = section_of(full.text)
            wide = len(item.cells) == 1 and len(columns) > 2
            is_number = re.fullmatch(r"[\d\s.、]+", full.text) is not None
            if section or ((wide or full is item.cells[0]) and not is_number and not full.above and _short(full.text)):
                no, title = section or ("", unmarked(joined(full.text)))
                laid.items.append(SectionLine(no, title, "<" in full.text or wide, item.line, item.page))
                continue
        laid.items.append(_placed(item, columns, block, first, block_line, laid.doubts))
        first = False
    laid.doubts += _header_doubts(laid.headers)
    return laid


def _only(row: TableRow) -> Cell | None:
    """The only cell of a row that has text."""
    filled = [cell for cell in row.cells if cell.text.strip()]
    return filled[0] if len(filled) == 1 else None


def _short(text: str) -> bool:
    plain = unmarked(joined(text))
    return len(plain) <= 40 and not re.search(r"[。；;]", plain)


def _placed(
    row: TableRow, columns: list[Column], block: int, first: bool, block_line: int | None, doubts: list[Doubt]
) -> RawRow:
    placed = RawRow({}, row.line, row.page, block, block_line, first, row.drawn)
    if not row.drawn:
        row = _unshifted(row, columns, doubts)
    used: set[int] = set()
    for column in columns:
        for cell in row.cells:
            if cell.start <= column.middle <= cell.end:
                used.add(id(cell))
                before = placed.cells.get(column.role)
                if before is None:
                    placed.cells[column.role] = cell
                elif before is not cell and cell.text.strip():
                    text = "\n".join(part for part in (before.text, cell.text) if part.strip())
                    placed.cells[column.role] = Cell(text, before.start, cell.end, before.above)
                break
    lost = [cell.text for cell in row.cells if id(cell) not in used and cell.text.strip()]
    if lost:
        what = Text("本行的单元格多于表头的列", "the row has more cells than the header has columns")
        doubts.append(Doubt("shifted_columns", what, 0.9, row.line, row.page, printed=" | ".join(lost)))
    return placed


def _unshifted(row: TableRow, columns: list[Column], doubts: list[Doubt]) -> TableRow:
    """The row with its cells in the columns that their content fits, where a tab was lost or is too many."""
    texts = [cell.text for cell in row.cells]
    places = realigned(texts, [column.role for column in columns])
    if places is None:
        return row
    cells = [
        Cell(texts[place] if place is not None else "", column.start, column.end)
        for place, column in zip(places, columns, strict=True)
    ]
    what = Text("单元格与表头错位，按内容放回各列", "the cells stand beside their columns; put back by what they say")
    printed = " | ".join(text[:12] for text in texts)
    doubts.append(Doubt("shifted_columns", what, 0.8, row.line, row.page, printed=printed))
    return TableRow(cells, row.line, row.page)


def _titled(titles: list[TitleLine], first: bool) -> list[PlanLine | SectionLine]:
    """The title among the lines above a table, and the sections between both; at the top of a document any line is
    better than none."""
    titles = [line for line in titles if not re.fullmatch(r"附[件表录]\s*\d*[:：]?", unmarked(line.text))]
    marked = [line for line in titles if line.level is not None]
    named = [line for line in marked or titles if _TITLE.search(line.text) and (marked or _short(line.text))]
    chosen = named[-1:] or marked[-1:] or (titles[-1:] if first and titles and _short(titles[-1].text) else [])
    found: list[PlanLine | SectionLine] = []
    for line in chosen:
        found.append(PlanLine(unmarked(line.text), line.level, line.line, line.page))
        for later in titles[titles.index(line) + 1 :]:
            section = section_of(later.text)
            if section:
                found.append(SectionLine(*section, False, later.line, later.page))
    return found


def _header_doubts(headers: list[tuple[list[Column], int | None, int | None]]) -> list[Doubt]:
    """Header rows that read otherwise than most of the document's."""
    if not headers:
        return []
    wordings = Counter(tuple(column.printed for column in columns) for columns, _, _ in headers)
    usual = wordings.most_common(1)[0][0]
    doubts = []
    for columns, line, page in headers:
        words = tuple(column.printed for column in columns)
        if words == usual:
            continue
        odd = [word for word in words if word not in usual] or list(words)
        others = [word for word in usual if word not in words] or list(usual)
        what = Text(
            f"表头写作“{'、'.join(odd)}”，别处写作“{'、'.join(others)}”",
            f"the header reads '{', '.join(odd)}', elsewhere '{', '.join(others)}'",
        )
        doubts.append(Doubt("header", what, 0.99, line, page, printed="|".join(words), read_as="|".join(usual)))
    return doubts
