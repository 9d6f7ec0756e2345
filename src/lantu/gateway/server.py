"""The server (接收服务): many connections, one tick for all. What an answer confirms is on disk before it goes out.

A tick collects the frames of all connections for a moment, examines them at once, appends them to the inbox in one
write and one sync, and then answers. While the disk is busy the next tick collects more, so that the load sets the size
of the batch. Where the disk refuses, nothing is answered: devices send again, and the server says so and goes on.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import socket
from collections import Counter
from typing import Any

from lantu.base import LantuError, Text
from lantu.gateway.arrivals import Arrival, FieldProtocol, Session
from lantu.gateway.connection import Connection, Limits, Seen, Tally
from lantu.gateway.devices import local_time
from lantu.gateway.inbox import GroupCommit
from lantu.gateway.records import REFUSED

log = logging.getLogger("lantu.gateway")


class Server:
    """Serves one field protocol on one port.

    Args:
        protocol: splits, examines and answers.
        commit: where arrivals are kept.
        limits: of connections, times and bytes.
        registered: tells whether a device is registered; None where nobody asks.
    """

    def __init__(
        self,
        protocol: FieldProtocol,
        commit: GroupCommit,
        limits: Limits | None = None,
        registered: Any = None,
    ) -> None:
        self.protocol = protocol
        self.commit = commit
        self.limits = limits or Limits()
        self.registered = registered or (lambda device: True)
        self.tally = Tally()
        self.devices: dict[str, Seen] = {}
        self.connections: set[Connection] = set()
        self.by_session: dict[int, Connection] = {}
        self.fault: str | None = None
        """What the disk says while it refuses."""
        self.port = 0
        self.state = "starting"
        self.loop: Any = None
        self._name = protocol.name.encode()
        self._refused_name = (REFUSED + protocol.name).encode()
        self._evidence = (0, 0)
        """The minute, and how many refused frames were kept in it."""
        self.addresses: Counter[str] = Counter()
        """Connections by address."""
        self._pending: list[tuple[Session, bytes]] = []
        self._pending_bytes = 0
        self._examined_bytes = 0
        self._timer: Any = None
        self._paused: set[Connection] = set()
        self._server: Any = None
        self._watch: asyncio.Task[None] | None = None
        self._running_commits = 0

    async def start(self, port: int, host: str = "127.0.0.1") -> None:
        """Listen; port 0 lets the system choose.

        Raises:
            LantuError: the address cannot be used.
        """
        self.loop = asyncio.get_running_loop()
        try:
            self._server = await self.loop.create_server(
                lambda: Connection(self), host, port, backlog=4096, reuse_address=True
            )
        except OSError as error:
            raise LantuError(
                Text(
                    f"不能在 {host}:{port} 接收：{error.strerror}", f"cannot listen on {host}:{port}: {error.strerror}"
                ),
                mend=Text("换一个端口（--port）或地址（--host）", "choose another --port or --host"),
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        self.state = "running"
        self._watch = asyncio.create_task(self._look_after())

    async def stop(self) -> None:
        """Take no more, keep and answer what has arrived, and close the connections."""
        self.state = "stopping"
        self._server.close()
        if self._watch is not None:
            self._watch.cancel()
        for connection in self.connections:
            connection.transport.pause_reading()
        while self._pending or self._running_commits:
            if self._pending and not self._running_commits:
                self._tick()
            await asyncio.sleep(0.001)
        for connection in list(self.connections):
            connection.close("stopped")
        for _ in range(200):
            if not self.connections:
                break
            await asyncio.sleep(0.005)
        self.state = "stopped"

    @property
    def waiting_bytes(self) -> int:
        """Bytes in memory that are not on disk yet."""
        return self._pending_bytes + self._examined_bytes

    @property
    def online(self) -> int:
        """How many devices have a connection now."""
        return sum(seen.connections > 0 for seen in self.devices.values())

    def opened(self, connection: Connection) -> None:
        """A connection was made."""
        if len(self.connections) >= self.limits.connections:
            connection.close("too_many")
            return
        transport = connection.transport
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else ""
        if self.addresses[address] >= self.limits.connections_per_address:
            if not self.tally.closed["too_many_of_address"] % 1000:
                log.warning("%s has %d connections and gets no more", address, self.addresses[address])
            connection.close("too_many_of_address")
            return
        self.addresses[address] += 1
        transport.set_write_buffer_limits(high=self.limits.unread_bytes)
        handle = transport.get_extra_info("socket")
        if handle is not None and handle.family in (socket.AF_INET, socket.AF_INET6):
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.address = address
        self.connections.add(connection)
        self.by_session[id(connection.session)] = connection
        self.tally.connected += 1
        if self.state == "stopping":
            connection.close("stopped")

    def lost(self, connection: Connection) -> None:
        """A connection has ended."""
        if connection in self.connections:
            self.connections.discard(connection)
            self.addresses[connection.address] -= 1
            if not self.addresses[connection.address]:
                del self.addresses[connection.address]
        self._paused.discard(connection)
        self.by_session.pop(id(connection.session), None)
        if connection.device:
            self.devices[connection.device].connections -= 1

    def arrived(self, connection: Connection, frames: list[bytes]) -> None:
        """Whole frames of a connection; they are examined with those of all others."""
        session = connection.session
        self._pending += [(session, frame) for frame in frames]
        self._pending_bytes += sum(map(len, frames))
        if self.waiting_bytes > self.limits.waiting_bytes:
            self._pause(connection)
        if self._running_commits > 1:
            return  # the end of the commit starts the next tick
        if self._timer is None:
            self._timer = self.loop.call_later(self.limits.tick_seconds, self._tick)
        elif len(self._pending) >= self.limits.frames_per_tick:
            self._timer.cancel()
            self._tick()

    def failed(self, where: str) -> None:
        """Note a fault of the program itself, with its trace in the log."""
        self.tally.faults += 1
        if self.tally.faults <= 100:
            log.exception("fault in %s of %s", where, self.protocol.name)

    def _tick(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pending:
            return
        most = self.limits.frames_per_tick  # more at once would only take more memory
        if len(self._pending) <= most:
            frames, self._pending = self._pending, []
            size, self._pending_bytes = self._pending_bytes, 0
        else:
            frames, self._pending = self._pending[:most], self._pending[most:]
            size = sum(len(raw) for _, raw in frames)
            self._pending_bytes -= size
        now = dt.datetime.now(dt.UTC)
        try:
            arrivals = self.protocol.examine(frames, local_time(int(now.timestamp() * 1e9)))
        except Exception:
            self.failed("examine")
            arrivals = self._one_by_one(frames, now)
        self.tally.frames += len(arrivals)
        self._count(arrivals)
        self._hold_evidence(arrivals)
        name = self._name
        kept = [
            (name if not each.refused else self._refused_name, each.device.encode(), each.raw)
            for each in arrivals
            if each.kept
        ]
        if not kept:
            self._answer(arrivals, on_disk=True)
            self._go_on()
            return
        self._examined_bytes += size
        self._running_commits += 1
        self.commit.keep(kept).add_done_callback(lambda done: self._kept(done, arrivals, len(kept), size))

    def _hold_evidence(self, arrivals: list[Arrival]) -> None:
        """Of what is refused keep no more than a bounded number."""
        for each in arrivals:
            if each.refused:
                self.tally.turned_away += 1
                minute = int(self.loop.time() // 60)
                if minute != self._evidence[0]:
                    self._evidence = minute, 0
                each.kept &= self._evidence[1] < self.limits.refused_per_minute
                self._evidence = minute, self._evidence[1] + each.kept

    def _one_by_one(self, frames: list[tuple[Session, bytes]], now: dt.datetime) -> list[Arrival]:
        """Examine each frame on its own, so that one that the protocol cannot bear takes no neighbour along."""
        local = local_time(int(now.timestamp() * 1e9))
        arrivals: list[Arrival] = []
        for session, raw in frames:
            try:
                arrivals += self.protocol.examine([(session, raw)], local)
            except Exception:
                arrivals.append(Arrival(session, raw, oddities=("fault",)))
        return arrivals

    def _kept(self, done: asyncio.Future[None], arrivals: list[Arrival], kept: int, size: int) -> None:
        self._running_commits -= 1
        self._examined_bytes -= size
        error = None if done.cancelled() else done.exception()
        if error is None and not done.cancelled():
            self.tally.kept += kept
            if self.fault is not None:
                log.warning("the disk takes frames again")
                self.fault = None
            self._answer(arrivals, on_disk=True)
        else:
            self.tally.refused += kept
            text = getattr(error, "strerror", None) or str(error)
            if self.fault is None:
                log.error("frames cannot be kept and are not answered: %s", text)
            self.fault = text
            self._answer(arrivals, on_disk=False)
        self._go_on(0 if error is None else 0.05)

    def _go_on(self, seconds: float = 0) -> None:
        """Read again what was paused, and take up what waits."""
        self._resume_where_there_is_room()
        if self._pending and self._timer is None:
            self._timer = self.loop.call_later(seconds, self._tick)

    def _answer(self, arrivals: list[Arrival], on_disk: bool) -> None:
        by_session = self.by_session
        answers: dict[Connection, list[bytes]] = {}
        for each in arrivals:
            if each.answer is None or (each.kept and not on_disk):
                continue
            connection = by_session.get(id(each.session))
            if connection is not None:
                answers.setdefault(connection, []).append(each.answer)
        for connection, texts in answers.items():
            transport = connection.transport
            if transport.is_closing():
                continue
            self.tally.answers += len(texts)
            transport.write(texts[0] if len(texts) == 1 else b"".join(texts))
            if transport.get_write_buffer_size() > self.limits.unread_bytes:
                connection.close("unread")

    def _count(self, arrivals: list[Arrival]) -> None:
        now = self.loop.time()
        for each in arrivals:
            device = each.device
            seen = self.devices.get(device)
            if seen is None:
                if len(self.devices) >= self.limits.devices:  # who invents names fills no memory
                    device = "*"
                seen = self.devices.get(device) or self.devices.setdefault(
                    device, Seen(registered=self.registered(device))
                )
            seen.frames += 1
            seen.last = now
            if each.oddities:
                seen.oddities.update(each.oddities)
                self.tally.oddities.update(each.oddities)
            connection = self.by_session.get(id(each.session))
            if connection is not None and connection.device != device and device:
                if connection.device:
                    self.devices[connection.device].connections -= 1
                connection.device = device
                seen.connections += 1

    def _pause(self, connection: Connection) -> None:
        if not connection.paused:
            connection.paused = True
            connection.transport.pause_reading()
            self._paused.add(connection)
            self.tally.pauses += 1

    def _resume_where_there_is_room(self) -> None:
        if not self._paused or self.waiting_bytes >= self.limits.waiting_bytes // 2:
            return
        for connection in self._paused:
            connection.paused = False
            if not connection.transport.is_closing():
                connection.transport.resume_reading()
        self._paused.clear()

    async def _look_after(self) -> None:
        """Every second: what the platform sends of its own accord, and who has been silent for too long."""
        while True:
            await asyncio.sleep(1.0)
            now = self.loop.time()
            local = local_time(int(dt.datetime.now(dt.UTC).timestamp() * 1e9))
            for connection in list(self.connections):
                try:
                    texts = connection.session.due(local)
                except Exception:
                    self.failed("due")
                    texts = []
                if texts and not connection.transport.is_closing():
                    connection.transport.write(b"".join(texts))
                if connection.paused:
                    continue
                if not connection.told_quiet and now - connection.last > self.limits.quiet_seconds:
                    connection.told_quiet = True
                    connection.take(b"")
                if not connection.seen_frame and now - connection.opened > self.limits.first_frame_seconds:
                    connection.close("silent")
                elif now - connection.last > self.limits.idle_seconds:
                    connection.close("idle")
