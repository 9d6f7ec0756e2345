"""Means of periods, changes and trends, sections worse than V, elimination, outfalls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards import catalogue, parameters_read
from lantu.standards.water import (
    OUTFALL_CLASSES,
    Attainment,
    Blackness,
    Change,
    RiverGrade,
    WaterClass,
    attainment,
    compare_grades,
    compare_shares,
    elimination,
    heavy_reaches,
    inferior_sections,
    length_shares,
    months_of_samples,
    months_of_section,
    outfall_class,
    outfall_code_fits,
    outfall_gaps,
    outfall_kinds,
    outfall_list,
    parse_measured,
    quarter_means,
    rank_trend,
    rural_black_odorous,
    survey_passes,
    year_means,
)

DAY = dt.date(2021, 12, 31)
AMMONIA = "ammonia_nitrogen"


def d(value: float | str) -> Decimal:
    return Decimal(str(value))


def sample(month: int, value: str, day: int = 5) -> tuple[dt.date, Mapping[str, Decimal | None]]:
    return dt.date(2021, month, day), {AMMONIA: parse_measured(value, DAY)[0]}


def test_means_of_months_quarters_and_years_with_half_the_detection_limit() -> None:
    samples = [sample(1, "0.02L"), sample(1, "0.03", 20), sample(2, "--"), sample(3, "0.05"), sample(4, "1")]
    assert months_of_samples(samples)[dt.date(2021, 1, 1)] == {AMMONIA: d("0.02")}
    first = quarter_means(samples, 2021, 1)
    assert first.means == {AMMONIA: d("0.03")}  # of all data: 0.01, 0.03, 0.05
    assert (first.counts, first.short) == ({AMMONIA: 3}, ())
    assert quarter_means(samples, 2021, 2).short == (AMMONIA,)
    assert quarter_means(samples, 2021, 3).means == {}
    year = year_means(samples, 2021)
    assert year.means == {AMMONIA: (d("0.02") + d("0.05") + 1) / 3}  # months first
    assert (year.counts, year.short) == ({AMMONIA: 3}, (AMMONIA,))
    assert year_means([sample(month, "1") for month in range(1, 9)], 2021).short == ()
    assert year_means([sample(month, "1") for month in range(1, 8)], 2021).short == (AMMONIA,)


@given(st.lists(st.tuples(st.integers(1, 12), st.decimals(0, 100, places=2)), min_size=1, max_size=60))
def test_a_mean_lies_between_the_least_and_the_greatest(pairs: list[tuple[int, Decimal]]) -> None:
    values = [value for _, value in pairs]
    found = year_means([(dt.date(2021, month, 1), {AMMONIA: value}) for month, value in pairs], 2021)
    assert min(values) - d("1e-20") <= found.means[AMMONIA] <= max(values) + d("1e-20")
    assert found.counts[AMMONIA] == len({month for month, _ in pairs})


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (RiverGrade.GOOD, RiverGrade.GOOD, Change.NONE),
        (RiverGrade.GOOD, RiverGrade.LIGHT, Change.BETTER),
        (RiverGrade.EXCELLENT, RiverGrade.LIGHT, Change.CLEARLY_BETTER),
        (WaterClass.I, WaterClass.II, Change.NONE),
        (WaterClass.IV, WaterClass.III, Change.WORSE),
        (WaterClass.INFERIOR, WaterClass.II, Change.CLEARLY_WORSE),
    ],
)
def test_change_by_grade(now: RiverGrade | WaterClass, before: RiverGrade | WaterClass, change: Change) -> None:
    with parameters_read() as read:
        assert compare_grades(now, before, DAY) is change
    assert read.unverified == ("water.surface.change_grades",)
    assert compare_grades(before, now, DAY) == -change


def classes(good: int, middle: int, inferior: int) -> list[WaterClass]:
    return [WaterClass.II] * good + [WaterClass.IV] * middle + [WaterClass.INFERIOR] * inferior


@pytest.mark.parametrize(
    ("now", "change", "difference"),
    [
        ((50, 30, 20), Change.NONE, 0),
        ((60, 20, 20), Change.NONE, 10),
        ((61, 19, 20), Change.BETTER, 11),
        ((60, 30, 10), Change.BETTER, 20),
        ((61, 29, 10), Change.CLEARLY_BETTER, 21),
        ((45, 29, 26), Change.WORSE, -11),
        ((40, 29, 31), Change.CLEARLY_WORSE, -21),
    ],
)
def test_change_by_shares(now: tuple[int, int, int], change: Change, difference: int) -> None:
    assert compare_shares(classes(*now), classes(50, 30, 20), DAY) == (change, difference)


def test_critical_values_are_those_of_all_orders() -> None:
    table = {int(row[0]): row[1:] for row in catalogue().get("water.trend.spearman_critical").at(DAY).value}
    for count in (5, 6, 7, 8):
        total, sums = 0, dict[int, int]()
        for order in permutations(range(count)):
            total += 1
            size = sum((place - rank) ** 2 for place, rank in enumerate(order))
            sums[size] = sums.get(size, 0) + 1
        for share, critical in zip((d("0.05"), d("0.01")), table[count], strict=True):
            running, least = 0, None
            for size in sorted(sums):
                running += sums[size]
                if Decimal(running) / total > share:
                    break
                least = 1 - Decimal(6 * size) / (count**3 - count)
            assert least is not None
            assert abs(least - critical) < d("0.0006"), count


@pytest.mark.parametrize(
    ("values", "correlation", "direction"),
    [
        ([1, 2, 3, 4, 5], "1", 1),
        ([5, 4, 3, 1, 2], "-0.9", -1),  # equal to the critical value of 5 periods
        ([1, 3, 2, 5, 4], "0.8", 0),
        ([2, 1, 4, 3, 6, 5], "0.829", 1),  # 0.8286 is the 0.829 of the table
        ([3, 3, 3, 3, 3], "0", 0),
    ],
)
def test_trends_by_rank(values: list[int], correlation: str, direction: int) -> None:
    found = rank_trend([d(value) for value in values], DAY)
    assert found is not None
    assert abs(found.correlation - d(correlation)) < d("0.0006")
    assert found.direction == direction


def test_trends_of_few_and_of_many_periods() -> None:
    assert rank_trend([d(1)] * 4, DAY) is None
    many = rank_trend([d(value) for value in range(15)], DAY)
    assert many is not None
    assert (many.correlation, many.significant, many.direction) == (1, None, 0)


@given(st.lists(st.integers(0, 9), min_size=5, max_size=14))
def test_a_series_turned_round_has_the_opposite_trend(values: list[int]) -> None:
    ahead = rank_trend([d(value) for value in values], DAY)
    back = rank_trend([d(value) for value in reversed(values)], DAY)
    assert ahead is not None
    assert back is not None
    assert abs(ahead.correlation + back.correlation) < d("1e-20")
    assert abs(ahead.correlation) <= 1 + d("1e-20")
    if len(set(values)) == len(values):
        order = sorted(values)
        squares = sum((order.index(value) - place) ** 2 for place, value in enumerate(values))
        formula = 1 - Decimal(6 * squares) / (len(values) ** 3 - len(values))
        assert abs(ahead.correlation - formula) < d("1e-20")


def test_sections_worse_than_five() -> None:
    found = inferior_sections({"a": WaterClass.INFERIOR, "b": WaterClass.V, "c": None})
    assert (found.names, found.share, found.unknown, found.eliminated) == (("a",), 50, ("c",), False)
    assert inferior_sections({"b": WaterClass.V}).eliminated
    assert inferior_sections({"b": WaterClass.V, "c": None}).eliminated is None
    assert inferior_sections({}).eliminated is None


def test_the_shares_of_river_length_of_the_bulletin() -> None:
    reaches = [(WaterClass.II, d("75.2")), (WaterClass.IV, d(20)), (WaterClass.V, d("4.8"))]
    assert length_shares(reaches) == (d("75.2"), d("24.8"), 0)
    assert length_shares([]) is None


def test_a_section_that_falls_is_dealt_with_until_the_mean_is_back() -> None:
    months = {
        dt.date(2021, month, 1): {AMMONIA: d(value)} for month, value in ((1, "0.5"), (2, "5"), (3, "2"), (4, "0"))
    }
    found = months_of_section(months, False)
    assert [each.water_class for each in found] == [2, 6, 5, 1]
    assert [each.cumulative for each in found] == [2, 6, 6, 5]  # means 0.5, 2.75, 2.5, 1.875
    assert [each.to_deal_with for each in found] == [False, True, True, False]


def test_attainment_by_number_and_by_volume() -> None:
    found = attainment([(True, d(90)), (False, d(10)), (None, d(5))])
    assert found == Attainment(d(50), d(90), 2, 3)
    assert attainment([(True, None), (False, d(10))]) == Attainment(d(50), None, 2, 2)
    assert attainment([]) == Attainment(None, None, 0, 0)


CLEAR = {"transparency": d(26), "dissolved_oxygen": d("2.1"), "redox_potential": d(51), AMMONIA: d("7.9")}


def test_a_treated_water_is_eliminated_when_no_point_is_black_in_any_round() -> None:
    points: dict[str, list[Mapping[str, Decimal | None]]] = {name: [CLEAR] * 3 for name in "abc"}
    assert elimination(points, DAY).eliminated is True
    at_the_bound = {**points, "b": [CLEAR, CLEAR, {**CLEAR, "transparency": d(25)}]}
    failed = elimination(at_the_bound, DAY)
    assert (failed.eliminated, failed.by_point["b"]) == (False, Blackness.LIGHT)
    assert failed.reasons[0].en == "black-odorous points: b"
    assert elimination({"a": points["a"], "b": points["b"]}, DAY).eliminated is None
    short = elimination({**points, "c": [CLEAR, {**CLEAR, "redox_potential": None}]}, DAY)
    assert short.eliminated is None
    assert [each.en for each in short.reasons] == ["c: 2 rounds of 3", "c: an indicator is missing"]
    assert elimination({}, DAY).eliminated is None


def test_heavy_reaches_need_three_neighbours() -> None:
    heavy, light = Blackness.HEAVY, Blackness.LIGHT
    assert heavy_reaches([heavy, heavy, heavy, light, heavy, heavy, None, *[heavy] * 4], DAY) == [(0, 2), (7, 10)]
    assert heavy_reaches([], DAY) == []


def test_survey_and_rural_waters_rest_on_unverified_numbers() -> None:
    with parameters_read() as read:
        assert survey_passes(100, 90, DAY)
        assert not survey_passes(99, 99, DAY)
        assert not survey_passes(200, 179, DAY)
        assert rural_black_odorous({AMMONIA: d(15), "dissolved_oxygen": d(2), "transparency": d(25)}, DAY) == (
            False,
            (),
        )
        assert rural_black_odorous({AMMONIA: d("15.1"), "transparency": d(24)}, DAY) == (
            True,
            ("transparency", AMMONIA),
        )
        assert rural_black_odorous({"transparency": d(8), "depth": d(20)}, DAY) == (False, ())
        assert rural_black_odorous({}, DAY) == (None, ())
        assert rural_black_odorous({}, DAY, public_evidence=True) == (True, ("public_evidence",))
    assert set(read.unverified) == {"water.black_odorous.survey", "water.black_odorous.rural"}
    with parameters_read() as late:
        rural_black_odorous(CLEAR, dt.date(2024, 6, 1))
    assert late.stale == ("water.black_odorous.rural",)


def test_kinds_of_outfalls_have_one_class_each() -> None:
    kinds = outfall_kinds(dt.date(2024, 1, 1))
    assert set(kinds) == set(OUTFALL_CLASSES)
    codes = [code for within in kinds.values() for code in within]
    assert len(codes) == len(set(codes)) == 18
    assert outfall_class("park_storm", DAY) == "industrial"
    assert outfall_class("urban_storm", DAY) == "other"
    with pytest.raises(LantuError, match="no kind of outfall 'drain'"):
        outfall_class("drain", DAY)


def test_what_an_outfall_lacks() -> None:
    assert [title.zh for title in outfall_list("measures", DAY).values()] == ["依法取缔", "清理合并", "规范整治"]
    assert list(outfall_gaps("regular", {"signboard", "file"}, DAY)) == ["sampling_point", "inspection_well"]
    assert outfall_gaps("steps", outfall_list("steps", DAY), DAY) == {}


@pytest.mark.parametrize(
    ("code", "fits"),
    [("AB-110105-0001-GY-00", True), ("1101050001GY00", True), ("110105-01-GY-00", False), ("", False)],
)
def test_codes_of_outfalls(code: str, fits: bool) -> None:
    assert outfall_code_fits(code, dt.date(2022, 1, 1)) is fits
    assert outfall_code_fits(code, DAY) is None
