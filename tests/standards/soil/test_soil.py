"""Soil and crops: worked examples at the bounds of GB 15618-2018, GB 36600-2018 and GB 2762-2017."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards import catalogue
from lantu.standards.soil import (
    LandClass,
    SoilRisk,
    basic_items,
    class_of_unit,
    classify_farmland,
    crop_within,
    crops_of_plot_within,
    evaluate_crop,
    evaluate_farmland_item,
    evaluate_soil,
    evaluate_soil_item,
    land_class_of_use,
    missing_basic_items,
)
from lantu.standards.soil.farmland import CLASS_METALS, SCREENED, USES

DAY = dt.date(2021, 6, 30)
D = Decimal


@pytest.mark.parametrize(
    ("use", "ph", "values", "expected", "decisive"),
    [
        ("dry", "5.5", {"cadmium": "0.30"}, LandClass.PRIORITY, ()),  # equal to screening is not above it
        ("dry", "5.51", {"cadmium": "0.31"}, LandClass.SAFE_USE, ("cadmium",)),
        ("dry", "7.6", {"cadmium": "0.60"}, LandClass.PRIORITY, ()),
        ("dry", "8.0", {"arsenic": "26"}, LandClass.SAFE_USE, ("arsenic",)),
        ("paddy", "7.0", {"lead": "701"}, LandClass.STRICT, ("lead",)),
        ("dry", "8.0", {"cadmium": "0.5", "mercury": "6.1"}, LandClass.STRICT, ("mercury",)),
        ("rotation", "7.0", {"mercury": "0.61"}, LandClass.SAFE_USE, ("mercury",)),  # the stricter is paddy's 0.6
        ("dry", "7.0", {"mercury": "0.61"}, LandClass.PRIORITY, ()),
        ("dry", "8.0", {"chromium": "250"}, LandClass.PRIORITY, ()),
    ],
)
def test_class_of_a_soil_sample(
    use: str, ph: str, values: dict[str, str], expected: LandClass, decisive: tuple[str, ...]
) -> None:
    found = classify_farmland({name: D(value) for name, value in values.items()}, D(ph), use, DAY)
    assert found.land_class is expected
    assert found.decisive == decisive


def test_copper_of_an_orchard_has_its_own_value_and_no_control_value() -> None:
    found = classify_farmland({"copper": D(151)}, D(6), "orchard", DAY)
    assert found.land_class is None  # copper is none of the five metals that decide
    assert found.above_screening == ("copper",)
    assert evaluate_farmland_item("copper", D(51), D(6), "dry", DAY).land_class is LandClass.SAFE_USE
    assert evaluate_farmland_item("copper", D(5000), D(6), "orchard", DAY).land_class is LandClass.SAFE_USE


def test_an_unverified_screening_value_says_so() -> None:
    found = evaluate_farmland_item("ddt_total", D("0.11"), D(7), "dry", DAY)
    assert found.unverified == ("soil.farmland.screening.ddt_total.all",)


@given(
    st.sampled_from(SCREENED),
    st.sampled_from(USES),
    st.decimals(3, 10, places=2),
    st.decimals(0, 2000, places=3),
    st.decimals(0, 2000, places=3),
)
def test_more_is_never_better(item: str, use: str, ph: Decimal, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert (
        evaluate_farmland_item(item, low, ph, use, DAY).land_class
        <= evaluate_farmland_item(item, high, ph, use, DAY).land_class
    )


def test_screening_lies_below_control_in_every_column() -> None:
    for metal in CLASS_METALS:
        for use in USES:
            for ph in ("5", "6", "7", "8"):
                found = evaluate_farmland_item(metal, D(1), D(ph), use, DAY)
                assert found.control is not None
                assert found.screening < found.control


def test_a_unit_takes_the_class_of_more_than_four_fifths_of_its_points() -> None:
    nine, eight = [LandClass.PRIORITY] * 9, [LandClass.PRIORITY] * 8
    assert class_of_unit([*nine, LandClass.SAFE_USE], [], DAY) is LandClass.PRIORITY
    assert class_of_unit([*eight, *[LandClass.SAFE_USE] * 2], [], DAY) is None  # 80 % is not more: divide the unit
    assert class_of_unit([*nine, LandClass.STRICT], [], DAY) is None  # one point far worse
    assert class_of_unit([], [], DAY) is None


def test_crops_correct_the_class_of_a_unit() -> None:
    middle, strict = [LandClass.SAFE_USE] * 5, [LandClass.STRICT] * 5
    assert class_of_unit(middle, [D("0.5"), D("0.9"), D(1)], DAY) is LandClass.PRIORITY
    assert class_of_unit(middle, [D("0.5"), D("1.5"), D(1)], DAY) is LandClass.SAFE_USE
    assert class_of_unit(middle, [D("0.5"), D("2.1"), D(1)], DAY) is LandClass.STRICT
    assert class_of_unit(middle, [D("0.5"), D("0.9")], DAY) is LandClass.SAFE_USE  # two pairs are too few
    assert class_of_unit(strict, [D("0.5"), D("0.9"), D(1)], DAY) is LandClass.SAFE_USE


@pytest.mark.parametrize(
    ("item", "value", "land_class", "risk"),
    [
        ("arsenic", "20", 1, SoilRisk.NEGLIGIBLE),
        ("arsenic", "20.1", 1, SoilRisk.ASSESS),
        ("arsenic", "20.1", 2, SoilRisk.NEGLIGIBLE),
        ("arsenic", "120.1", 1, SoilRisk.UNACCEPTABLE),
        ("hexavalent_chromium", "5.7", 2, SoilRisk.NEGLIGIBLE),
        ("hexavalent_chromium", "78.5", 2, SoilRisk.UNACCEPTABLE),
        ("petroleum_hydrocarbons", "4501", 2, SoilRisk.ASSESS),
        ("dioxins", "0.00004", 2, SoilRisk.NEGLIGIBLE),
    ],
)
def test_an_item_of_construction_land(item: str, value: str, land_class: int, risk: SoilRisk) -> None:
    assert evaluate_soil_item(item, D(value), land_class, DAY).risk is risk


def test_all_85_items_are_in_order() -> None:
    names = [p.name for p in catalogue().parameters() if p.name.startswith("soil.construction.limits.")]
    assert len(names) == 85
    for name in names:
        one, two, control_one, control_two = catalogue().get(name).at(DAY).value
        assert one <= two <= control_two
        assert one <= control_one <= control_two
    assert len(basic_items()) == 45
    assert basic_items()[0] == "arsenic"
    assert basic_items()[-1] == "naphthalene"


def test_a_sample_is_as_risky_as_its_worst_item() -> None:
    risk, above = evaluate_soil({"arsenic": D(30), "lead": D(900), "copper": D(5), "ph": D(7)}, 1, DAY)
    assert risk is SoilRisk.UNACCEPTABLE
    assert [each.item for each in above] == ["lead", "arsenic"]
    assert evaluate_soil({"ph": D(7)}, 1, DAY) == (None, ())


def test_arsenic_below_the_natural_background_is_no_pollution() -> None:
    risk, above = evaluate_soil({"arsenic": D(30)}, 1, DAY, {"arsenic": D(31)})
    assert (risk, above) == (SoilRisk.NEGLIGIBLE, ())
    assert evaluate_soil({"lead": D(500)}, 1, DAY, {"lead": D(600)})[0] is SoilRisk.ASSESS  # not for lead


def test_classes_of_use() -> None:
    codes = ("R2", "A33", "A5", "G1C", None, "M1", "A2", "G1", "b1")
    assert [land_class_of_use(code) for code in codes] == [1, 1, 1, 1, 1, 2, 2, 2, 2]
    with pytest.raises(LantuError, match="no land-use code 'X9'"):
        land_class_of_use("X9")


def test_what_an_initial_survey_lacks() -> None:
    assert missing_basic_items(basic_items()) == ()
    assert missing_basic_items(basic_items()[:-1]) == ("naphthalene",)


def test_crops_against_the_food_limit_of_the_day() -> None:
    assert crop_within({"cadmium": D("0.2")}, "rice", DAY) is True
    assert crop_within({"cadmium": D("0.2")}, "grain", DAY) is False
    assert crop_within({"chromium": D(3)}, "fruit", DAY) is None  # no limit is set
    found = evaluate_crop({"cadmium": D("0.1"), "mercury": D("0.03")}, "grain", DAY)
    assert [each.within for each in found] == [True, False]
    assert [bool(each.unverified) for each in found] == [False, True]
    assert evaluate_crop({"lead": D("0.1")}, "grain", dt.date(2024, 1, 1))[0].unverified  # the edition has ended


def test_nine_samples_of_ten_make_a_plots_crops_good() -> None:
    assert crops_of_plot_within([True] * 9 + [False], DAY) is True
    assert crops_of_plot_within([True] * 8 + [False] * 2, DAY) is False
    assert crops_of_plot_within([], DAY) is None
