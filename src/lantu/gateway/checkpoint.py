"""The compactor's memory: how far each segment is turned into rows, what the next batch is, and what was counted.

A batch is planned before its first row is written and done again, the very same, where its end was not written down.
`identity` tells this inbox from any other, so that the work of one is never taken for that of another.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from lantu.gateway.inbox import write_atomically

CHECKPOINT = "checkpoint.json"
PLAN = "plan.json"
MOST_NAMES = 10_000
"""So many unknown senders are counted by name; who invents names can fill no more."""


@dataclass(slots=True)
class Totals:
    """What the compactor has counted since the inbox was made. `rows`, `changed` and `refused` by dataset."""

    frames: int = 0
    readings: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    set_aside: Counter[str] = field(default_factory=Counter)
    undecoded: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    """Frames by device that is not registered."""
    undeclared: Counter[str] = field(default_factory=Counter)
    """Readings by factor that the device's register does not name."""
    oddities: Counter[str] = field(default_factory=Counter)
    """Oddities of contents, by device and oddity."""
    untaken: Counter[str] = field(default_factory=Counter)
    """Rows by kind that no dataset takes."""
    turned_away: Counter[str] = field(default_factory=Counter)
    """Frames that were refused, kept as evidence alone, by device."""
    own: Counter[str] = field(default_factory=Counter)
    """What the gateway itself had to say, such as jumps of the clock."""
    damaged_bytes: int = 0
    torn_bytes: int = 0

    def add(self, other: Totals) -> None:
        """Count another's counts too."""
        for name in self.__slots__:
            mine, more = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                for key, count in more.items():
                    mine[key if key in mine or len(mine) < MOST_NAMES else "*"] += count
            else:
                setattr(self, name, mine + more)

    def as_json(self) -> dict[str, Any]:
        return {
            name: dict(value) if isinstance(value, Counter) else value
            for name in self.__slots__
            for value in [getattr(self, name)]
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Totals:
        """Totals as they were written; counts that were added to the program since are 0."""
        totals = cls()
        for name in set(cls.__slots__) & set(data):
            value = data[name]
            setattr(totals, name, Counter(value) if isinstance(value, dict) else value)
        return totals


@dataclass(slots=True)
class Part:
    """A stretch of a segment, from byte to byte."""

    segment: str
    start: int
    end: int


@dataclass(slots=True)
class Checkpoint:
    """How far the inbox is compacted."""

    identity: str
    batch: int = 0
    segments: dict[str, int] = field(default_factory=dict)
    """Bytes of each segment that are done."""
    totals: Totals = field(default_factory=Totals)
    last_received: int = 0
    """Arrival of the latest compacted frame, ns since 1970, UTC."""

    @classmethod
    def read(cls, folder: Path) -> Checkpoint:
        """The checkpoint of an inbox; a new one where there is none."""
        path = folder / CHECKPOINT
        if not path.exists():
            return cls(secrets.token_hex(8))
        data = orjson.loads(path.read_bytes())
        return cls(
            data["identity"],
            data["batch"],
            data["segments"],
            Totals.from_json(data["totals"]),
            data.get("last_received", 0),
        )

    def write(self, folder: Path) -> None:
        """Write it so that a crash leaves the old or the new one."""
        data = {
            "identity": self.identity,
            "batch": self.batch,
            "segments": self.segments,
            "totals": self.totals.as_json(),
            "last_received": self.last_received,
        }
        write_atomically(folder / CHECKPOINT, orjson.dumps(data, option=orjson.OPT_INDENT_2))


def write_plan(folder: Path, batch: int, parts: list[Part]) -> None:
    """Write down what the batch consists of, before its first row is written."""
    rows = [[part.segment, part.start, part.end] for part in parts]
    write_atomically(folder / PLAN, orjson.dumps({"batch": batch, "parts": rows}))


def read_plan(folder: Path, batch: int) -> list[Part] | None:
    """The plan of that batch; None where it was not planned."""
    path = folder / PLAN
    if not path.exists():
        return None
    data = orjson.loads(path.read_bytes())
    return [Part(*row) for row in data["parts"]] if data["batch"] == batch else None
