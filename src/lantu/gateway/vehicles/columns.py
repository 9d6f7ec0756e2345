"""Kept frames as columns: seconds of heavy vehicles, states of electric ones, diagnoses, events.

Tables, each with `device` (VIN), `frame` (index into the kept frames) and `time` (Beijing time, as the terminal says):

* `vehicle_seconds`: the columns of the dataset `heavy_vehicle_seconds` that a stream carries, in its units; `kind` is
  `realtime` or `resend`; `timed` says where the time is from: `item` (its own), `unit` (that of the unit, of which it
  is the only stream item) or `counted` (one of several items under one time: the unit's, one second more for each; no
  source says how terminals mean it).
* `electric_vehicle_states`: GB/T 32960, and the hybrid item of GB 17691.
* `vehicle_diagnoses`: OBD items. `vehicle_events`: login, logout, tamper alarm and the like.

The rate of NOx is not sent, and no table has it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lantu.gateway.arrivals import Decoded, Kept
from lantu.gateway.vehicles import events
from lantu.gateway.vehicles.frames import ENCRYPTIONS, RESEND, vin_text
from lantu.gateway.vehicles.quantities import (
    DIAGNOSIS,
    ELECTRIC_POSITION,
    ELECTRIC_VEHICLE,
    HIGHEST_VALUE,
    HYBRID,
    POSITION_INVALID,
    SECONDS,
    SOUTH,
    STREAMS,
    WEST,
    Quantity,
    body_type,
)
from lantu.gateway.vehicles.scanning import ELECTRIC_2025, TERMINAL, Heads, Items, find_items, read_heads, seconds_at
from lantu.gateway.vehicles.units import electric

Array = Any

SECOND_COLUMNS = (
    "speed", "engine_speed", "nox_downstream", "nox_upstream", "fuel_rate", "scr_inlet_temperature",
    "coolant_temperature", "reagent_level", "mileage",
)  # fmt: skip
ELECTRIC_COLUMNS = ("speed", "mileage", "voltage", "current", "state_of_charge")
ELECTRIC_CODES = ("vehicle_state", "charging_state", "running_mode")

_TIME = pa.timestamp("us")
_KINDS = pa.array(["realtime", "resend"])
_TIMED = pa.array(["item", "unit", "counted"])
_ITEM, _UNIT, _COUNTED = range(3)

NO_ENTRY: dict[str, str] = {
    "checksum": "the checksum is wrong",
    "length": "the frame is not as long as it says",
    "encrypted": "the unit is encrypted",
    "edition": "frames of GB/T 32960.3-2025 are kept and not read",
    "layout": "no layout uses up the unit exactly",
    "no_data": "the command carries no data",
}
"""Why a frame gives no row, by the words in `Decoded.undecoded`."""


def decode(kept: Kept, inverted: Collection[str] = ()) -> Decoded:
    """All that the kept frames say, as tables; see the module. `inverted`: see `protocol.Vehicles`."""
    if not len(kept.raw):
        return Decoded()
    heads = read_heads(kept.raw)
    names, codes = _devices(kept.raw, heads)
    items, layout, _ = find_items(heads)
    flipped = np.array([name in inverted for name in names.to_pylist()])[codes] if inverted else None
    tables = {
        "vehicle_seconds": _seconds(heads, items, names, codes, flipped),
        "electric_vehicle_states": _electric(kept.raw, heads, items, names, codes),
        "vehicle_diagnoses": _diagnoses(heads, items, names, codes),
        "vehicle_events": events.table(kept.raw, heads, names, codes),
    }
    tables = {name: table for name, table in tables.items() if table is not None and table.num_rows}
    return Decoded(tables, _undecoded(heads, layout, tables))


def _devices(raw: Sequence[bytes], heads: Heads) -> tuple[pa.Array, Array]:
    """The names of the devices, and which one each frame is from."""
    numbers: dict[bytes, int] = {}
    starts = np.where(heads.family == TERMINAL, 3, 4).tolist()
    codes = np.array(
        [numbers.setdefault(frame[at : at + 17], len(numbers)) for frame, at in zip(raw, starts, strict=True)],
        dtype=np.int64,
    )
    return pa.array([vin_text(each) for each in numbers], pa.string()), codes


def _rows(heads: Heads, frame: Array, seconds: Array, names: pa.Array, codes: Array) -> dict[str, pa.Array]:
    """What every table starts with."""
    return {
        "device": names.take(pa.array(codes[frame])),
        "frame": pa.array(frame.astype(np.int64)),
        "time": pa.array((seconds * 1_000_000).view("datetime64[us]"), _TIME),
        "kind": _KINDS.take(pa.array((heads.command[frame] == RESEND).astype(np.int8))),
    }


def _records(buffer: Array, body: Array, quantities: tuple[Quantity, ...]) -> Array:
    """The bodies that start at the offsets, as packed records."""
    kind = body_type(quantities)
    size = kind.itemsize  # plain bytes are taken much faster than records, and are seen as records after
    every = np.ndarray(len(buffer) - size + 1, f"V{size}", buffer, strides=(1,))
    return every[body].view(kind)


def _value(records: Array, quantity: Quantity) -> tuple[Array, Array]:
    """The values of one quantity, and where there is none."""
    raw = records[quantity.name]
    missing = raw >= (HIGHEST_VALUE + 1) << 8 * (quantity.size - 1)
    values = raw.astype(np.float64)
    if quantity.times != 1:
        values *= quantity.times
    if quantity.less:
        values -= quantity.less
    if quantity.by != 1:
        values /= quantity.by
    return values, missing


def _column(records: Array, quantity: Quantity) -> pa.Array:
    values, missing = _value(records, quantity)
    return pa.array(values, mask=missing)


def _position(records: Array, quantities: dict[str, Quantity]) -> dict[str, pa.Array]:
    """Longitude and latitude with their signs; null where the state says invalid, at 0/0, and beyond the globe."""
    state = records["position_state"]
    longitude, no_longitude = _value(records, quantities["longitude"])
    latitude, no_latitude = _value(records, quantities["latitude"])
    missing = no_longitude | no_latitude | ((state & POSITION_INVALID) != 0) | (state > HIGHEST_VALUE)
    missing |= ((longitude == 0) & (latitude == 0)) | (longitude > 180) | (latitude > 90)
    longitude[(state & WEST) != 0] *= -1
    latitude[(state & SOUTH) != 0] *= -1
    return {"latitude": pa.array(latitude, mask=missing), "longitude": pa.array(longitude, mask=missing)}


def _times(heads: Heads, items: Items, chosen: Array) -> tuple[Array, Array]:
    """The second of each chosen stream item, and where it is from (`timed`)."""
    frame = items.frame[chosen]
    own = items.time[chosen]
    seconds = seconds_at(heads.buffer, np.where(own >= 0, own, heads.unit[frame]))
    timed = np.full(len(chosen), _ITEM, np.int8)
    shared = own < 0
    if shared.any():
        first = np.ones(len(frame), bool)
        first[1:] = frame[1:] != frame[:-1]
        begin = np.maximum.accumulate(np.where(first, np.arange(len(frame)), 0))
        place = np.arange(len(frame)) - begin
        several = np.bincount(frame)[frame] > 1
        seconds = seconds + np.where(shared, place, 0)
        timed[shared] = np.where(several[shared], _COUNTED, _UNIT)
    return seconds, timed


def _seconds(heads: Heads, items: Items, names: pa.Array, codes: Array, flipped: Array | None) -> pa.Table | None:
    stream = np.flatnonzero(np.isin(items.kind, np.array(SECONDS, np.uint8)))
    if not len(stream):
        return None
    seconds, timed = _times(heads, items, stream)
    kinds = items.kind[stream]
    parts = []
    for kind in SECONDS:
        mine = slice(None) if (kinds == kind).all() else np.flatnonzero(kinds == kind)
        chosen = stream[mine]
        if len(chosen) and kinds[mine][0] == kind:
            columns = _rows(heads, items.frame[chosen], seconds[mine], names, codes)
            columns["timed"] = _TIMED.take(pa.array(timed[mine]))
            records = _records(heads.buffer, items.body[chosen], STREAMS[kind])
            if flipped is not None:
                records["position_state"] ^= flipped[items.frame[chosen]].astype(np.uint8)
            columns |= _stream_columns(records, STREAMS[kind])
            parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def _stream_columns(records: Array, quantities: tuple[Quantity, ...]) -> dict[str, pa.Array]:
    by_name = {quantity.name: quantity for quantity in quantities}
    columns = {
        name: _column(records, by_name[name]) if name in by_name else pa.nulls(len(records), pa.float64())
        for name in SECOND_COLUMNS
    }
    return columns | _position(records, by_name)


def _electric(raw: Sequence[bytes], heads: Heads, items: Items, names: pa.Array, codes: Array) -> pa.Table | None:
    parts = [
        part
        for part in (_hybrid(heads, items, names, codes), _pure_electric(raw, heads, names, codes))
        if part is not None
    ]
    return pa.concat_tables(parts) if parts else None


def _electric_table(rows: dict[str, pa.Array], values: dict[str, pa.Array]) -> pa.Table:
    """A table with all columns of electric vehicles; those that are not among `values` are null."""
    count = len(rows["frame"])
    columns = dict(rows)
    for name in ELECTRIC_CODES:
        columns[name] = values.get(name, pa.nulls(count, pa.int16()))
    for name in (*ELECTRIC_COLUMNS, "motor_speed", "latitude", "longitude"):
        columns[name] = values.get(name, pa.nulls(count, pa.float64()))
    return pa.table(columns)


def _hybrid(heads: Heads, items: Items, names: pa.Array, codes: Array) -> pa.Table | None:
    chosen = np.flatnonzero(items.kind == HYBRID)
    if not len(chosen):
        return None
    seconds, _ = _times(heads, items, chosen)
    records = _records(heads.buffer, items.body[chosen], STREAMS[HYBRID])
    values = {quantity.name: _column(records, quantity) for quantity in STREAMS[HYBRID]}
    return _electric_table(_rows(heads, items.frame[chosen], seconds, names, codes), values)


def _pure_electric(raw: Sequence[bytes], heads: Heads, names: pa.Array, codes: Array) -> pa.Table | None:
    """A row for each realtime frame of GB/T 32960 with the vehicle's or the position's data."""
    frames, vehicles, positions = [], [], []
    for index in np.flatnonzero(heads.electric).tolist():
        found = electric(raw[index][24:-1])
        by_kind = {item.kind: item.body for item in found or ()}
        if 0x01 in by_kind or 0x05 in by_kind:
            frames.append(index)
            vehicles.append(by_kind.get(0x01, -1))
            positions.append(by_kind.get(0x05, -1))
    if not frames:
        return None
    frame = np.array(frames, np.int64)
    unit = heads.unit[frame]
    seconds = seconds_at(heads.buffer, unit)
    values: dict[str, pa.Array] = {}
    at = np.array(vehicles, np.int64)
    records = _records(heads.buffer, np.where(at >= 0, unit + at, 0), ELECTRIC_VEHICLE)
    for quantity in ELECTRIC_VEHICLE:
        numbers, missing = _value(records, quantity)
        if quantity.name in ELECTRIC_CODES:
            values[quantity.name] = pa.array(numbers.astype(np.int16), mask=missing | (at < 0))
        elif quantity.name in ELECTRIC_COLUMNS:
            values[quantity.name] = pa.array(numbers, mask=missing | (at < 0))
    at = np.array(positions, np.int64)
    records = _records(heads.buffer, np.where(at >= 0, unit + at, 0), ELECTRIC_POSITION).copy()
    records["position_state"][at < 0] = POSITION_INVALID
    values |= _position(records, {quantity.name: quantity for quantity in ELECTRIC_POSITION})
    return _electric_table(_rows(heads, frame, seconds, names, codes), values)


def _text(data: bytes) -> str:
    return data.rstrip(b"\0 ").decode("ascii", "backslashreplace")


def _diagnoses(heads: Heads, items: Items, names: pa.Array, codes: Array) -> pa.Table | None:
    chosen = np.flatnonzero(items.kind == DIAGNOSIS)
    if not len(chosen):
        return None
    buffer, body, size = heads.buffer, items.body[chosen], items.size[chosen]
    bodies = [buffer[at : at + count].tobytes() for at, count in zip(body.tolist(), size.tolist(), strict=True)]
    own = items.time[chosen]
    seconds = seconds_at(buffer, np.where(own >= 0, own, heads.unit[items.frame[chosen]]))
    columns = _rows(heads, items.frame[chosen], seconds, names, codes)
    columns["protocol"] = pa.array(buffer[body].astype(np.int16), mask=buffer[body] >= 0xFE)
    columns["malfunction_lamp"] = pa.array(buffer[body + 1].astype(np.int16), mask=buffer[body + 1] >= 0xFE)
    for name, place in (("monitors_supported", 2), ("monitors_not_ready", 4)):
        high = buffer[body + place].astype(np.int32)
        columns[name] = pa.array(high << 8 | buffer[body + place + 1])
    columns["vin"] = pa.array([vin_text(each[6:23]) for each in bodies])
    columns["calibration"] = pa.array([_text(each[23:41]) for each in bodies])
    columns["verification_number"] = pa.array([_text(each[41:59]) for each in bodies])
    known = buffer[body + 95] < 0xFE
    listed = [" ".join(each[at : at + 4].hex() for at in range(96, len(each), 4)) for each in bodies]
    columns["fault_codes"] = pa.array(listed, mask=~known)
    return pa.table(columns)


def _undecoded(heads: Heads, layout: Array, tables: dict[str, pa.Table]) -> dict[int, str]:
    """Why each frame without a row gave none, by the words of `NO_ENTRY`."""
    empty = np.ones(len(heads.start), bool)
    for table in tables.values():
        empty[table.column("frame").to_numpy()] = False
    reasons: dict[int, str] = {}
    encrypted = np.isin(heads.encryption, np.array(list(ENCRYPTIONS), np.uint8))
    for index in np.flatnonzero(empty).tolist():
        if heads.damaged[index]:
            reasons[index] = "checksum"
        elif not heads.sound[index]:
            reasons[index] = "length"
        elif heads.family[index] == ELECTRIC_2025:
            reasons[index] = "edition"
        elif encrypted[index] and heads.stop[index] > heads.unit[index]:
            reasons[index] = "encrypted"
        elif (heads.heavy[index] and layout[index] < 0) or heads.electric[index]:
            reasons[index] = "layout"
        else:
            reasons[index] = "no_data"
    return reasons
