"""Frames as columns: the same as one frame at a time, in the units of the lake's dataset, at speed."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.gateway.arrivals import Kept
from lantu.gateway.vehicles import Family, GivenPolicy, Vehicles, describe
from lantu.gateway.vehicles.columns import SECOND_COLUMNS
from lantu.gateway.vehicles.encoding import diagnosis, electric_unit, frame, realtime_unit, stream
from lantu.gateway.vehicles.frames import HEAD, time_of, vin_text
from lantu.gateway.vehicles.quantities import DIAGNOSIS, DIESEL, ELECTRIC_VEHICLE, SECONDS, SIZES, STREAMS
from lantu.gateway.vehicles.scanning import find_items, read_heads, seconds_at
from lantu.gateway.vehicles.units import LAYOUTS, realtime
from lantu.lake import Lake
from lantu.lake.dataset import get_dataset

VIN = "LBJTEST0000000017"
NOON = dt.datetime(2021, 6, 15, 12)
SIGNATURE = b"\x20" + bytes(32) + b"\x20" + bytes(32)


def kept(*frames: bytes) -> Kept:
    return Kept(frames, [0] * len(frames), list(range(len(frames))))


def second(**values: float | None) -> bytes:
    known = {"longitude": 116.4, "latitude": 39.9, "position_state": 0.0}
    return stream(DIESEL, {**known, **values})


def rows(*frames: bytes, table: str = "vehicle_seconds") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Vehicles().decode(kept(*frames)).tables[table].to_pylist()
    return found


def data(layout: str, *bodies: bytes, vin: str = VIN, kind: int = DIESEL) -> bytes:
    items = [(kind, NOON + dt.timedelta(seconds=number), body) for number, body in enumerate(bodies)]
    signature = SIGNATURE if layout != "L1" else None
    return frame(Family.TERMINAL, 2, vin, realtime_unit(layout, NOON, 1, items, signature))


def test_the_columns_are_those_of_the_dataset_in_its_units() -> None:
    """The rate of NOx is not sent; the position's two columns come with its state."""
    declared = {column.name: column.unit for column in get_dataset("heavy_vehicle_seconds").columns}
    units = {quantity.name: quantity.unit for kind in SECONDS for quantity in STREAMS[kind]}
    assert {*SECOND_COLUMNS, "latitude", "longitude"} == declared.keys() - {"nox_rate"}
    assert {name: units[name] for name in declared if name != "nox_rate"} == {
        name: unit for name, unit in declared.items() if name != "nox_rate"
    }


def test_a_second_of_a_diesel() -> None:
    row = rows(data("L3", second(speed=42.5, nox_downstream=28.45, scr_inlet_temperature=312.5, mileage=123456.7)))[0]
    assert row == {
        "device": VIN, "frame": 0, "time": NOON, "kind": "realtime", "timed": "item", "speed": 42.5,
        "engine_speed": None, "nox_downstream": 28.45, "nox_upstream": None, "fuel_rate": None,
        "scr_inlet_temperature": 312.5, "coolant_temperature": None, "reagent_level": None, "mileage": 123456.7,
        "latitude": 39.9, "longitude": 116.4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "longitude", "latitude", "expected"),
    [
        (0, 116.4, 39.9, (39.9, 116.4)),
        (2 | 4, 58.4, 34.6, (-34.6, -58.4)),
        (1, 116.4, 39.9, (None, None)),
        (0, 0, 0, (None, None)),
        (0, 39.9, 116.4, (None, None)),
        (255, 116.4, 39.9, (None, None)),
    ],
    ids=["sound", "south and west", "marked invalid", "0/0", "exchanged", "no state"],
)
def test_positions(state: int, longitude: float, latitude: float, expected: tuple[float | None, float | None]) -> None:
    row = rows(data("L3", second(position_state=state, longitude=longitude, latitude=latitude)))[0]
    assert (row["latitude"], row["longitude"]) == expected


def test_a_terminal_with_the_bit_the_wrong_way_round() -> None:
    sent = kept(data("L3", second(position_state=1), second(position_state=0)), data("L3", second(), vin="X" * 17))
    found = Vehicles(GivenPolicy(inverted={VIN})).decode(sent).tables["vehicle_seconds"]
    assert found.column("latitude").to_pylist() == [39.9, None, 39.9]


@pytest.mark.parametrize("raw", [b"\xff\xff", b"\xff\xfe", b"\xfe\xff", b"\xfb\x00"])
def test_what_is_no_value_is_null(raw: bytes) -> None:
    """Invalid, abnormal, the bytes exchanged, and all above FAFF."""
    body = second()
    assert rows(data("L3", body[:11] + raw + body[13:]))[0]["nox_downstream"] is None
    assert rows(data("L3", body[:11] + b"\xfa\xff" + body[13:]))[0]["nox_downstream"] == 3012.75


