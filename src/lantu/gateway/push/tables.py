"""Kept pushes as tables: `events`, `evidence`, `readings`, rows of datasets, and those of vapour recovery.

Every table has `device`, `frame` and, but for rows of datasets, `id` (the sender's name of the message: with the source
it is the key by which what came twice is one). `source` is who sent it, `simulated` whether it says so of itself.
"""

from __future__ import annotations

import math
from typing import Any

import orjson
import pyarrow as pa

from lantu.gateway.arrivals import Decoded, Kept
from lantu.gateway.push.envelope import Envelope
from lantu.gateway.push.messages import Event, Readings, Rows, Weighing, read_message
from lantu.gateway.push.pictures import take_picture
from lantu.gateway.push.refusal import Refusal
from lantu.gateway.push.rows import rows_of
from lantu.gateway.push.vapour import TYPES, Posted, number, read_posted, time_of
from lantu.lake.dataset import get_dataset

_TIME = pa.timestamp("us")
_HEAD = [("device", pa.string()), ("frame", pa.int64()), ("source", pa.string()), ("id", pa.string())]
_TIMED = [*_HEAD, ("time", _TIME), ("simulated", pa.bool_())]

SCHEMAS: dict[str, pa.Schema] = {
    "events": pa.schema(
        [
            *_TIMED,
            ("kind", pa.string()),
            ("equipment", pa.string()),
            ("confidence", pa.float64()),
            ("plate", pa.string()),
            ("gross", pa.float64()),
            ("tare", pa.float64()),
            ("net", pa.float64()),
            ("material", pa.string()),
            ("note", pa.string()),
            ("pictures", pa.list_(pa.string())),
        ]
    ),
    "evidence": pa.schema(
        [
            *_HEAD,
            ("name", pa.string()),
            ("sha256", pa.string()),
            ("media_type", pa.string()),
            ("content", pa.binary()),
        ]
    ),
    "readings": pa.schema(
        [
            *_TIMED,
            ("kind", pa.string()),
            ("factor", pa.string()),
            ("value", pa.float64()),
            ("minimum", pa.float64()),
            ("maximum", pa.float64()),
            ("total", pa.float64()),
            ("flag", pa.string()),
        ]
    ),
    "vapour_recovery_fills": pa.schema(
        [
            *_TIMED,
            ("dispenser", pa.string()),
            ("nozzle", pa.string()),
            ("gas_liquid_ratio", pa.float64()),
            ("ratio_printed", pa.string()),
            ("gas_rate", pa.float64()),
            ("gas_volume", pa.float64()),
            ("fuel_rate", pa.float64()),
            ("fuel_volume", pa.float64()),
            ("liquid_resistance", pa.float64()),
        ]
    ),
    "vapour_recovery_pressures": pa.schema(
        [
            *_TIMED,
            ("tank_pressure", pa.float64()),
            ("resistance_pressure", pa.float64()),
            ("vapour_space", pa.float64()),
        ]
    ),
    "vapour_recovery_alarms": pa.schema(
        [*_TIMED, ("item", pa.string()), ("nozzle", pa.string()), ("state", pa.string())]
    ),
    "vapour_recovery_messages": pa.schema([*_TIMED, ("kind", pa.string()), ("fields", pa.string())]),
}
"""The tables but for rows of datasets. Masses in t, rates in L/min, volumes in L, pressures in Pa. The state of an
alarm's item is as printed: 0 well, 1 and 2 the two steps of warning and alarm, N not judged."""

_ALARM_ITEMS = ("MB", "YZ", "YGLY", "PVZT", "PVLJZT", "HCLZT")


def decode(kept: Kept) -> Decoded:
    """All that the kept pushes say, as tables."""
    collected: dict[str, list[dict[str, Any]]] = {}
    undecoded: dict[int, str] = {}
    for frame, raw in enumerate(kept.raw):
        try:
            found = _rows(Envelope.unpack(raw), frame)
        except Refusal as refusal:
            undecoded[frame] = str(refusal)[:200]
            continue
        except ValueError as error:
            undecoded[frame] = str(error)[:200]
            continue
        if not any(found.values()):
            undecoded[frame] = "encrypted"
        for name, rows in found.items():
            collected.setdefault(name, []).extend(rows)
    tables = {
        name: pa.Table.from_pylist(rows, SCHEMAS[name] if name in SCHEMAS else _dataset_schema(name))
        for name, rows in collected.items()
        if rows
    }
    return Decoded(tables, undecoded)


def _dataset_schema(name: str) -> pa.Schema:
    dataset = get_dataset(name)
    fields = [("device", pa.string()), ("frame", pa.int64()), ("source", pa.string()), ("simulated", pa.bool_())]
    fields += [("station", pa.string()), ("time", _TIME)]
    fields += [(column, pa.float64()) for column in dataset.value_names]
    fields += [(text, pa.string()) for text in dataset.text_names]
    return pa.schema(fields + ([("below", pa.string())] if dataset.detection_limits else []))


