"""Deadlines as plans write them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from lantu.base import Season, find_times, parse_deadline

SEASONS = {"heating": Season("heating", (11, 15), (3, 15)), "rainy": Season("rainy", (6, 1), (9, 15))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("年底前", {"type": "year_end", "date": "2021-12-31"}),
        ("2022年底前", {"type": "year_end", "date": "2022-12-31"}),
        ("全年", {"type": "year_end", "date": "2021-12-31"}),
        ("2021年", {"type": "year_end", "date": "2021-12-31"}),
        ("长期实施", {"type": "long_term", "date": None}),
        ("持续推进", {"type": "long_term", "date": None}),
        ("按时间节点完成", {"type": "by_schedule", "date": None}),
        ("11月15日前", {"type": "by_date", "date": "2021-11-15"}),
        ("2023年3月1日前", {"type": "by_date", "date": "2023-03-01"}),
        ("6月前", {"type": "by_date", "date": "2021-05-31"}),
        ("6月底前", {"type": "month_end", "date": "2021-06-30"}),
        ("6 月底", {"type": "month_end", "date": "2021-06-30"}),
        ("二月末前", {"type": "month_end", "date": "2021-02-28"}),
        ("2024年2月底前", {"type": "month_end", "date": "2024-02-29"}),
        ("十二月底前", {"type": "month_end", "date": "2021-12-31"}),
        ("6-9月", {"type": "window", "date": "2021-09-30", "start": "2021-06-01"}),
        ("6月—9月", {"type": "window", "date": "2021-09-30", "start": "2021-06-01"}),
        ("11月至次年3月", {"type": "window", "date": "2022-03-31", "start": "2021-11-01"}),
        ("4-10月每月", {"type": "window", "date": "2021-10-31", "start": "2021-04-01", "cadence": "month"}),
        ("第三季度", {"type": "quarter", "date": "2021-09-30"}),
        ("一季度", {"type": "quarter", "date": "2021-03-31"}),
        ("上半年", {"type": "quarter", "date": "2021-06-30"}),
        ("第二、三季度", {"type": "window", "date": "2021-09-30", "start": "2021-04-01"}),
        ("第二、三季度每月", {"type": "cadence", "date": "2021-09-30", "start": "2021-04-01", "cadence": "month"}),
        ("每季度", {"type": "cadence", "date": None, "cadence": "quarter"}),
        ("每月", {"type": "cadence", "date": None, "cadence": "month"}),
        ("定期", {"type": "cadence", "date": None, "cadence": "periodic"}),
        ("供暖季前", {"type": "before_heating_season", "date": "2021-11-15"}),
        ("供暖季前（11月10日前）", {"type": "before_heating_season", "date": "2021-11-10"}),
        ("雨季前", {"type": "before_rainy_season", "date": "2021-06-01"}),
        ("2月30日前", {"type": "unknown", "date": None}),
        ("13月底前", {"type": "unknown", "date": None}),
        ("尽快", {"type": "unknown", "date": None}),
        ("", {"type": "unknown", "date": None}),
    ],
)
def test_deadline_of_a_cell(text: str, expected: dict[str, str]) -> None:
    deadline = parse_deadline(text, 2021, SEASONS)
    assert deadline.as_json() == expected
    assert deadline.raw == text.strip()


def test_a_season_without_a_calendar_stays_undated() -> None:
    assert parse_deadline("供暖季前", 2021).date is None
    assert parse_deadline("雨季前", 2021).date is None
    assert parse_deadline("供暖季前(11月15日前)", 2021).date == dt.date(2021, 11, 15)


def measures(gold: dict[str, Any]) -> list[dict[str, Any]]:
    plans = gold["plans"] if "plans" in gold else [gold["plan"]]
    return [
        measure
        for plan in plans
        for section in plan["sections"]
        for task in section["tasks"]
        for measure in task["measures"]
    ]


@pytest.mark.shared_data
def test_every_deadline_of_the_founding_plan(shared_data: Path) -> None:
    gold = json.loads((shared_data / "plans" / "beijing-2021.gold.json").read_text(encoding="utf-8"))
    found = measures(gold)
    assert len(found) == 153
    for measure in found:
        assert parse_deadline(measure["deadline_raw"], 2021).as_json() == measure["deadline"], measure["id"]


@pytest.mark.shared_data
@pytest.mark.parametrize("year", [2022, 2023])
def test_every_deadline_of_the_later_plans(shared_data: Path, year: int) -> None:
    """Their gold has the printed words only; what each means is written here."""
    meanings = {
        "年底前": ("year_end", dt.date(year, 12, 31)),
        "长期实施": ("long_term", None),
        "按时间节点完成": ("by_schedule", None),
        "11月15日前": ("by_date", dt.date(year, 11, 15)),
        "6月底前": ("month_end", dt.date(year, 6, 30)),
        "6月底": ("month_end", dt.date(year, 6, 30)),
        "6-9月": ("window", dt.date(year, 9, 30)),
    }
    gold = json.loads((shared_data / "plans" / f"beijing-{year}-air.gold.json").read_text(encoding="utf-8"))
    found = measures(gold)
    assert found
    for measure in found:
        deadline = parse_deadline(measure["deadline_raw"], year)
        assert (deadline.type, deadline.date) == meanings[measure["deadline_raw"]], measure["id"]


def test_times_in_a_text_stand_in_order_with_their_places() -> None:
    text = "每季度通报,6月底前建成,夏季(6—9月)加强,年底前完成,在雨季前检查"
    found = find_times(text, 2021, SEASONS)
    assert [(time.raw, time.deadline.type) for time in found] == [
        ("每季度", "cadence"),
        ("6月底前", "month_end"),
        ("夏季(6—9月)", "window"),
        ("年底前", "year_end"),
        ("在雨季前", "before_rainy_season"),
    ]
    assert all(text[time.at :].startswith(time.raw) for time in found)
    assert find_times("2021年全市的工作", 2021) == []
    (time,) = find_times("到2025年底,全市", 2021)
    assert (time.raw, time.deadline.date) == ("2025年底", dt.date(2025, 12, 31))


@pytest.mark.shared_data
def test_dated_times_in_the_founding_plan_are_found(shared_data: Path) -> None:
    gold = json.loads((shared_data / "plans" / "beijing-2021.gold.json").read_text(encoding="utf-8"))
    dated = 0
    for measure in measures(gold):
        found = {(time.raw, time.at): time.deadline for time in find_times(measure["text"], 2021)}
        for inner in measure["inner_times"]:
            if inner["type"] not in ("year_end", "month_end", "quarter", "window"):
                continue
            deadline = found[inner["raw"], inner["at"]]
            first, _, last = inner["value"].rpartition("/")
            assert (deadline.type, str(deadline.date)) == (inner["type"], last)
            assert str(deadline.start or "") == first
            dated += 1
    assert dated == 11
