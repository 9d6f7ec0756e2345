"""Fugitive VOC: leaks, terms of tests and repairs, tanks, loading, treatment, oxygen."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards.voc.fugitive import (
    Column,
    TankDuty,
    Verdict,
    at_reference_oxygen,
    cooling_water_leaks,
    fence_exceedances,
    is_in_force,
    judge_in_plant,
    loading_is_treated,
    tank_duty,
    tank_repair_by,
    treatment_duty,
    vapour_efficiency,
    waste_water_is_covered,
)
from lantu.standards.voc.ldar import (
    CheckedPoint,
    Medium,
    first_test_by,
    is_leak,
    ldar_is_duty,
    months_between_tests,
    next_test_by,
    next_visual_by,
    relief_test_by,
    repair_state,
    spot_check_is_violation,
)

DAY = dt.date(2021, 6, 30)
GENERAL, KEY, PETRO, SPECIAL = Column
D = Decimal


def test_new_plants_are_bound_a_year_before_existing_ones() -> None:
    assert [is_in_force(True, dt.date(2019, 6, 30)), is_in_force(True, dt.date(2019, 7, 1))] == [False, True]
    assert [is_in_force(False, dt.date(2020, 6, 30)), is_in_force(False, dt.date(2020, 7, 1))] == [False, True]


@pytest.mark.parametrize(
    ("column", "light", "other"), [(GENERAL, 5000, 2000), (KEY, 2000, 500), (PETRO, 2000, 500), (SPECIAL, 2000, 500)]
)
def test_a_reading_that_reaches_the_definition_is_a_leak(column: Column, light: int, other: int) -> None:
    for medium, limit in ((Medium.LIGHT, light), (Medium.OTHER, other)):
        assert is_leak(D(limit), medium, column, DAY) is True
        assert is_leak(D(limit) - 1, medium, column, DAY) is False
    assert is_leak(None, Medium.LIGHT, column, DAY) is None
    assert is_leak(D(0), Medium.OTHER, column, DAY, visible_drip=True) is True


def test_frequency_of_tests() -> None:
    assert next_test_by("valve", KEY, dt.date(2021, 8, 31)) == dt.date(2022, 2, 28)
    assert next_test_by("flange", GENERAL, dt.date(2020, 2, 29)) == dt.date(2021, 2, 28)
    assert next_test_by("valve", PETRO, dt.date(2021, 11, 30)) == dt.date(2022, 2, 28)
    assert next_test_by("connector", SPECIAL, dt.date(2021, 3, 1)) == dt.date(2021, 9, 1)
    assert months_between_tests("agitator", GENERAL, DAY) == 6
    with pytest.raises(LantuError, match="no frequency of leak tests is known for 'agitator'"):
        months_between_tests("agitator", PETRO, DAY)
    assert first_test_by(dt.date(2021, 1, 1), KEY) == dt.date(2021, 4, 1)
    assert first_test_by(dt.date(2021, 1, 1), PETRO) == dt.date(2021, 1, 31)
    assert next_visual_by(DAY) == dt.date(2021, 7, 7)
    assert [ldar_is_duty(points, DAY) for points in (1999, 2000)] == [False, True]


def test_a_relief_device_is_tested_within_five_working_days() -> None:
    friday = dt.date(2021, 9, 24)
    assert relief_test_by(friday) == dt.date(2021, 10, 1)
    week = [dt.date(2021, 10, day) for day in range(1, 8)]
    assert relief_test_by(friday, week) == dt.date(2021, 10, 8)
    assert relief_test_by(friday, week, [dt.date(2021, 9, 26)]) == dt.date(2021, 9, 30)


FOUND = dt.date(2021, 6, 1)


@pytest.mark.parametrize(
    ("day", "attempted", "repaired", "late"),
    [
        (6, None, None, (False, False, False)),
        (7, None, None, (True, False, False)),
        (16, 6, None, (False, False, False)),
        (17, 6, None, (False, True, False)),
        (30, 6, 16, (False, False, True)),
        (30, 7, 17, (True, True, True)),
        (30, None, 6, (False, False, True)),
        (16, None, 17, (True, False, False)),
    ],
)
def test_terms_of_a_repair(
    day: int, attempted: int | None, repaired: int | None, late: tuple[bool, bool, bool]
) -> None:
    def june(number: int | None) -> dt.date | None:
        return None if number is None else dt.date(2021, 6, number)

    state = repair_state(FOUND, dt.date(2021, 6, day), june(attempted), june(repaired))
    assert (state.attempt_late, state.repair_late, state.done) == late
    assert (state.attempt_by, state.repair_by) == (dt.date(2021, 6, 6), dt.date(2021, 6, 16))


def test_a_repair_that_is_put_off_is_due_at_the_next_shutdown() -> None:
    day = dt.date(2021, 12, 1)
    waiting = repair_state(FOUND, day, FOUND, put_off_filed=dt.date(2021, 6, 16))
    assert (waiting.repair_by, waiting.repair_late) == (None, False)
    assert repair_state(FOUND, day, FOUND, None, dt.date(2021, 6, 16), dt.date(2021, 11, 30)).repair_late
    assert repair_state(FOUND, day, FOUND, put_off_filed=dt.date(2021, 6, 17)).repair_late


def test_spot_check() -> None:
    leak, whole = CheckedPoint(D(2000), Medium.LIGHT), CheckedPoint(D(1999), Medium.LIGHT)
    mended, drip = CheckedPoint(D(9999), Medium.LIGHT, in_repair=True), CheckedPoint(None, Medium.OTHER, True)
    assert not spot_check_is_violation([leak] * 2 + [whole] * 98, KEY, DAY)
    assert spot_check_is_violation([leak, leak, drip] + [whole] * 97, KEY, DAY)
    assert not spot_check_is_violation([leak] * 3, GENERAL, DAY)
    assert not spot_check_is_violation([leak] * 2 + [mended] * 98, KEY, DAY)
    with pytest.raises(LantuError, match="a spot check has 100 at most"):
        spot_check_is_violation([whole] * 101, KEY, DAY)


@pytest.mark.parametrize(
    ("pressure", "volume", "general", "key"),
    [
        ("76.6", 75, TankDuty.PRESSURE_TANK, TankDuty.PRESSURE_TANK),
        ("76.6", 10, TankDuty.NONE, TankDuty.PRESSURE_TANK),
        ("76.5", 75, TankDuty.ROOF_OR_TREATMENT, TankDuty.ROOF_OR_TREATMENT),
        ("27.6", 74, TankDuty.NONE, TankDuty.NONE),
        ("27.5", 150, TankDuty.NONE, TankDuty.ROOF_OR_TREATMENT),
        ("5.2", 149, TankDuty.NONE, TankDuty.NONE),
        ("5.1", 9999, TankDuty.NONE, TankDuty.NONE),
    ],
)
def test_duties_of_tanks(pressure: str, volume: int, general: TankDuty, key: TankDuty) -> None:
    found = [tank_duty(D(pressure), D(volume), column, DAY) for column in Column]
    assert found == [general, key, general, key]
    assert tank_repair_by(DAY) == dt.date(2021, 9, 28)


def test_loading_cooling_water_and_open_liquid() -> None:
    assert [loading_is_treated(D("27.6"), D(500), column, DAY) for column in (GENERAL, KEY)] == [True, True]
    assert [loading_is_treated(D("27.5"), D(2500), column, DAY) for column in (GENERAL, KEY)] == [False, True]
    assert not loading_is_treated(D("27.5"), D(2499), KEY, DAY)
    assert [vapour_efficiency(column, DAY) for column in (GENERAL, KEY)] == [80, 90]
    assert [waste_water_is_covered(D(100), column, DAY) for column in (GENERAL, KEY)] == [False, True]
    assert [cooling_water_leaks(D(10), D(out), DAY) for out in ("11", "11.01")] == [False, True]


def test_limits_within_the_plant_and_at_the_fence() -> None:
    assert judge_in_plant(D(10), D(30), GENERAL, DAY) is Verdict.WITHIN
    assert judge_in_plant(D("10.1"), None, GENERAL, DAY) is Verdict.OVER
    assert judge_in_plant(D(6), D("20.1"), KEY, DAY) is Verdict.OVER
    assert judge_in_plant(None, None, KEY, DAY) is None
    assert fence_exceedances({"benzene": D("0.4"), "nmhc": D("4.1"), "xylene": None}, DAY) == {"nmhc": 4}


def test_treatment() -> None:
    assert treatment_duty(D("2.9"), GENERAL, DAY).least is None
    assert treatment_duty(D(3), GENERAL, DAY).judge(D("79.9")) is Verdict.OVER
    assert treatment_duty(D(2), KEY, DAY).judge(D(80)) is Verdict.WITHIN
    assert treatment_duty(D(9), KEY, DAY, low_voc_materials=True).judge(D(1)) is None
    assert [treatment_duty(D(0), column, DAY).least for column in (PETRO, SPECIAL)] == [95, 97]


def test_oxygen_of_oxidisers() -> None:
    assert at_reference_oxygen(D(20), D(12), True, DAY) == 40
    assert at_reference_oxygen(D(20), D(3), True, DAY) == 20
    assert at_reference_oxygen(D(20), D(12), False, DAY, inlet_oxygen=D(12)) == 20
    with pytest.raises(LantuError, match="air was added"):
        at_reference_oxygen(D(20), D(13), False, DAY, inlet_oxygen=D(12))
    with pytest.raises(LantuError, match="oxygen of 21 % cannot be converted"):
        at_reference_oxygen(D(20), D(21), True, DAY)


@given(st.decimals(0, 200, places=1), st.decimals(0, 20, places=1), st.decimals(0, 20, places=1))
def test_more_oxygen_never_lowers_the_converted_value(measured: Decimal, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert at_reference_oxygen(measured, low, True, DAY) <= at_reference_oxygen(measured, high, True, DAY)


@given(
    st.decimals(0, 100, places=1),
    st.decimals(0, 10000, places=0),
    st.sampled_from([(GENERAL, KEY), (PETRO, SPECIAL)]),
)
def test_the_special_column_is_never_milder(pressure: Decimal, amount: Decimal, columns: tuple[Column, Column]) -> None:
    duties = [tank_duty(pressure, amount, column, DAY) is not TankDuty.NONE for column in columns]
    assert duties in ([False, False], [False, True], [True, True])
    for medium in Medium:
        leaks = [is_leak(amount, medium, column, DAY) for column in columns]
        assert leaks in ([False, False], [False, True], [True, True])
