"""HJ 212: decoding of kept frames as columns, examining, splitting and writing, each in processor time of one core.

Frames of 8 factors with two numbers and a flag each (about 520 bytes) from 2,000 devices in random order. The peers do
less: they only take the content apart into names and values and read the numbers, without header, checksum, times,
flags and checks of any value.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable

import numpy as np

from lantu.gateway.arrivals import Kept
from lantu.gateway.hj212 import Hj212, Upload

BUDGET = {"decoded frames/s": 250_000.0, "examine 50, us": 15.0, "examine 500, us": 15.0, "split, us": 10.0}
"""At least so many frames a second; at most so many microseconds a frame."""
FACTORS = {"a21026": 2, "a21002": 1, "a34013": 2, "a19001": 1, "a01011": 2, "a01012": 1, "a01013": 0, "a01014": 2}
DEVICES = 2000
NOON = dt.datetime(2021, 6, 15, 12)


def frames_of_devices(count: int) -> list[bytes]:
    """Frames as they lie in an inbox: devices mixed, one frame after the other."""
    source = np.random.default_rng(212)
    each = max(1, count // DEVICES)
    times = [NOON - dt.timedelta(seconds=30 * n) for n in range(each)]
    frames: list[bytes] = []
    for number in range(min(DEVICES, count)):
        upload = Upload(f"110101A8900016F0{number:08d}", "31", 2011, FACTORS, suffixes=("Rtd", "ZsRtd"))
        frames += upload.frames(times, source.uniform(0.5, 200, (each, len(FACTORS), 2)))
    random.Random(212).shuffle(frames)
    return [bytes(bytearray(frame)) for frame in frames]


def measure(count: int = 40_000, runs: int = 7) -> dict[str, float]:
    """Frames a second and microseconds a frame, the best of all runs."""
    begin = time.process_time()
    frames = frames_of_devices(count)
    written = time.process_time() - begin
    received = int(dt.datetime(2021, 6, 15, 4, 1, tzinfo=dt.UTC).timestamp()) * 10**9
    kept = Kept(frames, [received] * len(frames), range(len(frames)))
    protocol = Hj212()
    decoded = protocol.decode(kept)
    if decoded.undecoded or decoded.tables["readings"].num_rows != len(frames) * len(FACTORS):
        raise RuntimeError("not all frames were decoded")
    result = {"decoded frames/s": len(frames) / _best(lambda: protocol.decode(kept), runs)}
    for batch in (50, 500):
        sessions = [protocol.session() for _ in range(batch)]
        arriving = list(zip(sessions, frames[:batch], strict=True))
        seconds = _best(lambda arriving=arriving: protocol.examine(arriving, NOON), 10 * runs)  # type: ignore[misc]
        result[f"examine {batch}, us"] = seconds / batch * 1e6
    stream = b"".join(frames[:2000])
    result["split, us"] = _best(lambda: _split(protocol, stream), runs) / 2000 * 1e6
    result["write, us"] = written / len(frames) * 1e6
    return result


def _split(protocol: Hj212, stream: bytes) -> None:
    session = protocol.session()
    for begin in range(0, len(stream), 1460):
        session.split(stream[begin : begin + 1460])


def _best(work: Callable[[], object], runs: int) -> float:
    seconds = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def peers(count: int = 20_000) -> dict[str, float]:
    """Frames a second of other ways to take the contents apart, in processor time, the median of three runs."""
    import duckdb
    import polars as pl
    import pyarrow as pa
    import pyarrow.compute as pc

    frames = frames_of_devices(count)
    contents = [frame[frame.index(b"CP=&&") + 5 : -8].decode() for frame in frames]
    column = pa.array(contents)

    def with_pyarrow() -> object:
        items = pc.list_flatten(pc.split_pattern(pc.replace_substring(column, ",", ";"), ";"))
        numeric = pc.filter(items, pc.match_substring_regex(items, r"-(Zs)?Rtd="))
        names = pc.replace_substring_regex(numeric, "=.*", "")
        return names, pc.cast(pc.replace_substring_regex(numeric, "^.*=", ""), pa.float64())

    series = pl.Series("content", contents)

    def with_polars() -> object:
        items = series.to_frame().select(pl.col("content").str.replace_all(",", ";", literal=True).str.split(";"))
        parts = items.explode("content").select(pl.col("content").str.split_exact("=", 1)).unnest("content")
        return parts.with_columns(pl.col("field_1").cast(pl.Float64, strict=False))

    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.register("frames", pa.table({"content": column}))

    def with_duckdb() -> object:
        return connection.execute(
            "select split_part(item, '=', 1) as name, try_cast(split_part(item, '=', 2) as double) as value from"
            " (select unnest(string_split(replace(content, ',', ';'), ';')) as item from frames)"
        ).to_arrow_table()

    result = {}
    for name, work in (("pyarrow", with_pyarrow), ("polars", with_polars), ("duckdb", with_duckdb)):
        seconds = [_best(work, 1) for _ in range(3)]
        result[name] = count / statistics.median(seconds)
    return result


def faults(measured: dict[str, float]) -> list[str]:
    """What does not hold its budget."""
    found = []
    for name, limit in BUDGET.items():
        least = name.endswith("/s")
        if measured[name] < limit if least else measured[name] > limit:
            word = "at least" if least else "at most"
            found.append(f"{measured[name]:.3g} for '{name}' of HJ 212, {word} {limit:g} allowed")
    return found


if __name__ == "__main__":
    for title, values in (("measured", measure()), ("peers, frames/s of less work", peers())):
        print(title + ": " + ", ".join(f"{name} {value:,.1f}" for name, value in values.items()))
