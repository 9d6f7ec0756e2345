"""Periods as people write them, against a walk from day to day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError, Period, Season

HEATING = Season("heating", (11, 15), (3, 15))
LEAP = Season("leap", (2, 29), (6, 30))
SEASONS = {"heating": HEATING, "leap": LEAP}


@pytest.mark.parametrize(
    ("text", "kind", "start", "end", "label"),
    [
        ("2021", "year", "2021-01-01", "2021-12-31", "2021"),
        ("2021-Q3", "quarter", "2021-07-01", "2021-09-30", "2021-Q3"),
        ("2021q1", "quarter", "2021-01-01", "2021-03-31", "2021-Q1"),
        ("2021-8", "month", "2021-08-01", "2021-08-31", "2021-08"),
        ("2020-02", "month", "2020-02-01", "2020-02-29", "2020-02"),
        (" 2021-08-01 ", "day", "2021-08-01", "2021-08-01", "2021-08-01"),
        ("2021-08-01T13", "hour", "2021-08-01", "2021-08-01", "2021-08-01T13"),
        ("2021-08-01 7:00", "hour", "2021-08-01", "2021-08-01", "2021-08-01T07"),
        ("2021-01..2021-08", "range", "2021-01-01", "2021-08-31", "2021-01..2021-08"),
        ("2021 .. 2022-Q1", "range", "2021-01-01", "2022-03-31", "2021..2022-Q1"),
        ("2021-01-05..2021-01-06", "range", "2021-01-05", "2021-01-06", "2021-01-05..2021-01-06"),
        ("2021-heating", "season", "2021-11-15", "2022-03-15", "2021-heating"),
        ("2021-leap", "season", "2021-02-28", "2021-06-30", "2021-leap"),
        ("2024-leap", "season", "2024-02-29", "2024-06-30", "2024-leap"),
    ],
)
def test_forms(text: str, kind: str, start: str, end: str, label: str) -> None:
    period = Period.parse(text, SEASONS)
    assert (period.kind, period.start.isoformat(), period.end.isoformat(), str(period)) == (kind, start, end, label)
    assert Period.parse(label, SEASONS) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "last year",
        "21",
        "0000",
        "2021-13",
        "2021-00",
        "2021-Q5",
        "2021-02-29",
        "2021-08-01T24",
        "2021-summer",
        "2021-08..2021-01",
        "2021-08-01T01..2021-08-01T02",
        "2021..",
        "2021-08-01T13:30",
    ],
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(LantuError) as error:
        Period.parse(text, SEASONS)
    assert f"'{text}' is not a period" in str(error.value)
    assert "2021-Q3" in str(error.value)


def walk(first: dt.date, last: dt.date) -> list[dt.date]:
    days = [first]
    while days[-1] < last:
        days.append(days[-1] + dt.timedelta(days=1))
    return days


@given(st.integers(1990, 2040), st.integers(1, 12))
def test_bounds_agree_with_a_walk_through_the_year(year: int, month: int) -> None:
    year_walked = walk(dt.date(year, 1, 1), dt.date(year, 12, 31))
    for period, chosen in (
        (Period.year(year), year_walked),
        (Period.month(year, month), [day for day in year_walked if day.month == month]),
        (
            Period.quarter(year, (month + 2) // 3),
            [day for day in year_walked if (day.month - 1) // 3 == (month - 1) // 3],
        ),
    ):
        assert (period.start, period.end, period.days) == (chosen[0], chosen[-1], len(chosen))
        assert [day for day in year_walked if day in period] == chosen
        assert [day for part in period.months() for day in walk(part.start, part.end)] == chosen


DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2040, 12, 31))


@given(DAYS, st.integers(0, 800), DAYS)
def test_ranges_agree_with_a_walk(start: dt.date, length: int, day: dt.date) -> None:
    period = Period.between(start, start + dt.timedelta(days=length))
    days = walk(period.start, period.end)
    assert period.days == len(days)
    assert (day in period) == (day in set(days))
    assert Period.parse(str(period)) == period
    assert [part.label for part in period.months()] == sorted({f"{each:%Y-%m}" for each in days})
    if day >= start:
        until = period.until(day)
        assert (until.start, until.end) == (start, min(day, period.end))
        assert until == period if day >= period.end else until.kind == "range"


@given(DAYS, st.integers(1, 10))
def test_same_day_of_an_earlier_year(day: dt.date, count: int) -> None:
    before = Period.day(day).years_before(count)
    assert before.start == before.end
    assert before.start.year == day.year - count
    if (day.month, day.day) != (2, 29):
        assert (before.start.month, before.start.day) == (day.month, day.day)
    else:
        assert (before.start.month, before.start.day) in {(2, 28), (2, 29)}
    assert before.kind == "day"


@pytest.mark.parametrize(
    ("text", "earlier"),
    [
        ("2021", "2020"),
        ("2021-Q3", "2020-Q3"),
        ("2021-02", "2020-02"),
        ("2020-02-29", "2019-02-28"),
        ("2021-08-01T13", "2020-08-01T13"),
        ("2021-heating", "2020-heating"),
        ("2021-01..2021-08", "2020-01-01..2020-08-31"),
        ("2021-01..2021-02", "2020-01-01..2020-02-29"),
        ("2020-01..2020-02", "2019-01-01..2019-02-28"),
        ("2021-02-01..2021-02-15", "2020-02-01..2020-02-15"),
    ],
)
def test_same_period_a_year_before(text: str, earlier: str) -> None:
    assert Period.parse(text, SEASONS).years_before() == Period.parse(earlier, SEASONS)


def test_running_period() -> None:
    year = Period.year(2021)
    assert str(year.until(dt.date(2021, 8, 31))) == "2021-01-01..2021-08-31"
    assert year.until(dt.date(2021, 12, 31)) is year
    assert year.until(dt.date(2023, 1, 1)) is year


def test_a_period_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends before"):
        Period.between(dt.date(2021, 1, 2), dt.date(2021, 1, 1))
    assert "2021-01-01" not in Period.year(2021)
