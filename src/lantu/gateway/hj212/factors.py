"""Codes of factors (因子编码): what HJ 212-2017 lists, those of 2005, and names that makers use instead."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from importlib import resources

_NOT_LISTED = {"a05024": "臭氧"}
"""In general use, but not in the list of 2017."""
_MAKERS_NAMES = {
    "PM10": "a34002",
    "PM25": "a34004",
    "PM2.5": "a34004",
    "TSP": "a34001",
    "O3": "a05024",
    "TEM": "a01001",
    "RH": "a01002",
}
"""Names that say clearly which factor is meant. Others stay as they were sent."""
_WATER_SYSTEMS = {"21", "24", "26", "32", "33", "34", "52"}
_WELL_FORMED = re.compile(r"[a-z]\d{5}")


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of the list: its code, that of 2005 ("" if none), Chinese name, and the unit as the list prints it."""

    code: str
    code_2005: str
    name: str
    unit: str


@functools.cache
def factors() -> dict[str, Factor]:
    """The list of factors by code."""
    text = resources.files("lantu.gateway.hj212").joinpath("factors.csv").read_text("utf-8")
    listed = {row["code"]: Factor(**row) for row in csv.DictReader(text.splitlines())}
    return listed | {code: Factor(code, "", name, "") for code, name in _NOT_LISTED.items()}


@functools.cache
def _of_2005() -> dict[str, str]:
    return {factor.code_2005: factor.code for factor in factors().values() if factor.code_2005}


def resolve_factor(name: str, system: str, edition: str) -> tuple[str, str]:
    """The code that a name in a frame means, and what is odd about the name ("" if nothing).

    A name of which nobody knows the meaning stays as it was sent.
    """
    if name in factors():
        return name, ""
    if name in _of_2005():
        return _of_2005()[name], "" if edition == "2005" else "code_2005"
    if name.lower() in factors():
        return name.lower(), "code_case"
    if len(name) == 5 and name.isdigit():
        code = ("w" if system in _WATER_SYSTEMS else "a") + name
        if code in factors():
            return code, "code_without_letter"
    if name.upper() in _MAKERS_NAMES:
        return _MAKERS_NAMES[name.upper()], "code_of_maker"
    return name, "" if _WELL_FORMED.fullmatch(name) and name[0] in "egidp" else "code_unknown"
