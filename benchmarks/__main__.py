"""`python -m benchmarks [--json OUT] [--runs N]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import city, gateway, gateway_hj212, gateway_vehicles
from benchmarks.air_year import BUDGET, compare
from benchmarks.assess_warm import SECONDS_WARM, measure


def main() -> int:
    """Run every benchmark; the exit code is 0 only if all budgets hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the measurements to a file")
    parser.add_argument("--runs", type=int, default=3, help="runs of each version; the median counts")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"), help="where generated data are kept")
    options = parser.parse_args()
    result = compare(options.folder / "air_year", runs=options.runs)
    print(result.table())
    faults = result.faults(BUDGET)
    assessed = measure(options.folder / "assess_warm", runs=options.runs)
    if assessed is None:
        print("assess_warm: not measured, the real data are not there")
    else:
        print(f"assess_warm: cold {assessed['cold']:.2f} s, warm {assessed['warm']:.2f} s")
        if assessed["warm"] > SECONDS_WARM:
            faults.append(f"{assessed['warm']:.3g} seconds for a warm assessment, at most {SECONDS_WARM} allowed")
    whole = city.measure(options.folder / "city")
    print("city: " + ", ".join(f"{name} {value:.2f}" for name, value in whole.items()))
    for name, most in city.BUDGET.items():
        if whole[name] > most:
            faults.append(f"{whole[name]:.3g} for '{name}' of the simulated city, at most {most:g} allowed")
    vehicles = gateway_vehicles.measure(runs=options.runs)
    print("gateway_vehicles: " + ", ".join(f"{name} {value:,.0f}/s" for name, value in vehicles.items()))
    faults += gateway_vehicles.faults(vehicles)
    frames = gateway_hj212.measure()
    print("gateway_hj212: " + ", ".join(f"{name} {value:,.1f}" for name, value in frames.items()))
    faults += gateway_hj212.faults(frames)
    through = {protocol: gateway.measure(protocol=protocol) for protocol in gateway.FRAMES_PER_SECOND}
    for found in through.values():
        print(gateway.summary(found))
        faults += gateway.faults(found)
    if options.json:
        measured = {
            "air_year": result.as_json(), "assess_warm": assessed, "city": whole, "gateway_vehicles": vehicles,
            "gateway_hj212": frames, "gateway": through,
        }  # fmt: skip
        options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
