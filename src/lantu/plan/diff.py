"""Two plans side by side (年度比较): what stayed, what changed, what is new, what is gone. For packs and for documents.

Tasks are matched by title, measures by what they say; within a pack by their summaries. Figures are compared where the
same measure holds them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from lantu.base import Text
from lantu.plan.model import PlanDocument

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

_LIKE = 0.4
_SAME = 0.97

Change = Literal["same", "changed", "new", "gone"]


@dataclass(frozen=True, slots=True)
class ComparedMeasure:
    """A measure as both sources can give it."""

    id: str
    plan: str
    task: str
    text: str
    deadline: str
    lead: tuple[str, ...]
    responsible: tuple[str, ...]
    assisting: tuple[str, ...]
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """One measure of the earlier plan and its counterpart, and what differs."""

    change: Change
    before: ComparedMeasure | None
    after: ComparedMeasure | None
    likeness: float = 0.0
    differs: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class PlanDiff:
    """The whole comparison."""

    before: str
    after: str
    pairs: list[Pair]
    one_sided: dict[str, str] = field(default_factory=dict)
    """Plans that only one of the two has, and which; their measures are not compared."""

    def counts(self) -> dict[str, int]:
        counted = Counter(pair.change for pair in self.pairs)
        return {change: counted[change] for change in ("same", "changed", "new", "gone")}

    def as_json(self) -> dict[str, Any]:
        def one(measure: ComparedMeasure | None) -> dict[str, Any] | None:
            return None if measure is None else {"id": measure.id, "task": measure.task, "text": measure.text}

        return {
            "before": self.before,
            "after": self.after,
            "counts": self.counts(),
            "plans_of_one_side": self.one_sided,
            "measures": [
                {
                    "change": pair.change,
                    "before": one(pair.before),
                    "after": one(pair.after),
                    "likeness": round(pair.likeness, 3),
                    "differs": {key: {"before": old, "after": new} for key, (old, new) in pair.differs.items()},
                }
                for pair in self.pairs
            ],
        }

    def lines(self) -> list[str]:
        """The comparison as lines to read: totals, then every measure that is not the same."""
        signs = {"changed": "~", "new": "+", "gone": "-"}
        labels = {
            "deadline": Text("时限", "deadline"),
            "lead": Text("牵头", "lead"),
            "responsible": Text("主责", "responsible"),
            "assisting": Text("协办", "assisting"),
            "figures": Text("数字", "figures"),
            "text": Text("文字", "text"),
        }
        counts = self.counts()
        lines = [
            f"{self.before} → {self.after}",
            str(
                Text(
                    "相同 {same}，有变 {changed}，新增 {new}，不再有 {gone}",
                    "{same} the same, {changed} changed, {new} new, {gone} gone",
                ).format(**counts)
            ),
        ]
        for plan, side in self.one_sided.items():
            lines.append(
                str(Text(f"计划 {plan} 只在 {side} 中，未比较", f"the plan {plan} is only in {side}; not compared"))
            )
        for pair in self.pairs:
            if pair.change == "same":
                continue
            measure = pair.after or pair.before
            assert measure is not None
            old = f"{pair.before.id} → " if pair.before and pair.after and pair.before.id != pair.after.id else ""
            lines.append(f"{signs[pair.change]} {old}{measure.id}  {measure.task}：{measure.text[:48]}")
            for key, (was, now) in pair.differs.items():
                if key == "text":
                    continue
                lines.append(f"    {labels[key]}: {_shown(was)} → {_shown(now)}")
        return lines


def _shown(value: Any) -> str:
    return "、".join(value) or "—" if isinstance(value, tuple) else str(value) or "—"


def diff(before: Pack | PlanDocument, after: Pack | PlanDocument) -> PlanDiff:
    """Compare two plans, each a pack or a document that was read."""
    earlier, later = _measures(before), _measures(after)
    plans = [list(dict.fromkeys(measure.plan for measure in side)) for side in (earlier, later)]
    one_sided: dict[str, str] = {}
    if set(plans[0]) & set(plans[1]):
        one_sided |= {plan: _name(before) for plan in plans[0] if plan not in plans[1]}
        one_sided |= {plan: _name(after) for plan in plans[1] if plan not in plans[0]}
        earlier = [measure for measure in earlier if measure.plan not in one_sided]
        later = [measure for measure in later if measure.plan not in one_sided]
    mixed = isinstance(before, PlanDocument) != isinstance(after, PlanDocument)
    pairs = []
    for old, new, likeness in _matched(earlier, later):
        if old is None or new is None:
            pairs.append(Pair("new" if old is None else "gone", old, new))
            continue
        differs = {
            key: (getattr(old, key), getattr(new, key))
            for key in ("deadline", "lead", "responsible", "assisting")
            if _folded(getattr(old, key)) != _folded(getattr(new, key))
        }
        if not mixed and Counter(old.figures) != Counter(new.figures):
            differs["figures"] = (old.figures, new.figures)
        if not mixed and _dice(_pairs(old.text), _pairs(new.text)) < _SAME:
            differs["text"] = (old.text, new.text)
        pairs.append(Pair("changed" if differs else "same", old, new, likeness, differs))
    return PlanDiff(_name(before), _name(after), pairs, one_sided)


def _folded(value: Any) -> Any:
    return frozenset(value) if isinstance(value, tuple) else re.sub(r"\d{4}-", "", value)


def _name(source: Pack | PlanDocument) -> str:
    return source.source if isinstance(source, PlanDocument) else source.id


def _measures(source: Pack | PlanDocument) -> list[ComparedMeasure]:
    if isinstance(source, PlanDocument):
        figures: dict[str, list[str]] = {}
        for found in source.commitments:
            figures.setdefault(found.measure, []).append(_figure(found.comparator, found.value, found.unit))
        return [
            ComparedMeasure(
                m.id,
                plan.id,
                task.title,
                m.text,
                _deadline(m.deadline.type, m.deadline.date),
                tuple(m.lead),
                tuple(m.responsible),
                tuple(m.assisting),
                tuple(figures.get(m.id, ())),
            )
            for plan in source.plans
            for task in plan.tasks
            for m in task.measures
        ]
    return [
        ComparedMeasure(
            m.id,
            plan.id,
            str(task.title.zh),
            m.summary.zh,
            _deadline(m.deadline.type, m.deadline.date),
            tuple(m.lead),
            tuple(m.responsible),
            tuple(m.assisting),
            tuple(_figure(f.comparator, f.value, f.unit) for f in _figures(m)),
        )
        for plan in source.plans
        for task in plan.tasks
        for m in task.measures
    ]


def _figures(measure: Any) -> list[Any]:
    """The figures that the plan itself prints; the pack's own checks of its words are no part of a comparison."""
    return [each.figure() for each in measure.commitments if each.basis == "figure"]


