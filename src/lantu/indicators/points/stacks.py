"""Stacks (固定污染源排口): exceeding hours, capture of data, tonnes, by hourly monitoring and permits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.family import Family, Sources, Target, Trace, Versions
from lantu.indicators.points.register import NO_DATA, query, span
from lantu.indicators.registers.family import entries_by_area
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entry
from lantu.standards import Verified, catalogue
from lantu.standards.emissions import reference_oxygen

DATASET, LEDGER = "cems_hourly", "stacks"
POLLUTANTS = ("nox", "so2", "particulate", "nmhc")
NO_STACK = Text("没有在线监测排口", "no stack with monitoring")
MARKED = "emissions.marked_states"
MINUTES = "emissions.monitoring.valid_minutes"


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stacks of an area: hours that ran, that are valid, that exceed; tonnes by pollutant; what was unverified."""

    stacks: int = 0
    with_data: int = 0
    ran: int = 0
    valid: int = 0
    judged: int = 0
    exceeding: int = 0
    tonnes: Mapping[str, Decimal] | None = None
    unverified: tuple[str, ...] = ()


def _in_use(sources: Sources, period: Period) -> dict[str, list[Entry]]:
    """The stacks in use by area."""
    return entries_by_area(sources, LEDGER, period, lambda row: row.state == "in_use")


def _oxygen(row: Any, period: Period) -> tuple[Decimal | None, tuple[str, ...]]:
    """A stack's reference oxygen and the unverified parameter that gave it."""
    own = row.values.get("reference_oxygen")
    if own is not None:
        return own, ()
    source = row.values["source"]
    if source == "process":
        return None, ()
    name = f"emissions.reference_oxygen.{source}"
    doubtful = catalogue().get(name).at(period.end).verified is Verified.UNVERIFIED
    return reference_oxygen(source, period.end), (name,) if doubtful else ()


_SQL = """
with hours as (
    select s.station, coalesce(r.status, 1) as status, coalesce(r.minutes_valid, 60) >= $a as enough,
           case when s.oxygen is null then 1
                when r.oxygen >= 0 and r.oxygen < 21 then (21 - s.oxygen) / (21 - r.oxygen) end as factor,
           {columns}
    from {rows} r join stacks s using (station))
select station,
       count(*) filter (status = 1),
       count(*) filter (status = 1 and enough and ({any_value})),
       {sums}
from hours group by station
"""


def _by_station(sources: Sources, rows: Sequence[Any], period: Period, version: int | None) -> dict[str, list[Any]]:
    """For each stack: hours that ran, that have data; for each pollutant judged and exceeding hours, kilograms."""
    import pyarrow as pa

    def floats(name: str) -> Any:
        return pa.array(
            [None if row.values.get(name) is None else float(row.values[name]) for row in rows], pa.float64()
        )

    oxygen = [_oxygen(row, period)[0] for row in rows]
    stacks = pa.table(
        {
            "station": [row.key for row in rows],
            "oxygen": pa.array([None if each is None else float(each) for each in oxygen], pa.float64()),
            **{f"{name}_limit": floats(f"{name}_limit") for name in POLLUTANTS},
        }
    )
    marked = ", ".join(str(int(state)) for state in catalogue().get(MARKED).values[-1].value)
    sums = []
    for name in POLLUTANTS:
        judged = f"status not in ({marked}) and enough and {name} is not null and factor is not null"
        judged += f" and {name}_limit is not null"
        sums += [
            f"count(*) filter ({judged})",
            f"count(*) filter ({judged} and round({name} * factor, 6) > {name}_limit)",
            f"coalesce(sum({name} * flow) filter (status = 1), 0) / 1e6",
        ]
    columns = ", ".join(["r.flow", *(f"r.{name}, s.{name}_limit" for name in POLLUTANTS)])
    sql = _SQL.replace("{columns}", columns).replace("{sums}", ", ".join(sums))
    sql = sql.replace("{any_value}", " or ".join(f"{name} is not null" for name in POLLUTANTS))
    minutes = int(catalogue().get(MINUTES).at(period.end).number)
    found = query(sources, DATASET, period, version, sql, minutes, tables={"stacks": stacks})
    return {station: values for station, *values in found}