def test_items_without_times_of_their_own_are_counted_up_and_say_so() -> None:
    found = rows(data("L1", second(), second(), second()), data("L2", second()))
    assert [(row["time"].second, row["timed"]) for row in found] == [
        (0, "counted"), (1, "counted"), (2, "counted"), (0, "unit"),
    ]  # fmt: skip


def test_the_same_frame_fits_two_layouts_and_the_vin_decides() -> None:
    """An OBD item with the VIN of the head speaks for its layout."""
    body = diagnosis(VIN, codes=(1, 2))
    for layout in LAYOUTS:
        unit = realtime_unit(layout, NOON, 1, [(DIAGNOSIS, NOON, body)])
        table = Vehicles().decode(kept(frame(Family.TERMINAL, 2, VIN, unit))).tables["vehicle_diagnoses"]
        assert table.column("vin").to_pylist() == [VIN]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LAYOUTS), st.integers(0, 2**32)), min_size=1, max_size=12))
def test_many_frames_at_once_are_read_as_each_alone(drawn: list[tuple[str, int]]) -> None:
    frames = [random_frame(layout, random.Random(seed)) for layout, seed in drawn]
    heads = read_heads(frames)
    items, layouts, signed = find_items(heads)
    for index, each in enumerate(frames):
        alone = realtime(each[HEAD:-1], vin_text(each[3:20]))
        mine = items.frame == index
        if alone is None:
            assert layouts[index] == -1 and not mine.any()
            continue
        assert LAYOUTS[layouts[index]] == alone.layout
        assert signed[index] == alone.signed
        start = int(heads.unit[index])
        assert items.kind[mine].tolist() == [item.kind for item in alone.items]
        assert (items.body[mine] - start).tolist() == [item.body for item in alone.items]
        assert items.size[mine].tolist() == [item.size for item in alone.items]


def random_frame(layout: str, chance: random.Random) -> bytes:
    """A realtime frame of any items; one in five has a unit that does not fit."""
    items = []
    for _ in range(chance.randrange(1, 12)):
        kind = chance.choice([DIAGNOSIS, *SIZES])
        if kind == DIAGNOSIS:
            body = diagnosis(chance.choice([VIN, "X" * 17]), codes=range(chance.randrange(4)))
        else:
            body = chance.randbytes(SIZES[kind])
        items.append((kind, NOON + dt.timedelta(seconds=chance.randrange(10**6)), body))
    unit = realtime_unit(layout, NOON, chance.randrange(65536), items, SIGNATURE)
    if chance.random() < 0.2:
        place = chance.randrange(len(unit))
        unit = unit[:place] + chance.randbytes(chance.randrange(3)) + unit[place + 1 :]
    return frame(chance.choice([Family.TERMINAL, Family.PLATFORM]), chance.choice([2, 3]), VIN, unit)[:8192]


@pytest.mark.shared_data
@pytest.mark.parametrize("seed", range(4))
def test_the_reference_reads_the_same(seed: int, reference: ModuleType) -> None:
    """300 frames of random bytes in bodies: same layout, same items, same values where the reference has one."""
    chance = random.Random(seed)
    for _ in range(300):
        each = random_frame(chance.choice(LAYOUTS), chance)
        if each[:2] != b"##":
            continue
        mine = describe(each)
        try:
            theirs = reference.decode(each)
        except ValueError:
            assert mine.get("fault") == "layout" or mine.get("fault") == "length"
            continue
        assert (mine["layout"], mine["signed"]) == (theirs["layout"], theirs["signed"])
        assert mine["serial"] == theirs["serial"]
        for item, (kind, _, values) in zip(mine["items"], theirs["items"], strict=True):
            if kind == DIAGNOSIS:
                assert item["values"]["fault_codes"] == values["dtc"]
                continue
            for quantity, value in zip(STREAMS[kind], values.values(), strict=True):
                own = item["values"][quantity.name]
                if own is not None:
                    assert own == pytest.approx(value, abs=6e-7)  # it rounds to 1e-6
                elif value is not None:  # of what J1939 calls no value the reference takes some for one
                    assert quantity.raw(value) >> 8 * (quantity.size - 1) > 0xFA


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(min_size=6, max_size=6), min_size=1, max_size=40))
def test_times_are_those_of_the_calendar(printed: list[bytes]) -> None:
    import numpy as np

    buffer = np.frombuffer(b"".join(printed), np.uint8)
    found = seconds_at(buffer, np.arange(len(printed)) * 6)
    for each, seconds in zip(printed, found.tolist(), strict=True):
        moment = time_of(each)
        assert (moment is None) == (seconds < 0)
        if moment is not None:
            assert seconds == (moment - dt.datetime(1970, 1, 1)).total_seconds()


