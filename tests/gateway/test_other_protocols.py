"""Vehicles and pushes through the inbox into rows: seconds, events, evidence, petrol stations, rows of datasets."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from lantu.gateway.compactor import Compactor
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.inbox import Inbox
from lantu.gateway.protocols import Protocols
from lantu.gateway.push.envelope import Envelope
from lantu.gateway.vehicles import Family
from lantu.gateway.vehicles.encoding import frame, realtime_unit, stream
from lantu.lake import Lake

REGISTER = 'devices:\n  - {id: "*", protocol: vehicles}\n  - {id: LIMEI, protocol: push}\n'
TIME = "2021-06-15T10:00:00+08:00"


def compacted(folder: Path, protocol: str, *raw: bytes) -> Compactor:
    (folder / "devices.yaml").write_text(REGISTER, encoding="utf-8")
    inbox = Inbox(folder / "inbox", "test")
    inbox.append([(protocol.encode(), b"", each) for each in raw])
    inbox.close()
    register = DeviceRegister.read(folder / "devices.yaml")
    compactor = Compactor(folder, Protocols(lambda: register), register)
    compactor.run_all()
    return compactor


def rows(folder: Path, dataset: str, columns: str) -> list[tuple[Any, ...]]:
    files = Lake(folder / "lake").files(dataset)
    return duckdb.execute(f"select {columns} from read_parquet(?) order by all", [files]).fetchall()


def push(message: dict[str, Any], **parts: bytes) -> bytes:
    return Envelope("json", "north gate", orjson.dumps(message), parts=parts).pack()


def test_an_event_with_its_picture_is_kept(tmp_path: Path) -> None:
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    digest = hashlib.sha256(picture).hexdigest()
    event = {
        "form": "event", "id": "e1", "site": "工地甲", "time": TIME, "kind": "uncovered_soil", "equipment": "camera 3",
        "pictures": [{"name": "a.png", "sha256": digest, "base64": base64.b64encode(picture).decode()}],
    }  # fmt: skip
    compactor = compacted(tmp_path, "push", push(event), push(event))
    assert compactor.checkpoint.totals.undecoded == {}
    ((station, kind, name, text),) = rows(tmp_path, "device_events", "station, kind, name, text")
    assert (station, kind, name) == ("工地甲", "push", "uncovered_soil camera 3")
    assert orjson.loads(text)["pictures"] == [digest]
    assert (tmp_path / "evidence" / digest[:2] / f"{digest}.png").read_bytes() == picture


def test_rows_of_a_dataset_become_its_rows(tmp_path: Path) -> None:
    message = {
        "form": "rows", "id": "r1", "dataset": "road_dust",
        "rows": [{"station": "长安街", "time": "2021-06-15", "dust_load": 0.4}],
    }  # fmt: skip
    compactor = compacted(tmp_path, "push", push(message))
    assert compactor.checkpoint.totals.undecoded == {}
    assert compactor.checkpoint.totals.rows == {"road_dust": 1}
    assert rows(tmp_path, "road_dust", "station, time") == [("长安街", dt.datetime(2021, 6, 15))]


def test_readings_of_a_registered_source_become_rows(tmp_path: Path) -> None:
    message = {
        "form": "readings", "id": "r2", "device": "LIMEI", "time": TIME, "kind": "realtime",
        "factors": {"a34004": {"value": 35.0}},
    }  # fmt: skip
    compacted(tmp_path, "push", push(message), push({**message, "device": "NOBODY", "id": "r3"}))
    assert rows(tmp_path, "device_readings", "station, factor, value, simulated") == [("LIMEI", "a34004", 35.0, False)]


@pytest.mark.parametrize("count", [1, 10])
def test_seconds_of_a_vehicle_become_rows(tmp_path: Path, count: int) -> None:
    vin = "LSVNV2182E2100001"
    begin = dt.datetime(2021, 6, 15, 10)
    seconds = [
        (2, begin + dt.timedelta(seconds=second), stream(2, {"speed": 40.0 + second, "engine_speed": 1200.0}))
        for second in range(count)
    ]
    raw = frame(Family.TERMINAL, 2, vin, realtime_unit("L3", begin, 1, seconds))
    compacted(tmp_path, "vehicles", raw, raw)
    found = rows(tmp_path, "heavy_vehicle_seconds", "station, time, speed")
    assert found == [(vin, begin + dt.timedelta(seconds=second), 40.0 + second) for second in range(count)]
