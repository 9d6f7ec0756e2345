"""Names of devices (MN) in a buffer of many frames, numbered without making text of each."""

from __future__ import annotations

import numpy as np

from lantu.gateway.hj212.buffers import LOW, MIX, Buffer
from lantu.gateway.hj212.rows import Rows

_U = np.uint64
_K1, _K2, _K3, _K4 = MIX
_SLOT_BITS = 16
_DEVICES_KEPT = 1_000_000


class DeviceNames:
    """Devices by the words of their names, so that a name is made into text once and not in every frame."""

    def __init__(self) -> None:
        self._names: list[str] = [""]
        self._places: dict[str, int] = {}
        self._slots = np.zeros(1 << _SLOT_BITS, np.int64)
        self._first = np.zeros(1024, np.uint64)
        self._second = np.zeros(1024, np.uint64)
        self._third = np.zeros(1024, np.uint64)
        self._rows: Rows | None = None
        self._number = np.full(1024, -1, np.int32)  # of each name in these rows, -1 where it has none yet

    def numbers(
        self, buffer: Buffer, start: np.ndarray, end: np.ndarray, rows: Rows
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """The number in `rows` of the device named between `start` and `end`, and where that is a name of its kind."""
        if rows is not self._rows:
            self._rows = rows
            self._number[:] = -1
        length = end - start
        fine = (length > 0) & (length <= 24)
        first = buffer.words[start] & LOW.take(length, mode="clip")
        second = buffer.words[start + 8] & LOW.take(length - 8, mode="clip")
        third = buffer.words[start + 16] & LOW.take(length - 16, mode="clip")
        fine &= ((first | second | third) & _U(0x8080808080808080)) == 0
        key = first * _K1 + second * _K2 + third * _K3
        key ^= key >> _U(31)
        key *= _K4
        slot = (key >> _U(64 - _SLOT_BITS)).view(np.int64)
        place = self._slots[slot]
        known = self._same(place, first, second, third)
        others = np.flatnonzero(fine & ~known)
        if len(others):
            place[others] = self._find(buffer, start, end, key, (first, second, third), others)
            known[others] = self._same(place[others], first[others], second[others], third[others])
        fine &= known
        number = self._number[place]
        missing = fine & (number < 0)
        if missing.any():
            for new in np.unique(place[missing]).tolist():
                self._number[new] = rows.devices[self._names[new]]
            number = self._number[place]
        return np.where(fine, number, 0), fine

    def _same(self, place: np.ndarray, first: np.ndarray, second: np.ndarray, third: np.ndarray) -> np.ndarray:
        return (self._first[place] == first) & (self._second[place] == second) & (self._third[place] == third)

    def _find(
        self,
        buffer: Buffer,
        start: np.ndarray,
        end: np.ndarray,
        key: np.ndarray,
        words: tuple[np.ndarray, np.ndarray, np.ndarray],
        frames: np.ndarray,
    ) -> np.ndarray:
        """Names that share a slot with another, and new ones, which are learned."""
        result = np.zeros(len(frames), np.int64)
        for number, frame in enumerate(frames.tolist()):
            text = buffer.joined[start[frame] : end[frame]].decode("ascii")
            place = self._places.get(text)
            if place is None:
                if len(self._names) > _DEVICES_KEPT:
                    continue
                place = self._places[text] = len(self._names)
                self._names.append(text)
                if place == len(self._first):
                    more = np.zeros(len(self._first), np.uint64)
                    self._first = np.concatenate([self._first, more])
                    self._second = np.concatenate([self._second, more])
                    self._third = np.concatenate([self._third, more])
                    self._number = np.concatenate([self._number, np.full(len(more), -1, np.int32)])
                self._first[place], self._second[place], self._third[place] = (word[frame] for word in words)
            # The slot goes to the name that asked last.
            self._slots[key[frame] >> _U(64 - _SLOT_BITS)] = place
            result[number] = place
        return result
