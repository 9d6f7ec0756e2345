"""Frames out of a stream of bytes: the length first, a search for an end whose checksum fits only where that fails.

A frame is `##`, four digits that give the bytes of the data segment, the data segment, four hexadecimal digits of the
checksum, CR LF. Text and cipher inside may look like a header or an end, so a header is believed until the place that
its length names holds no end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lantu.gateway.hj212.checksum import Prefixes, checksum, modbus

LONGEST = 8192
"""Bytes of a data segment that are waited for. The standard allows 1,024; 45 organic compounds need more."""
STANDARD_LONGEST = 1024
_CANDIDATES = 16
"""Ends that are tried for one header, so that bytes made on purpose cannot keep the gateway busy."""
_SLIP = 12
"""A length that is too great by at most so much counts the checksum, the end or the header too: no need to wait."""

_DIGITS = re.compile(rb"##([0-9]{4})")
_HEX4 = re.compile(rb"[0-9A-Fa-f]{4}")
_END = re.compile(rb"&&([0-9A-Fa-f]{1,4})(?=\r\n|\n|##)")
_END_OF_LINE = re.compile(rb"&&([0-9A-Fa-f]{1,4})(?=\r\n|\n|##|\r?\Z)")
_FIRST_FIELD = re.compile(rb"##([^=]{0,4}?)(?:QN|ST|CN|PW|MN)=")
_NEXT = re.compile(rb"\r\n|##")
_CIPHERED = re.compile(rb";Flag=(?:8|9|10|11);")


class Splitter:
    """What one connection sent that is no whole frame yet.

    `junk` counts bytes outside of all frames since it was last set to 0.
    """

    __slots__ = ("_rest", "junk")

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self._rest = b""
        self.junk = 0

    @property
    def waiting(self) -> int:
        """Bytes that wait for the rest of their frame; never more than a frame may be long."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, damaged ones too, in order. No data: the line is silent, nothing waits."""
        silent = not data
        buffer = self._rest + data if self._rest else data
        frames: list[bytes] = []
        position = 0
        size = len(buffer)
        prefixes: Prefixes | None = None
        while True:
            start = buffer.find(b"##", position)
            if start < 0:
                kept = 1 if buffer.endswith(b"#") and position < size and not silent else 0
                self.junk += len(buffer[position : size - kept].strip(b"\r\n"))
                position = size - kept
                break
            if start > position:
                self.junk += len(buffer[position:start].strip(b"\r\n"))
                position = start
            if buffer[position + 2 : position + 3] == b"#":
                self.junk += 1
                position += 1
                continue
            digits = _DIGITS.match(buffer, position)
            length = int(digits.group(1)) if digits else -1
            if digits and length <= LONGEST:
                end = position + 10 + length  # behind the checksum
                if size < end + 2 and not silent:
                    if (early := _early(buffer, position, length)) is None:
                        break
                    frames.append(buffer[position:early])
                    position = early
                    continue
                # Most frames: the end stands where the length says, and nothing inside looks like another frame.
                if (
                    buffer[end - 6 : end - 4] == b"&&"
                    and buffer[end : end + 2] == b"\r\n"
                    and _HEX4.fullmatch(buffer, end - 4, end)
                    and buffer.find(b"##", position + 2, end) < 0
                    and buffer.find(b"\n", position + 2, end) < 0
                ):
                    frames.append(buffer[position : end + 2])
                    position = end + 2
                    continue
                if size >= end and _HEX4.fullmatch(buffer, end - 4, end):
                    closed = buffer[end - 6 : end - 4] == b"&&"
                    ended = buffer[end : end + 2] in (b"\r\n", b"##", b"")
                    if closed and checksum(buffer[position + 6 : end - 4]) == int(buffer[end - 4 : end], 16):
                        frames.append(buffer[position : (stop := _behind_end(buffer, end))])
                        position = stop
                        continue
                    believed = (closed and ended) or buffer[end : end + 2] == b"\r\n"
                else:
                    believed = False
            else:
                if not digits and size < position + 6 and not silent:
                    break
                believed = False
                end = 0
            prefixes = prefixes or Prefixes(buffer)
            if (found := _fitting_end(buffer, position, bool(digits), silent, prefixes)) is not None:
                # The checksum has 256 values: a whole frame inside that ends there is surer than one of a wrong length.
                inner = _whole_inside(buffer, position, found, prefixes)
                stop = _behind_end(buffer, found) if inner is None else inner
            elif believed:
                stop = _behind_end(buffer, end)
                if not _CIPHERED.search(buffer, position, position + 166):
                    # A damaged length may lead to the end of a later frame; that one is not to be lost with it.
                    line = buffer.find(b"\r\n##", position + 2, end)
                    inner = line + 2 if line >= 0 else _whole_inside(buffer, position, end, prefixes)
                    stop = stop if inner is None else inner
            elif not silent and size - position < LONGEST and buffer.find(b"\r\n", position) < 0:
                break
            else:
                behind = _NEXT.search(buffer, position + 2)
                stop = size
                if behind is not None:
                    stop = behind.end() if behind.group() == b"\r\n" else behind.start()
            frames.append(buffer[position:stop])
            position = stop
        self._rest = buffer[position:]
        return frames


