"""What a protocol gives to the gateway: frames, arrivals, decoded rows. Protocols are pure, see the package."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Arrival:
    """One frame (报文) that was examined.

    `device` is the MN, VIN or name of its sender, "" where it cannot be read. `kept` frames go to the inbox; `answer`
    goes out to the sender, after the frame is on disk where it is kept. `oddities` are the names of what is unusual
    about it. `session` is the connection's session that split it off. What is `refused` is kept as evidence alone: it
    becomes no rows, and its answer says so.
    """

    session: Any
    raw: bytes
    device: str = ""
    kept: bool = True
    answer: bytes | None = None
    oddities: tuple[str, ...] = ()
    refused: bool = False


class Session(Protocol):
    """One connection: what it sent that is no whole frame yet, and what is known of its device."""

    def split(self, data: bytes) -> list[bytes]:
        """The whole frames that `data` completes, in order; damaged bytes are skipped and counted, neighbours kept.

        No data (b"") says that the line was silent for the time-out: what waits for the rest of its frame is given up.
        """

    def close(self) -> list[bytes]:
        """The connection has ended: the whole frames that are left, such as those behind a damaged head."""

    def due(self, now: dt.datetime) -> list[bytes]:
        """What the platform should send of its own accord now: commands, retries, time calibration."""


@dataclass(slots=True)
class Kept:
    """Frames of one protocol as the inbox kept them: raw bytes, moment of arrival (ns since 1970, UTC), number."""

    raw: Sequence[bytes]
    received: Sequence[int]
    number: Sequence[int]


@dataclass(slots=True)
class Decoded:
    """Kept frames as columns.

    `tables` by kind of row, each an Arrow table with the columns `device` (text) and `frame` (index into the kept
    frames) and, of readings: `time` (naive local time of the city), `kind` (realtime, minute, hour, day), `factor`,
    `value`, `minimum`, `maximum`, `total` (numbers), `flag` (text); of `vehicle_seconds`: a column for each quantity.
    `undecoded` says of frames that gave no row why. Text may be dictionary-encoded. HJ 212 adds columns and the tables
    `facilities`, `information` and `oddities` (docs/hj212.md).
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    undecoded: dict[int, str] = field(default_factory=dict)


class FieldProtocol(Protocol):
    """A field protocol (现场通讯协议) as the gateway uses it."""

    name: str

    def session(self) -> Session:
        """A session for a new connection."""

    def examine(self, frames: Sequence[tuple[Session, bytes]], now: dt.datetime) -> list[Arrival]:
        """Check frames of many connections at once (checksums as columns), and say what is kept and answered."""

    def decode(self, kept: Kept) -> Decoded:
        """Kept frames as columns, many at once."""
