"""Kill the real server process (and its compactor) at random moments under load, and compare what was acknowledged.

`python -m tests.gateway.killing [MOMENTS]` does it at many moments and prints what was found.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from lantu.gateway.service import open_compactor
from lantu.gateway.simulate import Play, Played, register_of, simulate
from lantu.lake import Lake


@dataclass(slots=True)
class Found:
    """What came of it: uploads that were acknowledged, those of them that are no rows, rows that are there twice."""

    kills: int = 0
    acknowledged: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)
    doubled: int = 0
    rows: int = 0
    segments_torn: int = 0
    sent_again: int = 0


def kill_often(folder: Path, moments: int, devices: int = 40, compact: bool = True, seed: int = 1) -> Found:
    """Serve, kill, serve again, while devices send without pause."""
    (folder / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    (folder / "devices.yaml").write_text(register_of(devices), encoding="utf-8")
    port = free_port()
    chance = random.Random(seed)
    over = threading.Event()
    results: list[tuple[Played, dict[str, list[bytes]]]] = []

    def load() -> None:
        play = _UntilOver("127.0.0.1", port, devices, 1e9, interval=0, window=4, patience=2.0, seed=seed)
        results.append(simulate(play, recorded=True))

    class _UntilOver(Play):
        """A play that ends when the harness says so."""

        @property
        def seconds(self) -> float:  # type: ignore[override]
            return 0.0 if over.is_set() else 1e9

        @seconds.setter
        def seconds(self, value: float) -> None:
            """It is not set."""

    found = Found()
    player = threading.Thread(target=load)
    player.start()
    try:
        for _ in range(moments):
            server = start(folder, port, compact)
            time.sleep(chance.uniform(0.0, 0.6))
            for pid in [*children_of(server.pid), server.pid] if chance.random() < 0.3 else [server.pid]:
                os.kill(pid, 9)
            server.wait()
            found.kills += 1
        server = start(folder, port, compact=False)
        time.sleep(1.5)
        over.set()
        player.join()
        server.terminate()
        server.wait(30)
    finally:
        over.set()
    played, answered = results[0]
    found.sent_again = played.sent_again
    compare(folder, answered, found)
    return found


def compare(folder: Path, answered: dict[str, list[bytes]], found: Found) -> None:
    """Compact what is left and look for every acknowledged upload among the rows."""
    compactor, _ = open_compactor(folder)
    for _ in range(600):  # compactors whose server was killed end by themselves
        with compactor.alone() as mine:
            if mine:
                compactor.run_all()
                break
        time.sleep(0.1)
    else:
        raise AssertionError("another compactor does not end")
    found.segments_torn = compactor.checkpoint.totals.torn_bytes
    files = Lake(folder / "lake").files("device_readings")
    query = "select station, strftime(time, '%Y%m%d%H%M%S'), count(*) from read_parquet(?) group by 1, 2"
    rows = {(station, time): count for station, time, count in duckdb.execute(query, [files]).fetchall()}
    distinct = "select count(*), count(distinct (station, kind, factor, time)) from read_parquet(?)"
    total, single = duckdb.execute(distinct, [files]).fetchall()[0]
    found.rows, found.doubled = total, total - single
    for device, numbers in answered.items():
        found.acknowledged += len(numbers)
        for number in numbers:
            if rows.get((device, number[:14].decode())) != 8:
                found.lost.append((device, number.decode()))


def start(folder: Path, port: int, compact: bool) -> subprocess.Popen[str]:
    """Start the server and wait until it listens."""
    command = [sys.executable, "-m", "lantu", "gateway", "hj212", "--port", str(port)]
    environment = {**os.environ, "LANTU_WORKSPACE": str(folder), "LANTU_LANG": "en"}
    server = subprocess.Popen(
        [*command, *([] if compact else ["--no-compact"])], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    said = server.stdout.readline()
    assert str(port) in said, said
    return server


def children_of(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lantu-killing-") as place:
        print(kill_often(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 20))
