"""Small plans made for a test: as text between tabs, as PDF with a drawn grid, as Word file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import lantu
from lantu.base import Season
from lantu.places import AreaTree, UnitRegister, load_calendar
from lantu.plan.model import PlanDocument
from lantu.plan.reading import read_plan

PACK = Path(lantu.__file__).parent / "packs" / "beijing" / "2021"
HEADER = ("序号", "重点任务", "工作措施", "完成时限", "牵头部门", "主责单位", "协办单位")

Reader = Callable[..., PlanDocument]


@pytest.fixture(scope="session")
def register() -> UnitRegister:
    return UnitRegister.from_yaml(PACK / "units.yaml", AreaTree.from_csv(PACK / "areas.csv"))


@pytest.fixture(scope="session")
def seasons() -> dict[str, Season]:
    return load_calendar(PACK / "calendar.yaml")


@pytest.fixture
def read(register: UnitRegister, seasons: dict[str, Season]) -> Reader:
    """Reads a file with the register and the calendar of the pack."""
    return lambda path, year=None: read_plan(path, register, seasons, year)


@pytest.fixture
def read_rows(read: Reader, tmp_path: Path) -> Reader:
    """Reads rows of text as they would stand in a file: tuples are rows of a table, strings are other lines."""

    def of(
        *rows: Sequence[str] | str, title: str = "# 大气污染防治2021年行动计划", header: bool = True
    ) -> PlanDocument:
        lines = [title, *(["\t".join(HEADER)] if header else [])]
        lines += [row if isinstance(row, str) else "\t".join(row) for row in rows]
        file = tmp_path / "plan.txt"
        file.write_text("\n".join(lines), encoding="utf-8")
        return read(file)

    return of


@dataclass
class Span:
    """A cell over several columns or rows."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass
class DrawnPage:
    """A page with lines of text and, below them, one table."""

    rows: Sequence[Sequence[str | Span]] = ()
    above: Sequence[str] = ()
    below: Sequence[str] = ()
    widths: Sequence[float] = (30, 70, 200, 60, 110, 110, 110)
    line: float = 12
    outer_border: bool = True
    bottom_line: bool = True
    lowered: str = "，。、；（）()“”"
    """Characters whose origin lies below the baseline of the others."""
    fills: list[str] = field(default_factory=list)


