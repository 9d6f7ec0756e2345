"""Drinking water, irrigation water and discharges: editions by date, conditions, seasons, what is not known."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards import catalogue
from lantu.standards.items import items_of
from lantu.standards.water import (
    DISCHARGE_GRADES,
    Crop,
    Verdict,
    discharge_exceedances,
    discharge_verdict,
    drinking_verdict,
    irrigation_verdict,
)

OLD, NEW = dt.date(2023, 3, 31), dt.date(2023, 4, 1)
SUMMER = dt.date(2021, 7, 1)


def d(value: float | str) -> Decimal:
    return Decimal(str(value))


def exceeding(verdict: Verdict) -> list[str]:
    return [each.item for each in verdict.exceedances]


@pytest.mark.parametrize(
    ("item", "limit"),
    [("arsenic", "0.01"), ("colony_count", "100"), ("turbidity", "1"), ("permanganate_index", "3"), ("nitrate", "10")],
)
@pytest.mark.parametrize("day", [OLD, NEW])
def test_drinking_water_equal_to_a_limit_complies(item: str, limit: str, day: dt.date) -> None:
    assert drinking_verdict({item: d(limit)}, day).complies
    verdict = drinking_verdict({item: d(limit) + d("0.0001")}, day)
    assert exceeding(verdict) == [item]
    assert verdict.exceedances[0].multiple == d("0.0001") / d(limit)


def test_the_edition_of_2022_holds_from_its_day() -> None:
    sample = {"vinyl_chloride": d("0.004"), "boron": d("0.8"), "formaldehyde": d(2), "ammonia_nitrogen": d("0.1")}
    old = drinking_verdict(sample, OLD)
    assert exceeding(old) == ["boron", "formaldehyde"]
    assert old.unverified == ("water.drinking.limits.boron",)
    assert (old.unknown, old.dropped) == (("ammonia_nitrogen",), ())
    new = drinking_verdict(sample, NEW)
    assert exceeding(new) == ["vinyl_chloride"]
    assert (new.unknown, new.dropped) == (("ammonia_nitrogen",), ("formaldehyde",))
    with pytest.raises(LantuError):
        drinking_verdict({"arsenic": d(1)}, dt.date(2007, 6, 30))


def test_no_item_of_drinking_water_lasts_on_after_its_edition() -> None:
    for item in items_of("drinking_water"):
        verdict = drinking_verdict({item: d(0)}, NEW)
        assert len(verdict.judged) + len(verdict.unknown) + len(verdict.dropped) == 1
        name = f"water.drinking.limits.{item}"
        if name in catalogue():
            assert catalogue().get(name).unit == items_of("drinking_water")[item].unit


@pytest.mark.parametrize(
    ("item", "value", "condition"),
    [
        ("nitrate", "20", "groundwater_limited"),
        ("turbidity", "3", "technically_limited"),
        ("permanganate_index", "5", "raw_water_above_6"),
    ],
)
def test_a_wider_limit_needs_its_condition(item: str, value: str, condition: str) -> None:
    assert exceeding(drinking_verdict({item: d(value)}, OLD)) == [item]
    wider = drinking_verdict({item: d(value)}, OLD, conditions=[condition])
    assert wider.complies
    assert wider.unverified == ()
    assert drinking_verdict({item: d(value)}, NEW, conditions=[condition]).unverified[0] == "water.drinking.exceptions"
    assert not drinking_verdict({item: d(value) * 2}, OLD, conditions=[condition]).complies
    with pytest.raises(LantuError, match="no condition 'small'"):
        drinking_verdict({}, OLD, conditions=["small"])


def test_not_detectable_ranges_and_stages() -> None:
    assert exceeding(drinking_verdict({"escherichia_coli": d(1)}, OLD)) == ["escherichia_coli"]
    assert drinking_verdict({"escherichia_coli": d("0.5")}, OLD, below=["escherichia_coli"]).complies
    assert drinking_verdict({"escherichia_coli": d(1)}, OLD).exceedances[0].multiple is None
    assert exceeding(drinking_verdict({"ph": d("6.49")}, OLD)) == ["ph"]
    assert drinking_verdict({"ph": d("8.5")}, OLD).complies
    chlorine = {"free_chlorine": d("0.1")}
    assert drinking_verdict(chlorine, OLD).complies
    assert not drinking_verdict(chlorine, OLD, stage="plant").complies
    assert drinking_verdict({}, OLD).complies is None
    assert drinking_verdict({"geosmin": d(1)}, NEW).complies is None


@pytest.mark.parametrize(
    ("item", "limits"),
    [
        ("biochemical_oxygen_demand", (60, 100, 40, 15)),
        ("chemical_oxygen_demand", (150, 200, 100, 60)),
        ("suspended_solids", (80, 100, 60, 15)),
        ("arsenic", (0.05, 0.1, 0.05, 0.05)),
        ("fecal_coliform", (40000, 40000, 20000, 10000)),
        ("ascaris_eggs", (20, 20, 20, 10)),
    ],
)
def test_irrigation_water_by_crop_and_edition(item: str, limits: tuple[float, ...]) -> None:
    for crop, limit in zip(Crop, limits, strict=True):
        for day, unverified in ((dt.date(2021, 6, 30), ()), (SUMMER, (f"water.irrigation.limits.{item}",))):
            within = irrigation_verdict({item: d(limit)}, crop, day)
            assert within.complies
            assert within.unverified == unverified
            assert exceeding(irrigation_verdict({item: d(limit) + d("0.001")}, crop, day)) == [item]


def test_salt_on_saline_soil_and_what_irrigation_does_not_limit() -> None:
    salty = {"total_salt": d(2000), "ph": d("5.5"), "nitrate": d(5), "lead": None}
    verdict = irrigation_verdict(salty, Crop.DRY, SUMMER)
    assert (exceeding(verdict), verdict.unknown) == (["total_salt"], ("nitrate",))
    assert irrigation_verdict(salty, Crop.DRY, SUMMER, saline=True).complies
    assert exceeding(irrigation_verdict({"ph": d("8.51")}, Crop.PADDY, SUMMER)) == ["ph"]
    assert irrigation_verdict({"ph": d(9)}, Crop.PADDY, SUMMER).exceedances[0].multiple is None
    with pytest.raises(LantuError):
        irrigation_verdict(salty, Crop.DRY, dt.date(2006, 10, 31))


@given(
    st.sampled_from(sorted(items_of("irrigation_water"))), st.sampled_from(list(Crop)), st.decimals(0, 99999, places=3)
)
def test_water_for_raw_vegetables_may_water_other_vegetables(item: str, crop: Crop, value: Decimal) -> None:
    raw = irrigation_verdict({item: value}, Crop.RAW_VEGETABLE, SUMMER)
    assert not raw.unknown
    if raw.complies:
        assert irrigation_verdict({item: value}, Crop.COOKED_VEGETABLE, SUMMER).complies


@pytest.mark.parametrize(
    ("day", "limit"),
    [("2021-11-30", "1.5"), ("2021-12-01", "2.5"), ("2022-03-31", "2.5"), ("2022-04-01", "1.5"), ("2020-02-29", "2.5")],
)
@pytest.mark.parametrize(("standard", "grade"), [("db11_890", "new_b"), ("db11_307", "b")])
def test_ammonia_of_discharges_in_the_cold_season(standard: str, grade: str, day: str, limit: str) -> None:
    on = dt.date.fromisoformat(day)
    assert discharge_exceedances({"ammonia_nitrogen": d(limit)}, standard, grade, on) == ()
    (found,) = discharge_exceedances({"ammonia_nitrogen": d(limit) + d("0.1")}, standard, grade, on)
    assert found.high == d(limit)
    assert found.multiple == d("0.1") / d(limit)


def test_class_1a_allows_more_ammonia_in_cold_water() -> None:
    def verdict(ammonia: float, degrees: float | None) -> Verdict:
        sample = {"ammonia_nitrogen": d(ammonia), "water_temperature": None if degrees is None else d(degrees)}
        return discharge_verdict(sample, "gb18918", "class_1a", SUMMER)

    assert [verdict(8, degrees).complies for degrees in (12, 12.1, None)] == [True, False, None]
    assert verdict(5, None).complies
    assert verdict(8.1, None).complies is False
    assert verdict(6, None).undecided == ("ammonia_nitrogen",)
    phosphorus = {"total_phosphorus": d("0.8")}
    assert exceeding(discharge_verdict(phosphorus, "gb18918", "class_1a", SUMMER)) == ["total_phosphorus"]
    assert discharge_verdict(phosphorus, "gb18918", "class_1a_before_2006", SUMMER).complies


def test_discharges_name_what_is_not_sure_or_not_limited() -> None:
    sample = {"chemical_oxygen_demand": d(20), "total_nitrogen": d(10), "mercury": d(1), "ph": d("8.5")}
    verdict = discharge_verdict(sample, "db11_307", "a", SUMMER)
    assert (verdict.complies, verdict.unknown) == (True, ("mercury",))
    assert verdict.unverified == ("water.discharge.db11_307.a.total_nitrogen",)
    assert discharge_verdict({"fecal_coliform": d(1000)}, "db11_890", "new_b", SUMMER).unverified == ()
    with pytest.raises(LantuError, match="no discharge standard 'db31'"):
        discharge_verdict({}, "db31", "a", SUMMER)
    with pytest.raises(LantuError, match="no grade of db11_307 'c'"):
        discharge_verdict({}, "db11_307", "c", SUMMER)


@given(
    st.sampled_from([(standard, grade) for standard, grades in DISCHARGE_GRADES.items() for grade in grades]),
    st.sampled_from(sorted(items_of("waste_water"))),
    st.decimals(0, 20000, places=2),
    st.dates(dt.date(2014, 1, 1), dt.date(2030, 1, 1)),
)
def test_a_higher_value_never_turns_a_failing_discharge_into_one_that_complies(
    which: tuple[str, str], item: str, value: Decimal, day: dt.date
) -> None:
    if item in ("ph", "water_temperature"):
        return
    if discharge_exceedances({item: value}, *which, day):
        assert discharge_exceedances({item: value * 2}, *which, day)
    name = f"water.discharge.{which[0]}.{which[1]}.{item}"
    if name in catalogue():
        assert catalogue().get(name).unit == items_of("waste_water")[item].unit
