"""Many frames at once, as columns: heads, checksums, and where the items of realtime units lie.

All frames are joined into one buffer with room behind it, and the layouts are walked for all of them in step: one turn
reads the next item of every frame, so that the number of turns is that of the items of the longest frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lantu.gateway.vehicles.frames import (
    HEAD,
    PLAIN,
    REALTIME,
    RESEND,
    RESPONSES,
    TAIL,
    vin_text,
)
from lantu.gateway.vehicles.quantities import DIAGNOSIS, DIAGNOSIS_SIZE, SIZES
from lantu.gateway.vehicles.units import LAYOUTS, NUMBER, SIGNATURE, realtime

Array = Any
"""A NumPy array of one dimension."""

ROOM = 512
"""Zero bytes behind the joined frames, so that a look behind the last one stays inside the buffer."""
TERMINAL, PLATFORM, ELECTRIC, ELECTRIC_2025 = 0, 1, 2, 3
NO_TIME = np.iinfo(np.int64).min

_SIZE = np.zeros(256, np.int64)
for _kind, _bytes in SIZES.items():
    _SIZE[_kind] = _bytes
_SIZE[DIAGNOSIS] = DIAGNOSIS_SIZE

_YEARS = np.arange(2000, 2256)
_DAYS_BEFORE = np.full((256, 256), NO_TIME, np.int64)
"""Days from 1970 to the first of a month (year since 2000, month)."""
_MONTH_DAYS = np.zeros((256, 256), np.int64)
for _month in range(1, 13):
    _first = (_YEARS - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (_month - 1)
    _DAYS_BEFORE[:, _month] = _first.astype("datetime64[D]").astype(np.int64)
    _MONTH_DAYS[:, _month] = (_first + 1).astype("datetime64[D]").astype(np.int64) - _DAYS_BEFORE[:, _month]


@dataclass(slots=True)
class Heads:
    """The frames joined, and what their heads say. Arrays have one value for each frame.

    `sound` frames have a mark, the length they say and a right checksum; what else is said of others means nothing.
    """

    buffer: Array
    start: Array
    length: Array
    sound: Array
    damaged: Array
    """Sound but for the checksum."""
    family: Array
    command: Array
    response: Array
    encryption: Array
    unit: Array
    """Where the data unit starts in the buffer."""
    stop: Array
    """Where it ends."""

    @property
    def heavy(self) -> Array:
        """Realtime and resent frames of heavy vehicles that can be read."""
        return self._realtime & ((self.family == TERMINAL) | (self.family == PLATFORM))

    @property
    def electric(self) -> Array:
        """Realtime and resent frames of electric vehicles that can be read."""
        return self._realtime & (self.family == ELECTRIC)

    @property
    def _realtime(self) -> Array:
        sent = (self.command == REALTIME) | (self.command == RESEND)
        return self.sound & sent & (self.encryption == PLAIN) & (self.is_command | self.says_more)

    @property
    def is_command(self) -> Array:
        """Frames that say something themselves, and do not answer."""
        return (self.family == TERMINAL) | (self.response == 0xFE)

    @property
    def says_more(self) -> Array:
        """Frames whose unit is longer than the time that an answer carries."""
        return self.stop - self.unit > 6


@dataclass(slots=True)
class Items:
    """Items of realtime units, in the order of frames and of items in them. Offsets are those of the joined buffer."""

    frame: Array
    ordinal: Array
    """Which item of its frame it is, from 0."""
    kind: Array
    time: Array
    """Where its own time stands; -1 where it has none."""
    body: Array
    size: Array


def read_heads(frames: Sequence[bytes]) -> Heads:
    """Join the frames and read their heads."""
    count = len(frames)
    length = np.fromiter(map(len, frames), np.int64, count)
    buffer = np.frombuffer(b"".join(frames) + bytes(ROOM), np.uint8)
    start = np.zeros(count, np.int64)
    np.cumsum(length[:-1], out=start[1:])
    mark = buffer[start]
    fourth = buffer[start + 3]
    unit = start + HEAD
    said = (buffer[start + 22].astype(np.int64) << 8) | buffer[start + 23]
    fits = (length >= HEAD + TAIL) & (mark == buffer[start + 1]) & (said + HEAD + TAIL == length)
    fits &= (mark == 0x23) | (mark == 0x7E) | (mark == 0x24)
    parity = _parity(buffer, start, length)
    answered = np.isin(fourth, np.array(RESPONSES, np.uint8))
    family = np.where(mark == 0x7E, PLATFORM, np.where(mark == 0x24, ELECTRIC_2025, np.where(answered, ELECTRIC, 0)))
    return Heads(
        buffer,
        start,
        length,
        fits & (parity == 0),
        fits & (parity != 0),
        family,
        buffer[start + 2],
        np.where(family == TERMINAL, 0, fourth),
        buffer[start + 21],
        unit,
        start + length - TAIL,
    )


def _parity(buffer: Array, start: Array, length: Array) -> Array:
    """The XOR of each frame; it is zero where the checksum is right, as the two marks cancel."""
    parity = np.ones(len(start), np.uint8)
    filled = np.flatnonzero(length)
    if len(filled):
        ends = int(start[-1] + length[-1])
        parity[filled] = np.bitwise_xor.reduceat(buffer[:ends], start[filled])
    return parity


def seconds_at(buffer: Array, at: Array) -> Array:
    """The six bytes at each offset as seconds since 1970 by the terminal's own clock; `NO_TIME` where impossible."""
    year, month, day = buffer[at], buffer[at + 1], buffer[at + 2].astype(np.int64)
    hour, minute, second = (buffer[at + place].astype(np.int64) for place in (3, 4, 5))
    good = (day >= 1) & (day <= _MONTH_DAYS[year, month]) & (hour < 24) & (minute < 60) & (second < 60)
    seconds = (_DAYS_BEFORE[year, month] + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    return np.where(good, seconds, NO_TIME)


def find_items(heads: Heads) -> tuple[Items, Array, Array]:
    """The items of all realtime frames of heavy vehicles, the layout of each frame (-1 none), and whether signed."""
    chosen = np.flatnonzero(heads.heavy)
    layout = np.full(len(heads.start), -1, np.int8)
    signed = np.zeros(len(heads.start), bool)
    timed = seconds_at(heads.buffer, heads.unit[chosen]) != NO_TIME
    chosen = chosen[timed & (heads.stop[chosen] - heads.unit[chosen] >= 6)]
    walked = [_walk(heads, chosen, name) for name in LAYOUTS]
    several = sum(each.good.astype(np.int8) for each in walked) > 1
    for number in range(len(walked) - 1, -1, -1):
        layout[chosen[walked[number].good]] = number
    for index in chosen[several]:
        layout[index] = _best(heads, int(index))
    parts = []
    for number, each in enumerate(walked):
        mine = layout[chosen] == number
        signed[chosen[mine]] = each.signed[mine]
        parts.append(each.items(chosen, mine))
    return _ordered(parts), layout, signed


def _best(heads: Heads, index: int) -> int:
    """Where several layouts fit, the one that `units.realtime` takes."""
    whole = heads.buffer[heads.start[index] : heads.stop[index]].tobytes()
    at = 3 if heads.family[index] == TERMINAL else 4
    found = realtime(whole[HEAD:], vin_text(whole[at : at + 17]))
    assert found is not None
    return LAYOUTS.index(found.layout)


@dataclass(slots=True)
class _Walked:
    """One layout tried on the chosen frames: on which it fits, and the items of every turn."""

    good: Array
    signed: Array
    turns: list[tuple[Array, Array, Array, Array, Array]]

    def items(self, chosen: Array, mine: Array) -> Items:
        """The items of the frames that are `mine`, by turns."""
        fields: list[list[Array]] = [[] for _ in range(6)]
        for ordinal, (who, *rest) in enumerate(self.turns):
            own = mine[who]
            frame = chosen[who[own]]
            turn = (frame, np.full(len(frame), ordinal), *(values[own] for values in rest))
            for place, values in zip(fields, turn, strict=True):
                place.append(values)
        joined = [np.concatenate(each) if each else np.zeros(0, np.int64) for each in fields]
        return Items(*joined)


def _ordered(parts: list[Items]) -> Items:
    """Items of several layouts in the order of frames and of the items in them."""
    frame, ordinal, *rest = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("frame", "ordinal", "kind", "time", "body", "size")
    )
    counts = np.bincount(frame) if len(frame) else np.zeros(0, np.int64)
    first = np.cumsum(counts) - counts
    place = first[frame] + ordinal if len(frame) else frame
    ordered = []
    for values in (frame, ordinal, *rest):
        put = np.empty_like(values)
        put[place] = values
        ordered.append(put)
    return Items(*ordered)


