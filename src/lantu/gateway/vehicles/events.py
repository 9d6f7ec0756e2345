"""What vehicles and platforms say beside their data: login, logout, tamper alarm, activation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lantu.gateway.vehicles.frames import (
    ACTIVATION,
    ELECTRIC_PLATFORM_LOGIN,
    ELECTRIC_PLATFORM_LOGOUT,
    HEAD,
    LOGIN,
    LOGOUT,
    PLAIN,
    PLATFORM_LOGIN,
    PLATFORM_LOGOUT,
    TAMPER,
    time_of,
)
from lantu.gateway.vehicles.quantities import ELECTRIC_POSITION, POSITION_INVALID, SOUTH, WEST, values_of
from lantu.gateway.vehicles.scanning import ELECTRIC, PLATFORM, TERMINAL, Heads

EVENTS: dict[tuple[int, int], str] = {
    (TERMINAL, LOGIN): "login",
    (TERMINAL, LOGOUT): "logout",
    (TERMINAL, TAMPER): "tampered",
    (TERMINAL, ACTIVATION): "activation",
    (PLATFORM, LOGIN): "login",
    (PLATFORM, LOGOUT): "logout",
    (PLATFORM, PLATFORM_LOGIN): "platform_login",
    (PLATFORM, PLATFORM_LOGOUT): "platform_logout",
    (ELECTRIC, LOGIN): "login",
    (ELECTRIC, LOGOUT): "logout",
    (ELECTRIC, ELECTRIC_PLATFORM_LOGIN): "platform_login",
    (ELECTRIC, ELECTRIC_PLATFORM_LOGOUT): "platform_logout",
}
"""By family and command."""

_IS_EVENT = np.zeros((4, 256), bool)
for _family, _command in EVENTS:
    _IS_EVENT[_family, _command] = True

_SCHEMA = [
    ("event", pa.string()),
    ("serial", pa.int32()),
    ("detail", pa.string()),
    ("latitude", pa.float64()),
    ("longitude", pa.float64()),
]


def position_of(body: bytes) -> tuple[float | None, float | None]:
    """Latitude and longitude of a position's nine bytes; none where it is marked invalid, at 0/0 or off the globe."""
    values = values_of(body, ELECTRIC_POSITION)
    state, longitude, latitude = body[0], values["longitude"], values["latitude"]
    if state > 0xFA or state & POSITION_INVALID or longitude is None or latitude is None:
        return None, None
    if (longitude == 0 and latitude == 0) or longitude > 180 or latitude > 90:
        return None, None
    return (-latitude if state & SOUTH else latitude), (-longitude if state & WEST else longitude)


def _printed(data: bytes) -> str:
    return data.rstrip(b"\0 ").decode("ascii", "backslashreplace")


def _detail(event: str, unit: bytes) -> str:
    """The ICCID of a login, the user of a platform's, the chip of an activation."""
    if event == "login":
        return _printed(unit[8:28])
    if event == "platform_login":
        return _printed(unit[8:20])
    return unit[6:22].hex() if event == "activation" else ""


def table(raw: Sequence[bytes], heads: Heads, names: pa.Array, codes: Any) -> pa.Table | None:
    """A row for each such frame. `detail` is an ICCID, a platform's user or a chip; a password is never shown."""
    sound = heads.sound & (heads.encryption == PLAIN) & heads.is_command
    chosen = np.flatnonzero(sound & _IS_EVENT[heads.family, heads.command])
    frames: list[int] = []
    times: list[dt.datetime] = []
    rows: list[tuple[Any, ...]] = []
    for index in chosen.tolist():
        event = EVENTS[int(heads.family[index]), int(heads.command[index])]
        unit = raw[index][HEAD:-1]
        time = time_of(unit)
        if time is None or len(unit) < 8:
            continue
        serial = None if event == "activation" else int.from_bytes(unit[6:8], "big")
        place = position_of(unit[8:17]) if event == "tampered" and len(unit) >= 17 else (None, None)
        frames.append(index)
        times.append(time)
        rows.append((event, serial, _detail(event, unit), *place))
    if not frames:
        return None
    columns: dict[str, pa.Array] = {
        "device": names.take(pa.array(codes[np.array(frames)])),
        "frame": pa.array(frames, pa.int64()),
        "time": pa.array(times, pa.timestamp("us")),
    }
    for (name, kind), values in zip(_SCHEMA, zip(*rows, strict=True), strict=True):
        columns[name] = pa.array(values, kind)
    return pa.table(columns)
