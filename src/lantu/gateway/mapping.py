"""From decoded columns to rows of datasets, by the device register: vectors all the way, a device is looked up once.

A reading of a factor with a column goes to the device's dataset if it is of the kind that the dataset holds and is not
flagged as unfit; all other readings of registered devices go to `device_readings`. Nobody's readings become rows.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.gateway.destinations import READINGS, Place, places_of
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.pushed import rows_of_push
from lantu.lake import get_dataset

if TYPE_CHECKING:
    import numpy as np

PUSH = "push"
DEVICE_EVENTS = "device_events"
SAME_COLUMNS = {
    "vehicle_seconds": "heavy_vehicle_seconds",
    "electric_vehicle_states": "electric_vehicle_seconds",
    "vehicle_positions": "vehicle_positions",
}
"""Kinds of rows that go to a dataset whose columns have the same names."""
EVENTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "facilities": ("facility", "facility", {"state": "state", "hours": "hours"}),
    "information": ("information", "name", {"text": "text"}),
    "vehicle_events": ("vehicle", "event", {"text": "detail"}),
    "vehicle_diagnoses": ("diagnosis", "malfunction_lamp", {"state": "malfunction_lamp", "text": "fault_codes"}),
}
"""Kinds of rows that are events: what they are called, the column of the name (or the name), the other columns."""
FIT_FLAGS = ("N", "n", "")
"""Flags of readings that count in means (HJ 212: only N does); a device that sends none is taken at its word."""

UTC_OFFSET = dt.timedelta(hours=8)

Target = tuple[str, bool]
"""A dataset, and whether the rows are simulated."""


@dataclass(slots=True)
class Mapped:
    """Rows by target, and what became none."""

    tables: dict[Target, list[Any]] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    undeclared: Counter[str] = field(default_factory=Counter)
    untaken: Counter[str] = field(default_factory=Counter)
    oddities: Counter[str] = field(default_factory=Counter)
    """Of contents, by device and oddity."""
    readings: int = 0

    def put(self, target: Target, table: Any) -> None:
        """Add rows of a target."""
        if table.num_rows:
            self.tables.setdefault(target, []).append(table)


def map_tables(tables: dict[str, Any], protocol: str, register: DeviceRegister, received: np.ndarray) -> Mapped:
    """The rows of decoded tables.

    Args:
        tables: by kind of row, see `arrivals.Decoded`.
        protocol: its name.
        register: the registered devices.
        received: arrival of each kept frame, ns since 1970, UTC.
    """
    mapped = Mapped()
    for kind, table in tables.items():
        if not table.num_rows:
            continue
        if kind == "readings":
            _map_readings(mapped, table, protocol, register, received)
        elif kind in SAME_COLUMNS:
            _map_columns(mapped, kind, table, protocol, register)
        elif kind in EVENTS:
            _map_events(mapped, kind, table, protocol, register)
        elif kind == "oddities":
            _count_oddities(mapped, table)
        elif kind == "evidence":
            continue  # kept as files by the compactor
        elif protocol == PUSH and (rows := rows_of_push(kind, table)) is not None:
            for dataset, simulated, part in rows:
                mapped.put((dataset, simulated), part)
        else:
            mapped.untaken[kind] += table.num_rows
    return mapped


def _count_oddities(mapped: Mapped, table: Any) -> None:
    counted = table.group_by(["device", "oddity"]).aggregate([([], "count_all")])
    for device, oddity, count in zip(
        *(counted[name].to_pylist() for name in ("device", "oddity", "count_all")), strict=True
    ):
        mapped.oddities[f"{device} {oddity}"] += count


def _codes(column: Any) -> tuple[np.ndarray, list[str | None]]:
    """A text column as indices into its distinct texts; a missing text is one of them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    combined = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(combined, pa.ChunkedArray):
        combined = pa.concat_arrays(combined.chunks)
    if not pa.types.is_dictionary(combined.type):
        combined = combined.dictionary_encode()
    names: list[str | None] = combined.dictionary.to_pylist()
    codes = np.asarray(pc.fill_null(combined.indices.cast(pa.int64()), len(names)))
    return codes, [*names, None]


