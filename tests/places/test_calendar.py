from __future__ import annotations

import datetime as dt

import pytest

from lantu.base import LantuError, Period, parse_deadline
from lantu.places import load_calendar, read_calendar


@pytest.fixture(scope="module")
def seasons(beijing_pack):
    return load_calendar(beijing_pack / "calendar.yaml")


def test_the_heating_season_runs_into_the_next_year(seasons):
    assert seasons["heating"].in_year(2021) == (dt.date(2021, 11, 15), dt.date(2022, 3, 15))
    assert Period.parse("2021-heating", seasons).days == 121


def test_deadlines_are_dated_by_the_seasons(seasons):
    assert parse_deadline("雨季前", 2021, seasons).date == dt.date(2021, 6, 1)
    assert parse_deadline("供暖季前", 2021, seasons).date == dt.date(2021, 11, 15)


def test_every_season_says_where_it_comes_from(beijing_pack):
    calendar = read_calendar(beijing_pack / "calendar.yaml")
    assert {season.verified for season in calendar.seasons.values()} <= {"primary", "secondary", "unverified"}
    assert all(season.reference and season.title.zh and season.title.en for season in calendar.seasons.values())


def test_a_day_that_does_not_exist_is_refused_with_its_line(tmp_path):
    file = tmp_path / "calendar.yaml"
    file.write_text(
        "seasons:\n  x:\n    title: {zh: 甲, en: x}\n    start: '02-30'\n    end: '03-01'\n"
        "    reference: r\n    verified: primary\n",
        encoding="utf-8",
    )
    with pytest.raises(LantuError, match="02-30") as caught:
        load_calendar(file)
    assert caught.value.where.line == 4
