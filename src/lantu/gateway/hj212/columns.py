"""Many frames at once as columns: the bytes of all of them in one buffer, and NumPy over it.

Frames are grouped by their shape (`shapes`), each shape is studied on one frame, and then every value of a shape's
frames stands in a known place. A frame with anything unusual in it is decoded singly (`packet`, `readings`), which says
what frames mean; both ways give the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
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
_CHUNK = 1024
"""Frames in one buffer, about half a megabyte: more would leave the processor's cache."""
_SHAPES_KEPT = 4096
_FEW = 4
"""A shape of fewer frames in a buffer is cheaper to decode singly."""
_FLAG_TEXT = [chr(byte) if chr(byte) in FLAGS else "" for byte in range(256)]
_CONTENT = _U(int.from_bytes(b"=&&", "little"))
_KNOWN_FLAG = np.array([bool(text) for text in _FLAG_TEXT])


@dataclass(slots=True)
class _Studied:
    """A shape with the words of its names, to compare others exactly, and its meanings by command and system."""

    shape: Shape | None
    name: np.ndarray
    name_rest: np.ndarray
    meanings: dict[int, Meaning | None]


class Columns:
    """Decodes kept frames; remembers the shapes it has met."""

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
        """The frames of a shape by command and system, those left out that differ from it after all."""
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
        for row, device in enumerate(rows.devices.texts):
            registered = self._policy.allowed_factors(device)
            if registered is not None:
                allowed[row] = [factor in registered for factor in rows.factors.texts]
            for factor, name in self._policy.units(device).items():
                if factor in rows.factors.texts:
                    unit[row, rows.factors.texts.index(factor)] = units[name]
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
    fields: list[np.ndarray] = []
    owners: list[np.ndarray] = []
    targets: list[np.ndarray] = []
    flag_fields: list[np.ndarray] = []
    flag_rows: list[np.ndarray] = []
    flag_owners: list[np.ndarray] = []
    frames = np.concatenate([job.frames for job in jobs])
    height = [len(job.meaning.factors) for job in jobs]
    counts = [len(job.frames) for job in jobs]
    total = sum(rows_each * count for rows_each, count in zip(height, counts, strict=True))
    time_field = np.concatenate([buffer.first[job.frames] + job.shape.time for job in jobs])
    device_field = np.concatenate([buffer.first[job.frames] + job.shape.device for job in jobs])
    used = sorted({column for job in jobs for column in job.meaning.number_column.tolist()})
    column_place = np.zeros(len(COLUMNS), np.int64)
    column_place[used] = np.arange(len(used))
    row = frame = 0
    factor = np.empty(total, np.int32)
    owner_of_row = np.empty(total, np.int64)
    kind = np.empty(len(frames), np.int32)
    late = np.empty(len(frames), bool)
    good = np.ones(len(frames), bool)
    for job, rows_each, count in zip(jobs, height, counts, strict=True):
        meaning = job.meaning
        first = buffer.first[job.frames][:, None]
        number = frame + np.arange(count)
        base = row + rows_each * np.arange(count)[:, None]
        fields.append((first + meaning.number_field).ravel())
        targets.append((base + (meaning.number_row + column_place[meaning.number_column] * total)).ravel())
        owners.append(np.repeat(number, len(meaning.number_field)))
        flag_fields.append((first + meaning.flag_field).ravel())
        flag_rows.append((base + meaning.flag_row).ravel())
        flag_owners.append(np.repeat(number, len(meaning.flag_field)))
        stop = row + rows_each * count
        factor[row:stop] = np.tile(np.array([rows.factors[name] for name in meaning.factors], np.int32), count)
        owner_of_row[row:stop] = np.repeat(number, rows_each)
        kind[frame : frame + count] = meaning.kind
        late[frame : frame + count] = job.shape.resent >= 0
        if job.shape.packets >= 0 or job.shape.packet >= 0:
            good[number] = _whole_packets(job, buffer)
        row, frame = stop, frame + count
    field = np.concatenate(fields)
    value, fine = numbers(octets, words, equals[field] + 1, value_end[field])
    good[np.concatenate(owners)[~fine]] = False
    columns = np.full(len(used) * total, np.nan)
    columns[np.concatenate(targets)] = value
    flag = np.zeros(total, np.int32)
    field = np.concatenate(flag_fields)
    text = octets[equals[field] + 1]
    fine = _KNOWN_FLAG[text] & (value_end[field] - equals[field] == 2)
    good[np.concatenate(flag_owners)[~fine]] = False
    flag[np.concatenate(flag_rows)] = np.array([rows.flags[name] for name in _FLAG_TEXT], np.int32)[text]
    time, fine = times(words, equals[time_field] + 1)
    good &= fine & (time >= np.datetime64(EARLIEST, "s"))
    good &= time <= arrived[frames] + np.timedelta64(CLOCK_AHEAD)
    device, fine = devices.numbers(buffer, equals[device_field] + 1, value_end[device_field], rows)
    good &= fine
    done[frames[good]] = True
    block = Block(
        device[owner_of_row],
        (frames + begin)[owner_of_row],
        time[owner_of_row],
        kind[owner_of_row],
        factor,
        {COLUMNS[column]: columns[place * total : (place + 1) * total] for place, column in enumerate(used)},
        flag,
        np.zeros(total, bool),
        late[owner_of_row],
    )
    rows.blocks.append(block if good.all() else block.select(good[owner_of_row]))
    frame = 0
    for job, count in zip(jobs, counts, strict=True):
        if job.meaning.oddities:
            for place in np.flatnonzero(good[frame : frame + count]).tolist():
                for name in job.meaning.oddities:
                    device_name = rows.devices.texts[device[frame + place]]
                    rows.odd(device_name, begin + int(job.frames[place]), name)
        frame += count


def _whole_packets(job: _Job, buffer: Buffer) -> np.ndarray:
    """Which frames of a job have a PNO from 1 to PNUM."""
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
