"""Many frames in one buffer: where their fields stand, and whether each is sound. NumPy over all bytes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lantu.gateway.hj212 import checksum
from lantu.gateway.hj212.digits import words_of

_U = np.uint64
_PAD = 32
MOST_FIELDS = 1024
"""Fields of a frame that is read as columns."""

_random = np.random.default_rng(212)
MIX = tuple(_U(int(factor) | 1) for factor in _random.integers(1, 2**63, 4, dtype=np.uint64))
"""Odd factors that mix words to keys."""
_K1, _K2, _K3, _K4 = MIX
LOW = np.array([(1 << 8 * n) - 1 for n in range(8)] + [2**64 - 1] * 9, dtype=np.uint64)
"""Masks of the n first characters of a word, by n from 0 to 16."""
_REST = np.array([0] * 8 + [(1 << 8 * n) - 1 for n in range(8)] + [2**64 - 1], dtype=np.uint64)
"""The same of the word that follows it."""
_HEX = np.array([int.from_bytes(text, "little") for text in checksum.HEX], dtype=np.uint64)
TWO, FOUR = _U(0xFFFF), _U(0xFFFFFFFF)
"""Masks of two and four characters."""


class Scratch:
    """Memory that is used again for each chunk: fresh pages would cost more than what is done with them."""

    def __init__(self) -> None:
        self._octets = np.empty(0, np.uint8)

    def take(self, size: int) -> np.ndarray:
        """An array of octets that holds until the next call."""
        if len(self._octets) < size:
            self._octets = np.empty(size + size // 4, np.uint8)
        return self._octets[:size]


@dataclass(slots=True)
class Buffer:
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


def fields_of(raw: Sequence[bytes], scratch: Scratch) -> Buffer | None:
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
    length = equals - name_start
    name = words[name_start]
    name &= LOW.take(length, mode="clip")
    name[begins] &= ~_U(0xFF)
    name_start += 8
    name_rest = words[name_start]
    name_rest &= _REST.take(length, mode="clip")
    # A number for the names of a frame in their order: each is mixed with the one before it.
    mixed = name * _K1
    mixed ^= name_rest * _K2
    length <<= 32
    length += gap
    mixed += length.view(np.uint64) * _K3
    before = mixed >> _U(31)
    before[1:] = before[:-1]
    before[begins] = 0
    mixed ^= before
    mixed *= _K4
    mixed ^= mixed >> _U(29)
    mixed *= _K1
    key = np.zeros(len(raw), np.uint64)
    after = end[some] - value_end[first[some] + count[some] - 1]
    if len(begins):
        # Fields of frames too short to be any are added to the frame before; those two are then decoded singly.
        key[some] = np.add.reduceat(mixed, begins) + after.view(np.uint64) * _K3
    return Buffer(joined, octets, words, raw, start, end, equals, value_end, first, count, name, name_rest, gap, key)


def sound(buffer: Buffer) -> np.ndarray:
    """Which frames have the length they say, end as they should, and fit their checksum."""
    words, start, end = buffer.words, buffer.start, buffer.end
    size = end - start
    good = (size >= 40) & (buffer.count >= 5) & (buffer.count < MOST_FIELDS)
    head = words[start]
    digits = (head >> _U(16)) ^ _U(0x30303030)
    said = (digits & _U(0xF)) * _U(1000) + (digits >> _U(8) & _U(0xF)) * _U(100)
    said += (digits >> _U(16) & _U(0xF)) * _U(10) + (digits >> _U(24) & _U(0xF))
    numeric = ((digits | ((digits & _U(0x0F0F0F0F)) + _U(0x06060606))) & _U(0xF0F0F0F0)) == 0
    good &= (head & TWO == _U(0x2323)) & numeric & (said == (size - 12).astype(np.uint64))
    tail = words[end - 8]
    good &= (tail & TWO == _U(0x2626)) & (tail >> _U(48) == _U(0x0A0D))
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
    joined ^= whole[begin >> 3] & LOW[begin & 7]
    joined ^= whole[stop >> 3] & LOW[stop & 7]
    octets = joined.astype("<u8").view(np.uint8).reshape(-1, 8)
    return good & (_HEX[checksum.end_states(octets, stop - begin, stop)] == (tail >> _U(16)) & FOUR)
