"""A row of several paragraphs: which of the printed units belong to which paragraph.

Groups that are as many as the paragraphs are dealt out in order. One group is shared by all, unless it shows that
groups were run together: a unit printed twice, two wordings for the districts, a dash between names. What remains
is decided by who is named in the text, and said to be a guess.
"""

from __future__ import annotations

import re
from itertools import combinations, permutations

from lantu.base import Text
from lantu.plan.model import Doubt, ReadHow
from lantu.plan.reading.rows import UNIT_ROLES, Role, folded
from lantu.plan.reading.seams import Groups, Units, divisions, repeats
from lantu.plan.reading.strips import Slot, Strip
from lantu.plan.reading.units import UnitReader, in_order

# 各区……, 有关区政府……: the districts are who acts
_DISTRICTS_ACT = re.compile(r"^(?:各|有关|相关|涉及)[^，。,；;]{0,4}?区(?!域)")


def deal(strip: Strip, reader: UnitReader, doubts: list[Doubt]) -> list[Slot]:
    """The measures of a strip, one for each paragraph."""
    count = len(strip.texts)
    dealt: dict[Role, list[Units | None]] = {}
    hows: list[ReadHow] = []
    if count == 1:
        for role in UNIT_ROLES:
            dealt[role] = [_one(strip.groups[role])]
    else:
        dealt, hows = _dealt(strip, reader, doubts)
    slots = []
    for index, text in enumerate(strip.texts):
        how, confidence = _how(strip, hows)
        units = {role: dealt[role][index] for role in UNIT_ROLES}
        deadline = strip.deadlines[index if len(strip.deadlines) == count else 0] if strip.deadlines else ""
        slot = Slot(
            text,
            units,
            deadline,
            strip.segment + index,
            strip.line,
            strip.page,
            dict(strip.raw),
            strip.drawn,
            strip.merged,
            how,
            confidence,
        )
        if index in strip.own:
            slot.units.update(strip.own[index])
        if index in strip.settled:
            slot.how, slot.confidence = strip.settled[index]
            slot.settled = True
        elif count > 1 and not strip.drawn and "lead" not in strip.own.get(index, {}):
            _by_actor(slot, strip, reader)
        slots.append(slot)
    return slots


def _one(groups: Groups) -> Units | None:
    if not groups:
        return None
    return in_order([unit for group in groups for unit in group])


def _how(strip: Strip, hows: list[ReadHow]) -> tuple[ReadHow, float]:
    if strip.inherits and len(strip.texts) == 1:
        return "inherited_vertical", 0.95
    if "guess" in hows:
        return "guess", 0.5
    if "paragraph_aligned" in hows or (strip.shares_text and not strip.drawn):
        return "paragraph_aligned", 0.85
    if len(strip.texts) > 1:
        return "split_from_shared_cell", 0.8
    return "printed", 0.95


def _dealt(
    strip: Strip, reader: UnitReader, doubts: list[Doubt]
) -> tuple[dict[Role, list[Units | None]], list[ReadHow]]:
    count = len(strip.texts)
    hows: list[ReadHow] = []
    result: dict[Role, list[Units | None]] = {}
    lead_fused = repeats(strip.flat("lead")) > 1
    fused = lead_fused or len(strip.deadlines) == count
    for role in ("responsible", "assisting", "lead"):
        groups = strip.groups[role]
        units = strip.flat(role)
        if role == "responsible" and units:
            several = repeats(units) == count or sum(map(reader.is_group, in_order(units))) == count
            mixed = lead_fused and not reader.governs(units[0]) and reader.governs(units[-1])
            fused_here = several or mixed
            fused = fused or several
        else:
            fused_here = repeats(units) == count or (role == "lead" and fused)
        if not groups:
            result[role] = [None] * count
        elif len(groups) == count:
            result[role] = [in_order(group) for group in groups]
            hows.append("paragraph_aligned")
            fused = fused or role == "responsible" or (role == "assisting" and [] in groups)
        elif len(groups) == 1 and fused_here and len(units) >= count:
            result[role] = _cut(strip, role, units, result, reader)
            hows.append("paragraph_aligned")
            if role == "lead":
                _tell_fused(strip, doubts)
        elif len(groups) == 1:
            result[role] = [in_order(units)] * count
        else:
            result[role] = _partly(strip.texts, groups, role != "assisting", reader)
            hows.append("guess")
    if "guess" in hows:
        numbers = {role: len(strip.groups[role]) for role in UNIT_ROLES}
        what = Text(
            f"{count} 段文字，牵头 {numbers['lead']} 组、主责 {numbers['responsible']} 组、"
            f"协办 {numbers['assisting']} 组，对应关系为推测",
            f"{count} paragraphs, {numbers['lead']} groups of leads, {numbers['responsible']} of responsible and "
            f"{numbers['assisting']} of assisting units: their alignment is a guess",
        )
        doubts.append(Doubt("alignment", what, 0.6, strip.line, strip.page, strip.plan, strip.task.no))
    _districts_lead_alone(strip, result, reader)
    if lead_fused or len(strip.deadlines) == count:
        _not_twice(result)
    return result, hows


