"""Which monitoring points (监测点位) lie in an area: the ledger `monitoring_points`, by kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lantu.base import Period, Text
from lantu.indicators.exclusions import as_sql
from lantu.indicators.family import Family, Sources, Target, Trace, Versions
from lantu.indicators.registers.family import entries_by_area
from lantu.ledgers import Entry

LEDGER = "monitoring_points"


def points_of(sources: Sources, kind: str, period: Period) -> dict[str, list[str]]:
    """The stations of one kind by area: those in use at the period's end."""

    def of_kind(row: Entry) -> bool:
        return row.state == "in_use" and row.values.get("kind") == kind

    found = entries_by_area(sources, LEDGER, period, of_kind)
    return {area: [row.key for row in rows] for area, rows in found.items()}


def span(period: Period, hourly: bool = False) -> tuple[dt.datetime, dt.datetime]:
    """The first and last moment of a period; of hourly rows, which bear their end, the hour 0 after it too."""
    first = dt.datetime.combine(period.start, dt.time())
    last = dt.datetime.combine(period.end + dt.timedelta(days=1), dt.time())
    return (first + dt.timedelta(microseconds=1), last + dt.timedelta(microseconds=1)) if hourly else (first, last)


def query(
    sources: Sources,
    dataset: str,
    period: Period,
    version: int | None,
    sql: str,
    *values: Any,
    tables: Mapping[str, Any] | None = None,
    named: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Run SQL over a dataset's files of a period; `{rows}` stands for those of the period that stay.

    `values` are the placeholders $a, $b ..., `named` those with names; `tables` are Arrow tables to join by name.
    """
    import duckdb

    from lantu.lake import get_dataset
    from lantu.lake.engine import with_literals

    files = sources.lake.files(dataset, period.start, period.end, version)
    if not files:
        return []
    first, last = span(period, get_dataset(dataset).cadence == "hour")
    staying, out = as_sql(dataset, sources.left_out)
    rows = (
        "(select * from read_parquet($files, union_by_name = true) "
        f"where time >= $first and time < $last and {staying})"
    )
    bound = {"files": files, "first": first, "last": last, **out, **dict(zip("abc", values, strict=False))}
    connection = duckdb.connect() if tables else duckdb.cursor()
    for name, table in (tables or {}).items():
        connection.register(name, table)
    return connection.execute(with_literals(sql.replace("{rows}", rows), {**bound, **(named or {})})).fetchall()


def point_family(
    name: str,
    dataset: str,
    kind: str,
    by_station: Callable[[Sources, Period, int | None], Mapping[str, Any]],
    combine: Callable[[list[Any], int, Period], Any],
) -> Family:
    """A family of one dataset whose stations are points of one kind.

    Args:
        name: the family.
        dataset: what is measured.
        kind: which points.
        by_station: statistics of every station in a period.
        combine: from the stations of an area (those that have any, and how many there are) to the area's statistics.
    """

    def statistics(sources: Sources, targets: Sequence[Target], period: Period, versions: Versions) -> dict[str, Any]:
        stations = by_station(sources, period, versions[dataset]) if versions[dataset] is not None else {}
        points = points_of(sources, kind, period)
        found = {}
        for target in targets:
            own = points.get(target.code, [])
            found[target.code] = combine([stations[each] for each in own if each in stations], len(own), period)
        return found

    def trace(sources: Sources, target: Target, period: Period, versions: Versions) -> Trace:
        own = points_of(sources, kind, period).get(target.code, [])
        first, last = span(period)
        header: list[str] = ["station", "time"]
        table = sources.lake.rows(dataset, own, first, last) if own else None
        if table is not None:
            header = table.column_names

        def lines() -> Iterator[Sequence[Any]]:
            for record in table.to_pylist() if table is not None else []:
                yield [record[name] for name in header]

        shown = "、".join(own[:20]) + ("…" if len(own) > 20 else "")
        facts = (Text("点位", "points"), Text(f"{len(own)}：{shown}", f"{len(own)}: {shown}"))
        return Trace((facts,), tuple(header), lines())

    return Family(name, statistics, datasets=(dataset,), ledgers=(LEDGER,), trace=trace)


NO_POINT = Text("没有监测点位", "no monitoring point")
NO_DATA = Text("无数据", "no data")
