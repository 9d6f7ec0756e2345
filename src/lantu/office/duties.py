"""Duties (责任): which unit owes what by the plan, which ledgers a duty touches, and who must report each month.

A body that a plan names with another in brackets, as in 市经济和信息化局(市新能源汽车联席会议办公室), owes it itself:
the brackets say in which capacity. Groups are taken apart into their members; wordings that name no body oblige nobody.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from lantu.base import Text

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

RoleName = Literal["lead", "responsible", "assisting"]
ROLES: dict[RoleName, Text] = {
    "lead": Text("牵头", "lead"),
    "responsible": Text("主责", "responsible"),
    "assisting": Text("协办", "assisting"),
}


@dataclass(frozen=True, slots=True)
class Duty:
    """A unit's part in a measure, by the first of its roles.

    `area` is the one of which the unit speaks: its district, or the city. `through` is the printed name that names it:
    its own, with or without brackets, or a group's.
    """

    measure: str
    unit: str
    role: RoleName
    area: str
    through: str


def bodies_of(pack: Pack, written: str) -> list[str]:
    """The bodies that a unit of a measure stands for; none where the plan does not name them (市有关部门)."""
    kind = pack.units.kind_of(written)
    if kind == "group":
        return pack.units.members(written) or []
    if kind in (None, "open_list", "collective"):
        return []
    return [written if pack.units.body(written) is not None else written.partition("(")[0]]


def area_of(pack: Pack, unit: str) -> str:
    """The area of which a unit speaks: its district, or the city."""
    body = pack.units.body(unit)
    return body.area if body is not None and body.area is not None else pack.head.area


def duties_in(pack: Pack, roles: Iterable[RoleName] = ROLES) -> list[Duty]:
    """Every duty in some roles, by measure; a unit with two of the roles in a measure has the first of them."""
    key = (id(pack), tuple(roles))
    if key not in _kept:
        # a pack does not change; it takes its duties with it
        weakref.finalize(pack, _kept.pop, key, None)
        _kept[key] = _duties(pack, key[1])
    return list(_kept[key])


_kept: dict[tuple[int, tuple[RoleName, ...]], list[Duty]] = {}


def _duties(pack: Pack, wanted: tuple[RoleName, ...]) -> list[Duty]:
    found: dict[tuple[str, str], Duty] = {}
    for measure in pack.measures.values():
        for role in wanted:
            for written in getattr(measure, role):
                for unit in bodies_of(pack, written):
                    duty = Duty(measure.id, unit, role, area_of(pack, unit), written)
                    found.setdefault((measure.id, unit), duty)
    return list(found.values())


def must_report(pack: Pack) -> list[Duty]:
    """Every duty to report each month; in which roles one reports is declared in `case_handling.yaml` of the pack."""
    return duties_in(pack, _reporting(pack))


def duties_of(pack: Pack, unit: str) -> list[Duty]:
    """What one unit must report on."""
    return [duty for duty in must_report(pack) if duty.unit == unit]


def unnamed(pack: Pack) -> list[tuple[str, str]]:
    """(measure, wording) of all that stands among the units who would report on a measure and names no body."""
    return [
        (measure.id, written)
        for measure in pack.measures.values()
        for role in _reporting(pack)
        for written in getattr(measure, role)
        if not bodies_of(pack, written)
    ]


def _reporting(pack: Pack) -> Iterable[RoleName]:
    from lantu.office.cases.handling import read_handling

    return read_handling(pack).reports.roles


def ledgers_of(rule: Any) -> frozenset[str]:
    """The ledgers whose entries decide a commitment, or a rule inside one."""
    found = {"cases"} if rule.kind in ("closure", "absence") else set()
    if rule.kind == "deliverable":
        found.add("documents")
    if rule.kind == "each":
        found |= ledgers_of(rule.inner)
    for part in (rule, getattr(rule, "watch", None)):
        ledger = getattr(part, "ledger", None)
        if ledger is not None:
            found.add(ledger)
    return frozenset(found)


class Duties:
    """The duty graph of a pack: unit to measures, measures to ledgers."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    @cached_property
    def _by_unit(self) -> dict[str, dict[str, Duty]]:
        found: dict[str, dict[str, Duty]] = defaultdict(dict)
        for duty in duties_in(self._pack):
            found[duty.unit][duty.measure] = duty
        return found

    def units(self) -> list[str]:
        """Every public body that has a duty, in the order of the plan."""
        return list(self._by_unit)

    def of(self, unit: str) -> list[Duty]:
        """The duties of a unit, in the order of the plan."""
        own = self._by_unit.get(unit, {})
        return [own[measure] for measure in self._pack.measures if measure in own]

    def unit_of_area(self, area: str) -> str | None:
        """The government of a district or development area; None for others."""
        return self._governments.get(area)

    @cached_property
    def _governments(self) -> dict[str, str]:
        units = self._pack.units
        bodies = [units.body(name) for name in units.names()]
        return {body.area: body.name for body in bodies if body is not None and body.area}

    @cached_property
    def _ledgers_by_measure(self) -> dict[str, frozenset[str]]:
        return {
            measure.id: frozenset(name for c in measure.commitments for name in ledgers_of(c))
            for measure in self._pack.measures.values()
        }

    def ledgers_of_measure(self, measure: str) -> frozenset[str]:
        return self._ledgers_by_measure[measure]

    def measures_of_ledger(self, ledger: str) -> list[str]:
        """The measures that entries of a ledger decide."""
        return [measure for measure, ledgers in self._ledgers_by_measure.items() if ledger in ledgers]

    def ledgers(self, unit: str) -> frozenset[str]:
        """The ledgers that a unit keeps, or whose entries decide a measure in which it has a part."""
        kept = {name for name, ledger in self._pack.ledgers.items() if unit in ledger.keeper}
        return frozenset(kept.union(*(self._ledgers_by_measure[duty.measure] for duty in self.of(unit))))
