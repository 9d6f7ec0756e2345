"""Duties (责任): which unit owes what by the plan, and which ledgers a duty touches."""

from __future__ import annotations

from collections import defaultdict
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
    """A unit's part in a measure: the strongest role first."""

    measure: str
    role: RoleName
    through: str
    """The printed name that names it: its own, or a group's."""


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
        units = self._pack.units
        found: dict[str, dict[str, Duty]] = defaultdict(dict)
        for measure in self._pack.measures.values():
            for role in ROLES:
                for name in getattr(measure, role):
                    members = units.members(name) if units.kind_of(name) in ("group", "open_list") else None
                    for unit in members if members is not None else [name.partition("(")[0]]:
                        found[unit].setdefault(measure.id, Duty(measure.id, role, name))
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