def _cut(
    strip: Strip, role: Role, units: Units, found: dict[Role, list[Units | None]], reader: UnitReader
) -> list[Units | None]:
    """The best cut of run-together units into one group for each paragraph."""
    count = len(strip.texts)
    assisting = found.get("assisting", [None] * count)
    shared = all(group == assisting[0] for group in assisting)

    def score(groups: Groups) -> tuple[float, int]:
        points = 0.0
        for index, group in enumerate(groups):
            points += sum(reader.named(unit, strip.texts[index]) for unit in group)
            points -= 10 * (repeats(group) - 1)
            if role == "lead" and not shared:
                # Nobody assists himself.
                points -= 5 * len(set(group) & set(assisting[index] or []))
            if role == "responsible":
                points -= 5 * max(0, sum(map(reader.is_group, group)) - 1)
        return points, sum(len(group) * (count - index) for index, group in enumerate(groups))

    best = max(divisions(units, count), key=score)
    if role == "lead" and repeats(units) > 1 and count <= 4:
        # Run-together groups may stand in another order than the paragraphs, where the text says so clearly.
        turned = max((list(order) for order in permutations(best)), key=lambda groups: score(groups)[0])
        if score(turned)[0] >= score(best)[0] + 3:
            best = turned
    return [in_order(group) for group in best]


def _partly(texts: list[str], groups: Groups, spread: bool, reader: UnitReader) -> list[Units | None]:
    """Groups that are not as many as the paragraphs, kept in order, where the text fits them best.

    Args:
        texts: the paragraphs.
        groups: the printed groups.
        spread: whether a group may serve several paragraphs; else the paragraphs without a group get none.
        reader: says how clearly a text names a unit.
    """
    count = len(texts)
    if len(groups) > count:
        groups = [*groups[: count - 1], [unit for group in groups[count - 1 :] for unit in group]]

    def fit(group: Units, text: str) -> float:
        return sum(reader.named(unit, text) for unit in group) / max(1, len(group))

    best: list[Units | None] = [None] * count
    best_score = -1.0
    for starts in combinations(range(count), len(groups)):
        if spread and starts[0] != 0:
            continue
        places: list[Units | None] = [None] * count
        for index, start in enumerate(starts):
            end = (starts[index + 1] if index + 1 < len(starts) else count) if spread else start + 1
            places[start:end] = [in_order(groups[index])] * (end - start)
        score = sum(fit(group, text) for group, text in zip(places, texts, strict=True) if group)
        if score > best_score + 1e-9:
            best, best_score = places, score
    return [group if group is not None else [] for group in best]


def _districts_lead_alone(strip: Strip, result: dict[Role, list[Units | None]], reader: UnitReader) -> None:
    """Where the districts lead one paragraph of several, its responsible units are the same: the cell was merged."""
    leads = result["lead"]
    if all(lead == leads[0] for lead in leads):
        return
    for index, lead in enumerate(leads):
        responsible = result["responsible"][index]
        if lead and responsible and reader.all_govern(lead) and reader.all_govern(responsible):
            result["responsible"][index] = list(lead)


def _not_twice(result: dict[Role, list[Units | None]]) -> None:
    for index, assisting in enumerate(result["assisting"]):
        lead = result["lead"][index] or []
        if assisting and result["assisting"].count(assisting) > 1:
            result["assisting"][index] = [unit for unit in assisting if unit not in lead]


def _tell_fused(strip: Strip, doubts: list[Doubt]) -> None:
    what = Text(
        "几行的单位印在一个单元格里，按段落分开是推断",
        "the units of several rows stand in one cell; dealing them out to the paragraphs is an inference",
    )
    doubts.append(
        Doubt(
            "fused_rows", what, 0.85, strip.line, strip.page, strip.plan, strip.task.no, printed=strip.raw.get("lead")
        )
    )


def _by_actor(slot: Slot, strip: Strip, reader: UnitReader) -> None:
    """A paragraph that says the districts act, beside cells that all paragraphs share, is led by the districts."""
    responsible = slot.units["responsible"]
    lead = slot.units["lead"]
    shared = all(len(strip.groups[role]) == 1 for role in ("lead", "responsible"))
    if not (shared and slot.how == "split_from_shared_cell" and lead and responsible):
        return
    acts = [bool(_DISTRICTS_ACT.match(folded(text))) for text in strip.texts]
    if _DISTRICTS_ACT.match(folded(slot.text)) and not all(acts) and reader.none_governs(lead):
        districts = [unit for unit in responsible if reader.governs(unit)]
        if districts:
            slot.units["lead"], slot.units["responsible"] = list(districts), list(districts)
            slot.merged, slot.how, slot.confidence, slot.settled = True, "guess", 0.7, True
