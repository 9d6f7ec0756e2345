"""Construction land (建设用地): GB 36600-2018, 85 items by two classes of land, and what may follow for a plot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue
from lantu.standards.items import all_item_lists

PREFIX = "soil.construction.limits"
BASIC_ITEMS = 45
"""Table 1: obligatory in the initial survey (from memory, unverified)."""
BACKGROUND_ITEMS = frozenset({"arsenic", "cobalt", "vanadium"})
"""Above screening but not above the natural background they do not make a polluted plot (GB 36600-2018, 5.2)."""


class SoilRisk(IntEnum):
    """What a content means for a plot; a higher number is worse."""

    NEGLIGIBLE = 0
    ASSESS = 1
    UNACCEPTABLE = 2

    @property
    def title(self) -> Text:
        return (
            Text("风险可忽略", "risk negligible"),
            Text("需详细调查和风险评估", "detailed survey and risk assessment"),
            Text("应采取管控或修复", "risk control or remediation"),
        )[self]


@dataclass(frozen=True, slots=True)
class SoilItem:
    """One item of a sample against the screening and control value of its class of land (mg/kg)."""

    item: str
    value: Decimal
    screening: Decimal
    control: Decimal
    risk: SoilRisk


def land_class_of_use(code: str | None) -> int:
    """The class of construction land (1 sensitive, 2 other) by the use code of GB 50137; unknown use takes class 1.

    Class 1: R, A33, A5, A6, and G1 where it is a community or children's park (write G1C). The codes are from memory
    and unverified; that land without a fixed use takes class 1 is confirmed (GB 36600-2018, 4.1).

    Raises:
        LantuError: the code belongs to neither class.
    """
    if code is None or not code.strip():
        return 1
    written = code.strip().upper()
    if written[0] == "R" or written.startswith(("A33", "A5", "A6", "G1C")):
        return 1
    if written[0] in "MWBSUAG":
        return 2
    raise LantuError(
        Text(f"没有用地代码“{code}”", f"there is no land-use code '{code}'"),
        mend=Text("用 GB 50137 的代码，如 R2、A33、M1", "use a code of GB 50137 such as R2, A33, M1"),
    )


def evaluate_soil_item(
    item: str, value: Decimal, land_class: int, day: dt.date, background: Decimal | None = None
) -> SoilItem:
    """One item; equal to a value is not above it.

    Args:
        item: a name of the list `soil`.
        value: mg/kg.
        land_class: 1 or 2.
        day: of the sample.
        background: natural background (mg/kg), for arsenic, cobalt and vanadium.

    Raises:
        LantuError: the standard has no value for the item.
    """
    limits = catalogue().get(f"{PREFIX}.{item}").at(day).value
    screening, control = limits[land_class - 1], limits[land_class + 1]
    risk = SoilRisk(int(value > screening) + int(value > control))
    if item in BACKGROUND_ITEMS and background is not None and value <= background:
        risk = SoilRisk.NEGLIGIBLE
    return SoilItem(item, value, screening, control, risk)


def evaluate_soil(
    values: Mapping[str, Decimal | None],
    land_class: int,
    day: dt.date,
    backgrounds: Mapping[str, Decimal] | None = None,
) -> tuple[SoilRisk | None, tuple[SoilItem, ...]]:
    """A sample's worst risk and its items above screening, the worst first; None without any item.

    One sample is judged by itself: in the initial survey no mean is taken (unverified).
    """
    known = catalogue()
    found = [
        evaluate_soil_item(name, value, land_class, day, (backgrounds or {}).get(name))
        for name, value in values.items()
        if value is not None and f"{PREFIX}.{name}" in known
    ]
    above = sorted((each for each in found if each.risk), key=lambda each: (-each.risk, -each.value / each.screening))
    return max((each.risk for each in found), default=None), tuple(above)


def basic_items() -> tuple[str, ...]:
    """The 45 items of table 1 in their order."""
    return tuple(item.name for item in all_item_lists()["soil"].items[:BASIC_ITEMS])


def missing_basic_items(measured: Collection[str]) -> tuple[str, ...]:
    """Which of the 45 obligatory items a survey lacks."""
    return tuple(name for name in basic_items() if name not in measured)
