"""Tables that are known by their header."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lantu.base import LantuError
from lantu.lake import Lake
from lantu.lake.dataset import all_datasets
from lantu.lake.readers.layouts import all_layouts

HEADER = "No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,wd,WSPM,station"


def test_declared_layouts_fit_their_datasets() -> None:
    for layout, _ in all_layouts():
        for name, items in layout.datasets.items():
            assert {all_datasets()[name].column(key).name for key in items} == set(items)


def test_header_that_lacks_a_column_is_named(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    path.write_text(HEADER.replace("CO,", "") + "\n1,2013,3,1,0,7,7,3,2,91,-2.3,1020.3,-20.7,0,WNW,3.1,Huairou\n")
    with pytest.raises(LantuError) as error:
        lake.import_files("air_hourly", [path])
    assert str(error.value) == "site.csv:1: Beijing multi-site set (UCI): the column CO is missing"


def test_one_file_serves_two_datasets(lake: Lake, tmp_path: Path, stored: Callable[..., list[Any]]) -> None:
    path = tmp_path / "site.csv"
    path.write_text(HEADER + '\n1,2013,3,1,0,7,7,3,NA,1100,91,-2.3,1020.3,-20.7,0,"WNW",3.1,"Huairou"\n')
    for dataset in ("air_hourly", "weather_hourly"):
        report = lake.import_files(dataset, [path])
        assert (report.rows_new, report.notes) == (1, [])
    assert stored("pm25", "no2", "co") == [("怀柔", "2013-03-01T00", 7, None, 1.1)]
    assert stored("temperature", "wind_direction", dataset="weather_hourly") == [("怀柔", "2013-03-01T00", -2.3, 292.5)]
    assert len(list((lake.path / "raw").iterdir())) == 1


@pytest.mark.shared_data
def test_real_set_of_2013_to_2017_comes_in_whole(
    shared_data: Path, lake: Lake, stored: Callable[..., list[Any]]
) -> None:
    path = shared_data / "air" / "prsa-2013-2017-weather.tar.xz"
    report = lake.import_files("weather_hourly", [path])
    assert (report.members, report.rows_read, report.quarantined) == (12, 420768, {})
    # Counted apart from Lantu: rows with any weather, and their sum of rain.
    rows, rain, winds = 0, 0.0, 0
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.isfile():
                continue
            content = archive.extractfile(member)
            assert content is not None
            for row in csv.DictReader(io.TextIOWrapper(content, "utf-8")):
                rows += any(row[name] != "NA" for name in ("TEMP", "PRES", "DEWP", "RAIN", "wd", "WSPM"))
                rain += 0 if row["RAIN"] == "NA" else float(row["RAIN"])
                winds += row["wd"] == "NW"
    assert report.rows_new == rows
    found = stored("rain", "wind_direction", dataset="weather_hourly")
    assert sum(row[2] or 0 for row in found) == pytest.approx(rain)
    assert sum(row[3] == 315 for row in found) == winds
