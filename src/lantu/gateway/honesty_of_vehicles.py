"""Honesty of vehicles: tracks that no vehicle drives, NOx that does not change while the engine does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lantu.base import Text
from lantu.gateway.questions import Question, RowsOf, parameter

if TYPE_CHECKING:
    from lantu.lake import Lake

SECONDS = "heavy_vehicle_seconds"


def of_vehicles(lake: Lake, first: dt.datetime, last: dt.datetime) -> Iterator[Question]:
    """What the rows of vehicles raise; see `honesty.ask`."""
    yield from _of_tracks(lake, first, last)
    yield from _of_stuck_nox(lake, first, last)


def _of_stuck_nox(lake: Lake, first: dt.datetime, last: dt.datetime) -> Iterator[Question]:
    """Stretches of seconds with one and the same NOx, in which the engine's speed goes up and down."""
    import duckdb

    files = lake.store(SECONDS).files_in_span(first, last)
    if not files:
        return
    day = last.date()
    query = """
        with running as (
            select station, time, nox_downstream as nox, engine_speed,
                   row_number() over (partition by station order by time)
                   - row_number() over (partition by station, nox_downstream order by time) as stretch
            from read_parquet($files, union_by_name = true)
            where time >= $first and time < $last and nox_downstream > 0 and engine_speed > 0)
        select station, nox, min(time), max(time), count(*) from running group by station, nox, stretch
        having count(*) >= $least and max(engine_speed) - min(engine_speed) >= $spread order by station, min(time)
    """
    least, spread = (float(parameter(name, day)) for name in ("vehicle_stuck_seconds", "vehicle_stuck_engine_speed"))
    given = {"files": files, "first": first, "last": last, "least": least, "spread": spread}
    for station, nox, start, end, count in duckdb.execute(query, given).fetchall():
        text = Text(
            f"发动机转速在变，下游 NOx 却连续 {count} 秒都是 {nox:g} μmol/mol",
            f"the engine's speed changes, yet the downstream NOx is {nox:g} μmol/mol for {count} seconds on end",
        )
        yield Question(
            station, "stuck", text, RowsOf(SECONDS, station, "nox_downstream", "realtime", start, end, count)
        )


def _of_tracks(lake: Lake, first: dt.datetime, last: dt.datetime) -> Iterator[Question]:
    import duckdb

    day = last.date()
    fastest, shortest = (float(parameter(name, day)) for name in ("vehicle_speed", "vehicle_jump"))
    query = """
        with places as (
            select station, time, latitude as b, longitude as l, lag(time) over w as time0, lag(latitude) over w as b0,
                   lag(longitude) over w as l0
            from read_parquet($files)
            where time >= $first and time < $last and latitude is not null and longitude is not null
            window w as (partition by station order by time)),
        steps as (
            select *, date_diff('second', time0, time) as seconds,
                   12742000 * asin(least(1, sqrt(pow(sin(radians(b - b0) / 2), 2)
                   + cos(radians(b)) * cos(radians(b0)) * pow(sin(radians(l - l0) / 2), 2)))) as metres
            from places where time0 is not null)
        select station, min(time0), max(time), count(*), max(metres / seconds * 3.6), max(metres) from steps
        where metres > $shortest and seconds > 0 and metres / seconds * 3.6 > $fastest group by station order by station
    """
    for dataset in (SECONDS, "vehicle_positions"):
        files = lake.store(dataset).files_in_span(first, last)
        if not files:
            continue
        given = {"files": files, "first": first, "last": last, "shortest": shortest, "fastest": fastest}
        for station, start, end, count, speed, metres in duckdb.execute(query, given).fetchall():
            text = Text(
                f"位置有 {count} 次跳跃，最远 {metres / 1000:.1f} 千米，相当于 {speed:.0f} km/h",
                f"the position jumps {count} times, by up to {metres / 1000:.1f} km, as if at {speed:.0f} km/h",
            )
            rows = RowsOf(dataset, station, "position", "realtime", start, end, count)
            yield Question(station, "track", text, rows)
