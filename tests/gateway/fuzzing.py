"""Damaged streams, cut at random, against slow reference splitters that have nothing in common with the fast ones.

`python -m tests.gateway.fuzzing PROTOCOL COUNT` (hj212, vehicles or positions) tries many and prints what was found: no
exception, and no undamaged frame lost that the reference keeps.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import multiprocessing
import operator
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lantu.gateway.arrivals import Session
from lantu.gateway.hj212 import Hj212
from lantu.gateway.hj212.writing import data_segment, frame_of
from lantu.gateway.vehicles import Family, Positions, Vehicles
from lantu.gateway.vehicles.encoding import (
    NO_SIGNATURE,
    diagnosis,
    electric_unit,
    frame,
    login_unit,
    logout_unit,
    realtime_unit,
    stream,
)
from lantu.gateway.vehicles.positions import make_message
from lantu.gateway.vehicles.quantities import DIAGNOSIS, DIESEL, HYBRID

NOON = dt.datetime(2021, 6, 15, 12)


@dataclass(slots=True)
class Found:
    """What came of many streams. `missing`: undamaged frames that the reference keeps, and the splitter does not."""

    streams: int = 0
    frames: int = 0
    undamaged: int = 0
    given: int = 0
    kept_where_the_reference_loses: int = 0
    lost_by_both: int = 0
    missing: list[tuple[bytes, list[int]]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Count another's too."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


# What is sent


def logger_frame(chance: random.Random, serial: int) -> bytes:
    """An upload of HJ 212, with text that may look like a frame."""
    text = f"a21002-Rtd={chance.uniform(0, 99):.1f},a21002-Flag=N"
    if chance.random() < 0.2:
        text = f"i11001-Info=//err ##0{chance.randrange(1000):03} && 1C80//"
    content = f"DataTime=20210615140000;{text}"
    return frame_of(
        data_segment(number=f"20210615{serial:09}", system="31", command=2011,
                     device="110101A8900016F000169DC0", flag=chance.choice([4, 5]), content=content)
    )  # fmt: skip


def vehicle_frame(chance: random.Random, serial: int) -> bytes:
    """A frame of any of the families on the vehicle port; VINs and bodies hold marks now and then."""
    family = chance.choice([Family.TERMINAL, Family.TERMINAL, Family.PLATFORM, Family.PLATFORM, Family.ELECTRIC])
    vin = chance.choice(["LBJTEST0000000017", "LBJTEST##~~000018"])
    kind = chance.random()
    if family is Family.ELECTRIC:
        place = {"longitude": 116.4, "latitude": 39.9}
        return frame(family, 2, "LSVAM41Z6F2000001", electric_unit(NOON, {"speed": 50, "mileage": serial}, place))
    if kind < 0.12:
        return frame(family, 1, vin, login_unit(NOON, serial, "89860621070012345678"))
    if kind < 0.2:
        return frame(family, 4, vin, logout_unit(NOON, serial))
    if kind < 0.28:
        return frame(family, 2, "LBJTEST0000000017", chance.randbytes(48), encryption=chance.choice([2, 3, 4, 5]))
    if kind < 0.32:
        return frame(family, 5, vin)
    items = []
    for second in range(chance.randrange(1, 4)):
        content = stream(DIESEL, {"speed": 40.0, "nox_downstream": 30.15, "longitude": 116.4, "latitude": 39.9})
        tail = chance.choice([b"##~~", b"##\x02L", b"~~\x02\xfe", chance.randbytes(4)])
        items.append((DIESEL, NOON + dt.timedelta(seconds=second), content[:-4] + tail))
    if chance.random() < 0.15:
        items.append((HYBRID, NOON, chance.randbytes(8)))
    if chance.random() < 0.1:
        items.append((DIAGNOSIS, NOON, diagnosis(vin, codes=[chance.randrange(1 << 32)])))
    layout = chance.choice(["L1", "L2", "L3"])
    unit = realtime_unit(layout, NOON, serial, items, None if layout == "L1" else NO_SIGNATURE)
    return frame(family, chance.choice([2, 3]), vin, unit)


def position_frame(chance: random.Random, serial: int) -> bytes:
    """A message of JT/T 808; bodies hold flags and escapes."""
    body = chance.randbytes(28) + chance.choice([b"", b"\x01\x04\x7e\x7d\x02\x01", b"\x14\x02~}"])
    number = chance.choice([0x0200, 0x0200, 0x0002, 0x0100])
    return make_message(number, "13800138000", serial, body, chance.choice([2013, 2019]))


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Bytes changed (the length among them), lost, doubled or put in between; or the end is cut off."""
    hurt = bytearray(data)
    at = chance.randrange(len(hurt))
    how = chance.randrange(7)
    if how == 0:
        hurt[at] ^= chance.randrange(1, 256)
    elif how == 1:
        at = chance.choice([place for place in (2, 3, 4, 5, 22, 23) if place < len(hurt)])
        hurt[at] ^= chance.randrange(1, 256)
    elif how == 2:
        del hurt[at : at + chance.randrange(1, 40)]
    elif how == 3:
        hurt[at:at] = chance.randbytes(chance.randrange(1, 20))
    elif how == 4:
        hurt[at:at] = chance.choice([b"##", b"~~", b"&&", b"~", b"\r\n", b"##0100", b"##\x02LBJ"]) * chance.randrange(
            1, 5
        )
    elif how == 5:
        del hurt[at:]
    else:
        hurt[at:at] = hurt[: chance.randrange(len(hurt))]
    return bytes(hurt)


# The slow references: whole streams, one candidate after the other


def _sum_of(data: bytes) -> int:
    return functools.reduce(operator.xor, data, 0)


