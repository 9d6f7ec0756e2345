"""Names as they are compared: folding, edit distance, and what the name of a Chinese public body looks like."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

# 机关名称的常见结尾: how the name of a public body usually ends
_ENDINGS = re.compile(
    r"(?:局|委|办|办公室|委员会|政府|公司|集团|企业|管委会|委会|部|厅|院|总队|支队|中心|银行|分行|营业管理部|法院|检察院"
    r"|海关|部门|单位|成员单位|指挥部|领导小组|推进小组|协会|商会|学会|联合会|总工会|妇联|团市委|管理处|大学|街道|办事处)$"
)
# What can only continue a name that was broken over lines
_CONTINUATIONS = re.compile(
    r"(?:集团|股份|有限|责任|公司|管委会|办公室|成员单位|委员会|会议|联席会议|领导小组|推进小组|指挥部|管理局|开发区"
    r"|技术|中心|分行|营业|总队)"
)
_SUFFIXES = ("委员会", "局", "委", "办")
OPEN_PHRASE = re.compile(r"等(?:[^等]{0,10}?(?:部门|单位|机构|企业|方面))?")


def plain(text: str) -> str:
    """A printed name without markup and blanks, with brackets of half width."""
    text = unicodedata.normalize("NFKC", re.sub(r"<[^<>]*>", "", text))
    return re.sub(r"\s+", "", text)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """What is compared of a name: its letters, digits and characters, without blanks, brackets and marks."""
    return "".join(character for character in plain(text) if character.isalnum()).casefold()


def looks_complete(name: str) -> bool:
    """Whether a name ends as the name of a public body does."""
    return bool(_ENDINGS.search(name))


def looks_continued(name: str) -> bool:
    """Whether these words begin as only the second part of a broken name does."""
    return bool(_CONTINUATIONS.match(name))


def stem(key: str) -> str | None:
    """A name without 局, 委 or 办; None where it has no such ending or too little is left."""
    for suffix in _SUFFIXES:
        if key.endswith(suffix) and len(key) - len(suffix) >= 3:
            return key.removesuffix(suffix)
    return None


def edit_distance(one: str, other: str, limit: int) -> int:
    """Levenshtein's distance: characters inserted, deleted or replaced; `limit` + 1 where it is more than `limit`."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, row = row, [i]
        for j, b in enumerate(other, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b)))
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def likeness(one: str, other: str) -> float:
    """Share of characters that two texts have in common whatever their order (Dice), 0 to 1."""
    common = Counter(one) & Counter(other)
    return 2 * sum(common.values()) / max(1, len(one) + len(other))
