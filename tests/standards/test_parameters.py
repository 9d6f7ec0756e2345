"""Dated parameters: which value holds on a day, when it is stale, and faults of their files with file and line."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards import Catalogue, Parameter, Verified, catalogue

GOOD = """\
parameters:
  - name: air.limits.x
    title: {zh: 限值, en: limit}
    unit: μg/m³
    values:
      - from: 2016-01-01
        to: 2019-12-31
        value: 0.1
        reference: GB 1
        verified: primary
      - from: 2021-01-01
        to: 2025-12-31
        value: [[1, 2], [3, 4.5]]
        reference: GB 2
        verified: unverified
"""


def load(tmp_path: Path, text: str, base: Catalogue | None = None) -> Catalogue:
    (tmp_path / "air.yaml").write_text(text, encoding="utf-8")
    return Catalogue.load(tmp_path, base)


@pytest.mark.parametrize(
    ("day", "value", "stale"),
    [
        ("2016-01-01", Decimal("0.1"), False),
        ("2019-12-31", Decimal("0.1"), False),
        ("2020-01-01", Decimal("0.1"), True),
        ("2021-01-01", ((1, 2), (3, Decimal("4.5"))), False),
        ("2025-12-31", ((1, 2), (3, Decimal("4.5"))), False),
        ("2026-01-01", ((1, 2), (3, Decimal("4.5"))), True),
    ],
)
def test_value_of_a_day(day: str, value: object, stale: bool, tmp_path: Path) -> None:
    parameter = load(tmp_path, GOOD).get("air.limits.x")
    found = parameter.at(dt.date.fromisoformat(day))
    assert (found.value, found.stale, found.unit) == (value, stale, "μg/m³")
    assert parameter.is_stale(dt.date.fromisoformat(day)) == (day == "2026-01-01")
    assert parameter.has_unverified()
    assert found.verified is (Verified.PRIMARY if found.reference == "GB 1" else Verified.UNVERIFIED)


def test_day_before_the_first_value(tmp_path: Path) -> None:
    with pytest.raises(LantuError, match=r"air.limits.x has no value on 2015-12-31; the first is from 2016-01-01"):
        load(tmp_path, GOOD).get("air.limits.x").at(dt.date(2015, 12, 31))


def test_a_table_is_no_number(tmp_path: Path) -> None:
    parameter = load(tmp_path, GOOD).get("air.limits.x")
    assert parameter.at(dt.date(2016, 1, 1)).number == Decimal("0.1")
    with pytest.raises(TypeError):
        _ = parameter.at(dt.date(2021, 1, 1)).number


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("unit: μg/m³", "unti: μg/m³"), "air.yaml:4 [parameters.0.unti]: unknown key 'unti'"),
        (("unit: μg/m³", "unti: μg/m³"), "air.yaml:2 [parameters.0.unit]: the key 'unit' is missing"),
        (
            ("        to: 2019-12-31\n", "        to: 2015-12-31\n"),
            "air.yaml:6 [parameters.0.values.0]: the value does",
        ),
        (("to: 2019-12-31", "to: 2019-13-31"), "air.yaml:7: not valid YAML"),
        (("        to: 2019-12-31\n", ""), "the value from 2021-01-01 overlaps the one from 2016-01-01"),
        (("to: 2019-12-31", "to: 2021-01-01"), "overlaps"),
        (("verified: primary", "verified: sure"), "air.yaml:10 [parameters.0.values.0.verified]: the value does not"),
        (("reference: GB 1", "reference: G"), "air.yaml:9 [parameters.0.values.0.reference]"),
        (("name: air.limits.x", "name: X"), "air.yaml:2 [parameters.0.name]"),
        (("en: limit", "fr: limit"), "air.yaml:3 [parameters.0.title.fr]: unknown key 'fr'"),
        (("from: 2016-01-01", "from: soon"), "air.yaml:6 [parameters.0.values.0.from]"),
        (("parameters:", "parameter:"), "air.yaml:1 [parameter]: unknown key 'parameter'"),
        (("    values:", "    values: []\n    x:"), "air.yaml:5 [parameters.0.values]"),
    ],
)
def test_fault_of_a_file_has_its_line(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    assert change[0] in GOOD
    with pytest.raises(LantuError) as error:
        load(tmp_path, GOOD.replace(*change, 1))
    assert message in str(error.value)


def test_faults_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("parameters: 1\n")
    (tmp_path / "none.yaml").write_text("")
    with pytest.raises(LantuError) as error:
        load(tmp_path, GOOD.replace("unit:", "unti:"))
    for name in ("air.yaml:4", "more.yaml:1", "none.yaml: the file is empty"):
        assert name in str(error.value)


def test_name_that_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(LantuError, match=r"air\.limits\.x stands twice"):
        load(tmp_path, GOOD)


def test_a_pack_replaces_a_parameter(tmp_path: Path) -> None:
    name = "air.evaluation.good_day_aqi"
    text = GOOD.replace("air.limits.x", name)
    merged = load(tmp_path, text, base=catalogue())
    assert merged.get(name).at(dt.date(2017, 1, 1)).value == Decimal("0.1")
    assert catalogue().get(name).at(dt.date(2017, 1, 1)).value == 100
    assert len(merged.parameters()) == len(catalogue().parameters())


def test_unknown_name_offers_near_ones() -> None:
    with pytest.raises(LantuError) as error:
        catalogue().get("air.limits.pm25.year.grad2")
    assert "did you mean air.limits.pm25.year.grade2" in str(error.value)


def test_units_of_all_parameters_are_known(tmp_path: Path) -> None:
    assert catalogue().check_units() == []
    (fault,) = load(tmp_path, GOOD.replace("μg/m³", "ppb")).check_units()
    assert str(fault).startswith("air.limits.x: unknown unit 'ppb'")


@given(st.sampled_from(catalogue().parameters()), st.dates(dt.date(2010, 1, 1), dt.date(2040, 12, 31)))
def test_value_of_any_day_is_the_latest_that_has_begun(parameter: Parameter, day: dt.date) -> None:
    begun = [dated for dated in parameter.values if dated.from_ <= day]
    if not begun:
        with pytest.raises(LantuError):
            parameter.at(day)
        return
    latest = max(begun, key=lambda dated: dated.from_)
    found = parameter.at(day)
    assert (found.valid_from, found.value) == (latest.from_, latest.value)
    assert found.stale == (latest.to is not None and latest.to < day)


def test_limit_of_pm25_changes_with_the_standard() -> None:
    year = catalogue().get("air.limits.pm25.year.grade2")
    assert year.at(dt.date(2021, 1, 1)).number == 35
    assert not year.at(dt.date(2021, 1, 1)).stale
