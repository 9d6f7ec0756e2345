"""Freight (货运结构): the share of bulk goods and of aggregates that goes by rail or new-energy trucks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from lantu.base import Period, Text, as_decimal
from lantu.indicators.registers.family import register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry


@dataclass(slots=True)
class Volumes:
    """Tonnes by kind of goods: in all, and the part that counts; months with data."""

    total: dict[str, Decimal] = field(default_factory=dict)
    rail: dict[str, Decimal] = field(default_factory=dict)
    new_energy: dict[str, Decimal] = field(default_factory=dict)
    months: dict[str, set[int]] = field(default_factory=dict)
    expected: int = 12


def _volumes(rows: list[Entry], _entries: Entries, period: Period) -> Volumes:
    found = Volumes(expected=len(period.months()))
    for row in rows:
        values = row.values
        if values["month_of"] not in period:
            continue
        goods = values["goods"]
        for name, into in (("total", found.total), ("by_rail", found.rail), ("by_new_energy", found.new_energy)):
            into[goods] = into.get(goods, Decimal(0)) + as_decimal(values.get(name) or 0)
        found.months.setdefault(goods, set()).add(values["month_of"].month)
    return found


FREIGHT = register_family("freight_volumes", "freight_volumes", _volumes)


def _share(goods: str, with_new_energy: bool) -> Callable[[Volumes | None], Figure]:
    def function(found: Volumes | None) -> Figure:
        if found is None or not found.total.get(goods):
            expected = 12 if found is None else found.expected
            return Figure(None, 0, expected, False, Text("没有运量数据", "no volumes are entered"))
        part = found.rail[goods] + (found.new_energy[goods] if with_new_energy else 0)
        months = len(found.months[goods])
        complete = months == found.expected
        reason = None if complete else Text(f"只有 {months} 个月的数据", f"only {months} months of data")
        return Figure(part / found.total[goods] * 100, months, found.expected, complete, reason)

    return function


for _name, _goods, _green, _title in (
    ("bulk_goods_rail_share", "bulk", False, Text("大宗货物铁路运输比例", "share of bulk goods by rail")),
    (
        "aggregate_green_share",
        "aggregate",
        True,
        Text("砂石骨料铁路和新能源运输比例", "share of aggregates by rail or new-energy trucks"),
    ),
):
    indicator(
        name=_name,
        title=_title,
        unit="%",
        statistic="share",
        quantity=1,
        reference="the plan's words: more by rail, or by rail and new-energy vehicles",
        family=FREIGHT,
        levels=AREA_LEVELS,
        definition="tonnes by rail"
        + (" and by new-energy trucks" if _green else "")
        + " / all tonnes of the months * 100 %",
    )(_share(_goods, _green))
