"""A tiny field protocol for the tests: lines `DEVICE TIME factor=value ...` ending in a newline, answered `ok SECOND`.

`TIME` is `YYYYmmddHHMMSS`; a word of the form `kind:hour` says what kind of reading it is, `flag:D` how it is flagged.
A line without a device is kept and not answered; `ping` is answered and not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pyarrow as pa

from lantu.gateway.arrivals import Arrival, Decoded, Kept, Session


class LineSession:
    def __init__(self) -> None:
        self.rest = b""
        self.commands: list[bytes] = []

    def split(self, data: bytes) -> list[bytes]:
        if not data:  # the line is silent: what ends in a full stop is a line
            data = b"\n" if self.rest.endswith(b".") else b""
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line for line in lines if line]

    def close(self) -> list[bytes]:
        return self.split(b"")

    def due(self, now: dt.datetime) -> list[bytes]:
        commands, self.commands = self.commands, []
        return commands


class LineProtocol:
    name = "line"

    def session(self) -> LineSession:
        return LineSession()

    def examine(self, frames: Sequence[tuple[Session, bytes]], now: dt.datetime) -> list[Arrival]:
        found = []
        for session, raw in frames:
            if raw == b"ping":
                found.append(Arrival(session, raw, kept=False, answer=b"pong\n"))
            elif raw.startswith(b"crash"):
                raise ValueError("a fault of the protocol")
            else:
                device, _, rest = raw.decode("utf-8", "replace").partition(" ")
                oddities = ("lower_case",) if device.islower() else ()
                answer = b"ok " + rest.partition(" ")[0].encode() + b"\n" if device else None
                found.append(Arrival(session, raw, device.upper(), answer=answer, oddities=oddities))
        return found

    def decode(self, kept: Kept) -> Decoded:
        columns: dict[str, list[object]] = {
            name: [] for name in ("device", "frame", "time", "kind", "factor", "value", "flag")
        }
        undecoded = {}
        for index, raw in enumerate(kept.raw):
            try:
                device, time, *words = raw.decode().split()
                moment = dt.datetime.strptime(time, "%Y%m%d%H%M%S")
                options = dict(word.split(":") for word in words if ":" in word)
                for word in words:
                    if "=" in word:
                        factor, value = word.split("=")
                        row = (device.upper(), index, moment, options.get("kind", "realtime"), factor, float(value))
                        for name, cell in zip(columns, (*row, options.get("flag", "N")), strict=True):
                            columns[name].append(cell)
            except ValueError as error:
                undecoded[index] = str(error)
        types = {"device": pa.string(), "frame": pa.int64(), "time": pa.timestamp("us"), "kind": pa.string()}
        types |= {"factor": pa.string(), "value": pa.float64(), "flag": pa.string()}
        nothing = pa.array([None] * len(columns["value"]), pa.float64())
        table = pa.table({name: pa.array(cells, types[name]) for name, cells in columns.items()})
        for name in ("minimum", "maximum", "total"):
            table = table.append_column(name, nothing)
        return Decoded({"readings": table}, undecoded)
