"""Fields that a standard decides: filled in where values were measured, refused where they contradict them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from pydantic import ValidationError

from lantu.base import LantuError
from lantu.ledgers import Actor, Ledger, LedgerBook, import_sheet
from lantu.ledgers.judging import RULES, outcome
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")
WHO = Actor("张三", "市农业农村局")
DAY = dt.date(2021, 6, 30)


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


def soil(book: LedgerBook, number: str, **more: Any) -> dict[str, Any]:
    values = {"number": number, "taken_on": "2021-06-30", "land_use": "dry", "soil_ph": "8.0", **more}
    return dict(book.enter("farmland_soil_samples", values, "110113", WHO).data)


def test_the_class_of_a_soil_sample_is_computed(book: LedgerBook) -> None:
    assert soil(book, "1", cadmium="0.5")["land_class"] == "priority"
    assert soil(book, "2", cadmium="0.7")["land_class"] == "safe_use"
    assert soil(book, "3", cadmium="0.5", mercury="6.1")["land_class"] == "strict"
    assert "land_class" not in soil(book, "4", zinc="500")  # zinc decides no class


def test_a_verdict_against_the_values_is_refused_and_changes_nothing(book: LedgerBook) -> None:
    with pytest.raises(LantuError, match="'priority protection' contradicts the measured values") as caught:
        soil(book, "1", cadmium="0.7", land_class="priority")
    assert "'safe use'" in str(caught.value)
    assert book.store.counts() == {}
    assert soil(book, "1", cadmium="0.7", land_class="safe_use")["land_class"] == "safe_use"


def test_a_corrected_value_changes_the_verdict(book: LedgerBook) -> None:
    soil(book, "1", cadmium="0.7")
    assert book.amend("farmland_soil_samples", "1", {"cadmium": "0.5"}, WHO).data["land_class"] == "priority"
    with pytest.raises(LantuError, match="contradicts"):
        book.amend("farmland_soil_samples", "1", {"land_class": "strict"}, WHO)


def test_where_nothing_was_measured_the_reported_verdict_stands(book: LedgerBook) -> None:
    site = {"number": "G1", "name": "工地", "sector": "housing", "registered_on": "2021-01-05"}
    book.enter("construction_sites", site, "110101001", WHO)
    check = {"site": "G1", "checked_on": "2021-03-01"}
    assert "in_order" not in book.enter("site_checks", {"number": "1", **check}, "110101001", WHO).data
    reported = book.enter("site_checks", {"number": "2", **check, "in_order": "否"}, "110101001", WHO)
    assert reported.data["in_order"] is False
    seen = book.enter("site_checks", {"number": "3", **check, "fence": "是", "cover": "否"}, "110101001", WHO)
    assert seen.data["in_order"] is False


def test_a_required_verdict_may_be_left_empty_when_it_can_be_computed(book: LedgerBook) -> None:
    land = {"number": "D1", "land_area": "10", "pollution": "light_medium", "land_class": "safe_use"}
    street = PACK.areas.children("110113")[0].code
    book.enter("polluted_farmland", land, street, WHO)
    season = {"number": "P1", "plot": "D1", "crop": "小麦", "season": "summer", "harvested_on": "2021-06-20"}
    book.enter("crop_plantings", season, street, WHO)
    test = {"planting": "P1", "taken_on": "2021-06-30", "food": "grain"}
    good = book.enter("crop_tests", {"number": "1", **test, "cadmium": "0.1"}, street, WHO)
    assert good.data["within"] is True
    with pytest.raises(LantuError, match="required"):
        book.enter("crop_tests", {"number": "2", **test}, street, WHO)


def test_bad_verdicts_of_a_sheet_are_named_by_their_cells(book: LedgerBook, tmp_path: Path) -> None:
    path = tmp_path / "soil.xlsx"
    with xlsxwriter.Workbook(str(path)) as sheet:
        page = sheet.add_worksheet()
        page.write_row(0, 0, ["样品编号", "采样日期", "利用类型", "pH", "镉", "类别", "行政区划"])
        page.write_row(1, 0, ["1", "2021-06-30", "旱地", 8, 0.5, "", "110113"])
        page.write_row(2, 0, ["2", "2021-06-30", "旱地", 8, 0.7, "优先保护", "110113"])
        page.write_row(3, 0, ["3", "2021-06-30", "旱地", 8, 0.7, "安全利用", "110113"])
    report = import_sheet(book, "farmland_soil_samples", path, WHO)
    assert (report.entered, report.bad_rows) == (2, 1)
    (fault,) = report.faults
    assert "F3" in str(fault)
    assert {key: row.data["land_class"] for key, row in book.store.latest("farmland_soil_samples").items()} == {
        "1": "priority",
        "3": "safe_use",
    }


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("construction_soil", {"land_kind": "class_1", "arsenic": 20}, "negligible"),
        ("construction_soil", {"land_kind": "class_1", "arsenic": 21}, "assess"),
        ("construction_soil", {"land_kind": "class_2", "arsenic": 141}, "unacceptable"),
        ("construction_soil", {"arsenic": 141}, None),
        ("irrigation_water", {"crop_class": "dry", "cadmium": "0.01"}, "within"),
        ("irrigation_water", {"crop_class": "dry", "cadmium": "0.011"}, "above"),
        ("irrigation_water", {"crop_class": "dry"}, None),
        ("black_odorous_water", {"dissolved_oxygen": "2.5", "ammonia_nitrogen": 3}, "none"),
        ("black_odorous_water", {"dissolved_oxygen": "1.5", "ammonia_nitrogen": 16}, "heavy"),
        ("black_odorous_water", {}, None),
        ("crop_limits", {"food": "rice", "cadmium": "0.21"}, False),
        ("site_duties", {"fence": True, "cover": True}, True),
    ],
)
def test_rules(rule: str, values: dict[str, Any], expected: Any) -> None:
    assert outcome(rule, values, DAY) == expected
    assert outcome(rule, values, None) is None


def test_a_ledger_must_have_what_its_rule_needs() -> None:
    ledger = PACK.ledgers["farmland_soil_samples"].model_dump(by_alias=True, exclude_none=True)
    ledger["fields"] = [field for field in ledger["fields"] if field["name"] != "soil_ph"]
    with pytest.raises(ValidationError, match="needs the field 'soil_ph'"):
        Ledger.model_validate(ledger)
    ledger = PACK.ledgers["site_checks"].model_dump(by_alias=True, exclude_none=True)
    ledger["fields"][-1]["judged_by"]["rule"] = "sites"
    with pytest.raises(ValidationError, match="there is no rule 'sites'"):
        Ledger.model_validate(ledger)
    assert set(RULES) >= {
        field.judged_by.rule for each in PACK.ledgers.values() for field in each.fields if field.judged_by
    }


def test_the_voc_content_of_a_material_is_judged_by_its_category_and_day(book: LedgerBook) -> None:
    enterprise = {"number": "E", "name": "某厂", "industry": "coating"}
    book.enter("voc_enterprises", enterprise, "110115002", WHO)

    def batch(number: str, day: str = "2021-06-30", **more: Any) -> dict[str, Any]:
        given = {"number": number, "enterprise": "E", "material": "样品", "bought_on": day, **more}
        return dict(book.enter("raw_materials", given, "110115002", WHO).data)

    glue = {"product": "adhesive", "form": "solvent", "use": "construction", "kind": "sbs"}
    # GB 33372-2020: 550 g/L; equal is within
    assert batch("1", **glue, voc_per_litre="550")["verdict"] == "conforming"
    assert batch("2", **glue, voc_per_litre="551")["verdict"] == "over"
    assert "verdict" not in batch("3", "2020-11-30", **glue, voc_per_litre="551")  # before the standard held
    assert "verdict" not in batch("4", **glue, voc_share="60")  # not in the unit of the limit
    # GB 38507-2020: 15 % for water-borne gravure ink on absorbent stock
    ink = {"product": "ink", "form": "water_absorbent", "use": "gravure"}
    assert batch("5", **ink, voc_share="15.1")["verdict"] == "over"
    assert "verdict" not in batch("6", product="ink", voc_share="15.1")
    with pytest.raises(LantuError, match="contradicts"):
        batch("7", **glue, voc_per_litre="551", verdict="conforming")


def test_every_limit_of_a_product_can_be_written_in_the_ledger() -> None:
    """The words of the parameters are codes of the ledger's fields, so that each limit can be reached."""
    from lantu.ledgers.judging import _CATEGORIES
    from lantu.standards import catalogue

    ledger = PACK.ledgers["raw_materials"]
    reached = 0
    for parameter in catalogue().parameters():
        if parameter.name.startswith("voc.content."):
            product = parameter.name.split(".")[2]
            for row in parameter.values[0].value:
                for name, word in zip(_CATEGORIES[product], row[:-1], strict=True):
                    field = ledger.field(name)
                    assert field is not None
                    assert word == "any" or word in field.codes, (parameter.name, name, word)
                reached += 1
    assert reached > 100