def _walk(heads: Heads, chosen: Array, name: str) -> _Walked:
    """Walk one layout in step on the chosen frames, whose units start with a possible time."""
    buffer = heads.buffer
    at = heads.unit[chosen] + (6 if name == "L1" else 8)
    stop = heads.stop[chosen]
    before = {"L3": 7, "L2": 1, "L1": 3}[name]
    good = np.zeros(len(chosen), bool)
    signed = np.zeros(len(chosen), bool)
    turns: list[tuple[Array, Array, Array, Array, Array]] = []
    who = np.flatnonzero(at < stop)
    while len(who):
        here, end = at[who], stop[who]
        if name == "L3" and turns:
            last = (end - here == SIGNATURE) & (buffer[here] == NUMBER)
            last[last] = buffer[here[last] + 1 + NUMBER] == NUMBER
            signed[who[last]] = good[who[last]] = True
            if last.any():
                who, here, end = who[~last], here[~last], end[~last]
        kind = buffer[here]
        body = here + before
        size = _sizes(buffer, kind, body, end)
        fits = (size > 0) & (body + size <= end)
        if name == "L3":
            fits[fits] = seconds_at(buffer, here[fits] + 1) != NO_TIME
        who, here, end, kind, body, size = (each[fits] for each in (who, here, end, kind, body, size))
        following = body + size
        if name == "L2":
            following, ended = _after_signatures(buffer, following, end)
            who, here, end, kind, body, size = (each[ended] for each in (who, here, end, kind, body, size))
            following = following[ended]
            signed[who] = True
        if len(who):
            turns.append((who, kind, here + 1 if name == "L3" else np.full(len(who), -1), body, size))
        at[who] = following
        finished = following == end
        good[who[finished]] = True
        who = who[~finished]
    return _Walked(good, signed, turns)


def _sizes(buffer: Array, kind: Array, body: Array, end: Array) -> Array:
    """The bytes of each body; 0 where its type is not known."""
    size = _SIZE[kind]
    diagnosis = np.flatnonzero((kind == DIAGNOSIS) & (body + DIAGNOSIS_SIZE <= end))
    if len(diagnosis):
        codes = buffer[body[diagnosis] + DIAGNOSIS_SIZE - 1].astype(np.int64)
        size[diagnosis] += 4 * np.where(codes < 0xFE, codes, 0)
    return size


def _after_signatures(buffer: Array, at: Array, end: Array) -> tuple[Array, Array]:
    """Where the signatures that start at `at` end, and which of them are some and lie before `end`."""
    good = np.ones(len(at), bool)
    at = at.copy()
    for _ in range(2):
        good &= at < end
        size = buffer[np.where(good, at, 0)].astype(np.int64)
        good &= np.abs(size - NUMBER) <= 2
        at += 1 + size
    return at, good & (at <= end)
