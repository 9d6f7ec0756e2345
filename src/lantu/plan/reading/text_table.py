"""Plan tables in plain text: cells between tabs (or `|`), with or without light markup."""

from __future__ import annotations

import re
from pathlib import Path

from lantu.base import LantuError, Place, Text
from lantu.plan.reading.rows import Cell, Item, PageBreak, TableRow, TitleLine, unmarked

_FORMS = Text(
    "请给出制表符分隔的文本、带文字层的 PDF 或 .docx",
    "give text separated by tabs, a PDF with a text layer, or .docx",
)


def read_text(path: Path, raw: bytes) -> list[Item]:
    """The lines of a text as rows and headings.

    Raises:
        LantuError: the file is empty, binary, HTML, of an unknown encoding, or holds no table.
    """
    text = _decoded(path, raw)
    items: list[Item] = []
    rows = 0
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip("\r\f")
        cells = _cells(line)
        if cells is not None:
            rows += 1
            items.append(TableRow([Cell(c, i, i + 1) for i, c in enumerate(cells)], number))
        elif line.strip():
            heading = re.match(r"\s*(#{1,6})\s+(.*)", line)
            if heading:
                items.append(TitleLine(unmarked(heading[2]), len(heading[1]), number))
            else:
                items.append(TitleLine(line.strip(), None, number))
        elif items and isinstance(items[-1], TableRow):
            items.append(PageBreak())
    if rows < 2:
        raise LantuError(Text("文件中没有表格", "there is no table in the file"), where=Place(path), mend=_FORMS)
    return items


def _cells(line: str) -> list[str] | None:
    if "\t" in line:
        return line.split("\t")
    stripped = line.strip()
    if stripped.startswith("|") and stripped.endswith("|") and stripped.count("|") > 2:
        cells = [cell.strip() for cell in stripped[1:-1].split("|")]
        return None if all(re.fullmatch(r":?-+:?", cell) for cell in cells) else cells
    return None


def _decoded(path: Path, raw: bytes) -> str:
    if not raw.strip():
        raise LantuError(Text("文件是空的", "the file is empty"), where=Place(path), mend=_FORMS)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\0" in raw:
        raise LantuError(
            Text("这是二进制文件，不是文本", "this is a binary file, not text"), where=Place(path), mend=_FORMS
        )
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise LantuError(
            Text("文字编码无法识别", "the encoding of the text is not known"),
            where=Place(path),
            mend=Text("另存为 UTF-8", "save it as UTF-8"),
        )
    if re.match(r"\s*(<!doctype\s+html|<html|<\?xml|<head|<body)", text, re.IGNORECASE):
        raise LantuError(
            Text("这是网页，不是计划文本", "this is a web page, not the text of a plan"), where=Place(path), mend=_FORMS
        )
    return text
