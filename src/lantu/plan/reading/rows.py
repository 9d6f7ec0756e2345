"""What a document gives before it is understood: lines between tables, and rows of cells with their extent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["section", "number", "task", "measure", "deadline", "lead", "responsible", "assisting", "other"]
UNIT_ROLES: tuple[Role, ...] = ("lead", "responsible", "assisting")


@dataclass(slots=True)
class Cell:
    """A printed cell. `start` and `end` are its extent across: column numbers, or points on the page."""

    text: str
    start: float
    end: float
    above: bool = False
    """The cell began in an earlier row and reaches down into this one (纵向合并)."""


@dataclass(slots=True)
class TableRow:
    """One row of a table as printed."""

    cells: list[Cell]
    line: int | None = None
    page: int | None = None
    drawn: bool = False
    """Whether merges are known from a drawn grid or from markup, so that an empty cell is really empty."""


@dataclass(slots=True)
class TitleLine:
    """A line outside any table. `level` is its heading level, None where it is not marked as a heading."""

    text: str
    level: int | None = None
    line: int | None = None
    page: int | None = None


@dataclass(slots=True)
class PageBreak:
    """The table goes on after this on another page or in another table."""

    page: int | None = None


Item = TitleLine | TableRow | PageBreak


@dataclass(slots=True)
class RawRow:
    """A row whose cells have found their columns."""

    cells: dict[Role, Cell]
    line: int | None = None
    page: int | None = None
    block: int = 0
    """Counts the page blocks of the document."""
    block_line: int | None = None
    """The line on which the page block begins."""
    first_of_block: bool = False
    drawn: bool = False

    def text(self, role: Role) -> str:
        cell = self.cells.get(role)
        return cell.text.strip() if cell and not cell.above else ""

    def same(self, one: Role, other: Role) -> bool:
        """Whether one printed cell covers both columns."""
        return one in self.cells and self.cells.get(other) is self.cells[one]


@dataclass(slots=True)
class RowGroup:
    """The rows that share one cell of text: mostly one, more where the text is merged downwards."""

    rows: list[RawRow] = field(default_factory=list)


_TAGS = re.compile(r"<[^<>]{0,80}>")


def without_tags(text: str) -> str:
    """A text without markup, its blanks as they are. Subscripts join the word that they belong to."""
    return _TAGS.sub("", re.sub(r"\s*</?su[bp]>\s*", "", text))


def unmarked(text: str) -> str:
    """A text without markup and with single blanks."""
    return re.sub(r"[ \t]+", " ", without_tags(text)).strip()


def joined(lines: str) -> str:
    """Printed lines as one text: a blank only between words of letters, none between Chinese characters."""
    text = ""
    for line in (part.strip() for part in lines.split("\n")):
        if text and line and re.match(r"[A-Za-z]", line) and re.search(r"[A-Za-z]$", text):
            text += " "
        text += line
    return text


def folded(text: str) -> str:
    """A text as it is compared: no markup, no blanks, marks of half width."""
    folding = str.maketrans("，；：（）—－–", ",;:()---")
    return re.sub(r"\s+", "", unmarked(text)).translate(folding)
