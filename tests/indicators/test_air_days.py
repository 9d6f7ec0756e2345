"""Days and periods from hours, against a slow reference that follows the standards word by word."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lantu.base import Period, round_half_even
from lantu.indicators import compute
from lantu.indicators.air.days import with_index
from lantu.indicators.air.exact import DAY_SCALE
from lantu.lake import Lake
from lantu.lake.engine import connect
from lantu.places import Area, AreaTree, DatedSite, SiteRegister
from lantu.standards.air import DAILY_ITEMS, POLLUTANTS, aqi_edition, percentile

CITY = Area("1", "某市", "City", "city", "city", None)
DISTRICT = Area("11", "某区", "District", "district", "district", "1")
AREAS = AreaTree([CITY, DISTRICT])


def site(name: str) -> DatedSite:
    return DatedSite(
        name, name, name, None, None, "11", "urban", True, False, True, True, None, None, None, None, None, ""
    )


SITES = SiteRegister([site("a"), site("b"), site("c"), site("d")])

Hours = dict[tuple[str, dt.date], dict[str, list[float | None]]]


def invent(days: int, seed: int, gap: float, start: dt.date, worst: float) -> Hours:
    """Hours of four stations: whole numbers as published (CO with one decimal), with gaps."""
    chance = random.Random(seed)
    hours: Hours = {}
    for name in "abcd":
        for index in range(days):
            level = chance.uniform(5, worst)
            hours[name, start + dt.timedelta(index)] = {
                pollutant: [
                    None
                    if chance.random() < gap
                    else round(max(0.1, chance.gauss(level, level / 4)) / (50 if pollutant == "co" else 1), 1)
                    if pollutant == "co"
                    else float(round(max(1, chance.gauss(level, level / 4))))
                    for _ in range(24)
                ]
                for pollutant in POLLUTANTS
            }
    return hours


def lake_of(hours: Hours, folder: Path) -> Lake:
    rows: dict[str, list[object]] = {name: [] for name in ("station", "time", *POLLUTANTS)}
    for (station, day), values in hours.items():
        for hour in range(24):
            rows["station"].append(station)
            rows["time"].append(dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hour + 1))
            for name in POLLUTANTS:
                rows[name].append(values[name][hour])
    lake = Lake(folder)
    types = {"station": pa.string(), "time": pa.timestamp("us")}
    table = pa.table({name: pa.array(column, types.get(name, pa.float64())) for name, column in rows.items()})
    lake.write("air_hourly", table, source="invented", simulated=True)
    return lake


# --- the slow reference: exact fractions, one definition after the other ------------------------------------


def exact(value: float) -> Fraction:
    return Fraction(str(value))


def station_day(values: list[float | None]) -> Fraction | None:
    known = [exact(value) for value in values if value is not None]
    return sum(known) / len(known) if len(known) >= 20 else None


def station_max_8h(values: list[float | None]) -> Fraction | None:
    means = []
    for end in range(8, 25):
        known = [exact(value) for value in values[end - 8 : end] if value is not None]
        if len(known) >= 6:
            means.append(sum(known) / len(known))
    if not means:
        return None
    return max(means) if len(means) >= 14 or max(means) > 160 else None


def area_day(hours: Hours, day: dt.date, name: str) -> Fraction | None:
    daily: Callable[[list[float | None]], Fraction | None] = station_max_8h if name == "o3" else station_day
    values = [daily(hours[station, day][name]) for station in "abcd"]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) >= 3 else None


def as_number(value: Fraction) -> Decimal:
    return round_half_even(Decimal(value.numerator) / Decimal(value.denominator), 9)


def daily_values(hours: Hours, period: Period, name: str) -> list[Fraction]:
    days = [period.start + dt.timedelta(i) for i in range(period.days)]
    return [value for day in days if (value := area_day(hours, day, name)) is not None]


def aqi_of(hours: Hours, day: dt.date) -> tuple[int | None, bool]:
    values = {name: area_day(hours, day, name) for name in POLLUTANTS}
    found = aqi_edition(day).daily({n: None if v is None else as_number(v) for n, v in values.items()})
    return found.aqi, values["pm25"] is not None and values["o3"] is not None


# --- the engine gives the same ------------------------------------------------------------------------------


# Each example takes seconds, so a failing one is shown as it is.
@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 10**6), gap=st.sampled_from([0.0, 0.05, 0.2]), worst=st.sampled_from([60, 250, 500]))
def test_a_month_against_the_slow_reference(
    tmp_path_factory: pytest.TempPathFactory, seed: int, gap: float, worst: float
) -> None:
    period = Period.month(2021, 2)
    hours = invent(28, seed, gap, period.start, worst)
    lake = lake_of(hours, tmp_path_factory.mktemp("lake"))

    def value(name: str) -> Decimal | None:
        return compute(lake, SITES, AREAS, name, "city", period)[0].value

    for name in POLLUTANTS:
        days = daily_values(hours, period, name)
        found = value("o3_8h_mean" if name == "o3" else f"{name}_mean")
        if not days:
            assert found is None
            continue
        assert found is not None
        assert abs(found - as_number(sum(days) / len(days))) < Decimal("0.00000001")
    for name, indicator, percent in (("co", "co_p95", 95), ("o3", "o3_8h_p90", 90), ("pm25", "pm25_p95", 95)):
        days = daily_values(hours, period, name)
        found = value(indicator)
        if days:
            assert found is not None
            assert abs(found - percentile([as_number(day) for day in days], percent)) < Decimal("0.00000001")
    indices = [aqi_of(hours, period.start + dt.timedelta(i)) for i in range(period.days)]
    good = [aqi for aqi, needed in indices if aqi is not None and aqi <= 100 and needed]
    heavy = [aqi for aqi, _ in indices if aqi is not None and aqi > 200]
    decided = [aqi for aqi, needed in indices if aqi is not None and (needed or aqi > 100)]
    if decided:
        assert value("good_days") == len(good)
    if [aqi for aqi, needed in indices if aqi is not None and (needed or aqi > 200)]:
        assert value("heavy_pollution_days") == len(heavy)


@pytest.mark.parametrize("day", [dt.date(2021, 6, 1), dt.date(2026, 6, 1)])
def test_every_index_of_a_day_against_the_method(day: dt.date) -> None:
    """Both editions of HJ 633: for every published concentration the engine's index is the exact one."""
    edition = aqi_edition(day)
    steps = {name: 10 ** edition.decimals[name] for name in POLLUTANTS}
    rows = [(name, units) for name in POLLUTANTS for units in range(3000)]
    table = pa.table(
        {
            "day": pa.array([day] * len(rows), pa.date32()),
            **{
                name: pa.array([u * DAY_SCALE // steps[name] if n == name else None for n, u in rows], pa.int64())
                for name in POLLUTANTS
            },
        }
    )
    connection = connect()
    indexed = connection.to_pyarrow(with_index(ibis.memtable(table), Period.day(day))).to_pylist()
    assert len(indexed) == len(rows)
    found = {(name, row[name]): row[f"iaqi_{name}"] for row in indexed for name in POLLUTANTS if row[name] is not None}
    for name, units in rows:
        value = Fraction(units, steps[name])
        expected = edition.iaqi(name, DAILY_ITEMS[name], as_number(value))
        assert found[name, units * DAY_SCALE // steps[name]] == expected, (name, value)


def test_an_exact_half_rounds_to_the_even_digit(tmp_path: Path) -> None:
    """Three stations of 35 1/3, 35 1/3 and 35 5/6 average 35.5 exactly: published as 36; 34.5 as 34."""
    day = dt.date(2021, 6, 1)
    for base, published in ((35, 36), (34, 34)):
        hours: Hours = {}
        for name, extra in (("a", 8), ("b", 8), ("c", 20), ("d", None)):
            values: list[float | None] = [float(base)] * 24
            if extra is None:
                values = [None] * 24
            else:
                values[0] = float(base + extra)
            hours[name, day] = dict.fromkeys(POLLUTANTS, values)
        (found,) = compute(lake_of(hours, tmp_path / str(base)), SITES, AREAS, "pm25_mean", "city", Period.day(day))
        assert found.value == Decimal(base) + Decimal("0.5")
        assert found.rounded == published


def test_one_station_of_four_missing_is_enough_two_are_not(tmp_path: Path) -> None:
    day = dt.date(2021, 6, 1)
    for missing, valid in (("d", True), ("cd", False)):
        hours: Hours = {
            (name, day): {p: [None if name in missing else 10.0] * 24 for p in POLLUTANTS} for name in "abcd"
        }
        (found,) = compute(lake_of(hours, tmp_path / missing), SITES, AREAS, "pm25_mean", "city", Period.day(day))
        assert found.valid is valid
        assert (found.n, found.expected) == (4 - len(missing), 4)


def test_nineteen_hours_are_no_day_of_a_station(tmp_path: Path) -> None:
    day = dt.date(2021, 6, 1)
    for count, valid in ((19, False), (20, True)):
        hours: Hours = {(n, day): {p: [5.0] * count + [None] * (24 - count) for p in POLLUTANTS} for n in "abcd"}
        (found,) = compute(lake_of(hours, tmp_path / str(count)), SITES, AREAS, "pm25_mean", "a", Period.day(day))
        assert (found.valid, found.n, found.expected) == (valid, count, 24)


def test_few_windows_count_only_above_the_limit(tmp_path: Path) -> None:
    """MDA8 from fewer than 14 windows stands only where it already exceeds the limit (160)."""
    day = dt.date(2021, 6, 1)
    for level, known in ((150.0, False), (170.0, True)):
        hours: Hours = {(n, day): {p: [None] * 12 + [level] * 12 for p in POLLUTANTS} for n in "abcd"}
        (found,) = compute(lake_of(hours, tmp_path / str(level)), SITES, AREAS, "o3_8h_mean", "city", Period.day(day))
        assert (found.value is not None) is known


def test_no_data_is_not_zero(tmp_path: Path) -> None:
    (found,) = compute(Lake(tmp_path), SITES, AREAS, "heavy_pollution_days", "city", Period.year(2021))
    assert found.value is None
    assert str(found.reason) == "no data"
    assert math.isclose(found.coverage or 0, 0)
