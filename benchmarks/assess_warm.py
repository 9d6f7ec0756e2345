"""`lantu assess` of the whole pack on two real years, from the start of the process to its end.

Cold: nothing was computed before. Warm: the figures are in the lake's cache. It needs the real data (LANTU_SHARED_DATA,
or ../shared/data beside the checkout).
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

SECONDS_WARM = 3.0


def measure(folder: Path, runs: int = 3) -> dict[str, float] | None:
    """Seconds of a cold run and the median of warm ones; None where there are no real data."""
    shared = Path(os.environ.get("LANTU_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    files = [shared / "air" / f"beijing-hourly-{year}.tar.xz" for year in (2020, 2021)]
    if not all(file.exists() for file in files):
        return None
    environment = {**os.environ, "LANTU_WORKSPACE": str(folder / "workspace")}

    def lantu(*arguments: str) -> float:
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "lantu", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return time.perf_counter() - begin

    lantu("data", "import", "air_hourly", *map(str, files))
    shutil.rmtree(folder / "workspace" / "lake" / "_cache", ignore_errors=True)
    command = ("assess", "--as-of", "2021-12-31")
    cold = lantu(*command)
    return {"cold": cold, "warm": statistics.median(lantu(*command) for _ in range(runs))}
