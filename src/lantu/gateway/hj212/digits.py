"""Numbers and times out of many places of one buffer, eight characters to a machine word, without a loop over bytes.

A word is read where it stands (little-endian, at any address), so its first character is its lowest byte. `words[i]` is
the word that begins at byte `i` of the buffer.
"""

from __future__ import annotations

import numpy as np

_U = np.uint64
_ZEROS = _U(0x3030303030303030)
_HIGH = _U(0xF0F0F0F0F0F0F0F0)
_TENS = _U(0x1010101010101010)
_SIX = _U(0x0606060606060606)
_TWO = _U(0xFFFF)
_DOT = _U(0x1E)  # "." with the bits of "0" taken away
_PLACES = _U(0x0706050403020100)
_TOP = np.array([0] + [(2**64 - 1) << (64 - 8 * n) & (2**64 - 1) for n in range(1, 9)], dtype=np.uint64)
"""Masks of the n last characters of a word."""
_POWERS = 10.0 ** np.arange(9)


def words_of(buffer: np.ndarray) -> np.ndarray:
    """All words of a buffer of bytes, by the place of their first byte; without a copy."""
    return np.ndarray((len(buffer) - 7,), dtype="<u8", buffer=buffer, strides=(1,))


def _eight_digits(word: np.ndarray) -> np.ndarray:
    """The number that eight digits say (each byte 0 to 9, the first the lowest byte)."""
    word = word * _U(10) + (word >> _U(8))
    pairs = _U(0x000000FF000000FF)
    high = (word & pairs) * _U(0x000F424000000064)
    return (high + ((word >> _U(16)) & pairs) * _U(0x0000271000000001)) >> _U(32)


def numbers(
    buffer: np.ndarray, words: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Numbers like `-12.5` between `start` and `end`, and which of the places hold such a number.

    Whole and decimal part together are a whole number below 2**53, so one division gives the nearest double, the same
    that reading the text gives. More than eight characters are read as text.
    """
    value = np.empty(len(start))
    good = np.empty(len(start), bool)
    length = end - start
    for begin in range(0, len(start), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        _short_numbers(words, length[part], end[part], value[part], good[part])
    others = np.flatnonzero(~good)
    if len(others):
        start, end = start[others], end[others]
        value[others], good[others] = _other_numbers(buffer, words, start, end)
    return value, good


_BLOCK = 8192
"""Numbers at a time, so that all steps on them stay in the cache."""


def _short_numbers(
    words: np.ndarray, length: np.ndarray, end: np.ndarray, value: np.ndarray, good: np.ndarray
) -> None:  # fmt: skip
    """Numbers without a sign of up to eight characters into `value`; the others are not good."""
    word = words[end - 8]
    word ^= _ZEROS
    word &= _TOP.take(length, mode="clip")
    dot = word & _TENS
    dot >>= _U(4)
    some = dot != 0
    below = dot - some
    # With one dot taken away, all bytes are digits.
    word ^= dot * _DOT
    check = word + _SIX
    check |= word
    check &= _HIGH
    check |= dot & below
    check |= word & (dot * _U(255))  # it was a dot, and no other sign
    np.equal(check, 0, out=good)
    good &= length > some
    good &= length <= 8
    good &= dot != 1  # seven decimals
    # The characters before the dot move up by one and cover it.
    below &= word
    word ^= below
    below <<= _U(8)
    word |= below
    dot *= _PLACES
    dot >>= _U(56)
    np.divide(_eight_digits(word), _POWERS.take(dot.view(np.int64), mode="clip"), out=value)


def _other_numbers(
    buffer: np.ndarray, words: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Numbers with a sign, and longer ones."""
    negative = buffer[start] == 45
    start = start + negative
    value, good = np.empty(len(start)), np.empty(len(start), bool)
    _short_numbers(words, end - start, end, value, good)
    longer = np.flatnonzero(end - start > 8)
    if len(longer):
        value[longer], good[longer] = _long_numbers(buffer, start[longer], end[longer])
    value[negative] *= -1.0
    return value, good


_LONG = 20


def _long_numbers(buffer: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of up to 20 characters; longer ones are not good here."""
    length = end - start
    places = start[:, None] + np.arange(_LONG)
    inside = np.arange(_LONG) < length[:, None]
    text = np.where(inside, buffer[np.minimum(places, len(buffer) - 1)], 0).astype(np.uint8)
    digit = (text >= 48) & (text <= 57)
    dot = text == 46
    dots = dot.sum(axis=1)
    behind = np.where(dots == 1, length - 1 - dot.argmax(axis=1), 0)
    good = (length <= _LONG) & (digit | dot | ~inside).all(axis=1) & (dots <= 1) & (behind <= 6)
    value = np.full(len(start), np.nan)
    value[good] = text[good].view(f"S{_LONG}").ravel().astype(np.float64)
    return value, good


def times(words: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of 14 digits (YYYYMMDDhhmmss) that begin at `start`, to the second, and which of them exist."""
    first = words[start] ^ _ZEROS
    last = words[start + 6] ^ _ZEROS
    good = ((first & _HIGH) | ((first + _SIX) & _TENS) | (last & _HIGH) | ((last + _SIX) & _TENS)) == 0
    number = _eight_digits(first) * _U(1_000_000) + _eight_digits(last & ~_TWO)
    # Many frames bear the same time: each is reckoned once.
    number, place = np.unique(np.where(good, number, _U(19700101000000)).view(np.int64), return_inverse=True)
    time, exists = _reckon(number)
    return time[place], good & exists[place]


def _reckon(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    date, clock = number // 1_000_000, number % 1_000_000
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    hour, minute, second = clock // 10_000, clock // 100 % 100, clock % 100
    good = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("M8[M]")
    days = months.astype("M8[D]") + np.where(good, day - 1, 0)
    good &= days.astype("M8[M]") == months
    return days.astype("M8[s]") + (hour * 3600 + minute * 60 + second), good
