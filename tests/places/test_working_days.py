"""Working days by the notices of 2021 and 2022, against a slow count day by day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from lantu.base import LantuError
from lantu.places import WorkingDays


@pytest.fixture(scope="module")
def days(beijing_pack: Path) -> WorkingDays:
    return WorkingDays.from_yaml(beijing_pack / "calendar.yaml")


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2021-02-07", True),  # a Sunday worked for the Spring Festival
        ("2021-02-11", False),
        ("2021-02-17", False),
        ("2021-02-18", True),
        ("2021-05-08", True),  # a Saturday
        ("2021-09-26", True),
        ("2021-10-07", False),
        ("2021-10-09", True),
        ("2021-10-10", False),
        ("2022-10-08", True),
    ],
)
def test_days_off_and_worked_weekends(days: WorkingDays, day: str, works: bool) -> None:
    assert days.is_working(dt.date.fromisoformat(day)) is works


def test_five_working_days_over_the_national_day(days: WorkingDays) -> None:
    due = days.after(dt.date(2021, 9, 29), 5)
    assert due.day == dt.date(2021, 10, 12)  # 30 Sep, 8 Oct, 9 Oct (a Saturday, worked), 11 Oct, 12 Oct
    assert not due.stale
    assert len(due.skipped) == 8  # 1 to 7 October, and Sunday the 10th
    assert "10-01" in due.words.zh


def test_a_day_beyond_the_last_notice_is_stale_and_reckoned_by_the_week(days: WorkingDays) -> None:
    due = days.after(dt.date(2022, 12, 30), 1)
    assert (due.day, due.stale) == (dt.date(2023, 1, 2), True)
    assert "no notice" in due.words.en
    assert days.is_stale(dt.date(2031, 1, 1))
    assert days.between(dt.date(2030, 1, 1), dt.date(2031, 1, 1)) == 261


def test_the_count_between_two_days_agrees_with_counting_each(days: WorkingDays) -> None:
    first = dt.date(2021, 1, 1)
    for start in (0, 37, 200, 364):
        for length in (0, 1, 5, 30, 300):
            one, other = first + dt.timedelta(days=start), first + dt.timedelta(days=start + length)
            slow = sum(days.is_working(one + dt.timedelta(days=number)) for number in range(1, length + 1))
            assert days.between(one, other) == slow
            assert days.between(other, one) == -slow


def test_a_faulty_notice_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "calendar.yaml"
    file.write_text(
        "seasons: {}\nworking_days:\n  - year: 2021\n    verified: primary\n    reference: a notice\n    holidays:\n"
        "      - {title: {zh: 甲, en: a}, first: 2021-01-03, last: 2021-01-01}\n",
        encoding="utf-8",
    )
    with pytest.raises(LantuError, match="before it begins") as caught:
        WorkingDays.from_yaml(file)
    assert caught.value.where is not None
    assert caught.value.where.line == 6
