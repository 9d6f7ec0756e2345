"""The gateway as its users run it: commands, status, metrics, a changed register, a stop that leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lantu.gateway.simulate import Play, simulate
from lantu.gateway.simulated_loggers import Uploads, device_name, register_of
from lantu.gateway.watch import read_status


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "LANTU_WORKSPACE": str(folder), "LANTU_LANG": "en"}


def lantu(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "lantu", *arguments],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[int, int, subprocess.Popen[str]]]:
    """A running server: its port, that of its metrics, its process."""
    folder.mkdir(exist_ok=True)
    (folder / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    command = [sys.executable, "-m", "lantu", "gateway", "hj212", "--port", "0", "--metrics-port", "0", *options]
    with subprocess.Popen(
        command, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        match = re.search(r":(\d+), metrics http://127.0.0.1:(\d+)/", process.stdout.readline())
        assert match
        try:
            yield int(match[1]), int(match[2]), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def until(holds: Callable[[], Any], seconds: float = 40) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come to hold")


def metrics(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_devices_are_heard_compacted_and_seen(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    with served(folder) as (port, metrics_port, process):
        (folder / "devices.yaml").write_text(register_of(5), encoding="utf-8")
        until(lambda: "read anew" in process.stderr.readline() if process.stderr else False)
        played, _ = simulate(Play("127.0.0.1", port, 8, 20, interval=0.01, uploads=10))
        assert (played.sent, played.answered) == (80, 80)

        def all_are_rows() -> Any:
            totals = read_status(folder).inbox.checkpoint
            return totals and totals.totals.frames == 80

        until(all_are_rows)
        told = metrics(metrics_port)
        assert told["lantu_gateway_kept_total"] == 80
        assert told["lantu_gateway_inbox_depth_bytes"] == 0
        assert told['lantu_gateway_rows_total{dataset="device_readings"}'] == 5 * 10 * 8
        status = until(lambda: [part for part in read_status(folder).servers if part["kept"] == 80])[0]
        assert status["state"] == "running"
        assert sum(seen["registered"] for seen in status["devices"].values()) == 5
    told_at_last = json.loads(lantu(folder, "gateway", "status", "--json", "-"))
    assert [(part["part"], part["state"]) for part in told_at_last["parts"]] == [
        ("compactor", "stopped"),
        ("server", "stopped"),
    ]
    assert sum(told_at_last["compacted"]["unknown"].values()) == 30
    text = lantu(folder, "gateway", "status", "--devices")
    assert "80 frames, 80 kept, 80 answered" in text
    assert "not registered" in text
    assert "new rows: device_readings 400" in text


def test_what_is_left_is_compacted_by_hand(tmp_path: Path) -> None:
    with served(tmp_path, "--no-compact") as (port, _, _process):
        simulate(Play("127.0.0.1", port, 2, 20, interval=0.01, uploads=5))
    (tmp_path / "devices.yaml").write_text(register_of(2), encoding="utf-8")
    assert "compacted: 10 frames, 80 readings" in lantu(tmp_path, "gateway", "compact")
    assert "compacted: 10 frames" in lantu(tmp_path, "gateway", "compact")
    assert list((tmp_path / "inbox").glob("*.seg")) == []


def test_a_device_is_asked_for_its_history(tmp_path: Path) -> None:
    with served(tmp_path, "--no-compact") as (port, _, _process):
        assert "in 1 requests" in lantu(
            tmp_path,
            "gateway",
            "ask",
            device_name(0),
            "--kind",
            "hour",
            "--from",
            "2021-08-01T00:00",
            "--to",
            "2021-08-01T06:00",
        )
        upload = Uploads(0, Play("127.0.0.1", port), frozenset()).take(1)[0][1]
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(upload)
            heard = b""
            while b"CN=2061" not in heard:
                heard += line.recv(4096)
        assert b"BeginTime=20210801000000;EndTime=20210801060000" in heard
        assert list((tmp_path / "gateway" / "requests").glob("*.json")) == []
    done = subprocess.run(
        [sys.executable, "-m", "lantu", "gateway", "ask", "A", "--kind", "week", "--from", "2021-08-01", "--to",
         "2021-08-02"],
        env=environment(tmp_path), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no history of kind 'week'" in done.stderr


def test_a_killed_server_is_seen_to_be_gone(tmp_path: Path) -> None:
    with served(tmp_path, "--no-compact") as (_, _metrics, process):
        until(lambda: read_status(tmp_path).servers)
        process.kill()
        process.wait()
        assert [part["state"] for part in read_status(tmp_path).servers] == ["gone"]


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with served(tmp_path, "--no-compact") as (port, _, _process):
        done = subprocess.run(
            [sys.executable, "-m", "lantu", "gateway", "hj212", "--port", str(port)],
            env=environment(tmp_path), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_faulty_register_stops_the_start_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    (tmp_path / "devices.yaml").write_text("devices:\n  - {id: A, protocol: hj213}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "lantu", "gateway", "hj212", "--port", "0"],
        env=environment(tmp_path), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "devices.yaml:2 [devices.0.protocol]: there is no protocol 'hj213'" in done.stderr


@pytest.mark.parametrize("fault", ["bad_checksum", "junk", "cut", "impatient", "unsteady"])
def test_faulty_lines_lose_nothing(tmp_path: Path, fault: str) -> None:
    with served(tmp_path, "--no-compact") as (port, _, _process):
        (tmp_path / "devices.yaml").write_text(register_of(3), encoding="utf-8")
        play = Play("127.0.0.1", port, 3, 60, interval=0.02, uploads=30, patience=1.0, faults={fault: 1.0})
        played, answered = simulate(play, recorded=True)
        assert played.answered == 90
        assert {len(numbers) for numbers in answered.values()} == {30}
    told = lantu(tmp_path, "gateway", "compact")
    assert "new rows: device_readings 720" in told
