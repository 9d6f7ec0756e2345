"""What the inbox keeps becomes rows exactly once, wherever the compactor is stopped; the rest is counted and kept."""

from __future__ import annotations

import datetime as dt
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from tests.gateway.line_protocol import LineProtocol

from lantu.gateway import compactor as module
from lantu.gateway.compactor import Compactor, read_kept
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.inbox import Inbox, segments
from lantu.gateway.records import HEAD, decode
from lantu.lake import Lake

ROOT = Path(__file__).resolve().parents[2]
DEVICES = """\
factor_lists:
  air: {a34004: {column: pm25, unit: μg/m³}, a21005: {column: co, unit: μg/m³}, a21026: {unit: μg/m³}}
devices:
  - {id: A1, protocol: line, dataset: air_hourly, station: 东四, factors: air}
  - {id: A2, protocol: line, dataset: air_hourly, station: 天坛, factors: air, stamped: end}
  - {id: S1, protocol: line}
"""


def make(folder: Path, *lines: str, batch_frames: int = 50_000) -> Compactor:
    """A compactor of a workspace whose inbox has kept some lines."""
    folder.mkdir(exist_ok=True)
    (folder / "devices.yaml").write_text(DEVICES, encoding="utf-8")
    keep(folder, *lines)
    return Compactor(folder, {"line": LineProtocol()}, DeviceRegister.read(folder / "devices.yaml"), batch_frames)


def keep(folder: Path, *lines: str) -> None:
    inbox = Inbox(folder / "inbox", "test")
    for line in lines:
        inbox.append([(b"line", line.partition(" ")[0].encode(), line.encode())])
    inbox.close()


def rows(folder: Path, dataset: str, columns: str, version: int | None = None) -> list[tuple[Any, ...]]:
    files = Lake(folder / "lake").store(dataset).files(None, version)
    return duckdb.execute(f"select {columns} from read_parquet(?) order by all", [files]).fetchall() if files else []


def test_hour_data_become_rows_of_the_registered_station(tmp_path: Path) -> None:
    compactor = make(
        tmp_path,
        "A1 20210615100000 kind:hour a34004=35 a21005=800",
        "A2 20210615110000 kind:hour a34004=41",
        "A1 20210615103000 kind:realtime a34004=36",
    )
    assert compactor.run_all() == 3
    eleven = dt.datetime(2021, 6, 15, 11)
    assert rows(tmp_path, "air_hourly", "station, time, pm25, co, simulated") == [
        ("东四", eleven, 35.0, 0.8, False),
        ("天坛", eleven, 41.0, None, False),
    ]
    assert rows(tmp_path, "device_readings", "station, time, kind, factor, value, unit") == [
        ("A1", dt.datetime(2021, 6, 15, 10, 30), "realtime", "a34004", 36.0, "μg/m³")
    ]
    totals = compactor.checkpoint.totals
    assert totals.rows == {"air_hourly": 2, "device_readings": 1}
    assert (totals.frames, totals.readings) == (3, 4)


def test_flagged_values_do_not_enter_the_series_but_are_there(tmp_path: Path) -> None:
    make(tmp_path, "A1 20210615100000 kind:hour flag:D a34004=35").run_all()
    assert rows(tmp_path, "air_hourly", "*") == []
    assert rows(tmp_path, "device_readings", "kind, factor, value, flag") == [("hour", "a34004", 35.0, "D")]


def test_what_is_sent_again_is_stored_once_and_a_correction_is_a_new_version(tmp_path: Path) -> None:
    line = "A1 20210615100000 kind:hour a34004=35 a21026=4"
    compactor = make(tmp_path, line, line)
    compactor.run_all()
    keep(tmp_path, line)
    compactor.run_all()
    lake = Lake(tmp_path / "lake")
    assert (lake.version("air_hourly"), lake.version("device_readings")) == (0, 0)
    keep(tmp_path, "A1 20210615100000 kind:hour a34004=37 a21026=5")
    compactor.run_all()
    assert rows(tmp_path, "air_hourly", "pm25") == [(37.0,)]
    assert rows(tmp_path, "air_hourly", "pm25", version=0) == [(35.0,)]
    assert rows(tmp_path, "device_readings", "value") == [(5.0,)]
    assert compactor.checkpoint.totals.changed == {"air_hourly": 1, "device_readings": 1}


def test_nobodys_frames_give_no_rows_and_are_counted_and_kept(tmp_path: Path) -> None:
    compactor = make(
        tmp_path, "X9 20210615100000 a1=1 a2=2", "X9 20210615100100 a1=1", "A1 yesterday a1=1", "S1 20210615100000 a1=1"
    )
    compactor.run_all()
    totals = compactor.checkpoint.totals
    assert totals.unknown == {"X9": 2}
    assert sum(totals.undecoded.values()) == 1
    assert rows(tmp_path, "device_readings", "station") == [("S1",)]
    (aside,) = (tmp_path / "inbox" / "set_aside").glob("*.jsonl")
    assert [(row["device"], row["raw"]) for row in map(orjson.loads, aside.read_bytes().splitlines())] == [
        ("A1", "A1 yesterday a1=1")
    ]
    (kept,) = (tmp_path / "inbox" / "kept").rglob("*.zst")
    assert [r.raw.split()[0] for r in decode(read_kept(kept), len(HEAD)).records] == [b"X9", b"X9", b"A1", b"S1"]
    assert segments(tmp_path / "inbox") == []