class PdfWriter:
    """Draws pages of text and ruled tables as a PDF; nothing is taken from a library.

    Args:
        turned: `flag` turns the pages by their Rotate entry (and the content against it, so that they read upright),
            `content` turns the content alone.
        thin_boxes: rules are filled boxes instead of lines.
    """

    width, height = 760.0, 560.0

    def __init__(self, turned: str = "", thin_boxes: bool = False) -> None:
        self._turned, self._thin = turned, thin_boxes
        self._used: set[str] = set()

    def write(self, path: Path, pages: Sequence[DrawnPage]) -> Path:
        streams = [self._page(page) for page in pages]
        objects: list[bytes] = []
        kids = " ".join(f"{6 + 2 * i} 0 R" for i in range(len(streams)))
        cmap = self._cmap()
        objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
        objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode())
        objects.append(
            b"<< /Type /Font /Subtype /Type0 /BaseFont /Test /Encoding /Identity-H /DescendantFonts [4 0 R] "
            b"/ToUnicode 5 0 R >>"
        )
        objects.append(
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Test "
            b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            b"/DW 1000 /FontDescriptor << /Type /FontDescriptor /FontName /Test /Flags 4 /Ascent 880 "
            b"/Descent -120 /FontBBox [0 -120 1000 880] >> >>"
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(cmap), cmap))
        box = f"0 0 {self.height} {self.width}" if self._turned else f"0 0 {self.width} {self.height}"
        rotate = "/Rotate 90" if self._turned == "flag" else ""
        for index, stream in enumerate(streams):
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] {rotate} /Contents {7 + 2 * index} 0 R "
                "/Resources << /Font << /F 3 0 R >> >> >>".encode()
            )
            objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        out = b"%PDF-1.4\n"
        offsets = []
        for number, body in enumerate(objects, start=1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
        path.write_bytes(out)
        return path

    def _cmap(self) -> bytes:
        pairs = "\n".join(f"<{ord(c):04X}> <{ord(c):04X}>" for c in sorted(self._used))
        blocks = [pairs.split("\n")[i : i + 100] for i in range(0, len(self._used), 100)] if self._used else []
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def "
            f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{body}\nendcmap end end"
        ).encode()

    def _page(self, page: DrawnPage) -> bytes:
        out: list[str] = []
        if self._turned:
            # Content drawn upright is turned by a quarter, against the Rotate entry where there is one.
            out.append(f"0 1 -1 0 {self.height} 0 cm")
        y = self.height - 40
        for text in page.above:
            self._text(out, 60, y, text, page.lowered)
            y -= 2 * page.line
        if page.rows:
            y = self._table(out, page, y)
        for text in page.below:
            y -= 2 * page.line
            self._text(out, 60, y, text, page.lowered)
        return "\n".join(out).encode()

    def _table(self, out: list[str], page: DrawnPage, top: float) -> float:
        left = 40.0
        edges = [left]
        for width in page.widths:
            edges.append(edges[-1] + width)
        placed: list[tuple[int, int, Span]] = []
        taken: set[tuple[int, int]] = set()
        for r, row in enumerate(page.rows):
            c = 0
            for cell in row:
                span = cell if isinstance(cell, Span) else Span(cell)
                while (r, c) in taken:
                    c += 1
                placed.append((r, c, span))
                taken |= {(r + i, c + j) for i in range(span.rows) for j in range(span.columns)}
                c += span.columns
        lines = {(r, c): self._broken(span, edges, c) for r, c, span in placed}
        heights = [page.line * 1.6] * len(page.rows)
        for r, c, span in sorted(placed, key=lambda cell: cell[2].rows):
            wanted = page.line * (len(lines[r, c]) + 1)
            have = sum(heights[r : r + span.rows])
            if wanted > have:
                heights[r + span.rows - 1] += wanted - have
        tops = [top]
        for height in heights:
            tops.append(tops[-1] - height)
        for r, c, span in placed:
            x0, x1, y0, y1 = edges[c], edges[c + span.columns], tops[r], tops[r + span.rows]
            sides = [(x0, y0, x1, y0)]
            if page.bottom_line or r + span.rows < len(page.rows):
                sides.append((x0, y1, x1, y1))
            if page.outer_border or c > 0:
                sides.append((x0, y0, x0, y1))
            if page.outer_border or c + span.columns < len(page.widths):
                sides.append((x1, y0, x1, y1))
            for side in sides:
                self._rule(out, *side)
            text = lines[r, c]
            middle = (y0 + y1) / 2 + page.line * len(text) / 2
            for i, line in enumerate(text):
                self._text(out, x0 + 3, middle - page.line * (i + 0.8), line, page.lowered)
        return tops[-1]

    def _broken(self, span: Span, edges: list[float], column: int) -> list[str]:
        """The text broken over lines as wide as the cell, wherever a line ends."""
        fits = int((edges[column + span.columns] - edges[column] - 6) // 10)
        return [part[i : i + fits] for part in span.text.split("\n") for i in range(0, max(1, len(part)), fits)]

    def _rule(self, out: list[str], x0: float, y0: float, x1: float, y1: float) -> None:
        if self._thin:
            out.append(f"{x0:.2f} {min(y0, y1):.2f} {max(0.5, x1 - x0):.2f} {max(0.5, abs(y1 - y0)):.2f} re f")
        else:
            out.append(f"0.5 w {x0:.2f} {y0:.2f} m {x1:.2f} {y1:.2f} l S")

    def _text(self, out: list[str], x: float, y: float, text: str, lowered: str) -> None:
        self._used |= set(text)
        for index, character in enumerate(text):
            drop = 1.4 if character in lowered else 0.0
            out.append(f"BT /F 10 Tf {x + 10 * index:.2f} {y - drop:.2f} Td <{ord(character):04X}> Tj ET")


@pytest.fixture
def drawn(read: Reader, tmp_path: Path) -> Reader:
    """Draws pages as a PDF and reads it."""

    def of(*pages: DrawnPage, turned: str = "", thin_boxes: bool = False) -> PlanDocument:
        return read(PdfWriter(turned, thin_boxes).write(tmp_path / "plan.pdf", pages))

    return of


@pytest.fixture
def page_type() -> type[DrawnPage]:
    return DrawnPage


@pytest.fixture
def span() -> type[Span]:
    return Span


@pytest.fixture
def header() -> tuple[str, ...]:
    return HEADER


@pytest.fixture
def pdf_writer() -> type[PdfWriter]:
    return PdfWriter
