"""Each import is a version: what came before can still be read, and doing it twice changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import LantuError
from lantu.lake import Lake
from lantu.lake.engine import connect

Publish = Callable[..., Path]
Stored = Callable[..., list[tuple[Any, ...]]]

DAY = [["20210801", 1, "PM2.5", 10, 20], ["20210801", 2, "PM2.5", 11, 21]]


def simulated_rows(value: float = 5.0) -> Any:
    return pa.table({"station": ["东四"], "time": [dt.datetime(2021, 8, 1, 1)], "pm25": [value]})


def test_importing_twice_changes_nothing(lake: Lake, publish: Publish, stored: Stored) -> None:
    path = publish("day.csv", [*DAY, ["20210801", 3, "PM2.5", 99999, 1]])
    first = lake.import_files("air_hourly", [path])
    before = {file: file.read_bytes() for file in lake.path.rglob("*") if file.is_file()}
    again = lake.import_files("air_hourly", [path])
    assert (again.already_imported, again.version, again.version_before) == (True, 0, 0)
    assert {file: file.read_bytes() for file in lake.path.rglob("*") if file.is_file()} == before
    assert first.rows_new == 5
    assert "imported before" in str(again.lines()[0])


def test_same_rows_in_another_file_make_no_version(lake: Lake, publish: Publish) -> None:
    lake.import_files("air_hourly", [publish("day.csv", DAY)])
    report = lake.import_files("air_hourly", [publish("copy.csv", [*DAY, DAY[0]])])
    assert (report.already_imported, report.rows_unchanged, report.version) == (False, 4, 0)
    assert "the data are the same as what is there" in [str(note) for note in report.notes]


def test_correction_makes_a_version_and_the_old_one_can_be_read(lake: Lake, publish: Publish, stored: Stored) -> None:
    lake.import_files("air_hourly", [publish("day.csv", DAY)])
    report = lake.import_files("air_hourly", [publish("right.csv", [["20210801", 2, "PM2.5", 12, ""]])])
    assert (report.version_before, report.version, report.rows_changed, report.rows_new) == (0, 1, 1, 0)
    assert ("东四", "2021-08-01T02", 12, "day.csv + right.csv") in stored(lake, "pm25", "source")
    assert ("天坛", "2021-08-01T02", 21, "day.csv") in stored(lake, "pm25", "source")
    assert ("东四", "2021-08-01T02", 11) in stored(lake, version=0)
    old = lake.table("air_hourly", connect(), version=0)
    assert sorted(old.pm25.execute()) == [10, 11, 20, 21]
    # The first file again does not undo the correction, not even beside a new one.
    other = publish("other.csv", [["20210803", 1, "PM2.5", 1, 2]])
    report = lake.import_files("air_hourly", [publish("day.csv", DAY), other])
    assert "day.csv was imported before and is left out" in [str(note) for note in report.notes]
    assert ("东四", "2021-08-01T02", 12) in stored(lake)
    assert len(stored(lake)) == 6


def test_months_that_an_import_does_not_touch_stay_as_they_are(lake: Lake, publish: Publish) -> None:
    lake.import_files("air_hourly", [publish("july.csv", [["20210701", 1, "PM2.5", 1, 2]])])
    (july,) = lake.files("air_hourly")
    lake.import_files("air_hourly", [publish("august.csv", DAY)])
    assert july in lake.files("air_hourly")
    # Hour 0 of 1 September is the last hour of August.
    lake.import_files("air_hourly", [publish("end.csv", [["20210901", 0, "PM2.5", 5, 6]])])
    august = lake.files("air_hourly", dt.date(2021, 8, 31), dt.date(2021, 8, 31))
    assert len(lake.files("air_hourly")) == 2
    assert len(august) == 1
    assert lake.files("air_hourly", dt.date(2021, 10, 1), dt.date(2021, 10, 2)) == []


@pytest.mark.parametrize("version", [-1, 1, 99])
def test_version_that_does_not_exist(version: int, lake: Lake, publish: Publish) -> None:
    lake.import_files("air_hourly", [publish("day.csv", DAY)])
    with pytest.raises(LantuError) as error:
        lake.files("air_hourly", version=version)
    assert str(error.value) == f"air_hourly has no version {version}\n  → there are versions 0 to 0"


def test_measured_and_simulated_rows_do_not_mix(lake: Lake, publish: Publish, stored: Stored) -> None:
    lake.write("air_hourly", simulated_rows(), "simulated city", simulated=True)
    assert lake.is_simulated("air_hourly")
    with pytest.raises(LantuError) as error:
        lake.import_files("air_hourly", [publish("day.csv", DAY)])
    assert "air_hourly holds simulated data; measured data are not mixed in" in str(error.value)
    assert "lantu data clear air_hourly" in str(error.value)
    assert stored(lake) == [("东四", "2021-08-01T01", 5)]

    lake.clear("air_hourly")
    assert lake.import_files("air_hourly", [publish("day.csv", DAY)]).version == 2
    assert not lake.is_simulated("air_hourly")
    with pytest.raises(LantuError, match="holds measured data"):
        lake.write("air_hourly", simulated_rows(), "simulated city", simulated=True)


def test_clear_empties_the_dataset_and_keeps_the_versions(lake: Lake, publish: Publish, stored: Stored) -> None:
    lake.clear("air_hourly")
    assert lake.version("air_hourly") is None
    path = publish("day.csv", DAY)
    lake.import_files("air_hourly", [path])
    lake.clear("air_hourly")
    assert lake.version("air_hourly") == 1
    assert stored(lake) == []
    assert lake.table("air_hourly", connect()).count().execute() == 0
    assert len(stored(lake, version=0)) == 4
    (status,) = lake.status()
    assert (status.rows, status.stations, status.first, status.sources) == (0, 0, "", [])
    lake.clear("air_hourly")
    # What was imported before the clearing may come in again.
    assert lake.import_files("air_hourly", [path]).rows_new == 4


def test_status_tells_what_is_there(lake: Lake, publish: Publish) -> None:
    assert lake.status() == []
    lake.import_files("air_hourly", [publish("day.csv", DAY)])
    (status,) = lake.status()
    assert status.as_json() == {
        "dataset": "air_hourly",
        "version": 0,
        "rows": 4,
        "stations": 2,
        "first": "2021-08-01 01:00",
        "last": "2021-08-01 02:00",
        "simulated": False,
        "sources": ["day.csv"],
    }
    assert status.cells()[6] == "measured"


def test_quality_counts_each_fault_once_however_often_it_comes(lake: Lake, publish: Publish) -> None:
    assert lake.quality() == []
    bad = ["20210801", 3, "PM2.5", 99999, -5]
    lake.import_files("air_hourly", [publish("day.csv", [*DAY, bad])])
    lake.import_files("air_hourly", [publish("day.csv", [*DAY, bad, ["20210801", 4, "PM2.5", 1, 1]])])
    (row,) = lake.quality()
    assert (row.reason, row.count) == ("out_of_range", 2)
    assert row.as_json()["title"] == "outside the possible range"


def test_raw_files_are_kept_as_they_came(lake: Lake, publish: Publish) -> None:
    path = publish("day.csv", DAY)
    lake.import_files("air_hourly", [path])
    (kept,) = (file for file in (lake.path / "raw").rglob("*") if file.is_file())
    assert kept.name == "day.csv"
    assert kept.read_bytes() == path.read_bytes()


def test_written_rows_are_checked_too(lake: Lake) -> None:
    for wrong, message in (
        (pa.table({"time": [dt.datetime(2021, 8, 1)], "pm25": [1.0]}), "table: the column station is missing"),
        (simulated_rows().append_column("hg", [[1.0]]), "table: the dataset air_hourly has no column hg"),
    ):
        with pytest.raises(LantuError) as error:
            lake.write("air_hourly", wrong, "table", simulated=True)
        assert str(error.value) == message
    rows = pa.table(
        {
            "station": ["东四", None, "天坛", "天坛"],
            "time": [dt.datetime(2021, 8, 1, 1)] * 2 + [None, dt.datetime(2021, 8, 1, 2)],
            "pm25": [5.0, 6.0, 7.0, None],
        }
    )
    report = lake.write("air_hourly", rows, "table", simulated=True)
    assert report.rows_new == 1
    assert report.quarantined == {"no_station": 1, "bad_time": 1}