def _figure(comparator: str, value: Any, unit: str) -> str:
    return " ".join(str(part) for part in (comparator, value, unit) if part not in (None, ""))


def _deadline(kind: str, day: Any) -> str:
    return f"{kind} {day}" if day else kind


def _likeness(one: ComparedMeasure, other: ComparedMeasure) -> float:
    """How much of the shorter text stands in the other, how alike they are as a whole, and their tasks' titles."""
    pairs = _pairs(one.text), _pairs(other.text)
    shorter = min(sum(each.values()) for each in pairs)
    shared = sum((pairs[0] & pairs[1]).values()) / max(1, shorter)
    text = 0.5 * shared + 0.5 * _dice(*pairs)
    return 0.75 * text + 0.25 * _dice(_pairs(one.task), _pairs(other.task))


def _pairs(text: str) -> Counter[str]:
    plain = re.sub(r"\W+", "", text)
    return Counter(a + b for a, b in zip_longest(plain, plain[1:], fillvalue=""))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    return 2 * sum((one & other).values()) / max(1, sum(one.values()) + sum(other.values()))


def _matched(
    earlier: list[ComparedMeasure],
    later: list[ComparedMeasure],
    like: Callable[[ComparedMeasure, ComparedMeasure], float] = _likeness,
) -> list[tuple[ComparedMeasure | None, ComparedMeasure | None, float]]:
    """Best one-to-one matches within plans of the same id, in the later plan's order; then what is gone."""
    shared = {m.plan for m in earlier} & {m.plan for m in later}
    ranked = sorted(
        (
            (like(old, new), i, j)
            for i, old in enumerate(earlier)
            for j, new in enumerate(later)
            if old.plan == new.plan or not shared
        ),
        reverse=True,
    )
    of_old: dict[int, tuple[int, float]] = {}
    of_new: dict[int, tuple[int, float]] = {}
    for score, i, j in ranked:
        if score < _LIKE:
            break
        if i not in of_old and j not in of_new:
            of_old[i], of_new[j] = (j, score), (i, score)
    result: list[tuple[ComparedMeasure | None, ComparedMeasure | None, float]] = []
    for j, new in enumerate(later):
        matched = of_new.get(j)
        result.append((earlier[matched[0]], new, matched[1]) if matched else (None, new, 0.0))
    result += [(old, None, 0.0) for i, old in enumerate(earlier) if i not in of_old]
    return result
