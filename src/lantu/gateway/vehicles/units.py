"""Data units (数据单元), one at a time: whether a unit is used up exactly, and where its items lie.

A realtime unit of heavy vehicles comes in three layouts without a mark of which it is:

* L1 (2018): time 6, then {type 1, serial 2, body} again and again
* L2 (2019): time 6, serial 2, then {type 1, body, signature}
* L3 (HJ 1239.3-2021): time 6, serial 2, then {type 1, collection time 6, body}, then one signature or none

A layout fits where it uses up the unit to the last byte with possible dates. Of several, that one is taken whose OBD
items carry the VIN of the head; then L3 before L2 before L1. `scanning` does the same for many frames at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from lantu.gateway.vehicles.frames import (
    ACTIVATED,
    ACTIVATION,
    CALIBRATION,
    ELECTRIC_PLATFORM_LOGIN,
    ELECTRIC_PLATFORM_LOGOUT,
    HEAD,
    HEARTBEAT,
    IS_COMMAND,
    KEY_EXCHANGE,
    LOGIN,
    LOGOUT,
    PLAIN,
    PLATFORM_LOGIN,
    PLATFORM_LOGOUT,
    REALTIME,
    RESEND,
    TAMPER,
    TIME,
    Family,
    time_of,
    vin_start,
    vin_text,
)
from lantu.gateway.vehicles.quantities import DIAGNOSIS, DIAGNOSIS_SIZE, SIZES

LAYOUTS = ("L3", "L2", "L1")
NUMBER = 32
"""Bytes of each of the two numbers of an SM2 signature; some send one to two more or fewer in L2."""
SIGNATURE = 2 + 2 * NUMBER


@dataclass(slots=True)
class Item:
    """One item of a realtime unit; offsets count from the start of the unit, -1 where it has no time of its own."""

    kind: int
    time: int
    body: int
    size: int


@dataclass(frozen=True, slots=True)
class Realtime:
    """A realtime unit whose layout is known."""

    layout: str
    serial: int
    signed: bool
    items: tuple[Item, ...]


class Fit(Enum):
    """What can be said of a unit."""

    EXACT = "exact"
    """It is understood and used up to the last byte."""
    OPEN = "open"
    """It is encrypted, or of a command whose unit is not known: only the checksum speaks for it."""
    WRONG = "wrong"
    """It is not as its command has it."""


def realtime(unit: bytes, vin: str) -> Realtime | None:
    """The unit's items by the layout that fits; None where none does. `vin` is that of the head."""
    if time_of(unit) is None:
        return None
    best: Realtime | None = None
    best_score = 0
    for layout, walk in zip(LAYOUTS, (_third, _second, _first), strict=True):
        found = walk(unit)
        if found is None:
            continue
        score = _score(unit, found[1], vin)
        if best is None or score > best_score:
            signed, items = found
            at = 7 if layout == "L1" else 6
            serial = int.from_bytes(unit[items[-1].body - 2 : items[-1].body] if at == 7 else unit[6:8], "big")
            best, best_score = Realtime(layout, serial, signed, tuple(items)), score
    return best


def _score(unit: bytes, items: list[Item], vin: str) -> int:
    """How well the OBD items go with the head: two for each with its VIN, one off for each with another."""
    score = 0
    for item in items:
        if item.kind == DIAGNOSIS:
            score += 2 if vin_text(unit[item.body + 6 : item.body + 23]) == vin else -1
    return score


def _size(kind: int, unit: bytes, body: int) -> int:
    """Bytes of a body of that type that starts at `body`; 0 where the type is not known or the unit too short."""
    if kind == DIAGNOSIS:
        if body + DIAGNOSIS_SIZE > len(unit):
            return 0
        codes = unit[body + DIAGNOSIS_SIZE - 1]
        size = DIAGNOSIS_SIZE + 4 * (codes if codes < 0xFE else 0)
    else:
        size = SIZES.get(kind, 0)
    return size if body + size <= len(unit) else 0


