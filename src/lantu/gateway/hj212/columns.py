"""Many frames at once as columns: the bytes of all of them in one buffer, and NumPy over it.

Frames are grouped by their shape (`shapes`), each shape is studied on one frame, and then every value of a shape's
frames stands in a known place. A frame with anything unusual in it is decoded singly (`packet`, `readings`), which says
what frames mean; both ways give the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lantu.gateway.arrivals import Decoded, Kept
from lantu.gateway.hj212.buffers import FOUR, TWO, Buffer, Scratch, fields_of, sound
from lantu.gateway.hj212.device_names import DeviceNames
from lantu.gateway.hj212.digits import numbers, times
from lantu.gateway.hj212.packet import Packet, read_packet
from lantu.gateway.hj212.policy import DevicePolicy
from lantu.gateway.hj212.readings import CLOCK_AHEAD, EARLIEST, FLAGS, contents_of
from lantu.gateway.hj212.rows import COLUMNS, Block, Codes, Rows
from lantu.gateway.hj212.shapes import Meaning, Shape, meaning_of, shape_of
from lantu.gateway.hj212.subpackets import SubPackets, cut_off

_U = np.uint64
_CHUNK = 2048
"""Frames in one buffer, about a megabyte: more would leave the processor's cache."""
_SHAPES_KEPT = 4096
_FEW = 4
"""A shape of fewer frames in a buffer is cheaper to decode singly."""
_FLAG_TEXT = [chr(byte) if chr(byte) in FLAGS else "" for byte in range(256)]
_CONTENT = _U(int.from_bytes(b"=&&", "little"))
_KNOWN_FLAG = np.array([bool(text) for text in _FLAG_TEXT])


@dataclass(slots=True)
class _Studied:
    """A shape with the words of its names, to compare others exactly, and its meanings by command, system and Flag."""

    shape: Shape | None
    name: np.ndarray
    name_rest: np.ndarray
    meanings: dict[int, Meaning | None]


