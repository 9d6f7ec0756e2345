"""Making frames: answers of the gateway, and what the simulator and the tests send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from lantu.gateway.vehicles.frames import IS_COMMAND, MARKS, PLAIN, Family, checksum, time_bytes
from lantu.gateway.vehicles.quantities import ELECTRIC_POSITION, ELECTRIC_VEHICLE, STREAMS, Quantity
from lantu.gateway.vehicles.units import NUMBER, SIGNATURE

NO_SIGNATURE = bytes([NUMBER]) + bytes(NUMBER) + bytes([NUMBER]) + bytes(NUMBER)
"""The place of an SM2 signature, with nothing in it."""


def frame(
    family: Family,
    command: int,
    vin: str,
    unit: bytes = b"",
    *,
    response: int = IS_COMMAND,
    version: int = 1,
    encryption: int = PLAIN,
) -> bytes:
    """A whole frame. `version` is that of a terminal's software; `response` is for the families that have one.

    Raises:
        UnicodeEncodeError: the VIN is not ASCII.
        OverflowError: the unit is too long for its length.
    """
    name = vin.encode("ascii")[:17].ljust(17, b"\0")
    if family is Family.TERMINAL:
        head = bytes([command]) + name + bytes([version, encryption])
    else:
        head = bytes([command, response]) + name + bytes([encryption])
    body = head + len(unit).to_bytes(2, "big") + unit
    return MARKS[family] + body + bytes([checksum(body)])


def body(quantities: Sequence[Quantity], values: Mapping[str, float | None]) -> bytes:
    """A body of those quantities; what is not among the values is sent as missing.

    Raises:
        OverflowError: a value does not fit.
        ValueError: a value's name is none of the quantities'.
    """
    if unknown := values.keys() - {quantity.name for quantity in quantities}:
        raise ValueError(f"the body has no {', '.join(sorted(unknown))}")
    return b"".join(quantity.raw(values.get(quantity.name)).to_bytes(quantity.size, "big") for quantity in quantities)


def stream(kind: int, values: Mapping[str, float | None]) -> bytes:
    """The body of a stream item, a hybrid item or a supplement of heavy vehicles. See `body`."""
    return body(STREAMS[kind], values)


def diagnosis(
    vin: str,
    *,
    protocol: int = 1,
    lamp: int = 0,
    supported: int = 0xFFFF,
    not_ready: int = 0,
    calibration: str = "",
    verification: str = "",
    codes: Sequence[int] = (),
) -> bytes:
    """The body of an OBD item; its in-use performance ratios are zero."""
    texts = [(vin, 17), (calibration, 18), (verification, 18)]
    return (
        bytes([protocol, lamp])
        + supported.to_bytes(2, "big")
        + not_ready.to_bytes(2, "big")
        + b"".join(text.encode("ascii")[:size].ljust(size, b"\0") for text, size in texts)
        + bytes(36)
        + bytes([len(codes)])
        + b"".join(code.to_bytes(4, "big") for code in codes)
    )


def realtime_unit(
    layout: str,
    time: dt.datetime,
    serial: int,
    items: Sequence[tuple[int, dt.datetime, bytes]],
    signature: bytes | None = None,
) -> bytes:
    """A realtime unit in one of the three layouts; items are type, time of collection (sent in L3) and body.

    `signature` stands once behind L3 where it is given, behind each item of L2, and never in L1.
    """
    number = serial.to_bytes(2, "big")
    signature = NO_SIGNATURE if signature is None and layout == "L2" else signature or b""
    if signature and len(signature) != SIGNATURE:
        raise ValueError(f"a signature has {SIGNATURE} bytes")
    if layout == "L1":
        return time_bytes(time) + b"".join(bytes([kind]) + number + content for kind, _, content in items)
    head = time_bytes(time) + number
    if layout == "L2":
        return head + b"".join(bytes([kind]) + content + signature for kind, _, content in items)
    return head + b"".join(bytes([kind]) + time_bytes(at) + content for kind, at, content in items) + signature


def login_unit(time: dt.datetime, serial: int, iccid: str) -> bytes:
    """The unit of a heavy vehicle's login; that of an electric one has two bytes more (`electric_login_unit`)."""
    return time_bytes(time) + serial.to_bytes(2, "big") + iccid.encode("ascii")[:20].ljust(20, b"\0")


def electric_login_unit(time: dt.datetime, serial: int, iccid: str) -> bytes:
    """The unit of an electric vehicle's login: one rechargeable system without a code."""
    return login_unit(time, serial, iccid) + b"\x01\x00"


def logout_unit(time: dt.datetime, serial: int) -> bytes:
    """The unit of a logout, with the serial number of the login."""
    return time_bytes(time) + serial.to_bytes(2, "big")


def electric_unit(
    time: dt.datetime, vehicle: Mapping[str, float | None], position: Mapping[str, float | None] | None = None
) -> bytes:
    """The realtime unit of an electric vehicle (GB/T 32960.3-2016): the vehicle's data, and where it is."""
    unit = time_bytes(time) + b"\x01" + body(ELECTRIC_VEHICLE, vehicle)
    return unit if position is None else unit + b"\x05" + body(ELECTRIC_POSITION, position)
