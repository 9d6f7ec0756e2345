"""Exact arithmetic in the engine: concentrations as integers, rounding by GB/T 8170, indices without binary fractions.

Hours are kept in thousandths of the unit, days in billionths. A billionth carries thirds and the like so closely that
an exact half is found again after snapping to the sixth decimal.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

HOUR_SCALE = 10**3
DAY_SCALE = 10**9
_SNAP = 10**6


def floor_divide(value: Any, divisor: int) -> Any:
    """Whole part of a non-negative integer expression divided by a number (both below 2**53)."""
    return (value / divisor).floor().cast("int64")


def rounded_half_even(value: Any, decimals: int) -> Any:
    """A day's value (billionths) rounded to `decimals`, half to even, in units of the last decimal."""
    micro = floor_divide(value + DAY_SCALE // _SNAP // 2, DAY_SCALE // _SNAP)
    step = _SNAP // 10**decimals
    whole = floor_divide(micro, step)
    rest = micro - whole * step
    up = (rest * 2 > step) | ((rest * 2 == step) & (whole % 2 == 1))
    return whole + up.cast("int64")


def index_of(concentration: Any, scale: int, points: tuple[tuple[int, Fraction], ...], above: int | None) -> Any:
    """The individual index of HJ 633: linear between break points, rounded up; `above` past the last of them.

    Args:
        concentration: integer expression in units of 1/scale.
        scale: 10 ** decimals.
        points: index and concentration, ascending.
        above: the index past the last break point; None gives null.
    """
    import ibis

    branches = [(concentration.isnull(), ibis.null("int64"))]
    for (low_index, low), (high_index, high) in pairwise(points):
        low_units, high_units = _units(low, scale), _units(high, scale)
        rise, run = high_index - low_index, high_units - low_units
        # rounded up: (a + b - 1) // b
        value = low_index + floor_divide((concentration - low_units) * rise + (run - 1), run)
        branches.append((concentration <= high_units, value))
    beyond = ibis.literal(above, type="int64") if above is not None else ibis.null("int64")
    return ibis.cases(*branches, else_=beyond)


def _units(value: Fraction, scale: int) -> int:
    units = value * scale
    if units.denominator != 1:
        raise ValueError(f"the break point {value} has more decimals than the concentrations")
    return int(units)
