"""Dust at monitoring points: dustfall with and without sand-dust, roads, TSP of streets and its rank."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import Period
from lantu.indicators import IndicatorValue, compute
from lantu.indicators.points.dust import half_months
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")
WHO = Actor("张三", "市生态环境局")
STREETS = ("110101001", "110101002", "110101003")


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def point(book: LedgerBook, name: str, kind: str, area: str, since: str = "2020-01-01") -> None:
    day = dt.date.fromisoformat(since)
    book.enter("monitoring_points", {"name": name, "kind": kind, "since": since}, area, WHO, day)


def write(lake: Lake, dataset: str, rows: list[dict[str, Any]]) -> None:
    from lantu.lake import get_dataset

    declared = get_dataset(dataset)
    table = pa.table(
        {
            "station": pa.array([row["station"] for row in rows], pa.string()),
            "time": pa.array([row["time"] for row in rows], pa.timestamp("us")),
            **{
                name: pa.array([row.get(name) for row in rows], pa.float64())
                for name in declared.value_names
                if any(name in row for row in rows)
            },
        }
    )
    lake.write(dataset, table, "made by hand", simulated=False)


def figure(book: LedgerBook, lake: Lake, name: str, area: str, period: str = "2021") -> IndicatorValue:
    (value,) = compute(lake, PACK.sites, PACK.areas, name, area, Period.parse(period), book=book)
    return value


def test_dustfall_is_the_mean_of_the_months_with_and_without_sand_dust(book: LedgerBook, lake: Lake) -> None:
    point(book, "一号", "dustfall", "110101")
    point(book, "二号", "dustfall", "110101")
    rows = []
    for month in range(1, 13):
        time = dt.datetime(2021, month, 1)
        sand = 6.0 if month in (3, 5) else None
        rows.append({"station": "一号", "time": time, "dustfall": 5.0 + (sand or 0), "sand_dust_deduction": sand})
        rows.append({"station": "二号", "time": time, "dustfall": 4.0 + (sand or 0), "sand_dust_deduction": sand})
    write(lake, "dustfall_monthly", rows)
    net = figure(book, lake, "dustfall_mean", "东城")
    assert (net.rounded, net.valid, net.n) == (Decimal("4.5"), True, 12)
    assert figure(book, lake, "dustfall_gross_mean", "东城").rounded == Decimal("5.5")
    assert figure(book, lake, "dustfall_mean", "city").rounded == Decimal("4.5")
    nowhere = figure(book, lake, "dustfall_mean", "西城")
    assert (nowhere.value, str(nowhere.reason)) == (None, "no monitoring point")


def test_a_year_with_a_month_missing_is_not_valid(book: LedgerBook, lake: Lake) -> None:
    point(book, "一号", "dustfall", "110101")
    write(
        lake,
        "dustfall_monthly",
        [{"station": "一号", "time": dt.datetime(2021, m, 1), "dustfall": 5} for m in range(1, 12)],
    )
    value = figure(book, lake, "dustfall_mean", "东城")
    assert (value.valid, str(value.reason)) == (False, "11 of 12 months")


def test_a_road_counts_once_however_often_it_was_surveyed(book: LedgerBook, lake: Lake) -> None:
    for road in ("长街", "短街", "新街"):
        point(book, road, "road", "110101")
    rows = [{"station": "长街", "time": dt.datetime(2021, 3, day), "dust_residue": 8.0} for day in range(1, 11)]
    rows.append({"station": "短街", "time": dt.datetime(2021, 3, 1), "dust_residue": 4.0})
    write(lake, "road_dust", rows)
    value = figure(book, lake, "road_dust_residue", "东城")
    assert (value.rounded, value.valid, str(value.reason)) == (Decimal("6.0"), False, "2 of 3 roads")
    assert figure(book, lake, "road_dust_load", "东城").value is None


def hours(street: str, first: dt.date, days: int, tsp: float, per_day: int = 24) -> list[dict[str, Any]]:
    start = dt.datetime.combine(first, dt.time())
    return [
        {"station": f"站{street}", "time": start + dt.timedelta(days=day, hours=hour + 1), "tsp": tsp}
        for day in range(days)
        for hour in range(per_day)
    ]


def test_streets_are_ranked_from_the_worst_and_share_ranks(book: LedgerBook, lake: Lake) -> None:
    for street in STREETS:
        point(book, f"站{street}", "street_dust", street)
    march = dt.date(2021, 3, 1)
    rows = hours(STREETS[0], march, 31, 120.4)
    rows += hours(STREETS[1], march, 31, 119.6)
    rows += hours(STREETS[2], march, 15, 90) + hours(STREETS[2], dt.date(2021, 3, 16), 16, 100)
    write(lake, "street_dust_hourly", rows)
    found = [figure(book, lake, "street_tsp_rank_from_worst", street, "2021-03") for street in STREETS]
    assert [value.rounded for value in found] == [1, 1, 3]
    assert all(value.valid and value.unverified for value in found)
    assert figure(book, lake, "street_tsp_mean", STREETS[2], "2021-03").rounded == 95
    assert figure(book, lake, "street_tsp_mean", "110101004", "2021-03").value is None


def test_a_half_month_needs_its_days_and_a_day_its_hours(book: LedgerBook, lake: Lake) -> None:
    street = STREETS[0]
    point(book, f"站{street}", "street_dust", street)
    rows = hours(street, dt.date(2021, 3, 1), 12, 100)  # 12 of 15 days
    rows += hours(street, dt.date(2021, 3, 16), 11, 500)  # 11 of 16 days are too few
    rows += hours(street, dt.date(2021, 3, 13), 3, 900, per_day=19)  # 19 hours are no day
    write(lake, "street_dust_hourly", rows)
    value = figure(book, lake, "street_tsp_mean", street, "2021-03")
    assert (value.rounded, value.n, value.expected, value.valid) == (100, 1, 2, False)


def test_half_months_of_a_period() -> None:
    assert [
        half_months(Period.parse(p)) for p in ("2021", "2021-02", "2021-03-01..2021-03-15", "2021-03-16..2021-04-02")
    ] == [
        24,
        2,
        1,
        2,
    ]


def test_the_boundary_of_a_plant(book: LedgerBook, lake: Lake) -> None:
    point(book, "厂界1", "plant_boundary", "110111")
    start = dt.datetime(2021, 1, 1)
    rows = [
        {"station": "厂界1", "time": start + dt.timedelta(hours=hour + 1), "benzene": 2.0, "toluene": 3.0}
        for hour in range(31 * 24 - 100)
    ]
    write(lake, "voc_hourly", rows)
    value = figure(book, lake, "petrochemical_characteristic_pollutant_mean", "房山", "2021-01")
    assert (value.rounded, value.valid) == (Decimal("5.0"), True)
    assert not figure(book, lake, "petrochemical_characteristic_pollutant_mean", "房山", "2021-Q1").valid
