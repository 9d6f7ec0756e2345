"""The shape of a frame: the names of its fields in order. Frames of one shape differ in nothing but values.

A shape is studied once, on one frame, by the same code that decodes single frames; then it is known which of its values
is which number of which factor, and columns of values can be read from all its frames at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from lantu.gateway.hj212.factors import resolve_factor
from lantu.gateway.hj212.framing import dissect
from lantu.gateway.hj212.oddities import OF_CONTENTS
from lantu.gateway.hj212.packet import read_packet
from lantu.gateway.hj212.readings import NUMBERS, contents_of
from lantu.gateway.hj212.rows import COLUMN, KIND_NAMES
from lantu.gateway.hj212.writing import frame_of

_FIELD = re.compile(rb"(^|[;,]|&&)([A-Za-z0-9_\-]+)=([^;,&=]*)")
_FIELD_NAMES = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")
_NEEDED = ("ST", "CN", "MN")
LONGEST_NAME = 15
"""Characters of a name that two words with the separator before it hold."""


@dataclass(slots=True)
class Shape:
    """The names of the fields, the separator before each, and by number of field where some of them stand (-1: not).

    `first` is the first field within CP.
    """

    names: tuple[str, ...]
    separators: tuple[str, ...]
    first: int
    command: int
    system: int
    flag: int
    device: int
    time: int
    packets: int
    packet: int
    resent: int


@dataclass(slots=True)
class Meaning:
    """What the frames of a shape say, given their command (CN), system (ST) and Flag.

    Of each number: its field, row and column. Of each flag: its field and row. `factors` by row.
    """

    kind: int
    factors: tuple[str, ...]
    number_field: np.ndarray
    number_row: np.ndarray
    number_column: np.ndarray
    flag_field: np.ndarray
    flag_row: np.ndarray
    oddities: tuple[str, ...]


def shape_of(frame: bytes) -> Shape | None:
    """The shape of a regular frame; None where single decoding is needed for all of its kind."""
    data = dissect(frame).data
    fields = list(_FIELD.finditer(data))
    # Put together again, the fields are the whole data segment; CP itself is one, with an empty value.
    if b"".join(found.group() for found in fields) + b"&&" != data:
        return None
    names = tuple(found.group(2).decode() for found in fields)
    if "CP" not in names:
        return None
    first = names.index("CP") + 1
    header, content = names[: first - 1], names[first:]
    if len(set(header)) != len(header) or not set(_NEEDED) <= set(header) <= set(_FIELD_NAMES):
        return None
    if [name for name in content if name.lower() == "datatime"] != ["DataTime"] or "QN" in content:
        return None
    if any(len(name) > LONGEST_NAME for name in names):
        return None
    place = {name: number for number, name in enumerate(header)}
    return Shape(
        names,
        tuple(found.group(1).decode() for found in fields),
        first,
        place["CN"],
        place["ST"],
        place.get("Flag", -1),
        place["MN"],
        first + content.index("DataTime"),
        place.get("PNUM", -1),
        place.get("PNO", -1),
        place.get("RF", -1),
    )


def meaning_of(shape: Shape, frame: bytes) -> Meaning | None:
    """What frames of a shape say that agree with this one in command, system and Flag; None: decode them singly."""
    # Values that are in order stand for those of this frame, so that nothing but names and separators is judged.
    names = shape.names[shape.first :]
    content = ""
    for place, name in enumerate(names, shape.first):
        value = "20210101000000" if name == "DataTime" else "N" if name.endswith("-Flag") else "1"
        content += f"{shape.separators[place] if place > shape.first else ''}{name}={value}"
    packet = read_packet(frame_of(frame[6 : frame.index(b"CP=&&") + 5] + content.encode() + b"&&"))
    packet.oddities = [name for name in packet.oddities if name in OF_CONTENTS]
    contents = contents_of(packet)
    if contents.refused not in ("", "packet_beyond_total") or not contents.readings:
        return None
    if contents.facilities or contents.information:
        return None
    oddities = tuple(dict.fromkeys([*packet.oddities, *contents.oddities]))
    if {"factor_conflict", "factor_repeated"} & set(oddities):
        return None
    rows = {reading.factor: row for row, reading in enumerate(contents.readings)}
    numbers: list[tuple[int, int, int]] = []
    flags: list[tuple[int, int]] = []
    for place, name in enumerate(names, shape.first):
        prefix, dash, suffix = name.rpartition("-")
        if not dash or (suffix not in NUMBERS and suffix != "Flag"):
            # Day and night levels are rows of their own; they are rare enough to be decoded singly.
            if suffix in ("DayData", "NightData"):
                return None
            continue
        row = rows.get(resolve_factor(prefix, packet.system, packet.edition)[0])
        if row is None:
            continue
        if suffix == "Flag":
            flags.append((place, row))
        else:
            numbers.append((place, row, COLUMN[NUMBERS[suffix]]))
    if len({row for _, row in flags}) != len(flags):
        return None
    number_field, number_row, number_column = (np.array(part, np.intp) for part in zip(*numbers, strict=True))
    return Meaning(
        KIND_NAMES.index(contents.kind),
        tuple(reading.factor for reading in contents.readings),
        number_field,
        number_row,
        number_column,
        np.array([place for place, _ in flags], np.intp),
        np.array([row for _, row in flags], np.intp),
        oddities,
    )
