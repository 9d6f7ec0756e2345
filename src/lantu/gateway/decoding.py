"""Decoding what the inbox kept: each device by its own clock, and one bad frame takes no neighbour along."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence

from lantu.gateway.arrivals import Decoded, FieldProtocol, Kept
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.records import Record


def decode_by_clock(protocol: FieldProtocol, records: Sequence[Record], register: DeviceRegister) -> Decoded:
    """Decode kept frames; those of devices of another time zone by their own clock, with times of the city."""
    if not register.clocks_differ:
        return decode_frames(protocol, records)
    groups: dict[dt.timedelta, list[int]] = {}
    for place, record in enumerate(records):
        device = register.get(record.protocol, record.device)
        groups.setdefault(device.clock_ahead if device else dt.timedelta(), []).append(place)
    parts: list[Decoded] = []
    for ahead, places in groups.items():
        shift = int(ahead.total_seconds() * 1e9)
        mine = [records[place]._replace(received=records[place].received + shift) for place in places]
        parts.append(_in_city_time(decode_frames(protocol, mine), ahead, places))
    return functools.reduce(_together, parts)


def _in_city_time(decoded: Decoded, ahead: dt.timedelta, places: Sequence[int]) -> Decoded:
    """The tables with their times set back by `ahead`, and with the frames' numbers as all of them are counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    tables = {}
    for name, table in decoded.tables.items():
        frame = table.column_names.index("frame")
        numbers = pa.array(places, pa.int64()).take(table["frame"].cast(pa.int64()))
        table = table.set_column(frame, "frame", numbers.cast(table["frame"].type))
        if ahead and "time" in table.column_names:
            column = table.column_names.index("time")
            kind = table["time"].type
            table = table.set_column(column, "time", pc.subtract(table["time"], pa.scalar(ahead)).cast(kind))
        tables[name] = table
    return Decoded(tables, {places[index]: why for index, why in decoded.undecoded.items()})


def decode_frames(protocol: FieldProtocol, records: Sequence[Record]) -> Decoded:
    """Decode kept frames; one on which the protocol itself fails is found by halving, and is undecoded."""
    kept = Kept([r.raw for r in records], [r.received for r in records], [r.number for r in records])
    try:
        return protocol.decode(kept)
    except Exception as error:
        if len(records) == 1:
            return Decoded({}, {0: f"fault: {error}"})
        middle = len(records) // 2
        return _together(decode_frames(protocol, records[:middle]), decode_frames(protocol, records[middle:]), middle)


def _together(first: Decoded, second: Decoded, shift: int = 0) -> Decoded:
    import pyarrow as pa
    import pyarrow.compute as pc

    tables = dict(first.tables)
    for name, table in second.tables.items():
        place = table.column_names.index("frame")
        moved = table.set_column(place, "frame", pc.add(table["frame"], shift).cast(table["frame"].type))
        tables[name] = (
            pa.concat_tables([tables[name], moved], promote_options="permissive") if name in tables else moved
        )
    undecoded = {**first.undecoded, **{index + shift: why for index, why in second.undecoded.items()}}
    return Decoded(tables, undecoded)
