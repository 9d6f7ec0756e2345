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
from lantu.gateway.hj212 import checksum
from lantu.gateway.hj212.digits import numbers, times, words_of
from lantu.gateway.hj212.packet import Packet, read_packet
from lantu.gateway.hj212.policy import DevicePolicy
from lantu.gateway.hj212.readings import CLOCK_AHEAD, EARLIEST, FLAGS, contents_of
from lantu.gateway.hj212.rows import COLUMNS, Block, Codes, Rows
from lantu.gateway.hj212.shapes import Meaning, Shape, meaning_of, shape_of
from lantu.gateway.hj212.subpackets import SubPackets, cut_off

_U = np.uint64
_CHUNK = 1024
"""Frames in one buffer, about half a megabyte: more would leave the processor's cache."""
_PAD = 32
_MOST_FIELDS = 1024
_SHAPES_KEPT = 4096
_DEVICES_KEPT = 1_000_000
_FEW = 4
"""A shape of fewer frames in a buffer is cheaper to decode singly."""

_random = np.random.default_rng(212)
_WEIGHTS = _random.integers(1, 2**63, _MOST_FIELDS, dtype=np.uint64) | _U(1)
_K1, _K2, _K3, _K4 = (_U(int(k) | 1) for k in _random.integers(1, 2**63, 4, dtype=np.uint64))
_LOW = np.array([(1 << 8 * n) - 1 for n in range(8)] + [2**64 - 1] * 9, dtype=np.uint64)
"""Masks of the n first characters of a word, by n from 0 to 16."""
_REST = np.array([0] * 8 + [(1 << 8 * n) - 1 for n in range(8)] + [2**64 - 1], dtype=np.uint64)
"""The same of the word that follows it."""
_HEX = np.array([int.from_bytes(text, "little") for text in checksum.HEX], dtype=np.uint64)
_TWO, _FOUR = _U(0xFFFF), _U(0xFFFFFFFF)
_FLAG_TEXT = [chr(byte) if chr(byte) in FLAGS else "" for byte in range(256)]
_KNOWN_FLAG = np.array([bool(text) for text in _FLAG_TEXT])


@dataclass(slots=True)
class _Buffer:
    """A joined buffer and its fields: of each field its name, the end of its value, and how far it is to the next."""

    joined: bytes
    octets: np.ndarray
    words: np.ndarray
    raw: Sequence[bytes]
    start: np.ndarray
    end: np.ndarray
    equals: np.ndarray
    value_end: np.ndarray
    first: np.ndarray
    count: np.ndarray
    name: np.ndarray
    name_rest: np.ndarray
    gap: np.ndarray
    key: np.ndarray


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
        self._scratch = _Scratch()
        self._devices = _Devices()

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
        buffer = _tokens(raw, self._scratch)
        if buffer is None:
            return done
        sound = _sound(buffer)
        jobs: list[_Job] = []
        places = np.flatnonzero(sound)
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

    def _study(self, key: int, buffer: _Buffer, frame: int) -> _Studied:
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

    def _jobs(self, studied: _Studied, shape: Shape, buffer: _Buffer, frames: np.ndarray) -> list[_Job]:
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
        kind = (words[buffer.equals[command] + 1] & _FOUR) | ((words[buffer.equals[system] + 1] & _TWO) << _U(32))
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
        block = rows.block()
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
        if not allowed.all():
            kept = allowed[block.device, block.factor]
            for frame, device in sorted(
                set(zip(block.frame[~kept].tolist(), block.device[~kept].tolist(), strict=True))
            ):
                rows.odd(rows.devices.texts[device], frame, "factor_not_allowed")
            block = block.select(kept)
        codes = unit[block.device, block.factor] if len(block.device) else np.zeros(0, np.int32)
        return Decoded(rows.tables(block, units.array(codes)), rows.undecoded)


@dataclass(slots=True)
class _Job:
    """Frames of one shape and meaning."""

    shape: Shape
    meaning: Meaning
    frames: np.ndarray


