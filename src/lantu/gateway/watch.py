"""The watch (运行监视): what servers and the compactor say of themselves, as files and as Prometheus metrics.

Each running part writes `WORKSPACE/gateway/NAME.json` every few seconds; the command `lantu gateway status` and the
site read them. A file whose process is gone says so when it is read.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from lantu.gateway.checkpoint import CHECKPOINT, Checkpoint
from lantu.gateway.devices import local_time
from lantu.gateway.inbox import segments, write_atomically
from lantu.gateway.records import HEAD
from lantu.gateway.server import Server

FOLDER = "gateway"
COMPACTOR = "compactor"
EVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class InboxState:
    """How much of the inbox is not compacted yet."""

    segments: int
    depth_bytes: int
    lag_seconds: float
    """Since the arrival of the last compacted frame, while anything waits; else 0."""
    checkpoint: Checkpoint | None


def inbox_state(workspace: Path) -> InboxState:
    """Look at a workspace's inbox; an empty state where there is none."""
    folder = workspace / "inbox"
    if not folder.is_dir():
        return InboxState(0, 0, 0.0, None)
    checkpoint = Checkpoint.read(folder) if (folder / CHECKPOINT).exists() else None
    done = checkpoint.segments if checkpoint else {}
    depth = count = 0
    for path in segments(folder):
        try:
            depth += max(0, path.stat().st_size - done.get(path.name, len(HEAD)))
        except FileNotFoundError:  # put away meanwhile
            continue
        count += 1
    last = checkpoint.last_received if checkpoint else 0
    lag = time.time() - last / 1e9 if depth and last else 0.0
    return InboxState(count, depth, max(0.0, lag), checkpoint)


def server_status(server: Server, started: dt.datetime) -> dict[str, Any]:
    """What a server says of itself, as plain data."""
    tally, loop_now = server.tally, server.loop.time()
    now = dt.datetime.now(dt.UTC)

    def moment(at: float) -> str:
        return local_time(int((now.timestamp() - (loop_now - at)) * 1e9)).isoformat(" ", "seconds")

    return {
        "part": "server",
        "protocol": server.protocol.name,
        "port": server.port,
        "pid": os.getpid(),
        "state": "disk" if server.fault and server.state == "running" else server.state,
        "fault": server.fault,
        "started": started.isoformat(" ", "seconds"),
        "updated": now.timestamp(),
        "connections": len(server.connections),
        "devices_online": server.online,
        "devices_seen": len(server.devices),
        "frames": tally.frames,
        "kept": tally.kept,
        "answers": tally.answers,
        "refused": tally.refused,
        "turned_away": tally.turned_away,
        "commits": server.commit.commits,
        "clock_jumps": server.commit.inbox.jumps,
        "waiting_bytes": server.waiting_bytes,
        "pauses": tally.pauses,
        "faults": tally.faults,
        "closed": dict(tally.closed),
        "oddities": dict(tally.oddities),
        "devices": {
            name: {
                "frames": seen.frames,
                "last": moment(seen.last),
                "online": seen.connections > 0,
                "registered": seen.registered,
                "oddities": dict(seen.oddities),
            }
            for name, seen in server.devices.items()
        },
    }


def write_status(workspace: Path, name: str, status: dict[str, Any]) -> None:
    """Put a part's status where it is looked for; a full disk is no reason to stop."""
    folder = workspace / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        write_atomically(folder / f"{name}.json", orjson.dumps(status), durable=False)
    except OSError:
        return


@dataclass(slots=True)
class GatewayStatus:
    """All that is known of a workspace's gateway."""

    inbox: InboxState
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def servers(self) -> list[dict[str, Any]]:
        return [part for part in self.parts if part["part"] == "server"]

    def as_json(self) -> dict[str, Any]:
        totals = self.inbox.checkpoint.totals.as_json() if self.inbox.checkpoint else None
        return {
            "inbox": {
                "segments": self.inbox.segments,
                "depth_bytes": self.inbox.depth_bytes,
                "lag_seconds": round(self.inbox.lag_seconds, 1),
            },
            "compacted": totals,
            "parts": self.parts,
        }


def read_status(workspace: Path) -> GatewayStatus:
    """What the parts of a gateway last said; `state` is `gone` where a part's process has ended without saying so."""
    status = GatewayStatus(inbox_state(workspace))
    for path in sorted((workspace / FOLDER).glob("*.json")):
        try:
            part = orjson.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if part["state"] != "stopped" and not _is_alive(part["pid"]):
            part["state"] = "gone"
        status.parts.append({"name": path.stem, **part})
    return status


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Collector:
    """Reads the server when it is asked, so that counting costs nothing meanwhile."""

    def __init__(self, server: Server, workspace: Path) -> None:
        self.server = server
        self.workspace = workspace

    def collect(self) -> Iterator[Any]:
        """The metrics as they stand now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        server, tally = self.server, self.server.tally
        inbox = inbox_state(self.workspace)
        gauges = {
            "connections": ("connections now", len(server.connections)),
            "devices_online": ("devices with a connection now", server.online),
            "devices_seen": ("devices seen since the start", len(server.devices)),
            "waiting_bytes": ("bytes in memory that are not on disk", server.waiting_bytes),
            "disk_refuses": ("1 while frames cannot be kept", int(server.fault is not None)),
            "inbox_depth_bytes": ("bytes on disk that are no rows yet", inbox.depth_bytes),
            "inbox_lag_seconds": ("age of what was compacted last, while anything waits", inbox.lag_seconds),
        }
        for name, (text, value) in gauges.items():
            yield GaugeMetricFamily(f"lantu_gateway_{name}", text, value=value)
        counters = {
            "frames": ("frames examined", tally.frames),
            "kept": ("frames kept on disk", tally.kept),
            "answers": ("answers sent", tally.answers),
            "refused": ("frames that the disk did not take", tally.refused),
            "turned_away": ("frames of senders that are refused, kept as evidence alone", tally.turned_away),
            "commits": ("writes to disk", server.commit.commits),
            "read_bytes": ("bytes read", tally.bytes_read),
            "clock_jumps": ("jumps of this machine's clock", server.commit.inbox.jumps),
            "faults": ("faults of the program while reading frames", tally.faults),
        }
        for name, (text, value) in counters.items():
            yield CounterMetricFamily(f"lantu_gateway_{name}", text, value=value)
        labelled = {
            "oddities": ("oddities of frames", "oddity", tally.oddities),
            "closed": ("connections closed by the server", "reason", tally.closed),
        }
        if inbox.checkpoint is not None:
            labelled["rows"] = ("rows written", "dataset", inbox.checkpoint.totals.rows)
        for name, (text, label, counts) in labelled.items():
            family = CounterMetricFamily(f"lantu_gateway_{name}", text, labels=[label])
            for key, count in dict(counts).items():
                family.add_metric([key], count)
            yield family


def serve_metrics(server: Server, workspace: Path, port: int) -> tuple[Any, int]:
    """Serve the metrics on the loopback address; gives the HTTP server and its port (0: the system chooses one)."""
    from prometheus_client import CollectorRegistry, start_http_server

    registry = CollectorRegistry()
    registry.register(_Collector(server, workspace))
    http, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
    return http, int(http.server_port)
