"""The arriving rows become one row for each station and hour, and those go together with what is stored already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lantu.lake.report import Finding, ImportReport

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.readers import Batch
    from lantu.lake.store import Store


def arrow_schema(dataset: Dataset) -> Any:
    """The columns of a stored dataset."""
    import pyarrow as pa

    return pa.schema(
        [
            ("station", pa.string()),
            ("time", pa.timestamp("us")),
            *((name, pa.float64()) for name in dataset.value_names),
            ("source", pa.string()),
            ("simulated", pa.bool_()),
            ("month", pa.string()),
        ]
    )


def stage(engine: Any, dataset: Dataset, batches: Sequence[Batch]) -> None:
    """Make the relation `fresh` in `engine`: one row for each station and hour, without the cells in conflict."""
    engine.register("staged", _staged(dataset, batches))
    names = dataset.value_names
    any_value = " or ".join(f"{name} is not null" for name in names)
    merged = ", ".join(f"case when min({name}) = max({name}) then max({name}) end as {name}" for name in names)
    clash = " or ".join(f"coalesce(min({name}) <> max({name}), false)" for name in names)
    overlap = " or ".join(f"count({name}) > 1" for name in names)
    left = " or ".join(f"coalesce(min({name}) = max({name}), false)" for name in names)
    engine.execute(
        f"""create temp table fresh as
        select * exclude (whole) from (
            select station, time, {merged}, string_agg(distinct source, ' + ' order by source) as source,
                   {clash} as clash, {overlap} as overlap, {left} as whole
            from staged where {any_value} group by station, time)
        where whole"""
    )


def _staged(dataset: Dataset, batches: Sequence[Batch]) -> Any:
    import numpy as np
    import pyarrow as pa

    def column(name: str) -> Any:
        parts = [
            batch.values[name] if name in batch.values else np.full(len(batch.stations), np.nan) for batch in batches
        ]
        return pa.array(np.concatenate(parts), from_pandas=True)  # nan becomes null

    counts = [len(batch.stations) for batch in batches]
    sources = pa.DictionaryArray.from_arrays(
        np.repeat(np.arange(len(batches), dtype=np.int32), counts), [batch.source for batch in batches]
    )
    lines = [np.max([*batch.lines.values()], axis=0) for batch in batches]
    return pa.table(
        {
            "station": pa.array(np.concatenate([batch.stations for batch in batches]), pa.string()),
            "time": pa.array(np.concatenate([batch.times for batch in batches]), pa.timestamp("us")),
            **{name: column(name) for name in dataset.value_names},
            "source": sources,
            "line": pa.array(np.concatenate(lines), pa.int32()),
        }
    )


def conflicts(engine: Any, names: Sequence[str]) -> list[Finding]:
    """Every value of a cell that came with different values: none is taken, all are kept aside."""
    findings = []
    for name in names:
        rows = engine.execute(
            f"""select source, line, {name}, station, time from staged
            semi join (select station, time from staged group by station, time having min({name}) <> max({name})) as c
            using (station, time) where {name} is not null order by station, time, source, line"""
        ).fetchall()
        for source, line, value, station, time in rows:
            moment = time.isoformat(timespec="minutes")
            findings.append(Finding("conflict", source, line or None, name, f"{value:.15g}", station, moment))
    return findings


def months_of(engine: Any) -> list[str]:
    """The months that the fresh rows touch."""
    query = "select distinct strftime(time - interval 1 hour, '%Y-%m') from fresh order by 1"
    return [row[0] for row in engine.execute(query).fetchall()]


def merge_with_stored(
    engine: Any, dataset: Dataset, store: Store, months: list[str], report: ImportReport, simulated: bool
) -> Any:
    """All rows of the touched months: a new value fills or corrects a stored one, a missing one leaves it."""
    names = dataset.value_names
    files = store.files(months)
    if files:
        engine.execute(
            "create temp table old as select * exclude (month) from read_parquet(?, hive_partitioning = true)", [files]
        )
    else:
        columns = ", ".join(f"{name} double" for name in names)
        engine.execute(
            f"create temp table old (station varchar, time timestamp, {columns}, source varchar, simulated boolean)"
        )
    changed = " or ".join(f"(f.{name} is not null and f.{name} is distinct from o.{name})" for name in names)
    values = ", ".join(f"coalesce(f.{name}, o.{name}) as {name}" for name in names)
    engine.execute(
        f"""create temp table merged as
        select coalesce(f.station, o.station) as station, coalesce(f.time, o.time) as time, {values},
               case when o.station is null then f.source when f.station is not null and ({changed})
                    then o.source || ' + ' || f.source else o.source end as source,
               coalesce(o.simulated, {str(simulated).lower()}) as simulated,
               case when f.station is null then 'kept' when o.station is null then 'new'
                    when {changed} then 'changed' else 'unchanged' end as change
        from fresh f full join old o on f.station = o.station and f.time = o.time"""
    )
    counts = dict(engine.execute("select change, count(*) from merged group by change").fetchall())
    report.rows_new = counts.get("new", 0)
    report.rows_changed = counts.get("changed", 0)
    report.rows_unchanged = counts.get("unchanged", 0)
    table = engine.execute(
        "select * exclude (change), strftime(time - interval 1 hour, '%Y-%m') as month "
        "from merged order by station, time"
    ).to_arrow_table()
    return table.cast(arrow_schema(dataset))


def one(engine: Any, query: str) -> int:
    """The single number that a query gives."""
    return int(engine.execute(query).fetchone()[0])