def _third(unit: bytes) -> tuple[bool, list[Item]] | None:
    items: list[Item] = []
    at, stop = 8, len(unit)
    minute = unit[:5]  # a possible one: most items are of the minute of the unit or of the item before
    while at < stop:
        if stop - at == SIGNATURE and unit[at] == NUMBER and unit[at + 1 + NUMBER] == NUMBER:
            return (True, items) if items else None
        size = _size(unit[at], unit, at + 7)
        if not size:
            return None
        if unit[at + 1 : at + 6] != minute:
            if time_of(unit[at + 1 : at + 7]) is None:
                return None
            minute = unit[at + 1 : at + 6]
        elif unit[at + 6] > 59:
            return None
        items.append(Item(unit[at], at + 1, at + 7, size))
        at += 7 + size
    return (False, items) if items else None


def _second(unit: bytes) -> tuple[bool, list[Item]] | None:
    items: list[Item] = []
    at, stop = 8, len(unit)
    while at < stop:
        size = _size(unit[at], unit, at + 1)
        if not size:
            return None
        items.append(Item(unit[at], -1, at + 1, size))
        at = _after_signature(unit, at + 1 + size)
        if at < 0:
            return None
    return (True, items) if items else None


def _after_signature(unit: bytes, at: int) -> int:
    """Where a signature that starts at `at` ends; -1 where there is none."""
    for _ in range(2):
        if at >= len(unit) or abs(unit[at] - NUMBER) > 2:
            return -1
        at += 1 + unit[at]
    return at if at <= len(unit) else -1


def _first(unit: bytes) -> tuple[bool, list[Item]] | None:
    items: list[Item] = []
    at, stop = 6, len(unit)
    while at < stop:
        size = _size(unit[at], unit, at + 3)
        if not size:
            return None
        items.append(Item(unit[at], -1, at + 3, size))
        at += 3 + size
    return (False, items) if items else None


def _list(unit: bytes, at: int, width: int) -> int:
    """The end of a list of up to 253 things that says their number in one byte first."""
    if at >= len(unit):
        return -1
    return at + 1 + width * (unit[at] if unit[at] < 0xFE else 0)


def _probes(unit: bytes, at: int) -> int:
    """The end of a fuel cell's body: after 6 bytes the number of its probes, of one byte each."""
    count = int.from_bytes(unit[at + 6 : at + 8], "big")
    return at + 18 + (count if count < 0xFFFE else 0)


def _alarms(unit: bytes, at: int) -> int:
    at += 5
    for _ in range(4):
        at = _list(unit, at, 4)
        if at < 0:
            return -1
    return at


def _cells(unit: bytes, at: int) -> int:
    """The end of the voltages: of each battery 10 bytes, the last of which is the number of cells of two bytes."""
    if at >= len(unit):
        return -1
    batteries = unit[at] if unit[at] < 0xFE else 0
    at += 1
    for _ in range(batteries):
        if at + 10 > len(unit):
            return -1
        at += 10 + 2 * unit[at + 9]
    return at


def _temperatures(unit: bytes, at: int) -> int:
    if at >= len(unit):
        return -1
    batteries = unit[at] if unit[at] < 0xFE else 0
    at += 1
    for _ in range(batteries):
        if at + 3 > len(unit):
            return -1
        at += 3 + int.from_bytes(unit[at + 1 : at + 3], "big")
    return at


_ELECTRIC: dict[int, Callable[[bytes, int], int]] = {
    0x01: lambda unit, at: at + 20,
    0x02: lambda unit, at: _list(unit, at, 12),
    0x03: _probes,
    0x04: lambda unit, at: at + 5,
    0x05: lambda unit, at: at + 9,
    0x06: lambda unit, at: at + 14,
    0x07: _alarms,
    0x08: _cells,
    0x09: _temperatures,
}
"""Of GB/T 32960.3-2016 the types and where a body that starts at `at` ends; types from 80 on say their length."""


