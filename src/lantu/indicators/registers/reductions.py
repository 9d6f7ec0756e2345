"""Emission reductions (总量减排): what accepted projects of the year take away, less what offsets new projects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from lantu.base import Period, Text, as_decimal
from lantu.indicators.registers.family import register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry

LEDGER = "emission_reduction_projects"


@dataclass(slots=True)
class Reductions:
    """Tonnes by pollutant, and how many projects."""

    tonnes: dict[str, Decimal] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)


def _reductions(rows: list[Entry], entries: Entries, period: Period) -> Reductions:
    found = Reductions()
    states = entries.ledger.states_of("accepted")
    for row in rows:
        day = row.values.get("completed_on")
        if row.state not in states or day is None or day not in period:
            continue
        pollutant = row.values["pollutant"]
        net = as_decimal(row.values["reduction"]) - as_decimal(row.values.get("offset") or 0)
        found.tonnes[pollutant] = found.tonnes.get(pollutant, Decimal(0)) + net
        found.projects[pollutant] = found.projects.get(pollutant, 0) + 1
    return found


REDUCTIONS = register_family("emission_reductions", LEDGER, _reductions)


def _of(pollutant: str) -> Callable[[Reductions | None], Figure]:
    def function(found: Reductions | None) -> Figure:
        if found is None:
            return Figure(None, 0, 0, False, Text("没有减排项目条目", "no project is entered"))
        count = found.projects.get(pollutant, 0)
        return Figure(found.tonnes.get(pollutant, Decimal(0)), count, count, True)

    return function


for _name, _pollutant, _title in (
    ("voc_emission_reduction", "voc", Text("VOCs减排量", "reduction of VOC emission")),
    ("nox_emission_reduction", "nox", Text("氮氧化物减排量", "reduction of NOx emission")),
    ("chemical_oxygen_demand_reduction", "cod", Text("化学需氧量减排量", "reduction of chemical oxygen demand")),
    ("ammonia_nitrogen_reduction", "nh3n", Text("氨氮减排量", "reduction of ammonia nitrogen")),
):
    indicator(
        name=_name,
        title=_title,
        unit="吨",
        statistic="total",
        quantity=1,
        reference="accounting of key-project reductions in the 14th five-year plan (secondary sources)",
        family=REDUCTIONS,
        levels=AREA_LEVELS,
        definition=(
            "sum over accepted projects that were completed in the period: reduction - what is used as an offset for "
            "new projects"
        ),
    )(_of(_pollutant))
