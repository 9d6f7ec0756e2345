"""What frames say is the same one by one and as columns."""

from __future__ import annotations

import datetime as dt
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.gateway.vehicles import Family
from lantu.gateway.vehicles.encoding import (
    diagnosis,
    electric_login_unit,
    electric_unit,
    frame,
    login_unit,
    logout_unit,
    realtime_unit,
    stream,
)
from lantu.gateway.vehicles.facts import FEW, facts_as_columns, facts_of, facts_one_by_one
from lantu.gateway.vehicles.quantities import DIAGNOSIS, DIESEL

VIN = "LBJTEST0000000017"
NOON = dt.datetime(2021, 6, 15, 12)


def any_frame(seed: int) -> bytes:
    """A frame of any family, command, layout, clock, encryption and response; some are damaged."""
    chance = random.Random(seed)
    family = chance.choice(list(Family))
    time = NOON + dt.timedelta(seconds=chance.choice([0, -5, -601, -600, 601, -8 * 3600, -8 * 3600 - 700, 10**7]))
    place = {"position_state": chance.choice([0, 1, 255]), "longitude": chance.choice([0, 116.4]), "latitude": 39.9}
    bodies = [
        (DIESEL, time, stream(DIESEL, chance.choice([{}, place]))),
        (DIAGNOSIS, time, diagnosis(chance.choice([VIN, "X" * 17]))),
    ]
    units = [
        realtime_unit(chance.choice(["L1", "L2", "L3"]), time, chance.randrange(65536), chance.choices(bodies, k=3)),
        electric_unit(time, {"speed": 50.0}),
        electric_login_unit(time, 1, "89860"),
        login_unit(time, 1, "89860"),
        logout_unit(time, 1),
        chance.randbytes(chance.randrange(40)),
        bytes(20),
        b"",
    ]
    made = bytearray(
        frame(
            family,
            chance.choice([1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 0x40]),
            VIN,
            chance.choice(units),
            response=chance.choice([0xFE, 0xFE, 0xFE, 1, 2]),
            encryption=chance.choice([1, 1, 1, 1, 3]),
        )
    )
    if chance.random() < 0.1:
        made[chance.randrange(len(made))] ^= 1
    return bytes(made[: chance.randrange(30)] if chance.random() < 0.05 else made)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=12))
def test_both_ways_say_the_same(seeds: list[int]) -> None:
    frames = [any_frame(seed) for seed in seeds]
    alone, together = facts_one_by_one(frames, NOON), facts_as_columns(frames, NOON)
    assert (alone.sound, alone.damaged) == (together.sound, together.damaged)
    for index in range(len(frames)):
        if alone.sound[index]:
            for name in ("family", "command", "is_command", "serial"):
                assert getattr(alone, name)[index] == getattr(together, name)[index], name
            for name, there in alone.odd.items():
                assert there[index] == together.odd[name][index], name


def test_the_number_of_frames_decides_the_way() -> None:
    frames = [any_frame(seed) for seed in range(FEW + 1)]
    assert facts_of(frames[:FEW], NOON) == facts_one_by_one(frames[:FEW], NOON)
    assert facts_of(frames, NOON) == facts_as_columns(frames, NOON)
