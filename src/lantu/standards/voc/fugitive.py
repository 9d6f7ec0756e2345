"""Fugitive VOC (无组织排放): GB 37822-2019 and, for petrochemical plants, GB 31571-2015.

Leak tests and their terms stand in `ldar`; here tanks, loading, open liquid, treatment and the limits within a plant.
Petrochemical plants have columns of their own where GB 31571 speaks, else follow the column of GB 37822.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue

PREFIX = "voc.fugitive"


class Column(Enum):
    """Which column of the standards binds a plant."""

    GENERAL = "general"
    KEY_REGION = "key_region"
    PETROCHEMICAL = "petrochemical"
    PETROCHEMICAL_SPECIAL = "petrochemical_special"

    @property
    def is_petrochemical(self) -> bool:
        return self in (Column.PETROCHEMICAL, Column.PETROCHEMICAL_SPECIAL)

    @property
    def plain(self) -> Column:
        """The column of GB 37822, for what GB 31571 is not asked about: special limits are those of key regions."""
        return {Column.PETROCHEMICAL: Column.GENERAL, Column.PETROCHEMICAL_SPECIAL: Column.KEY_REGION}.get(self, self)


class Verdict(Enum):
    """Whether a measured value keeps its limit; equal to it does."""

    WITHIN = "within"
    OVER = "over"

    @property
    def title(self) -> Text:
        return Text("达标", "within the limit") if self is Verdict.WITHIN else Text("超标", "over the limit")


class TankDuty(Enum):
    """What a tank must be or have."""

    NONE = "none"
    PRESSURE_TANK = "pressure_tank"
    ROOF_OR_TREATMENT = "roof_or_treatment"

    @property
    def title(self) -> Text:
        return {
            TankDuty.NONE: Text("无要求", "no duty"),
            TankDuty.PRESSURE_TANK: Text("压力罐或等效措施", "a pressure tank or what equals it"),
            TankDuty.ROOF_OR_TREATMENT: Text("浮顶、处理或平衡", "a floating roof, treatment or balance"),
        }[self]


def value_of(name: str, day: dt.date) -> Any:
    """The value of a parameter of this module on a day."""
    return catalogue().get(f"{PREFIX}.{name}").at(day).value


def row_of(name: str, column: Column, day: dt.date) -> tuple[Any, ...]:
    """A table's row of a column, without the column's name."""
    return next(row[1:] for row in value_of(name, day) if row[0] == column.value)


def is_in_force(new_plant: bool, day: dt.date) -> bool:
    """Whether GB 37822-2019 binds a plant on a day."""
    begins = {row[0]: dt.date(*map(int, row[1:])) for row in catalogue().get(f"{PREFIX}.in_force").values[-1].value}
    return day >= begins["new" if new_plant else "existing"]


# tanks, loading, open liquid ------------------------------------------------------------------------------------------


def _row_fits(row: tuple[Any, ...], column: Column, pressure: Decimal, amount: Decimal) -> bool:
    name, low, high, least, *_ = row
    return name == column.plain.value and low <= pressure and (high is None or pressure < high) and amount >= least


def tank_duty(pressure: Decimal, volume: Decimal, column: Column, day: dt.date) -> TankDuty:
    """What a tank must be, by the true vapour pressure of its content (kPa) and its volume (m³)."""
    for row in value_of("tanks", day):
        if _row_fits(row, column, pressure, volume):
            return TankDuty(row[4])
    return TankDuty.NONE


def loading_is_treated(pressure: Decimal, yearly: Decimal, column: Column, day: dt.date) -> bool:
    """Whether the vapours of loading must be treated or balanced, by vapour pressure (kPa) and m³ a year."""
    return any(_row_fits(row, column, pressure, yearly) for row in value_of("loading", day))


def vapour_efficiency(column: Column, day: dt.date) -> Decimal:
    """The least efficiency (%) of the treatment of a fixed-roof tank's or of loading's vapours."""
    found: Decimal = row_of("vapour_efficiency", column.plain, day)[0]
    return found


def tank_repair_by(found: dt.date) -> dt.date:
    """By when a defective tank is repaired or emptied."""
    return found + dt.timedelta(int(value_of("tank_repair_days", found)))


def waste_water_is_covered(reading: Decimal, column: Column, day: dt.date) -> bool:
    """Whether open waste water must be covered, by the reading (μmol/mol) 100 mm above it."""
    limit: Decimal = row_of("waste_water_cover", column.plain, day)[0]
    return reading >= limit


def cooling_water_leaks(inlet: Decimal, outlet: Decimal, day: dt.date) -> bool:
    """Whether organic carbon rises by more than 10 % from inlet to outlet, which is a leak."""
    rise: Decimal = value_of("cooling_water_rise", day)
    return outlet * 100 > inlet * (100 + rise)


# limits within the plant and at its fence -----------------------------------------------------------------------------


def judge_in_plant(hourly: Decimal | None, single: Decimal | None, column: Column, day: dt.date) -> Verdict | None:
    """NMHC (mg/m³) 1 m outside doors, windows and vents: hourly mean and single value; None without either."""
    limits = row_of("in_plant", column.plain, day)
    pairs = [(value, limit) for value, limit in zip((hourly, single), limits, strict=True) if value is not None]
    if not pairs:
        return None
    return Verdict.OVER if any(value > limit for value, limit in pairs) else Verdict.WITHIN


def fence_exceedances(values: Mapping[str, Decimal | None], day: dt.date) -> dict[str, Decimal]:
    """Items over the hourly limit at a petrochemical plant's fence (mg/m³), with the limit each exceeds."""
    found = {}
    for item, limit in value_of("petrochemical.fence", day):
        value = values.get(item)
        if value is not None and value > limit:
            found[item] = limit
    return found