def vehicles_of(data: bytes) -> list[bytes]:
    """At each mark: if the length lies within the stream and the checksum fits, a frame; else one byte further."""
    found, at = [], 0
    while at + 25 <= len(data):
        if data[at : at + 2] in (b"##", b"~~", b"$$") and 1 <= data[at + 2] <= 0xC0:
            end = at + 25 + int.from_bytes(data[at + 22 : at + 24], "big")
            if end - at - 25 <= 8192 and end <= len(data) and not _sum_of(data[at + 2 : end]):
                found.append(data[at:end])
                at = end
                continue
        at += 1
    return found


def positions_of(data: bytes) -> list[bytes]:
    """Between each two flags: unescaped, its checksum right and its head as long as it says."""
    found = []
    places = [place for place, byte in enumerate(data) if byte == 0x7E]
    for first, second in itertools.pairwise(places):
        content, at = bytearray(), first + 1
        while at < second:
            escaped = data[at] == 0x7D and data[at + 1 : at + 2] in (b"\x01", b"\x02") and at + 1 < second
            content.append({1: 0x7D, 2: 0x7E}[data[at + 1]] if escaped else data[at])
            at += 2 if escaped else 1
        if len(content) < 13 or _sum_of(bytes(content)):
            continue
        size = (content[2] << 8 | content[3]) & 0x3FF
        if len(content) - 1 - size == (17 if content[2] & 0x40 else 12):
            found.append(data[first : second + 1])
    return found


_LOGGER = re.compile(rb"##([0-9]{4})")


def loggers_of(data: bytes) -> list[bytes]:
    """At each `##`: if the length leads to `&&`, the right checksum, CR LF, a frame; else one byte further."""
    found, at = [], 0
    while (match := _LOGGER.search(data, at)) is not None:
        start, size = match.start(), int(match[1])
        end = start + 6 + size
        text = data[start + 6 : end]
        if data[end - 2 : end] == b"&&" and data[end + 4 : end + 6] == b"\r\n" and data[end : end + 4] == _crc(text):
            found.append(data[start : end + 6])
            at = end + 6
        else:
            at = start + 1
    return found


def _crc(text: bytes) -> bytes:
    register = 0xFFFF
    for byte in text:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return f"{register:04X}".encode()


@dataclass(frozen=True, slots=True)
class Line:
    """A protocol under trial: a session for a connection, what is sent, the slow reference."""

    session: Callable[[], Session]
    make: Callable[[random.Random, int], bytes]
    reference: Callable[[bytes], list[bytes]]


LINES: dict[str, Line] = {
    "hj212": Line(lambda: Hj212().session(), logger_frame, loggers_of),
    "vehicles": Line(lambda: Vehicles().session(), vehicle_frame, vehicles_of),
    "positions": Line(lambda: Positions(b"secret").session(), position_frame, positions_of),
}


def without(wanted: Sequence[bytes], there: Sequence[bytes]) -> list[bytes]:
    """Those of `wanted` that are not among `there`, each as often as it is missing."""
    return list((Counter(wanted) - Counter(there)).elements())


def try_streams(protocol: str, count: int, seed: int) -> Found:
    """Streams of one to six frames, one in four damaged, in up to eight pieces; the connection ends behind them."""
    line, chance, found = LINES[protocol], random.Random(f"{protocol} {seed}"), Found()
    for _ in range(count):
        pieces, whole = [], []
        for serial in range(chance.randrange(1, 7)):
            each = line.make(chance, serial)
            if chance.random() < 0.25:
                pieces.append(damaged(each, chance))
            else:
                pieces.append(each)
                whole.append(each)
        data = b"".join(pieces)
        cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(8)))
        found.streams += 1
        found.frames += len(pieces)
        found.undamaged += len(whole)
        try:
            given = _split(line, data, cuts)
        except Exception as error:
            found.faults.append(f"{error!r} on {data.hex()} cut at {cuts}")
            continue
        found.given += len(given)
        missing = without(whole, given)
        if missing:
            # Frames may be alike, so they are counted: those that the reference keeps must be there as often.
            kept = list((Counter(whole) & Counter(line.reference(data))).elements())
            lost = without(kept, given)
            found.lost_by_both += len(missing) - len(lost)
            if lost:
                found.missing.append((data, cuts))
        elif any(piece not in whole for piece in pieces):
            found.kept_where_the_reference_loses += bool(without(whole, line.reference(data)))
    return found


def _split(line: Line, data: bytes, cuts: Sequence[int]) -> list[bytes]:
    session = line.session()
    given: list[bytes] = []
    begin = 0
    for cut in [*cuts, len(data)]:
        if cut > begin:
            given += session.split(data[begin:cut])
            begin = cut
    return given + session.close()


def _work(task: tuple[str, int, int]) -> Found:
    return try_streams(*task)


def main() -> int:
    """Try many streams, on two processes."""
    protocol, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    part = 5000
    tasks = [(protocol, min(part, count - begin), begin // part) for begin in range(0, count, part)]
    found, begun = Found(), time.monotonic()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for each in pool.imap_unordered(_work, tasks):
            found.add(each)
    print(
        f"{protocol}: {found.streams:,} streams, {found.frames:,} frames, {found.undamaged:,} of them undamaged, "
        f"{found.given:,} given, {len(found.missing)} streams with a frame lost that the reference keeps, "
        f"{found.lost_by_both} lost by both, "
        f"{found.kept_where_the_reference_loses} streams where only the reference loses one, "
        f"{len(found.faults)} exceptions, {time.monotonic() - begun:.0f} s"
    )
    for data, cuts in found.missing[:5]:
        print("missing:", data.hex(), cuts)
    for fault in found.faults[:5]:
        print("fault:", fault)
    return int(bool(found.missing or found.faults))


if __name__ == "__main__":
    sys.exit(main())
