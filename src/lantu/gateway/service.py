"""The gateway as processes: a server for one protocol on one port, and a compactor beside it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.gateway.asking import hand_over
from lantu.gateway.connection import Limits
from lantu.gateway.devices import FILE_NAME, RegisterFile
from lantu.gateway.inbox import GroupCommit, Inbox
from lantu.gateway.protocols import HJ212, PROTOCOLS, Protocols
from lantu.gateway.server import Server
from lantu.gateway.watch import COMPACTOR, EVERY_SECONDS, FOLDER, serve_metrics, server_status, write_status

if TYPE_CHECKING:
    from lantu.gateway.compactor import Compactor

log = logging.getLogger("lantu.gateway")


@dataclass(frozen=True, slots=True)
class Service:
    """How a server is run. `port` and `metrics_port` 0: the system chooses; `metrics_port` None: no metrics."""

    workspace: Path
    protocol: str
    port: int
    host: str = "127.0.0.1"
    metrics_port: int | None = None
    compact: bool = True
    limits: Limits | None = None


def run_server(service: Service, started: Callable[[Server, int | None], None]) -> None:
    """Serve until SIGTERM or SIGINT; then keep and answer what has arrived, and stop.

    Args:
        service: what is served where.
        started: called once the port is open, with the server and the port of the metrics.

    Raises:
        LantuError: the register is faulty, or the port cannot be used.
    """
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(service, started))


async def _serve(service: Service, started: Callable[[Server, int | None], None]) -> None:
    register = RegisterFile(service.workspace / FILE_NAME, PROTOCOLS)
    protocol = Protocols(lambda: register.register, own_secret(service.workspace))[service.protocol]
    inbox = Inbox(service.workspace / "inbox", service.protocol)
    commit = GroupCommit(inbox)
    name = service.protocol

    def is_registered(device: str) -> bool:
        return register.register.get(name, device) is not None

    def limits() -> Limits:
        return replace(service.limits or Limits(), connections_per_address=register.register.connections_per_address)

    server = Server(protocol, commit, limits(), is_registered)
    await server.start(service.port, service.host)
    begun = dt.datetime.now()
    http, metrics_port = (None, None)
    if service.metrics_port is not None:
        http, metrics_port = serve_metrics(server, service.workspace, service.metrics_port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    child = _Child() if service.compact else None
    part = f"{service.protocol}-{server.port}"
    started(server, metrics_port)
    while not stop.is_set():
        write_status(service.workspace, part, server_status(server, begun))
        if register.fresh():
            server.limits = limits()
            for device, seen in server.devices.items():
                seen.registered = is_registered(device)
            log.warning("the register of devices was read anew")
        elif register.fault is not None:
            log.error("the register has faults, the older one holds: %s", register.fault)
            register.fault = None
        if service.protocol == HJ212:
            hand_over(service.workspace, server)
        if child is not None:
            child.keep_alive()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
    await server.stop()
    await commit.close()
    write_status(service.workspace, part, server_status(server, begun))
    if http is not None:
        http.shutdown()
    if child is not None:
        child.stop()


def own_secret(workspace: Path) -> bytes:
    """The workspace's own secret, made once; only its owner may read it."""
    path = workspace / FOLDER / ".secret"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_name(f".secret.{os.getpid()}")
        handle = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            os.write(handle, secrets.token_bytes(32))
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.replace(path)
    return path.read_bytes()


class _Child:
    """The compactor as a process of its own, started anew where it has died."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def keep_alive(self) -> None:
        """Start the compactor unless it runs."""
        if self.process is not None and self.process.poll() is not None:
            log.error("the compactor has ended with %s and is started anew", self.process.returncode)
            self.process = None
        if self.process is None:
            command = [sys.executable, "-m", "lantu", "gateway", "compact", "--follow", "--beside", str(os.getpid())]
            # One heap for all: the compactor's threads, and Arrow beside them, would each keep what they once needed.
            environment = {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system", **os.environ}
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment)

    def stop(self) -> None:
        """Let the compactor finish its batch and end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()


def open_compactor(workspace: Path, batch_frames: int | None = None) -> tuple[Compactor, RegisterFile]:
    """The compactor of a workspace, with its register.

    Raises:
        LantuError: the register is faulty.
    """
    from lantu.gateway.compactor import Compactor

    register = RegisterFile(workspace / FILE_NAME, PROTOCOLS)
    known = Protocols(lambda: register.register)
    more = {} if batch_frames is None else {"batch_frames": batch_frames}
    return Compactor(workspace, known, register.register, **more), register


class _WithoutPandas(MetaPathFinder):
    """PyArrow and DuckDB load pandas where they find it: 40 MB that the compactor never uses."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Say that there is no pandas; of all else others say."""
        if fullname == "pandas":
            raise ModuleNotFoundError(f"{fullname} is not used here", name=fullname)


def run_compactor(workspace: Path, beside: int | None = None, interval: float = 5.0) -> None:
    """Compact until SIGTERM, SIGINT, or until the process `beside` is gone; waits while another one compacts.

    It has its process to itself: signals are taken, and pandas cannot be imported afterwards.

    Raises:
        LantuError: the register is faulty.
    """
    from lantu.gateway.compactor import follow

    if not any(isinstance(finder, _WithoutPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutPandas())
    compactor, register = open_compactor(workspace)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    begun = dt.datetime.now()

    def told(fault: Exception | None) -> None:
        if beside is not None and os.getppid() != beside:
            stopped.set()
        if register.fresh():
            compactor.register = register.register
        status = _compactor_status(compactor, begun, "stopped" if stopped.is_set() else "running", fault)
        if fault is not None:
            log.error("rows cannot be written, the frames stay in the inbox: %s", fault)
        write_status(workspace, COMPACTOR, status)

    while not stopped.is_set():
        with compactor.alone() as mine:
            if mine:
                follow(compactor, stopped, interval, told)
                told(None)
                return
        if beside is not None and os.getppid() != beside:
            return
        stopped.wait(interval)


def _compactor_status(compactor: Compactor, begun: dt.datetime, state: str, fault: Exception | None) -> dict[str, Any]:
    return {
        "part": "compactor",
        "pid": os.getpid(),
        "state": state,
        "fault": None if fault is None else str(fault),
        "started": begun.isoformat(" ", "seconds"),
        "updated": dt.datetime.now(dt.UTC).timestamp(),
        "batch": compactor.checkpoint.batch,
        "depth_bytes": compactor.depth(),
    }
