"""Questions (质疑) to a device's owner: what arriving data look like when they are not what was measured.

Nothing here alters a value or says that anyone cheats. A question names the device, the rows that raise it and what is
odd about them, in words that its owner can answer. The figures behind it are parameters, marked unverified.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.gateway import patterns
from lantu.gateway.destinations import READINGS
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.honesty_of_vehicles import of_vehicles
from lantu.gateway.questions import Question, RowsOf, parameter

if TYPE_CHECKING:
    import numpy as np

    from lantu.lake import Lake

DEVICES_AT_ONCE = 100
"""So many devices' readings are held in memory together."""


def ask(
    lake: Lake,
    register: DeviceRegister,
    first: dt.datetime,
    last: dt.datetime,
    parts: list[dict[str, Any]] | None = None,
) -> list[Question]:
    """The questions that the data of a span raise.

    Args:
        lake: holds the readings.
        register: knows limits and intervals.
        first: start of the span, naive local time.
        last: its end; the parameters are those of this day.
        parts: what the servers say of themselves (`watch.read_status`), to find devices that are online but silent.
    """
    found = [*_of_readings(lake, register, first, last), *_of_sites(lake, register, first, last)]
    found += of_vehicles(lake, first, last)
    found += _of_vapour_recovery(lake, first, last)
    if parts:
        found += _of_silence(lake, register, last, parts)
        asked = {each.device for each in found if each.kind == "clock"}
        found += [each for each in _of_clocks(last, parts) if each.device not in asked]
    return sorted(found, key=lambda each: (each.device, each.kind, each.rows.factor, each.rows.first))


@dataclass(frozen=True, slots=True)
class _Series:
    """The readings of one factor of a device, in the order of their times."""

    device: str
    factor: str
    kind: str
    times: np.ndarray
    values: np.ndarray
    delays: np.ndarray

    def rows(self, start: int, stop: int) -> RowsOf:
        return RowsOf(
            READINGS, self.device, self.factor, self.kind, _moment(self.times[start]), _moment(self.times[stop - 1]),
            stop - start,
        )  # fmt: skip


def _moment(time: Any) -> dt.datetime:
    import numpy as np

    moment: dt.datetime = np.datetime64(time, "us").item()
    return moment


def _series(lake: Lake, first: dt.datetime, last: dt.datetime) -> Iterator[list[_Series]]:
    """The readings of the span, device by device."""
    import duckdb
    import numpy as np

    files = lake.store(READINGS).files_in_span(first, last)
    if not files:
        return
    within = "time >= $first and time < $last and value is not null"
    given = {"files": files, "first": first, "last": last}
    stations = duckdb.execute(
        f"select distinct station from read_parquet($files) where {within} order by 1", given
    ).fetchall()
    names = [name for (name,) in stations]
    for begin in range(0, len(names), DEVICES_AT_ONCE):
        some = names[begin : begin + DEVICES_AT_ONCE]
        columns = duckdb.execute(
            f"""select station, kind, factor, time, value, delay from read_parquet($files)
            where {within} and station in (select unnest($some)) order by station, kind, factor, time""",
            {**given, "some": some},
        ).fetchnumpy()
        if not len(columns["time"]):
            continue
        keys = np.stack([np.asarray(columns[name]).astype(str) for name in ("station", "kind", "factor")], axis=1)
        edges = np.flatnonzero((keys[1:] != keys[:-1]).any(axis=1)) + 1
        bounds = [0, *edges.tolist(), len(keys)]
        device: list[_Series] = []
        for start, stop in pairwise(bounds):
            station, kind, factor = keys[start].tolist()
            if device and device[0].device != station:
                yield device
                device = []
            part = slice(start, stop)
            device.append(
                _Series(
                    station, factor, kind, np.asarray(columns["time"])[part], np.asarray(columns["value"], float)[part],
                    np.ma.filled(columns["delay"], np.nan)[part],
                )
            )  # fmt: skip
        if device:
            yield device


def _of_readings(lake: Lake, register: DeviceRegister, first: dt.datetime, last: dt.datetime) -> Iterator[Question]:
    day = last.date()
    stuck_rows, copied_rows = (dict(parameter(name, day)) for name in ("stuck_rows", "copied_rows"))
    for device in _series(lake, first, last):
        registered = register.find(device[0].device)
        limits = registered.factors if registered is not None and isinstance(registered.factors, Mapping) else {}
        for series in device:
            yield from _of_one_factor(series, day, int(stuck_rows[series.kind]), int(copied_rows[series.kind]))
            rule = limits.get(series.factor)
            if rule is not None and rule.limit is not None and rule.limit_kind == series.kind:
                yield from _hugging(series, rule.limit, rule.unit, day)
            if series.factor.upper() == "AL":
                yield from _even(series, day)
        yield from _replayed(device, day)
        yield from _clock(device, day)


