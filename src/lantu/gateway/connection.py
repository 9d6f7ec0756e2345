"""One connection of the server, what it is allowed, and what is counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.gateway.arrivals import Session
from lantu.gateway.devices import CONNECTIONS_PER_ADDRESS

if TYPE_CHECKING:
    from lantu.gateway.server import Server


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server allows."""

    tick_seconds: float = 0.002
    frames_per_tick: int = 4096
    """So many frames are examined without waiting for the tick's end."""
    connections: int = 20_000
    first_frame_seconds: float = 60.0
    """A connection that has sent no frame by then is closed."""
    idle_seconds: float = 900.0
    quiet_seconds: float = 8.0
    """After such a silence a session is told of it, so that a frame without its end is one all the same."""
    bytes_without_frame: int = 65_536
    """After so many bytes in which no frame was found the connection is closed: nobody speaks the protocol there."""
    unread_bytes: int = 65_536
    """A connection that leaves so much of its answers unread is closed."""
    devices: int = 100_000
    """So many devices are counted one by one; those beyond are counted together."""
    waiting_bytes: int = 16 * 2**20
    """While more waits for the disk, nothing is read."""
    connections_per_address: int = CONNECTIONS_PER_ADDRESS
    refused_per_minute: int = 1000
    """So many refused frames are kept as evidence in a minute; those beyond are only counted: nobody fills the disk."""


@dataclass(slots=True)
class Seen:
    """What the server has seen of one device since it started."""

    frames: int = 0
    last: float = 0.0
    connections: int = 0
    registered: bool = False
    oddities: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Tally:
    """Counts since the start."""

    connected: int = 0
    bytes_read: int = 0
    frames: int = 0
    kept: int = 0
    answers: int = 0
    refused: int = 0
    """Frames that the disk did not take, so that they were not answered."""
    turned_away: int = 0
    """Frames of senders that are refused."""
    pauses: int = 0
    faults: int = 0
    """Faults of the program itself while reading a frame; the server goes on, the log has them."""
    closed: Counter[str] = field(default_factory=Counter)
    oddities: Counter[str] = field(default_factory=Counter)


class Connection(asyncio.Protocol):
    """One connection: gives what it receives to its session, and whole frames to the server."""

    __slots__ = (
        "address",
        "device",
        "last",
        "opened",
        "paused",
        "seen_frame",
        "server",
        "session",
        "since_frame",
        "told_quiet",
        "transport",
    )

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session: Session = server.protocol.session()
        self.transport: Any = None
        self.address = ""
        self.device = ""
        self.opened = self.last = 0.0
        self.since_frame = 0
        self.seen_frame = False
        self.told_quiet = True
        self.paused = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.opened = self.last = self.server.loop.time()
        self.server.opened(self)

    def data_received(self, data: bytes) -> None:
        server = self.server
        server.tally.bytes_read += len(data)
        self.last = server.loop.time()
        self.told_quiet = False
        self.take(data)

    def take(self, data: bytes, last: bool = False) -> None:
        """Split what came; no data: the line is silent. `last`: the connection has ended."""
        server = self.server
        try:
            frames = self.session.close() if last else self.session.split(data)
        except Exception:
            # Nothing that a device sends may end the service; what was in the buffer is gone, the device sends again.
            server.failed("split")
            self.renew()
            return
        if frames:
            self.since_frame = 0
            self.seen_frame = True
            server.arrived(self, frames)
            return
        self.since_frame += len(data)
        if self.since_frame > server.limits.bytes_without_frame:
            self.close("no_frame")

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.server.connections:
            self.take(b"", last=True)
        self.server.lost(self)

    def renew(self) -> None:
        """Begin anew with this connection's bytes."""
        self.server.by_session.pop(id(self.session), None)
        self.session = self.server.protocol.session()
        self.server.by_session[id(self.session)] = self

    def close(self, reason: str) -> None:
        """Close the connection for a reason that is counted."""
        if not self.transport.is_closing():
            self.server.tally.closed[reason] += 1
            self.transport.abort() if reason == "unread" else self.transport.close()
