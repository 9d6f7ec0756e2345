"""Patterns in values: found where they were put, not found in what an instrument that works sends."""

from __future__ import annotations

import numpy as np
import pytest

from lantu.gateway.patterns import common_decimals, is_even, longest_copy, replayed, runs


@pytest.fixture
def honest() -> np.ndarray:
    """A day of half-minute values: a slow walk with noise, one decimal."""
    chance = np.random.default_rng(7)
    return np.round(200 + np.cumsum(chance.normal(0, 0.3, 2880)) + chance.normal(0, 1, 2880), 1)


def test_an_honest_series_shows_no_pattern(honest: np.ndarray) -> None:
    assert runs(honest, 10) == []
    assert common_decimals(honest)[0] < 0.2
    assert longest_copy(honest, 20) is None


def test_runs_are_found_with_their_ends(honest: np.ndarray) -> None:
    honest[100:350] = 4.2
    assert runs(honest, 240) == [(100, 350)]
    assert runs(honest, 251) == []


def test_repeated_decimals_are_found_but_not_whole_numbers_or_a_stuck_value(honest: np.ndarray) -> None:
    assert common_decimals(np.floor(honest) + 0.37) == (1.0, ".37")
    assert common_decimals(np.floor(honest)) == (0.0, "")
    assert common_decimals(np.full(100, 4.7)) == (0.0, "")


@pytest.mark.parametrize("length", [30, 47, 500])
def test_a_copied_stretch_is_found_in_its_whole_length(honest: np.ndarray, length: int) -> None:
    honest[1500 : 1500 + length] = honest[200 : 200 + length]
    honest[1500 + length] = honest[200 + length] + 1
    honest[1499] = honest[199] + 1
    assert longest_copy(honest, 30) == (200, 1500, length)


def test_a_pause_is_no_copy(honest: np.ndarray) -> None:
    honest[100:200] = honest[1000:1100] = 0.0
    assert longest_copy(honest, 30) is None


def test_a_period_that_comes_over_and_over_is_a_copy(honest: np.ndarray) -> None:
    found = longest_copy(np.tile(honest[:60], 10), 30)
    assert found is not None
    assert (found[1] - found[0]) % 60 == 0


def test_reports_that_repeat_others_wholly_are_counted(honest: np.ndarray) -> None:
    times = np.datetime64("2021-06-15", "us") + np.arange(600) * np.timedelta64(30, "s")
    factors = [honest[:600], honest[600:1200], honest[1200:1800]]
    assert replayed([times] * 3, factors, 3)[0] == 0
    again = [np.concatenate([values[:300], values[:300]]) for values in factors]
    share, found = replayed([times] * 3, again, 3)
    assert share == pytest.approx(0.5)
    assert len(found) == 600
    assert replayed([times] * 2, again[:2], 3)[0] == 0
    assert replayed([times] * 3, [np.full(600, 1.0)] * 3, 3)[0] == 0


def test_made_up_ratios_are_even_and_measured_ones_are_not() -> None:
    chance = np.random.default_rng(3)
    made_up = [is_even(chance.integers(100, 120, 400) / 100, 1.00, 1.19) for _ in range(200)]
    assert sum(made_up) >= 190  # of honest chance one in a hundred lies outside the bound
    measured = [is_even(np.round(chance.normal(1.1, 0.06, 400), 2), 1.00, 1.19) for _ in range(200)]
    within = [is_even(np.clip(np.round(chance.normal(1.1, 0.04, 400), 2), 1.0, 1.19), 1.0, 1.19) for _ in range(200)]
    assert sum(measured) == sum(within) == 0
    assert not is_even(chance.uniform(1.0, 1.19, 400), 1.00, 1.19)
