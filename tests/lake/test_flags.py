"""What is odd but possible is counted and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lantu.lake import Lake


def import_hours(lake: Lake, publish: Callable[..., Path], kind: str, values: list[object]) -> dict[str, int]:
    rows = [[f"202108{1 + hour // 24:02d}", hour % 24, kind, value] for hour, value in enumerate(values)]
    report = lake.import_files("air_hourly", [publish("day.csv", rows, stations=["东四"])])
    assert report.rows_new == sum(value != "" for value in values)
    assert report.quarantined == {}
    return dict(report.flags)


def test_a_jump_counts_only_from_one_hour_to_the_next(lake: Lake, publish: Callable[..., Path]) -> None:
    # Up by 500 and down again: two jumps; then 500 over a gap of two hours: none.
    assert import_hours(lake, publish, "PM2.5", [10, 510, 10, "", 510, 110]) == {"step": 2}


def test_a_stuck_value_counts_with_all_its_hours(lake: Lake, publish: Callable[..., Path]) -> None:
    assert import_hours(lake, publish, "PM2.5", [7] * 11 + [8] + [9] * 12 + [10]) == {"stuck": 12}


def test_columns_without_the_check_are_not_flagged(lake: Lake, publish: Callable[..., Path]) -> None:
    assert import_hours(lake, publish, "SO2", [3] * 30) == {}


def test_pm25_above_pm10(lake: Lake, publish: Callable[..., Path]) -> None:
    rows = [["20210801", 1, "PM2.5", 30, 30], ["20210801", 1, "PM10", 29, 30]]
    report = lake.import_files("air_hourly", [publish("day.csv", rows)])
    assert report.flags == {"pm25_above_pm10": 1}
    assert "flagged 1: PM2.5 above PM10 (kept)" in [str(line) for line in report.lines()]