class _Scratch:
    """Memory that is used again for each chunk: fresh pages would cost more than what is done with them."""

    def __init__(self) -> None:
        self._octets = np.empty(0, np.uint8)

    def take(self, size: int) -> np.ndarray:
        """An array of octets that holds until the next call."""
        if len(self._octets) < size:
            self._octets = np.empty(size + size // 4, np.uint8)
        return self._octets[:size]


class _Devices:
    """Devices by the words of their names, so that a name is made into text once and not in every frame."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._words = np.zeros((0, 3), np.uint64)
        self._sorted = np.zeros(0, np.uint64)
        self._order = np.zeros(0, np.int64)
        self._rows: Rows | None = None
        self._number = np.zeros(0, np.int32)  # of each name in these rows, -1 where it has none yet

    def numbers(
        self, buffer: _Buffer, start: np.ndarray, end: np.ndarray, rows: Rows
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """The number in `rows` of the device named between `start` and `end`, and where that is a name of its kind."""
        if rows is not self._rows:
            self._rows = rows
            self._number[:] = -1
        length = end - start
        fine = (length > 0) & (length <= 24)
        size = np.where(fine, length, 0)
        words = np.empty((len(start), 3), np.uint64)
        words[:, 0] = buffer.words[start] & _LOW[np.minimum(size, 8)]
        words[:, 1] = buffer.words[start + 8] & _LOW[np.clip(size - 8, 0, 8)]
        words[:, 2] = buffer.words[start + 16] & _LOW[np.maximum(size - 16, 0)]
        fine &= ((words[:, 0] | words[:, 1] | words[:, 2]) & _U(0x8080808080808080)) == 0
        key = words[:, 0] * _K1 + words[:, 1] * _K2 + words[:, 2] * _K3
        key ^= key >> _U(31)
        place, known = self._find(key, words)
        new = np.flatnonzero(fine & ~known)
        if len(new):
            self._learn(buffer, start, end, key, words, new)
            place, known = self._find(key, words)
        fine &= known
        number = np.where(fine, self._number[place], 0)
        for missing in np.unique(place[fine & (number < 0)]).tolist():
            self._number[missing] = rows.devices[self._names[missing]]
        return np.where(fine, self._number[place], 0), fine

    def _find(self, key: np.ndarray, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not len(self._sorted):
            return np.zeros(len(key), np.int64), np.zeros(len(key), bool)
        place = self._order[np.minimum(np.searchsorted(self._sorted, key), len(self._sorted) - 1)]
        return place, (self._words[place] == words).all(axis=1)

    def _learn(
        self,
        buffer: _Buffer,
        start: np.ndarray,
        end: np.ndarray,
        key: np.ndarray,
        words: np.ndarray,
        new: np.ndarray,
    ) -> None:
        # Two names of one key: only the first is learned, frames of the other are decoded singly.
        if len(self._names) + len(new) > _DEVICES_KEPT:
            return
        _, first = np.unique(key[new], return_index=True)
        chosen = new[first]
        chosen = chosen[~np.isin(key[chosen], self._sorted)]
        keys = np.empty(len(self._names) + len(chosen), np.uint64)
        keys[self._order] = self._sorted
        keys[len(self._names) :] = key[chosen]
        self._names += [buffer.joined[start[place] : end[place]].decode("ascii") for place in chosen.tolist()]
        self._words = np.concatenate([self._words, words[chosen]])
        self._number = np.concatenate([self._number, np.full(len(chosen), -1, np.int32)])
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]


def _tokens(raw: Sequence[bytes], scratch: _Scratch) -> _Buffer | None:
    """Join frames and find the fields of all of them."""
    size = np.fromiter(map(len, raw), np.int64, len(raw))
    joined = b"".join([b"0" * _PAD, *raw, b";" * _PAD])
    octets = np.frombuffer(joined, np.uint8)
    words = words_of(octets)
    end = _PAD + np.cumsum(size)
    start = end - size
    # `=` and everything that is no letter, digit, `-`, `.` or `/` and stands below them: `, ; & # CR LF` and space.
    shifted = np.subtract(octets, 58, out=scratch.take(len(octets)))
    mask = np.less(shifted, 4, out=shifted.view(bool))
    mask |= octets < 45
    marks = np.flatnonzero(mask)
    is_equals = np.flatnonzero(octets[marks] == 61)
    if not len(is_equals):
        return None
    equals = marks[is_equals]
    value_end = marks[is_equals + 1]
    first = np.searchsorted(equals, start)
    count = np.diff(first, append=len(equals))
    some = np.flatnonzero((count > 0) & (size >= 20))
    begins = first[some]
    name_start = marks[is_equals - 1]  # the separator before the name, which counts as part of it
    name_start[begins] = start[some] + 5
    gap = np.diff(is_equals, prepend=0)
    gap[begins] = 2
    length = np.minimum(equals - name_start, 16)
    name = words[name_start] & _LOW[length]
    name[begins] &= ~_U(0xFF)
    name_rest = words[name_start + 8] & _REST[length]
    mixed = name * _K1
    mixed ^= name_rest * _K2
    mixed += (gap + (length << 32)).astype(np.uint64) * _K3
    mixed ^= mixed >> _U(29)
    mixed *= _K4
    number = np.arange(len(equals)) - np.repeat(first, count)
    mixed *= _WEIGHTS[np.minimum(number, _MOST_FIELDS - 1)]
    key = np.zeros(len(raw), np.uint64)
    if len(begins):
        # Fields of frames too short to be any are added to the frame before; those two are then decoded singly.
        key[some] = np.add.reduceat(mixed, begins)
    return _Buffer(joined, octets, words, raw, start, end, equals, value_end, first, count, name, name_rest, gap, key)


def _sound(buffer: _Buffer) -> np.ndarray:
    """Which frames have the length they say, end as they should, and fit their checksum."""
    words, start, end = buffer.words, buffer.start, buffer.end
    size = end - start
    good = (size >= 40) & (buffer.count >= 5) & (buffer.count < _MOST_FIELDS)
    head = words[start]
    digits = (head >> _U(16)) ^ _U(0x30303030)
    said = (digits & _U(0xF)) * _U(1000) + (digits >> _U(8) & _U(0xF)) * _U(100)
    said += (digits >> _U(16) & _U(0xF)) * _U(10) + (digits >> _U(24) & _U(0xF))
    numeric = ((digits | ((digits & _U(0x0F0F0F0F)) + _U(0x06060606))) & _U(0xF0F0F0F0)) == 0
    good &= (head & _TWO == _U(0x2323)) & numeric & (said == (size - 12).astype(np.uint64))
    tail = words[end - 8]
    good &= (tail & _TWO == _U(0x2626)) & (tail >> _U(48) == _U(0x0A0D))
    if (buffer.octets == 47).any():
        # Text between slashes may hold anything; it is read singly.
        good &= np.array([b"//" not in frame for frame in buffer.raw])
    # The checksum: all aligned words of a data segment joined, less what its first one holds before it begins, and with
    # what stands before its end in the one where it ends. Where its bytes lie in a word depends on where it ends.
    begin, stop = start + 6, np.maximum(end - 6, start + 6)
    whole = buffer.octets[: len(buffer.octets) & ~7].view("<u8")
    places = np.empty(2 * len(start), np.int64)
    places[0::2], places[1::2] = begin >> 3, stop >> 3
    joined = np.bitwise_xor.reduceat(whole, places)[0::2]
    joined ^= whole[begin >> 3] & _LOW[begin & 7]
    joined ^= whole[stop >> 3] & _LOW[stop & 7]
    octets = joined.astype("<u8").view(np.uint8).reshape(-1, 8)
    return good & (_HEX[checksum.end_states(octets, stop - begin, stop)] == (tail >> _U(16)) & _FOUR)


def _read(
    jobs: list[_Job],
    buffer: _Buffer,
    arrived: np.ndarray,
    begin: int,
    rows: Rows,
    done: np.ndarray,
    devices: _Devices,
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


def _whole_packets(job: _Job, buffer: _Buffer) -> np.ndarray:
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
