"""Frames of heavy vehicles: splitting, examining and decoding, each on one core, of frames of ten seconds.

Every frame is one of another vehicle with ten seconds of the diesel stream and a signature (539 bytes), as most
terminals send. A vehicle-second is one such second decoded to a row of Arrow columns.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import sys
import time
from collections.abc import Callable

from lantu.gateway.arrivals import Kept
from lantu.gateway.vehicles import Family, Vehicles
from lantu.gateway.vehicles.encoding import NO_SIGNATURE, frame, realtime_unit, stream
from lantu.gateway.vehicles.quantities import DIESEL

SECONDS_A_FRAME = 10
BUDGET = {"split": 200_000.0, "examine": 200_000.0, "decode": 500_000.0}
"""Vehicle-seconds a second of one core, at least."""


def frames(count: int, seed: int = 1) -> list[bytes]:
    """Frames of that many vehicles, with their own speeds and NOx."""
    chance = random.Random(seed)
    start = dt.datetime(2021, 6, 15, 10)
    made = []
    for number in range(count):
        items = []
        for second in range(SECONDS_A_FRAME):
            values = {
                "speed": chance.uniform(0, 90),
                "engine_speed": chance.uniform(600, 2200),
                "nox_upstream": chance.uniform(100, 900),
                "nox_downstream": chance.uniform(0, 200),
                "fuel_rate": chance.uniform(2, 40),
                "scr_inlet_temperature": chance.uniform(150, 450),
                "coolant_temperature": 86.0,
                "reagent_level": 64.0,
                "position_state": 0.0,
                "longitude": chance.uniform(115.5, 117.4),
                "latitude": chance.uniform(39.5, 41),
                "mileage": chance.uniform(0, 500_000),
            }
            items.append((DIESEL, start + dt.timedelta(seconds=second), stream(DIESEL, values)))
        unit = realtime_unit("L3", start + dt.timedelta(seconds=10), number % 65_536, items, NO_SIGNATURE)
        made.append(frame(Family.TERMINAL, 2, f"LBJBENCH0{number % 10**8:08}", unit))
    return made


def measure(count: int = 10_000, connections: int = 500, runs: int = 3) -> dict[str, float]:
    """Vehicle-seconds a second of splitting (in pieces of 4 kB), examining (500 frames at a time) and decoding."""
    made = frames(count)
    vehicles = Vehicles()
    total = count * SECONDS_A_FRAME

    def split() -> int:
        found = 0
        for start in range(0, count, count // connections):
            session = vehicles.session()
            data = b"".join(made[start : start + count // connections])
            for at in range(0, len(data), 4096):
                found += len(session.split(data[at : at + 4096]))
        return found

    sessions = [vehicles.session() for _ in range(connections)]
    now = dt.datetime(2021, 6, 15, 10, 0, 12)

    def examine() -> int:
        found = 0
        for start in range(0, count, connections):
            pairs = list(zip(sessions, made[start : start + connections], strict=False))
            found += sum(arrival.kept for arrival in vehicles.examine(pairs, now))
        return found

    kept = Kept(made, [0] * count, list(range(count)))

    def decode() -> int:
        return vehicles.decode(kept).tables["vehicle_seconds"].num_rows // SECONDS_A_FRAME

    return {
        name: total / _median(work, count, runs)
        for name, work in (("split", split), ("examine", examine), ("decode", decode))
    }


def _median(work: Callable[[], int], expected: int, runs: int) -> float:
    """The median seconds of processor time of some runs, each of which must find every frame."""
    taken = []
    for _ in range(runs):
        begin = time.process_time()
        found = work()
        taken.append(time.process_time() - begin)
        if found != expected:
            raise RuntimeError(f"{found} frames of {expected}")
    return statistics.median(taken)


def faults(measured: dict[str, float]) -> list[str]:
    """What of the budget does not hold."""
    return [
        f"{measured[name]:,.0f} vehicle-seconds/s for '{name}' of vehicle frames, at least {least:,.0f} wanted"
        for name, least in BUDGET.items()
        if measured[name] < least
    ]


if __name__ == "__main__":
    result = measure()
    print("gateway_vehicles: " + ", ".join(f"{name} {value:,.0f}/s" for name, value in result.items()))
    for fault in faults(result):
        print(f"FAULT: {fault}", file=sys.stderr)
    sys.exit(1 if faults(result) else 0)
