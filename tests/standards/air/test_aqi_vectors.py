"""Worked values of the index, computed by hand with fractions."""

from __future__ import annotations

import datetime as dt

import pytest

from lantu.standards.air import aqi_edition

EDITION_2012 = dt.date(2021, 6, 1)
EDITION_2026 = dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("pollutant", "averaging", "concentration", "index_2012", "index_2026"),
    [
        ("pm25", "day", 35, 50, 50),
        ("pm25", "day", 36, 52, 52),
        ("pm25", "day", 60, 82, 100),
        ("pm25", "day", 61, 83, 101),
        ("pm25", "day", 75, 100, 114),
        ("pm25", "day", 76, 102, 115),
        ("pm25", "day", 120, 158, 158),
        ("pm10", "day", 120, 85, 100),
        ("pm10", "day", 121, 86, 101),
        ("pm10", "day", 155, 103, 114),
        ("o3", "day_max_8h", 161, 101, 101),
        ("o3", "day_max_8h", 170, 110, 110),
        ("o3", "day_max_8h", 900, None, 300),
        ("no2", "day", 85, 103, 103),
        ("co", "day", 4.1, 101, 101),
        ("co", "day", "2.2", 55, 55),
        ("so2", "day", 151, 101, 101),
        ("so2", "hour", 900, None, 200),
        ("pm25", "day", 900, 500, 500),
    ],
)
def test_index_of_one_concentration(
    pollutant: str, averaging: str, concentration: float | str, index_2012: int | None, index_2026: int | None
) -> None:
    assert aqi_edition(EDITION_2012).iaqi(pollutant, averaging, concentration) == index_2012
    assert aqi_edition(EDITION_2026).iaqi(pollutant, averaging, concentration) == index_2026


def test_daily_report_names_primary_and_exceeding_pollutants() -> None:
    day = {"so2": 3, "no2": 40, "pm10": 150, "co": "0.8", "o3": 160, "pm25": 75}
    result = aqi_edition(EDITION_2012).daily(day)
    assert result.aqi == 100
    assert result.primary == ("pm10", "o3", "pm25")
    assert result.exceeding == ()
    assert result.category is not None and result.category.title.zh == "良"


def test_report_with_a_missing_item_is_published_only_when_polluted_since_2026() -> None:
    clean = {"so2": 3, "no2": 40, "pm10": 60, "co": "0.8", "o3": None, "pm25": 40}
    assert aqi_edition(EDITION_2012).daily(clean).aqi == 57
    assert aqi_edition(EDITION_2026).daily(clean).aqi is None
    assert aqi_edition(EDITION_2026).daily({**clean, "pm25": 100}).aqi is not None


def test_above_800_the_hour_speaks_for_ozone_in_2012() -> None:
    edition = aqi_edition(dt.date(2021, 6, 1))
    assert edition.daily({"o3": 810}).aqi is None
    assert edition.daily({"o3": 810}, o3_hour=900).aqi == 350
    assert aqi_edition(dt.date(2026, 6, 1)).daily({"o3": 810}).iaqi["o3"] == 300