# treatment ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Treatment:
    """The efficiency (%) that a waste gas must be treated with; None where it need not be treated."""

    least: Decimal | None

    def judge(self, efficiency: Decimal | None) -> Verdict | None:
        """Whether an efficiency (%) suffices; None where nothing is asked, or the efficiency is not known."""
        if self.least is None or efficiency is None:
            return None
        return Verdict.WITHIN if efficiency >= self.least else Verdict.OVER


def treatment_duty(rate: Decimal, column: Column, day: dt.date, low_voc_materials: bool = False) -> Treatment:
    """What is asked of the treatment of a waste gas with an initial NMHC rate in kg/h.

    GB 37822-2019 10.3: from 3 kg/h (key regions 2) 80 %, but not where the materials meet the national rules for
    low-VOC products. GB 31571-2015 asks a removal of organic waste gas whatever its rate.
    """
    if column.is_petrochemical:
        return Treatment(row_of("petrochemical.efficiency", column, day)[0])
    if low_voc_materials or rate < row_of("treatment_rate", column, day)[0]:
        return Treatment(None)
    return Treatment(value_of("treatment_efficiency", day))


def at_reference_oxygen(
    measured: Decimal, oxygen: Decimal, added_air: bool, day: dt.date, inlet_oxygen: Decimal | None = None
) -> Decimal:
    """A concentration (mg/m³) behind an oxidiser, converted to 3 % oxygen where air is added (GB 37822-2019 10.3).

    Without added air the measured value holds, and the oxygen (%) may not exceed that of the inlet.

    Raises:
        LantuError: oxygen outside 0 to 21 %; no air added, but more oxygen behind than before.
    """
    air, reference = value_of("reference_oxygen", day)
    if not 0 <= oxygen < air:
        raise LantuError(
            Text(f"含氧量 {oxygen}% 不能换算", f"oxygen of {oxygen} % cannot be converted"),
            mend=Text(f"含氧量应在 0 与 {air}% 之间", f"it lies between 0 and {air} %"),
        )
    if added_air:
        return measured * (air - reference) / (air - oxygen)
    if inlet_oxygen is not None and oxygen > inlet_oxygen:
        raise LantuError(
            Text(
                f"出口含氧量 {oxygen}% 高于进口 {inlet_oxygen}%，应视为补充了空气",
                f"the outlet has {oxygen} % oxygen, the inlet {inlet_oxygen} %: air was added",
            )
        )
    return measured
