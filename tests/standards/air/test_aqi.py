"""The index against a slow reference in fractions, with the tables of HJ 633 typed in once more."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards.air import POLLUTANTS, aqi_edition, edition_starts

INDICES = (0, 50, 100, 150, 200, 300, 400, 500)
TABLE_2012 = {
    ("so2", "day"): (0, 50, 150, 475, 800, 1600, 2100, 2620),
    ("so2", "hour"): (0, 150, 500, 650, 800),
    ("no2", "day"): (0, 40, 80, 180, 280, 565, 750, 940),
    ("no2", "hour"): (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    ("pm10", "day"): (0, 50, 150, 250, 350, 420, 500, 600),
    ("co", "day"): (0, 2, 4, 14, 24, 36, 48, 60),
    ("co", "hour"): (0, 5, 10, 35, 60, 90, 120, 150),
    ("o3", "hour"): (0, 160, 200, 300, 400, 800, 1000, 1200),
    ("o3", "day_max_8h"): (0, 100, 160, 215, 265, 800),
    ("pm25", "day"): (0, 35, 75, 115, 150, 250, 350, 500),
}
TABLE_2026 = {
    **TABLE_2012,
    ("pm10", "day"): (0, 50, 120, 250, 350, 420, 500, 600),
    ("pm25", "day"): (0, 35, 60, 115, 150, 250, 350, 500),
}
EDITIONS = {dt.date(2021, 6, 1): TABLE_2012, dt.date(2026, 3, 1): TABLE_2026}
ABOVE_TABLE = {dt.date(2026, 3, 1): {("so2", "hour"): 200, ("o3", "day_max_8h"): 300}}


def slowly(day: dt.date, item: tuple[str, str], hundredths: int) -> int | None:
    """The index of a concentration in hundredths: rounded half to even, interpolated in fractions, rounded up."""
    unit = 10 if item[0] == "co" else 100  # CO keeps one decimal
    whole, rest = divmod(hundredths, unit)
    whole += rest * 2 > unit or (rest * 2 == unit and whole % 2)
    value = Fraction(whole * unit, 100)
    points = EDITIONS[day][item]
    for low, high, low_index, high_index in zip(points, points[1:], INDICES, INDICES[1:], strict=False):
        if value <= high:
            index = low_index + Fraction(high_index - low_index, high - low) * (value - low)
            return -(-index.numerator // index.denominator)
    return ABOVE_TABLE.get(day, {}).get(item) if len(points) < 8 else 500


CASES = [(day, item) for day, table in EDITIONS.items() for item in table]


@pytest.mark.parametrize(("day", "item"), CASES)
def test_index_is_exact_at_the_break_points(day: dt.date, item: tuple[str, str]) -> None:
    edition = aqi_edition(day)
    step = 0.1 if item[0] == "co" else 1
    for index, concentration in zip(INDICES, EDITIONS[day][item], strict=False):
        assert edition.iaqi(*item, concentration) == index
        assert edition.iaqi(*item, float(concentration)) == index
        above = edition.iaqi(*item, concentration + step)
        assert above is None or above > index or concentration == EDITIONS[day][item][-1]
    assert edition.iaqi(*item, None) is None


@given(st.sampled_from(CASES), st.integers(0, 500_000))
def test_index_agrees_with_the_slow_reference(case: tuple[dt.date, tuple[str, str]], hundredths: int) -> None:
    day, item = case
    written = f"{hundredths // 100}.{hundredths % 100:02d}"
    for concentration in (written, float(written)):
        assert aqi_edition(day).iaqi(*item, concentration) == slowly(day, item, hundredths)


CONCENTRATIONS = st.fixed_dictionaries({name: st.none() | st.integers(0, 900) for name in POLLUTANTS})


@given(st.sampled_from(list(EDITIONS)), CONCENTRATIONS)
def test_daily_report_agrees_with_its_rules(day: dt.date, concentrations: dict[str, int | None]) -> None:
    result = aqi_edition(day).daily(concentrations)
    averaging = {name: "day_max_8h" if name == "o3" else "day" for name in POLLUTANTS}
    indices = {
        name: None if value is None else slowly(day, (name, averaging[name]), 100 * value)
        for name, value in concentrations.items()
    }
    known = [index for index in indices.values() if index is not None]
    assert result.iaqi == indices
    assert set(result.missing) == {name for name, index in indices.items() if index is None}
    if not known or (day.year == 2026 and len(known) < 6 and max(known) <= 100):
        assert (result.aqi, result.category, result.primary) == (None, None, ())
        return
    aqi = max(known)
    assert result.aqi == aqi
    assert set(result.primary) == ({name for name, index in indices.items() if index == aqi} if aqi > 50 else set())
    exceeding = {name for name, index in indices.items() if index is not None and index > 100}
    assert set(result.exceeding) == (exceeding if day.year < 2026 else set())
    level = 1 + sum(aqi > limit for limit in (50, 100, 150, 200, 300))
    assert result.category is not None and result.category.level == level


@pytest.mark.parametrize(
    ("aqi", "name", "rgb"),
    [
        (0, "excellent", (0, 228, 0)),
        (50, "excellent", (0, 228, 0)),
        (51, "good", (255, 255, 0)),
        (100, "good", (255, 255, 0)),
        (101, "light", (255, 126, 0)),
        (151, "moderate", (255, 0, 0)),
        (201, "heavy", (153, 0, 76)),
        (300, "heavy", (153, 0, 76)),
        (301, "severe", (126, 0, 35)),
        (500, "severe", (126, 0, 35)),
    ],
)
def test_categories_and_their_colours(aqi: int, name: str, rgb: tuple[int, int, int]) -> None:
    category = aqi_edition(dt.date(2021, 1, 1)).category(aqi)
    assert (category.name, category.rgb) == (name, rgb)


def test_editions_change_on_their_day() -> None:
    assert edition_starts() == [dt.date(2016, 1, 1), dt.date(2026, 3, 1)]
    assert aqi_edition(dt.date(2026, 2, 28)).name == "HJ 633-2012"
    assert aqi_edition(dt.date(2026, 3, 1)).name == "HJ 633-2026"
    with pytest.raises(LantuError, match="has no value on 2015-12-31"):
        aqi_edition(dt.date(2015, 12, 31))


def test_concentration_below_zero_has_no_index() -> None:
    with pytest.raises(ValueError, match="below zero"):
        aqi_edition(dt.date(2021, 1, 1)).iaqi("pm25", "day", -5)
    assert aqi_edition(dt.date(2021, 1, 1)).iaqi("pm25", "day", "-0.3") == 0
