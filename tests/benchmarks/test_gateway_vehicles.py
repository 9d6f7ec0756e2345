"""The benchmark of vehicle frames in small: every frame is found, and a broken budget is said."""

from __future__ import annotations

from benchmarks import gateway_vehicles


def test_every_step_is_measured() -> None:
    measured = gateway_vehicles.measure(count=60, connections=6, runs=1)
    assert measured.keys() == gateway_vehicles.BUDGET.keys()
    assert all(value > 0 for value in measured.values())


def test_a_broken_budget_is_named() -> None:
    measured = dict.fromkeys(gateway_vehicles.BUDGET, 1.0) | {"decode": 1e9}
    assert len(gateway_vehicles.faults(measured)) == 2
