"""Plan tables in Word files (.docx), read from the package's XML: merges are written there, so nothing is guessed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from lantu.base import LantuError, Place, Text
from lantu.plan.reading.rows import Cell, Item, PageBreak, TableRow, TitleLine

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LARGEST = 100_000_000
"""Bytes of XML that are read at most: a packed file can claim to be any size."""


def read_docx(path: Path, raw: bytes) -> list[Item]:
    """The tables and the paragraphs between them, in order.

    Raises:
        LantuError: the package cannot be read, or holds no table.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            if package.getinfo("word/document.xml").file_size > _LARGEST:
                raise ValueError("too large")
            content = package.read("word/document.xml")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise ValueError("a Word file has no document type")
        body = ElementTree.fromstring(content).find(f"{_W}body")
    except (KeyError, ValueError, zipfile.BadZipFile, ElementTree.ParseError, OSError, EOFError) as error:
        raise LantuError(
            Text("这不是可读的 Word 文件（.docx）", "this is no readable Word file (.docx)"),
            where=Place(path),
            mend=Text("用 Word 另存为 .docx 或 PDF", "save it as .docx or PDF"),
        ) from error
    items: list[Item] = []
    for node in body if body is not None else []:
        if node.tag == f"{_W}tbl":
            items += [PageBreak(), *_table(node)]
        elif node.tag == f"{_W}p" and _text(node).strip():
            items.append(TitleLine(_text(node).strip(), _level(node)))
    if not any(isinstance(item, TableRow) for item in items):
        raise LantuError(
            Text("文件中没有表格", "there is no table in the file"),
            where=Place(path),
            mend=Text("给出含任务表的文件", "give the file that holds the table of tasks"),
        )
    return items


def _table(table: ElementTree.Element) -> list[Item]:
    rows: list[Item] = []
    open_cells: dict[int, str] = {}
    for tr in table.findall(f"{_W}tr"):
        cells: list[Cell] = []
        column = _number(tr.find(f"{_W}trPr/{_W}gridBefore"), 0)
        for tc in tr.findall(f"{_W}tc"):
            span = _number(tc.find(f"{_W}tcPr/{_W}gridSpan"), 1)
            merge = tc.find(f"{_W}tcPr/{_W}vMerge")
            text = "\n".join(_text(p) for p in tc.findall(f"{_W}p")).strip()
            goes_on = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
            if goes_on:
                text = open_cells.get(column, text)
            else:
                open_cells.pop(column, None)
                if merge is not None:
                    open_cells[column] = text
            cells.append(Cell(text, column, column + span, goes_on))
            column += span
        rows.append(TableRow(cells, drawn=True))
    return rows


def _text(node: ElementTree.Element) -> str:
    parts = []
    for item in node.iter():
        if item.tag == f"{_W}t":
            parts.append(item.text or "")
        elif item.tag in (f"{_W}br", f"{_W}cr"):
            parts.append("\n")
        elif item.tag == f"{_W}tab":
            parts.append(" ")
    return "".join(parts)


def _level(paragraph: ElementTree.Element) -> int | None:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    name = (style.get(f"{_W}val") or "") if style is not None else ""
    digits = name.lower().removeprefix("heading").strip()
    if name.lower() == "title":
        return 1
    return int(digits) if digits.isdigit() and int(digits) < 10 else None


def _number(node: ElementTree.Element | None, default: int) -> int:
    value = node.get(f"{_W}val") if node is not None else None
    return int(value) if value and value.isdigit() else default
