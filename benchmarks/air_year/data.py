"""The generated year: smooth seasons and days, skewed noise, two percent of gaps; the same numbers every time."""

from __future__ import annotations

from pathlib import Path

POLLUTANTS = ("so2", "no2", "pm10", "co", "o3", "pm25")
_SCALE = {"so2": 0.1, "no2": 0.7, "pm10": 2.0, "co": 0.02, "o3": 1.5, "pm25": 1.0}
_STATIONS_PER_FILE = 250


def generate(folder: Path, stations: int, days: int) -> Path:
    """Write the observations as Parquet files, sorted by station and time, as the lake holds them.

    Returns:
        The folder of the files; it is made once and found again.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = folder / f"{stations}x{days}"
    done = target / "complete"
    if done.exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(20200101)
    hours = days * 24
    clock = np.arange(hours)
    times = (np.datetime64("2020-01-01T00", "h") + clock + 1).astype("datetime64[us]")
    level = 40 + 20 * np.cos(2 * np.pi * clock / 8784) + 10 * np.cos(2 * np.pi * (clock % 24) / 24)
    for first in range(0, stations, _STATIONS_PER_FILE):
        names = [f"station-{number:04d}" for number in range(first, min(first + _STATIONS_PER_FILE, stations))]
        shape = (len(names), hours)
        columns = {
            "station": pa.array(np.repeat(np.array(names, dtype=object), hours), pa.string()),
            "time": pa.array(np.tile(times, len(names))),
        }
        for name in POLLUTANTS:
            values = np.maximum(level * _SCALE[name] * random.gamma(2, 0.5, shape), 0.1)
            values = np.round(values, 1) if name == "co" else np.rint(values) + 1
            columns[name] = pa.array(values.reshape(-1), mask=(random.random(shape) < 0.02).reshape(-1))
        pq.write_table(
            pa.table(columns), target / f"part-{first:05d}.parquet", compression="zstd", row_group_size=200_000
        )
    done.touch()
    return target
