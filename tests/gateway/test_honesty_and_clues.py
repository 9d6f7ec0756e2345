"""Questions and clues: raised by the devices that give reason, with their rows, and by no other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lantu.gateway.clues import ALARM, CHANGE, EXCEEDANCE, Clue, find_clues
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.honesty import ask
from lantu.gateway.questions import Question
from lantu.lake import Lake

DAY = dt.datetime(2021, 6, 15)
NEXT = DAY + dt.timedelta(days=1)
ROWS = 720
DEVICES = """\
factor_lists:
  stack: {a21002: {unit: mg/m³, limit: 50, limit_kind: realtime, limit_reference: permit 7}}
devices:
  - {id: HONEST, factors: stack, site: 甲厂, area: 通州区, interval_seconds: 60}
  - {id: STUCK, factors: stack}
  - {id: DECIMALS, factors: stack}
  - {id: COPIED, factors: stack}
  - {id: HUGGING, factors: stack}
  - {id: EXCEEDING, factors: stack, site: 乙厂, area: 通州区}
  - {id: FLAGGED, factors: stack}
  - {id: AHEAD, factors: stack}
  - id: AIR
    dataset: air_hourly
    station: 东四
    factors: {a34004: {column: pm25, unit: mg/m³, limit: 0.075, limit_reference: test}}
