"""Kill the real server process and the compactor at random moments under load, and compare what was acknowledged.

`python -m tests.gateway.killing [MOMENTS]` does it at many moments and prints what was found.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lantu.gateway.compactor import read_kept
from lantu.gateway.records import HEAD, decode
from lantu.gateway.service import open_compactor
from lantu.gateway.simulate import Play, Played, simulate
from lantu.gateway.simulated_loggers import register_of
from lantu.lake import Lake


@dataclass(slots=True)
class Found:
    """What came of it: uploads that were acknowledged, those that were not kept or are no rows, rows there twice."""

    kills: int = 0
    compactor_kills: int = 0
    acknowledged: int = 0
    not_kept: int = 0
    lost: int = 0
    doubled: int = 0
    rows: int = 0
    undecoded: int = 0
    torn_bytes: int = 0
    sent_again: int = 0


def kill_often(folder: Path, moments: int, devices: int = 40, seed: int = 1) -> Found:
    """Serve and compact, kill one or both, start again, while devices send without pause."""
    (folder / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    (folder / "devices.yaml").write_text(register_of(devices), encoding="utf-8")
    port = free_port()
    chance = random.Random(seed)
    over = threading.Event()
    results: list[tuple[Played, dict[str, list[bytes]]]] = []
    # The devices' own time runs faster than the clock, so that it starts long ago: no device measures the future.
    begin = dt.datetime.now().replace(microsecond=0) - dt.timedelta(days=2)

    class _UntilOver(Play):
        """A play that ends when the harness says so."""

        @property
        def seconds(self) -> float:  # type: ignore[override]
            return 0.0 if over.is_set() else 1e9

        @seconds.setter
        def seconds(self, value: float) -> None:
            """It is not set."""

    def load() -> None:
        play = _UntilOver("127.0.0.1", port, devices, 1e9, 0, 4, start=begin, patience=2.0, seed=seed)
        results.append(simulate(play, recorded=True))

    found = Found()
    player = threading.Thread(target=load)
    with Nursery(folder, port) as nursery:
        player.start()
        try:
            compactor = nursery.start("compactor")
            for _ in range(moments):
                server = nursery.start("server")
                time.sleep(chance.uniform(0.0, 0.6))
                end(server)
                found.kills += 1
                if chance.random() < 0.3:
                    end(compactor)
                    found.compactor_kills += 1
                    compactor = nursery.start("compactor")
            nursery.start("server")
            time.sleep(1.0)
        finally:
            over.set()
            player.join()
    played, answered = results[0]
    found.sent_again = played.sent_again
    compare(folder, answered, found)
    return found


class Nursery:
    """A process with everything loaded, of which servers and compactors are forked: they are there at once."""

    def __init__(self, folder: Path, port: int) -> None:
        command = [sys.executable, "-c", NURSERY, str(folder), str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.children: list[int] = []

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def start(self, part: str) -> int:
        """Start a server (and wait until it listens) or a compactor; gives its process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(part + "\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        self.children.append(pid)
        if part == "server":
            assert self.process.stdout.readline() == "listening\n"
        return pid


NURSERY = """
import os, signal, sys
from pathlib import Path
import duckdb, deltalake, uvloop, lantu.gateway.compactor, lantu.gateway.hj212, lantu.lake.streams
from lantu.gateway.service import Service, run_compactor, run_server

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
folder, port = Path(sys.argv[1]), int(sys.argv[2])
for line in sys.stdin:
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if line.strip() == "server":
        run_server(Service(folder, "hj212", port, compact=False), lambda *_: os.write(1, b"listening\\n"))
    else:
        run_compactor(folder, interval=0.2)
    os._exit(0)
"""


def compare(folder: Path, answered: dict[str, list[bytes]], found: Found) -> None:
    """Compact what is left and look for every acknowledged upload among the kept frames and among the rows."""
    compactor, _ = open_compactor(folder)
    for _ in range(100):
        with compactor.alone() as mine:
            if mine:
                compactor.run_all()
                break
        time.sleep(0.1)
    else:
        raise AssertionError("another compactor does not end")
    totals = compactor.checkpoint.totals
    found.torn_bytes, found.undecoded = totals.torn_bytes, sum(totals.undecoded.values())
    kept: set[tuple[str, bytes]] = set()
    for path in (folder / "inbox" / "kept").rglob("*.zst"):
        for record in decode(read_kept(path), len(HEAD)).records:
            kept.add((record.device, record.raw[9:26]))
    files = Lake(folder / "lake").files("device_readings")
    query = "select station, strftime(time, '%Y%m%d%H%M%S'), count(*) from read_parquet(?) group by 1, 2"
    rows = {(station, time): count for station, time, count in duckdb.execute(query, [files]).fetchall()}
    distinct = "select count(*), count(distinct (station, kind, factor, time)) from read_parquet(?)"
    total, single = duckdb.execute(distinct, [files]).fetchall()[0]
    found.rows, found.doubled = total, total - single
    for device, numbers in answered.items():
        found.acknowledged += len(numbers)
        for number in numbers:
            found.not_kept += (device, number) not in kept
            found.lost += rows.get((device, number[:14].decode())) != 8


def end(pid: int) -> None:
    """Kill a process and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            time.sleep(0.002)


def free_port() -> int:
    """A port below those that clients get: a client that knocks while nobody listens could else reach itself."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as some, contextlib.suppress(OSError):
            some.bind(("127.0.0.1", port))
            return port


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lantu-killing-") as place:
        print(kill_often(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 20))
