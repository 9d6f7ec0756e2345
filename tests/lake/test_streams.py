"""Streams: new rows are added, the same stay, other ones take the place of what is stored; work is done once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from lantu.base import LantuError
from lantu.lake import Lake

START = dt.datetime(2021, 6, 15, 10)


def readings(*rows: tuple[str, int, str, str, float]) -> pa.Table:
    """Rows of device, second, kind, factor, value."""
    stations, seconds, kinds, factors, values = zip(*rows, strict=True)
    return pa.table(
        {
            "station": pa.array(stations).dictionary_encode(),
            "time": pa.array([START + dt.timedelta(seconds=each) for each in seconds], pa.timestamp("us")),
            "kind": pa.array(kinds).dictionary_encode(),
            "factor": pa.array(factors).dictionary_encode(),
            "value": pa.array(values, pa.float64()),
        }
    )


def stored(lake: Lake, version: int | None = None) -> list[tuple[Any, ...]]:
    files = lake.store("device_readings").files(None, version)
    query = "select station, extract(second from time), kind, factor, value from read_parquet(?) order by all"
    return duckdb.execute(query, [files]).fetchall()


def test_rows_are_told_apart_by_all_their_keys(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rows = readings(("A", 0, "realtime", "a1", 1), ("A", 0, "realtime", "a2", 2), ("A", 0, "hour", "a1", 3))
    report = lake.add("device_readings", rows, "test", simulated=False)
    assert (report.rows_new, report.version) == (3, 0)
    assert len(stored(lake)) == 3


def test_what_is_there_stays_and_what_differs_takes_its_place(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add("device_readings", readings(("A", 0, "hour", "a1", 1), ("A", 1, "hour", "a1", 2)), "test", False)
    again = lake.add("device_readings", readings(("A", 0, "hour", "a1", 1)), "test", False)
    assert (again.rows_new, again.rows_unchanged, again.version) == (0, 1, 0)
    report = lake.add("device_readings", readings(("A", 1, "hour", "a1", 5), ("B", 1, "hour", "a1", 7)), "test", False)
    assert (report.rows_new, report.rows_changed, report.version) == (1, 1, 1)
    assert stored(lake) == [("A", 0, "hour", "a1", 1.0), ("A", 1, "hour", "a1", 5.0), ("B", 1, "hour", "a1", 7.0)]
    assert stored(lake, version=0) == [("A", 0, "hour", "a1", 1.0), ("A", 1, "hour", "a1", 2.0)]


def test_of_rows_with_the_same_key_the_last_is_taken(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rows = readings(("A", 0, "hour", "a1", 1), ("B", 0, "hour", "a1", 4), ("A", 0, "hour", "a1", 2))
    assert lake.add("device_readings", rows, "test", False).duplicates == 1
    assert stored(lake) == [("A", 0, "hour", "a1", 2.0), ("B", 0, "hour", "a1", 4.0)]


def test_a_transaction_is_done_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add("device_readings", readings(("A", 0, "hour", "a1", 1)), "test", False, ("gateway", 1))
    lake.add("device_readings", readings(("A", 0, "hour", "a1", 9)), "test", False, ("gateway", 2))
    done = lake.add("device_readings", readings(("A", 0, "hour", "a1", 1)), "test", False, ("gateway", 1))
    assert done.already_imported
    assert stored(lake) == [("A", 0, "hour", "a1", 9.0)]
    lake.add("device_readings", readings(("A", 0, "hour", "a1", 3)), "test", False, ("another", 1))
    assert stored(lake) == [("A", 0, "hour", "a1", 3.0)]


def test_a_transaction_of_merged_rows_is_done_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    row = {"station": ["东四"], "time": pa.array([START], pa.timestamp("us")), "pm25": [1.0]}
    lake.write("air_hourly", pa.table(row), "test", False, ("gateway", 1))
    lake.write("air_hourly", pa.table({**row, "pm25": [2.0]}), "by hand", False)
    assert lake.write("air_hourly", pa.table(row), "test", False, ("gateway", 1)).already_imported
    assert lake.version("air_hourly") == 1


def test_impossible_times_and_values_are_set_aside_and_counted(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    years = 86400 * 365 * 20
    rows = readings(("A", 0, "hour", "a1", 1), ("A", years, "hour", "a1", 2), ("A", 1, "hour", "a1", float("inf")))
    report = lake.add("device_readings", rows, "test", False)
    assert report.quarantined == {"future": 1, "out_of_range": 1}
    assert stored(lake) == [("A", 0, "hour", "a1", 1.0), ("A", 1, "hour", "a1", None)]


def test_measured_and_simulated_rows_do_not_mix(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add("device_readings", readings(("A", 0, "hour", "a1", 1)), "test", True)
    with pytest.raises(LantuError, match="simulated"):
        lake.add("device_readings", readings(("A", 1, "hour", "a1", 1)), "test", False)


def test_only_streams_are_added_to_and_keyed_ones_not_imported(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(LantuError, match="no stream"):
        lake.add("air_hourly", readings(("A", 0, "hour", "a1", 1)), "test", False)
    with pytest.raises(LantuError, match="written by the gateway"):
        lake.import_files("device_readings", [tmp_path / "some.csv"])


def test_small_files_are_put_together_and_the_rows_stay(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for second in range(6):
        lake.add("device_readings", readings(("A", second, "hour", "a1", second)), "test", False, ("gateway", second))
    before = stored(lake)
    assert len(lake.files("device_readings")) == 6
    lake.tidy("device_readings")
    assert len(lake.files("device_readings")) == 1
    assert stored(lake) == before
    assert lake.add(
        "device_readings", readings(("A", 9, "hour", "a1", 9)), "test", False, ("gateway", 5)
    ).already_imported
    assert lake.add("device_readings", readings(("A", 9, "hour", "a1", 9)), "test", False, ("gateway", 6)).rows_new == 1
    assert not lake.is_simulated("device_readings")
