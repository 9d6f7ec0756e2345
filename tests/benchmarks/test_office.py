"""The benchmarks of the office run from end to end on a small city; their speed is no test, what they count is."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.__main__ import BENCHMARKS, main

from benchmarks import site, transitions


def test_site_and_steps_are_measured_and_nothing_is_lost(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    main(["--only", "site", "transitions", "--size", "small", "--requests", "60", "--folder", str(tmp_path),
          "--json", str(out)])  # fmt: skip
    found = json.loads(out.read_text())
    assert found["site"]["errors"] == 0
    assert found["site"]["p50"] > 0
    assert found["site"].keys() >= site.BUDGET.keys()
    for of_it in found["transitions"].values():
        assert of_it["steps"] == 400
        assert (of_it["lost"], of_it["doubled"], of_it["journal faults"]) == (0, 0, 0)


def test_what_is_over_its_budget_is_a_fault() -> None:
    good = dict(site.BUDGET)
    assert site.faults(good) == []
    assert "p95" in site.faults({**good, "p95": 0.31})[0]
    steps = {"per second": 31.0, "steps": 400.0, "lost": 0.0, "doubled": 0.0, "journal faults": 0.0}
    assert transitions.faults({"sqlite": steps}) == []
    assert transitions.faults({"sqlite": {**steps, "per second": 29.0}, "postgresql": {**steps, "lost": 1.0}}) == [
        "29 steps per second on sqlite, at least 30 wanted",
        "31 steps per second on postgresql, at least 100 wanted",
        "1 steps lost on postgresql",
    ]


def test_every_benchmark_has_its_place() -> None:
    assert {"site", "transitions", "city", "air_year", "gateway"} <= BENCHMARKS.keys()
