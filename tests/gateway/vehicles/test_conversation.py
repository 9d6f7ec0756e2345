"""What is answered, what is kept, and what is odd about who speaks."""

from __future__ import annotations

import datetime as dt
import inspect
import re

import pytest

from lantu.gateway.arrivals import Arrival, Kept
from lantu.gateway.vehicles import ODDITIES, Family, GivenPolicy, Vehicles, VehicleSession, describe, facts, protocol
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
from lantu.gateway.vehicles.frames import time_bytes
from lantu.gateway.vehicles.quantities import DIAGNOSIS, DIESEL

VIN, OTHER = "LBJTEST0000000017", "LSVAM41Z6F2000001"
NOW = dt.datetime(2021, 6, 15, 12)
SIGNATURE = b"\x20" + bytes(32) + b"\x20" + bytes(32)


def speak(vehicles: Vehicles, session: VehicleSession, *frames: bytes, now: dt.datetime = NOW) -> list[Arrival]:
    return vehicles.examine([(session, each) for each in session.split(b"".join(frames))], now)


def data(vin: str = VIN, serial: int = 1, time: dt.datetime = NOW, family: Family = Family.TERMINAL) -> bytes:
    return frame(family, 2, vin, realtime_unit("L3", time, serial, [(DIESEL, time, stream(DIESEL, {}))], SIGNATURE))


def login(vin: str = VIN) -> bytes:
    return frame(Family.TERMINAL, 1, vin, login_unit(NOW, 1, "89860621070012345678"))


def platform_login(user: str, password: str) -> bytes:
    unit = time_bytes(NOW) + b"\0\1" + user.encode().ljust(12, b"\0") + password.encode().ljust(20, b"\0") + b"\1"
    return frame(Family.PLATFORM, 7, "PLATFORM00000001", unit)


def test_a_terminal_logs_in_sends_and_logs_out_without_any_answer() -> None:
    vehicles, session = Vehicles(), VehicleSession()
    (first,) = speak(vehicles, session, login())
    assert (first.device, first.kept, first.answer, first.oddities) == (VIN, True, None, ())
    assert session.is_logged_in(VIN)
    (second,) = speak(vehicles, session, data())
    assert (second.kept, second.answer, second.oddities) == (True, None, ())
    speak(vehicles, session, frame(Family.TERMINAL, 4, VIN, logout_unit(NOW, 1)))
    assert not session.is_logged_in(VIN)


def test_a_time_request_is_answered_in_beijing_time() -> None:
    vehicles, session = Vehicles(), VehicleSession()
    utc = dt.datetime(2021, 6, 15, 4, 0, 7, tzinfo=dt.UTC)
    (arrival,) = speak(vehicles, session, frame(Family.TERMINAL, 5, VIN, version=9), now=utc)
    assert not arrival.kept and arrival.answer is not None
    found = describe(arrival.answer)
    assert (found["command"], found["vin"], found["version"]) == (5, VIN, 9)
    assert found["time"] == dt.datetime(2021, 6, 15, 12, 0, 7)


@pytest.mark.parametrize(
    ("chips", "own_vin", "expected"),
    [({}, VIN, (1, 0)), ({"00" * 16: OTHER}, VIN, (2, 1)), ({}, OTHER, (2, 2))],
    ids=["well", "chip in use", "another VIN"],
)
def test_activation(chips: dict[str, str], own_vin: str, expected: tuple[int, int]) -> None:
    vehicles = Vehicles(chips=chips)
    unit = time_bytes(NOW) + bytes(16) + bytes(64) + own_vin.encode() + SIGNATURE
    (arrival,) = speak(vehicles, VehicleSession(), frame(Family.TERMINAL, 7, VIN, unit))
    assert arrival.kept and arrival.answer is not None
    found = describe(arrival.answer)
    assert (found["command"], found["status"], found["info"]) == (8, *expected)


@pytest.mark.parametrize("family", [Family.PLATFORM, Family.ELECTRIC])
def test_platforms_and_electric_vehicles_are_answered_with_their_own_time(family: Family) -> None:
    unit = electric_unit(NOW, {}) if family is Family.ELECTRIC else None
    sent = data(family=family) if unit is None else frame(family, 2, VIN, unit)
    vehicles, session = Vehicles(), VehicleSession()
    (arrival,) = speak(vehicles, session, sent, now=NOW + dt.timedelta(seconds=5))
    assert arrival.kept and arrival.answer is not None
    found = describe(arrival.answer)
    assert (found["command"], found["response"], found["vin"]) == (2, 1, VIN)
    assert found["time"] == NOW
    assert vehicles.session().split(arrival.answer) == [arrival.answer]


def test_an_answer_is_never_answered() -> None:
    vehicles, session = Vehicles(), VehicleSession()
    for family in (Family.PLATFORM, Family.ELECTRIC):
        for response in (1, 2, 3):
            (arrival,) = speak(vehicles, session, frame(family, 2, VIN, time_bytes(NOW), response=response))
            assert (arrival.kept, arrival.answer) == (False, None)


def test_data_under_the_flag_of_an_answer_are_kept_and_read_but_not_answered() -> None:
    vehicles, session = Vehicles(), VehicleSession()
    unit = realtime_unit("L3", NOW, 1, [(DIESEL, NOW, stream(DIESEL, {}))])
    (arrival,) = speak(vehicles, session, frame(Family.PLATFORM, 2, VIN, unit, response=1))
    assert (arrival.kept, arrival.answer, arrival.oddities) == (True, None, ("answer_with_data",))
    assert vehicles.decode(Kept([arrival.raw], [0], [1])).tables["vehicle_seconds"].num_rows == 1


