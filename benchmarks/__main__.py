"""`python -m benchmarks [--json OUT] [--runs N] [--only NAME ...]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import assess_warm, city, gateway, gateway_hj212, gateway_vehicles, site, transitions
from benchmarks.air_year import BUDGET, compare

Measured = tuple[Any, list[str]]
"""What was measured, as JSON can carry it, and what is over its budget."""


def _air_year(options: argparse.Namespace) -> Measured:
    result = compare(options.folder / "air_year", runs=options.runs)
    print(result.table())
    return result.as_json(), result.faults(BUDGET)


def _assess_warm(options: argparse.Namespace) -> Measured:
    found = assess_warm.measure(options.folder / "assess_warm", runs=options.runs)
    if found is None:
        print("assess_warm: not measured, the real data are not there")
        return None, []
    print(f"assess_warm: cold {found['cold']:.2f} s, warm {found['warm']:.2f} s")
    over = found["warm"] > assess_warm.SECONDS_WARM
    words = f"{found['warm']:.3g} seconds for a warm assessment, at most {assess_warm.SECONDS_WARM} allowed"
    return found, [words] if over else []


def _city(options: argparse.Namespace) -> Measured:
    found = city.measure(options.folder / "city", options.size)
    print("city: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))
    return found, [
        f"{found[name]:.3g} for '{name}' of the simulated city, at most {most:g} allowed"
        for name, most in city.BUDGET.items()
        if found[name] > most
    ]


def _made_city(options: argparse.Namespace) -> Path:
    """The simulated city that the benchmark `city` has made, or a new one."""
    workspace: Path = options.folder / "city" / "city"
    if not (workspace / "accounts.txt").exists():
        city.make(workspace, options.size)
    return workspace


def _site(options: argparse.Namespace) -> Measured:
    found = site.measure(_made_city(options), options.requests)
    print("site: " + ", ".join(f"{name} {value:.3g}" for name, value in found.items()))
    return found, site.faults(found)


def _transitions(options: argparse.Namespace) -> Measured:
    found = transitions.measure_both(_made_city(options), options.folder / "transitions")
    for database, of_it in found.items():
        print(f"transitions on {database}: " + ", ".join(f"{name} {value:.3g}" for name, value in of_it.items()))
    return found, transitions.faults(found)


def _vehicles(options: argparse.Namespace) -> Measured:
    found = gateway_vehicles.measure(runs=options.runs)
    print("gateway_vehicles: " + ", ".join(f"{name} {value:,.0f}/s" for name, value in found.items()))
    return found, gateway_vehicles.faults(found)


def _frames(options: argparse.Namespace) -> Measured:
    found = gateway_hj212.measure()
    print("gateway_hj212: " + ", ".join(f"{name} {value:,.1f}" for name, value in found.items()))
    return found, gateway_hj212.faults(found)


def _through(options: argparse.Namespace) -> Measured:
    found = {protocol: gateway.measure(protocol=protocol) for protocol in gateway.FRAMES_PER_SECOND}
    for each in found.values():
        print(gateway.summary(each))
    return found, [fault for each in found.values() for fault in gateway.faults(each)]


BENCHMARKS: dict[str, Callable[[argparse.Namespace], Measured]] = {
    "air_year": _air_year,
    "assess_warm": _assess_warm,
    "city": _city,
    "site": _site,
    "transitions": _transitions,
    "gateway_vehicles": _vehicles,
    "gateway_hj212": _frames,
    "gateway": _through,
}


def main(arguments: list[str] | None = None) -> int:
    """Run every benchmark, or those that are named; the exit code is 0 only if all budgets hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the measurements to a file")
    parser.add_argument("--runs", type=int, default=3, help="runs of each version; the median counts")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"), help="where generated data are kept")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, help="only these")
    parser.add_argument("--size", default="city", choices=("small", "city"), help="size of the simulated city")
    parser.add_argument("--requests", type=int, default=20_000, help="requests to the site")
    options = parser.parse_args(arguments)
    measured, faults = {}, []
    for name in options.only or BENCHMARKS:
        measured[name], over = BENCHMARKS[name](options)
        faults += over
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
