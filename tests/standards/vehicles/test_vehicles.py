"""Vehicles and machines: inspections, remote sensing, machines, fleets and streams, at their bounds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards.vehicles import (
    Second,
    chain_faults,
    engine_limits,
    inspect,
    is_past_durability,
    matched_plates,
    must_be_suspended,
    new_energy_share,
    plain_plate,
    points_in_cycle,
    registration_stage,
    remote_sensing_failures,
    repeat_offenders,
    required_stage,
    shares_by_use,
    smoke_limit,
    summarise,
    trips,
)
from lantu.standards.vehicles.inspection import months_before

DAY = dt.date(2021, 6, 30)
D = Decimal


def values(**given: str | int) -> dict[str, Decimal | None]:
    return {name.removesuffix("_"): D(str(value)) for name, value in given.items()}


def test_two_speed_idle_with_lambda() -> None:
    good = values(idle_co="0.6", idle_hc=80, high_idle_co="0.3", high_idle_hc=50, lambda_="1.05")
    assert inspect("two_speed_idle", good, DAY).passes is True
    over = inspect("two_speed_idle", {**good, "idle_co": D("0.61"), "lambda": D("1.06")}, DAY)
    assert over.passes is False
    assert set(over.failing) == {"idle_co", "lambda"}
    assert inspect("two_speed_idle", good, DAY, "b").passes is False
    wide = inspect("two_speed_idle", {**good, "lambda": D("1.06")}, DAY, lambda_range=(D("0.9"), D("1.1")))
    assert wide.passes is True


def test_what_was_not_measured_leaves_the_verdict_open() -> None:
    found = inspect("two_speed_idle", values(idle_co="0.5"), DAY)
    assert found.passes is None
    assert "idle_hc" in found.missing
    assert inspect("asm", values(soot=1), DAY).unknown == ("soot",)
    with pytest.raises(LantuError, match="no method 'sniffing'"):
        inspect("sniffing", {}, DAY)


def test_diesel_under_load_needs_its_power() -> None:
    good = values(absorption="1.2", nox=1500, power_share=40)
    assert inspect("lug_down", good, DAY).passes is True
    weak = inspect("lug_down", {**good, "power_share": D("39.9")}, DAY)
    assert weak.failing == ("power_share",)
    assert inspect("lug_down", good, DAY, "b").failing == ("absorption", "nox")
    assert all(each.unverified for each in weak.items)
    # absorption and opacity are two scales of one measurement
    assert inspect("free_acceleration", values(opacity=40), DAY).passes is True


def test_two_consecutive_tests_on_the_road_within_six_months() -> None:
    day = dt.date.fromisoformat
    tests = [(day("2021-01-10"), {"co"}), (day("2021-02-10"), {"co", "no"})]
    assert remote_sensing_failures(tests, DAY) == ("co",)
    assert remote_sensing_failures([tests[0], (day("2021-01-20"), set()), tests[1]], DAY) == ()
    assert remote_sensing_failures(tests, dt.date(2021, 7, 10)) == ()  # the first is six months old
    assert remote_sensing_failures(tests[::-1], DAY) == ("co",)  # in any order
    assert months_before(dt.date(2021, 8, 31), 6) == dt.date(2021, 2, 28)


def test_smoke_of_machines_by_power() -> None:
    assert [smoke_limit(2, D(p), DAY) for p in ("18.9", "19", "36.9", "37", "560")] == [2, 1, 1, D("0.8"), D("0.8")]
    with pytest.raises(LantuError, match="does not cover 561"):
        smoke_limit(1, D(561), DAY)
    with pytest.raises(LantuError, match="no smoke class 4"):
        smoke_limit(4, D(100), DAY)


def test_engines_by_stage_and_power() -> None:
    later = dt.date(2023, 1, 1)
    assert engine_limits(3, D(561), DAY) == {"co": D("3.5"), "hc_nox": D("6.4"), "pm": D("0.2")}
    assert engine_limits(4, D(100), later)["nox"] == D("3.3")
    assert engine_limits(4, D(560), later)["nox"] == 2
    with pytest.raises(LantuError, match="stage 4 sets no limit"):
        engine_limits(4, D(561), later)
    assert [required_stage(D(p), day) for p, day in ((100, DAY), (100, later), (600, later))] == [3, 4, 3]


def test_registration_numbers() -> None:
    assert registration_stage("3AB012345", DAY) == "s3"
    assert registration_stage("D00012345", DAY) == "electric"
    assert registration_stage("9AB012345", DAY) is None
    assert registration_stage("3AB01234", DAY) is None


def test_durability() -> None:
    assert is_past_durability("4", D(100_000), None, DAY) is False
    assert is_past_durability("4", D(100_001), None, DAY) is True
    assert is_past_durability("medium_classes", D(100), D("6.1"), DAY) is True
    with pytest.raises(LantuError, match="no durability is known"):
        is_past_durability("9", D(1), None, DAY)


def test_points_of_a_station_count_in_the_cycle() -> None:
    points = [(dt.date(2020, 6, 30), 9), (dt.date(2020, 7, 1), 6), (dt.date(2021, 6, 30), 5), (dt.date(2021, 7, 1), 9)]
    assert points_in_cycle(points, DAY) == 11
    assert must_be_suspended(points, DAY) is False
    assert must_be_suspended([*points, (DAY, 1)], DAY) is True


def test_chains_of_inspection_and_repair() -> None:
    day = dt.date
    assert chain_faults(day(2021, 1, 1), day(2021, 1, 5), day(2021, 1, 6), True) == ()
    assert chain_faults(day(2021, 1, 1), None, None, None) == ("no_repair", "no_retest")
    assert chain_faults(day(2021, 1, 9), day(2021, 1, 5), day(2021, 1, 4), False) == (
        "repair_before_inspection",
        "retest_before_repair",
        "retest_failed",
    )


def test_plates_are_the_same_however_they_are_written() -> None:
    assert plain_plate("京Ａ·12345 ") == plain_plate("京a12345") == "京A12345"
    assert matched_plates(["京A·12345", "冀B00001"], ["京A12345"]) == {"京A·12345": "京A12345"}
    found = [("京A1", DAY), ("京a 1", DAY), ("京B2", DAY), ("京B·2", dt.date(2021, 7, 1))]
    assert repeat_offenders(found, DAY) == {"京B2": 2}


def test_new_energy_by_use() -> None:
    assert new_energy_share([], DAY) is None
    kinds = [("bus", "battery"), ("bus", "diesel"), ("taxi", "hydrogen")]
    assert shares_by_use(kinds, DAY) == {"bus": 50, "taxi": 100}


def second(number: int, nox: float | None, **more: float | None) -> Second:
    given = {"engine_speed": 900.0, "nox_upstream": 1000.0, "scr_inlet_temperature": 250.0, **more}
    return Second(dt.datetime(2021, 6, 1) + dt.timedelta(seconds=number), nox, **given)  # type: ignore[arg-type]


def test_which_seconds_count() -> None:
    rows = [
        second(0, 600),
        second(1, -200),  # the sensor is not ready
        second(2, None),
        second(3, 600, engine_speed=0),
        second(4, 600, scr_inlet_temperature=199.9),
        second(5, 600, scr_inlet_temperature=None),
        second(6, 600, coolant_temperature=69),
        second(7, 499.9),
    ]
    found = summarise(rows, DAY)
    assert (found.seconds, found.valid) == (8, 3)
    assert found.share_above == pytest.approx(200 / 3)
    assert found.exceeds is True
    assert found.removal == pytest.approx(100 * (1 - (600 + 600 + 499.9) / 3000))


def test_half_of_the_seconds_is_not_more_than_half() -> None:
    assert summarise([second(0, 500), second(1, 499)], DAY).exceeds is False
    assert summarise([second(0, -200)], DAY).exceeds is None
    assert summarise([], DAY).seconds == 0


def test_grams_and_kilometres_of_every_second() -> None:
    rows = [second(n, -200, nox_rate=0.5, speed=36.0) for n in range(100)]
    found = summarise(rows, DAY)
    assert (found.grams, found.kilometres, found.per_kilometre) == (50, 1, 50)
    assert summarise([second(0, 5)], DAY).per_kilometre is None


@given(st.lists(st.integers(1, 200), min_size=1, max_size=60))
def test_trips_part_at_gaps_and_lose_no_second(steps: list[int]) -> None:
    times = [dt.datetime(2021, 6, 1)]
    for step in steps:
        times.append(times[-1] + dt.timedelta(seconds=step))
    found = trips(times, DAY)
    assert [index for first, after in found for index in range(first, after)] == list(range(len(times)))
    assert len(found) == 1 + sum(step > 60 for step in steps)
    assert trips([], DAY) == []
