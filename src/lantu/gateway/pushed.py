"""What came over HTTP becomes rows: its sender was checked when it came, so that no device needs to be registered.

Fills and pressures of petrol stations become readings, events and alarms rows of `device_events`, rows of a dataset
rows of it, and pictures files of evidence under their hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from lantu.gateway.inbox import write_atomically
from lantu.lake import get_dataset
from lantu.lake.dataset import all_datasets

Rows = Iterator[tuple[str, bool, Any]]
"""A dataset, whether its rows are simulated, a table."""

_FILLS = {
    "gas_liquid_ratio": ("AL", "1"),
    "gas_rate": ("QLS", "L/min"),
    "gas_volume": ("QLL", "L"),
    "fuel_rate": ("YLS", "L/min"),
    "fuel_volume": ("YLL", "L"),
    "liquid_resistance": ("YZ", "Pa"),
}
_PRESSURES = {
    "tank_pressure": ("YGYL", "Pa"),
    "resistance_pressure": ("YZYL", "Pa"),
    "vapour_space": ("YQKJ", "L"),
}
"""Columns as factors, by the names of the controllers' protocol, with the units that decoding gives."""


def rows_of_push(kind: str, table: Any) -> Rows | None:
    """The rows that a table of a push becomes; None where it is no such table."""
    made: dict[str, Callable[[Any], Rows]] = {
        "events": _events,
        "vapour_recovery_fills": lambda table: _readings(table, _FILLS),
        "vapour_recovery_pressures": lambda table: _readings(table, _PRESSURES),
        "vapour_recovery_alarms": _alarms,
        "vapour_recovery_messages": _messages,
    }
    if kind in made:
        return made[kind](table)
    return _dataset(kind, table) if kind in all_datasets() else None


def keep_evidence(table: Any, folder: Path) -> None:
    """Keep pictures as files under their hash, once: `evidence/ab/abcd….jpg`."""
    names, digests, contents = (table[name].to_pylist() for name in ("name", "sha256", "content"))
    for name, digest, content in zip(names, digests, contents, strict=True):
        target = folder / digest[:2] / f"{digest}{Path(name or '').suffix.lower()[:10]}"
        if content is not None and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, content)


def _by_nature(rows: list[dict[str, Any]], dataset: str) -> Rows:
    import pyarrow as pa

    schema = {
        "time": pa.timestamp("us"),
        **dict.fromkeys(get_dataset(dataset).value_names, pa.float64()),
        **dict.fromkeys(("station", *get_dataset(dataset).text_names), pa.string()),
    }
    for nature in (False, True):
        mine = [row for row in rows if bool(row["simulated"]) == nature and row["time"] is not None]
        if mine:
            names = [name for name in schema if name in mine[0]]
            yield (
                dataset,
                nature,
                pa.table({name: pa.array([row[name] for row in mine], schema[name]) for name in names}),
            )


def _readings(table: Any, factors: dict[str, tuple[str, str]]) -> Rows:
    rows = []
    for row in table.to_pylist():
        station = " ".join(filter(None, (row["device"], row.get("nozzle"))))
        rows += [
            {
                "station": station,
                "time": row["time"],
                "simulated": row["simulated"],
                "value": row[column],
                "kind": "realtime",
                "factor": factor,
                "unit": unit,
            }
            for column, (factor, unit) in factors.items()
            if row[column] is not None
        ]
    return _by_nature(rows, "device_readings")


def _event(row: dict[str, Any], kind: str, name: str, text: str, state: float | None = None) -> dict[str, Any]:
    return {
        "station": row["device"],
        "time": row["time"],
        "simulated": row["simulated"],
        "state": state,
        "kind": kind,
        "name": name,
        "text": text,
    }


def _events(table: Any) -> Rows:
    rows = []
    for row in table.to_pylist():
        told = ("source", "id", "confidence", "plate", "gross", "tare", "net", "material", "note", "pictures")
        detail = {name: row[name] for name in told if row[name] not in (None, [])}
        name = " ".join(filter(None, (row["kind"], row["equipment"])))
        rows.append(_event(row, "push", name, orjson.dumps(detail).decode()))
    return _by_nature(rows, "device_events")


def _alarms(table: Any) -> Rows:
    rows = []
    for row in table.to_pylist():
        name = " ".join(filter(None, (row["item"], row["nozzle"])))
        state = float(row["state"]) if row["state"] and row["state"].isdigit() else None
        rows.append(_event(row, "vapour_recovery", name, row["state"], state))
    return _by_nature(rows, "device_events")


def _messages(table: Any) -> Rows:
    rows = [_event(row, "vapour_recovery", row["kind"], row["fields"]) for row in table.to_pylist()]
    return _by_nature(rows, "device_events")


def _dataset(kind: str, table: Any) -> Rows:
    import pyarrow.compute as pc

    dataset = get_dataset(kind)
    wanted = ("station", "time", *dataset.value_names, *dataset.text_names, "below")
    simulated = pc.fill_null(table["simulated"], False)
    for nature in (False, True):
        mine = table.filter(simulated if nature else pc.invert(simulated))
        if mine.num_rows:
            yield kind, nature, mine.select([name for name in wanted if name in mine.column_names])
