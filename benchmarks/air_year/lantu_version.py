"""Lantu's own expressions, as `lantu indicator compute` uses them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from benchmarks.air_year.measure import measured


def imports() -> None:
    """Ibis and DuckDB load parts of themselves only when they are used, so one tiny query is made."""
    import ibis

    from lantu.indicators.air import days, statistics  # noqa: F401
    from lantu.lake.engine import connect

    connection = connect()
    connection.create_table("warm", ibis.memtable({"a": [1]}).mutate(b=ibis._.a + 1), temp=True)


def work(files: list[str], days: int) -> Any:
    """All daily values with their index, then the year's statistics of each station."""
    import ibis
    import pyarrow as pa

    from lantu.base import Period
    from lantu.indicators.air.days import station_days, with_index
    from lantu.indicators.air.statistics import period_statistics
    from lantu.lake.engine import connect

    period = Period.between(dt.date(2020, 1, 1), dt.date(2020, 1, 1) + dt.timedelta(days - 1))
    connection = connect()
    observations = connection.read_parquet(files)
    names = sorted(connection.to_pyarrow(observations.select("station").distinct())["station"].to_pylist())
    members = pa.table(
        {
            "site": names,
            "station": names,
            "first_day": pa.array([period.start] * len(names)),
            "last_day": pa.array([period.end] * len(names)),
        }
    )
    stations = station_days(observations, ibis.memtable(members), period).rename(target="site")
    daily = connection.create_table("days", with_index(stations, period), temp=True)
    found = period_statistics(daily, period)
    scale = 1e9
    return connection.to_pyarrow(
        found.select(
            station=found.target,
            **{f"{p}_mean": found[f"sum_{p}"] / found[f"n_{p}"] / scale for p in ("so2", "no2", "pm10", "pm25", "o3")},
            **{f"{p}_percentile": found[f"p_{p}"] / scale for p in ("so2", "no2", "pm10", "co", "o3", "pm25")},
            good_days=found.decided_good - found.above_good,
            heavy_days=found.above_heavy,
            highest=found.highest,
        )
    )


if __name__ == "__main__":
    measured(imports, work)
