"""`python -m benchmarks [--json OUT] [--runs N]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.air_year import BUDGET, compare


def main() -> int:
    """Run every benchmark; the exit code is 0 only if all budgets hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the measurements to a file")
    parser.add_argument("--runs", type=int, default=3, help="runs of each version; the median counts")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"), help="where generated data are kept")
    options = parser.parse_args()
    result = compare(options.folder / "air_year", runs=options.runs)
    print(result.table())
    if options.json:
        options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    faults = result.faults(BUDGET)
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
