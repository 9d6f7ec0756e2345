"""Treated black-odorous waters (黑臭水体长治久清): whether they stay clean, by the samples of their points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.registers.family import referring, register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry
from lantu.standards.water.black_odorous import INDICATORS, elimination

READ = (*INDICATORS, "depth")


@dataclass(frozen=True, slots=True)
class Waters:
    """Listed waters, and those whose samples of the period show them clean or black-odorous again."""

    listed: int
    clean: int
    black: int


def stays_clean(water: Entry, entries: Entries, period: Period) -> bool | None:
    """Whether a treated water is not black-odorous in a period, by its points; None where too little was measured.

    A sample without a point's name belongs to one point of the water.
    """
    points: dict[str, list[Mapping[str, Decimal | None]]] = {}
    for row in sorted(
        referring(entries, "black_odorous_water_samples", "reach").get(water.key, []),
        key=lambda row: (row.values["taken_on"], row.key),
    ):
        if row.values["taken_on"] in period:
            measured = {name: _number(row.values.get(name)) for name in READ}
            if any(measured[name] is not None for name in INDICATORS):
                points.setdefault(row.values.get("point") or "", []).append(measured)
    return elimination(points, period.end).eliminated if points else None


def _number(value: Any) -> Decimal | None:
    return None if value is None else as_decimal(value)


def _waters(rows: list[Entry], entries: Entries, period: Period) -> Waters:
    found = [stays_clean(row, entries, period) for row in rows if row.values["treated_on"] <= period.end]
    return Waters(len(found), found.count(True), found.count(False))


WATERS = register_family(
    "black_odorous_waters",
    "black_odorous_waters",
    _waters,
    also=("black_odorous_water_samples",),
    shown=("clean_by_samples", Text("按点位监测", "by the samples of its points"), stays_clean),
)

NONE_LISTED = Text("没有已治理的黑臭水体", "no treated water is listed")
REFERENCE = "guide of 2015 for urban black-odorous waters; numbers of points and rounds from one source"


@indicator(
    name="black_odorous_waters_again",
    title=Text("反弹的黑臭水体", "treated waters that are black-odorous again"),
    unit="条段",
    statistic="count",
    quantity=0,
    reference=REFERENCE,
    family=WATERS,
    levels=AREA_LEVELS,
)
def black_odorous_waters_again(found: Waters | None) -> Figure:
    """treated waters of which a point is black-odorous by its samples of the period (60 % rule for heavy ones)"""
    if found is None or not found.listed:
        return Figure(None, 0, 0, False, NONE_LISTED)
    return Figure(Decimal(found.black), found.clean + found.black, found.listed, True)


@indicator(
    name="black_odorous_waters_clean_share",
    title=Text("黑臭水体长治久清监测达标率", "share of treated waters that stay clean by their samples"),
    unit="%",
    statistic="share",
    quantity=1,
    reference=REFERENCE,
    family=WATERS,
    levels=AREA_LEVELS,
)
def black_odorous_waters_clean_share(found: Waters | None) -> Figure:
    """treated waters without a black-odorous point / waters with enough points and rounds in the period * 100 %"""
    if found is None or not found.listed:
        return Figure(None, 0, 0, False, NONE_LISTED)
    judged = found.clean + found.black
    if not judged:
        return Figure(None, 0, found.listed, False, Text("监测点位和轮次不足", "too few points and rounds"))
    less = found.listed - judged
    reason = Text(f"{less} 条段监测不足", f"{less} waters have too few points or rounds") if less else None
    return Figure(Decimal(100 * found.clean) / judged, judged, found.listed, not less, reason)
