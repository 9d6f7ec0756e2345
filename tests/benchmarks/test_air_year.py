"""The benchmark in small: the three versions agree, and a broken budget is said."""

from __future__ import annotations

from pathlib import Path

from benchmarks.air_year import Budget, Comparison, compare


def test_the_versions_agree(tmp_path: Path) -> None:
    found = compare(tmp_path, stations=20, days=60, runs=1)
    assert found.difference < 1e-6
    assert set(found.measured) == {"lantu", "polars", "pandas"}
    assert "20 stations x 1440 hours" in found.table()


def test_a_broken_budget_is_named() -> None:
    times = {"seconds": 4.0, "imports": 1.0, "megabytes": 100.0}
    slow = Comparison(1, 24, dict.fromkeys(("lantu", "polars", "pandas"), times), 0.0)
    assert slow.faults(Budget()) == ["4 seconds, at most 3 allowed"]
