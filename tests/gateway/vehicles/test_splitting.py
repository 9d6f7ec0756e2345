"""What was encoded comes back, however it is cut; damage harms nobody beside it."""

from __future__ import annotations

import datetime as dt
import random
import time
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.gateway.vehicles import Family, Vehicles
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
from lantu.gateway.vehicles.quantities import (
    CATALYST,
    CATALYST_NOX,
    DIAGNOSIS,
    DIESEL,
    HYBRID,
    SIZES,
    STREAMS,
    SUPPLEMENT,
)
from lantu.gateway.vehicles.splitting import Splitter
from lantu.gateway.vehicles.units import SIGNATURE

VIN = "LBJTEST0000000017"
NOON = dt.datetime(2021, 6, 15, 12)
moments = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2255, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)
vins = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789#~$", min_size=17, max_size=17)
kinds = st.sampled_from([DIESEL, CATALYST, HYBRID, CATALYST_NOX, SUPPLEMENT])


@st.composite
def items(draw: st.DrawFn) -> tuple[int, dt.datetime, bytes]:
    kind = draw(st.one_of(st.just(DIAGNOSIS), kinds))
    if kind == DIAGNOSIS:
        content = diagnosis(VIN, codes=draw(st.lists(st.integers(0, 2**32 - 1), max_size=5)))
    else:
        content = draw(st.binary(min_size=SIZES[kind], max_size=SIZES[kind]))
    return kind, draw(moments), content


@st.composite
def vehicle_frames(draw: st.DrawFn) -> bytes:
    """A sound frame of any family: data in any layout, login, logout, an unknown command, an encrypted unit."""
    family = draw(st.sampled_from(list(Family)))
    vin, moment = draw(vins), draw(moments)
    what = draw(st.sampled_from(["data", "login", "logout", "time", "encrypted", "unknown"]))
    if what == "encrypted":
        return frame(family, 2, VIN, draw(st.binary(max_size=200)), encryption=draw(st.sampled_from([2, 3, 4, 5])))
    if what == "unknown":
        return frame(family, draw(st.integers(0x20, 0xC0)), VIN, draw(st.binary(max_size=60)))
    if family in (Family.ELECTRIC, Family.ELECTRIC_2025):
        units = {
            "data": electric_unit(
                moment, {"speed": 52.3, "state_of_charge": 78}, {"longitude": 116.4, "latitude": 39.9}
            ),
            "login": electric_login_unit(moment, 1, "89860"),
            "logout": logout_unit(moment, 1),
            "time": b"",
        }
        return frame(family, {"data": 2, "login": 1, "logout": 4, "time": 8}[what], vin, units[what])
    if what != "data":
        units = {"login": login_unit(moment, 7, "8986062107"), "logout": logout_unit(moment, 7), "time": b""}
        return frame(family, {"login": 1, "logout": 4, "time": 5}[what], vin, units[what])
    signature = b"\x20" + draw(st.binary(min_size=32, max_size=32)) + b"\x20" + bytes(32)
    layout = draw(st.sampled_from(["L1", "L2", "L3"]))
    unit = realtime_unit(layout, moment, draw(st.integers(0, 65535)), draw(st.lists(items(), min_size=1)), signature)
    assert len(signature) == SIGNATURE
    return frame(family, draw(st.sampled_from([2, 3])), vin, unit)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]


@settings(max_examples=300, deadline=None)
@given(st.lists(vehicle_frames(), min_size=1, max_size=8), st.lists(st.integers(0, 10**6), max_size=12))
def test_encoded_frames_come_back_however_the_stream_is_cut(sent: list[bytes], places: list[int]) -> None:
    session = Vehicles().session()
    found = [each for piece in cut(b"".join(sent), places) for each in session.split(piece)]
    assert found == sent
    assert (session.rest, session.skipped) == (0, 0)


@settings(max_examples=50, deadline=None)
@given(vehicle_frames(), vehicle_frames())
def test_byte_by_byte_is_as_good_as_at_once(first: bytes, second: bytes) -> None:
    splitter = Splitter()
    data = first + second
    assert [each for at in range(len(data)) for each in splitter.feed(data[at : at + 1])] == [first, second]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 10**6), max_size=6))
def test_junk_before_a_frame_is_passed_over(junk: bytes, places: list[int]) -> None:
    """Whatever the junk holds, the frames behind it come out: at the latest when enough of them have come."""
    sent = [data_frame(serial) for serial in range(20)]
    splitter = Splitter()
    found = [each for piece in cut(junk + b"".join(sent), places) for each in splitter.feed(piece)]
    assert found[-19:] == sent[1:] or found == sent
    assert splitter.skipped + sum(map(len, found)) + len(splitter.rest) == len(junk) + sum(map(len, sent))


def data_frame(serial: int, family: Family = Family.TERMINAL, seconds: int = 10) -> bytes:
    """A frame of ten seconds, whose bodies hold marks."""
    values = dict.fromkeys(("speed", "fuel_rate"), 0.0)
    content = stream(DIESEL, {**values, "nox_downstream": 30.15, "longitude": 116.4, "latitude": 39.9})
    content = content[:-4] + (b"##~~" if serial % 3 == 0 else serial.to_bytes(4, "big"))
    many = [(DIESEL, NOON + dt.timedelta(seconds=10 * serial + each), content) for each in range(seconds)]
    return frame(family, 2, VIN, realtime_unit("L3", NOON, serial, many, b"\x20" + bytes(32) + b"\x20" + bytes(32)))


def test_the_unit_of_a_makers_own_make_is_kept() -> None:
    """Type 87 is known to nobody; the frame is whole, so it is not lost."""
    odd = frame(Family.TERMINAL, 2, VIN, realtime_unit("L1", NOON, 1, [(0x87, NOON, b"##own")]))
    session = Vehicles().session()
    assert session.split(odd + data_frame(1)) == [odd, data_frame(1)]


