"""The arriving rows become one row for each station and time, and those go together with what is stored already.

A value takes with it whether it was below its detection limit: `below` lists the items of a row whose value stands for
"below the limit", joined by `|`, and follows each value through every merge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lantu.lake.cadence import month_sql
from lantu.lake.report import Finding, ImportReport

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.readers import Batch

BELOW_SEPARATOR = "|"


def arrow_schema(dataset: Dataset) -> Any:
    """The columns of a stored dataset."""
    import pyarrow as pa

    return pa.schema(
        [
            ("station", pa.string()),
            ("time", pa.timestamp("us")),
            *((name, pa.float64()) for name in dataset.value_names),
            *((name, pa.string()) for name in _text_names(dataset)),
            ("source", pa.string()),
            ("simulated", pa.bool_()),
            ("month", pa.string()),
        ]
    )


def _text_names(dataset: Dataset) -> list[str]:
    return [*dataset.text_names, *(["below"] if dataset.detection_limits else [])]


def stage(engine: Any, dataset: Dataset, batches: Sequence[Batch]) -> None:
    """Make the relation `fresh` in `engine`: one row for each station and time, without the cells in conflict."""
    marked = _marked(dataset, batches)
    engine.register("staged", _staged(dataset, batches, marked))
    names, all_names = _quoted(dataset.value_names), _quoted([*dataset.value_names, *dataset.text_names])
    any_value = " or ".join(f"{name} is not null" for name in names)
    twice = f"select 1 from staged where {any_value} group by station, time having count(*) > 1 limit 1"
    if engine.execute(twice).fetchone() is None:
        # As in a stream of seconds: nothing has to be brought together, which costs most of the time and memory.
        parts = [f'case when "below {name}" and "{name}" is not null then \'{name}\' end' for name in marked]
        below = f"{_joined(parts)} as below," if dataset.detection_limits else ""
        engine.execute(
            f"""create temp table fresh as
            select station, time, {", ".join(all_names)}, {below} cast(source as varchar) as source,
                   false as clash, false as overlap
            from staged where {any_value}"""
        )
        return
    merged = ", ".join(f"case when min({name}) = max({name}) then max({name}) end as {name}" for name in all_names)
    clash = " or ".join(f"coalesce(min({name}) <> max({name}), false)" for name in all_names)
    overlap = " or ".join(f"count({name}) > 1" for name in names)
    left = " or ".join(f"coalesce(min({name}) = max({name}), false)" for name in names)
    parts = [
        f'case when bool_or("below {name}") and min("{name}") = max("{name}") then \'{name}\' end' for name in marked
    ]
    below = f"{_joined(parts)} as below," if dataset.detection_limits else ""
    engine.execute(
        f"""create temp table fresh as
        select * exclude (whole) from (
            select station, time, {merged}, {below} string_agg(distinct source, ' + ' order by source) as source,
                   {clash} as clash, {overlap} as overlap, {left} as whole
            from staged where {any_value} group by station, time)
        where whole"""
    )


def _marked(dataset: Dataset, batches: Sequence[Batch]) -> list[str]:
    """The columns of which some value is below its limit."""
    return [name for name in dataset.value_names if any(name in batch.below for batch in batches)]


def _quoted(names: Sequence[str]) -> list[str]:
    """Names of columns in SQL: an item may be called as a function is (`lead`)."""
    return [f'"{name}"' for name in names]


def _joined(parts: Sequence[str]) -> str:
    """SQL of the parts that are not null, joined; null where there are none."""
    return f"nullif(concat_ws('{BELOW_SEPARATOR}', {', '.join(parts)}), '')" if parts else "cast(null as varchar)"


def _staged(dataset: Dataset, batches: Sequence[Batch], marked: Sequence[str]) -> Any:
    import numpy as np
    import pyarrow as pa

    counts = [len(batch.stations) for batch in batches]

    def column(name: str) -> Any:
        parts = [batch.values.get(name, np.full(count, np.nan)) for batch, count in zip(batches, counts, strict=True)]
        return pa.array(np.concatenate(parts), from_pandas=True)  # nan becomes null

    def text(name: str) -> Any:
        parts = [batch.texts.get(name, np.full(count, None)) for batch, count in zip(batches, counts, strict=True)]
        return pa.array(np.concatenate(parts), pa.string())

    def below(name: str) -> Any:
        parts = [batch.below.get(name, np.zeros(count, bool)) for batch, count in zip(batches, counts, strict=True)]
        return pa.array(np.concatenate(parts))

    sources = pa.DictionaryArray.from_arrays(
        np.repeat(np.arange(len(batches), dtype=np.int32), counts), [batch.source for batch in batches]
    )
    lines = [np.max([*batch.lines.values()], axis=0) for batch in batches]
    return pa.table(
        {
            "station": pa.array(np.concatenate([batch.stations for batch in batches]), pa.string()),
            "time": pa.array(np.concatenate([batch.times for batch in batches]), pa.timestamp("us")),
            **{name: column(name) for name in dataset.value_names},
            **{name: text(name) for name in dataset.text_names},
            **{f"below {name}": below(name) for name in marked},
            "source": sources,
            "line": pa.array(np.concatenate(lines), pa.int32()),
        }
    )


def conflicts(engine: Any, dataset: Dataset) -> list[Finding]:
    """Every value of a cell that came with different values: none is taken, all are kept aside."""
    findings: list[Finding] = []
    if one(engine, "select count(*) from staged") == one(engine, "select count(*) from fresh"):
        return findings
    until = "seconds" if dataset.cadence == "second" else "minutes"
    for name in (*dataset.value_names, *dataset.text_names):
        column = f'"{name}"'
        rows = engine.execute(
            f"""select source, line, {column}, station, time from staged
            semi join (select station, time from staged group by station, time having min({column}) <> max({column}))
            as c using (station, time) where {column} is not null order by station, time, source, line"""
        ).fetchall()
        for source, line, value, station, time in rows:
            written = value if isinstance(value, str) else f"{value:.15g}"
            moment = time.isoformat(timespec=until)
            findings.append(Finding("conflict", source, line or None, name, written, station, moment))
    return findings


def months_of(engine: Any, dataset: Dataset) -> list[str]:
    """The months that the fresh rows touch."""
    query = f"select distinct {month_sql(dataset.cadence)} from fresh order by 1"
    return [row[0] for row in engine.execute(query).fetchall()]


def only_new(engine: Any, dataset: Dataset, files: Sequence[str]) -> bool:
    """Whether no fresh row has the station and time of a stored one.

    A stream of seconds grows by new rows that are then simply added: reading and writing its whole month for every
    hour that arrives would cost more the further the month goes. All other datasets are merged.
    """
    if dataset.cadence != "second":
        return False
    if not files:
        return True
    span = engine.execute("select min(time), max(time) from fresh").fetchone()
    query = """select count(*) from fresh semi join
        (select station, time from read_parquet(?) where time between ? and ?) as old using (station, time)"""
    return int(engine.execute(query, [list(files), *span]).fetchone()[0]) == 0


def as_new(engine: Any, dataset: Dataset, report: ImportReport, simulated: bool) -> Any:
    """The fresh rows as they are stored where nothing is there for their stations and times."""
    report.rows_new = one(engine, "select count(*) from fresh")
    schema = arrow_schema(dataset)
    columns = ", ".join(_quoted(schema.names[:-2]))
    table = engine.execute(
        f"""select {columns}, {str(simulated).lower()} as simulated, {month_sql(dataset.cadence)} as month
        from fresh order by station, time"""
    ).to_arrow_table()
    return table.cast(schema)


def merge_with_stored(
    engine: Any, dataset: Dataset, files: Sequence[str], report: ImportReport, simulated: bool
) -> Any:
    """All rows of the touched months: a new value fills or corrects a stored one, a missing one leaves it.

    Args:
        files: what is stored of those months.
    """
    schema = arrow_schema(dataset)
    _load_old(engine, schema, files)
    names = _quoted([*dataset.value_names, *dataset.text_names])
    changed = " or ".join(f"(f.{name} is not null and f.{name} is distinct from o.{name})" for name in names)
    values = ", ".join(f"coalesce(f.{name}, o.{name}) as {name}" for name in names)
    if dataset.detection_limits:
        below = _merged_below(engine, dataset)
        values += f", {below} as below"
        changed += f" or {below} is distinct from o.below"
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
        f"select * exclude (change), {month_sql(dataset.cadence)} as month from merged order by station, time"
    ).to_arrow_table()
    return table.cast(schema)


def _load_old(engine: Any, schema: Any, files: Sequence[str]) -> None:
    """Make the relation `old`: the stored rows with today's columns, those declared since then without a value."""
    types = {"string": "varchar", "double": "double", "bool": "boolean", "timestamp[us]": "timestamp"}
    wanted = {field.name: types[str(field.type)] for field in schema if field.name != "month"}
    there: set[str] = set()
    source = ""
    if files:
        stored = engine.read_parquet(list(files), hive_partitioning=True, union_by_name=True)
        stored.create_view("stored")
        there, source = set(stored.columns), " from stored"
    columns = ", ".join(
        f'"{name}"' if name in there else f'cast(null as {kind}) as "{name}"' for name, kind in wanted.items()
    )
    engine.execute(f"create temp table old as select {columns}{source}{'' if files else ' where false'}")


def _merged_below(engine: Any, dataset: Dataset) -> str:
    """SQL of the merged `below`: each item's mark comes from where its value comes from."""
    marks = engine.execute("select below from fresh union select below from old").fetchall()
    marked = {name for (text,) in marks if text for name in text.split(BELOW_SEPARATOR)}
    return _joined(
        [
            f'case when list_contains(string_split(case when f."{name}" is not null then f.below else o.below end, '
            f"'{BELOW_SEPARATOR}'), '{name}') then '{name}' end"
            for name in dataset.value_names
            if name in marked
        ]
    )


def one(engine: Any, query: str) -> int:
    """The single number that a query gives."""
    return int(engine.execute(query).fetchone()[0])
