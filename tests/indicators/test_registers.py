"""Indicators from ledgers: accounts, reductions, freight, safe use of land; each figure by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lantu.base import Period
from lantu.indicators import IndicatorValue, compute
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import load_pack

WHO = Actor("张三", "市水务局")
PACK = load_pack("beijing/2021")


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


def figure(book: LedgerBook, name: str, area: str = "city", period: str = "2021") -> IndicatorValue:
    lake = Lake(book.evidence_folder.parent / "lake")
    (value,) = compute(lake, PACK.sites, PACK.areas, name, area, Period.parse(period), book=book)
    return value


def account(book: LedgerBook, name: str, amount: Any, unit: str, year: int = 2021, month: int = 0, **more: Any) -> None:
    given = {"account": name, "place": "110000", "year": year, "month": month, "amount": amount, "unit": unit}
    book.enter("annual_accounts", {**given, "source": "统计年鉴（示例）"}, "110000", WHO, **more)


def test_water_use_per_product(book: LedgerBook) -> None:
    # 40.8 x 10^8 m3 and 40 269.6 x 10^8 yuan: 10.13 m3 for 10^4 yuan
    assert figure(book, "water_use_per_gdp").value is None
    account(book, "water_use", "40.8", "亿立方米")
    missing = figure(book, "water_use_per_gdp")
    assert missing.reason is not None
    assert missing.reason.en == "the gross domestic product is missing"
    account(book, "gross_domestic_product", "40269.6", "亿元")
    value = figure(book, "water_use_per_gdp")
    assert (value.rounded, value.valid) == (Decimal("10.13"), True)


def test_a_year_of_months_is_complete_with_twelve(book: LedgerBook) -> None:
    for month in range(1, 12):
        account(book, "reclaimed_water_use", 10000, "万立方米", month=month)
    value = figure(book, "reclaimed_water_use")
    assert (value.rounded, value.valid, value.n) == (Decimal("11.00"), False, 11)
    account(book, "reclaimed_water_use", "1.5", "亿立方米", month=12)
    assert (figure(book, "reclaimed_water_use").rounded, figure(book, "reclaimed_water_use").valid) == (
        Decimal("12.50"),
        True,
    )
    # the year's own figure goes before the sum of its months
    account(book, "reclaimed_water_use", "12.03", "亿立方米")
    assert figure(book, "reclaimed_water_use").rounded == Decimal("12.03")


def test_a_unit_that_does_not_fit_is_said(book: LedgerBook) -> None:
    account(book, "energy_consumption", 1, "亿立方米")
    value = figure(book, "energy_consumption")
    assert value.value is None
    assert value.reason is not None
    assert "cannot be converted" in value.reason.en


def test_reductions_less_offsets_of_accepted_projects(book: LedgerBook, tmp_path: Path) -> None:
    proof = tmp_path / "data.csv"
    proof.write_text("x", encoding="utf-8")

    def project(number: str, reduction: float, offset: float | None, day: str, area: str, accept: bool = True) -> None:
        given = {"number": number, "project": number, "pollutant": "voc", "kind": "treatment", "reduction": reduction}
        book.enter("emission_reduction_projects", {**given, "offset": offset}, area, WHO, dt.date(2021, 1, 1))
        if accept:
            book.advance(
                "emission_reduction_projects", number, "accept", WHO, None, {"completed_on": day},
                {"monitoring_data": proof},
            )  # fmt: skip

    project("1", 120.5, 20, "2021-06-01", "通州区")
    project("2", 30, None, "2021-07-01", "顺义区")
    project("3", 500, None, "2020-07-01", "通州区")
    project("4", 500, None, "", "通州区", accept=False)
    assert figure(book, "voc_emission_reduction").rounded == Decimal("130.5")
    assert figure(book, "voc_emission_reduction", "通州").rounded == Decimal("100.5")
    assert figure(book, "nox_emission_reduction", "通州").rounded == Decimal("0.0")
    assert figure(book, "voc_emission_reduction", "密云").value is None


def test_shares_of_freight(book: LedgerBook) -> None:
    for month in range(1, 13):
        given = {"number": str(month), "month_of": f"2021-{month:02d}-10", "goods": "aggregate"}
        volumes = {"total": 1000, "by_rail": 100, "by_new_energy": 25 * (month > 6)}
        book.enter("freight_volumes", {**given, **volumes}, "110000", WHO)
    assert figure(book, "aggregate_green_share").value == Decimal("11.25")
    assert figure(book, "bulk_goods_rail_share").value is None
    half = figure(book, "aggregate_green_share", period="2021-01..2021-06")
    assert (half.value, half.valid) == (Decimal(10), True)


def test_safe_use_of_farmland_is_the_worked_example(book: LedgerBook) -> None:
    # soil dossier 6.1: E = 1000 (400, 500, 100), B = 400, C = 460, D = 100 gives 96.0 %
    plots = (
        ("b", 400, "slight", "protection", None),
        ("c", 460, "light_medium", "agronomy", True),
        ("c2", 40, "light_medium", "agronomy", False),
        ("d", 100, "heavy", "fallow", None),
    )
    for number, size, pollution, measure, crops in plots:
        given = {
            "number": number,
            "land_area": size,
            "pollution": pollution,
            "measure": measure,
            "land_class": "strict",
        }
        book.enter(
            "polluted_farmland", {**given, "measure_on": "2021-05-01", "crops_within": crops}, "房山区拱辰街道", WHO
        )
    assert figure(book, "polluted_farmland_safe_use_rate").rounded == Decimal("96.0")
    none = figure(book, "polluted_farmland_safe_use_rate", "东城")
    assert none.value is None


def test_safe_use_of_plots_needs_a_plot_that_was_reused(book: LedgerBook) -> None:
    def plot(number: str, size: int, permit: str | None, met: bool) -> None:
        given = {"number": number, "name": number, "land_area": size, "planned_use": "commercial"}
        book.enter("soil_plots", {**given, "permit_on": permit, "requirement_met": met}, "房山区拱辰街道", WHO)

    plot("old", 500, None, False)
    nothing = figure(book, "polluted_plot_safe_use_rate")
    assert nothing.reason is not None
    assert "re-used" in nothing.reason.en
    plot("good", 900, "2021-03-01", True)
    plot("bad", 100, "2021-04-01", False)
    assert figure(book, "polluted_plot_safe_use_rate").value == Decimal(90)


def test_tests_of_crops_go_before_the_report(book: LedgerBook) -> None:
    for number, reported in (("tested", True), ("untested", True)):
        given = {"number": number, "land_area": 100, "pollution": "light_medium", "land_class": "safe_use"}
        given |= {"measure": "agronomy", "measure_on": "2021-05-01"}
        book.enter("polluted_farmland", {**given, "crops_within": reported}, "房山区拱辰街道", WHO)
    planting = {"number": "p", "plot": "tested", "crop": "小麦", "season": "summer", "harvested_on": "2021-06-20"}
    book.enter("crop_plantings", planting, "房山区拱辰街道", WHO)

    def test(number: str, cadmium: str) -> None:
        # GB 2762: cadmium in grain without rice 0.1 mg/kg
        given = {"number": number, "planting": "p", "taken_on": "2021-06-21", "food": "grain", "cadmium": cadmium}
        book.enter("crop_tests", given, "房山区拱辰街道", WHO)

    assert figure(book, "polluted_farmland_safe_use_rate").value == 100
    for number in range(8):
        test(f"good {number}", "0.05")
    test("bad", "0.3")
    # 8 of 9 tests pass, 90 % are asked: the tested plot counts no more, though it was reported within the limits
    assert figure(book, "polluted_farmland_safe_use_rate").value == 50
    test("good 9", "0.05")
    assert figure(book, "polluted_farmland_safe_use_rate").value == 100
    # the harvest of another year says nothing of this one
    assert figure(book, "polluted_farmland_safe_use_rate", period="2022").value == 100


def test_samples_of_a_plot_go_before_the_report(book: LedgerBook) -> None:
    plot = {"number": "A", "name": "A", "land_area": 100, "planned_use": "residential", "permit_on": "2021-03-01"}
    book.enter("soil_plots", {**plot, "requirement_met": True}, "房山区拱辰街道", WHO)

    def sample(number: str, day: str, arsenic: int, land_kind: str = "class_1") -> Decimal | None:
        given = {"number": number, "plot": "A", "taken_on": day, "land_kind": land_kind, "arsenic": arsenic}
        book.enter("plot_soil_samples", given, "房山区", WHO)
        return figure(book, "polluted_plot_safe_use_rate").value

    # GB 36600-2018, arsenic: screening 20 and 60, control 120 and 140 mg/kg for class 1 and 2
    assert sample("before", "2021-01-10", 130) == 0
    assert sample("after", "2021-06-10", 15) == 100
    assert sample("after 2", "2021-06-10", 125, "class_2") == 0  # homes ask for class 1, whatever the sheet says
    assert sample("again", "2021-08-10", 30) == 100  # above screening: the risk assessment behind the report decides
    book.amend("soil_plots", "A", {"requirement_met": False}, WHO)
    assert figure(book, "polluted_plot_safe_use_rate").value == 0
    assert sample("last", "2021-09-10", 15) == 100


def test_repeat_offenders_are_matched_with_passes_and_the_blacklist(book: LedgerBook) -> None:
    def over(plate: str, day: str, registered_in: str = "elsewhere", **more: Any) -> None:
        number = f"{plate} {day}"
        given = {"number": number, "plate": plate, "found_on": day, "found_by": "roadside", **more}
        book.enter("over_limit_vehicles", {**given, "registered_in": registered_in}, "110112", WHO)

    def permit(plate: str, first: str, last: str) -> None:
        given = {
            "number": f"{plate} {first}",
            "plate": plate,
            "issued_on": first,
            "valid_from": first,
            "valid_to": last,
        }
        book.enter("entry_passes", given, "110000", WHO, dt.date.fromisoformat(first))

    def count(name: str, **more: str) -> Decimal | None:
        return figure(book, name, **more).rounded

    assert count("repeat_offender_vehicles") is None
    # often over the limit, with a pass later; the plate is written in another way on the pass
    over("冀A·10001", "2021-03-01")
    over("冀A10001", "2021-05-01", punished_on="2021-05-02")
    permit("冀a10001", "2021-06-01", "2021-06-07")
    # often over the limit, the pass had ended before it became a repeat offender
    over("冀B20002", "2021-03-01")
    over("冀B20002", "2021-05-01")
    permit("冀B20002", "2021-03-01", "2021-03-07")
    # once only, twice on one day, and one of this city
    over("冀C30003", "2021-03-01")
    over("京D40004", "2021-04-01", "here")
    over("京D40004", "2021-07-01", "here")
    given = {"number": "冀B20002", "first_over_on": "2021-03-01", "times": 2}
    book.enter("blacklist", given, "110000", WHO)

    assert count("repeat_offender_vehicles") == 3
    assert count("repeat_offender_vehicles", period="2021-03") == 0
    assert count("repeat_offenders_with_pass") == 1
    assert count("repeat_offenders_listed_share") == Decimal("33.3")
    assert count("repeat_offenders_punished_share") == Decimal("33.3")
    # without a pass on the day: A both times, B in May, C in March
    assert count("over_limit_vehicles_without_pass") == 3
    assert count("over_limit_vehicles_without_pass", period="2021-03") == 2
    # a pass that was revoked holds until then
    permit("冀C30003", "2021-02-01", "2021-03-31")
    assert count("over_limit_vehicles_without_pass", period="2021-03") == 1
    book.advance("entry_passes", "冀C30003 2021-02-01", "revoke", WHO, dt.date(2021, 2, 20), note="注销")
    assert count("over_limit_vehicles_without_pass", period="2021-03") == 2


def test_materials_that_keep_their_limit(book: LedgerBook) -> None:
    enterprise = {"number": "E", "name": "某厂", "industry": "coating"}
    book.enter("voc_enterprises", enterprise, "110115002", WHO)

    def batch(number: str, grams: int | None) -> IndicatorValue:
        given = {"number": number, "enterprise": "E", "material": "清洗剂", "bought_on": "2021-05-01"}
        given |= {"product": "cleaning_agent", "form": "water", "voc_per_litre": grams}
        book.enter("raw_materials", given, "110115002", WHO)
        return figure(book, "raw_materials_conforming_share", "大兴")

    assert batch("1", 50).value == 100
    assert batch("2", 51).value == 50
    unknown = batch("3", None)
    assert (unknown.value, unknown.n, unknown.valid) == (50, 2, False)
    assert figure(book, "raw_materials_conforming_share", "大兴", "2020").value is None


def test_the_three_rates_follow_from_what_was_measured(book: LedgerBook) -> None:
    book.enter("voc_enterprises", {"number": "E", "name": "某厂", "industry": "coating"}, "110115002", WHO)

    def facility(number: str, **more: Any) -> None:
        given = {"number": number, "enterprise": "E", "recorded_on": "2021-05-01"}
        book.enter("voc_facilities", {**given, **more}, "110115002", WHO)

    assert figure(book, "voc_overall_rate", "大兴").value is None
    facility("reported", collection=80, running=100, removal=50)
    measured = {"captured_mass": 90, "generated_mass": 100, "treatment_hours": 400, "production_hours": 500}
    # entered with better rates than were measured: 90 %, 80 %, 75 %
    facility("measured", collection=99, running=99, removal=99, inlet_rate=2, outlet_rate="0.5", **measured)
    assert figure(book, "voc_collection_rate", "大兴").value == 85
    assert figure(book, "voc_running_rate", "大兴").value == 90
    assert figure(book, "voc_removal_rate", "大兴").value == Decimal("62.5")
    # the product of each facility: 40 % and 54 %
    assert figure(book, "voc_overall_rate", "大兴").value == 47
    facility("silent", collection=80)
    unknown = figure(book, "voc_overall_rate", "大兴")
    assert (unknown.value, unknown.n, unknown.expected, unknown.valid) == (47, 2, 3, False)