def _statistics(sources: Sources, targets: Sequence[Target], period: Period, versions: Versions) -> dict[str, Stacks]:
    by_area = _in_use(sources, period)
    every = {row.key: row for rows in by_area.values() for row in rows}
    has_data = versions[DATASET] is not None and every
    stations = _by_station(sources, list(every.values()), period, versions[DATASET]) if has_data else {}
    found = {}
    for target in targets:
        own = by_area.get(target.code, [])
        measured = [stations[row.key] for row in own if row.key in stations]
        unverified: dict[str, None] = {MARKED: None}
        for row in own:
            unverified.update(dict.fromkeys(_oxygen(row, period)[1]))
        found[target.code] = Stacks(
            len(own),
            len(measured),
            sum(each[0] for each in measured),
            sum(each[1] for each in measured),
            sum(sum(each[2::3]) for each in measured),
            sum(sum(each[3::3]) for each in measured),
            {
                name: sum((as_decimal(each[4 + 3 * index]) for each in measured), Decimal(0)) / 1000
                for index, name in enumerate(POLLUTANTS)
            },
            tuple(unverified),
        )
    return found


def _trace(sources: Sources, target: Target, period: Period, _versions: Versions) -> Trace:
    own = [row.key for row in _in_use(sources, period).get(target.code, [])]
    first, last = span(period)
    table = sources.lake.rows(DATASET, own, first, last) if own else None
    header = [] if table is None else table.column_names

    def lines() -> Iterator[Sequence[Any]]:
        for record in table.to_pylist() if table is not None else []:
            yield [record[name] for name in header]

    shown = "、".join(own[:20]) + ("…" if len(own) > 20 else "")
    return Trace(
        ((Text("排口", "stacks"), Text(f"{len(own)}：{shown}", f"{len(own)}: {shown}")),), tuple(header), lines()
    )


STACKS = Family("stacks", _statistics, datasets=(DATASET,), ledgers=(LEDGER,), trace=_trace)


def _none(found: Stacks) -> Figure | None:
    if not found.stacks:
        return Figure(None, 0, 0, False, NO_STACK)
    return Figure(None, 0, found.stacks, False, NO_DATA) if not found.with_data else None


def _complete(found: Stacks) -> Text | None:
    if found.with_data == found.stacks:
        return None
    return Text(
        f"{found.stacks} 个排口中 {found.with_data} 个有数据", f"{found.with_data} of {found.stacks} stacks have data"
    )


@indicator(
    name="stack_exceeding_hours_share",
    title=Text("在线监测超标小时比例", "exceeding hours of stacks"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="HJ 75-2017 (valid hour: secondary; marking rules: unverified); limits of the permit",
    family=STACKS,
    levels=AREA_LEVELS,
)
def stack_exceeding_hours_share(found: Stacks) -> Figure:
    """hours of a pollutant above its limit at the reference oxygen / valid hours with a limit * 100 %

    A valid hour has 45 minutes of data; hours of stop, start, fault and maintenance are left out. Equal to the limit is
    no exceedance. Oxygen of 21 % and more cannot be converted and is not judged.
    """
    nothing = _none(found)
    if nothing is not None:
        return nothing
    if not found.judged:
        return Figure(None, 0, found.stacks, False, NO_DATA)
    share = Decimal(found.exceeding * 100) / found.judged
    reason = _complete(found)
    return Figure(share, found.with_data, found.stacks, reason is None, reason, found.unverified)


@indicator(
    name="stack_capture_rate",
    title=Text("在线监测有效捕集率", "valid capture rate of stacks"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="HJ 75-2017 (secondary)",
    family=STACKS,
    levels=AREA_LEVELS,
)
def stack_capture_rate(found: Stacks) -> Figure:
    """hours with 45 minutes of data / hours in which the source ran * 100 %

    Hours for which nothing at all arrived are not known to have run; they show as missing stacks or rows.
    """
    nothing = _none(found)
    if nothing is not None:
        return nothing
    if not found.ran:
        return Figure(None, 0, found.stacks, False, Text("期内未运行", "no stack ran in the period"))
    reason = _complete(found)
    return Figure(Decimal(found.valid * 100) / found.ran, found.with_data, found.stacks, reason is None, reason)


def _tonnes(pollutant: str) -> Callable[[Stacks], Figure]:
    def function(found: Stacks) -> Figure:
        nothing = _none(found)
        if nothing is not None:
            return nothing
        assert found.tonnes is not None
        reason = _complete(found)
        return Figure(found.tonnes[pollutant], found.with_data, found.stacks, reason is None, reason)

    return function


for _name, _title in (
    ("nox", Text("在线监测NOx排放量", "NOx from monitored stacks")),
    ("nmhc", Text("在线监测非甲烷总烃排放量", "NMHC from monitored stacks")),
):
    indicator(
        name=f"stack_{_name}_emission",
        title=_title,
        unit="吨",
        statistic="total",
        quantity=1,
        reference="HJ 75-2017: measured concentration times dry flow (secondary)",
        family=STACKS,
        levels=AREA_LEVELS,
        definition="sum over running hours of measured concentration (mg/m³) * dry flow (m³/h) / 10⁹; hours without "
        "either add nothing",
    )(_tonnes(_name))