def _early(buffer: bytes, position: int, length: int) -> int | None:
    """Behind a frame that ends the buffer a little before its length says; None: wait for the rest."""
    if not buffer.endswith(b"\n") or buffer.find(b"\n", position) != len(buffer) - 1:
        return None
    end = _END.search(buffer, max(position + 6, len(buffer) - 8))
    if end is None:
        return None
    data = buffer[position + 6 : end.start() + 2]
    if 0 <= length - len(data) <= _SLIP and checksum(data) == int(end.group(1), 16):
        return len(buffer)
    return None


def _fitting_end(buffer: bytes, position: int, digits: bool, silent: bool, prefixes: Prefixes) -> int | None:
    """Behind the checksum of the first end up to the next CR LF whose checksum fits."""
    start = position + 6 if digits else _data_start(buffer, position)
    line = buffer.find(b"\r\n", position)
    limit = line + 2 if line >= 0 else min(len(buffer), position + LONGEST)
    if buffer.find(b"&&", position + 2, limit) < 0:
        return None
    pattern = _END_OF_LINE if silent else _END
    for tried, end in enumerate(pattern.finditer(buffer, position + 2, limit)):
        if tried == _CANDIDATES:
            break
        if end.start() >= start and prefixes.checksum(start, end.start() + 2) == int(end.group(1), 16):
            return end.end()
    return None


def _whole_inside(buffer: bytes, position: int, end: int, prefixes: Prefixes) -> int | None:
    """Where a frame begins inside that ends at `end`, as its length says and its checksum confirms."""
    expected = None
    for match in _DIGITS.finditer(buffer, position + 2, end - 4):
        start = match.start()
        if start + 10 + int(match.group(1)) == end and _HEX4.fullmatch(buffer, end - 4, end):
            expected = int(buffer[end - 4 : end], 16) if expected is None else expected
            if prefixes.checksum(start + 6, end - 4) == expected:
                return start
    return None


def _data_start(frame: bytes, position: int = 0) -> int:
    """Where the data begin in a frame whose length is not four digits."""
    field = _FIRST_FIELD.match(frame, position)
    return field.end(1) if field else position + 2


def _behind_end(buffer: bytes, position: int) -> int:
    if buffer.startswith(b"\r\n", position):
        return position + 2
    return position + 1 if buffer.startswith(b"\n", position) else position


@dataclass(slots=True)
class Dissected:
    """A frame taken apart: its data segment, whether the checksum fits, and what is unusual about the frame.

    `damage` says why the frame is no good, "" where it is.
    """

    data: bytes
    text: bytes
    fits: bool
    damage: str
    oddities: list[str]


def dissect(frame: bytes) -> Dissected:
    """Take a frame apart that a splitter gave. A ciphered one does not fit yet: its checksum is that of the plain."""
    oddities: list[str] = []
    body = frame
    if body.endswith(b"\r\n"):
        body = body[:-2]
    elif body.endswith(b"\n"):
        body = body[:-1]
        oddities.append("lf_only")
    else:
        oddities.append("no_crlf")
    digits = _DIGITS.match(body)
    length = int(digits.group(1)) if digits else -1
    if digits and len(body) == 10 + length and _HEX4.fullmatch(body, len(body) - 4):
        data, text = body[6:-4], body[-4:]
    else:
        end = _END_OF_LINE.search(body, max(2, len(body) - 6))
        start = 6 if digits else _data_start(body)
        if end is None or end.end() != len(body) or end.start() < start:
            return Dissected(body[start:], b"", False, "no_frame", oddities)
        data, text = body[start : end.start() + 2], end.group(1)
        if length != len(data):
            oddities.append(_length_oddity(length, data) if digits else "length_not_4_digits")
    if len(text) < 4:
        oddities.append("crc_short")
    if text != text.upper():
        oddities.append("crc_lowercase")
    if len(data) > STANDARD_LONGEST:
        oddities.append("over_1024")
    fits = bool(data) and int(text, 16) == checksum(data)
    return Dissected(data, text, fits, "" if fits else wrong_checksum(data, text), oddities)


def wrong_checksum(data: bytes, text: bytes) -> str:
    """Which mistake a checksum that does not fit is."""
    value = int(text, 16)
    right = checksum(data) if data else 0xFFFF
    if value == modbus(data):
        return "crc_modbus"
    if value == (right >> 8 | (right & 0xFF) << 8):
        return "crc_swapped"
    return "crc_wrong"


def _length_oddity(length: int, data: bytes) -> str:
    if length == len(data) + 6:
        return "length_plus6"
    if length == len(data.decode("utf-8", "replace")) and length < len(data):
        return "length_in_characters"
    return "length_wrong"
