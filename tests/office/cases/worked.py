"""A workspace of the shipped pack that holds just what a rule's worked example says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lantu.base import Text
from lantu.lake import Lake, get_dataset
from lantu.ledgers import Actor, LedgerBook
from lantu.office.cases.rules import Example, ExampleRows
from lantu.plan.packs import Pack

WHO = Actor("张三", "市生态环境局")


@dataclass(frozen=True)
class GivenClue:
    """A clue as anybody may hand it in."""

    clue_class: str
    site: str
    area: str
    time: dt.datetime
    words: Text
    rows: tuple[Any, ...] = ()


def book_of(pack: Pack, folder: Path, today: dt.date = dt.date(2021, 12, 31)) -> LedgerBook:
    return LedgerBook(pack.ledgers, pack.areas, pack.units, folder, today=today)


def table_of(rows: ExampleRows) -> pa.Table:
    """One row for each step of the dataset's cadence; lists of values are repeated in turn."""
    step = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}.get(get_dataset(rows.dataset).cadence)
    count = 1 if step is None else int((rows.last - rows.first) / step) + 1
    times = [rows.first + (step or dt.timedelta()) * number for number in range(count)]
    columns: dict[str, Any] = {"station": [rows.station] * count, "time": pa.array(times, pa.timestamp("us"))}
    for name, value in rows.values.items():
        columns[name] = np.resize(np.array(value, dtype=np.float64), count)
    return pa.table(columns)


def fill(lake: Lake, book: LedgerBook, example: Example) -> None:
    for rows in example.rows:
        lake.write(rows.dataset, table_of(rows), source="example", simulated=False)
    for entry in example.entries:
        book.enter(entry.ledger, entry.values, entry.area, WHO, entry.day, state=entry.state)


def clues_of(example: Example) -> Iterable[GivenClue]:
    for each in example.clues:
        yield GivenClue(each.clue_class, each.site, each.area, each.time, each.words)
