"""Outfalls into rivers (入河排污口): classes and kinds, the steps of the work, what a regular outfall has, codes.

Every list is a parameter, so a city may replace it. No source says that duties differ by class: they hold for all.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Literal

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue

PREFIX = "water.outfall"
OUTFALL_CLASSES = {
    "industrial": Text("工业排污口", "industrial"),
    "town_plant": Text("城镇污水处理厂排污口", "town sewage plant"),
    "agricultural": Text("农业排口", "agricultural"),
    "other": Text("其他排口", "other"),
}
"""The four first-level classes."""

OutfallList = Literal["steps", "measures", "regular", "signboard", "sheet"]


def _list(name: str, day: dt.date) -> dict[str, Text]:
    return {code: Text(zh, en) for code, zh, en in catalogue().get(f"{PREFIX}.{name}").at(day).value}


def outfall_kinds(day: dt.date) -> dict[str, dict[str, Text]]:
    """The kinds of each first-level class, by code (HJ 1312-2023); urban storm outlets are unverified."""
    found = {name: _list(f"kinds.{name}", day) for name in OUTFALL_CLASSES}
    found["other"] |= _list("kinds.urban_storm", day)
    return found


def outfall_class(kind: str, day: dt.date) -> str:
    """The first-level class of a kind.

    Raises:
        LantuError: there is no such kind.
    """
    kinds = outfall_kinds(day)
    for name, within in kinds.items():
        if kind in within:
            return name
    known = [each for within in kinds.values() for each in within]
    raise LantuError(
        Text(f"没有排污口类型“{kind}”", f"there is no kind of outfall '{kind}'"),
        mend=Text(f"可用：{'、'.join(known)}", f"there are: {', '.join(known)}"),
    )


def outfall_list(name: OutfallList, day: dt.date) -> Mapping[str, Text]:
    """The steps of the work (查、测、溯、治、管), the three measures, or what a regular outfall, its signboard or its
    sheet (一口一策) has, in order by code; signboard and sheet are unverified.
    """
    return _list(name, day)


def outfall_gaps(name: OutfallList, there: Collection[str], day: dt.date) -> Mapping[str, Text]:
    """What an outfall lacks of a list."""
    return {code: title for code, title in _list(name, day).items() if code not in there}


def outfall_code_fits(code: str, day: dt.date) -> bool | None:
    """Whether a code is written by the pattern in force (HJ 1235-2021; unverified); None before there was one."""
    pattern = catalogue().get(f"{PREFIX}.code_pattern")
    if day < pattern.values[0].from_:
        return None
    return re.fullmatch(pattern.at(day).value, code.strip()) is not None
