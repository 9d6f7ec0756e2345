"""Figures from the real rows against the officially published ones."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from lantu.base import Period, round_half_even
from lantu.indicators import compute
from lantu.lake import Lake
from lantu.places import AreaTree, SiteRegister

pytestmark = pytest.mark.shared_data


def city(lake: Lake, sites: SiteRegister, areas: AreaTree, name: str, period: str) -> Decimal:
    (value,) = compute(lake, sites, areas, name, "city", Period.parse(period))
    assert value.rounded is not None, value.reason
    return value.rounded


def test_the_official_year_2020(real_lake: Lake, sites: SiteRegister, areas: AreaTree, shared_data: Path) -> None:
    with (shared_data / "air" / "official-city.csv").open() as handle:
        official = next(row for row in csv.DictReader(handle) if row["year"] == "2020")
    for name, column, within in (
        ("so2_mean", "so2", "1"),
        ("no2_mean", "no2", "1"),
        ("pm25_mean", "pm25", "1"),
        ("o3_8h_p90", "o3_90", "1"),
        ("co_p95", "co_95", "0.1"),
    ):
        found = city(real_lake, sites, areas, name, "2020")
        print(f"{name} 2020: {found} (official {official[column]})")
        assert abs(found - Decimal(official[column])) <= Decimal(within), (name, found, official[column])


def test_district_pm25_of_august_2021(real_lake: Lake, sites: SiteRegister, areas: AreaTree, shared_data: Path) -> None:
    with (shared_data / "air" / "official-district-pm25.csv").open() as handle:
        official = {
            row["district"]: int(row["pm25"])
            for row in csv.DictReader(handle)
            if (row["year"], row["month_from"], row["month_to"]) == ("2021", "8", "8")
        }
    errors = []
    for value in compute(real_lake, sites, areas, "pm25_mean", "districts", Period.parse("2021-08")):
        (name,) = [district for district in official if district in value.area_name.zh]
        assert value.value is not None
        assert value.valid
        errors.append(abs(value.value - official[name]))
    assert len(errors) == 17
    mean = sum(errors) / len(errors)
    print(f"mean absolute error over 17 districts: {mean:.3f} ug/m3")
    assert mean <= Decimal("0.35")


def test_an_incomplete_year_says_so(real_lake: Lake, sites: SiteRegister, areas: AreaTree) -> None:
    (value,) = compute(real_lake, sites, areas, "pm25_mean", "city", Period.parse("2021"))
    assert not value.valid
    assert "288 of 365 days" in str(value.reason)
    assert value.versions["air_hourly"] == 0


def test_a_street_has_no_station(real_lake: Lake, sites: SiteRegister, areas: AreaTree) -> None:
    street = areas.children("110105")[0].code
    (value,) = compute(real_lake, sites, areas, "pm25_mean", street, Period.parse("2021-08"))
    assert value.value is None
    assert str(value.reason) == "no station"


def test_months_make_the_quarter_by_their_days(real_lake: Lake, sites: SiteRegister, areas: AreaTree) -> None:
    """The quarter's mean is the mean of its days, which the months' means give back when weighted by their days."""
    quarter = compute(real_lake, sites, areas, "no2_mean", "city", Period.parse("2020-Q2"))[0]
    months = [
        compute(real_lake, sites, areas, "no2_mean", "city", month)[0] for month in Period.parse("2020-Q2").months()
    ]
    assert sum(month.n for month in months) == quarter.n
    weighted = sum((month.value or 0) * month.n for month in months) / quarter.n
    assert quarter.value is not None
    assert round_half_even(weighted, 6) == round_half_even(quarter.value, 6)


def test_an_hour_and_a_day(real_lake: Lake, sites: SiteRegister, areas: AreaTree) -> None:
    (hour,) = compute(real_lake, sites, areas, "pm25_mean", "city", Period.parse("2020-01-26T13"))
    assert hour.n <= hour.expected == 11
    (day,) = compute(real_lake, sites, areas, "aqi", "city", Period.parse("2020-01-26"))
    assert day.rounded is not None
    assert day.rounded > 200


def test_figures_come_again_from_the_cache(
    real_lake: Lake, sites: SiteRegister, areas: AreaTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    period = Period.parse("2021-08")
    first = compute(real_lake, sites, areas, "pm25_mean", "districts", period)
    monkeypatch.setattr("lantu.lake.engine.connect", lambda: pytest.fail("computed again"))
    monkeypatch.setattr("lantu.indicators.computation._recent", {})
    assert compute(real_lake, sites, areas, "pm25_mean", "districts", period) == first