def _rows(envelope: Envelope, frame: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of one push by their tables."""
    if envelope.form == "vapour_recovery":
        return _vapour(read_posted(envelope.body), envelope, frame)
    message = read_message(envelope.body)
    head = {"frame": frame, "source": envelope.source, "id": message.id, "simulated": message.simulated}
    if isinstance(message, Event | Weighing):
        return _event(message, envelope, head)
    if isinstance(message, Readings):
        return {
            "readings": [
                {
                    **head,
                    "device": message.device,
                    "time": message.time,
                    "kind": message.kind,
                    "factor": factor,
                    **reading.model_dump(),
                }
                for factor, reading in message.factors.items()
            ]
        }
    return _dataset_rows(message, head)


def _event(message: Event | Weighing, envelope: Envelope, head: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    event = {
        **head,
        "device": message.site,
        "time": message.time,
        "equipment": message.equipment,
        "plate": message.plate,
        "note": message.note,
        "pictures": [picture.sha256 for picture in message.pictures],
    }
    if isinstance(message, Event):
        event |= {"kind": message.kind, "confidence": message.confidence}
    else:
        event |= {name: message.tonnes(getattr(message, name)) for name in ("gross", "tare", "net")}
        event |= {"kind": "weighing", "material": message.material}
    evidence = [
        {**head, "device": message.site, **_picture(said, envelope, index)}
        for index, said in enumerate(message.pictures)
    ]
    return {"events": [event], "evidence": evidence}


def _picture(said: Any, envelope: Envelope, index: int) -> dict[str, Any]:
    picture = take_picture(said, envelope.parts, f"pictures[{index}]")
    return {
        "name": picture.name, "sha256": picture.sha256, "media_type": picture.media_type, "content": picture.content,
    }  # fmt: skip


def _dataset_rows(message: Rows, head: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found = rows_of(message)
    rows = []
    for index, (station, time) in enumerate(zip(found.stations, found.times, strict=True)):
        row = {**head, "device": station, "station": station, "time": time, "below": found.below[index]}
        row |= {name: None if math.isnan(values[index]) else values[index] for name, values in found.values.items()}
        row |= {name: texts[index] for name, texts in found.texts.items()}
        rows.append(row)
    return {found.dataset.name: rows}


def _vapour(posted: Posted, envelope: Envelope, frame: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of a controller's message; those of a kind that no table has are kept with their fields as JSON."""
    if posted.rows is None:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for index, row in enumerate(posted.rows):
        time = time_of(row.get("DATE", "")) or posted.time
        head = {
            "device": posted.station, "frame": frame, "source": envelope.source, "id": f"{posted.id}-{index}",
            "time": time, "simulated": False,
        }  # fmt: skip
        name, rows = _vapour_row(posted.type, row, head, bool(envelope.options.get("ratio_in_percent", True)))
        found.setdefault(name, []).extend(rows)
    return found


def _vapour_row(
    kind: str, row: dict[str, str], head: dict[str, Any], percent: bool
) -> tuple[str, list[dict[str, Any]]]:
    if TYPES[kind] == "fill":
        return "vapour_recovery_fills", [head | _fill(row, percent)]
    if TYPES[kind] == "pressure":
        values = {"tank_pressure": "YGYL", "resistance_pressure": "YZYL", "vapour_space": "YQKJ"}
        return "vapour_recovery_pressures", [head | {name: number(row.get(own)) for name, own in values.items()}]
    if TYPES[kind] == "alarm":
        return "vapour_recovery_alarms", [head | state for state in _alarms(row)]
    return "vapour_recovery_messages", [head | {"kind": TYPES[kind], "fields": orjson.dumps(row).decode()}]


def _fill(row: dict[str, str], percent: bool) -> dict[str, Any]:
    ratio = number(row.get("AL"))
    values = {
        "gas_rate": "QLS", "gas_volume": "QLL", "fuel_rate": "YLS", "fuel_volume": "YLL", "liquid_resistance": "YZ",
    }  # fmt: skip
    return {
        "dispenser": row.get("JYJID"),
        "nozzle": row.get("JYQID"),
        "gas_liquid_ratio": ratio if ratio is None or not percent else ratio / 100,
        "ratio_printed": row.get("AL"),
        **{name: number(row.get(own)) for name, own in values.items()},
    }


def _alarms(row: dict[str, str]) -> list[dict[str, str]]:
    """The states of an alarm's row: of each nozzle's ratio (`1:0;2:1`), and of the station's parts."""
    states = []
    for pair in row.get("AL", "").split(";"):
        nozzle, colon, state = pair.partition(":")
        if colon and state.strip():
            states.append({"item": "AL", "nozzle": nozzle.strip(), "state": state.strip()})
        elif nozzle.strip() and nozzle.strip() != "NULL":
            states.append({"item": "AL", "nozzle": "", "state": nozzle.strip()})
    for item in _ALARM_ITEMS:
        if row.get(item, "NULL") not in ("NULL", ""):
            states.append({"item": item, "nozzle": "", "state": row[item]})
    return states
