"""A second look at the finished plan: titles a row too early, figures that do not add up, slips of the text."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

from lantu.base import Text
from lantu.plan.model import Doubt, Measure, Plan, PlanDocument, Task
from lantu.plan.reading.rows import folded


def look_over(document: PlanDocument) -> list[Doubt]:
    """Doubts that need the whole plan: displaced titles, sums of quotas, doubled and lost characters, the year."""
    doubts: list[Doubt] = []
    words = _Words(document)
    for plan in document.plans:
        doubts += _displaced_titles(plan)
        for task in plan.tasks:
            for measure in task.measures:
                doubts += _sums(plan, task, measure)
                doubts += _slips(plan, task, measure, words)
    if document.year is None:
        what = Text("文件没有写明年份，时限只读到类型", "the document names no year; deadlines have a type but no date")
        doubts.append(Doubt("deadline", what, 0.99))
    return doubts


# --- titles one row too early -------------------------------------------------------------------------------------


def _displaced_titles(plan: Plan) -> list[Doubt]:
    """A task whose first measure has to do with the task before, while a later one has to do with its own title.

    Only words count, weighed by how rare they are in the plan: who may read it can judge, so nothing is moved.
    """
    texts = [folded(m.text) for task in plan.tasks for m in task.measures]
    spread = Counter(pair for text in texts for pair in _pairs(text))
    total = max(1, len(texts))

    def weight(pair: str) -> float:
        return math.log((total + 1) / (spread[pair] + 0.5))

    def share(title: str, text: str) -> float:
        pairs = _pairs(folded(title))
        whole = sum(weight(pair) for pair in pairs)
        return sum(weight(pair) for pair in pairs & _pairs(text)) / whole if whole > 0 else 0.0

    doubts = []
    for before, task in pairwise(plan.tasks):
        if task.no != before.no + 1 or len(task.measures) < 2 or task.measures[0].page is not None:
            continue
        first = folded(task.measures[0].text)
        own = share(task.title, first)
        others = max(share(task.title, folded(m.text)) for m in task.measures[1:])
        earlier = share(before.title, first)
        nothing_own = own < 0.02 and earlier > 0.02
        if others > max(1.5 * own, 0.05) and (nothing_own or (earlier > 0.2 and earlier > own + 0.1)):
            what = Text(
                f"任务名可能早了一行：本条更像任务 {before.no}“{before.title}”",
                "number and title may start one row too early: "
                f"this measure fits task {before.no} '{before.title}' better",
            )
            measure = task.measures[0]
            confidence = round(min(0.95, 0.6 + (earlier - own)), 2)
            doubts.append(
                Doubt("title_displaced", what, confidence, measure.line, measure.page, plan.id, task.no, measure.id)
            )
    return doubts


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1) if re.fullmatch(r"[^\W_]{2}", text[i : i + 2])}


# --- figures -------------------------------------------------------------------------------------------------------

_PART = re.compile(r"([\u4e00-\u9fff]{2,12}?)(\d+(?:\.\d+)?)([\u4e00-\u9fff]{1,3}?)(?=[、,;。]|$)")
_TOTAL = re.compile(r"(\d+(?:\.\d+)?)([\u4e00-\u9fff]{1,3})")


def _sums(plan: Plan, task: Task, measure: Measure) -> list[Doubt]:
    """Quotas after 其中 (or before 合计) must add up to the total that is named."""
    doubts = []
    text = folded(measure.text)
    for match in re.finditer(r"其中[:,]?((?:[^。;]*?\d+[\u4e00-\u9fff]{1,3}[、,;。]){3,})", text + "。"):
        parts = _PART.findall(match[1])
        units = {unit for _, _, unit in parts}
        if len(parts) < 3 or len(units) != 1:
            continue
        unit = next(iter(units))
        totals = [figure for figure, found in _TOTAL.findall(text[: match.start()]) if found.startswith(unit)]
        doubts += _sum_doubt(plan, task, measure, parts, unit, totals[-1:] if totals else [])
    for match in re.finditer(
        r"((?:[\u4e00-\u9fff]{2,12}\d+[\u4e00-\u9fff]{1,3}[、,]){2,}[^。;]*?),?(?:合计|共计|总计)(\d+)", text
    ):
        parts = _PART.findall(match[1] + ",")
        if len({unit for _, _, unit in parts}) == 1 and len(parts) >= 3:
            doubts += _sum_doubt(plan, task, measure, parts, parts[0][2], [match[2]])
    return doubts


def _sum_doubt(
    plan: Plan, task: Task, measure: Measure, parts: list[tuple[str, str, str]], unit: str, totals: list[str]
) -> list[Doubt]:
    total = sum(float(figure) for _, figure, _ in parts)
    if not totals or abs(float(totals[0]) - total) < 1e-9:
        return []
    what = Text(
        f"分项合计 {total:g}{unit}，正文写 {totals[0]}{unit}",
        f"the parts add up to {total:g} {unit}, the text says {totals[0]} {unit}",
    )
    return [
        Doubt(
            "numbers",
            what,
            0.95,
            measure.line,
            measure.page,
            plan.id,
            task.no,
            measure.id,
            f"{totals[0]}{unit}",
            f"{total:g}{unit}",
        )
    ]


# --- slips of the text ---------------------------------------------------------------------------------------------

_DOUBLED_WORD = re.compile(r"([\u4e00-\u9fff]{2})\1")
_DOUBLED = re.compile(r"([\u4e00-\u9fff])\1")
# 叠词: characters that Chinese doubles
_MAY_DOUBLE = set("人天年月日家户处时事件层步渐常刚仅大多深久往每样种条逐点慢稍早迟最乡村区镇街")
_PAIRS = (("“", "”"), ("《", "》"), ("(", ")"))


class _Words:
    """Pairs of characters of a document, to tell 施工工地 (施工, 工地) from a character printed twice."""

    def __init__(self, document: PlanDocument) -> None:
        self._counts: Counter[str] = Counter()
        self._all = "\n".join(folded(measure.text) for measure in document.measures())
        for measure in document.measures():
            text = folded(measure.text)
            self._counts.update(text[i : i + 2] for i in range(len(text) - 1) if not _beside_doubled(text, i))

    def meet(self, text: str, at: int) -> bool:
        """Whether two words known from elsewhere meet where the same character stands at `at` and after it."""
        around = text[max(0, at - 1) : at + 3]
        if self._all.count(around) > 1:
            return True
        if len(around) == 4 and around[:2] + around[3] in self._all:
            return False  # 执法法检查, and 执法检查 elsewhere
        left, right = text[max(0, at - 1) : at + 1], text[at + 1 : at + 3]
        known_left = self._counts[left] > 0 or not re.fullmatch(r"[\u4e00-\u9fff]{2}", left)
        return known_left and self._counts[right] > 0


def _beside_doubled(text: str, at: int) -> bool:
    """Whether the pair at `at` shares a character with a doubled one."""
    window = text[max(0, at - 1) : at + 3]
    return _DOUBLED.search(window) is not None


def _slips(plan: Plan, task: Task, measure: Measure, words: _Words) -> list[Doubt]:
    """Words and characters printed twice, and marks that are not closed."""
    text = folded(measure.text)
    found: list[tuple[str, str, float, Text]] = []
    for match in _DOUBLED_WORD.finditer(text):
        what = Text(f"“{match[1]}”印了两遍", f"'{match[1]}' is printed twice")
        found.append((match[0], match[1], 0.9, what))
    for match in _DOUBLED.finditer(text):
        if match[1] not in _MAY_DOUBLE and not words.meet(text, match.start()):
            what = Text(f"“{match[1]}”印了两遍", f"'{match[1]}' is printed twice")
            found.append((match[0], match[1], 0.7, what))
    for opening, closing in _PAIRS:
        if text.count(opening) != text.count(closing):
            what = Text(
                f"{opening}{closing} 不成对，可能漏字", f"{opening} and {closing} do not pair: text may be lost"
            )
            found.append((_around(text, opening, closing), "", 0.8, what))
    return [
        Doubt("text", what, sure, measure.line, measure.page, plan.id, task.no, measure.id, printed, read_as or None)
        for printed, read_as, sure, what in found
    ]


def _around(text: str, opening: str, closing: str) -> str:
    """The words around the first mark that has no partner."""
    depth, last_open = 0, 0
    for index, character in enumerate(text):
        if character == opening:
            depth, last_open = depth + 1, index
        elif character == closing:
            depth -= 1
            if depth < 0:
                return text[max(0, index - 8) : index + 5]
    return text[max(0, last_open - 2) : last_open + 12]
