"""Non-road machines (非道路移动机械): smoke by GB 36886-2018, engines by GB 20891-2014, the registration number."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue

PREFIX = "vehicles.nonroad"
ENGINE_ITEMS = ("co", "hc", "nox", "hc_nox", "pm")
"""g/kWh, in the order of the parameter."""


def smoke_limit(smoke_class: int, power: Decimal, day: dt.date) -> Decimal:
    """The highest absorption (1/m) of a machine of `power` kW in class 1, 2 or 3 (GB 36886-2018).

    Raises:
        LantuError: an unknown class, or more power than the standard covers.
    """
    if smoke_class not in (1, 2, 3):
        raise LantuError(Text(f"没有烟度类别 {smoke_class}", f"there is no smoke class {smoke_class}"))
    low, middle, high = catalogue().get(f"{PREFIX}.smoke.power_bands").at(day).value
    if power > high:
        raise LantuError(
            Text(f"{power} kW 超出 GB 36886-2018 的范围", f"GB 36886-2018 does not cover {power} kW"),
        )
    limits = catalogue().get(f"{PREFIX}.smoke.class_{smoke_class}").at(day).value
    found: Decimal = limits[0] if power < low else limits[1] if power < middle else limits[2]
    return found


def engine_limits(stage: int, power: Decimal, day: dt.date) -> dict[str, Decimal]:
    """The limits of an engine (g/kWh) of stage 3 or 4 by its net power (kW), by item; 560 kW belongs to the band below.

    Raises:
        LantuError: a stage that sets no limit for this power.
    """
    bands = {
        3: ((37, "below_37"), (75, "37_75"), (130, "75_130")),
        4: ((37, "below_37"), (56, "37_56"), (130, "56_130")),
    }.get(stage)
    if bands is None or (stage == 4 and power > 560):
        raise LantuError(
            Text(f"第 {stage} 阶段对 {power} kW 没有限值", f"stage {stage} sets no limit for {power} kW"),
            mend=Text("大于 560 kW 仍按第三阶段", "above 560 kW stage 3 still holds") if stage == 4 else None,
        )
    band = next((name for bound, name in bands if power < bound), "130_560" if power <= 560 else "above_560")
    values = catalogue().get(f"{PREFIX}.stage_{stage}.{band}").at(day).value
    return {item: value for item, value in zip(ENGINE_ITEMS, values, strict=True) if value is not None}


def required_stage(power: Decimal, day: dt.date) -> int:
    """The stage that a new machine has to meet (GB 20891-2014 with amendment 1)."""
    to_560, above = catalogue().get(f"{PREFIX}.required_stage").at(day).value
    return int(to_560 if power <= 560 else above)


def registration_stage(code: str, day: dt.date) -> str | None:
    """The emission stage that an environmental registration number tells; None where the number has no such form."""
    if not re.fullmatch(str(catalogue().get(f"{PREFIX}.registration_form").at(day).value), code):
        return None
    stages = catalogue().get(f"{PREFIX}.registration_stages").at(day).value
    return {str(letter): str(stage) for letter, stage in stages}.get(code[0])
