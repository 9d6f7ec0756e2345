"""The gateway from end to end on loopback: a load client, the server and the compactor, each a process of its own.

Frames of eight factors over 2,000 connections. Counted are frames that were acknowledged, which is after they are on
disk, and frames that were rows at the end; the load stops, and the time until the inbox is empty counts too.
`python -m benchmarks.gateway [--connections N] [--seconds S]`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FRAMES_PER_SECOND = 20_000
MEGABYTES = 500


def measure(
    connections: int = 2000, seconds: float = 15.0, window: int = 8, folder: Path | None = None
) -> dict[str, Any]:
    """Play a load and give what was reached.

    Returns:
        `acknowledged_per_second` while the load runs; `compacted_per_second` from the first frame until all are rows;
        `rows`; `megabytes` of each process of the gateway, server and compactor, as the greatest resident size that it
        ever had (VmHWM: shared libraries count in both, and the two peaks need not fall together); latencies.
    """
    workspace = folder or Path(tempfile.mkdtemp(prefix="lantu-gateway-"))
    _allow_files(connections + 200)
    environment = {**os.environ, "LANTU_WORKSPACE": str(workspace), "LANTU_LANG": "en"}
    (workspace / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    from lantu.gateway.simulate import register_of

    (workspace / "devices.yaml").write_text(register_of(connections), encoding="utf-8")
    command = [sys.executable, "-m", "lantu", "gateway", "hj212", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        match = re.search(r":(\d+)", said)
        assert match, said
        child = _child_of(server.pid)
        results: multiprocessing.Queue[dict[str, Any]] = multiprocessing.get_context("spawn").Queue()
        load = multiprocessing.get_context("spawn").Process(
            target=_play, args=(int(match[1]), connections, seconds, window, results)
        )
        load.start()
        begun = float(results.get()["begun"])
        played = results.get()
        load.join()
        from lantu.gateway.watch import inbox_state

        while True:
            state = inbox_state(workspace)
            if state.depth_bytes == 0:
                break
            time.sleep(0.05)
        whole = time.time() - begun
        memory = {"server": _peak(server.pid), "compactor": _peak(child)}
        processor = {"server": _processor(server.pid), "compactor": _processor(child)}
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    totals = state.checkpoint.totals if state.checkpoint else None
    assert totals is not None
    found = {
        "connections": connections,
        "acknowledged": played["answered"],
        "acknowledged_per_second": played["answered"] / played["seconds"],
        "compacted": totals.frames,
        "compacted_per_second": totals.frames / whole,
        "rows": totals.rows["device_readings"],
        "undecoded": dict(totals.undecoded),
        "seconds_until_rows": whole,
        "latency_ms": played["latency_ms"],
        "megabytes": memory,
        "processor_seconds": {**processor, "load": played["processor"]},
        "load_average": os.getloadavg()[0],
    }
    if folder is None:
        shutil.rmtree(workspace)
    return found


def _play(port: int, connections: int, seconds: float, window: int, results: Any) -> None:
    import datetime as dt

    from lantu.gateway import simulate

    _allow_files(connections + 200)
    play = simulate.Play(
        "127.0.0.1", port, connections, seconds, interval=0, window=window, patience=60,
        start=dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=8) - dt.timedelta(seconds=60),
    )  # fmt: skip

    class Stage(simulate._Stage):
        async def run(self) -> None:
            results.put({"begun": time.time()})
            await super().run()

    simulate._Stage = Stage  # type: ignore[misc]
    played, _ = simulate.simulate(play, prepared=max(8, int(25_000 * seconds / connections)))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    results.put({**played.as_json(), "processor": usage.ru_utime + usage.ru_stime})


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def _child_of(pid: int) -> int:
    for _ in range(200):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise RuntimeError("the compactor did not start")


def _peak(pid: int) -> float:
    """Megabytes that a process had in memory at most."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    match = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(match[1]) / 1024 if match else 0.0


def _processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure once and print it; the exit code is 0 only if the targets hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--window", type=int, default=8)
    options = parser.parse_args()
    found = measure(options.connections, options.seconds, options.window)
    print(json.dumps(found, indent=1))
    print(summary(found))
    broken = faults(found)
    for fault in broken:
        print(f"FAULT: {fault}", file=sys.stderr)
    return int(bool(broken))


def summary(found: dict[str, Any]) -> str:
    """What was reached, in one line."""
    return (
        f"gateway: {found['acknowledged_per_second']:,.0f} frames/s acknowledged, "
        f"{found['compacted_per_second']:,.0f} frames/s to rows, {sum(found['megabytes'].values()):,.0f} MB"
    )


def faults(found: dict[str, Any]) -> list[str]:
    """Where the targets are not reached."""
    broken = []
    reached = min(found["acknowledged_per_second"], found["compacted_per_second"])
    if reached < FRAMES_PER_SECOND:
        broken.append(f"{reached:,.0f} frames/s through the gateway, at least {FRAMES_PER_SECOND:,} wanted")
    if (memory := sum(found["megabytes"].values())) > MEGABYTES:
        broken.append(f"{memory:,.0f} MB of server and compactor, at most {MEGABYTES} allowed")
    return broken


if __name__ == "__main__":
    sys.exit(main())
