"""What frames say that decides over keeping, answering and oddities: of many at once as columns, of a few one by one.

Columns cost a millisecond however few the frames are; on a quiet line one by one is faster. Both say the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lantu.gateway.vehicles.frames import (
    HEAD,
    IS_COMMAND,
    LOGIN,
    LOGOUT,
    PLAIN,
    REALTIME,
    RESEND,
    TAIL,
    Family,
    checksum,
    family_of,
    time_of,
    vin_start,
    vin_text,
)
from lantu.gateway.vehicles.quantities import DIAGNOSIS, HIGHEST_VALUE, POSITION_INVALID, SECONDS
from lantu.gateway.vehicles.scanning import (
    ELECTRIC,
    ELECTRIC_2025,
    NO_TIME,
    PLATFORM,
    TERMINAL,
    Heads,
    Items,
    find_items,
    read_heads,
    seconds_at,
)
from lantu.gateway.vehicles.units import electric, realtime

FEW = 40
"""Up to so many frames are looked at one by one."""
CLOCK_SLACK = 600
"""Seconds that a realtime frame's clock may be off before it counts as odd."""
EIGHT_HOURS = 8 * 3600
NUMBERS = {
    Family.TERMINAL: TERMINAL,
    Family.PLATFORM: PLATFORM,
    Family.ELECTRIC: ELECTRIC,
    Family.ELECTRIC_2025: ELECTRIC_2025,
}
ODD = (
    "obd_vin_differs", "position_marked_invalid", "time_impossible", "clock_8h", "clock", "answer_with_data",
    "encrypted", "layout",
)  # fmt: skip
FROM_POSITION = 13
"""Bytes from the position's state to the end of a stream's body, in all three of them."""
_EPOCH = dt.datetime(1970, 1, 1)


@dataclass(slots=True)
class Facts:
    """A list for each fact, with one value for each frame. What is said of a frame that is not sound means nothing."""

    sound: list[bool]
    damaged: list[bool]
    """All is well but the checksum."""
    family: list[int]
    command: list[int]
    is_command: list[bool]
    serial: list[int]
    """Of realtime frames of heavy vehicles whose layout is known; -1 of others."""
    odd: dict[str, list[bool]]
    """For each name in `ODD`."""


def facts_of(raw: Sequence[bytes], moment: dt.datetime) -> Facts:
    """The facts of some frames; `moment` is naive Beijing time."""
    return facts_one_by_one(raw, moment) if len(raw) <= FEW else facts_as_columns(raw, moment)


def facts_as_columns(raw: Sequence[bytes], moment: dt.datetime) -> Facts:
    """The facts of many frames at once."""
    heads = read_heads(raw)
    items, layout, _ = find_items(heads)
    plain = heads.encryption == PLAIN
    data = (heads.command == REALTIME) | (heads.command == RESEND)
    timed = (data | (heads.command == LOGIN) | (heads.command == LOGOUT)) & plain & heads.is_command
    timed &= heads.stop - heads.unit >= 6
    seconds = seconds_at(heads.buffer, np.where(timed, heads.unit, 0))
    impossible = timed & (seconds == NO_TIME)
    here = int((moment - _EPOCH).total_seconds())
    behind = np.where(timed & ~impossible & (heads.command == REALTIME), here - seconds, 0)
    utc = np.abs(behind - EIGHT_HOURS) <= CLOCK_SLACK
    differs = np.zeros(len(raw), bool)
    for item in np.flatnonzero(items.kind == DIAGNOSIS).tolist():
        frame, body = int(items.frame[item]), int(items.body[item])
        start = 3 if heads.family[frame] == TERMINAL else 4
        own = heads.buffer[body + 6 : body + 23].tobytes()
        differs[frame] |= vin_text(own) != vin_text(raw[frame][start : start + 17])
    unread = heads.heavy & (layout < 0)
    for frame in np.flatnonzero(heads.electric).tolist():
        unread[frame] = electric(raw[frame][HEAD:-TAIL]) is None
    odd = (
        differs,
        _marked_invalid(heads, items),
        impossible,
        utc,
        (np.abs(behind) > CLOCK_SLACK) & ~utc,
        ~heads.is_command & heads.says_more,
        ~plain & (heads.stop > heads.unit),
        unread & ~impossible,
    )
    return Facts(
        heads.sound.tolist(),
        heads.damaged.tolist(),
        heads.family.tolist(),
        heads.command.tolist(),
        heads.is_command.tolist(),
        _serials(heads, layout),
        {name: there.tolist() for name, there in zip(ODD, odd, strict=True)},
    )