def _of_one_factor(series: _Series, day: dt.date, stuck: int, copied: int) -> Iterator[Question]:
    values = series.values
    for start, stop in patterns.runs(values, stuck):
        text = Text(
            f"{series.factor} 连续 {stop - start} 个值都是 {values[start]:g}",
            f"{series.factor}: {stop - start} values on end are all {values[start]:g}",
        )
        yield Question(series.device, "stuck", text, series.rows(start, stop))
    share, decimals = patterns.common_decimals(values)
    enough = len(values) >= int(parameter("decimals_rows", day))
    if enough and share * 100 >= float(parameter("decimals_share", day)):
        text = Text(
            f"{series.factor} 有 {share:.0%} 的值小数部分都是 {decimals}",
            f"{series.factor}: {share:.0%} of the values have the decimals {decimals}",
        )
        yield Question(series.device, "decimals", text, series.rows(0, len(values)))
    repeat = patterns.longest_copy(values, copied)
    if repeat is not None:
        earlier, later, length = repeat
        since = f"{_moment(series.times[earlier]):%Y-%m-%d %H:%M:%S}"
        text = Text(
            f"{series.factor} 有 {length} 个连续值与自 {since} 起的值逐一相同",
            f"{series.factor}: {length} values on end are, one by one, those from {since} on",
        )
        yield Question(series.device, "copied", text, series.rows(later, later + length))


def _hugging(series: _Series, limit: float, unit: str, day: dt.date) -> Iterator[Question]:
    values = series.values
    margin = float(parameter("hugging_margin", day)) / 100
    near = (values >= limit * (1 - margin)) & (values <= limit)
    enough = len(values) >= int(parameter("hugging_rows", day))
    if enough and not (values > limit).any() and near.mean() * 100 >= float(parameter("hugging_share", day)):
        text = Text(
            f"{series.factor} 有 {near.mean():.0%} 的值在限值 {limit:g} {unit} 之下 {margin:.0%} 以内，没有一个超过",
            f"{series.factor}: {near.mean():.0%} of the values lie within {margin:.0%} under the limit "
            f"{limit:g} {unit}, none above",
        )
        yield Question(series.device, "hugging", text, series.rows(0, len(values)))


def _even(series: _Series, day: dt.date) -> Iterator[Question]:
    low, high = map(float, parameter("even_ratio_range", day))
    if len(series.values) >= int(parameter("even_ratios", day)) and patterns.is_even(series.values, low, high):
        yield Question(series.device, "even_ratio", _even_text(low, high), series.rows(0, len(series.values)))


def _even_text(low: float, high: float) -> Text:
    return Text(
        f"气液比都是 {low:.2f} 至 {high:.2f} 的整百分数，各值次数几乎相等，没有一次在外",
        f"the gas-liquid ratios are whole per cents from {low:.2f} to {high:.2f}, each about as often, none outside",
    )


def _replayed(device: list[_Series], day: dt.date) -> Iterator[Question]:
    for kind in dict.fromkeys(series.kind for series in device):
        mine = [series for series in device if series.kind == kind]
        share, times = patterns.replayed(
            [series.times for series in mine], [series.values for series in mine], least_factors=3
        )
        enough = len(times) >= int(parameter("replayed_reports", day))
        if enough and share * 100 >= float(parameter("replayed_share", day)):
            text = Text(
                f"{len(mine)} 个因子的报文有 {share:.0%} 与此前某一报文全部数值相同",
                f"{share:.0%} of the reports of {len(mine)} factors have all the values of an earlier one",
            )
            rows = RowsOf(READINGS, mine[0].device, "", kind, _moment(times[0]), _moment(times[-1]), len(times))
            yield Question(mine[0].device, "replayed", text, rows)


def _clock(device: list[_Series], day: dt.date) -> Iterator[Question]:
    import numpy as np

    series = next((each for each in device if each.kind == "realtime"), None)
    if series is None or not (known := ~np.isnan(series.delays)).any():
        return
    delay = float(np.median(series.delays[known]))
    if len(series.delays) < 5 or abs(delay) <= float(parameter("clock_tolerance", day)):
        return
    hours = f"{abs(delay) / 3600:.1f}" if abs(delay) >= 3600 else ""
    amount = Text(f"{hours} 小时", f"{hours} h") if hours else Text(f"{abs(delay):.0f} 秒", f"{abs(delay):.0f} s")
    text = (
        Text(f"数据时间比到达时间早 {amount.zh}", f"the times of the data lie {amount.en} before their arrival")
        if delay > 0
        else Text(f"数据时间比到达时间晚 {amount.zh}", f"the times of the data lie {amount.en} after their arrival")
    )
    yield Question(series.device, "clock", text, series.rows(0, len(series.times)))


