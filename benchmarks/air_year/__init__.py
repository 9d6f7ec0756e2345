"""A year of 1,000 stations: 8,784 hours, six pollutants, 52.7 million values in Parquet.

Asked for: all daily values, the highest 8-hour mean of O3, the AQI of each day, annual means and percentiles, good and
heavy-pollution days of each station. Lantu's own expressions run against a straightforward pandas version and a
hand-tuned Polars one; each version in a process of its own, imports counted apart.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.air_year.data import generate

VERSIONS = ("lantu", "polars", "pandas")


@dataclass(frozen=True)
class Budget:
    """What must hold: seconds and megabytes of Lantu's version on two cores, and its time against each peer's."""

    seconds: float = 3.0
    megabytes: float = 1000.0
    times_polars: float = 4.0
    times_pandas: float = 1.0
    difference: float = 1e-6


BUDGET = Budget()


@dataclass(frozen=True)
class Comparison:
    """The measurements of all versions, and the largest difference of any figure from Lantu's."""

    stations: int
    hours: int
    measured: dict[str, dict[str, float]]
    difference: float

    def table(self) -> str:
        """The measurements as text."""
        lines = [
            f"air_year: {self.stations} stations x {self.hours} hours x 6 pollutants; "
            f"largest difference between versions {self.difference:.1e}",
            f"{'version':10} {'seconds':>8} {'imports':>8} {'peak MB':>8} {'x lantu':>8}",
        ]
        own = self.measured["lantu"]["seconds"]
        lines += [
            f"{name:10} {m['seconds']:8.2f} {m['imports']:8.2f} {m['megabytes']:8.0f} {m['seconds'] / own:8.2f}"
            for name, m in self.measured.items()
        ]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "stations": self.stations,
            "hours": self.hours,
            "measured": self.measured,
            "difference": self.difference,
        }

    def faults(self, budget: Budget) -> list[str]:
        """What of the budget does not hold."""
        own = self.measured["lantu"]
        checks = [
            (own["seconds"], budget.seconds, "seconds"),
            (own["megabytes"], budget.megabytes, "megabytes"),
            (own["seconds"] / self.measured["polars"]["seconds"], budget.times_polars, "times Polars"),
            (own["seconds"] / self.measured["pandas"]["seconds"], budget.times_pandas, "times pandas"),
            (self.difference, budget.difference, "difference from the peers"),
        ]
        return [f"{found:.3g} {what}, at most {most:.3g} allowed" for found, most, what in checks if found > most]


def compare(folder: Path, stations: int = 1000, days: int = 366, runs: int = 3) -> Comparison:
    """Generate the data if they are not there, run every version `runs` times, and compare their results.

    Args:
        folder: where data and results are kept.
        stations: number of stations.
        days: days from 1 January 2020 on.
        runs: the median of so many runs counts.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    data = generate(folder, stations, days)
    measured: dict[str, dict[str, float]] = {}
    results = {}
    for version in VERSIONS:
        out = folder / f"result-{version}.parquet"
        command = [sys.executable, "-m", f"benchmarks.air_year.{version}_version", str(data), str(days), str(out)]
        each = []
        for _ in range(runs):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{version}: {done.stderr[-2000:]}")
            each.append(json.loads(done.stdout.splitlines()[-1]))
        measured[version] = {key: statistics.median(run[key] for run in each) for key in each[0]}
        results[version] = pq.read_table(out).sort_by("station")
    own = results["lantu"]
    largest = 0.0
    for version in VERSIONS[1:]:
        other = results[version]
        if own.num_rows != other.num_rows:
            raise RuntimeError(f"{version} gives {other.num_rows} stations, lantu {own.num_rows}")
        for name in own.column_names:
            if name == "station":
                continue
            one, two = own[name].cast("float64"), other[name].cast("float64")
            if one.null_count != two.null_count:
                raise RuntimeError(f"{version} has {two.null_count} nulls in {name}, lantu {one.null_count}")
            largest = max(largest, pc.max(pc.abs(pc.subtract(one, two))).as_py() or 0.0)
    return Comparison(stations, days * 24, measured, largest)