"""


def values_of(device: str) -> np.ndarray:
    chance = np.random.default_rng(sum(device.encode()))
    values = np.round(np.clip(30 + np.cumsum(chance.normal(0, 0.2, ROWS)) + chance.normal(0, 1, ROWS), 10, 45), 2)
    if device == "STUCK":
        values[100:400] = 31.6
    if device == "DECIMALS":
        values = np.floor(values) + 0.6
    if device == "COPIED":
        values[400:500] = values[100:200]
    if device == "HUGGING":
        values = np.round(chance.uniform(48, 50, ROWS), 2)
    if device in ("EXCEEDING", "FLAGGED"):
        values[200:210] = 61.5
        values[600] = 55.0
    return values


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("honesty"))
    times = [DAY + dt.timedelta(minutes=2 * index) for index in range(ROWS)]
    for device in ("HONEST", "STUCK", "DECIMALS", "COPIED", "HUGGING", "EXCEEDING", "FLAGGED", "AHEAD"):
        table = pa.table(
            {
                "station": [device] * ROWS,
                "time": pa.array(times, pa.timestamp("us")),
                "value": values_of(device),
                "delay": [-28800.0 if device == "AHEAD" else 2.0] * ROWS,
                "kind": ["realtime"] * ROWS,
                "factor": ["a21002"] * ROWS,
                "flag": ["D" if device == "FLAGGED" else "N"] * ROWS,
            }
        )
        lake.add("device_readings", table, "test", simulated=False)
    return lake


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> DeviceRegister:
    path = tmp_path_factory.mktemp("register") / "devices.yaml"
    path.write_text(DEVICES, encoding="utf-8")
    return DeviceRegister.read(path)


@pytest.fixture(scope="module")
def questions(lake: Lake, register: DeviceRegister) -> list[Question]:
    return ask(lake, register, DAY, NEXT)


@pytest.fixture(scope="module")
def clues(lake: Lake, register: DeviceRegister) -> list[Clue]:
    return find_clues(lake, register, DAY, NEXT)


def test_each_fault_is_asked_about_and_nothing_else(questions: list[Question]) -> None:
    assert [(each.device, each.kind) for each in questions] == [
        ("AHEAD", "clock"),
        ("COPIED", "copied"),
        ("DECIMALS", "decimals"),
        ("HUGGING", "hugging"),
        ("STUCK", "stuck"),
    ]


def test_a_question_leads_to_its_rows(questions: list[Question]) -> None:
    stuck = next(each for each in questions if each.kind == "stuck")
    assert (stuck.rows.first, stuck.rows.last) == (DAY + dt.timedelta(minutes=200), DAY + dt.timedelta(minutes=798))
    assert stuck.rows.count == 300
    assert stuck.text.en == "a21002: 300 values on end are all 31.6"
    copied = next(each for each in questions if each.kind == "copied")
    assert copied.rows.count == 100
    assert "2021-06-15 03:20:00" in copied.text.en
    clock = next(each for each in questions if each.kind == "clock")
    assert "8.0 h after" in clock.text.en


def test_who_is_online_and_sends_nothing_is_asked(lake: Lake, register: DeviceRegister) -> None:
    seen = {
        name: {"online": name != "STUCK", "frames": 9, "last": "2021-06-16 00:14:00", "oddities": {}}
        for name in ("HONEST", "STUCK", "COPIED", "NOBODY")
    }
    parts = [{"part": "server", "devices": seen}]
    found = [
        each for each in ask(lake, register, NEXT, NEXT + dt.timedelta(minutes=15), parts) if each.kind == "silent"
    ]
    # HONEST sends every minute and has been silent for over ten; half an hour is allowed to COPIED.
    assert [each.device for each in found] == ["HONEST"]
    assert "2021-06-15 23:58:00" in found[0].text.en


def test_stuck_hours_of_a_station_are_a_question_to_the_device_that_feeds_it(
    tmp_path: Path, register: DeviceRegister
) -> None:
    lake = Lake(tmp_path)
    times = pa.array([DAY + dt.timedelta(hours=hour + 1) for hour in range(23)], pa.timestamp("us"))
    values = [42.0] * 14 + [float(each) for each in range(9)]
    lake.write("air_hourly", pa.table({"station": ["东四"] * 23, "time": times, "pm25": values}), "test", False)
    (found,) = ask(lake, register, DAY, NEXT)
    assert (found.device, found.kind, found.rows.count) == ("AIR", "stuck", 14)


def test_an_impossible_track_is_asked_about(tmp_path: Path, register: DeviceRegister) -> None:
    lake = Lake(tmp_path)
    times = pa.array([DAY + dt.timedelta(seconds=second) for second in range(60)], pa.timestamp("us"))
    for vehicle, jump in (("DRIVES", 0.0), ("JUMPS", 0.1)):
        latitude = [39.9 + 0.0002 * second + (jump if second >= 30 else 0) for second in range(60)]
        table = pa.table(
            {
                "station": [vehicle] * 60,
                "time": times,
                "latitude": latitude,
                "longitude": [116.4] * 60,
                "speed": [80.0] * 60,
            }
        )
        lake.add("heavy_vehicle_seconds", table, "test", False)
    (found,) = ask(lake, register, DAY, NEXT)
    assert (found.device, found.kind, found.rows.count) == ("JUMPS", "track", 1)
    assert "11.1 km" in found.text.en


def test_exceedances_become_one_clue_for_each_occasion(clues: list[Clue]) -> None:
    found = [each for each in clues if each.clue_class == EXCEEDANCE]
    assert [(each.device, each.rows.count) for each in found] == [("EXCEEDING", 10), ("EXCEEDING", 1)]
    first = found[0]
    assert (first.site, first.area, first.time) == ("乙厂", "通州区", DAY + dt.timedelta(minutes=400))
    assert first.words.en == "a21002 exceeds the limit 50 mg/m³ (permit 7) 10 times, up to 61.5 mg/m³"


def test_a_clue_keeps_its_key(lake: Lake, register: DeviceRegister, clues: list[Clue]) -> None:
    assert [each.key for each in find_clues(lake, register, DAY, NEXT)] == [each.key for each in clues]
    assert len({each.key for each in clues}) == len(clues)


def test_a_limit_in_another_unit_binds_the_rows_of_a_station(tmp_path: Path, register: DeviceRegister) -> None:
    lake = Lake(tmp_path)
    times = pa.array([DAY + dt.timedelta(hours=hour + 1) for hour in range(5)], pa.timestamp("us"))
    table = pa.table({"station": ["东四"] * 5, "time": times, "pm25": [70.0, 75.0, 76.0, 90.0, 40.0]})
    lake.write("air_hourly", table, "test", False)
    (found,) = find_clues(lake, register, DAY, NEXT)
    assert (found.device, found.rows.count, found.rows.dataset) == ("AIR", 2, "air_hourly")
    assert "0.075 mg/m³" in found.words.en
    assert "90 μg/m³" in found.words.en


def test_alarms_and_changed_parameters_are_clues(tmp_path: Path, register: DeviceRegister) -> None:
    lake = Lake(tmp_path)
    rows = [
        ("HONEST", 0, "information", "a21002 i13008-Info", "1.00"),
        ("HONEST", 0, "information", "a21026 i13008-Info", "0.98"),
        ("HONEST", 600, "information", "a21002 i13008-Info", "1.00"),
        ("HONEST", 1200, "information", "a21002 i13008-Info", "0.70"),
        ("HONEST", 1800, "information", "i21001-Info", "restarted"),
        ("TRUCK", 60, "vehicle", "tampered", "1"),
    ]
    station, second, kind, name, text = zip(*rows, strict=True)
    times = pa.array([DAY + dt.timedelta(seconds=each) for each in second], pa.timestamp("us"))
    table = pa.table({"station": station, "time": times, "kind": kind, "name": name, "text": text})
    lake.add("device_events", table, "test", False)
    found = find_clues(lake, register, DAY, NEXT)
    assert [(each.device, each.clue_class, each.rows.factor) for each in found] == [
        ("TRUCK", ALARM, "tampered"),
        ("HONEST", CHANGE, "a21002 i13008-Info"),
    ]
    assert found[1].words.en == "a21002 i13008-Info: the slope went from 1.00 to 0.70"
