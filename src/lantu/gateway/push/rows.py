"""Rows of a declared dataset out of a message: names, times on the cadence, units, values below a detection limit."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lantu.base import LantuError, Place, Text
from lantu.gateway.push.messages import MOST_FAULTS, Rows, local_time
from lantu.gateway.push.refusal import NOT_FITTING, Refusal, fault
from lantu.lake.cadence import Cadence, is_on_cadence
from lantu.lake.dataset import Column, Dataset, get_dataset
from lantu.lake.readers.mapping import Conversion, conversion

BELOW_SEPARATOR = "|"
_KEYS = ("station", "time")
_BELOW = re.compile(r"[<＜]\s*(?P<after>\d+\.?\d*)|(?P<before>\d+\.?\d*)\s*[Ll]", re.ASCII)
_ON_CADENCE = {
    "hour": ("整点（时段末）", "a full hour, the end of it"),
    "day": ("某日，如 2021-08-01", "a day such as 2021-08-01"),
    "month": ("某月，如 2021-08", "a month such as 2021-08"),
    "moment": ("时刻，至秒", "a moment, to the second"),
    "second": ("整秒", "a full second"),
}


@dataclass(slots=True)
class DatasetRows:
    """Rows by columns: values in the dataset's units, nan where nothing stands."""

    dataset: Dataset
    stations: list[str] = field(default_factory=list)
    times: list[dt.datetime] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    texts: dict[str, list[str | None]] = field(default_factory=dict)
    below: list[str | None] = field(default_factory=list)
    """For each row the columns whose value is half a detection limit."""


def rows_of(message: Rows) -> DatasetRows:
    """The rows of a message.

    Raises:
        Refusal: the dataset, a column or a unit is not known, or a cell is none; with every such fault, up to a limit.
    """
    try:
        dataset = get_dataset(message.dataset)
    except LantuError as error:
        raise Refusal(NOT_FITTING, LantuError(error.what, where=Place("dataset"), mend=error.mend)) from error
    faults: list[LantuError] = []
    conversions = _conversions(message, dataset, faults)
    found = DatasetRows(dataset)
    columns = _columns(message, dataset, faults)
    for index, row in enumerate(message.rows):
        if len(faults) >= MOST_FAULTS:
            break
        _row(found, row, index, columns, faults)
    if faults:
        raise Refusal(NOT_FITTING, *faults[:MOST_FAULTS])
    for name, each in conversions.items():
        if name in found.values and each.changes:
            found.values[name] = each.apply(np.array(found.values[name], dtype=float)).tolist()
    return found


def _conversions(message: Rows, dataset: Dataset, faults: list[LantuError]) -> dict[str, Conversion]:
    found = {}
    for name, unit in message.units.items():
        column = None
        try:
            column = dataset.column(name)
            found[column.name] = conversion(unit, column.unit)
        except LantuError as error:
            own = column.unit if column else ""
            mend = (
                Text(f"用 {own} 或可换算的单位", f"use {own}, or a unit that converts to it") if column else error.mend
            )
            faults.append(LantuError(error.what, where=Place(f"units.{name}"), mend=mend))
    return found


def _columns(message: Rows, dataset: Dataset, faults: list[LantuError]) -> dict[str, tuple[str, Column | None]]:
    """For each name that any row uses the column it means; a column of texts comes without one."""
    names = dict.fromkeys(name for row in message.rows for name in row if name not in _KEYS)
    found: dict[str, tuple[str, Column | None]] = {}
    for name in names:
        try:
            column = dataset.column(name)
            found[name] = column.name, column
        except LantuError as error:
            try:
                found[name] = dataset.text(name).name, None
            except LantuError:
                index = next(number for number, row in enumerate(message.rows) if name in row)
                faults.append(LantuError(error.what, where=Place(f"rows[{index}].{name}"), mend=error.mend))
    return found


def _row(
    found: DatasetRows,
    row: dict[str, Any],
    index: int,
    columns: dict[str, tuple[str, Column | None]],
    faults: list[LantuError],
) -> None:
    before = len(found.stations)
    station = row.get("station")
    if not isinstance(station, str) or not station.strip():
        faults.append(
            fault(
                "缺少站点", "the station is missing", f"rows[{index}].station", "填写站点名称或编号", "name the station"
            )
        )
        station = ""
    time = _time(row.get("time"), found.dataset.cadence, f"rows[{index}].time", faults)
    found.stations.append(station.strip())
    found.times.append(time or dt.datetime.min)
    below = []
    seen = set()
    for name, cell in row.items():
        if name not in columns:
            continue
        own, column = columns[name]
        where = f"rows[{index}].{name}"
        if own in seen:
            faults.append(fault(f"列 {own} 出现两次", f"the column {own} appears twice", where, "只留一个", "keep one"))
            continue
        seen.add(own)
        if column is None:
            texts = found.texts.setdefault(own, [])
            texts += [None] * (before - len(texts)) + [None if cell is None else str(cell)]
            continue
        value, is_below = _cell(cell, column, found.dataset, where, faults)
        values = found.values.setdefault(own, [])
        values += [float("nan")] * (before - len(values)) + [value]
        if is_below:
            below.append(own)
    for values in found.values.values():
        values += [float("nan")] * (before + 1 - len(values))
    for texts in found.texts.values():
        texts += [None] * (before + 1 - len(texts))
    found.below.append(BELOW_SEPARATOR.join(below) or None)


def _time(given: Any, cadence: Cadence, where: str, faults: list[LantuError]) -> dt.datetime | None:
    zh, en = _ON_CADENCE[cadence]
    if isinstance(given, str):
        printed = f"{given}-01" if cadence == "month" and re.fullmatch(r"\d{4}-\d{2}", given) else given
        whole_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", printed) is not None
        try:
            moment = local_time(printed)
        except ValueError:
            pass
        else:
            if is_on_cadence(moment, cadence) and not (whole_day and cadence in ("hour", "moment", "second")):
                return moment
    shown = "" if given is None else str(given)[:40]
    faults.append(
        fault(
            f"时间“{shown}”不合要求", f"the time '{shown}' does not fit the dataset", where, f"应为{zh}", f"give {en}"
        )
    )
    return None


def _cell(cell: Any, column: Column, dataset: Dataset, where: str, faults: list[LantuError]) -> tuple[float, bool]:
    """A value, and whether it stands for "below the detection limit" (half of it, as everywhere in the lake)."""
    if cell is None:
        return float("nan"), False
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell), False
    if isinstance(cell, str):
        if dataset.detection_limits and (match := _BELOW.fullmatch(cell.strip())):
            return float(match["after"] or match["before"]) / 2, True
        if (word := column.known_words.get(cell.strip().casefold())) is not None:
            return word, False
    mend_zh, mend_en = "用数字，缺测用 null", "give a number, or null where there is none"
    if dataset.detection_limits:
        mend_zh, mend_en = mend_zh + "，低于检出限用 <0.01 或 0.01L", mend_en + "; <0.01 or 0.01L below a limit"
    faults.append(fault(f"“{str(cell)[:40]}”不是数", f"'{str(cell)[:40]}' is not a number", where, mend_zh, mend_en))
    return float("nan"), False