def test_an_electric_vehicle() -> None:
    values = {"speed": 52.3, "mileage": 12345.6, "voltage": 640.0, "current": -35.5, "state_of_charge": 78.0}
    codes = {"vehicle_state": 1, "charging_state": 3, "running_mode": 1}
    place = {"position_state": 0, "longitude": 116.4, "latitude": 39.9}
    found = rows(
        frame(Family.ELECTRIC, 2, VIN, electric_unit(NOON, {**values, **codes}, place)),
        frame(Family.ELECTRIC, 3, VIN, electric_unit(NOON, values)),
        frame(Family.ELECTRIC, 3, VIN, electric_unit(NOON, values, {**place, "position_state": 1})),
        table="electric_vehicle_states",
    )
    assert found[0] == {
        "device": VIN, "frame": 0, "time": NOON, "kind": "realtime", **codes, **values, "motor_speed": None,
        "latitude": 39.9, "longitude": 116.4,
    }  # fmt: skip
    assert [(row["kind"], row["vehicle_state"], row["latitude"]) for row in found[1:]] == [("resend", None, None)] * 2


def test_all_types_of_an_electric_unit_are_passed_over_exactly() -> None:
    """Motors, fuel cell, engine, extremes, alarms, cells, temperatures and a maker's own type lie between."""
    vehicle = electric_unit(NOON, {"speed": 10.0, "state_of_charge": 50.0})
    between = (
        b"\x02\x02" + bytes(24)
        + b"\x03" + bytes(6) + b"\x00\x03" + bytes(13)
        + b"\x04" + bytes(5)
        + b"\x06" + bytes(14)
        + b"\x07" + bytes(5) + b"\x01" + bytes(4) + b"\x00\x00\x02" + bytes(8)
        + b"\x08\x01" + bytes(9) + b"\x03" + bytes(6)
        + b"\x09\x01\x01\x00\x02\x50\x51"
        + b"\x80\x00\x04\x23\x23\x02\x02"
        + b"\x05\x00" + (116_400_000).to_bytes(4, "big") + (39_900_000).to_bytes(4, "big")
    )  # fmt: skip
    row = rows(frame(Family.ELECTRIC, 2, VIN, vehicle + between), table="electric_vehicle_states")[0]
    assert (row["speed"], row["latitude"]) == (10.0, 39.9)
    short = Vehicles().decode(kept(frame(Family.ELECTRIC, 2, VIN, vehicle + between + b"\x01")))
    assert short.undecoded == {0: "layout"}
    assert sum(quantity.size for quantity in ELECTRIC_VEHICLE) == 20


def test_frames_that_give_no_row_say_why() -> None:
    good = data("L3", second())
    decoded = Vehicles().decode(
        kept(
            good,
            good[:-1] + bytes([good[-1] ^ 1]),
            good[:60],
            b"",
            frame(Family.TERMINAL, 2, VIN, b"secret", encryption=3),
            frame(Family.ELECTRIC_2025, 2, VIN, bytes(20)),
            frame(Family.TERMINAL, 2, VIN, bytes(20)),
            frame(Family.TERMINAL, 5, VIN),
        )
    )
    assert decoded.undecoded == {
        1: "checksum", 2: "length", 3: "length", 4: "encrypted", 5: "edition", 6: "layout", 7: "no_data",
    }  # fmt: skip
    assert decoded.tables["vehicle_seconds"].column("frame").to_pylist() == [0]


def test_nothing_kept_gives_no_table() -> None:
    assert Vehicles().decode(kept()).tables == {}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=6))
def test_columns_have_the_values_of_each_second_alone(seeds: list[int]) -> None:
    """Bodies of random bytes of all three streams: the columns against one item at a time."""
    frames = [random_frame(random.Random(seed).choice(LAYOUTS), random.Random(seed)) for seed in seeds]
    table = Vehicles().decode(kept(*frames)).tables.get("vehicle_seconds")
    found = [] if table is None else table.to_pylist()
    expected = []
    for kind in SECONDS:
        for index, each in enumerate(frames):
            for item in describe(each).get("items", ()):
                if item["type"] == kind:
                    expected.append((index, item["time"], item["values"]))
    assert len(found) == len(expected)
    for row, (index, time, values) in zip(found, expected, strict=True):
        assert row["frame"] == index
        assert time is None or row["time"] == time
        for name in SECOND_COLUMNS:
            assert row[name] == values.get(name), name


def test_the_seconds_can_be_written_to_the_lake(tmp_path: Path) -> None:
    seconds = [second(speed=40.0 + number, nox_downstream=12.5, engine_speed=900) for number in range(10)]
    table = Vehicles().decode(kept(data("L3", *seconds))).tables["vehicle_seconds"]
    own = table.drop_columns(["frame", "kind", "timed"]).rename_columns({"device": "station"})
    lake = Lake(tmp_path / "lake")
    report = lake.write("heavy_vehicle_seconds", own, source="gateway", simulated=True)
    assert report.rows_read == 10
    assert [(status.rows, status.stations) for status in lake.status()] == [(10, 1)]
    assert lake.quality() == []
