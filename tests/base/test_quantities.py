"""Amounts with units: unlike things do not add up, like ones convert exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError, Quantity, parse_unit

KNOWN = [
    "t/(km2.30d)",
    "吨/平方公里·月",
    "家",
    "辆",
    "万辆",
    "公里",
    "亿立方米",
    "公顷",
    "万亩",
    "%",
    "吨标煤",
    "万吨标煤",
]
KNOWN += ["μg/m³", "mg/m3", "mg/L", "mg/kg", "座", "人次", "立方米/万元", "亿元", "℃", "hPa", "m/s", "°", "百分点"]


@pytest.mark.parametrize("written", KNOWN)
def test_known_units(written: str) -> None:
    unit = parse_unit(f" {written} ")
    assert str(unit) == written
    assert unit.fits(unit)
    assert Quantity.of("1.5", written).to(written).value == Decimal("1.5")


@pytest.mark.parametrize("written", ["ppb", "万万", "万万辆", "ug/m4", "只", "meter"])
def test_unknown_unit(written: str) -> None:
    with pytest.raises(LantuError) as error:
        parse_unit(written)
    assert f"unknown unit '{written}'" in str(error.value)


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "result"),
    [
        ("1.1", "mg/m³", "μg/m³", "1100"),
        ("35", "ug/m3", "mg/m3", "0.035"),
        (5, "万辆", "辆", "50000"),
        ("12345", "辆", "万辆", "1.2345"),
        ("1.5", "亿立方米", "万立方米", "15000"),
        (15, "亩", "公顷", "1"),
        (100, "公顷", "平方米", "1000000"),
        ("2.5", "公里", "m", "2500"),
        ("4.8", "吨/平方公里·月", "t/(km2.30d)", "4.8"),
        (50, "%", "1", "0.5"),
        (2, "年", "季度", "8"),
        ("20", "℃", "K", "293.15"),
        (3, "万元", "元", "30000"),
        ("10", "立方米/万元", "立方米/万元", "10"),
        ("1", "mg/L", "mg/m³", "1000"),
    ],
)
def test_conversion(value: str | int, unit: str, wanted: str, result: str) -> None:
    assert Quantity.of(value, unit).to(wanted).value == Decimal(result)


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        ("家", "辆"),
        ("家", "个"),
        ("辆", "辆次"),
        ("公里", "公顷"),
        ("吨", "吨标煤"),
        ("%", "家"),
        ("°", "%"),
        ("℃", "%"),
        ("t/(km2.30d)", "克/平方米"),
        ("μg/m³", "%"),
        ("天", "月"),
        ("元", "1"),
    ],
)
def test_unlike_things_do_not_convert(unit: str, wanted: str) -> None:
    for first, second in ((unit, wanted), (wanted, unit)):
        assert not parse_unit(first).fits(parse_unit(second))
        with pytest.raises(LantuError) as error:
            Quantity.of(1, first).to(second)
        assert f"'{first}' cannot be converted to '{second}'" in str(error.value)


@pytest.mark.parametrize(("one", "other"), [("mg/m³", "μg/m³"), ("辆", "万辆"), ("mg", "ug"), ("家", "座"), ("%", "1")])
def test_sums_across_units_are_refused(one: str, other: str) -> None:
    first, second = Quantity.of(1, one), Quantity.of(1, other)
    for add in (lambda: first + second, lambda: first - second, lambda: second + first):
        with pytest.raises(LantuError, match="have different units"):
            add()


def test_sums_of_one_unit() -> None:
    assert (Quantity.of("0.1", "mg") + Quantity.of("0.2", "mg")).value == Decimal("0.3")
    assert (Quantity.of(1, "μg/m³") - Quantity.of("0.5", "ug/m3")).value == Decimal("0.5")
    assert str(Quantity.of(5, "万辆")) == "5 万辆"
    assert str(Quantity.of("0.5", "")) == "0.5"


def test_comparison_converts() -> None:
    assert Quantity.of(9999, "辆") < Quantity.of(1, "万辆")
    assert Quantity.of(10000, "辆") <= Quantity.of(1, "万辆")
    assert not Quantity.of(1, "mg/m³") < Quantity.of(1000, "μg/m³")
    with pytest.raises(LantuError, match="cannot be converted"):
        _ = Quantity.of(1, "家") < Quantity.of(1, "辆")


@given(
    st.decimals(-(10**8), 10**8, places=4, allow_nan=False),
    st.sampled_from([("mg/m³", "μg/m³"), ("辆", "万辆"), ("公里", "米"), ("亿立方米", "立方米"), ("℃", "K")]),
)
def test_conversion_and_back_is_exact(value: Decimal, units: tuple[str, str]) -> None:
    there = Quantity.of(value, units[0]).to(units[1])
    assert there.to(units[0]).value == value
