"""Heavy vehicles by the second: the engine against the slow rules, and the real truck against its own file."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import Period
from lantu.indicators import IndicatorValue, compute
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import load_pack
from lantu.standards.vehicles import Second, summarise

PACK = load_pack("beijing/2021")
WHO = Actor("张三", "市生态环境局")
DAY = Period.parse("2021-06-01")
TRUCK: dict[str, Any] = {
    "form": "wide",
    "station": {"value": "TRUCK-1"},
    "time": {"start": "2021-06-01 08:00:00", "step": "1s"},
    "items": {
        "speed": {"named": "vel (mph)", "unit": "mph"},
        "engine_speed": {"named": "engine (rpm)", "unit": "r/min"},
        "nox_rate": {"named": "NOx (g/s)", "unit": "g/s"},
    },
    "ignored": ["CO2 (g/s)", "CO (g/s)", "HC (g/s)", "fuel (g/s)", "elevation (m)", "phase_num"],
}


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


def vehicle(book: LedgerBook, number: str, **more: Any) -> None:
    given = {"number": number, "plate": f"京A{number}", "sector": "freight", "must_fit": "是", **more}
    book.enter("heavy_vehicles", given, "110105", WHO, dt.date(2020, 1, 1))


def made(seed: int = 3, count: int = 900) -> dict[str, list[Second]]:
    draw = random.Random(seed)
    return {
        name: [
            Second(
                dt.datetime(2021, 6, 1, 8) + dt.timedelta(seconds=number),
                draw.choice([-200.0, None, round(draw.gauss(level, 150), 1), round(draw.gauss(level, 150), 1)]),
                draw.choice([900.0, None]),
                draw.choice([0.0, 900.0, 1500.0, None]),
                draw.choice([150.0, 240.0, 300.0, None]),
                draw.choice([60.0, 80.0, None]),
                draw.choice([0.01, None]),
                draw.choice([36.0, 72.0]),
            )
            for number in range(count)
        ]
        for name, level in (("V1", 300), ("V2", 560), ("V3", 480))
    }


def write(lake: Lake, streams: dict[str, list[Second]]) -> None:
    rows = [(name, each) for name, stream in streams.items() for each in stream]
    names = ("nox_downstream", "nox_upstream", "engine_speed", "scr_inlet_temperature", "coolant_temperature")
    columns = {
        name: pa.array([getattr(each, name) for _, each in rows], pa.float64())
        for name in (*names, "nox_rate", "speed")
    }
    times = pa.array([each.time for _, each in rows], pa.timestamp("us"))
    table = pa.table({"station": [name for name, _ in rows], "time": times, **columns})
    lake.write("heavy_vehicle_seconds", table, "made by hand", simulated=False)


def value(lake: Lake, book: LedgerBook, name: str, area: str = "朝阳", period: Period = DAY) -> IndicatorValue:
    return compute(lake, PACK.sites, PACK.areas, name, area, period, book=book)[0]


def test_the_engine_agrees_with_the_rules(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    streams = made()
    write(lake, streams)
    for number in (*streams, "V4"):
        vehicle(book, number)
    vehicle(book, "V5", must_fit="否")
    found = [summarise(stream, DAY.end) for stream in streams.values()]
    assert {each.exceeds for each in found} == {True, False}
    share = value(lake, book, "heavy_vehicle_nox_exceedance_share")
    assert share.value == Decimal(100 * sum(each.exceeds is True for each in found)) / 3
    assert "vehicles.streams.nox_threshold" in share.unverified
    mean = value(lake, book, "heavy_vehicle_nox_mean").value
    assert mean is not None
    assert float(mean) == pytest.approx(sum(each.mean or 0 for each in found) / 3)
    assert value(lake, book, "heavy_vehicle_online_share").value == 75
    grams = value(lake, book, "heavy_vehicle_nox_per_kilometre").value
    assert grams is not None
    whole = sum(each.grams or 0 for each in found) / sum(each.kilometres or 0 for each in found)
    assert float(grams) == pytest.approx(whole)


def test_without_vehicles_or_data_nothing_is_said(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write(lake, made())
    vehicle(book, "V1")
    assert value(lake, book, "heavy_vehicle_online_share", "通州").value is None
    vehicle(book, "V9")
    other = Period.parse("2021-06-02")
    assert value(lake, book, "heavy_vehicle_nox_mean", period=other).value is None
    assert value(lake, book, "heavy_vehicle_online_share", period=other).value == 0


@pytest.mark.shared_data
def test_the_real_truck(shared_data: Path, book: LedgerBook, tmp_path: Path) -> None:
    path = shared_data / "vehicles" / "heavy-truck-1hz.csv.gz"
    lake = Lake(tmp_path / "lake")
    lake.import_files("heavy_vehicle_seconds", [path], TRUCK)
    vehicle(book, "TRUCK-1")
    with gzip.open(path, "rt") as handle:
        rows = list(csv.DictReader(handle))
    grams = sum(float(row["NOx (g/s)"]) for row in rows)
    kilometres = sum(float(row["vel (mph)"]) for row in rows) * 1.609344 / 3600
    found = value(lake, book, "heavy_vehicle_nox_per_kilometre").value
    assert found is not None
    assert float(found) == pytest.approx(grams / kilometres)
    print(f"{len(rows)} s, {kilometres:.1f} km, {grams:.1f} g NOx, {float(found):.3f} g/km")
    # it sends no NOx sensor, so nothing is said about an exceedance
    assert value(lake, book, "heavy_vehicle_nox_exceedance_share").value is None