def test_an_electric_vehicle_logs_in_beats_and_asks_for_the_time() -> None:
    vehicles, session = Vehicles(), VehicleSession()
    found = speak(
        vehicles,
        session,
        frame(Family.ELECTRIC, 1, OTHER, electric_login_unit(NOW, 1, "89860")),
        frame(Family.ELECTRIC, 7, OTHER),
        frame(Family.ELECTRIC, 8, OTHER),
        now=NOW + dt.timedelta(hours=1),
    )
    assert [arrival.kept for arrival in found] == [True, False, False]
    answers = [describe(arrival.answer or b"") for arrival in found]
    assert [each.get("time") for each in answers] == [NOW, None, NOW + dt.timedelta(hours=1)]
    assert session.is_logged_in(OTHER)


def test_a_platforms_password_is_checked_and_not_kept() -> None:
    vehicles = Vehicles(GivenPolicy(platforms={"maker": "secret"}))
    for password, response, odd in (("secret", 1, ()), ("wrong", 2, ("login_refused",))):
        (arrival,) = speak(vehicles, VehicleSession(), platform_login("maker", password))
        assert not arrival.kept and arrival.answer is not None
        assert (arrival.answer[3], arrival.oddities) == (response, odd)
    (unknown,) = speak(vehicles, VehicleSession(), platform_login("nobody", ""))
    assert unknown.oddities == ("login_refused",)
    (open_house,) = speak(Vehicles(), VehicleSession(), platform_login("maker", "any"))
    assert open_house.oddities == ()


def oddities(*frames: bytes, now: dt.datetime = NOW) -> list[tuple[str, ...]]:
    return [arrival.oddities for arrival in speak(Vehicles(), VehicleSession(), *frames, now=now)]


def test_what_is_odd_about_who_speaks() -> None:
    assert oddities(data()) == [("not_logged_in",)]
    assert oddities(login(), data(serial=7), data(serial=7)) == [(), (), ("serial_repeated",)]
    assert oddities(login("lbjtest000000001 "))[0] == ("vin_form",)
    assert oddities(login(), login(OTHER)) == [(), ("several_vins",)]
    assert oddities(b"junk", login()) == [("skipped_bytes",)]
    assert oddities(data(family=Family.PLATFORM), data(OTHER, family=Family.PLATFORM)) == [(), ()]


def test_one_vin_on_two_connections() -> None:
    vehicles, first, second = Vehicles(), VehicleSession(), VehicleSession()
    speak(vehicles, first, login())
    (arrival,) = speak(vehicles, second, login())
    assert arrival.oddities == ("vin_on_two_connections",)
    del first
    (after,) = speak(vehicles, second, login())
    assert after.oddities == ()


def test_what_is_odd_about_what_is_said() -> None:
    late = dt.timedelta(minutes=11)
    assert oddities(login(), data(time=NOW - late))[1] == ("clock",)
    assert oddities(login(), data(time=NOW - dt.timedelta(hours=8)))[1] == ("clock_8h",)
    old = realtime_unit("L3", NOW - dt.timedelta(days=20), 3, [(DIESEL, NOW, stream(DIESEL, {}))])
    assert oddities(login(), frame(Family.TERMINAL, 3, VIN, old))[1] == ()
    other = realtime_unit("L3", NOW, 3, [(DIAGNOSIS, NOW, diagnosis(OTHER))])
    assert oddities(login(), frame(Family.TERMINAL, 2, VIN, other))[1] == ("obd_vin_differs",)
    place = {"position_state": 1.0, "longitude": 116.4, "latitude": 39.9}
    marked = realtime_unit("L3", NOW, 3, [(DIESEL, NOW, stream(DIESEL, place))])
    assert oddities(login(), frame(Family.TERMINAL, 2, VIN, marked))[1] == ("position_marked_invalid",)
    assert oddities(login(), frame(Family.TERMINAL, 2, VIN, b"cipher", encryption=3))[1] == ("encrypted",)
    assert oddities(login(), frame(Family.TERMINAL, 2, VIN, time_bytes(NOW) + b"own"))[1] == ("layout",)
    assert oddities(login(), frame(Family.TERMINAL, 2, VIN, bytes(20)))[1] == ("time_impossible",)
    assert oddities(frame(Family.ELECTRIC, 2, VIN, time_bytes(NOW) + b"\x0a"))[0] == ("layout", "not_logged_in")


def test_every_oddity_that_is_said_has_words() -> None:
    text = inspect.getsource(protocol)
    said = {name for name in re.findall(r'"([a-z0-9_]+)"', text) if text.count(f'"{name}"') > 1} | set(facts.ODD)
    assert ODDITIES.keys() <= said
    assert set(facts.ODD) <= ODDITIES.keys()
    assert all(words.zh and words.en for words in ODDITIES.values())


def test_frames_of_many_connections_at_once() -> None:
    vehicles = Vehicles()
    sessions = [vehicles.session() for _ in range(50)]
    vins = [f"LBJTEST00000000{number:02}" for number in range(50)]
    pairs = [(session, login(vin)) for session, vin in zip(sessions, vins, strict=True)]
    found = vehicles.examine(pairs, NOW)
    assert [arrival.device for arrival in found] == vins
    assert all(arrival.session is session for arrival, session in zip(found, sessions, strict=True))
    assert vehicles.examine([], NOW) == []
