"""Times and names of stations by what the dataset and the mapping say of them."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from lantu.base import LantuError
from lantu.lake import Lake, get_dataset
from lantu.lake.cadence import Cadence
from lantu.lake.readers import load_mapping
from lantu.lake.readers.times import date_in_name, parse_time, time_pattern

DUSTFALL: dict[str, Any] = {
    "form": "wide",
    "station": "点位",
    "time": {"columns": ["月份"]},
    "items": {"dustfall": {"named": "降尘", "unit": "吨/平方公里·月"}},
}
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
SPAN = (dt.datetime(2021, 1, 1), dt.datetime(2022, 1, 1))


def text(tmp_path: Path, *lines: str, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("cadence", "format", "written", "read"),
    [
        ("day", None, "2021-08-01", "2021-08-01T00:00:00"),
        ("day", None, "2021/8/1 00:00:00", "2021-08-01T00:00:00"),
        ("day", None, "2021-08-01 01:00", None),
        ("day", "%Y%m%d", "20210801", "2021-08-01T00:00:00"),
        ("month", None, "2021-08", "2021-08-01T00:00:00"),
        ("month", None, "2021-08-01", "2021-08-01T00:00:00"),
        ("month", None, "2021-08-02", None),
        ("month", "%Y年%m月", "2021年8月", "2021-08-01T00:00:00"),
        ("month", None, "2021", None),
        ("moment", None, "2026-02-04", "2026-02-04T00:00:00"),
        ("moment", None, "2026-02-04 11:33", "2026-02-04T11:33:00"),
        ("moment", None, "2026-02-04 24:00", None),
        ("second", None, "2021-06-01 08:00:07", "2021-06-01T08:00:07"),
        ("second", None, "2021-06-01T08:00:07.000", "2021-06-01T08:00:07"),
        ("second", None, "2021-06-01 08:00:07.5", None),
        ("second", None, "2021-06-01 08:00", None),
        ("second", "%Y%m%d%H%M%S", "20210601080007", "2021-06-01T08:00:07"),
    ],
)
def test_times_by_cadence(cadence: Cadence, format: str | None, written: str, read: str | None) -> None:
    moment = parse_time(written, time_pattern(format, cadence), cadence=cadence)
    assert (moment.isoformat() if moment else None) == read


@pytest.mark.parametrize(
    ("written", "published", "read"),
    [
        ("02-04 11:00", dt.date(2026, 2, 4), "2026-02-04T11:00"),
        ("12-31 20:00", dt.date(2026, 1, 1), "2025-12-31T20:00"),
        ("01-01 00:00", dt.date(2025, 12, 31), "2026-01-01T00:00"),
        ("02-29 08:00", dt.date(2025, 2, 28), "2024-02-29T08:00"),
        ("02-30 08:00", dt.date(2025, 2, 28), None),
    ],
)
def test_time_without_a_year_lies_nearest_to_the_files_date(written: str, published: dt.date, read: str | None) -> None:
    pattern = time_pattern("%m-%d %H:%M", "moment", with_year=False)
    moment = parse_time(written, pattern, cadence="moment", near=published)
    assert (moment.isoformat()[:16] if moment else None) == read


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("sections-2026-02-04.csv", dt.date(2026, 2, 4)),
        ("20260204.csv", dt.date(2026, 2, 4)),
        ("2026_02_04 11.csv", dt.date(2026, 2, 4)),
        ("a-2026-02-04.zip!b.csv", dt.date(2026, 2, 4)),
        ("a-2026-02-04.zip!b-2026-02-05.csv", dt.date(2026, 2, 5)),
        ("2026-02-04 to 2026-02-05.csv", None),
        ("2026-02-30.csv", None),
        ("120260204.csv", None),
        ("sections.csv", None),
    ],
)
def test_date_in_the_name_of_a_file(name: str, date: dt.date | None) -> None:
    assert date_in_name(name) == date


@pytest.mark.parametrize(
    ("dataset", "time", "message"),
    [
        ("dustfall_monthly", {"columns": ["月"], "marks": "start"}, "[time.marks]: `marks` is for hourly data"),
        ("road_dust", {"columns": ["日"], "hour_24": True}, "[time.hour_24]: the times of road_dust have no hour"),
        ("road_dust", {"columns": ["日"], "format": "%Y-%m"}, "[time.format]: the time format '%Y-%m'"),
        ("air_hourly", {"columns": ["时间"]}, "[time.marks]: the key 'marks' is missing"),
        ("road_dust", {"columns": ["日"], "format": "%Y-%m-%d", "year": "file_name"}, "[time.format]: the time format"),
        ("road_dust", {"columns": ["日"], "year": "file_name"}, "times without a year need a `format`"),
        ("road_dust", {}, "give either `columns`, or `start` and `step`"),
        ("road_dust", {"start": "2021-06-01"}, "give either `columns`, or `start` and `step`"),
        ("road_dust", {"start": "2021", "step": "1s"}, "a time is written as in 2021-08-01 13:00:00"),
        ("road_dust", {"start": 5, "step": "1s"}, "a time is written as in 2021-08-01 13:00:00"),
        ("road_dust", {"start": "2021-06-01T00:00+08:00", "step": "1s"}, "without a time zone"),
        ("road_dust", {"start": "2021-06-01", "step": "1 week"}, "String should match pattern"),
        ("road_dust", {"start": "2021-06-01", "step": "1d", "hour_24": True}, "belong to `columns`"),
    ],
)
def test_rule_of_time_that_does_not_fit(dataset: str, time: dict[str, Any], message: str) -> None:
    declared = get_dataset(dataset)
    column = declared.columns[0]
    mapping = {
        "form": "wide",
        "station": "x",
        "time": time,
        "items": {column.name: {"named": "y", "unit": column.unit}},
    }
    with pytest.raises(LantuError) as error:
        load_mapping(mapping, declared)
    assert message in str(error.value)


@pytest.mark.parametrize("station", [{}, {"value": "a", "columns": ["b"]}])
def test_rule_of_stations_that_says_nothing_or_two_things(station: dict[str, Any]) -> None:
    with pytest.raises(LantuError, match="give either `value` or `columns`"):
        load_mapping({**TRUCK, "station": station}, get_dataset("heavy_vehicle_seconds"))


def test_text_that_the_dataset_does_not_have() -> None:
    with pytest.raises(LantuError, match=r"\[texts.basin\]: the dataset dustfall_monthly has no column 'basin'"):
        load_mapping({**DUSTFALL, "texts": {"basin": "流域"}}, get_dataset("dustfall_monthly"))


def test_months_out_of_text_and_workbook(lake: Lake, tmp_path: Path) -> None:
    path = text(tmp_path, "点位,月份,降尘", "东四,2021-07,4.2", "东四,2021-08-01,5.1", "东四,2021-08-15,5.5")
    report = lake.import_files("dustfall_monthly", [path], DUSTFALL)
    assert report.examples == {"bad_time": "table.csv:4 [月份] 2021-08-15 东四"}
    with xlsxwriter.Workbook(str(tmp_path / "table.xlsx"), {"default_date_format": "yyyy-mm"}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(
            [["点位", "月份", "降尘"], ["东四", dt.date(2021, 9, 1), 3.3], ["东四", "2021-10", 2]]
        ):
            for column, cell in enumerate(row):
                sheet.write(line, column, cell)
    lake.import_files("dustfall_monthly", [tmp_path / "table.xlsx"], DUSTFALL)
    rows = lake.rows("dustfall_monthly", ["东四"], *SPAN).to_pylist()
    assert [(row["time"].isoformat()[:10], row["dustfall"]) for row in rows] == [
        ("2021-07-01", 4.2),
        ("2021-08-01", 5.1),
        ("2021-09-01", 3.3),
        ("2021-10-01", 2),
    ]


def test_station_of_two_columns_needs_both(lake: Lake, tmp_path: Path) -> None:
    path = text(tmp_path, "区,点位,月份,降尘", "东城,东四,2021-07,4.2", ",东四,2021-07,1", "西城,,2021-07,1")
    mapping = {**DUSTFALL, "station": {"columns": ["区", "点位"], "joined_by": "-"}, "stations": {"东城-东四": "东四"}}
    report = lake.import_files("dustfall_monthly", [path], mapping)
    assert (report.rows_new, report.quarantined) == (1, {"no_station": 2})
    assert lake.rows("dustfall_monthly", ["东四"], *SPAN).num_rows == 1


def test_each_line_is_one_step_later_also_after_a_bad_one(lake: Lake, tmp_path: Path) -> None:
    path = text(tmp_path, "vel (mph),engine (rpm),NOx (g/s)", "1,700,0", "1,700", "10,x,0.1")
    report = lake.import_files("heavy_vehicle_seconds", [path], TRUCK)
    rows = lake.rows("heavy_vehicle_seconds", ["TRUCK-1"], *SPAN).to_pylist()
    assert [(row["time"].second, row["speed"], row["engine_speed"]) for row in rows] == [
        (0, 1.609344, 700),
        (2, 16.09344, None),
    ]
    assert report.examples["not_a_number"] == "table.csv:4 [engine (rpm)] x TRUCK-1 2021-06-01T08:00:02"


def test_steps_that_are_no_times_of_the_dataset(lake: Lake, tmp_path: Path) -> None:
    path = text(tmp_path, "dust", "1", "2", "3")
    mapping = {
        "form": "wide",
        "station": {"value": "a"},
        "time": {"start": "2021-06-01", "step": "12 h"},
        "items": {"dust_load": {"named": "dust", "unit": "g/m2"}},
    }
    report = lake.import_files("road_dust", [path], mapping)
    assert (report.rows_new, report.quarantined) == (2, {"bad_time": 1})
    assert report.examples["bad_time"] == "table.csv:3 2021-06-01T12:00:00 a"


@pytest.mark.shared_data
def test_real_truck_by_the_second(shared_data: Path, lake: Lake) -> None:
    path = shared_data / "vehicles" / "heavy-truck-1hz.csv.gz"
    report = lake.import_files("heavy_vehicle_seconds", [path], TRUCK)
    # Counted apart from Lantu: seconds, the distance, and the mass of NOx.
    with gzip.open(path, "rt") as handle:
        rows = list(csv.DictReader(handle))
    assert (report.rows_new, report.quarantined, report.notes) == (len(rows), {}, []) == (20876, {}, [])
    stored = lake.rows("heavy_vehicle_seconds", ["TRUCK-1"], *SPAN)
    assert sum(stored.column("speed").to_pylist()) == pytest.approx(sum(float(r["vel (mph)"]) * 1.609344 for r in rows))
    assert stored.column("nox_rate").to_pylist() == [float(row["NOx (g/s)"]) for row in rows]
    times = stored.column("time").to_pylist()
    assert times[0] == dt.datetime(2021, 6, 1, 8)
    assert times[-1] - times[0] == dt.timedelta(seconds=len(rows) - 1)