def _marked_invalid(heads: Heads, items: Items) -> np.ndarray:
    """Whether the last stream item of each frame has a position, and says that it is none."""
    stream = np.flatnonzero(np.isin(items.kind, np.array(SECONDS, np.uint8)))
    last = np.full(len(heads.start), -1, np.int64)
    last[items.frame[stream]] = stream
    frames = np.flatnonzero(last >= 0)
    at = items.body[last[frames]] + items.size[last[frames]] - FROM_POSITION
    state = heads.buffer[at]
    there = ((state & POSITION_INVALID) != 0) & (state <= HIGHEST_VALUE)
    for place in (1, 5):
        number = heads.buffer[at[:, None] + np.arange(place, place + 4)]
        there &= (number[:, 0] <= HIGHEST_VALUE) & (number != 0).any(axis=1)
    found = np.zeros(len(heads.start), bool)
    found[frames] = there
    return found


def _is_marked_invalid(body: bytes) -> bool:
    """The same of one stream item."""
    state, longitude, latitude = body[-13], body[-12:-8], body[-8:-4]
    there = all(number[0] <= HIGHEST_VALUE and any(number) for number in (longitude, latitude))
    return there and bool(state & POSITION_INVALID) and state <= HIGHEST_VALUE


def _serials(heads: Heads, layout: np.ndarray) -> list[int]:
    """The serial number of each unit; in L1 that of its first item."""
    first = np.where(layout == 2, heads.unit + 7, heads.unit + 6)
    serial = (heads.buffer[first].astype(np.int64) << 8) | heads.buffer[first + 1]
    found: list[int] = np.where(layout >= 0, serial, -1).tolist()
    return found


def facts_one_by_one(raw: Sequence[bytes], moment: dt.datetime) -> Facts:
    """The facts of a few frames."""
    facts = Facts([], [], [], [], [], [], {name: [] for name in ODD})
    for frame in raw:
        _add(facts, frame, moment)
    return facts


def _add(facts: Facts, frame: bytes, moment: dt.datetime) -> None:
    mark = frame[:2]
    whole = (
        len(frame) >= HEAD + TAIL
        and mark in (b"##", b"~~", b"$$")
        and len(frame) == HEAD + TAIL + (frame[22] << 8 | frame[23])
    )
    right = whole and not checksum(frame)
    facts.sound.append(right)
    facts.damaged.append(whole and not right)
    odd = dict.fromkeys(ODD, False)
    family, command, is_command, serial = Family.TERMINAL, 0, True, -1
    if right:
        family, command = family_of(mark, frame[3]), frame[2]
        is_command = family is Family.TERMINAL or frame[3] == IS_COMMAND
        serial = _look(frame, family, command, is_command, moment, odd)
    facts.family.append(NUMBERS[family])
    facts.command.append(command)
    facts.is_command.append(is_command)
    facts.serial.append(serial)
    for name, there in odd.items():
        facts.odd[name].append(there)


def _look(
    frame: bytes, family: Family, command: int, is_command: bool, moment: dt.datetime, odd: dict[str, bool]
) -> int:
    """Enter what is odd about a sound frame, and give its serial number."""
    unit = frame[HEAD:-TAIL]
    says_more = len(unit) > 6
    plain = frame[21] == PLAIN
    odd["answer_with_data"] = not is_command and says_more
    odd["encrypted"] = not plain and bool(unit)
    if not plain:
        return -1
    if command in (REALTIME, RESEND, LOGIN, LOGOUT) and is_command and len(unit) >= 6:
        time = time_of(unit)
        odd["time_impossible"] = time is None
        if time is not None and command == REALTIME:
            behind = int((moment - time).total_seconds())
            odd["clock_8h"] = abs(behind - EIGHT_HOURS) <= CLOCK_SLACK
            odd["clock"] = abs(behind) > CLOCK_SLACK and not odd["clock_8h"]
    if command not in (REALTIME, RESEND) or not (is_command or says_more):
        return -1
    if family is Family.ELECTRIC:
        odd["layout"] = electric(unit) is None and not odd["time_impossible"]
        return -1
    if family is Family.ELECTRIC_2025:
        return -1
    start = vin_start(family)
    vin = vin_text(frame[start : start + 17])
    read = realtime(unit, vin)
    if read is None:
        odd["layout"] = not odd["time_impossible"]
        return -1
    for item in read.items:
        if item.kind == DIAGNOSIS and vin_text(unit[item.body + 6 : item.body + 23]) != vin:
            odd["obd_vin_differs"] = True
        elif item.kind in SECONDS:  # the last one counts
            odd["position_marked_invalid"] = _is_marked_invalid(unit[item.body : item.body + item.size])
    at = 7 if read.layout == "L1" else 6
    return unit[at] << 8 | unit[at + 1]
