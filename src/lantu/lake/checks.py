"""Checks on arriving values: what is impossible is set aside, what is odd is counted and kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lantu.lake.cadence import on_cadence, time_text
from lantu.lake.report import Finding

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.readers import Batch

CLOCK_TOLERANCE = dt.timedelta(hours=24)
"""How far ahead of this machine's clock a row may lie: it covers the time zones."""

EARLIEST = dt.datetime(1950, 1, 1)
"""No observation is older; an earlier time is a slip of the year."""


def set_aside_impossible(batch: Batch, dataset: Dataset, now: dt.datetime) -> Batch:
    """Blank values outside the declared range; drop rows without a possible time or a station. Each is a finding."""
    import numpy as np

    keep = np.ones(len(batch.stations), dtype=bool)
    future = batch.times > np.datetime64(now + CLOCK_TOLERANCE)
    timeless = ~on_cadence(batch.times, dataset.cadence) | (batch.times < np.datetime64(EARLIEST))
    nameless = np.array([name is None or not str(name).strip() for name in batch.stations], dtype=bool)
    for mask, reason in ((future, "future"), (timeless, "bad_time"), (nameless, "no_station")):
        for index in np.flatnonzero(mask & keep):
            batch.findings.append(_row_finding(batch, dataset, reason, int(index)))
        keep &= ~mask
    for column in dataset.columns:
        values = batch.values.get(column.name)
        if values is None:
            continue
        wrong = np.isinf(values)
        with np.errstate(invalid="ignore"):
            if column.minimum is not None:
                wrong |= values < column.minimum
            if column.maximum is not None:
                wrong |= values > column.maximum
        for index in np.flatnonzero(wrong & keep):
            batch.findings.append(
                Finding(
                    "out_of_range",
                    batch.source,
                    int(batch.lines[column.name][index]) or None,
                    column.name,
                    f"{values[index]:.15g}",
                    str(batch.stations[index]),
                    time_text(batch.times[index], dataset.cadence),
                )
            )
        values[wrong] = np.nan
    if not keep.all():
        batch.keep(keep)
    return batch


def _row_finding(batch: Batch, dataset: Dataset, reason: str, index: int) -> Finding:
    line = max((int(lines[index]) for lines in batch.lines.values()), default=0)
    time = time_text(batch.times[index], dataset.cadence)
    station = str(batch.stations[index] or "")
    field, value = ("station", station) if reason == "no_station" else ("time", time)
    return Finding(reason, batch.source, line or None, field, value, station, time)


def flag_sql(dataset: Dataset, relation: str) -> dict[str, str]:
    """For each flag one SQL query over the merged rows that counts the flagged cells."""
    queries: dict[str, str] = {}
    jumps, stuck = [], []
    for column in dataset.columns:
        name = f'"{column.name}"'
        if column.step is not None:
            jumps.append(
                f"(case when abs({name} - lag({name}) over w) > {column.step} "
                f"and time - lag(time) over w = interval 1 hour then 1 else 0 end)"
            )
        if column.stuck_hours is not None:
            stuck.append((name, column.stuck_hours))
    if jumps:
        cells = " + ".join(jumps)
        queries["step"] = (
            f"select coalesce(sum(flagged), 0) from (select {cells} as flagged from {relation} "
            "window w as (partition by station order by time))"
        )
    if stuck:
        counts = [
            f"(select coalesce(sum(hours), 0) from (select count(*) as hours from (select station, {name}, "
            f"row_number() over (partition by station order by time) - "
            f"row_number() over (partition by station, {name} order by time) as run from {relation} "
            f"where {name} is not null) group by station, {name}, run having count(*) >= {hours}))"
            for name, hours in stuck
        ]
        queries["stuck"] = "select " + " + ".join(counts)
    if {"pm25", "pm10"} <= set(dataset.value_names):
        queries["pm25_above_pm10"] = f"select count(*) from {relation} where pm25 > pm10"
    return queries


def runs_sql(relation: str, keys: Sequence[str], value: str, least: int) -> str:
    """The SQL of runs in which a value does not change: the keys, from, to, rows, value.

    Args:
        relation: has the keys, `time` and the value, which is not null.
        keys: each of their values has runs of its own.
        value: the column.
        least: rows that a run has at least.
    """
    listed = ", ".join(f'"{key}"' for key in keys)
    return f"""
        select {listed}, min(time), max(time), count(*), any_value("{value}")
        from (select *, row_number() over (partition by {listed} order by time)
                        - row_number() over (partition by {listed}, "{value}" order by time) as run
              from {relation})
        group by {listed}, "{value}", run having count(*) >= {least}
    """
