"""Plan tables in PDF with a drawn grid (有框线的表格): cells from the lines, their text from the text layer.

Characters are put in lines by the origin of their glyphs, not by their boxes: fonts of one line have boxes of
different heights, and punctuation hangs off the baseline.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pdfplumber
from pdfplumber.page import Page

from lantu.base import LantuError, Place, Text
from lantu.plan.reading.rows import Cell, Item, PageBreak, TableRow, TitleLine

_SNAP = 3.0
"""Lines nearer to each other than this (points) are one line."""

_MEND = Text(
    "请先做文字识别，或给出制表符分隔的文本",
    "run text recognition on it first, or give text separated by tabs",
)


def read_pdf(path: Path, raw: bytes) -> list[Item]:
    """The rows of every drawn table and the lines above the tables, page by page.

    Raises:
        LantuError: the file cannot be opened, has no text layer, or holds no drawn table.
    """
    try:
        document = pdfplumber.open(io.BytesIO(raw))
        pages = list(document.pages)
    except Exception as error:  # pdfminer raises its own and builtin kinds alike on a broken file
        raise LantuError(
            Text("PDF 打不开（损坏或加密）", "the PDF cannot be opened (broken or encrypted)"),
            where=Place(path),
            mend=Text("重新下载，或另存为不加密的 PDF", "download it again, or save it without a password"),
        ) from error
    items: list[Item] = []
    characters = tables = 0
    with document:
        for page in pages:
            try:
                found, count, grids = _read_page(page)
            except LantuError:
                raise
            except Exception as error:
                raise LantuError(
                    Text("PDF 的这一页读不出来", "this page of the PDF cannot be read"),
                    where=Place(path, field=f"page {page.page_number}"),
                    mend=Text("重新下载或另存", "download it again or save it anew"),
                ) from error
            items += [PageBreak(page.page_number), *found]
            characters, tables = characters + count, tables + grids
    if not characters:
        raise LantuError(
            Text("PDF 没有文字层（是扫描件）", "the PDF has no text layer (it is a scan)"),
            where=Place(path),
            mend=_MEND,
        )
    if not tables:
        raise LantuError(
            Text("PDF 中没有带框线的表格", "the PDF holds no table with a drawn grid"), where=Place(path), mend=_MEND
        )
    return items


def _read_page(page: Page) -> tuple[list[Item], int, int]:
    page = _upright(page)
    characters = [c for c in page.chars if c["text"].strip() and c["matrix"][0] > 0 and abs(c["matrix"][1]) < 1e-3]
    grids = sorted((t for t in page.find_tables(_settings(page)) if len(t.cells) > 2), key=lambda t: t.bbox[1])
    items: list[tuple[float, Item]] = []
    inside: set[int] = set()
    for number, grid in enumerate(grids):
        own = [c for c in characters if _within(_spot(c, page), grid.bbox)]
        inside.update(id(c) for c in own)
        if number:
            items.append((grid.bbox[1], PageBreak(page.page_number)))
        items += [(grid.bbox[1], row) for row in _rows(grid.cells, own, page)]
    outside = [c for c in characters if id(c) not in inside]
    last = max((grid.bbox[3] for grid in grids), default=page.height)
    for top, _, text in _title_lines(outside, page):
        if not re.fullmatch(r"[\s\d—–\-·.第页共/]+", text) and top < last:
            items.append((top, TitleLine(text, None, None, page.page_number)))
    return [item for _, item in sorted(items, key=lambda pair: pair[0])], len(characters), len(grids)


def _upright(page: Page) -> Page:
    """The page turned so that most of its text runs from left to right."""
    directions = Counter((round(c["matrix"][0]), round(c["matrix"][1])) for c in page.chars if c["text"].strip())
    directions = Counter({_sign(direction): count for direction, count in directions.items()})
    if not directions:
        return page
    turn = {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}.get(directions.most_common(1)[0][0], 0)
    if not turn:
        return page
    page.page_obj.rotate = page.page_obj.attrs["Rotate"] = (page.rotation + turn) % 360
    return Page(page.pdf, page.page_obj, page.page_number, page.initial_doctop)


def _sign(direction: tuple[int, int]) -> tuple[int, int]:
    a, b = direction
    return ((a > 0) - (a < 0), 0) if abs(a) >= abs(b) else (0, (b > 0) - (b < 0))


def _settings(page: Page) -> dict[str, Any]:
    """Drawn lines make the grid; an outer border that is not drawn stands where the lines across end."""
    settings: dict[str, Any] = {
        "vertical_strategy": "lines",
        "horizontal_strategy": "lines",
        "snap_tolerance": _SNAP,
        "join_tolerance": _SNAP,
        "intersection_tolerance": _SNAP,
    }
    across = _rules([(e["top"], e["x0"], e["x1"]) for e in page.edges if e["orientation"] == "h"])
    across = [rule for rule in across if rule[2] - rule[1] > 0.3 * page.width]
    upright = _rules([(e["x0"], e["top"], e["bottom"]) for e in page.edges if e["orientation"] == "v"])
    if len(across) < 2 or not upright:
        return settings
    left, right = min(rule[1] for rule in across), max(rule[2] for rule in across)
    wanted = [x for x in (left, right) if all(abs(rule[0] - x) > 2 * _SNAP for rule in upright)]
    if wanted:
        settings["explicit_vertical_lines"] = wanted
    # A row that goes on over the page may have no line at the page's end.
    top, bottom = min(rule[1] for rule in upright), max(rule[2] for rule in upright)
    open_ends = [y for y in (top, bottom) if all(abs(rule[0] - y) > 2 * _SNAP for rule in across)]
    if open_ends:
        settings["explicit_horizontal_lines"] = open_ends
    return settings


def _rules(pieces: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Pieces of lines (where, from, to) that lie on one line, each line with its whole extent."""
    rules: list[tuple[float, float, float]] = []
    for where, start, end in sorted(pieces):
        if rules and where - rules[-1][0] <= _SNAP:
            rules[-1] = (rules[-1][0], min(start, rules[-1][1]), max(end, rules[-1][2]))
        else:
            rules.append((where, start, end))
    return rules


