"""Rows of decoded frames, gathered one by one or as columns, and made into Arrow tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lantu.gateway.hj212.oddities import OF_CONTENTS
from lantu.gateway.hj212.packet import Packet
from lantu.gateway.hj212.readings import Contents

COLUMNS = ("value", "minimum", "maximum", "total", "converted", "converted_minimum", "converted_maximum")
"""The numbers of a reading, in the order of the table."""
COLUMN = {name: place for place, name in enumerate(COLUMNS)}
KIND_NAMES = ("realtime", "minute", "hour", "day")


class Codes:
    """Texts numbered in the order in which they come."""

    def __init__(self, texts: tuple[str, ...] = ()) -> None:
        """The texts that are there from the beginning."""
        self.texts = list(texts)
        self._numbers = {text: number for number, text in enumerate(texts)}

    def __getitem__(self, text: str) -> int:
        """The number of a text, a new one where it is new."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return number

    def dictionary(self) -> pa.Array:
        """The texts by number."""
        return pa.array(self.texts, pa.string())


@dataclass(slots=True)
class Block:
    """Readings as arrays of equal length; `numbers` has those of `COLUMNS` that have any, NaN where there is none."""

    device: np.ndarray
    frame: np.ndarray
    time: np.ndarray
    kind: np.ndarray
    factor: np.ndarray
    numbers: dict[str, np.ndarray]
    flag: np.ndarray
    conflict: np.ndarray
    late: np.ndarray
    unit: np.ndarray | None = None

    def select(self, kept: np.ndarray) -> Block:
        """The rows that are kept."""
        return Block(
            self.device[kept],
            self.frame[kept],
            self.time[kept],
            self.kind[kept],
            self.factor[kept],
            {name: column[kept] for name, column in self.numbers.items()},
            self.flag[kept],
            self.conflict[kept],
            self.late[kept],
        )


class Rows:
    """Everything that decoding gives, until it becomes tables."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.devices = Codes()
        self.factors = Codes()
        self.flags = Codes(("",))
        self.blocks: list[Block] = []
        self.undecoded: dict[int, str] = {}
        self._single: list[tuple[Any, ...]] = []
        self._facilities: list[tuple[Any, ...]] = []
        self._information: list[tuple[Any, ...]] = []
        self._oddities: list[tuple[str, int, str]] = []
        self._many_oddities: list[tuple[np.ndarray, np.ndarray, str]] = []

    def odd(self, device: str, frame: int, name: str) -> None:
        """Name an oddity of a frame."""
        self._oddities.append((device, frame, name))

    def odd_many(self, device: np.ndarray, frame: np.ndarray, name: str) -> None:
        """Name an oddity that many frames have; `device` are numbers."""
        self._many_oddities.append((device, frame, name))

    def add(self, packet: Packet, contents: Contents, frame: int) -> None:
        """The rows of one decoded frame."""
        device = packet.device
        for name in dict.fromkeys([*packet.oddities, *contents.oddities]):
            if name in OF_CONTENTS:
                self._oddities.append((device, frame, name))
        if contents.refused:
            self.undecoded[frame] = contents.refused
            return
        code = self.devices[device]
        if contents.readings:
            time = np.datetime64(contents.time, "s")
            kind = KIND_NAMES.index(contents.kind)
            for reading in contents.readings:
                self._single.append(
                    (code, frame, time, kind, self.factors[reading.factor], reading.numbers, self.flags[reading.flag],
                     reading.conflict, packet.resent)
                )  # fmt: skip
        for facility in contents.facilities:
            self._facilities.append((device, frame, contents.time, facility.name, facility.state, facility.hours))
        for name, text in contents.information:
            self._information.append((device, frame, contents.time, name, text))

    def without(self, frames: set[int]) -> None:
        """Forget the readings of some frames, and what was odd about many at once."""
        left_out = np.array(sorted(frames))
        for number, (device, frame, name) in enumerate(self._many_oddities):
            kept = ~np.isin(frame, left_out)
            self._many_oddities[number] = (device[kept], frame[kept], name)
        self.blocks = [block.select(~np.isin(block.frame, left_out)) for block in self.blocks]
        self._single = [row for row in self._single if row[1] not in frames]

    def all_blocks(self) -> list[Block]:
        """The blocks, with a last one for the readings that were added singly."""
        singly = list(zip(*self._single, strict=True)) or [()] * 9
        device, frame, time, kind, factor, numbers, flag, conflict, late = singly
        single = Block(
            np.array(device, np.int32),
            np.array(frame, np.int64),
            np.array(time, "M8[s]"),
            np.array(kind, np.int32),
            np.array(factor, np.int32),
            {
                name: np.array([row.get(name) for row in numbers], float)
                for name in COLUMNS
                if any(name in row for row in numbers)
            },
            np.array(flag, np.int32),
            np.array(conflict, bool),
            np.array(late, bool),
        )
        return [*self.blocks, single]

    def tables(self, blocks: list[Block], units: Codes) -> dict[str, pa.Table]:
        """The tables; all readings are in `blocks`, which become their chunks without a copy."""
        kinds = pa.array(KIND_NAMES)
        devices, factors, flags = self.devices.dictionary(), self.factors.dictionary(), self.flags.dictionary()
        unit_names = units.dictionary()
        names = ("device", "frame", "time", "kind", "factor", *COLUMNS, "flag", "unit", "conflict", "late")
        batches = []
        for block in blocks:
            size = len(block.frame)
            nothing = pa.nulls(size, pa.float64())
            unit = np.full(size, -1, np.int32) if block.unit is None else block.unit
            arrays = [
                _coded(block.device, devices),
                pa.array(block.frame),
                pa.array(block.time),
                _coded(block.kind, kinds),
                _coded(block.factor, factors),
                *(_numbers(block.numbers[name]) if name in block.numbers else nothing for name in COLUMNS),
                _coded(block.flag, flags),
                _coded(unit, unit_names, missing=unit < 0),
                pa.array(block.conflict),
                pa.array(block.late),
            ]
            batches.append(pa.record_batch(arrays, names=names))
        many = [
            pa.table([devices.take(pa.array(device)), pa.array(frame), pa.repeat(name, len(frame))], schema=_ODDITIES)
            for device, frame, name in self._many_oddities
        ]
        return {
            "readings": pa.Table.from_batches(batches),
            "facilities": _table(self._facilities, _FACILITIES),
            "information": _table(self._information, _INFORMATION),
            "oddities": pa.concat_tables([_table(self._oddities, _ODDITIES), *many]),
        }


def _coded(numbers: np.ndarray, texts: pa.Array, missing: np.ndarray | None = None) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32(), mask=missing), texts, safe=False)


def _numbers(numbers: np.ndarray) -> pa.Array:
    missing = np.isnan(numbers)
    return pa.array(numbers, mask=missing if missing.any() else None)


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(list(column), kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema
    )


_FACILITIES = pa.schema(
    [
        ("device", pa.string()),
        ("frame", pa.int64()),
        ("time", pa.timestamp("s")),
        ("facility", pa.string()),
        ("state", pa.float64()),
        ("hours", pa.float64()),
    ]
)
_INFORMATION = pa.schema(
    [
        ("device", pa.string()),
        ("frame", pa.int64()),
        ("time", pa.timestamp("s")),
        ("name", pa.string()),
        ("text", pa.string()),
    ]
)
_ODDITIES = pa.schema([("device", pa.string()), ("frame", pa.int64()), ("oddity", pa.string())])
