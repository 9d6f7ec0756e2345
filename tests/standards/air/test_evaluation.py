"""Percentiles, ranks, composite index and exceedance of HJ 663 against their definitions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards.air import (
    POLLUTANTS,
    attains_year,
    change_percent,
    composite_index,
    exceedance_multiple,
    is_good_day,
    is_heavy_pollution_day,
    percentile,
    rank,
)
from lantu.standards.air.evaluation import check_comparable, gas_at_reference_state

DAY = dt.date(2021, 12, 31)
VALUES = st.lists(st.integers(0, 99_999).map(lambda n: Decimal(n) / 100), min_size=1, max_size=400)


@given(VALUES, st.integers(0, 1000).map(lambda n: Decimal(n) / 10))
def test_percentile_is_the_one_of_the_definition(values: list[Decimal], percent: Decimal) -> None:
    """Annex A: k = 1 + (n - 1) p; the value at rank floor(k), and the part of the way to the next that k has gone."""
    ordered = sorted(Fraction(value) for value in values)
    k = 1 + (len(ordered) - 1) * Fraction(percent) / 100
    low = ordered[k.numerator // k.denominator - 1]
    high = ordered[-(-k.numerator // k.denominator) - 1]
    assert Fraction(percentile(values, percent)) == low + (high - low) * (k - k.numerator // k.denominator)


@given(VALUES)
def test_ends_and_middle_of_the_percentiles(values: list[Decimal]) -> None:
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)
    assert percentile(values, 50) == percentile(list(reversed(values)), 50)


def test_percentile_of_a_year_and_what_has_none() -> None:
    assert percentile(range(1, 366), 98) == Decimal("357.72")
    assert percentile([1.1, 1.2], 95) == Decimal("1.195")
    assert percentile([7], 90) == 7
    for values, percent in (([], 50), ([1], 101), ([1], -1)):
        with pytest.raises(ValueError, match="percentile"):
            percentile(values, percent)


@given(st.lists(st.none() | st.integers(0, 20), max_size=40))
def test_rank_counts_those_that_are_better(values: list[int | None]) -> None:
    expected = [
        None if value is None else 1 + sum(other < value for other in values if other is not None) for value in values
    ]
    assert rank(values) == expected


def test_equal_values_share_a_rank() -> None:
    assert rank([30, 28, None, 28, 35]) == [3, 1, None, 1, 4]
    assert rank(["28.0", 28]) == [1, 1]


YEAR = {"so2": "3.4", "no2": "26.4", "pm10": "54.7", "co": "1.14", "o3": "149.2", "pm25": "33.1"}


def test_composite_index_by_hand() -> None:
    """Rounded first, then each over its grade II limit: 3/60 + 26/40 + 55/70 + 1.1/4 + 149/160 + 33/35."""
    expected = Fraction(3, 60) + Fraction(26, 40) + Fraction(55, 70) + Fraction(11, 40) + Fraction(149, 160)
    expected += Fraction(33, 35)
    index = composite_index(YEAR, DAY)
    assert index is not None
    assert index.value == Decimal("3.63")
    assert abs(Fraction(index.value) - expected) <= Fraction(1, 200)
    assert index.main == ("pm25",)
    assert set(index.single) == set(POLLUTANTS)
    assert composite_index({**YEAR, "o3": None}, DAY) is None
    tied = composite_index({**dict.fromkeys(POLLUTANTS, 0), "pm25": 35, "pm10": 70}, DAY)
    assert tied is not None and tied.main == ("pm10", "pm25")


@pytest.mark.parametrize(
    ("aqi", "good", "heavy"),
    [(0, True, False), (100, True, False), (101, False, False), (200, False, False), (201, False, True)],
)
def test_good_and_heavy_days(aqi: int, good: bool, heavy: bool) -> None:
    assert (is_good_day(aqi, DAY), is_heavy_pollution_day(aqi, DAY)) == (good, heavy)


def test_exceedance_and_attainment() -> None:
    assert exceedance_multiple(87.5, 35, DAY) == Decimal("1.5")
    assert exceedance_multiple(35, 35, DAY) == 0
    assert exceedance_multiple(20, 35, DAY) == 0
    assert attains_year("pm25", "35.4", "75.4", DAY) is True
    assert attains_year("pm25", "35.6", 60, DAY) is False
    assert attains_year("pm25", 30, 76, DAY) is False
    assert attains_year("pm25", None, 60, DAY) is None
    assert attains_year("o3", None, 160, DAY) is True
    assert attains_year("co", None, "4.06", DAY) is False


@pytest.mark.parametrize(
    ("value", "before", "change"), [(33, 38, "-13.2"), (38, 38, "0.0"), ("1.1", "1.3", "-15.4"), (3, 4, "-25.0")]
)
def test_change_on_an_earlier_value(value: int | str, before: int | str, change: str) -> None:
    assert str(change_percent(value, before)) == change
    assert change_percent(value, 0) is None


def test_states_of_the_gas_are_not_compared_unseen() -> None:
    assert gas_at_reference_state("100").quantize(Decimal("0.01")) == Decimal("91.61")
    check_comparable(dt.date(2021, 1, 1), dt.date(2020, 12, 31))
    check_comparable(dt.date(2017, 1, 1), dt.date(2016, 12, 31))
    with pytest.raises(LantuError, match="different reference states"):
        check_comparable(dt.date(2019, 1, 1), dt.date(2018, 8, 31))
