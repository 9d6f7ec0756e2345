"""Exclusions: what a claim with concurrence takes out, at one station or all, and every figure both ways."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import Period
from lantu.indicators import Exclusion, IndicatorValue, compute, exclusions_in_effect
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")
CLAIMS = Actor("李四", "昌平区政府")
CONCURS = Actor("张三", "市生态环境局")
MARCH = Period.parse("2021-03")


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


def claim(book: LedgerBook, number: str, first: str, last: str, dataset: str, station: str | None = None) -> None:
    values: dict[str, Any] = {
        "number": number, "reason": "sand_dust", "dataset": dataset, "station": station,
        "from_day": first, "to_day": last, "claimed_by": CLAIMS.unit, "words": "沙尘过境",
    }  # fmt: skip
    book.enter("exclusions", values, "110000", CLAIMS, dt.date.fromisoformat(last))


def concur(book: LedgerBook, number: str, tmp_path: Path, day: str = "2021-04-10") -> None:
    file = tmp_path / "evidence.txt"
    file.write_text("卫星云图", encoding="utf-8")
    evidence = {"evidence_file": file}
    book.advance("exclusions", number, "concur", CONCURS, dt.date.fromisoformat(day), evidence=evidence)


def hours(lake: Lake, values: dict[int, float]) -> None:
    """PM10 of two stations in March 2021: 50, or what is given for a day of the month."""
    times = [dt.datetime(2021, 3, 1) + dt.timedelta(hours=n) for n in range(1, 31 * 24 + 1)]
    days = [(time - dt.timedelta(hours=1)).day for time in times]
    stations = ["东城东四", "东城天坛"]
    table = pa.table(
        {
            "station": [name for name in stations for _ in times],
            "time": pa.array([time for _ in stations for time in times], pa.timestamp("us")),
            "pm10": [values.get(day, 50.0) for _ in stations for day in days],
        }
    )
    lake.write("air_hourly", table, "made by hand", simulated=False)


def pm10(lake: Lake, area: str, left_out: tuple[Exclusion, ...] = ()) -> IndicatorValue:
    (value,) = compute(lake, PACK.sites, PACK.areas, "pm10_mean", area, MARCH, left_out=left_out)
    return value


def test_a_claim_counts_only_with_concurrence(book: LedgerBook, tmp_path: Path) -> None:
    claim(book, "A1", "2021-03-15", "2021-03-16", "air_hourly")
    assert exclusions_in_effect(book, ["air_hourly"], MARCH) == ()
    concur(book, "A1", tmp_path)
    (found,) = exclusions_in_effect(book, ["air_hourly"], MARCH)
    assert (found.first, found.last, found.reason) == (dt.date(2021, 3, 15), dt.date(2021, 3, 16), "sand_dust")
    assert exclusions_in_effect(book, ["air_hourly"], MARCH, dt.date(2021, 4, 9)) == ()
    assert exclusions_in_effect(book, ["air_hourly"], Period.parse("2021-04")) == ()
    assert exclusions_in_effect(book, ["dustfall_monthly"], MARCH) == ()
    assert exclusions_in_effect(None, ["air_hourly"], MARCH) == ()


def test_whole_days_are_left_out_with_the_hour_that_ends_at_midnight(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    hours(lake, {15: 1050.0, 16: 1050.0})
    out = Exclusion("A1", "air_hourly", None, dt.date(2021, 3, 15), dt.date(2021, 3, 16), "sand_dust")
    measured, without = pm10(lake, "东城"), pm10(lake, "东城", (out,))
    assert measured.value == Decimal(29 * 50 + 2 * 1050) / 31
    assert (without.value, without.n) == (50, 29)
    assert pm10(lake, "东城").value == measured.value  # nothing was deleted


def test_one_station_is_left_out(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    hours(lake, {15: 1050.0})
    out = Exclusion("A1", "air_hourly", "东城东四", dt.date(2021, 3, 15), dt.date(2021, 3, 15), "equipment_fault")
    assert pm10(lake, "东城东四", (out,)).value == 50
    assert pm10(lake, "东城天坛", (out,)).value == pm10(lake, "东城天坛").value


def test_points_that_a_ledger_lists(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    book.enter("monitoring_points", {"name": "一号", "kind": "dustfall", "since": "2020-01-01"}, "110101", CONCURS)
    table = pa.table(
        {
            "station": ["一号"] * 12,
            "time": pa.array([dt.datetime(2021, month, 1) for month in range(1, 13)], pa.timestamp("us")),
            "dustfall": [4.0] * 4 + [28.0] + [4.0] * 7,
        }
    )
    lake.write("dustfall_monthly", table, "made by hand", simulated=False)
    out = Exclusion("A2", "dustfall_monthly", None, dt.date(2021, 5, 1), dt.date(2021, 5, 31), "sand_dust")
    year = Period.parse("2021")
    found = [
        compute(lake, PACK.sites, PACK.areas, "dustfall_gross_mean", "东城", year, book=book, left_out=each)[0].value
        for each in ((), (out,))
    ]
    assert found == [6, 4]
