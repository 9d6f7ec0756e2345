"""Patterns in a series of values (数列特征) that measuring does not make: plain functions of arrays, no opinion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def runs(values: np.ndarray, least: int) -> list[tuple[int, int]]:
    """Where a value does not change for `least` places or more: (start, stop).

    Examples:
        >>> import numpy as np
        >>> runs(np.array([1.0, 2.0, 2.0, 2.0, 3.0]), 3)
        [(1, 4)]
    """
    import numpy as np

    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    bounds = np.concatenate([[0], edges, [len(values)]])
    lengths = np.diff(bounds)
    return [(int(bounds[i]), int(bounds[i + 1])) for i in np.flatnonzero(lengths >= max(least, 1))]


def common_decimals(values: np.ndarray) -> tuple[float, str]:
    """The share of values with the commonest decimals, and these; 0 where they stand behind few whole numbers.

    An instrument that sends whole numbers has no decimals, and one that is stuck is another matter: the decimals must
    stand behind five or more whole numbers.

    Examples:
        >>> import numpy as np
        >>> common_decimals(np.array([1.7, 2.7, 3.7, 4.7, 5.7, 6.2]))
        (0.8333333333333334, '.7')
    """
    import numpy as np

    if not len(values):
        return 0.0, ""
    scaled = np.round(np.abs(values) * 1000).astype(np.int64)
    whole, rest = np.divmod(scaled, 1000)
    found, counts = np.unique(rest, return_counts=True)
    common = int(found[np.argmax(counts)])
    if common == 0 or len(np.unique(whole[rest == common])) < 5:
        return 0.0, ""
    return float(counts.max() / len(values)), "." + f"{common:03}".rstrip("0")


def longest_copy(values: np.ndarray, least: int) -> tuple[int, int, int] | None:
    """The longest stretch of `least` or more values that repeats an earlier one: (earlier start, later start, length).

    The stretches do not overlap, and hold so many different values that they are no pause: a quarter of `least`, and
    three at least. None where there is none.

    Examples:
        >>> import numpy as np
        >>> longest_copy(np.array([5, 1, 2, 3, 4, 9, 1, 2, 3, 4, 8.0]), 4)
        (1, 6, 4)
    """
    import numpy as np

    count = len(values) - least + 1
    if count <= least or least < 2:
        return None
    _, codes = np.unique(values, return_inverse=True)
    # Each window's sum of codes times powers of an odd number, modulo 2**64: equal windows have equal sums.
    with np.errstate(over="ignore"):
        powers = np.full(len(values), 0x9E3779B97F4A7C15, np.uint64)
        powers[0] = 1
        powers = np.multiply.accumulate(powers)
        hashes = np.zeros(count, np.uint64)
        for place in range(least):
            hashes += (codes[place : place + count].astype(np.uint64) + np.uint64(1)) * powers[place]
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    needed = max(3, least // 4)
    best: tuple[int, int, int] | None = None
    for index in same.tolist():
        earlier, later = int(order[index]), int(order[index + 1])
        if best is not None and best[0] <= earlier < best[0] + best[2] and later - earlier == best[1] - best[0]:
            continue  # within the stretch that is known
        if later - earlier < least or not np.array_equal(
            values[earlier : earlier + least], values[later : later + least]
        ):
            continue
        if len(np.unique(values[earlier : earlier + least])) < needed:
            continue
        room = min(later - earlier, len(values) - later)
        differing = np.flatnonzero(values[earlier : earlier + room] != values[later : later + room])
        length = int(differing[0]) if len(differing) else room
        if best is None or length > best[2]:
            best = (earlier, later, length)
    return best


def replayed(times: Sequence[np.ndarray], values: Sequence[np.ndarray], least_factors: int) -> tuple[float, np.ndarray]:
    """The share of reports whose values are all those of an earlier report, and the times of the reports.

    Args:
        times: of the readings of each factor.
        values: of each factor.
        least_factors: a report of fewer factors says too little.

    A device whose values hardly change at all (under five different reports) is stuck, which is another matter.
    """
    import numpy as np

    every = np.unique(np.concatenate(times)) if times else np.zeros(0, "M8[us]")
    if len(times) < least_factors or not len(every):
        return 0.0, every
    table = np.full((len(every), len(times)), np.nan)
    for column, (moments, numbers) in enumerate(zip(times, values, strict=True)):
        table[np.searchsorted(every, moments), column] = numbers
    whole = (~np.isnan(table)).sum(axis=1) >= least_factors
    table, every = np.nan_to_num(table[whole], nan=-1e300), every[whole]
    if not len(every):
        return 0.0, every
    different = len(np.unique(table, axis=0))
    if different < 5:
        return 0.0, every
    return 1 - different / len(every), every


def is_even(values: np.ndarray, low: float, high: float) -> bool:
    """Whether values are whole hundredths from `low` to `high` only, each about as often as any other.

    Measured ratios scatter about a middle and have tails. Evenness is judged by the chi-square statistic against equal
    counts: it must be such as chance gives in 99 of 100 cases (approximation of Wilson and Hilferty).

    Examples:
        >>> import numpy as np
        >>> chance = np.random.default_rng(1)
        >>> is_even(chance.integers(100, 120, 400) / 100, 1.00, 1.19)
        True
        >>> is_even(np.clip(np.round(chance.normal(1.1, 0.03, 400), 2), 1.0, 1.19), 1.00, 1.19)
        False
    """
    import numpy as np

    hundredths = np.round(values * 100)
    first, last = round(low * 100), round(high * 100)
    if not len(values) or (np.abs(values * 100 - hundredths) > 1e-6).any():
        return False
    if (hundredths < first).any() or (hundredths > last).any():
        return False
    steps = last - first + 1
    counts = np.bincount((hundredths - first).astype(int), minlength=steps)
    expected = len(values) / steps
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = steps - 1
    bound = freedom * (1 - 2 / (9 * freedom) + 2.326 * (2 / (9 * freedom)) ** 0.5) ** 3
    return statistic <= bound