class Columns:
    """Decodes kept frames; remembers the shapes it has met. Not for two threads at once."""

    def __init__(self, policy: DevicePolicy, zone: dt.timezone) -> None:
        """`policy` knows keys, allowed factors and units; `zone` is that of the devices' clocks."""
        self._policy = policy
        self._offset = zone.utcoffset(None)
        self._shapes: dict[int, _Studied] = {}
        self._scratch = Scratch()
        self._devices = DeviceNames()

    def decode(self, kept: Kept) -> Decoded:
        """All kept frames as tables."""
        rows = Rows()
        received = np.asarray(kept.received, dtype=np.int64) + int(self._offset.total_seconds()) * 10**9
        arrived = (received // 10**9).astype("M8[s]")
        singly: list[int] = []
        for begin in range(0, len(kept.raw), _CHUNK):
            raw = kept.raw[begin : begin + _CHUNK]
            done = self._decode_regular(raw, arrived[begin : begin + _CHUNK], begin, rows)
            singly.extend((np.flatnonzero(~done) + begin).tolist())
        self._decode_singly(kept.raw, arrived, singly, rows)
        return self._finish(rows)

    def decode_singly(self, kept: Kept) -> Decoded:
        """The same, each frame by itself: the slow way, to check the fast one."""
        rows = Rows()
        received = np.asarray(kept.received, dtype=np.int64) + int(self._offset.total_seconds()) * 10**9
        self._decode_singly(kept.raw, (received // 10**9).astype("M8[s]"), list(range(len(kept.raw))), rows)
        return self._finish(rows)

    # Regular frames

    def _decode_regular(self, raw: Sequence[bytes], arrived: np.ndarray, begin: int, rows: Rows) -> np.ndarray:
        """Decode the regular frames of a chunk into `rows`; which frames those were."""
        done = np.zeros(len(raw), bool)
        buffer = fields_of(raw, self._scratch)
        if buffer is None:
            return done
        jobs: list[_Job] = []
        places = np.flatnonzero(sound(buffer))
        keys, inverse, counts = np.unique(buffer.key[places], return_inverse=True, return_counts=True)
        order = places[np.argsort(inverse, kind="stable")]
        stop = 0
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            frames = order[stop : stop + count]
            stop += count
            studied = self._shapes.get(key)
            if studied is None:
                if count < _FEW:
                    continue
                studied = self._study(key, buffer, int(frames[0]))
            if studied.shape is not None:
                jobs.extend(self._jobs(studied, studied.shape, buffer, frames))
        if jobs:
            _read(jobs, buffer, arrived, begin, rows, done, self._devices)
        return done

    def _study(self, key: int, buffer: Buffer, frame: int) -> _Studied:
        """Study the shape of a frame."""
        first, count = buffer.first[frame], buffer.count[frame]
        fields = slice(first, first + count)
        shape = shape_of(buffer.raw[frame])
        if shape is not None:
            expected = np.full(count, 2)
            expected[shape.first] = 3  # `=&&`: two characters after CP
            after = buffer.end[frame] - buffer.value_end[first + count - 1]
            if len(shape.names) != count or (buffer.gap[fields] != expected).any() or after != 8:
                shape = None
        if len(self._shapes) >= _SHAPES_KEPT:
            self._shapes.clear()
        studied = _Studied(shape, buffer.name[fields].copy(), buffer.name_rest[fields].copy(), {})
        self._shapes[key] = studied
        return studied

    def _jobs(self, studied: _Studied, shape: Shape, buffer: Buffer, frames: np.ndarray) -> list[_Job]:
        """The frames of a shape by command, system and Flag, those left out that differ from it after all."""
        first = buffer.first[frames]
        count = len(shape.names)
        fields = first[:, None] + np.arange(count)
        same = (buffer.count[frames] == count) & (buffer.name[fields] == studied.name).all(axis=1)
        same &= (buffer.name_rest[fields] == studied.name_rest).all(axis=1)
        command, system = first + shape.command, first + shape.system
        same &= buffer.value_end[command] - buffer.equals[command] == 5
        same &= buffer.value_end[system] - buffer.equals[system] == 3
        same &= buffer.value_end[first + shape.time] - buffer.equals[first + shape.time] == 15
        if shape.resent >= 0:
            field = first + shape.resent
            same &= (buffer.value_end[field] - buffer.equals[field] == 2) & (
                buffer.octets[buffer.equals[field] + 1] == 49
            )
        words = buffer.words
        content = words[buffer.equals[first + shape.first - 1]]
        same &= content & _U(0xFFFFFF) == _CONTENT
        same &= buffer.end[frames] - buffer.value_end[first + count - 1] == 8
        kind = (words[buffer.equals[command] + 1] & FOUR) | ((words[buffer.equals[system] + 1] & TWO) << _U(32))
        if shape.flag >= 0:
            kind |= (words[buffer.equals[first + shape.flag] + 1] & TWO) << _U(48)
        jobs = []
        for value in np.unique(kind[same]).tolist():
            chosen = frames[same & (kind == value)]
            if value not in studied.meanings:
                studied.meanings[value] = meaning_of(shape, buffer.raw[int(chosen[0])])
            meaning = studied.meanings[value]
            if meaning is not None:
                jobs.append(_Job(shape, meaning, chosen))
        return jobs

    # Single frames

    def _decode_singly(self, raw: Sequence[bytes], arrived: np.ndarray, places: list[int], rows: Rows) -> None:
        packets: list[tuple[int, Packet]] = []
        torn = False
        for place in places:
            packet = read_packet(raw[place], self._policy)
            packets.append((place, packet))
            torn = torn or (packet.good and cut_off(packet))
        joined: set[int] = set()
        if torn:
            joined = self._join(raw, arrived, rows)
        for place, packet in packets:
            if place not in joined:
                rows.add(packet, contents_of(packet, arrived[place].astype(object)), place)

    def _join(self, raw: Sequence[bytes], arrived: np.ndarray, rows: Rows) -> set[int]:
        """Put together the uploads that were cut in the middle; the places of their frames."""
        waiting = SubPackets()
        places: set[int] = set()
        for place, frame in enumerate(raw):
            if b"PNUM=" not in frame:
                continue
            packet = read_packet(frame, self._policy)
            if not packet.good or packet.sealed or packet.packets < 2 or "packet_beyond_total" in packet.oddities:
                continue
            joined, given_up = waiting.add(packet, place, arrived[place].astype(object))
            for part, oddity in given_up:
                rows.odd(packet.device, part, oddity)
            if joined is None or not any(cut_off(read_packet(raw[part], self._policy)) for part in joined.places):
                continue
            places.update(joined.places)
            rows.without(set(joined.places))
            for oddity in joined.oddities:
                rows.odd(packet.device, joined.places[0], oddity)
            rows.add(joined.whole, contents_of(joined.whole, arrived[place].astype(object)), joined.places[0])
            for part in joined.places[1:]:
                rows.undecoded[part] = "joined"
        return places

    # What the register says

    def _finish(self, rows: Rows) -> Decoded:
        """Leave out factors that are not registered, give units, and make tables."""
        allowed = np.ones((len(rows.devices.texts), len(rows.factors.texts)), bool)
        units = Codes()
        unit = np.full(allowed.shape, -1, np.int32)
        factors = {factor: place for place, factor in enumerate(rows.factors.texts)}
        alike: dict[int, tuple[Mapping[str, str], np.ndarray]] = {}  # devices of one list of factors are many
        for row, device in enumerate(rows.devices.texts):
            registered = self._policy.allowed_factors(device)
            if registered is not None:
                allowed[row] = [factor in registered for factor in factors]
            given = self._policy.units(device)
            known = alike.get(id(given))
            if known is None:
                for factor, name in given.items():
                    if factor in factors:
                        unit[row, factors[factor]] = units[name]
                alike[id(given)] = given, unit[row]  # held, so that no other takes its place in memory
            else:
                unit[row] = known[1]
        blocks = rows.all_blocks()
        if not allowed.all():
            for number, block in enumerate(blocks):
                kept = allowed[block.device, block.factor]
                refused = zip(block.frame[~kept].tolist(), block.device[~kept].tolist(), strict=True)
                for frame, device in sorted(set(refused)):
                    rows.odd(rows.devices.texts[device], frame, "factor_not_allowed")
                blocks[number] = block.select(kept)
        if units.texts:
            for block in blocks:
                block.unit = unit[block.device, block.factor]
        return Decoded(rows.tables(blocks, units), rows.undecoded)


@dataclass(slots=True)
class _Job:
    """Frames of one shape and meaning."""

    shape: Shape
    meaning: Meaning
    frames: np.ndarray


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


class _Layout:
    """Where the values of several jobs come from, and where they go: a row for each factor of each frame.

    Frames are numbered as the jobs have them. Of numbers and flags: the field each comes from, and its place in the
    columns that are used (one after the other) or the row of the flag.
    """

    def __init__(self, jobs: list[_Job], first: np.ndarray) -> None:
        self.jobs = jobs
        self.frames = _joined([job.frames for job in jobs])
        self.counts = np.array([len(job.frames) for job in jobs])
        self._heights = np.array([len(job.meaning.factors) for job in jobs])
        self.total = int((self.counts * self._heights).sum())
        self.used = sorted({column for job in jobs for column in job.meaning.number_column.tolist()})
        place_of = np.zeros(len(COLUMNS), np.int64)
        place_of[self.used] = np.arange(len(self.used))
        numbers, targets, flags, rows = [], [], [], []
        row = 0
        for job, height in zip(jobs, self._heights.tolist(), strict=True):
            meaning, begins = job.meaning, first[job.frames][:, None]
            base = np.arange(row, row + height * len(begins), height)[:, None]
            numbers.append((begins + meaning.number_field).ravel())
            targets.append((base + (meaning.number_row + place_of[meaning.number_column] * self.total)).ravel())
            flags.append((begins + meaning.flag_field).ravel())
            rows.append((base + meaning.flag_row).ravel())
            row += height * len(begins)
        self.number_field, self.number_target = _joined(numbers), _joined(targets)
        self.flag_field, self.flag_row = _joined(flags), _joined(rows)

    def by_row(self, values: np.ndarray) -> np.ndarray:
        """A value of each frame for each of its rows."""
        if len(self.jobs) == 1:
            return np.repeat(values, self._heights[0])
        return np.repeat(values, np.repeat(self._heights, self.counts))

    def by_frame(self, values: list[int]) -> np.ndarray:
        """A value of each job for each of its frames."""
        return np.repeat(np.array(values, np.int32), self.counts)

    def factors(self, codes: Codes) -> np.ndarray:
        """The factor of each row."""
        numbers = [np.array([codes[name] for name in job.meaning.factors], np.int32) for job in self.jobs]
        return _joined([np.tile(part, count) for part, count in zip(numbers, self.counts.tolist(), strict=True)])

    def frames_of_numbers(self, places: np.ndarray) -> np.ndarray:
        """The frames that some of the numbers belong to."""
        return np.repeat(np.arange(len(self.frames)), self._each("number_field"))[places]

    def frames_of_flags(self, places: np.ndarray) -> np.ndarray:
        """The frames that some of the flags belong to."""
        return np.repeat(np.arange(len(self.frames)), self._each("flag_field"))[places]

    def _each(self, name: str) -> np.ndarray:
        return np.repeat(np.array([len(getattr(job.meaning, name)) for job in self.jobs]), self.counts)


def _read(
    jobs: list[_Job],
    buffer: Buffer,
    arrived: np.ndarray,
    begin: int,
    rows: Rows,
    done: np.ndarray,
    devices: DeviceNames,
) -> None:
    """Read the values of all jobs at once and add the rows of the frames whose values are all in order."""
    octets, words, equals, value_end = buffer.octets, buffer.words, buffer.equals, buffer.value_end
    layout = _Layout(jobs, buffer.first)
    frames, total = layout.frames, layout.total
    good = np.ones(len(frames), bool)
    value_start = equals + 1
    field = layout.number_field
    value, fine = numbers(octets, words, value_start[field], value_end[field])
    good[layout.frames_of_numbers(np.flatnonzero(~fine))] = False
    columns = np.full(len(layout.used) * total, np.nan)
    columns[layout.number_target] = value
    field = layout.flag_field
    text = octets[value_start[field]]
    fine = _KNOWN_FLAG[text]
    fine &= value_end[field] - value_start[field] == 1
    good[layout.frames_of_flags(np.flatnonzero(~fine))] = False
    flag = np.zeros(total, np.int32)
    flag[layout.flag_row] = np.array([rows.flags[name] for name in _FLAG_TEXT], np.int32)[text]
    field = _joined([buffer.first[job.frames] + job.shape.time for job in jobs])
    time, fine = times(words, value_start[field])
    good &= fine
    good &= time >= np.datetime64(EARLIEST, "s")
    good &= time <= arrived[frames] + np.timedelta64(CLOCK_AHEAD)
    field = _joined([buffer.first[job.frames] + job.shape.device for job in jobs])
    device, fine = devices.numbers(buffer, value_start[field], value_end[field], rows)
    good &= fine
    good &= _joined([_whole_packets(job, buffer) for job in jobs])
    done[frames[good]] = True
    block = Block(
        layout.by_row(device),
        layout.by_row(frames + begin),
        layout.by_row(time),
        layout.by_row(layout.by_frame([job.meaning.kind for job in jobs])),
        layout.factors(rows.factors),
        {COLUMNS[column]: columns[place * total : (place + 1) * total] for place, column in enumerate(layout.used)},
        flag,
        np.zeros(total, bool),
        layout.by_row(layout.by_frame([job.shape.resent >= 0 for job in jobs]).astype(bool)),
    )
    rows.blocks.append(block if good.all() else block.select(layout.by_row(good)))
    stop = 0
    for job in jobs:
        start, stop = stop, stop + len(job.frames)
        odd = np.flatnonzero(good[start:stop]) if job.meaning.oddities else ()
        for name in job.meaning.oddities if len(odd) else ():
            rows.odd_many(device[start:stop][odd], job.frames[odd] + begin, name)


def _whole_packets(job: _Job, buffer: Buffer) -> np.ndarray:
    """Which frames of a job have a PNO from 1 to PNUM, or neither of the two."""
    if job.shape.packets < 0 and job.shape.packet < 0:
        return np.ones(len(job.frames), bool)
    if job.shape.packets < 0 or job.shape.packet < 0:
        return np.zeros(len(job.frames), bool)
    first = buffer.first[job.frames]
    total, number = first + job.shape.packets, first + job.shape.packet
    octets, words, equals, value_end = buffer.octets, buffer.words, buffer.equals, buffer.value_end
    packets, fine = numbers(octets, words, equals[total] + 1, value_end[total])
    packet, also = numbers(octets, words, equals[number] + 1, value_end[number])
    whole = (packets == np.floor(packets)) & (packet == np.floor(packet))
    short = (value_end[total] - equals[total] <= 5) & (value_end[number] - equals[number] <= 5)
    return fine & also & whole & short & (packet >= 1) & (packet <= packets)
