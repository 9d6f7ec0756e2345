"""How a version is run in a process of its own: imports apart, then the work, then the result's file."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measured(imports: Callable[[], None], work: Callable[[list[str], int], Any]) -> None:
    """Run the version named on the command line: folder of data, number of days, file for the result.

    Args:
        imports: loads every library that the work needs.
        work: takes the files and the number of days; returns an Arrow table, a row for each station.
    """
    import pyarrow.parquet as pq

    folder, days, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    files = [str(path) for path in sorted(folder.glob("*.parquet"))]
    begin = time.perf_counter()
    imports()
    loaded = time.perf_counter()
    table = work(files, days)
    finished = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pq.write_table(table, out)
    print(json.dumps({"imports": loaded - begin, "seconds": finished - loaded, "megabytes": peak}))
