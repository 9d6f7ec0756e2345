"""Rounding by GB/T 8170-2008: the cases of the standard, and a slow reference that works on the written digits."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import as_decimal, round_half_even


@pytest.mark.parametrize(
    ("number", "decimals", "rounded"),
    [
        ("12.1498", 0, "12"),
        ("12.1498", 1, "12.1"),
        ("1268", -2, "1300"),
        ("10.5002", 0, "11"),
        ("1.050", 1, "1.0"),
        ("0.35", 1, "0.4"),
        ("2500", -3, "2000"),
        ("3500", -3, "4000"),
        ("0.0325", 3, "0.032"),
        ("32500", -3, "32000"),
        ("-355", -1, "-360"),
        ("-325", -1, "-320"),
        ("-365", -1, "-360"),
        ("-0.0365", 3, "-0.036"),
        ("97.46", 0, "97"),
        ("15.4546", 0, "15"),  # once, not 15.455, 15.46, 15.5, 16
    ],
)
def test_worked_cases_of_the_standard(number: str, decimals: int, rounded: str) -> None:
    assert str(round_half_even(number, decimals)) == rounded


@pytest.mark.parametrize(
    ("number", "decimals", "rounded"),
    [
        (4.15, 1, "4.2"),  # the binary number lies below 4.15
        (2.675, 2, "2.68"),
        (0.125, 2, "0.12"),
        (35.5, 0, "36"),
        (34.5, 0, "34"),
        (np.float64(4.15), 1, "4.2"),
        (7, 0, "7"),
        (Decimal("-0.4"), 0, "0"),  # no minus before nothing
    ],
)
def test_a_float_is_rounded_as_it_is_written(number: float, decimals: int, rounded: str) -> None:
    assert str(round_half_even(number, decimals)) == rounded


def slowly(digits: str, decimals: int) -> str:
    """Round the written digits one by one, as a person would."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, _, fraction = digits.partition(".")
    fraction = fraction.ljust(decimals, "0")
    kept, rest = whole + fraction[:decimals], fraction[decimals:]
    first, others = rest[:1] or "0", rest[1:].strip("0")
    up = first > "5" or (first == "5" and (others != "" or kept[-1] in "13579"))
    number = int(kept) + up
    text = str(number).rjust(decimals + 1, "0")
    text = f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
    return text if number == 0 else sign + text


@given(
    sign=st.sampled_from(["", "-"]),
    whole=st.integers(0, 10**40).map(str),
    fraction=st.text("0123456789", max_size=45) | st.sampled_from(["5", "50", "500", "25", "4999", "50001"]),
    decimals=st.integers(0, 6),
)
def test_rounding_agrees_with_the_slow_reference(sign: str, whole: str, fraction: str, decimals: int) -> None:
    written = f"{sign}{whole}.{fraction}" if fraction else sign + whole
    assert str(round_half_even(written, decimals)) == slowly(written, decimals)


@given(st.floats(-1e6, 1e6))
def test_a_float_counts_by_its_shortest_text(value: float) -> None:
    assert float(as_decimal(value)) == value
    assert round_half_even(value, 1) == round_half_even(repr(value), 1)
