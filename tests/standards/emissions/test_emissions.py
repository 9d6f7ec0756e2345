"""Stacks, emission accounts and dust: worked examples, edges and properties."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards.emissions import (
    StackHour,
    at_standard_state,
    capture_rate,
    combustion_reduction,
    converted,
    daily_mean,
    default_collection,
    dry,
    dustfall,
    dustfall_is_within,
    exceedance_runs,
    failing_duties,
    fill_gaps,
    grade_of_load,
    is_judged_by_day,
    judge_hours,
    mass_rate,
    month_is_valid,
    must_stop,
    nox_as_no2,
    paved_road_dust,
    quarter_is_valid,
    reference_oxygen,
    removed_share,
    residue_is_within,
    sampling_is_valid,
    sewage_reduction,
    substitution_reduction,
    totals,
    treatment_reduction,
    vehicle_reduction,
)

DAY = dt.date(2021, 6, 30)
D = Decimal


def hour(number: int, value: str | None, oxygen: str = "3.5", minutes: int = 60, state: int = 1) -> StackHour:
    end = dt.datetime(2021, 6, 30) + dt.timedelta(hours=number)
    return StackHour(end, None if value is None else D(value), D(oxygen), minutes, state)


def test_conversion_to_the_reference_oxygen() -> None:
    # a gas boiler: 3.5 % by GB 13271-2014 table 6; measured at 7.0 % oxygen
    assert reference_oxygen("oil_gas_boiler", DAY) == D("3.5")
    assert converted(D(60), D(7), D("3.5")) == D(75)
    assert converted(D(60), D("3.5"), D("3.5")) == 60
    assert converted(D(60), D(21), D("3.5")) is None
    assert converted(D(60), None, D("3.5")) is None
    assert reference_oxygen("coal_boiler", DAY) == 9


@given(st.decimals(0, 500, places=1), st.decimals("0", "20.9", places=1), st.sampled_from([3, 6, 9, 11, 15]))
def test_more_air_never_makes_gas_cleaner(value: Decimal, oxygen: Decimal, reference: int) -> None:
    one = converted(value, oxygen, D(reference))
    thinner = value * (D(21) - oxygen - D("0.05")) / (D(21) - oxygen)
    other = converted(thinner, oxygen + D("0.05"), D(reference))
    assert one is not None
    assert other is not None
    assert abs(one - other) < D("0.000001") * (1 + one)


def test_gas_at_standard_state_and_dry() -> None:
    assert round(at_standard_state(D(100), D(273), D(101325)), 6) == 200
    assert dry(D(80), D(20)) == 100
    with pytest.raises(LantuError, match="impossible"):
        dry(D(80), D(100))
    assert nox_as_no2(D(30), D(4)) == 50
    assert mass_rate(D(50), D(20000)) == 1


def test_an_hour_needs_45_minutes_and_a_running_source() -> None:
    hours = [
        hour(1, "80"),  # equal to the limit
        hour(2, "80.1"),
        hour(3, "90", minutes=44),
        hour(4, "90", minutes=45),
        hour(5, "90", state=3),
        hour(6, None),
        hour(7, "60", oxygen="21"),
    ]
    judged = judge_hours(hours, D(80), D("3.5"), DAY)
    assert [each.valid for each in judged] == [True, True, False, True, False, False, False]
    assert [each.exceeding for each in judged] == [False, True, False, True, False, False, False]
    # the hour with too few minutes says nothing, so the run goes on over it
    assert exceedance_runs(judged) == [(hours[1].end, hours[3].end, 2)]


def test_a_process_that_is_not_converted() -> None:
    assert judge_hours([hour(1, "81", oxygen="20")], D(80), None, DAY)[0].exceeding is True


def test_a_day_needs_20_hours() -> None:
    hours = [hour(n, str(n)) for n in range(1, 21)]
    assert daily_mean(judge_hours(hours, D(80), None, DAY), DAY) == D("10.5")
    assert daily_mean(judge_hours(hours[:19], D(80), None, DAY), DAY) is None


def test_a_month_needs_25_days_and_february_23() -> None:
    assert [month_is_valid(n, dt.date(2021, 3, 1)) for n in (24, 25)] == [False, True]
    assert [month_is_valid(n, dt.date(2021, 2, 1)) for n in (22, 23)] == [False, True]


def test_capture_counts_running_hours_only() -> None:
    hours = [hour(1, "5"), hour(2, None), hour(3, "5", minutes=20), hour(4, "5"), hour(5, None, state=2)]
    assert capture_rate(hours, DAY) == 50
    assert capture_rate([hour(1, None, state=2)], DAY) is None


def test_quarters_and_daily_verdicts() -> None:
    assert [quarter_is_valid(D(rate), DAY) for rate in ("74.9", "75")] == [False, True]
    assert is_judged_by_day("waste_incineration", DAY) is True
    assert is_judged_by_day("waste_incineration", dt.date(2019, 6, 1)) is False
    assert is_judged_by_day("coal_boiler", DAY) is False


def test_gaps_take_the_highest_of_the_hours_before() -> None:
    good = [D(n % 50) for n in range(1000)]
    values = [*good, D(99), *[None] * 24, *[D(1)] * 200, *[None] * 3]
    filled = fill_gaps(values, DAY)
    assert set(filled[1001:1025]) == {D(99)}
    assert set(filled[-3:]) == {D(1)}  # 99 lies more than 180 valid hours back
    assert filled[:1001] == values[:1001]
    assert fill_gaps([None, D(1), D(1), D(1), D(1), D(1), D(1), D(1), D(1), D(1)], DAY)[0] is None
    assert fill_gaps([D(1), None, None], DAY) == [D(1), None, None]  # the capture rate is too low
    assert fill_gaps([], DAY) == []


@given(st.lists(st.one_of(st.none(), st.decimals(0, 100, places=1)), max_size=300))
def test_filling_changes_no_measured_hour(values: list[Decimal | None]) -> None:
    filled = fill_gaps(values, DAY)
    assert len(filled) == len(values)
    assert all(new == old for new, old in zip(filled, values, strict=True) if old is not None)


def test_tonnes_of_a_stack() -> None:
    start = dt.datetime(2021, 1, 1, 1)
    hours = {start + dt.timedelta(hours=n): (D(50), D(20000)) for n in range(1000)}
    hours[start + dt.timedelta(hours=1000)] = (None, D(20000))
    assert totals(hours) == 1


def test_the_three_rates() -> None:
    assert removed_share(D(90), D(80), D(95)) == D("68.4")
    with pytest.raises(LantuError, match="collection rate is 101"):
        removed_share(D(101), D(80))


def test_reductions() -> None:
    assert treatment_reduction(D(100), (D(50), D(60)), (D(90), D(90))) == 51
    assert substitution_reduction([(D(10), D(60), D(10))], D(0), D(0)) == 5
    assert substitution_reduction([(D(10), D(60), D(10))], D(90), D(90)) == D("0.95")
    assert combustion_reduction(D(10_000_000), D(150), D(30)) == D("1.2")
    assert vehicle_reduction(1000, D(4), D(50_000)) == 200
    assert sewage_reduction(D(1000), D(30), D(20)) == 100  # 10⁷ m³ and 10 mg/L are 100 t


def test_default_collection_by_edition() -> None:
    assert default_collection("guangdong_2023", "enclosing_hood", dt.date(2023, 6, 1)) == 80
    assert default_collection("national_2022", "enclosing_hood", dt.date(2023, 6, 1)) == 50
    with pytest.raises(LantuError, match="has no value on 2021"):
        default_collection("national_2022", "enclosing_hood", DAY)
    with pytest.raises(LantuError, match="no way of collecting 'sponge'"):
        default_collection("national_2022", "sponge", dt.date(2023, 6, 1))


def test_dust_of_a_paved_road() -> None:
    plain = paved_road_dust("tsp", D(1), D(1), 0, D(0), DAY)
    assert plain == D("3.23")
    assert paved_road_dust("tsp", D(1), D(1), 73, D(50), DAY) == plain * D("0.95") / 2
    with pytest.raises(LantuError, match="no particle size"):
        paved_road_dust("pm1", D(1), D(1), 0, D(0), DAY)


def test_dustfall_from_what_was_weighed() -> None:
    # 1 g on 1 cm² in 30 days is 10⁴ t/km²
    assert dustfall(D("1.5"), D("0.4"), D("0.1"), D(1), D(30)) == 10_000
    assert round(dustfall(D("80.1432"), D("80.0812"), D("0.0020"), D("176.7"), D("31.0")), 2) == D("3.29")
    with pytest.raises(LantuError, match="above 0"):
        dustfall(D(1), D(1), D(0), D(0), D(30))
    assert [sampling_is_valid(D(days), DAY) for days in ("27.9", "28", "32", "32.1")] == [False, True, True, False]
    assert [dustfall_is_within(D(v), DAY) for v in ("9.0", "9.1")] == [True, False]


def test_roads() -> None:
    assert [residue_is_within(D(10), 1, DAY), residue_is_within(D("10.1"), 1, DAY)] == [True, False]
    assert residue_is_within(D(15), 2, DAY) is True
    with pytest.raises(LantuError, match="class 3"):
        residue_is_within(D(15), 3, DAY)
    assert [grade_of_load(D(v), DAY) for v in ("0.3", "0.31", "0.8", "2")] == [0, 1, 2, 3]


def test_duties_of_a_site() -> None:
    check = {"fence": True, "cover": False, "wash": None, "hard_road": True, "other": False}
    assert failing_duties(check, DAY) == ("cover",)
    assert failing_duties({"fence": None}, DAY) is None
    assert [must_stop(force, DAY) for force in (3, 4)] == [False, True]
