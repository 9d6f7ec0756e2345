"""Where a printed cell falls apart: paragraphs of text, groups of units, several deadlines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from lantu.plan.reading.rows import joined, unmarked, without_tags

Units = list[str]
Groups = list[Units]
"""The groups of units in a cell, in order; an empty group is a printed dash, no group at all an empty cell."""

_DASHES = re.compile(r"^(?:[-—–－―_/]+|无)$")
_BLOCK = re.compile(r"</?(?:p|div|li|br)\b[^<>]*>", re.IGNORECASE)
_GAP = re.compile(r"[ \t\u3000]{2,}|\n+")
_AFTER_SENTENCE = re.compile(r"(?<=[。！？])[ \t\u3000]+(?=\S)")


def is_dash(text: str) -> bool:
    """Whether a cell prints that there is nothing (——)."""
    return _DASHES.match(re.sub(r"\s+", "", unmarked(text))) is not None


def paragraphs(raw: str) -> list[str]:
    """The separable paragraphs of a cell of plain text.

    Seams are block tags, gaps of several blanks, a blank after a full stop, and a sentence that has lost its opening
    quotation mark: there something was cut out between two rows.
    """
    result: list[str] = []
    for block in _BLOCK.split(raw):
        # markup goes first, for a gap inside a tag is not a seam of the text
        for part in _GAP.split(without_tags(block)):
            for piece in _AFTER_SENTENCE.split(part):
                result += _at_lost_opening(" ".join(piece.split()))
    return [piece for piece in result if piece]


def _at_lost_opening(text: str) -> list[str]:
    """Taken apart before a sentence in which ” closes what was never opened."""
    pieces: list[str] = []
    start = opened = 0
    sentence = 0
    for index, character in enumerate(text):
        if character == "“":
            opened += 1
        elif character == "”":
            opened -= 1
            if opened < 0:
                opened = 0
                if sentence > start:
                    pieces.append(text[start:sentence])
                    start = sentence
        elif character in "。！？" and opened == 0:
            sentence = index + 1
    return [*pieces, text[start:]]


def unit_groups(raw: str, split: Callable[[str], list[str]], drawn: bool) -> Groups:
    """The groups of names in a cell of units; in a drawn cell line breaks and gaps mean nothing.

    Args:
        raw: the cell as printed.
        split: takes a text apart into names (`UnitRegister.split`).
        drawn: whether the cell comes from a drawn grid.
    """
    if not raw.strip():
        return []
    if drawn:
        return [[]] if is_dash(raw) else [split(raw)]
    groups: Groups = []
    for block in _BLOCK.split(raw):
        for part in _GAP.split(block):
            if not part.strip():
                continue
            words: list[str] = []
            for word in part.split(" "):
                if is_dash(word):
                    if words:
                        groups.append(split(" ".join(words)))
                    groups.append([])
                    words = []
                else:
                    words.append(word)
            if any(word.strip() for word in words):
                groups.append(split(" ".join(words)))
    return _rejoined(groups, split)


def _rejoined(groups: Groups, split: Callable[[str], list[str]]) -> Groups:
    """A bracket or the rest of a name behind a gap belongs to the name before it."""
    result: Groups = []
    for group in groups:
        if group and result and result[-1]:
            together = split(f"{result[-1][-1]} {group[0]}")
            if len(together) == 1 and len(group) == 1 and group[0] != together[0] and result[-1][-1] != together[0]:
                result[-1] = [*result[-1][:-1], together[0]]
                continue
        result.append(group)
    return result


def deadline_groups(raw: str, wanted: int, known: Callable[[str], bool]) -> list[str]:
    """The deadlines in a cell: one, or as many as there are paragraphs where each can be read alone."""
    text = joined(unmarked(_BLOCK.sub("  ", raw))) if "\n" in raw else unmarked(_BLOCK.sub("  ", raw))
    if not text.strip():
        return []
    parts = text.split()
    if wanted > 1 and len(parts) == wanted and all(known(part) for part in parts):
        return parts
    return [text.strip()]


def repeats(units: Units) -> int:
    """How often the most frequent unit stands in a list: more than once shows that groups were fused."""
    return max(Counter(units).values(), default=0)


def divisions(units: Units, parts: int) -> list[Groups]:
    """Every way to cut a list into consecutive groups, none of them empty."""
    if parts == 1:
        return [[units]] if units else []
    return [
        [units[:cut], *rest] for cut in range(1, len(units) - parts + 2) for rest in divisions(units[cut:], parts - 1)
    ]
