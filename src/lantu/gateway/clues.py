"""Clues (线索) in arriving data: limits exceeded, alarms, parameters changed. The office turns them into cases.

A clue is a function of the rows: looking again at the same rows gives the same clues, with the same keys, so that none
is raised twice. The limit is the one that the device register gives with its source; without one nothing is exceeded.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.gateway.destinations import READINGS
from lantu.gateway.devices import Device, DeviceRegister, Factor
from lantu.gateway.mapping import DEVICE_EVENTS, FIT_FLAGS
from lantu.gateway.questions import RowsOf
from lantu.lake import get_dataset

if TYPE_CHECKING:
    from lantu.lake import Lake

EXCEEDANCE, ALARM, CHANGE = "exceedance", "alarm", "parameter_change"

CLASSES: dict[str, Text] = {
    EXCEEDANCE: Text("超标", "limit exceeded"),
    ALARM: Text("报警", "alarm"),
    CHANGE: Text("仪器参数变化", "parameter of an instrument changed"),
}
"""The classes of clues."""

ALARMS: dict[tuple[str, str], Text] = {
    ("vehicle", "tampered"): Text("车载终端防拆报警", "the terminal was tampered with"),
    ("information", "i31001"): Text("站房门禁记录", "the door of the station was used"),
    ("information", "alarm"): Text("数采仪报警", "the logger raised an alarm"),
}
"""Events that are alarms, by kind and name."""

PARAMETERS: dict[str, Text] = {
    "i13001": Text("量程", "range"),
    "i13007": Text("截距", "intercept"),
    "i13008": Text("斜率", "slope"),
    "i13009": Text("检出限", "detection limit"),
}
"""Information of HJ 212 whose change alters what is measured."""

GAP = {
    "realtime": dt.timedelta(minutes=15),
    "minute": dt.timedelta(hours=1),
    "hour": dt.timedelta(hours=1),
    "day": dt.timedelta(days=1),
}
"""Exceedances that lie no further apart are one clue."""


@dataclass(frozen=True, slots=True)
class Clue:
    """Something in the rows of a device that somebody should look into."""

    clue_class: str
    device: str
    site: str | None
    area: str | None
    time: dt.datetime
    rows: RowsOf
    words: Text

    @property
    def key(self) -> str:
        """The same for the same clue, however often the rows are looked at; a clue that goes on keeps its key."""
        parts = (self.clue_class, self.device, self.rows.factor, self.rows.kind, self.time.isoformat())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "class": self.clue_class,
            "device": self.device,
            "site": self.site,
            "area": self.area,
            "time": self.time,
            "rows": self.rows.as_json(),
            "zh": self.words.zh,
            "en": self.words.en,
        }


def find_clues(lake: Lake, register: DeviceRegister, first: dt.datetime, last: dt.datetime) -> list[Clue]:
    """The clues in the rows of a span.

    Args:
        lake: holds the rows.
        register: gives limits, sites and areas.
        first: start of the span, naive local time.
        last: its end.
    """
    found = [*_exceedances(lake, register, first, last), *_events(lake, register, first, last)]
    return sorted(found, key=lambda clue: (clue.time, clue.device, clue.clue_class, clue.rows.factor))


def _exceedances(lake: Lake, register: DeviceRegister, first: dt.datetime, last: dt.datetime) -> Iterator[Clue]:
    files = lake.store(READINGS).files_in_span(first, last)
    for device in register.devices:
        assert isinstance(device.factors, dict)
        for code, factor in device.factors.items():
            if factor.limit is None:
                continue
            if factor.column is not None and device.dataset is not None and factor.limit_kind == device.kind:
                rows = _site_rows(lake, device, factor, first, last)
                source = (device.dataset, device.station_of(device.id))
            elif files:
                rows = _reading_rows(files, device.id, code, factor, first, last)
                source = (READINGS, device.id)
            else:
                continue
            yield from _as_clues(device, code, factor, source, rows)


def _reading_rows(
    files: list[str], device: str, code: str, factor: Factor, first: dt.datetime, last: dt.datetime
) -> list[tuple[dt.datetime, float]]:
    import duckdb

    query = """
        select time, value from read_parquet($files, union_by_name = true)
        where station = $device and factor = $code and kind = $kind and time >= $first and time < $last
          and value > $limit and coalesce(flag, '') in (select unnest($fit)) order by time
    """
    given = {
        "files": files, "device": device, "code": code, "kind": factor.limit_kind, "first": first, "last": last,
        "limit": factor.limit, "fit": list(FIT_FLAGS),
    }  # fmt: skip
    return duckdb.execute(query, given).fetchall()


def _site_rows(
    lake: Lake, device: Device, factor: Factor, first: dt.datetime, last: dt.datetime
) -> list[tuple[dt.datetime, float]]:
    """Rows of the device's dataset above the limit; the limit is brought to the dataset's unit, not the values back."""
    from lantu.lake.readers.mapping import conversion

    assert device.dataset is not None
    assert factor.column is not None
    assert factor.limit is not None
    table = lake.rows(device.dataset, [device.station_of(device.id)], first, last)
    if table is None:
        return []
    import numpy as np

    column = get_dataset(device.dataset).column(factor.column)
    limit = float(conversion(factor.unit, column.unit).apply(np.array([factor.limit]))[0])
    values, times = table[column.name].to_pylist(), table["time"].to_pylist()
    return [(time, value) for time, value in zip(times, values, strict=True) if value is not None and value > limit]


def _as_clues(
    device: Device, code: str, factor: Factor, source: tuple[str, str], rows: list[tuple[dt.datetime, float]]
) -> Iterator[Clue]:
    begin = 0
    for index in range(1, len(rows) + 1):
        if index < len(rows) and rows[index][0] - rows[index - 1][0] <= GAP[factor.limit_kind]:
            continue
        part = rows[begin:index]
        begin = index
        if not part:
            continue
        highest = max(value for _, value in part)
        unit = factor.unit if source[0] == READINGS else get_dataset(source[0]).column(factor.column or code).unit
        limit = f"{factor.limit:g} {factor.unit}"
        words = Text(
            f"{code} 超过限值 {limit}（{factor.limit_reference}）{len(part)} 次，最高 {highest:g} {unit}",
            f"{code} exceeds the limit {limit} ({factor.limit_reference}) {len(part)} times, up to {highest:g} {unit}",
        )
        of = RowsOf(source[0], source[1], code, factor.limit_kind, part[0][0], part[-1][0], len(part))
        yield Clue(EXCEEDANCE, device.id, device.site, device.area, part[0][0], of, words)


def _events(lake: Lake, register: DeviceRegister, first: dt.datetime, last: dt.datetime) -> Iterator[Clue]:
    import duckdb

    files = lake.store(DEVICE_EVENTS).files_in_span(first, last)
    if not files:
        return
    query = """
        select station, time, kind, name, text,
               lag(text) over (partition by station, kind, name order by time) as before
        from read_parquet($files, union_by_name = true) where time < $last order by station, time
    """
    for station, time, kind, name, text, before in duckdb.execute(query, {"files": files, "last": last}).fetchall():
        if time < first:
            continue
        device = register.find(station)
        site, area = (device.site, device.area) if device is not None else (None, None)
        rows = RowsOf(DEVICE_EVENTS, station, name, kind, time, time, 1)
        code = name.partition("-")[0].rpartition(" ")[2]
        alarm = ALARMS.get((kind, name)) or ALARMS.get((kind, code))
        changed = PARAMETERS.get(code) if kind == "information" else None
        if alarm is not None:
            detail = f"：{text}" if text else ""
            words = Text(f"{alarm.zh}{detail}", f"{alarm.en}{detail.replace('：', ': ')}")
            yield Clue(ALARM, station, site, area, time, rows, words)
        elif changed is not None and before is not None and before != text:
            words = Text(
                f"{name} {changed.zh}由 {before} 变为 {text}", f"{name}: the {changed.en} went from {before} to {text}"
            )
            yield Clue(CHANGE, station, site, area, time, rows, words)
