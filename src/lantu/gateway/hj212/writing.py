"""Valid frames: single ones, many at once, whole uploads of factors, sub-packets, ciphered ones."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence

import numpy as np

from lantu.gateway.hj212.checksum import HEX, state, states
from lantu.gateway.hj212.cipher import encipher
from lantu.gateway.hj212.commands import VERSION_BITS

LONGEST_CONTENT = 950
"""Bytes within CP that the standard allows in one frame."""


def data_segment(
    *,
    number: str,
    system: str,
    command: int,
    device: str,
    password: str = "123456",
    flag: int | None = 4,
    content: str = "",
    packets: int = 0,
    packet: int = 0,
    resent: bool = False,
) -> bytes:
    """The data segment with fields in the standard's order; no `number` and no `flag` leave theirs out (2005)."""
    fields = [f"QN={number}"] if number else []
    fields += [f"ST={system}", f"CN={command}", f"PW={password}", f"MN={device}"]
    if flag is not None:
        fields.append(f"Flag={flag}")
    if packets:
        fields += [f"PNUM={packets}", f"PNO={packet}"]
    if resent:
        fields.append("RF=1")
    return f"{';'.join(fields)};CP=&&{content}&&".encode()


def frame_of(data: bytes) -> bytes:
    """The frame of one data segment."""
    return b"##%04d%b%b\r\n" % (len(data), data, HEX[state(data)])


def frames_of(segments: Sequence[bytes]) -> list[bytes]:
    """The frames of many data segments, their checksums made at once."""
    return [
        b"##%04d%b%b\r\n" % (len(data), data, HEX[end]) for data, end in zip(segments, states(segments), strict=True)
    ]


def sealed_frame_of(data: bytes, key: bytes) -> bytes:
    """The ciphered frame of a plain data segment; length and checksum are those of the plain one (2025)."""
    begin = data.index(b"CP=&&") + 5
    sealed = data[:begin] + encipher(data[begin:-2], key) + b"&&"
    return b"##%04d%b%b\r\n" % (len(data), sealed, HEX[state(data)])


def stamp(moment: dt.datetime) -> str:
    """A request number (QN): the moment to the millisecond."""
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def in_packets(time: str, groups: Sequence[str], longest: int = LONGEST_CONTENT) -> list[str]:
    """Contents of as many sub-packets as whole factor groups need; each repeats the time."""
    head = f"DataTime={time}"
    contents: list[str] = []
    now = head
    for group in groups:
        if len(now) + 1 + len(group) > longest and now != head:
            contents.append(now)
            now = head
        now += ";" + group
    return [*contents, now]


@functools.lru_cache(maxsize=4096)
def _texts_of(time: dt.datetime) -> tuple[str, str]:
    """Number and time of an upload: many devices report at the same moment."""
    return stamp(time), f"{time:%Y%m%d%H%M%S}"


class Upload:
    """Uploads of one device with the same factors, made many at once.

    `factors` gives the decimals of each factor. `suffixes` are the fields of each (`Rtd`; `Cou`, `Min`, `Avg`, `Max`).
    """

    def __init__(
        self,
        device: str,
        system: str,
        command: int,
        factors: Mapping[str, int],
        *,
        suffixes: Sequence[str] = ("Rtd",),
        password: str = "123456",
        edition: str = "2017",
        wants_answer: bool = True,
    ) -> None:
        """Make the template; only numbers, times and flags are filled in later."""
        self.device = device
        flag = VERSION_BITS[edition] | wants_answer
        groups = [
            ",".join([f"{factor}-{suffix}=%.{decimals}f" for suffix in suffixes] + [f"{factor}-Flag=%s"])
            for factor, decimals in factors.items()
        ]
        head = f"QN=%s;ST={system};CN={command};PW={password};MN={device};Flag={flag};CP=&&DataTime=%s;"
        self._template = head + ";".join(groups) + "&&"
        self._shape = (len(factors), len(suffixes))

    def segments(
        self,
        times: Sequence[dt.datetime],
        values: np.ndarray,
        flags: Sequence[Sequence[str]] | None = None,
        numbers: Sequence[str] | None = None,
    ) -> list[bytes]:
        """Data segments: `values` by time, factor and suffix; `flags` by time and factor (`N` without)."""
        factors, suffixes = self._shape
        rows = np.asarray(values, dtype=float).reshape(len(times), factors, suffixes).tolist()
        result = []
        for place, (time, row) in enumerate(zip(times, rows, strict=True)):
            flag = flags[place] if flags is not None else ("N",) * factors
            number, text = _texts_of(time)
            filled: list[object] = [numbers[place] if numbers is not None else number, text]
            for factor, numbers_of_factor in enumerate(row):
                filled.extend(numbers_of_factor)
                filled.append(flag[factor])
            result.append((self._template % tuple(filled)).encode())
        return result

    def frames(
        self,
        times: Sequence[dt.datetime],
        values: np.ndarray,
        flags: Sequence[Sequence[str]] | None = None,
        numbers: Sequence[str] | None = None,
    ) -> list[bytes]:
        """The same as frames, their checksums made at once."""
        return frames_of(self.segments(times, values, flags, numbers))