def test_a_device_that_is_registered_later_gets_its_rows_from_what_was_kept(tmp_path: Path) -> None:
    compactor = make(tmp_path, "X9 20210615100000 a1=1", "S1 20210615100000 a1=1")
    compactor.run_all()
    path = tmp_path / "devices.yaml"
    path.write_text(DEVICES + "  - {id: X9, protocol: line}\n", encoding="utf-8")
    compactor.register = DeviceRegister.read(path)
    (day,) = (tmp_path / "inbox" / "kept").iterdir()
    totals = compactor.again(dt.date.fromisoformat(day.name), "X9")
    assert totals.rows == {"device_readings": 1}
    assert rows(tmp_path, "device_readings", "station") == [("S1",), ("X9",)]


def test_a_time_far_ahead_enters_no_series(tmp_path: Path) -> None:
    compactor = make(tmp_path, "A1 20910615100000 kind:hour a34004=35", "S1 20910615100000 a1=1")
    compactor.run_all()
    assert rows(tmp_path, "air_hourly", "*") == rows(tmp_path, "device_readings", "*") == []
    assert compactor.checkpoint.totals.set_aside == {"future": 1}
    assert compactor.checkpoint.totals.refused == {"air_hourly": 1}


def test_measured_frames_are_not_mixed_into_a_simulated_dataset(tmp_path: Path) -> None:
    import pyarrow as pa

    compactor = make(tmp_path, "A1 20210615100000 kind:hour a34004=35")
    time = pa.array([dt.datetime(2021, 1, 1)], pa.timestamp("us"))
    compactor.lake.write(
        "air_hourly", pa.table({"station": ["x"], "time": time, "pm25": [1.0]}), "made", simulated=True
    )
    compactor.run_all()
    assert compactor.checkpoint.totals.refused == {"air_hourly": 1}
    assert len(rows(tmp_path, "air_hourly", "*")) == 1


class Brittle(LineProtocol):
    def decode(self, kept: Any) -> Any:
        if any(b"crash" in raw for raw in kept.raw):
            raise RuntimeError("a fault of the protocol")
        return super().decode(kept)


def test_a_frame_on_which_the_protocol_fails_takes_no_neighbour_along(tmp_path: Path) -> None:
    lines = [f"S1 2021061510{minute:02}00 a1=1" for minute in range(20)]
    compactor = make(tmp_path, *lines[:7], "S1 crash", *lines[7:])
    compactor.protocols = {"line": Brittle()}
    compactor.run_all()
    assert len(rows(tmp_path, "device_readings", "*")) == 20
    assert compactor.checkpoint.totals.undecoded == {"fault": 1}


def test_a_live_segment_is_followed_to_its_end(tmp_path: Path) -> None:
    compactor = make(tmp_path)
    inbox = Inbox(tmp_path / "inbox", "test")
    for second in range(5):
        inbox.append([(b"line", b"S1", f"S1 2021061510000{second} a1=1".encode())])
        assert compactor.run_all() == 1
    assert compactor.depth() == 0
    assert len(segments(tmp_path / "inbox")) == 1
    inbox.close()
    compactor.run_all()
    assert segments(tmp_path / "inbox") == []
    assert len(rows(tmp_path, "device_readings", "*")) == 5


def test_only_one_compactor_works(tmp_path: Path) -> None:
    first, second = make(tmp_path), make(tmp_path)
    with first.alone() as mine, second.alone() as theirs:
        assert mine
        assert not theirs


DIES = """
import os, signal, sys
from pathlib import Path
from lantu.gateway import compactor
from lantu.gateway.devices import DeviceRegister
from tests.gateway.line_protocol import LineProtocol

def die(step):
    if step == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)

compactor._step = die
folder = Path(sys.argv[2])
compactor.Compactor(folder, {"line": LineProtocol()}, DeviceRegister.read(folder / "devices.yaml"), 4).run_all()
"""
SEAMS = ["planned", "wrote_air_hourly", "wrote_device_readings", "written", "done", "kept"]


def test_there_are_seams() -> None:
    found = re.findall(r'_step\(f?"(\w+)', Path(module.__file__).read_text(encoding="utf-8"))
    assert sorted(found) == sorted(["planned", "written", "done", "wrote_", "kept"])


@pytest.mark.parametrize("step", SEAMS)
def test_a_killed_compactor_loses_and_doubles_nothing(step: str, tmp_path: Path) -> None:
    lines = [
        f"A1 20210615{hour:02}0000 kind:hour a34004={hour + shift} a21026={hour + shift}"
        for hour in range(6)
        for shift in (0, 1)
    ]
    compactor = make(tmp_path, *lines)
    done = subprocess.run(
        [sys.executable, "-c", DIES, step, str(tmp_path)], cwd=ROOT, timeout=120, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    compactor = make(tmp_path, batch_frames=4)
    compactor.run_all()
    assert rows(tmp_path, "air_hourly", "hour(time), pm25") == [(hour + 1, hour + 1.0) for hour in range(6)]
    assert rows(tmp_path, "device_readings", "hour(time), value") == [(hour, hour + 1.0) for hour in range(6)]
    lake = Lake(tmp_path / "lake")
    assert (lake.version("air_hourly"), lake.version("device_readings")) == (2, 2)
    assert compactor.checkpoint.totals.frames == 12
    assert compactor.checkpoint.batch == 3
    assert segments(tmp_path / "inbox") == []
    assert len(list((tmp_path / "inbox" / "kept").rglob("*.zst"))) == 1
