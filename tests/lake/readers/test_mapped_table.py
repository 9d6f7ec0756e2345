"""Plain tables, wide and long, as text, workbook and Parquet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import xlsxwriter

from lantu.base import LantuError
from lantu.lake import Lake

Stored = Callable[..., list[tuple[Any, ...]]]

WIDE: dict[str, Any] = {
    "form": "wide",
    "station": "站点",
    "time": {"columns": ["日期", "时"], "format": "%Y-%m-%d %H", "marks": "end"},
    "items": {"pm25": {"named": "PM2.5", "unit": "mg/m3"}, "co": {"named": "CO", "unit": "mg/m3"}},
}
LONG: dict[str, Any] = {
    "form": "long",
    "station": "站点",
    "time": {"columns": ["时间"], "marks": "start"},
    "item": "项目",
    "value": "浓度",
    "items": {"pm25": {"named": "细颗粒物", "unit": "ug/m3"}, "co": {"named": "一氧化碳", "unit": "mg/m3"}},
}


def csv(tmp_path: Path, *lines: str, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refused(lake: Lake, path: Path, mapping: dict[str, Any]) -> str:
    with pytest.raises(LantuError) as error:
        lake.import_files("air_hourly", [path], mapping)
    assert lake.version("air_hourly") is None
    return str(error.value)


def test_wide_csv(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "站点,日期,时,PM2.5,CO,备注",
        "东四,2021-08-01,1,0.035,0.4,",
        "东四,2021-08-01,2,NA,1.1,x",
        "天坛,2021-08-01,1,0.0121,-,",
    )
    report = lake.import_files("air_hourly", [path], WIDE)
    assert stored("pm25", "co") == [
        ("东四", "2021-08-01T01", 35, 0.4),
        ("东四", "2021-08-01T02", None, 1.1),
        ("天坛", "2021-08-01T01", 12.1, None),
    ]
    assert [str(note) for note in report.notes] == ["columns not used: 备注"]
    assert lake.import_files("air_hourly", [path], WIDE).already_imported
    # Read in another way the same file is another input: here the values a thousand times larger are corrections.
    other = {**WIDE, "items": {"co": {"named": "CO", "unit": "ug/m3"}}}
    assert lake.import_files("air_hourly", [path], other).rows_changed == 2
    assert stored("co")[0] == ("东四", "2021-08-01T01", 0.0004)


@pytest.mark.parametrize(("delimiter", "name"), [(";", "a.csv"), ("\t", "a.tsv"), ("|", "a.txt")])
def test_other_delimiters_are_found(delimiter: str, name: str, lake: Lake, stored: Stored, tmp_path: Path) -> None:
    lines = ["站点,日期,时,PM2.5,CO", "东四,2021-08-01,1,0.035,0.4"]
    lake.import_files("air_hourly", [csv(tmp_path, *(line.replace(",", delimiter) for line in lines), name=name)], WIDE)
    assert stored("pm25") == [("东四", "2021-08-01T01", 35)]


def test_start_of_the_hour_is_stored_as_its_end(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    path = csv(
        tmp_path, "站点,时间,项目,浓度", "东四,2021-08-31 23:00,细颗粒物,30", "东四,2021-08-31 23:00,一氧化碳,0.5"
    )
    report = lake.import_files("air_hourly", [path], LONG)
    assert stored("pm25", "co") == [("东四", "2021-09-01T00", 30, 0.5)]
    assert report.rows_read == 2


def test_hour_24_of_a_mapped_table(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    path = csv(tmp_path, "站点,日期,时,PM2.5,CO", "东四,2021-08-01,24,0.035,0.4", "东四,2021-08-01,23,0.035,0.4")
    report = lake.import_files("air_hourly", [path], WIDE)
    assert report.examples == {"bad_time": "table.csv:2 [日期 时] 2021-08-01 24 东四"}
    mapping = {**WIDE, "time": {**WIDE["time"], "hour_24": True}}
    lake.import_files("air_hourly", [path], mapping)
    assert [row[1] for row in stored("pm25")] == ["2021-08-01T23", "2021-08-02T00"]


def test_one_station_for_the_whole_table_and_other_names(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    path = csv(tmp_path, "1,2", "日期,时,PM2.5", "2021-08-01,1,0.02")
    mapping = {
        **{key: value for key, value in WIDE.items() if key != "station"},
        "station_name": "东四",
        "header_line": 2,
        "items": {"PM2.5": {"named": "PM2.5", "unit": "mg/m³"}},
    }
    lake.import_files("air_hourly", [path], mapping)
    assert stored("pm25") == [("东四", "2021-08-01T01", 20)]
    path = csv(tmp_path, "站点,日期,时,PM2.5,CO", "1001A,2021-08-01,1,0.03,-999", name="codes.csv")
    lake.import_files("air_hourly", [path], {**WIDE, "stations": {"1001A": "万寿西宫"}, "missing": [-999]})
    assert ("万寿西宫", "2021-08-01T01", 30, None) in stored("pm25", "co")


def test_long_table_with_a_column_of_units(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "站点,时间,项目,浓度,单位",
        "东四,2021-08-01 01:00,细颗粒物,30,ug/m3",
        "东四,2021-08-01 02:00,细颗粒物,0.031,mg/m3",
        "东四,2021-08-01 03:00,细颗粒物,5,ppb",
        "东四,2021-08-01 04:00,细颗粒物,5,℃",
        "东四,2021-08-01 05:00,细颗粒物,x,ug/m3",
        "东四,2021-08-01 05:00,汞,1,ug/m3",
    )
    report = lake.import_files("air_hourly", [path], {**LONG, "unit": "单位", "items": {"pm25": {"named": "细颗粒物"}}})
    assert stored("pm25") == [("东四", "2021-08-01T02", 30), ("东四", "2021-08-01T03", 31)]
    assert report.quarantined == {"unit": 2, "not_a_number": 1}
    assert report.examples["unit"] == "table.csv:4 [单位] 5 ppb 东四 2021-08-01T04:00"
    assert [str(note) for note in report.notes] == ["item not used: 汞, 1 rows"]


def test_long_table_without_a_mapped_item(lake: Lake, tmp_path: Path) -> None:
    path = csv(tmp_path, "站点,时间,项目,浓度", "东四,2021-08-01 01:00,PM25,30")
    assert refused(lake, path, LONG) == "table.csv:2: no row holds a mapped item; there are: PM25"


def test_same_hour_twice_in_a_long_table(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    row = "东四,2021-08-01 01:00,细颗粒物,"
    path = csv(tmp_path, "站点,时间,项目,浓度", row + "30", row + "31", "天坛,2021-08-01 01:00,细颗粒物,7")
    report = lake.import_files("air_hourly", [path], LONG)
    assert stored("pm25") == [("天坛", "2021-08-01T02", 7)]
    assert report.quarantined == {"conflict": 2}
    assert report.examples["conflict"] == "table.csv:2 [pm25] 30 东四 2021-08-01T02:00"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["站点,日期,时,CO", "东四,2021-08-01,1,1"],
            "table.csv:1: the column 'PM2.5' is missing; the header has: 站点",
        ),
        (["站点,日期,时,PM2.5,PM2.5,CO", "东四,2021-08-01,1,1,1,1"], "table.csv:1: the column 'PM2.5' appears 2 times"),
        (["站点,日期,时,PM2.5,CO"], "table.csv:1: there is no row under the header"),
        (["<html>"], "table.csv: this is a web page"),
        (["站点,日期,时,PM2.5,CO", "东四,2021-08-01,1,1"], "table.csv:2: another number of columns than the header"),
        (["站点,日期,时,PM2.5,CO", ",2021-08-01,1,0.1,1"], "table.csv:2 [station]: no name of a station"),
        (
            ["站点,日期,时,PM2.5,CO", "东四,01.08.2021,1,0.1,1"],
            "table.csv:2 [日期 时]: no such time, or not on the hour",
        ),
    ],
)
def test_table_that_cannot_be_used(lines: list[str], message: str, lake: Lake, tmp_path: Path) -> None:
    assert refused(lake, csv(tmp_path, *lines), WIDE).startswith(message)


def test_file_that_is_no_table(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "table.pdf"
    path.write_bytes(b"%PDF-1.7")
    assert "an unknown layout" in refused(lake, path, WIDE)


def workbook(path: Path, rows: list[list[Any]], sheet: str = "数据") -> Path:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        book.add_worksheet("说明").write(0, 0, "PM2.5")
        target = book.add_worksheet(sheet)
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                target.write(line, column, cell)
    return path


def test_workbook(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    times = [dt.datetime(2021, 8, 1) + dt.timedelta(hours=hour) for hour in range(26)]
    rows: list[list[Any]] = [["北京市"], ["站点", "时间", "PM2.5", "CO"]]
    rows += [["东四", time, 0.01, 0.5] for time in times]
    rows += [[], [1001, times[0], "x", 0.7], [1001, dt.datetime(2021, 8, 1, 1, 30), 0.01, 0.7], ["东四", "", 1, 1, "y"]]
    mapping = {**WIDE, "sheet": "数据", "header_line": 2, "time": {"columns": ["时间"], "marks": "end"}}
    report = lake.import_files("air_hourly", [workbook(tmp_path / "table.xlsx", rows)], mapping)
    assert [row for row in stored("pm25", "co") if row[0] == "东四"] == [
        ("东四", time.isoformat()[:13], 10, 0.5) for time in times
    ]
    assert stored("pm25", "co")[0] == ("1001", "2021-08-01T00", None, 0.7)
    assert report.examples == {
        "not_a_number": "table.xlsx:30 [PM2.5] x 1001 2021-08-01T00:00",
        "bad_time": "table.xlsx:31 [时间] 2021-08-01 01:30:00 1001",
        "columns": "table.xlsx:32 东四,,1,1,y",
    }


def test_workbook_with_date_and_hour_apart(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    rows = [["站点", "日期", "时", "PM2.5", "CO"], ["东四", dt.date(2021, 8, 1), 1, 0.01, "NA"]]
    lake.import_files("air_hourly", [workbook(tmp_path / "table.xlsx", rows)], {**WIDE, "sheet": "数据"})
    assert stored("pm25", "co") == [("东四", "2021-08-01T01", 10, None)]


def test_workbook_that_cannot_be_used(lake: Lake, tmp_path: Path) -> None:
    path = workbook(tmp_path / "table.xlsx", [["站点"]])
    assert "table.xlsx: there is no sheet 'x'; there are: 说明、数据" in refused(
        lake, path, {**WIDE, "sheet": "x"}
    ).replace("table.xlsx:1:", "table.xlsx:")
    assert "there is no row under the header" in refused(lake, path, WIDE)
    path.write_bytes(path.read_bytes()[:1000])
    assert "table.xlsx: the workbook is damaged" in refused(lake, path, WIDE)
    path.write_bytes(b"<html>")
    assert "table.xlsx: the workbook is damaged" in refused(lake, path, WIDE)


PARQUET: dict[str, Any] = {
    "form": "wide",
    "station": "site",
    "time": {"columns": ["time"], "marks": "start"},
    "items": {"pm25": {"named": "pm", "unit": "mg/m3"}, "co": {"named": "co", "unit": "ug/m3"}},
}


def test_parquet(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    times = [dt.datetime(2021, 8, 1, 1), None, dt.datetime(2021, 8, 1, 2, 30), dt.datetime(2021, 8, 1, 3)]
    table = pa.table(
        {
            "site": pa.array(["东四", "东四", "东四", None]).dictionary_encode(),
            "time": pa.array(times, pa.timestamp("ns")),
            "pm": pa.array([0.0351, 1, 1, 1], pa.float64()),
            "co": pa.array([700, None, 700, 700], pa.int32()),
            "x": [1, 2, 3, 4],
        }
    )
    parquet.write_table(table, tmp_path / "table.parquet")
    report = lake.import_files("air_hourly", [tmp_path / "table.parquet"], PARQUET)
    assert stored("pm25", "co") == [("东四", "2021-08-01T02", 35.1, 0.7)]
    assert report.quarantined == {"bad_time": 2, "no_station": 1}
    assert report.examples["no_station"].startswith("table.parquet:4 [station]")
    assert [str(note) for note in report.notes] == ["columns not used: x"]


def test_parquet_that_cannot_be_used(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    zoned = pa.table(
        {
            "site": ["东四"],
            "time": pa.array([dt.datetime(2021, 8, 1)], pa.timestamp("us", "Asia/Shanghai")),
            "pm": [1.0],
            "co": [1.0],
        }
    )
    parquet.write_table(zoned, path)
    assert "the column 'time' has a time zone; give local standard time" in refused(lake, path, PARQUET)
    parquet.write_table(zoned.drop(["pm"]).slice(0, 0), path)
    assert "table.parquet: the table has no row" in refused(lake, path, PARQUET).replace(":1:", ":")
    path.write_bytes(b"PAR1" + bytes(100))
    assert "not Parquet, or damaged" in refused(lake, path, PARQUET)


def test_words_become_the_declared_values(lake: Lake, stored: Stored, tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "站点,时间,风向",
        *(f"东四,2021-08-01 0{i}:00,{w}" for i, w in enumerate(["N", "ssw", "西北", "C", "12.5", "NA"])),
    )
    mapping = {
        "form": "wide",
        "station": "站点",
        "time": {"columns": ["时间"], "marks": "end"},
        "items": {"风向": {"named": "风向", "unit": "°"}},
    }
    report = lake.import_files("weather_hourly", [path], mapping)
    assert [row[2] for row in stored("wind_direction", dataset="weather_hourly")] == [0, 202.5, 315, 12.5]
    assert report.examples == {"unknown_word": "table.csv:5 [风向] C 东四 2021-08-01T03:00"}
