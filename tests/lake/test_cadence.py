"""What the time of a row means decides under which month it lies and in which span it is found."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import LantuError
from lantu.lake import Lake
from lantu.lake.engine import connect

MIDNIGHT = dt.datetime(2021, 9, 1)


def put(lake: Lake, dataset: str, column: str, *times: dt.datetime, **more: Any) -> Any:
    rows = {"station": ["a"] * len(times), "time": pa.array(times, pa.timestamp("us")), column: [1.0] * len(times)}
    return lake.write(dataset, pa.table({**rows, **more}), "test", simulated=True)


DATASETS = [
    ("air_hourly", "pm25", "2021-08"),
    ("road_dust", "dust_load", "2021-09"),
    ("dustfall_monthly", "dustfall", "2021-09"),
    ("surface_water", "ph", "2021-09"),
    ("heavy_vehicle_seconds", "speed", "2021-09"),
]


@pytest.mark.parametrize(("dataset", "column", "month"), DATASETS)
def test_midnight_of_the_first_lies_in_its_month(dataset: str, column: str, month: str, lake: Lake) -> None:
    put(lake, dataset, column, MIDNIGHT)
    (file,) = lake.files(dataset)
    assert f"month={month}" in file
    day = dt.date(2021, 8, 31) if month == "2021-08" else dt.date(2021, 9, 1)
    other = dt.date(2021, 9, 1) if month == "2021-08" else dt.date(2021, 8, 31)
    assert lake.files(dataset, day, day) == [file]
    assert lake.files(dataset, other, other) == []
    assert lake.table(dataset, connect(), day, day).count().execute() == 1
    # A whole day holds the midnight that it begins with; of hours the one that it ends with.
    begun = lake.rows(dataset, ["a"], MIDNIGHT, MIDNIGHT + dt.timedelta(days=1))
    ended = lake.rows(dataset, ["a"], MIDNIGHT - dt.timedelta(days=1), MIDNIGHT)
    counts = [0 if rows is None else rows.num_rows for rows in (begun, ended)]
    assert counts == ([0, 1] if month == "2021-08" else [1, 0])


@pytest.mark.parametrize(
    ("dataset", "shown"),
    [
        ("air_hourly", "2021-09-01 00:00"),
        ("road_dust", "2021-09-01"),
        ("dustfall_monthly", "2021-09"),
        ("surface_water", "2021-09-01 00:00"),
        ("heavy_vehicle_seconds", "2021-09-01 00:00:00"),
    ],
)
def test_status_shows_as_much_of_the_time_as_means_something(dataset: str, shown: str, lake: Lake) -> None:
    column = next(name for each, name, _ in DATASETS if each == dataset)
    put(lake, dataset, column, MIDNIGHT)
    (status,) = lake.status()
    assert (status.first, status.last) == (shown, shown)


@pytest.mark.parametrize(
    ("dataset", "column", "time"),
    [
        ("air_hourly", "pm25", dt.datetime(2021, 8, 1, 1, 30)),
        ("road_dust", "dust_load", dt.datetime(2021, 8, 1, 1)),
        ("dustfall_monthly", "dustfall", dt.datetime(2021, 8, 15)),
        ("heavy_vehicle_seconds", "speed", dt.datetime(2021, 8, 1, 1, 0, 0, 500_000)),
    ],
)
def test_time_that_no_row_of_the_dataset_has(dataset: str, column: str, time: dt.datetime, lake: Lake) -> None:
    report = put(lake, dataset, column, MIDNIGHT, time)
    assert (report.rows_new, report.quarantined) == (1, {"bad_time": 1})


def test_sampling_moment_may_be_any(lake: Lake) -> None:
    report = put(lake, "surface_water", "ph", dt.datetime(2026, 2, 4, 11, 33), dt.datetime(2026, 2, 4))
    assert (report.rows_new, report.quarantined) == (2, {})


def test_streets_are_checked_for_jumps_and_stuck_values_and_samples_are_not(lake: Lake) -> None:
    hours = [MIDNIGHT + dt.timedelta(hours=hour) for hour in range(14)]
    report = put(lake, "street_dust_hourly", "tsp", *hours, pm25=pa.array([9.0] * 14), pm10=pa.array([8.0] * 14))
    assert report.flags == {"stuck": 42, "pm25_above_pm10": 14}
    assert put(lake, "surface_water", "ph", *hours).flags == {}


def test_seconds_are_added_and_corrected(lake: Lake) -> None:
    first = [MIDNIGHT + dt.timedelta(seconds=second) for second in range(5)]
    put(lake, "heavy_vehicle_seconds", "speed", *first)
    (old,) = lake.files("heavy_vehicle_seconds")
    later = [each + dt.timedelta(seconds=5) for each in first]
    report = put(lake, "heavy_vehicle_seconds", "speed", *later)
    # New seconds lie beside the old ones, whose file is not written again.
    assert (report.rows_new, report.rows_unchanged) == (5, 0)
    assert old in lake.files("heavy_vehicle_seconds")
    # Seconds that are there already are merged: filled, corrected, or left.
    rows = {"station": ["a"] * 2, "time": [later[-1], later[-1] + dt.timedelta(seconds=1)], "speed": [2.0, 1.0]}
    report = lake.write("heavy_vehicle_seconds", pa.table(rows), "test", simulated=True)
    assert (report.rows_new, report.rows_changed) == (1, 1)
    found = lake.rows("heavy_vehicle_seconds", ["a"], MIDNIGHT, MIDNIGHT + dt.timedelta(minutes=1))
    assert found.column("speed").to_pylist() == [1.0] * 9 + [2.0, 1.0]
    assert len(lake.files("heavy_vehicle_seconds")) == 1


def test_finding_in_a_stream_names_the_second(lake: Lake) -> None:
    rows = {"station": ["a", "a"], "time": [MIDNIGHT + dt.timedelta(seconds=7)] * 2, "speed": [1.0, 2.0]}
    with pytest.raises(LantuError, match="the same station and time with different values"):
        lake.write("heavy_vehicle_seconds", pa.table(rows), "test", simulated=True)
    (row,) = lake.quality()
    assert row.count == 2


def test_older_files_lack_a_column_that_was_declared_since(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lantu.lake import dataset as declarations

    today = declarations.all_datasets()
    less = today["road_dust"].model_copy(update={"columns": today["road_dust"].columns[:1], "texts": ()})
    monkeypatch.setattr(declarations, "all_datasets", lambda: {**today, "road_dust": less})
    put(lake, "road_dust", "dust_load", dt.datetime(2021, 7, 1), MIDNIGHT)
    monkeypatch.setattr(declarations, "all_datasets", lambda: today)
    assert lake.table("road_dust", connect()).dust_residue.count().execute() == 0
    put(lake, "road_dust", "dust_residue", MIDNIGHT, road_class=["主干路"])
    table = lake.table("road_dust", connect()).order_by("time").execute()
    assert table.dust_load.tolist() == [1, 1]
    assert table.dust_residue.isna().tolist() == [True, False]
    rows = lake.rows("road_dust", ["a"], dt.datetime(2021, 7, 1), dt.datetime(2021, 10, 1))
    assert rows.column("road_class").to_pylist() == [None, "主干路"]
    assert lake.table("road_dust", connect(), version=0).count().execute() == 2
