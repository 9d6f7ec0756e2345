"""The national sections of surface water as published: times without a year, sections that share a name."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pytest

from lantu.base import LantuError, use_language
from lantu.lake import Lake

HEADER = (
    "省份,流域,断面名称,监测时间,水质类别,水温(℃),pH(无量纲),溶解氧(mg/L),电导率(μS/cm),浊度(NTU),高锰酸盐指数(mg/L),"
    "氨氮(mg/L),总磷(mg/L),总氮(mg/L),叶绿素α(mg/L),藻密度(cells/L)"
)
ROW = "北京市,海河流域,大关桥,02-04 11:33,Ⅱ,2.1,8.1,12.3,500,3,1.2,<0.02,0.05L,3.1,--,--"


def published(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_year_comes_from_the_name_and_the_class_is_kept(lake: Lake, tmp_path: Path) -> None:
    other = ROW.replace("北京市,海河", "贵州省,长江").replace("Ⅱ", "--")
    report = lake.import_files("surface_water", [published(tmp_path, "sections-20260205.csv", ROW, other)])
    assert (report.rows_new, report.notes, report.quarantined) == (2, [], {})
    rows = lake.rows(
        "surface_water", ["北京市大关桥", "贵州省大关桥"], dt.datetime(2026, 2, 4), dt.datetime(2026, 2, 5)
    )
    first, second = rows.to_pylist()
    assert (first["time"], first["published_class"], first["province"]) == (
        dt.datetime(2026, 2, 4, 11, 33),
        "Ⅱ",
        "北京市",
    )
    assert (first["ph"], first["ammonia_nitrogen"], first["total_phosphorus"], first["chlorophyll_a"]) == (
        8.1,
        0.01,
        0.025,
        None,
    )
    assert first["below"] == "ammonia_nitrogen|total_phosphorus"
    assert (second["basin"], second["published_class"]) == ("长江流域", None)


def test_without_a_date_in_the_name_the_file_is_refused(lake: Lake, tmp_path: Path) -> None:
    path = published(tmp_path, "sections.csv", ROW)
    with pytest.raises(LantuError) as error:
        lake.import_files("surface_water", [path])
    assert str(error.value) == (
        "sections.csv:1: the times have no year, and the file's name does not hold one date\n"
        "  → name the file with the date of its publication, e.g. sections-2026-02-04.csv"
    )
    with use_language("zh"):
        assert "在文件名中写明发布日期" in str(error.value)
    assert lake.version("surface_water") is None


def test_text_that_differs_is_a_conflict_of_the_text_alone(lake: Lake, tmp_path: Path) -> None:
    path = published(tmp_path, "sections-2026-02-04.csv", ROW, ROW.replace("Ⅱ", "Ⅲ"))
    report = lake.import_files("surface_water", [path])
    assert report.quarantined == {"conflict": 2}
    assert report.examples["conflict"] == (
        "sections-2026-02-04.csv:2 [published_class] Ⅱ 北京市大关桥 2026-02-04T11:33"
    )
    (row,) = lake.rows("surface_water", ["北京市大关桥"], dt.datetime(2026, 2, 4), dt.datetime(2026, 2, 5)).to_pylist()
    assert (row["published_class"], row["ph"]) == (None, 8.1)


@pytest.mark.shared_data
def test_real_sections_come_in_whole(shared_data: Path, lake: Lake, tmp_path: Path) -> None:
    path = shared_data / "water" / "cnemc-sections-2026-02-04.csv"
    report = lake.import_files("surface_water", [path])
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    items = [name for name in rows[0] if "(" in name]
    measured = [row for row in rows if any(row[name] != "--" for name in items)]
    assert (report.rows_read, report.rows_new) == (len(rows), len(measured))
    assert (report.quarantined, report.notes) == ({}, [])
    stored = duckdb.execute(
        "select station, published_class, basin, total_phosphorus, algal_density, month(time), year(time) "
        "from read_parquet(?)",
        [lake.files("surface_water")],
    ).fetchall()

    def told(cell: str) -> float | None:
        return None if cell == "--" else float(cell)

    assert sorted(stored, key=str) == sorted(
        (
            (
                row["省份"] + row["断面名称"],
                None if row["水质类别"] == "--" else row["水质类别"],
                row["流域"],
                told(row["总磷(mg/L)"]),
                told(row["藻密度(cells/L)"]),
                2,
                2026,
            )
            for row in measured
        ),
        key=str,
    )
    (status,) = lake.status()
    assert (status.first, status.last, status.stations) == ("2026-02-04 07:00", "2026-02-04 11:33", len(measured))
    # The same file under a name without a date is refused.
    nameless = Path(shutil.copy(path, tmp_path / "sections.csv"))
    with pytest.raises(LantuError, match="the file's name does not hold one date"):
        Lake(tmp_path / "other").import_files("surface_water", [nameless])