def electric(unit: bytes) -> list[Item] | None:
    """The items of a realtime unit of an electric vehicle; None where they do not use it up exactly."""
    if time_of(unit) is None:
        return None
    items: list[Item] = []
    at = 6
    while at < len(unit):
        kind = unit[at]
        if kind in _ELECTRIC:
            end = _ELECTRIC[kind](unit, at + 1)
        elif kind >= 0x80:
            end = at + 3 + int.from_bytes(unit[at + 1 : at + 3], "big")
        else:
            return None
        if not at < end <= len(unit):
            return None
        items.append(Item(kind, -1, at + 1, end - at - 1))
        at = end
    return items or None


_TIMED = {LOGIN: 28, LOGOUT: 8, TAMPER: 17}
_TERMINAL_PLAIN = {TIME: 0, ACTIVATED: 2}
_PLATFORM_TIMED = {LOGIN: 28, LOGOUT: 8, PLATFORM_LOGIN: 41, PLATFORM_LOGOUT: 8}
_ELECTRIC_TIMED = {LOGOUT: 8, ELECTRIC_PLATFORM_LOGIN: 41, ELECTRIC_PLATFORM_LOGOUT: 8}


def fit(frame: bytes, family: Family) -> Fit:
    """Whether a whole frame with a right checksum is as its command has it."""
    command, unit = frame[2], frame[HEAD:-1]
    if family is Family.ELECTRIC_2025 or frame[21] != PLAIN:
        return Fit.OPEN
    if family is Family.TERMINAL:
        return _terminal(command, frame, unit)
    if frame[3] != IS_COMMAND:
        return Fit.EXACT if not unit or (len(unit) == 6 and time_of(unit)) else Fit.OPEN
    if family is Family.PLATFORM:
        return _platform(command, frame, unit)
    return _electric_fit(command, unit)


def _as(good: bool) -> Fit:
    return Fit.EXACT if good else Fit.WRONG


def _sized(unit: bytes, size: int) -> Fit:
    return _as(len(unit) == size and time_of(unit) is not None)


def _heavy(frame: bytes, unit: bytes, family: Family) -> Fit:
    start = vin_start(family)
    return _as(realtime(unit, vin_text(frame[start : start + 17])) is not None)


def _terminal(command: int, frame: bytes, unit: bytes) -> Fit:
    if command in (REALTIME, RESEND):
        return _heavy(frame, unit, Family.TERMINAL)
    if command in _TIMED:
        return _sized(unit, _TIMED[command])
    if command in _TERMINAL_PLAIN:
        return _as(len(unit) == _TERMINAL_PLAIN[command])
    if command == ACTIVATION:
        return _as(time_of(unit) is not None and len(unit) >= 103 and _after_signature(unit, 103) == len(unit))
    return Fit.OPEN


def _platform(command: int, frame: bytes, unit: bytes) -> Fit:
    if command in (REALTIME, RESEND):
        return _heavy(frame, unit, Family.PLATFORM)
    if command in _PLATFORM_TIMED:
        return _sized(unit, _PLATFORM_TIMED[command])
    if command == TIME:
        return _as(not unit)
    if command == KEY_EXCHANGE:
        return _as(len(unit) >= 15 and len(unit) == 15 + int.from_bytes(unit[1:3], "big"))
    return Fit.OPEN


def _electric_fit(command: int, unit: bytes) -> Fit:
    if command in (REALTIME, RESEND):
        return _as(electric(unit) is not None)
    if command == LOGIN:
        return _as(time_of(unit) is not None and len(unit) >= 30 and len(unit) == 30 + unit[28] * unit[29])
    if command in _ELECTRIC_TIMED:
        return _sized(unit, _ELECTRIC_TIMED[command])
    if command in (HEARTBEAT, CALIBRATION):
        return _as(not unit)
    return Fit.OPEN