def _of_sites(lake: Lake, register: DeviceRegister, first: dt.datetime, last: dt.datetime) -> Iterator[Question]:
    """What the lake's own check of stuck values says of stations that registered devices feed."""
    fed = {(each.dataset, each.station_of(each.id)): each for each in register.devices if each.dataset is not None}
    for dataset in dict.fromkeys(name for name, _ in fed if name is not None):
        if lake.version(dataset) is None:
            continue
        for station, column, start, end, count, value in lake.stuck(dataset, first.date(), last.date()):
            device = fed.get((dataset, station))
            if device is not None:
                text = Text(
                    f"{station} 的 {column} 连续 {count} 小时都是 {value:g}",
                    f"{column} of {station} is {value:g} for {count} hours on end",
                )
                yield Question(device.id, "stuck", text, RowsOf(dataset, station, column, "hour", start, end, count))


def _of_silence(
    lake: Lake, register: DeviceRegister, now: dt.datetime, parts: list[dict[str, Any]]
) -> Iterator[Question]:
    import duckdb

    online = {
        name for part in parts if part["part"] == "server" for name, seen in part["devices"].items() if seen["online"]
    }
    day = now.date()
    since: dict[str, dt.datetime] = {}
    for dataset in (READINGS, "heavy_vehicle_seconds"):
        files = lake.store(dataset).files_in_span(now - dt.timedelta(days=7), now)
        if files and online:
            query = "select station, max(time) from read_parquet(?) where station in (select unnest(?)) group by 1"
            since |= dict(duckdb.execute(query, [files, sorted(online)]).fetchall())
    for name in sorted(online - {""}):
        device = register.find(name)
        if device is None or (device.dataset is not None and name not in since):
            continue
        allowed = (
            float(parameter("silent_seconds", day))
            if device.interval_seconds is None
            else device.interval_seconds * float(parameter("silent_intervals", day))
        )
        heard = since.get(name)
        if heard is not None and (now - heard).total_seconds() <= allowed:
            continue
        told = Text("一周没有数据", "no data for a week") if heard is None else Text(
            f"最后一条数据在 {heard:%Y-%m-%d %H:%M:%S}", f"the last data are of {heard:%Y-%m-%d %H:%M:%S}"
        )  # fmt: skip
        rows = RowsOf(READINGS, name, "", "realtime", heard or now, heard or now, 0)
        yield Question(name, "silent", Text(f"在线但{told.zh}", f"online, but {told.en}"), rows)


def _of_clocks(now: dt.datetime, parts: list[dict[str, Any]]) -> Iterator[Question]:
    """Devices of whose frames most bear an impossible time: these are kept and become no rows."""
    for part in parts:
        for name, seen in part["devices"].items() if part["part"] == "server" else ():
            odd = sum(count for oddity, count in seen["oddities"].items() if oddity.startswith("clock"))
            if name and seen["frames"] >= 5 and odd * 2 > seen["frames"]:
                text = Text(
                    f"自网关启动以来 {seen['frames']} 条报文中 {odd} 条的时间不对",
                    f"of {seen['frames']} frames since the gateway started {odd} bear a wrong time",
                )
                heard = dt.datetime.fromisoformat(seen["last"])
                yield Question(name, "clock", text, RowsOf(READINGS, name, "", "realtime", heard, min(heard, now), 0))


def _of_vapour_recovery(lake: Lake, first: dt.datetime, last: dt.datetime) -> Iterator[Question]:
    """Nozzles of whose daily ratios even the extremes of every day lie in the range of made-up ones."""
    import duckdb

    files = lake.files("vapour_recovery_daily", first.date(), last.date())
    if not files:
        return
    day = last.date()
    low, high = map(float, parameter("even_ratio_range", day))
    query = """
        select station, min(time), max(time), count(*), sum(fills) from read_parquet($files)
        where time >= $first and time < $last and al_min is not null and al_max is not null and fills > 0
        group by station having sum(fills) >= $least and min(al_min) >= $low and max(al_max) <= $high
               and bool_and(abs(al_min * 100 - round(al_min * 100)) < 1e-6
                            and abs(al_max * 100 - round(al_max * 100)) < 1e-6)
        order by station
    """
    least = int(parameter("even_ratios", day))
    given = {"files": files, "first": first, "last": last, "least": least, "low": low, "high": high}
    for station, start, end, count, fills in duckdb.execute(query, given).fetchall():
        text = Text(
            f"{fills:.0f} 次加油的气液比每日最小、最大值都是 {low:.2f} 至 {high:.2f} 的整百分数",
            f"of {fills:.0f} fills the extremes of every day are whole per cents from {low:.2f} to {high:.2f}",
        )
        rows = RowsOf("vapour_recovery_daily", station, "al", "day", start, end, count)
        yield Question(station, "even_ratio", text, rows)
