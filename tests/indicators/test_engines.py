"""One expression for every engine: what runs on DuckDB compiles for Spark SQL (as Databricks writes it) too."""

from __future__ import annotations

import datetime as dt

import ibis
import pytest

from lantu.base import Period
from lantu.indicators.air.days import area_days, station_days, with_index
from lantu.indicators.air.statistics import period_statistics
from lantu.standards.air import POLLUTANTS

OBSERVATIONS = ibis.table({"station": "string", "time": "timestamp", **dict.fromkeys(POLLUTANTS, "float64")}, "hours")
MEMBERS = ibis.table(
    {"target": "string", "site": "string", "station": "string", "first_day": "date", "last_day": "date"}, "members"
)
EXPECTED = ibis.table({"target": "string", "day": "date", "expected": "int64"}, "expected")


@pytest.mark.parametrize("dialect", ["duckdb", "databricks", "postgres"])
def test_the_whole_way_compiles(dialect: str) -> None:
    period = Period.between(dt.date(2026, 1, 1), dt.date(2026, 6, 30))  # both editions of HJ 633
    days = area_days(station_days(OBSERVATIONS, MEMBERS, period), MEMBERS, EXPECTED, period.end)
    sql = ibis.to_sql(period_statistics(with_index(days, period), period), dialect=dialect)
    assert "OVER" not in sql.upper().split()
    assert len(sql) > 1000
