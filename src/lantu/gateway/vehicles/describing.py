"""One frame in words: what an operator sees who asks what a device has sent."""

from __future__ import annotations

from typing import Any

from lantu.gateway.vehicles.events import position_of
from lantu.gateway.vehicles.frames import (
    ACTIVATED,
    ACTIVATION,
    HEAD,
    LOGIN,
    LOGOUT,
    PLAIN,
    REALTIME,
    RESEND,
    TAIL,
    TAMPER,
    Family,
    checksum,
    family_of,
    time_of,
    vin_start,
    vin_text,
)
from lantu.gateway.vehicles.quantities import (
    DIAGNOSIS,
    ELECTRIC_POSITION,
    ELECTRIC_VEHICLE,
    STREAMS,
    values_of,
)
from lantu.gateway.vehicles.units import Item, electric, realtime


def describe(frame: bytes) -> dict[str, Any]:
    """All that a frame says, every quantity of its items too. `fault` says what is wrong with it, if anything is."""
    if len(frame) < HEAD + TAIL or frame[:2] not in (b"##", b"~~", b"$$"):
        return {"fault": "length" if frame[:2] in (b"##", b"~~", b"$$") else "mark"}
    if len(frame) != HEAD + TAIL + int.from_bytes(frame[22:24], "big"):
        return {"fault": "length"}
    if checksum(frame[2:]):
        return {"fault": "checksum"}
    family = family_of(frame[:2], frame[3])
    start = vin_start(family)
    found: dict[str, Any] = {
        "protocol": family.value,
        "command": frame[2],
        "vin": vin_text(frame[start : start + 17]),
        "encryption": frame[21],
    }
    if family is Family.TERMINAL:
        found["version"] = frame[20]
    else:
        found["response"] = frame[3]
    unit = frame[HEAD:-TAIL]
    if frame[21] != PLAIN or family is Family.ELECTRIC_2025:
        found["data"] = unit.hex()
        return found
    return found | _unit(family, frame[2], unit, found["vin"])


def _unit(family: Family, command: int, unit: bytes, vin: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not unit:
        return found
    if family is Family.TERMINAL and command == ACTIVATED:
        return {"status": unit[0], "info": unit[1] if len(unit) > 1 else None}
    found["time"] = time_of(unit)
    if command in (REALTIME, RESEND):
        return found | (_electric(unit) if family is Family.ELECTRIC else _heavy(unit, vin))
    if command in (LOGIN, LOGOUT):
        found["serial"] = int.from_bytes(unit[6:8], "big")
        found["iccid"] = unit[8:28].rstrip(b"\0 ").decode("ascii", "backslashreplace")
    elif family is Family.TERMINAL and command == TAMPER and len(unit) >= 17:
        found["serial"] = int.from_bytes(unit[6:8], "big")
        found["latitude"], found["longitude"] = position_of(unit[8:17])
    elif family is Family.TERMINAL and command == ACTIVATION:
        found |= {"chip": unit[6:22].hex(), "key": unit[22:86].hex(), "own_vin": vin_text(unit[86:103])}
    return found


def _heavy(unit: bytes, vin: str) -> dict[str, Any]:
    read = realtime(unit, vin)
    if read is None:
        return {"fault": "layout", "data": unit.hex()}
    return {
        "layout": read.layout,
        "serial": read.serial,
        "signed": read.signed,
        "items": [
            {
                "type": item.kind,
                "time": time_of(unit[item.time : item.time + 6]) if item.time >= 0 else None,
                "values": _values(unit, item),
            }
            for item in read.items
        ],
    }


def _values(unit: bytes, item: Item) -> dict[str, Any]:
    body = unit[item.body : item.body + item.size]
    if item.kind != DIAGNOSIS:
        return dict(values_of(body, STREAMS[item.kind]))

    def text(start: int, stop: int) -> str:
        return body[start:stop].rstrip(b"\0 ").decode("ascii", "backslashreplace")

    return {
        "protocol": body[0],
        "malfunction_lamp": body[1],
        "monitors_supported": int.from_bytes(body[2:4], "big"),
        "monitors_not_ready": int.from_bytes(body[4:6], "big"),
        "vin": vin_text(body[6:23]),
        "calibration": text(23, 41),
        "verification_number": text(41, 59),
        "fault_codes": [body[at : at + 4].hex() for at in range(96, len(body), 4)],
    }


def _electric(unit: bytes) -> dict[str, Any]:
    items = electric(unit)
    if items is None:
        return {"fault": "layout", "data": unit.hex()}
    known = {0x01: ELECTRIC_VEHICLE, 0x05: ELECTRIC_POSITION}
    read = []
    for item in items:
        body = unit[item.body : item.body + item.size]
        values = values_of(body, known[item.kind]) if item.kind in known else {"data": body.hex()}
        read.append({"type": item.kind, "time": None, "values": values})
    return {"items": read}
