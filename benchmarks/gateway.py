"""The gateway from end to end on loopback: a load client, the server and the compactor, each a process of its own.

HJ 212: frames of eight factors over 2,000 connections. Vehicles: frames of ten seconds of the diesel stream, which 500
platforms forward. Counted are frames that were acknowledged, which is after they are on disk, and frames that were rows
at the end; the load stops, and the time until the inbox is empty counts too.
`python -m benchmarks.gateway [--protocol vehicles] [--connections N] [--seconds S]`.
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

FRAMES_PER_SECOND = {"hj212": 20_000, "vehicles": 5_000}
"""At least; of vehicles these are 50,000 vehicle-seconds."""
ROWS_OF_A_FRAME = {"hj212": ("device_readings", 8), "vehicles": ("heavy_vehicle_seconds", 10)}
CONNECTIONS = {"hj212": 2000, "vehicles": 500}
MEGABYTES = 500


def measure(
    connections: int | None = None,
    seconds: float = 15.0,
    window: int = 8,
    folder: Path | None = None,
    protocol: str = "hj212",
) -> dict[str, Any]:
    """Play a load and give what was reached.

    Returns:
        `acknowledged_per_second` while the load runs; `compacted_per_second` from the first frame until all are rows;
        `rows`; `megabytes` of each process of the gateway, server and compactor, as the greatest resident size that it
        ever had (VmHWM: shared libraries count in both, and the two peaks need not fall together); latencies.
    """
    connections = connections or CONNECTIONS[protocol]
    workspace = folder or Path(tempfile.mkdtemp(prefix="lantu-gateway-"))
    _allow_files(connections + 200)
    environment = {**os.environ, "LANTU_WORKSPACE": str(workspace), "LANTU_LANG": "en"}
    (workspace / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    from lantu.gateway.simulated_loggers import register_of
    from lantu.gateway.simulated_vehicles import register_of_vehicles

    registered = {"hj212": register_of, "vehicles": register_of_vehicles}[protocol](connections)
    (workspace / "devices.yaml").write_text(registered, encoding="utf-8")
    spoken = {"hj212": "hj212", "vehicles": "vehicle"}[protocol]
    command = [sys.executable, "-m", "lantu", "gateway", spoken, "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        match = re.search(r":(\d+)", said)
        assert match, said
        child = _child_of(server.pid)
        results: multiprocessing.Queue[dict[str, Any]] = multiprocessing.get_context("spawn").Queue()
        load = multiprocessing.get_context("spawn").Process(
            target=_play, args=(int(match[1]), protocol, connections, seconds, window, results)
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
    dataset, rows_of_a_frame = ROWS_OF_A_FRAME[protocol]
    found = {
        "protocol": protocol,
        "rows_of_a_frame": rows_of_a_frame,
        "connections": connections,
        "acknowledged": played["answered"],
        "acknowledged_per_second": played["answered"] / played["seconds"],
        "compacted": totals.frames,
        "compacted_per_second": totals.frames / whole,
        "rows": totals.rows[dataset],
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


def _play(port: int, protocol: str, connections: int, seconds: float, window: int, results: Any) -> None:
    import datetime as dt

    from lantu.gateway import simulate

    _allow_files(connections + 200)
    play = simulate.Play(
        "127.0.0.1", port, connections, seconds, interval=0, window=window, patience=60, protocol=protocol,
        start=dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=8) - dt.timedelta(seconds=60),
    )  # fmt: skip

    class Stage(simulate._Stage):
        async def run(self) -> None:
            results.put({"begun": time.time()})
            await super().run()

    simulate._Stage = Stage  # type: ignore[misc]
    played, _ = simulate.simulate(
        play, prepared=max(8, int(1.25 * FRAMES_PER_SECOND[protocol] * seconds / connections))
    )
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
    parser.add_argument("--protocol", choices=list(FRAMES_PER_SECOND), default="hj212")
    parser.add_argument("--connections", type=int)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--window", type=int, default=8)
    options = parser.parse_args()
    found = measure(options.connections, options.seconds, options.window, protocol=options.protocol)
    print(json.dumps(found, indent=1))
    print(summary(found))
    broken = faults(found)
    for fault in broken:
        print(f"FAULT: {fault}", file=sys.stderr)
    return int(bool(broken))


def summary(found: dict[str, Any]) -> str:
    """What was reached, in one line."""
    if found["protocol"] == "vehicles":
        name, unit, times = "gateway, vehicles", "vehicle-seconds/s", found["rows_of_a_frame"]
    else:
        name, unit, times = "gateway", "frames/s", 1
    return (
        f"{name}: {times * found['acknowledged_per_second']:,.0f} {unit} acknowledged, "
        f"{times * found['compacted_per_second']:,.0f} {unit} to rows, {sum(found['megabytes'].values()):,.0f} MB"
    )


def faults(found: dict[str, Any]) -> list[str]:
    """Where the targets are not reached."""
    broken = []
    reached = min(found["acknowledged_per_second"], found["compacted_per_second"])
    if reached < (wanted := FRAMES_PER_SECOND[found["protocol"]]):
        broken.append(f"{reached:,.0f} frames/s of {found['protocol']} through the gateway, at least {wanted:,} wanted")
    if (memory := sum(found["megabytes"].values())) > MEGABYTES:
        broken.append(f"{memory:,.0f} MB of server and compactor, at most {MEGABYTES} allowed")
    return broken


if __name__ == "__main__":
    sys.exit(main())
