"""Units that were printed in the row above or below the one they belong to.

This happens in text taken from a page image, where the borders of rows are not known; a drawn grid is trusted.
"""

from __future__ import annotations

from itertools import pairwise

from lantu.base import Text
from lantu.plan.model import Doubt
from lantu.plan.reading.rows import UNIT_ROLES, Role
from lantu.plan.reading.seams import Units, divisions, repeats
from lantu.plan.reading.strips import Strip
from lantu.plan.reading.units import UnitReader, in_order


def put_back(strips: list[Strip], reader: UnitReader, doubts: list[Doubt]) -> None:
    """Give units back to the row they belong to, where the rows themselves show it. Each move leaves a doubt."""
    for before, after in pairwise(strips):
        if before.drawn or after.drawn:
            continue
        if not (
            _second_cell_is_next_rows(before, after, reader, doubts)
            or _repeats_row_above(before, after, doubts)
            or _surplus_groups(before, after, reader, doubts)
        ):
            _assists_itself(before, after, doubts)


def _doubt(doubts: list[Doubt], strip: Strip, zh: str, en: str, confidence: float, printed: str | None) -> None:
    doubts.append(
        Doubt(
            "misplaced_units",
            Text(zh, en),
            confidence,
            strip.line,
            strip.page,
            strip.plan,
            strip.task.no,
            printed=printed,
        )
    )


def _second_cell_is_next_rows(before: Strip, after: Strip, reader: UnitReader, doubts: list[Doubt]) -> bool:
    """Two cells merged over 牵头 and 主责, one below the other, read as if they stood side by side."""
    if (
        before.task is not after.task
        or len(before.texts) != 1
        or not after.is_blank("lead")
        or not after.is_blank("responsible")
    ):
        return False
    lead, responsible = before.flat("lead"), before.flat("responsible")
    if not (reader.all_govern(lead) and reader.all_govern(responsible)) or set(lead) == set(responsible):
        return False
    before.groups["responsible"] = [list(lead)]
    for role in ("lead", "responsible"):
        after.groups[role] = [list(responsible)]
    for strip in (before, after):
        strip.settled[0] = ("shift_repaired", 0.9)
    _doubt(
        doubts,
        before,
        "主责单位一格属于下一行（下一行牵头、主责均空）",
        "the responsible cell belongs to the next row, whose lead and responsible cells are empty",
        0.95,
        before.raw.get("responsible"),
    )
    return True


def _repeats_row_above(before: Strip, after: Strip, doubts: list[Doubt]) -> bool:
    """A row whose cells begin with all that the row above says, and go on: the beginning spilled over."""
    roles: tuple[Role, ...] = ("responsible", "assisting")
    for role in roles:
        above, here = before.flat(role), after.flat(role)
        if not above or len(here) <= len(above) or here[: len(above)] != above:
            return False
    for role in roles:
        after.groups[role] = [after.flat(role)[len(before.flat(role)) :]]
    for index in range(len(after.texts)):
        after.settled[index] = ("shift_repaired", 0.6)
    _doubt(
        doubts,
        after,
        "主责、协办两格开头重复了上一行的单位",
        "the responsible and assisting cells begin with the units of the row above",
        0.8,
        after.raw.get("responsible"),
    )
    return True


def _surplus_groups(before: Strip, after: Strip, reader: UnitReader, doubts: list[Doubt]) -> bool:
    """A responsible group printed twice beside one paragraph, below a row with a paragraph without units of its own."""
    surplus = repeats(after.flat("responsible")) - 1
    spare = len(before.texts) - 1
    if len(after.texts) != 1 or not 0 < surplus <= spare:
        return False
    if any(len(before.groups[role]) > 1 or repeats(before.flat(role)) > 1 for role in UNIT_ROLES):
        return False
    if len(after.flat("lead")) <= surplus:
        return False
    texts = [*before.texts[-surplus:], after.texts[0]]
    printed = " | ".join(after.raw.get(role, "") for role in UNIT_ROLES)
    for role in UNIT_ROLES:
        groups = after.groups[role]
        units = after.flat(role)
        if role != "assisting" and units:
            parts: list[Units] = _best_cut(units, texts, reader)
        elif len(groups) == len(texts):
            parts = [list(group) for group in groups]
        else:
            # Fewer groups than rows: groups keep their order from the top, the rest have none.
            parts = [list(group) for group in groups] + [[] for _ in range(len(texts) - len(groups))]
        for index in range(surplus):
            before.own.setdefault(len(before.texts) - surplus + index, {})[role] = in_order(parts[index])
        after.groups[role] = [in_order(parts[-1])]
    for index in range(surplus):
        before.settled[len(before.texts) - surplus + index] = ("shift_repaired", 0.85)
    after.settled[0] = ("shift_repaired", 0.85)
    _doubt(
        doubts,
        before,
        "末段的单位印在下一行里",
        "the units of the last paragraph are printed in the next row",
        0.95,
        printed,
    )
    return True


def _best_cut(units: Units, texts: list[str], reader: UnitReader) -> list[Units]:
    def score(groups: list[Units]) -> tuple[int, int]:
        points = sum(reader.named(unit, text) for group, text in zip(groups, texts, strict=True) for unit in group)
        points -= 10 * sum(repeats(group) - 1 for group in groups)
        return points, sum(len(group) * (len(groups) - index) for index, group in enumerate(groups))

    return max(divisions(units, len(texts)), key=score)


def _assists_itself(before: Strip, after: Strip, doubts: list[Doubt]) -> bool:
    """A lead that also assists: its assisting cell belongs to the row above where a paragraph there has none."""
    lead, assisting = after.flat("lead"), after.flat("assisting")
    if not set(lead) & set(assisting) or len(after.texts) != 1 or set(lead) == set(assisting):
        return False
    takes = len(before.texts) > 1 and not before.flat("assisting") and len(before.groups["assisting"]) <= 1
    if takes:
        before.own.setdefault(len(before.texts) - 1, {})["assisting"] = in_order(assisting)
        after.groups["assisting"] = [[]]
        _doubt(
            doubts,
            before,
            "末段的协办单位印在下一行里（那里的牵头单位不会协办自己）",
            "the assisting units of the last paragraph are printed in the next row, whose lead stands among them",
            0.75,
            after.raw.get("assisting"),
        )
        return True
    _doubt(
        doubts,
        after,
        "同一单位既牵头又协办",
        "the same unit leads and assists",
        0.5,
        after.raw.get("assisting"),
    )
    return False
