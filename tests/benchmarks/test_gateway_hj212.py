"""The benchmark of HJ 212 on few frames: that it measures, and that it says what does not hold its budget."""

from __future__ import annotations

from benchmarks.gateway_hj212 import BUDGET, faults, measure, peers


def test_everything_with_a_budget_is_measured() -> None:
    measured = measure(count=2000, runs=1)
    assert set(BUDGET) <= set(measured)
    assert all(value > 0 for value in measured.values())


def test_faults_name_what_is_too_slow() -> None:
    assert faults(BUDGET) == []
    slow = {**BUDGET, "decoded frames/s": 1000.0, "split, us": 99.0}
    assert len(faults(slow)) == 2


def test_the_peers_do_their_part() -> None:
    assert set(peers(count=200)) == {"pyarrow", "polars", "duckdb"}
