"""What is hidden in the simulated city can be found in its data, and only there."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lantu.base import Period
from lantu.demo import SimulatedCity, simulate_city
from lantu.indicators import compute
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, SimulatedCity]:
    folder = tmp_path_factory.mktemp("city")
    lake = Lake(folder / "lake")
    return lake, simulate_city(PACK, lake, LedgerBook(PACK.ledgers, PACK.areas, PACK.units, folder))


def rows(lake: Lake, dataset: str, query: str) -> list[Any]:
    return duckdb.execute(query, [lake.files(dataset)]).fetchall()


def test_the_stuck_stations_are_those_of_the_truth(made: tuple[Lake, SimulatedCity]) -> None:
    lake, city = made
    found = {(station, first.isoformat(), last.isoformat()) for station, _, first, last, _, _ in lake.stuck(
        "street_dust_hourly"
    )}  # fmt: skip
    assert found == {(each["station"], each["from"], each["to"]) for each in city.events.stuck}
    assert len(found) == 3


def test_a_span_of_days_is_looked_at_alone(made: tuple[Lake, SimulatedCity]) -> None:
    lake, city = made
    day = dt.datetime.fromisoformat(city.events.stuck[0]["from"]).date()
    found = lake.stuck("street_dust_hourly", day, day + dt.timedelta(days=1))
    assert city.events.stuck[0]["station"] in {each[0] for each in found}
    assert all(each[4] <= 48 for each in found)
    assert lake.stuck("dustfall_monthly") == []


def test_the_copied_weeks_are_those_of_the_truth(made: tuple[Lake, SimulatedCity]) -> None:
    lake, city = made
    repeated = """
        select station, min(time), max(time) from (
            select station, time, tsp = lag(tsp, 168) over (partition by station order by time) as same
            from read_parquet(?)) where same group by station having count(*) >= 150
    """
    found = {station for station, _, _ in rows(lake, "street_dust_hourly", repeated)}
    assert found == {each["station"] for each in city.events.copied}


def test_the_plume_leads_back_to_its_source(made: tuple[Lake, SimulatedCity]) -> None:
    """High readings lie down the wind of one of the works in every hour; only of the true one."""
    lake, city = made
    plume = city.events.plume
    wind = dict(rows(lake, "weather_hourly", "select time, wind_direction from read_parquet(?)"))
    high = defaultdict(dict)  # type: dict[Any, dict[str, float]]
    names = [each["name"] for each in plume["stations"]]
    for station, time, value in rows(
        lake, "voc_hourly", "select station, time, toluene from read_parquet(?, union_by_name = true)"
    ):
        if station in names:
            high[time][station] = value
    stations = {each["name"]: each for each in plume["stations"]}

    def misfit(works: dict[str, Any]) -> float:
        """How far off the wind the excess lies as seen from the works, in degrees squared, by its weight."""
        total = weight = 0.0
        for time, values in high.items():
            for station, value in values.items():
                east = (stations[station]["longitude"] - works["longitude"]) * 85.4
                north = (stations[station]["latitude"] - works["latitude"]) * 111.2
                bearing = math.degrees(math.atan2(east, north)) % 360
                off = (bearing - wind[time]) % 360 - 180
                excess = max(value - 8, 0)
                total, weight = total + excess * off * off, weight + excess
        return total / weight

    assert min(plume["works"], key=misfit)["name"] == plume["source"]
    loud = sorted(time for time, values in high.items() if max(values.values()) >= 15)
    assert loud[0] >= dt.datetime.fromisoformat(plume["from"])
    assert loud[-1] <= dt.datetime.fromisoformat(plume["to"])


def test_the_dirty_trucks_are_those_of_the_truth(made: tuple[Lake, SimulatedCity]) -> None:
    lake, city = made
    query = """
        select station, avg(nox_downstream / nox_upstream) from read_parquet(?)
        where nox_downstream >= 0 and scr_inlet_temperature >= 220 group by station
    """
    found = dict(rows(lake, "heavy_vehicle_seconds", query))
    assert set(found) == set(city.events.trucks["vehicles"])
    assert {name for name, left in found.items() if left > 0.3} == set(city.events.trucks["exceeding"])
    assert lake.is_simulated("heavy_vehicle_seconds")


def test_every_truck_is_in_the_ledger(made: tuple[Lake, SimulatedCity], tmp_path: Path) -> None:
    lake, city = made
    book = LedgerBook(PACK.ledgers, PACK.areas, PACK.units, lake.path.parent)
    keys = {row.key for row in book.entries("heavy_vehicles").rows}
    assert set(city.events.trucks["vehicles"]) <= keys


def test_the_indicator_finds_the_share_of_dirty_trucks(made: tuple[Lake, SimulatedCity]) -> None:
    lake, city = made
    trucks = city.events.trucks
    book = LedgerBook(PACK.ledgers, PACK.areas, PACK.units, lake.path.parent)
    day = Period.parse(trucks["day"])
    (found,) = compute(
        lake, PACK.sites, PACK.areas, "heavy_vehicle_nox_exceedance_share", "city", day, book=book
    )  # fmt: skip
    required = {row.key for row in book.entries("heavy_vehicles").rows if row.values.get("must_fit") is not False}
    sent = required & set(trucks["vehicles"])
    assert found.n == len(sent)
    assert found.value == Decimal(100 * len(sent & set(trucks["exceeding"]))) / len(sent)
    assert found.simulated
