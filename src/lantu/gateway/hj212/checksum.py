"""The checksum (校验码) of HJ 212, of one frame and of many at once.

It starts with 0xFFFF and takes each byte as `register = (register >> 8) ^ byte`, then eight steps "shift right, XOR
0xA001 if a one fell out". This is not CRC-16/MODBUS. Only the upper byte is carried on, so there are 256 values in all,
and its way from byte to byte is linear and comes back to where it was after eight bytes. So all words of eight bytes of
a frame may be joined by XOR first, and eight table look-ups finish the frame, however long it is.
"""

from __future__ import annotations

import functools
import operator
import struct
from collections.abc import Sequence

import numpy as np


def _steps(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return register


_STEPS = [_steps(value) for value in range(256)]


def _powers() -> list[list[int]]:
    """What a byte has become in the upper byte of the register after 0, 1, ... 7 further bytes of zero."""
    powers = [list(range(256))]
    for _ in range(7):
        powers.append([_STEPS[value] >> 8 for value in powers[-1]])
    return powers


_POWERS = _powers()
_AGO = [_POWERS[(power + 1) % 8] for power in range(8)]
"""`_AGO[k][byte]`: what a byte that stands k places before the last has become at the end; k counts modulo 8."""
_START = [_POWERS[length % 8][0xFF] for length in range(8)]
"""What the 0xFF of the beginning has become after `length` bytes, modulo 8."""
_BACK = {_STEPS[value] >> 8: value for value in range(256)}

CHECKSUM = [_STEPS[_BACK[state]] for state in range(256)]
"""The checksum of a frame by the upper byte of its register, which says it all."""
HEX = [f"{checksum:04X}".encode() for checksum in CHECKSUM]
"""The same as four capital hexadecimal digits."""
STATE = {text: state for state, text in enumerate(HEX)}
"""The upper byte by those four digits; other texts cannot be right."""

_TABLE = np.array(_AGO, dtype=np.uint8)
_START_TABLE = np.array(_START, dtype=np.uint8)


def checksum(data: bytes) -> int:
    """The checksum of a data segment (not empty)."""
    return CHECKSUM[state(data)]


def state(data: bytes) -> int:
    """The upper byte of the register after all of `data`."""
    words = (len(data) + 7) // 8
    if not words:
        return 0xFF
    joined = functools.reduce(operator.xor, struct.unpack(f">{words}Q", data.rjust(8 * words, b"\0")))
    result = _START[len(data) % 8]
    for ago in range(8):
        result ^= _AGO[ago][joined >> (8 * ago) & 0xFF]
    return result


def states(segments: Sequence[bytes]) -> list[int]:
    """The upper byte of the register of each of many data segments, none of them empty."""
    if not segments:
        return []
    lengths = np.fromiter(map(len, segments), np.int64, len(segments))
    words = (lengths + 7) >> 3
    padded = b"".join([segment.rjust((len(segment) + 7) & ~7, b"\0") for segment in segments])
    starts = np.zeros(len(segments), np.int64)
    np.cumsum(words[:-1], out=starts[1:])
    joined = np.bitwise_xor.reduceat(np.frombuffer(padded, "<u8"), starts)
    return end_states(joined.astype("<u8").view(np.uint8).reshape(-1, 8), lengths).tolist()


def end_states(octets: np.ndarray, lengths: np.ndarray, ends: np.ndarray | None = None) -> np.ndarray:
    """The upper byte of the register of many segments, of which all words of eight bytes were joined by XOR.

    `octets` has the eight bytes of each. `ends` is where the segments end in the buffer of the words, modulo 8; without
    it they end with a word.
    """
    result = _START_TABLE[lengths & 7]
    for place in range(8):
        ago = 7 - place if ends is None else (ends - 1 - place) & 7
        result ^= _TABLE[ago, octets[:, place]]
    return result


class Prefixes:
    """The checksum of any piece of a buffer, each at the cost of one look-up after one pass over the buffer."""

    def __init__(self, buffer: bytes) -> None:
        """Pass over the buffer once."""
        octets = np.frombuffer(buffer, np.uint8)
        # Each byte is taken back to the beginning of the buffer; a joined prefix is carried to its end when asked for.
        carried = _TABLE[(-1 - np.arange(len(octets))) & 7, octets]
        self._prefix = np.zeros(len(octets) + 1, np.uint8)
        np.bitwise_xor.accumulate(carried, out=self._prefix[1:])

    def checksum(self, start: int, end: int) -> int:
        """The checksum of `buffer[start:end]`."""
        between = int(self._prefix[end] ^ self._prefix[start])
        return CHECKSUM[_POWERS[end % 8][between] ^ _START[(end - start) % 8]]


def modbus(data: bytes) -> int:
    """CRC-16/MODBUS, which some devices use by mistake; to name the mistake, not to accept it."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ _STEPS[(register ^ byte) & 0xFF]
    return register