def _spot(character: dict[str, Any], page: Page) -> tuple[float, float]:
    """A point inside the glyph: half its width to the right of its origin and a third of its size above."""
    x, y = character["matrix"][4], page.height - character["matrix"][5]
    return x + character["width"] / 2, y - character["size"] / 3


def _within(spot: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= spot[0] <= box[2] and box[1] <= spot[1] <= box[3]


def _rows(boxes: list[tuple[float, float, float, float]], characters: list[dict[str, Any]], page: Page) -> list[Item]:
    """The bands between the lines across; a cell merged downwards stands in each band that it covers."""
    edges: list[float] = []
    for top in sorted(box[1] for box in boxes):
        if not edges or top - edges[-1] > _SNAP:
            edges.append(top)
    bottom = max(box[3] for box in boxes)
    texts = {box: _text([c for c in characters if _within(_spot(c, page), box)], page) for box in boxes}
    rows: list[Item] = []
    for top, below in zip(edges, [*edges[1:], bottom], strict=True):
        covering = sorted(box for box in boxes if box[1] <= top + _SNAP and box[3] >= below - _SNAP)
        cells = [Cell(texts[box], box[0], box[2], above=box[1] < top - _SNAP) for box in covering]
        rows.append(TableRow(cells, None, page.page_number, drawn=True))
    return rows


def _text(characters: list[dict[str, Any]], page: Page) -> str:
    return "\n".join(text for _, _, text in _lines(characters, page))


def _lines(characters: list[dict[str, Any]], page: Page) -> list[tuple[float, float, str]]:
    """Characters as lines: distance from the page's top, size, text."""
    ordered = sorted(characters, key=lambda c: page.height - c["matrix"][5])
    groups: list[list[dict[str, Any]]] = []
    for character in ordered:
        y = page.height - character["matrix"][5]
        if groups:
            base = page.height - groups[-1][-1]["matrix"][5]
            start = page.height - groups[-1][0]["matrix"][5]
            size = max(c["size"] for c in [*groups[-1][-4:], character])
            if y - base <= 0.35 * size and y - start <= 0.7 * size:
                groups[-1].append(character)
                continue
        groups.append([character])
    lines = []
    for group in groups:
        group.sort(key=lambda c: c["matrix"][4])
        text = ""
        for before, character in zip([None, *group], group, strict=False):
            if before is not None:
                gap = character["matrix"][4] - before["matrix"][4] - before["width"]
                words = before["text"].isascii() and character["text"].isascii()
                if words and before["text"].isalnum() and character["text"].isalnum() and gap > 0.2 * before["size"]:
                    text += " "
            text += character["text"]
        lines.append((page.height - group[0]["matrix"][5], max(c["size"] for c in group), text))
    return lines


def _title_lines(characters: list[dict[str, Any]], page: Page) -> list[tuple[float, float, str]]:
    """Lines outside the tables; a title in large type that is broken over lines is one."""
    result: list[tuple[float, float, str]] = []
    for top, size, text in _lines(characters, page):
        if result:
            before, before_size, before_text = result[-1]
            near = top - before < 2.2 * size and abs(size - before_size) < 0.5
            if near and size > 15 and not before_text.startswith("附件"):
                result[-1] = (top, size, before_text + text)
                continue
        result.append((top, size, text))
    return result