def _map_readings(mapped: Mapped, table: Any, protocol: str, register: DeviceRegister, received: np.ndarray) -> None:
    import numpy as np
    import pyarrow as pa

    devices, device_names = _codes(table["device"])
    factors, factor_names = _codes(table["factor"])
    kinds, kind_names = _codes(table["kind"])
    flags, flag_names = _codes(table["flag"])
    frames = table["frame"].to_numpy()
    times = table["time"].to_numpy().astype("datetime64[us]")
    mapped.readings += table.num_rows

    places, place_of = places_of(
        (devices, device_names), (factors, factor_names), (kinds, kind_names), protocol, register
    )
    known = np.array([place.device is not None for place in places])
    if not known.all():
        lost = ~known[place_of]
        senders = devices[lost] * (len(received) + 1) + frames[lost]
        for code, count in zip(*np.unique(np.unique(senders) // (len(received) + 1), return_counts=True), strict=True):
            mapped.unknown[device_names[int(code)] or ""] += int(count)
    fit = np.array([name is None or name in FIT_FLAGS for name in flag_names])[flags]
    if "conflict" in table.column_names:  # other values of the same factor in one frame: none of them is sure
        fit &= ~np.asarray(table["conflict"].to_numpy(zero_copy_only=False), bool)
    to_site = np.array([place.column is not None for place in places])[place_of] & fit
    to_readings = known[place_of] & ~to_site
    for index in np.flatnonzero([place.undeclared for place in places]):
        mapped.undeclared[factor_names[int(factors[np.argmax(place_of == index)])] or ""] += int(
            (place_of == index).sum()
        )

    delays = (
        (received[frames] + int(UTC_OFFSET.total_seconds() * 1e9)).astype("datetime64[ns]").astype("datetime64[us]")
    )
    delay = (delays - times) / np.timedelta64(1, "s")
    simulated = np.array([bool(place.device and place.device.simulated) for place in places])[place_of]
    units: list[str | None] = [*sorted({place.unit for place in places if place.unit})]
    unit_codes = np.array([units.index(place.unit) if place.unit else -1 for place in places])[place_of]
    values = {
        name: table[name].to_numpy().astype(float) if name in table.column_names else None
        for name in ("value", "minimum", "maximum", "total", "converted")
    }
    for nature in (False, True):
        rows = np.flatnonzero(to_readings & (simulated == nature))
        if len(rows):
            mapped.put((READINGS, nature), pa.table({
                "station": _texts(devices[rows], device_names),
                "time": pa.array(times[rows]),
                **{name: pa.array(each[rows], from_pandas=True) for name, each in values.items() if each is not None},
                "delay": pa.array(delay[rows], from_pandas=True),
                "kind": _texts(kinds[rows], kind_names),
                "factor": _texts(factors[rows], factor_names),
                "flag": _texts(flags[rows], flag_names),
                "unit": _texts(unit_codes[rows], units),
            }))  # fmt: skip
    value = values["value"]
    if value is not None and to_site.any():
        stations = [(register.get(protocol, name or ""), name or "") for name in device_names]
        named = [device.station_of(name) if device is not None else name for device, name in stations]
        _map_to_sites(mapped, places, place_of, np.flatnonzero(to_site), devices, named, times, value)


def _texts(codes: np.ndarray, names: list[str | None]) -> Any:
    """Texts by their indices; -1 and the index of None give none."""
    import numpy as np
    import pyarrow as pa

    missing = np.array([name is None for name in names] + [True])[codes]
    plain = [name if name is not None else "" for name in names]
    indices = pa.array(np.where(missing, 0, codes).astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(plain or [""], pa.string()))


def _map_to_sites(
    mapped: Mapped,
    places: list[Place],
    place_of: np.ndarray,
    rows: np.ndarray,
    devices: np.ndarray,
    named: list[str],
    times: np.ndarray,
    values: np.ndarray,
) -> None:
    """Readings of columns become rows of their dataset; a later reading of the same cell corrects an earlier one."""
    import numpy as np
    import pyarrow as pa

    targets = [(place.dataset, bool(place.device and place.device.simulated)) for place in places]
    for target in dict.fromkeys(targets[index] for index in np.unique(place_of[rows])):
        here = np.array([each == target for each in targets])
        mine = rows[here[place_of[rows]]]
        dataset = get_dataset(target[0])
        at = place_of[mine]
        stations: dict[str, int] = {}
        station_of = np.zeros(len(named), np.int64)
        for device in np.unique(devices[mine]).tolist():
            station_of[device] = stations.setdefault(named[device], len(stations))
        station = station_of[devices[mine]]
        time = times[mine] + _shifts(places, dataset.cadence)[at]
        if dataset.cadence == "day":
            time = time.astype("datetime64[D]").astype("datetime64[us]")
        value = _converted(values[mine], at, places, dataset)
        key = np.stack([station, time.astype(np.int64)], axis=1)
        unique, row = np.unique(key, axis=0, return_inverse=True)
        row = row.reshape(-1)
        columns = {}
        column_of = np.array([-1 if place.column is None else place.column for place in places])[at]
        for index in np.unique(column_of).tolist():
            cells = np.full(len(unique), np.nan)
            chosen = column_of == index
            cells[row[chosen]] = value[chosen]
            columns[dataset.value_names[index]] = pa.array(cells, from_pandas=True)
        names = np.array(list(stations), dtype=object)
        mapped.put(target, pa.table({
            "station": pa.array(names[unique[:, 0]], pa.string()),
            "time": pa.array(unique[:, 1].astype("datetime64[us]")),
            **columns,
        }))  # fmt: skip


def _shifts(places: list[Place], cadence: str) -> np.ndarray:
    """What makes a device's time the dataset's: an hour lies in the lake by its end, a day by its start."""
    import numpy as np

    def shift(place: Place) -> np.timedelta64:
        starts = place.device is None or place.device.stamped == "start"
        if cadence == "hour" and starts:
            return np.timedelta64(3_600_000_000, "us")
        if cadence == "day" and not starts:
            return np.timedelta64(-1, "us")
        return np.timedelta64(0, "us")

    return np.array([shift(place) for place in places])


def _converted(values: np.ndarray, at: np.ndarray, places: list[Place], dataset: Any) -> np.ndarray:
    import numpy as np

    from lantu.lake.readers.mapping import conversion

    ways: dict[tuple[str, str], list[int]] = {}
    for index in np.unique(at).tolist():
        place = places[index]
        assert place.column is not None
        assert place.unit is not None
        ways.setdefault((place.unit, dataset.columns[place.column].unit), []).append(index)
    result = values.copy()
    for (unit, wanted), members in ways.items():
        how = conversion(unit, wanted)
        if how.changes:
            mine = np.isin(at, members)
            result[mine] = how.apply(values[mine])
    return result


def _known(mapped: Mapped, table: Any, protocol: str, register: DeviceRegister, count: bool) -> Any:
    """Rows of registered devices: (nature, indices of its rows, their stations) for measured and for simulated ones."""
    import numpy as np

    devices, names = _codes(table["device"])
    registered = [register.get(protocol, name or "") for name in names]
    known = np.array([each is not None for each in registered])[devices]
    if count and not known.all():
        frames = table["frame"].to_numpy()
        for code in np.unique(devices[~known]).tolist():
            mapped.unknown[names[code] or ""] += len(np.unique(frames[devices == code]))
    simulated = np.array([bool(each and each.simulated) for each in registered])[devices]
    stations: list[str | None] = [
        each.station_of(name or "") if each is not None else None for each, name in zip(registered, names, strict=True)
    ]
    for nature in (False, True):
        rows = np.flatnonzero(known & (simulated == nature))
        if len(rows):
            yield nature, rows, _texts(devices[rows], stations)


def _map_columns(mapped: Mapped, kind: str, table: Any, protocol: str, register: DeviceRegister) -> None:
    """Rows whose columns have the names of their dataset's."""
    import pyarrow as pa

    dataset = get_dataset(SAME_COLUMNS[kind])
    for nature, rows, stations in _known(mapped, table, protocol, register, count=True):
        taken = table.take(pa.array(rows))
        mapped.put((dataset.name, nature), pa.table({
            "station": stations,
            "time": taken["time"].cast(pa.timestamp("us")),
            **{name: taken[name].cast(pa.float64()) for name in dataset.value_names if name in taken.column_names},
        }))  # fmt: skip


def _with_factors(table: Any) -> Any:
    """Information of an analyser bears the code of its factor, which stands in the same frame as `PolId`."""
    import pyarrow as pa

    frames, names, texts = (table[name].to_pylist() for name in ("frame", "name", "text"))
    factor = {frame: text for frame, name, text in zip(frames, names, texts, strict=True) if name == "PolId"}
    kept = [place for place, name in enumerate(names) if name not in ("PolId", "InfoId")]
    table = table.take(pa.array(kept, pa.int64()))
    named = [f"{factor[frames[place]]} {names[place]}" if frames[place] in factor else names[place] for place in kept]
    return table.set_column(table.column_names.index("name"), "name", pa.array(named, pa.string()))


def _map_events(mapped: Mapped, kind: str, table: Any, protocol: str, register: DeviceRegister) -> None:
    """Rows of events; a row without a time is counted and no event."""
    import pyarrow as pa
    import pyarrow.compute as pc

    called, name, columns = EVENTS[kind]
    timeless = pc.sum(pc.is_null(table["time"])).as_py() or 0
    if timeless:
        mapped.untaken[f"{kind} without a time"] += timeless
        table = table.filter(pc.is_valid(table["time"]))
    if kind == "information":
        table = _with_factors(table)
    for nature, rows, stations in _known(mapped, table, protocol, register, count=False):
        taken = table.take(pa.array(rows))
        named = taken[name] if name in taken.column_names else pa.array([name] * len(rows))
        mapped.put((DEVICE_EVENTS, nature), pa.table({
            "station": stations,
            "time": taken["time"].cast(pa.timestamp("us")),
            "kind": pa.array([called] * len(rows)).dictionary_encode(),
            "name": pc.fill_null(named.cast(pa.string()), ""),
            **{
                ours: taken[theirs].cast(pa.string() if ours == "text" else pa.float64())
                for ours, theirs in columns.items()
            },
        }))  # fmt: skip
