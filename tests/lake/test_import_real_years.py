"""The two real years, as published."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantu.lake import Lake


@pytest.mark.shared_data
def test_two_real_years_come_in_once(shared_data: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    files = [shared_data / "air" / f"beijing-hourly-{year}.tar.xz" for year in (2020, 2021)]
    report = lake.import_files("air_hourly", files)
    assert report.members == 1329
    assert report.rejected == []
    assert report.quarantined == {"out_of_range": 4}
    assert report.version == 0

    again = lake.import_files("air_hourly", files)
    assert again.already_imported
    assert again.version == 0

    (row,) = [row for row in lake.quality() if row.reason == "out_of_range"]
    assert "9753" in row.example
    assert "beijing_all_20210315.csv:49 [pm10]" in row.example
    (status,) = lake.status()
    assert status.rows == report.rows_new
    assert status.first == "2020-01-01 00:00"
