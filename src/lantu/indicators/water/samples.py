"""Samples of water brought to monthly means (月均值) of each station and item."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators import cache
from lantu.indicators.family import Family, Sources, Target, Trace, no_statistics
from lantu.indicators.points.register import query

Means = dict[str, dict[dt.date, dict[str, Decimal]]]
"""Station to first day of a month to item to value."""


def monthly_means(sources: Sources, dataset: str, items: Sequence[str], period: Period, version: int | None) -> Means:
    """The mean of each month's samples, by station and item; a month with one sample has its value.

    A value below its detection limit was stored as half the limit. The latest are kept while the process runs, and
    those of each month while its files stay.
    """
    files = sources.lake.files(dataset, period.start, period.end, version)
    key = (tuple(files), tuple(items), period, sources.left_out)
    if key not in _recent:
        found: Means = {}
        family = Family("monthly_means", no_statistics, datasets=(dataset,))
        name = ",".join(items)

        def of_month(part: Period) -> dict[str, dict[str, str]]:
            read = _read(sources, dataset, items, part, version)
            return {station: {item: str(each) for item, each in values.items()} for station, values in read.items()}

        for part, kept in cache.by_month(sources, family, {dataset: version}, name, period, of_month).items():
            for station, values in kept.items():
                of_station = {item: Decimal(value) for item, value in values.items()}
                found.setdefault(station, {})[part.start.replace(day=1)] = of_station
        _recent[key] = found
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)
    return _recent[key]


_recent: OrderedDict[Any, Means] = OrderedDict()
_KEPT = 4


def _read(
    sources: Sources, dataset: str, items: Sequence[str], month: Period, version: int | None
) -> dict[str, dict[str, Decimal]]:
    """The means of one month: station to item to value."""
    columns = ", ".join(f"avg({item})" for item in items)
    rows = query(sources, dataset, month, version, f"select station, {columns} from {{rows}} group by all")
    found: dict[str, dict[str, Decimal]] = {}
    for station, *values in rows:
        known = {
            item: round(as_decimal(value), 9) for item, value in zip(items, values, strict=True) if value is not None
        }
        if known:
            found[station] = known
    return found


def mean_of_months(months: Mapping[dt.date, Mapping[str, Decimal]]) -> dict[str, Decimal | None]:
    """The arithmetic mean of the months that have an item."""
    found: dict[str, list[Decimal]] = {}
    for values in months.values():
        for item, value in values.items():
            found.setdefault(item, []).append(value)
    return {item: sum(values, Decimal(0)) / len(values) for item, values in found.items()}


def station_trace(
    sources: Sources, dataset: str, stations: Sequence[str], target: Target, period: Period, what: Text
) -> Trace:
    """The stations and their samples in a period."""
    first = dt.datetime.combine(period.start, dt.time())
    last = dt.datetime.combine(period.end + dt.timedelta(days=1), dt.time())
    table = sources.lake.rows(dataset, list(stations), first, last) if stations else None
    header = [] if table is None else table.column_names
    kept = [name for name in header if table.column(name).null_count < table.num_rows] if table is not None else []

    def lines() -> Iterator[Sequence[Any]]:
        for record in table.to_pylist() if table is not None else []:
            yield [record[name] for name in kept]

    shown = "、".join(stations[:20]) + ("…" if len(stations) > 20 else "")
    return Trace(((what, Text(f"{len(stations)}：{shown}", f"{len(stations)}: {shown}")),), tuple(kept), lines())
