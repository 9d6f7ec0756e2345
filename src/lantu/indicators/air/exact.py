"""Exact arithmetic in the engine: days as integers, rounding by GB/T 8170 and indices without binary fractions.

A day's value is kept in billionths of its unit. A billionth carries thirds and the like so closely that an exact half
is found again after snapping to the sixth decimal.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import pairwise
from typing import Any

from lantu.base import LantuError, Text
from lantu.standards.air import DAILY_ITEMS, AqiEdition, aqi_edition

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


def index_table(pollutant: str, editions: tuple[dt.date, ...]) -> Any:
    """The daily index of every concentration up to the last break point: edition, concentration, index.

    Args:
        pollutant: one of the six.
        editions: first days of the editions of HJ 633; their numbers in this order stand in `edition`.

    Returns:
        An Arrow table; `concentration` is a whole number of the pollutant's last decimal.

    Raises:
        LantuError: an edition does not round concentrations first, so that they are no whole numbers.
    """
    import pyarrow as pa

    rows = [
        (number, units, index)
        for number, start in enumerate(editions)
        for units, index in enumerate(_indices(start, pollutant))
    ]
    names = ("edition", "concentration", "index")
    return pa.table(
        {name: pa.array(column, pa.int64()) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )


@cache
def _indices(start: dt.date, pollutant: str) -> tuple[int, ...]:
    edition = aqi_edition(start)
    if not edition.rounds_first:
        raise LantuError(
            Text(
                f"{edition.name} 不先修约浓度，尚不能在引擎中计算",
                f"{edition.name} does not round concentrations first; the engine cannot compute it yet",
            )
        )
    scale = 10 ** edition.decimals[pollutant]
    indices: list[int] = []
    for (low_index, low), (high_index, high) in pairwise(edition.break_points[pollutant, DAILY_ITEMS[pollutant]]):
        first, last = int(low * scale), int(high * scale)
        if first != low * scale or last != high * scale:
            raise ValueError(f"a break point of {pollutant} has more decimals than its concentrations")
        rise, run = high_index - low_index, last - first
        # What AqiEdition.iaqi does, in whole numbers: rounded up, (a + b - 1) // b
        indices += [low_index + (rise * (c - first) + run - 1) // run for c in range(len(indices), last + 1)]
    return tuple(indices)


def index_beyond(edition: AqiEdition, pollutant: str) -> int | None:
    """The index past the last break point; None where the item has none there."""
    item = pollutant, DAILY_ITEMS[pollutant]
    last, _ = edition.break_points[item][-1]
    return edition.cap if last >= edition.cap else edition.above_table.get(item)