def test_a_damaged_length_that_swallows_a_neighbour_and_has_a_right_checksum() -> None:
    """The checksum passes by chance; the unit is not used up exactly, and a sound frame begins inside it."""
    first, second, third = data_frame(1), data_frame(2), data_frame(3)
    longer = bytearray(first)
    longer[22:24] = (int.from_bytes(first[22:24], "big") + len(second)).to_bytes(2, "big")
    swallowed = bytes(longer) + second
    fault = 0
    for byte in swallowed:
        fault ^= byte
    longer[100] ^= fault
    assert Splitter().feed(bytes(longer) + second + third) == [second, third]


def test_a_doubtful_frame_is_not_held_for_a_damaged_head_inside_it() -> None:
    """Two zero bytes were lost, so the checksum is right with the mark of the next frame, whose length is damaged."""
    shorter = electric_frame(1).replace(b"\0\0\0", b"\0", 1)
    longer = bytearray(data_frame(2))
    longer[22:24] = b"\x0f\xff"
    assert data_frame(3) in Splitter().feed(shorter + bytes(longer) + data_frame(3))


def electric_frame(serial: int) -> bytes:
    place = {"longitude": 116.4, "latitude": 39.9}
    return frame(Family.ELECTRIC, 2, VIN, electric_unit(NOON, {"speed": 50, "mileage": serial}, place))


def test_a_neighbour_behind_a_damaged_length_need_not_wait_for_the_bytes_that_never_come() -> None:
    damaged = bytearray(data_frame(1))
    damaged[22:24] = b"\x1f\xff"
    assert Splitter().feed(bytes(damaged) + data_frame(2)) == [data_frame(2)]


def test_what_a_damaged_head_holds_up_comes_out_when_the_connection_ends() -> None:
    """A unit of a maker's own make is not beyond doubt, so it waits behind the damaged length."""
    damaged = bytearray(data_frame(1))
    damaged[22:24] = b"\x1f\xff"
    own = frame(Family.TERMINAL, 2, VIN, realtime_unit("L1", NOON, 1, [(0x87, NOON, b"own")]))
    session = Vehicles().session()
    assert session.split(bytes(damaged) + own + own[:30]) == []
    assert session.close() == [own]
    assert (session.rest, session.close()) == (0, [])


def test_many_heads_that_are_none_take_no_long_time() -> None:
    """Each head says that 8 kB belong to it: the sums of bytes are added up once, not for every head."""
    hostile = b"##\x1f\x1e" * 65_536
    assert (hostile[22] << 8 | hostile[23]) == 0x1F1E
    splitter = Splitter()
    begin = time.process_time()
    assert sum(map(len, splitter.feed(hostile))) + splitter.skipped + len(splitter.rest) == len(hostile)
    assert splitter.skipped > 60_000
    assert time.process_time() - begin < 5


@pytest.mark.shared_data
@pytest.mark.parametrize("seed", range(12))
def test_damage_loses_no_neighbour_that_the_reference_keeps(seed: int, reference: ModuleType) -> None:
    """Streams of 40 frames, some damaged; every undamaged frame that the reference finds is found."""
    chance = random.Random(seed)
    for _ in range(40):
        sent, stream_bytes, whole = [], bytearray(), []
        for serial in range(40):
            each = any_frame(chance, serial)
            sent.append(each)
            hurt = bytearray(each)
            if chance.random() < 0.15:
                hurt = damage(hurt, chance)
            else:
                whole.append(each)
            stream_bytes += hurt
        splitter = Splitter()
        places = [chance.randrange(len(stream_bytes)) for _ in range(chance.randrange(30))]
        found = [each for piece in cut(bytes(stream_bytes), places) for each in splitter.feed(piece)]
        by_reference, _ = reference.split(bytes(stream_bytes))
        missing = [each for each in whole if each in by_reference and each not in found]
        assert missing == []
        assert len([each for each in whole if each in found]) >= len([each for each in whole if each in by_reference])


def any_frame(chance: random.Random, serial: int) -> bytes:
    kind = chance.random()
    if kind < 0.6:
        return data_frame(serial, seconds=chance.randrange(1, 11))
    if kind < 0.7:
        return frame(Family.TERMINAL, 2, VIN, chance.randbytes(48), encryption=3)
    if kind < 0.8:
        return frame(Family.TERMINAL, 1, VIN, login_unit(NOON, serial, "89860621070012345678"))
    unit = electric_unit(NOON, {"speed": 50 + serial % 7, "mileage": serial}, {"longitude": 116.4, "latitude": 39.9})
    return frame(Family.ELECTRIC, 2, VIN, unit)


def damage(data: bytearray, chance: random.Random) -> bytearray:
    """Bytes changed (the length among them), lost, doubled or put in between."""
    at = chance.randrange(len(data))
    how = chance.randrange(5)
    if how == 0:
        data[at] ^= chance.randrange(1, 256)
    elif how == 1:
        data[22 + chance.randrange(2)] ^= chance.randrange(1, 256)
    elif how == 2:
        del data[at : at + chance.randrange(1, 40)]
    elif how == 3:
        data[at:at] = chance.randbytes(chance.randrange(1, 20))
    else:
        data[at:at] = b"##" * chance.randrange(1, 9)
    return data


def test_every_quantity_goes_there_and_back() -> None:
    for kind, quantities in STREAMS.items():
        for quantity in quantities:
            for raw in (0, 1, 100, 0xF9):
                value = quantity.value(raw)
                assert value is not None and quantity.raw(value) == raw, (kind, quantity.name, raw)
