"""Who must report (填报责任): the units of the measures, by their roles, groups taken apart into their members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lantu.office.cases.handling import read_handling

if TYPE_CHECKING:
    from lantu.plan.declared import Role
    from lantu.plan.packs import Pack


@dataclass(frozen=True, slots=True)
class Duty:
    """A unit that must report on a measure, and in which role. `unnamed` wordings (several bodies) have no duty."""

    measure: str
    unit: str
    role: Role
    area: str


def must_report(pack: Pack) -> list[Duty]:
    """Every duty to report each month, by measure; a unit with two roles in a measure has the first of them.

    Wordings that name no body (有关部门, the open end of a list) oblige nobody; `unnamed` lists them.
    """
    roles = read_handling(pack).reports.roles
    found: dict[tuple[str, str], Duty] = {}
    for measure in pack.measures.values():
        for role in roles:
            for written in getattr(measure, role):
                for unit in members(pack, written):
                    found.setdefault((measure.id, unit), Duty(measure.id, unit, role, area_of(pack, unit)))
    return list(found.values())


def unnamed(pack: Pack) -> list[tuple[str, str]]:
    """(measure, wording) of all that stands among the units of a measure and names no body."""
    roles = read_handling(pack).reports.roles
    return [
        (measure.id, written)
        for measure in pack.measures.values()
        for role in roles
        for written in getattr(measure, role)
        if not members(pack, written)
    ]


def members(pack: Pack, written: str) -> list[str]:
    """The bodies that a unit of a measure stands for; none where the plan does not name them."""
    kind = pack.units.kind_of(written)
    if kind == "group":
        return pack.units.members(written) or []
    return [] if kind in (None, "open_list", "collective") else [written]


def area_of(pack: Pack, unit: str) -> str:
    """The area of which a unit speaks: its district, or the city."""
    body = pack.units.body(unit)
    return body.area if body is not None and body.area is not None else pack.head.area


def duties_of(pack: Pack, unit: str) -> list[Duty]:
    """What one unit must report on."""
    return [duty for duty in must_report(pack) if duty.unit == unit]
