"""Faults that the simulator plays are found in the rows that the gateway makes: from frames to questions and clues."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lantu.gateway.clues import find_clues
from lantu.gateway.devices import DeviceRegister, local_time
from lantu.gateway.honesty import ask
from lantu.gateway.inbox import Inbox
from lantu.gateway.service import open_compactor
from lantu.gateway.simulate import Play
from lantu.gateway.simulated_loggers import FAULTS, Uploads, device_name, register_of
from lantu.lake import Lake

PLAYED = ["", "stuck", "repeated_decimals", "copied", "hugging", "exceeding", "wrong_clock", "flagged"]
UPLOADS = 300
DAY = dt.datetime(2021, 6, 15)
NEXT = DAY + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    (folder / "devices.yaml").write_text(register_of(len(PLAYED)), encoding="utf-8")
    start = local_time(int(dt.datetime.now(dt.UTC).timestamp() * 1e9)).replace(microsecond=0)
    start -= dt.timedelta(seconds=UPLOADS + 10)
    inbox = Inbox(folder / "inbox", "test")
    uploads = [
        Uploads(index, Play("", 0, start=start), frozenset({fault} - {""})).take(UPLOADS)
        for index, fault in enumerate(PLAYED)
    ]
    # Second by second, so that data arrive when they are measured, as far as one moment allows.
    for second in range(UPLOADS):
        arrived = int(
            (start + dt.timedelta(seconds=second + 1) - dt.timedelta(hours=8)).replace(tzinfo=dt.UTC).timestamp()
        )
        frames = [(b"hj212", b"", mine[second][1]) for mine in uploads]
        inbox.append(frames, received=arrived * 1_000_000_000)
    inbox.close()
    compactor, _ = open_compactor(folder)
    assert compactor.run_all() == UPLOADS * len(PLAYED)
    return folder


def test_each_fault_raises_its_question_and_an_honest_device_none(workspace: Path) -> None:
    now = local_time(int(dt.datetime.now(dt.UTC).timestamp() * 1e9))
    span = now - dt.timedelta(hours=2), now + dt.timedelta(hours=12)
    found = ask(Lake(workspace / "lake"), DeviceRegister.read(workspace / "devices.yaml"), *span)
    kinds = {fault: {each.kind for each in found if each.device == device_name(i)} for i, fault in enumerate(PLAYED)}
    assert kinds == {
        "": set(),
        "stuck": {"stuck"},
        "repeated_decimals": {"decimals", "stuck"},  # where the whole number does not change, the value does not
        "copied": {"copied", "replayed"},
        "hugging": {"hugging"},
        "exceeding": set(),
        "wrong_clock": set(),  # such times become no rows; the next test
        "flagged": set(),
    }
    assert set(PLAYED) - {""} <= set(FAULTS)


def test_a_clock_that_gives_no_rows_is_asked_about_by_what_the_server_counted(workspace: Path) -> None:
    seen = {"frames": 100, "last": "2021-06-15 10:00:00", "online": True, "oddities": {"clock": 97, "mn_length": 100}}
    parts = [{"part": "server", "devices": {"AHEAD": seen, "RIGHT": {**seen, "oddities": {"clock": 3}}}}]
    found = ask(Lake(workspace / "lake"), DeviceRegister(), DAY, NEXT, parts)
    assert [(each.device, each.kind) for each in found] == [("AHEAD", "clock")]


def test_who_exceeds_its_limit_is_a_clue_and_nobody_else(workspace: Path) -> None:
    now = local_time(int(dt.datetime.now(dt.UTC).timestamp() * 1e9))
    span = now - dt.timedelta(hours=2), now + dt.timedelta(hours=12)
    found = find_clues(Lake(workspace / "lake"), DeviceRegister.read(workspace / "devices.yaml"), *span)
    assert {clue.device for clue in found} == {device_name(PLAYED.index("exceeding"))}
    assert {clue.rows.count for clue in found} == {UPLOADS}


def test_made_up_ratios_are_asked_about(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    chance = np.random.default_rng(5)
    fills = {
        "made up 1": chance.integers(100, 120, 400) / 100,
        "measured 1": np.round(chance.normal(1.1, 0.06, 400), 2),
    }
    for nozzle, ratios in fills.items():
        times = [DAY + dt.timedelta(minutes=3 * index) for index in range(400)]
        table = pa.table(
            {
                "station": [nozzle] * 400,
                "time": pa.array(times, pa.timestamp("us")),
                "kind": ["realtime"] * 400,
                "factor": ["AL"] * 400,
                "value": ratios,
            }
        )
        lake.add("device_readings", table, "test", False)
    days = pa.array([DAY - dt.timedelta(days=day) for day in range(10)], pa.timestamp("us"))
    for nozzle, low, high in (("made up 2", 1.0, 1.19), ("measured 2", 0.94, 1.23)):
        table = pa.table(
            {"station": [nozzle] * 10, "time": days, "fills": [40.0] * 10, "al_min": [low] * 10, "al_max": [high] * 10}
        )
        lake.write("vapour_recovery_daily", table, "test", False)
    found = ask(lake, DeviceRegister(), DAY - dt.timedelta(days=20), NEXT)
    assert [(each.device, each.kind) for each in found if each.kind == "even_ratio"] == [
        ("made up 1", "even_ratio"),
        ("made up 2", "even_ratio"),
    ]
