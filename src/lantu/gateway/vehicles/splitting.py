"""Splitting what a connection sends into frames, and finding the next one after damaged bytes.

`##` stands inside bodies and even inside a VIN, so a frame is never ended by the next mark: its length comes first,
then the checksum, then whether its unit is used up exactly. The checksum alone lets one damage in 256 pass; a frame
whose unit does not fit is kept (terminals of a maker's own make are real) unless a sound frame begins inside it.
"""

from __future__ import annotations

import re

import numpy as np

from lantu.gateway.vehicles.frames import (
    ENCRYPTIONS,
    HEAD,
    HIGHEST_COMMAND,
    LONGEST_UNIT,
    PLAIN,
    RESPONSES,
    TAIL,
    Family,
    family_of,
    is_vin,
    vin_start,
)
from lantu.gateway.vehicles.units import Fit, fit

_MARK = re.compile(rb"##|~~|\$\$")
_HALF_MARKS = (b"#", b"~", b"$")
MANY_MARKS = 64
"""More than the bodies of honest frames hold in the bytes that wait."""


class Splitter:
    """Bytes of one connection that are no whole frame yet.

    Attributes:
        rest: those bytes.
        skipped: how many damaged or foreign bytes were passed over so far.
    """

    __slots__ = ("_needed", "rest", "skipped")

    def __init__(self) -> None:
        self.rest = b""
        self.skipped = 0
        self._needed = HEAD + TAIL

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, in order."""
        buffer = self.rest + data
        if len(buffer) < self._needed:
            self.rest = buffer
            return []
        reading = _Reading(buffer)
        frames, end, needed, skipped = reading.frames()
        self.rest = buffer[end:]
        self.skipped += skipped
        # While a frame is waited for, what comes may be sound frames behind a damaged length. A line full of marks is
        # hostile; it is looked at again only when it has grown a good deal.
        grown = 1 if reading.marks <= MANY_MARKS else max(HEAD + TAIL, len(self.rest) // 8)
        self._needed = min(needed, len(self.rest) + grown)
        return frames

    def give_up(self) -> list[bytes]:
        """The rest will not be completed: pass over its first frame, and give what is whole behind it."""
        frames: list[bytes] = []
        if self.rest:
            buffer, self.rest, self._needed = self.rest[1:], b"", HEAD + TAIL
            self.skipped += 1
            frames = self.feed(buffer)
        return frames

    def close(self) -> list[bytes]:
        """Nothing more comes: what is whole behind a frame that was waited for."""
        buffer, self.rest, self._needed = self.rest, b"", HEAD + TAIL
        frames = _Reading(buffer, last=True).frames()[0] if buffer else []
        self.skipped += len(buffer) - sum(map(len, frames))
        return frames


class _Reading:
    """One look at the bytes that are there. In a `last` one nothing more comes, so nothing is waited for."""

    def __init__(self, buffer: bytes, last: bool = False) -> None:
        self.buffer = buffer
        self.last = last
        # The XOR of any stretch is that of two of these, so that doubtful bytes are not added up again and again.
        self.until = b"\0" + np.bitwise_xor.accumulate(np.frombuffer(buffer, np.uint8)).tobytes()
        self.marks = 0
        self._looked_from = len(buffer) + 1
        self._next_sound: int | None = None

    def frames(self) -> tuple[list[bytes], int, int, int]:
        """Frames, where the rest begins, how many bytes the rest needs to be worth a look, and bytes passed over."""
        buffer = self.buffer
        found: list[bytes] = []
        at = end = skipped = 0
        while (match := _MARK.search(buffer, at)) is not None:
            at = match.start()
            stop = self._stop(at)
            if stop is None:
                at += 1
                continue
            if stop > len(buffer):
                inner = at + 1 if self.last else self._sound_from(at + 1)
                if inner is None:
                    skipped += at - end
                    return found, at, stop - at, skipped
                at = inner
                continue
            if self.until[at] != self.until[stop]:
                at += 1
                continue
            inner = self._doubt(at, stop)
            if inner is not None:
                if inner < 0:
                    skipped += at - end
                    return found, at, -inner - at, skipped
                at = inner
                continue
            skipped += at - end
            found.append(buffer[at:stop])
            at = end = stop
        keep = len(buffer) - (1 if buffer.endswith(_HALF_MARKS) and end < len(buffer) else 0)
        return found, keep, HEAD + TAIL, skipped + keep - end

    def _stop(self, at: int) -> int | None:
        """Where a frame that starts with the mark at `at` ends; None where none can start there.

        A head that is not whole yet says that it ends behind its last byte.
        """
        buffer = self.buffer
        head = buffer[at : at + HEAD]
        if len(head) > 2 and not 1 <= head[2] <= HIGHEST_COMMAND:
            return None
        if len(head) > 3 and head[0] != 0x23 and head[3] not in RESPONSES:
            return None
        if len(head) < HEAD:
            return at + HEAD + TAIL if at + HEAD + TAIL > len(buffer) else None
        size = head[22] << 8 | head[23]
        return at + HEAD + size + TAIL if size <= LONGEST_UNIT else None

    def _family(self, at: int) -> Family:
        return family_of(self.buffer[at : at + 2], self.buffer[at + 3])

    def _has_vin(self, at: int) -> bool:
        start = at + vin_start(self._family(at))
        return is_vin(self.buffer[start : start + 17].decode("latin-1"))

    def _sound(self, at: int, stop: int) -> bool:
        """Whether the bytes are a frame beyond doubt."""
        if self.until[at] != self.until[stop]:
            return False
        frame = self.buffer[at:stop]
        if frame[21] == PLAIN:
            return fit(frame, self._family(at)) is Fit.EXACT
        return frame[21] in ENCRYPTIONS and self._has_vin(at)

    def _sound_from(self, start: int) -> int | None:
        """Where, from there on, the first whole frame starts that is one beyond doubt."""
        known = self._next_sound
        if start < self._looked_from or (known is not None and known < start):
            self._looked_from = start
            self._next_sound = self._look_for_sound(start)
        return self._next_sound

    def _look_for_sound(self, at: int) -> int | None:
        while (match := _MARK.search(self.buffer, at)) is not None:
            at = match.start()
            self.marks += 1
            stop = self._stop(at)
            if stop is not None and at + HEAD + TAIL <= len(self.buffer) >= stop and self._sound(at, stop):
                return at
            at += 1
        return None

    def _doubt(self, at: int, stop: int) -> int | None:
        """None where the whole frame with a right checksum is taken.

        Else where to go on: the start of a sound frame inside it, or, negative, the number of bytes that must be there
        before it can be decided, as a frame with a good VIN begins inside it and is not whole yet.
        """
        frame = self.buffer[at:stop]
        found = fit(frame, self._family(at))
        if found is Fit.EXACT:
            return None
        if found is Fit.OPEN and frame[21] in (PLAIN, *ENCRYPTIONS) and self._has_vin(at):
            return None
        inner = self._sound_from(at + 1)
        if inner is not None:  # where it begins behind the frame, the line is sound again and nothing is waited for
            return inner if inner < stop else None
        if self.last:
            return None
        start = at + 1
        while (match := _MARK.search(self.buffer, start, stop)) is not None:
            start = match.start()
            end = self._stop(start)
            if end is not None and end > len(self.buffer) >= start + HEAD and self._has_vin(start):
                return -end
            start += 1
        return None
