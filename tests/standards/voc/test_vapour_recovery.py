"""Vapour recovery: tests, warnings and alarms of GB 20952-2020 at their bounds, against a slow reference."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards.voc.vapour_recovery import (
    NozzleDay,
    Signal,
    is_in_force,
    is_tight,
    judge_nozzle,
    judge_pressure,
    judge_sensor,
    least_pressure,
    nozzle_passes,
    nozzles_to_test,
    pressure_is_accurate,
    ratio_is_accurate,
    resistance_passes,
    station_passes,
)

DAY = dt.date(2022, 6, 1)
D = Decimal


def test_phases() -> None:
    days = (dt.date(2021, 3, 31), dt.date(2021, 4, 1), dt.date(2021, 12, 31), dt.date(2022, 1, 1))
    assert [is_in_force(day, existing=True) for day in days] == [False, False, False, True]
    assert [is_in_force(day, existing=False) for day in days] == [False, True, True, True]
    assert [is_in_force(day, existing=True, unloading=True) for day in days] == [False, True, True, True]


@pytest.mark.parametrize(
    ("ratios", "passes"),
    [
        (["1.0"], True),
        (["1.2"], True),
        (["1.21"], None),
        (["0.9", "1.05", "1.05"], True),
        (["0.9", "1.0", "1.0"], False),
        (["0.89", "1.1", "1.1"], False),
        (["1.31"], False),
    ],
)
def test_the_ratio_of_a_nozzle(ratios: list[str], passes: bool | None) -> None:
    assert nozzle_passes([D(each) for each in ratios], DAY) is passes


def test_nozzles_of_a_station() -> None:
    assert [nozzles_to_test(count, DAY) for count in (4, 6, 7, 15, 16, 21)] == [
        (4, 1), (6, 1), (6, 1), (8, 2), (10, 2), (12, 3),
    ]  # fmt: skip
    assert station_passes(12, 8, 1, DAY) is True
    assert station_passes(12, 7, 1, DAY) is None
    assert station_passes(12, 5, 2, DAY) is False
    with pytest.raises(LantuError, match="no test"):
        nozzle_passes([], DAY)


def test_resistance() -> None:
    assert [resistance_passes(D(28), D(p), DAY) for p in ("90", "90.1")] == [True, False]
    with pytest.raises(LantuError, match="at 20 L/min"):
        resistance_passes(D(20), D(1), DAY)


def test_tightness_between_the_rows() -> None:
    assert least_pressure(D(1893), 6, DAY) == 182
    assert least_pressure(D(1893), 7, DAY) == 172
    assert least_pressure(D(3785), 30, DAY) == 267
    assert least_pressure((D(1893) + D(2082)) / 2, 1, DAY) == D("190.5")
    assert least_pressure(D(100), 1, DAY) == 182
    assert least_pressure(D(200_000), 25, DAY) == 486
    assert is_tight(D(182), D(1893), 6, DAY) is True
    assert is_tight(D("181.9"), D(1893), 6, DAY) is False


@given(st.integers(1000, 100_000), st.integers(1000, 100_000), st.integers(1, 40))
def test_more_ullage_must_hold_more_pressure(one: int, other: int, nozzles: int) -> None:
    low, high = sorted((one, other))
    assert least_pressure(D(low), nozzles, DAY) <= least_pressure(D(high), nozzles, DAY)


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


def test_more_than_a_quarter_of_the_fills_is_a_warning() -> None:
    found = judge_nozzle([NozzleDay(day(0), 20, 5), NozzleDay(day(1), 20, 6)], DAY)
    assert found == {day(0): Signal.NONE, day(1): Signal.WARNING}


def test_few_fills_are_carried_over() -> None:
    days = [NozzleDay(day(0), 3, 3), NozzleDay(day(1), 1, 0), NozzleDay(day(2), 6, 0)]
    assert judge_nozzle(days, DAY) == {day(2): Signal.WARNING}  # 3 of 10


def test_seven_warning_days_on_end_are_an_alarm() -> None:
    days = [NozzleDay(day(n), 10, 9) for n in range(8)]
    assert list(judge_nozzle(days, DAY).values()) == [Signal.WARNING] * 6 + [Signal.ALARM] * 2
    broken = [*days[:5], NozzleDay(day(5), 10, 0), *days[6:]]
    assert Signal.ALARM not in judge_nozzle(broken, DAY).values()
    missing = [each for each in days if each.day != day(4)]
    assert Signal.ALARM not in judge_nozzle(missing, DAY).values()


def test_a_ratio_far_off_for_more_than_a_day_is_an_alarm() -> None:
    far = {"lowest": D("0.3"), "highest": D("0.59")}
    days = [NozzleDay(day(0), 10, 0, **far), NozzleDay(day(1), 10, 0, **far)]
    assert judge_nozzle(days, DAY) == {day(0): Signal.NONE, day(1): Signal.ALARM}
    assert judge_nozzle([days[0], NozzleDay(day(1), 10, 0, D("0.3"), D("0.6"))], DAY)[day(1)] is Signal.NONE


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25))
def test_against_a_slow_reference(rows: list[tuple[int, int]]) -> None:
    """Every day looks back over all days before it."""
    days = [NozzleDay(day(n), fills, min(outside, fills)) for n, (fills, outside) in enumerate(rows)]
    expected: dict[dt.date, Signal] = {}
    warnings: dict[int, bool] = {}
    start = 0
    for n in range(len(days)):
        fills = sum(each.fills for each in days[start : n + 1])
        if fills < 5:
            continue
        warnings[n] = sum(each.outside for each in days[start : n + 1]) > fills / 4
        start = n + 1
        seven = all(warnings.get(n - back) for back in range(7))
        expected[day(n)] = Signal.ALARM if seven else Signal.WARNING if warnings[n] else Signal.NONE
    assert judge_nozzle(days, DAY) == expected


def test_pressure_and_sensor() -> None:
    assert judge_pressure({day(0): D(12), day(1): D("12.1")}, DAY) == {day(0): Signal.NONE, day(1): Signal.WARNING}
    peaks = {day(0): D(3999), day(1): D(4000), day(2): D(8000)}
    assert list(judge_sensor(peaks, DAY).values()) == [Signal.NONE, Signal.WARNING, Signal.ALARM]


def test_accuracy() -> None:
    assert pressure_is_accurate([D(50)], DAY) is True
    assert pressure_is_accurate([D(51)], DAY) is None
    assert pressure_is_accurate([D(60), D(40), D(50)], DAY) is True
    assert ratio_is_accurate([D("0.16"), D("0.16"), D("0.16")], DAY) is False
    assert ratio_is_accurate([], DAY) is None
