"""Who leads, who is responsible, who assists: merged cells, cells that reach down, columns that slid to the left.

Text taken from a page image knows no merged cells. A cell over 牵头 and 主责 is then printed once, and what stood
under 协办 slides one column to the left. Where an empty cell is usually printed as a dash, a really empty one at the
end of a row shows such a slide; and districts that lead do not answer to municipal bodies.
"""

from __future__ import annotations

from lantu.base import Text
from lantu.plan.model import Doubt
from lantu.plan.reading.seams import Units
from lantu.plan.reading.strips import Slot, Strip
from lantu.plan.reading.units import UnitReader


def prints_dashes(strips: list[Strip]) -> bool:
    """Whether the document prints a dash where nobody assists."""
    dashes = sum(strip.groups["assisting"] == [[]] for strip in strips)
    blanks = sum(strip.is_blank("assisting") for strip in strips)
    return dashes >= 2 and dashes > blanks


def settle(
    slot: Slot, before: Slot | None, reader: UnitReader, dashes: bool, doubts: list[Doubt], plan: str, task: int
) -> None:
    """Put the units of a measure under their roles.

    Args:
        slot: the measure; its roles are set in place.
        before: the measure before it in the same task.
        reader: tells districts from municipal bodies.
        dashes: whether the document prints a dash where nobody assists.
        doubts: every repair is noted here.
        plan: id of the plan, for the doubts.
        task: number of the task, for the doubts.
    """
    lead, responsible, assisting = (slot.units[role] for role in ("lead", "responsible", "assisting"))
    if not slot.drawn and not slot.settled and lead is None and responsible is None and before is not None:
        slot.units["lead"], slot.units["responsible"] = before.units["lead"], before.units["responsible"]
        slot.merged = before.merged
        slot.how, slot.confidence = "inherited_vertical", 0.85
    elif slot.drawn:
        _drawn(slot, before)
    elif not slot.settled and {"lead", "responsible"} <= slot.raw.keys():
        # Where the document has no column for one of the two, nothing can have slid out of it.
        slid = _repaired(slot, lead, responsible, assisting, reader, dashes)
        if slid is not None:
            confidence, what = slid
            printed = " | ".join(slot.raw.get(role, "") for role in ("lead", "responsible", "assisting"))
            doubts.append(Doubt("shifted_columns", what, confidence, slot.line, slot.page, plan, task, printed=printed))
    lead, responsible = slot.units["lead"], slot.units["responsible"]
    if lead and responsible and set(lead) == set(responsible):
        slot.merged = True
        if slot.how in ("printed", "inherited_vertical"):
            slot.how = "merged_lead_resp"


def _drawn(slot: Slot, before: Slot | None) -> None:
    """In a drawn grid an empty cell is empty; but a row without any unit goes on with the one before."""
    if any(units is not None for units in slot.units.values()) or before is None:
        return
    slot.units = dict(before.units)
    slot.merged, slot.how, slot.confidence = before.merged, "inherited_vertical", 0.8


def _repaired(
    slot: Slot,
    lead: Units | None,
    responsible: Units | None,
    assisting: Units | None,
    reader: UnitReader,
    dashes: bool,
) -> tuple[float, Text] | None:
    """Repair one row; returns how sure it is that the row is shifted, and in what way."""
    if not lead:
        return None
    if responsible is None:
        slot.units["responsible"] = list(lead)
        slot.how, slot.confidence = "merged_lead_resp", 0.9 if reader.all_govern(lead) else 0.6
        return None
    if not responsible:
        _shift(slot, lead, assisting or [], 0.88)
        return 0.88, Text(
            "牵头、主责为合并单元格，主责栏的短横是协办栏的",
            "lead and responsible are one merged cell; the dash under responsible belongs under assisting",
        )
    if set(lead) == set(responsible):
        return None
    municipal = reader.none_governs(responsible)
    nobody = not assisting
    slid = Text(
        "各列左移：牵头、主责为合并单元格，协办单位印在主责栏",
        "columns shifted left: lead and responsible are one merged cell, the assisting units stand under responsible",
    )
    if municipal and assisting and set(assisting) == set(responsible) and any(map(reader.governs, lead)):
        _shift(slot, lead, responsible, 0.75)
        return 0.75, Text(
            "主责与协办两格内容相同：牵头、主责应为合并单元格",
            "responsible and assisting repeat each other: lead and responsible must be one merged cell",
        )
    if municipal and nobody and reader.is_group(lead[0]) and reader.none_governs(lead[1:]):
        districts, rest = [lead[0]], lead[1:]
        slot.units["lead"], slot.units["responsible"], slot.units["assisting"] = rest, districts, responsible
        slot.how, slot.confidence = "shift_repaired", 0.5
        return 0.6, Text(
            "区政府印在牵头单位之首，各列可能左移了一格",
            "the districts stand first among the leads: the columns may have slid to the left",
        )
    if municipal and nobody and reader.governs(lead[-1]):
        _shift(slot, lead, responsible, 0.88)
        return 0.88, slid
    if municipal and assisting is None and dashes and reader.none_governs(lead):
        _shift(slot, lead, responsible, 0.65)
        return 0.65, slid
    return None


def _shift(slot: Slot, lead: Units, assisting: Units, confidence: float) -> None:
    slot.units["responsible"], slot.units["assisting"] = list(lead), list(assisting)
    slot.merged, slot.how, slot.confidence = True, "shift_repaired", min(confidence, slot.confidence)
