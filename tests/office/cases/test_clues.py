"""Clues from outside: whatever has a class, a site, an area, a time, words and rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from tests.office.cases.conftest import day

from lantu.base import Text
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.office.cases import find_cases, raise_cases
from lantu.plan.packs import Pack


@dataclass(frozen=True)
class Rows:
    """Which rows of a dataset are meant."""

    dataset: str
    station: str
    count: int

    def as_json(self) -> dict[str, Any]:
        return {"dataset": self.dataset, "station": self.station, "count": self.count}


@dataclass(frozen=True)
class DeviceClue:
    clue_class: str
    device: str
    site: str | None
    area: str | None
    time: dt.datetime
    rows: Any
    words: Text
    key: str


def clue(**more: Any) -> DeviceClue:
    given: dict[str, Any] = {
        "clue_class": "exceedance",
        "device": "D-1",
        "site": "甲厂",
        "area": "东城区",
        "time": dt.datetime(2021, 5, 6, 9),
        "rows": Rows("cems_hourly", "D-1", 3),
        "words": Text("氮氧化物超过限值", "NOx exceeds the limit"),
        "key": "k1",
    }
    return DeviceClue(**{**given, **more})


def test_a_clue_that_goes_on_is_one_hit_and_another_is_added(
    pack: Pack, lake: Lake, book: LedgerBook, system: Actor
) -> None:
    def look(on: dt.date, *clues: DeviceClue) -> Any:
        return raise_cases(book, find_cases(pack, lake, book, on, ["clue_exceedance"], clues).candidates, system)

    (number,) = look(day(5, 6), clue()).entered
    case = book.entry("cases", number)
    assert (case.data["subject"], case.area, case.holder) == ("甲厂", "110101", "东城区政府")
    assert case.data["data_rows"] == "cems_hourly|station=D-1|count=3"
    assert look(day(5, 7), clue(rows=Rows("cems_hourly", "D-1", 9))).known == 1
    assert look(day(5, 7), clue(key="k2", time=dt.datetime(2021, 5, 7, 9))).added == [number]


def test_a_clue_without_a_site_is_of_its_device_and_one_without_an_area_is_told(
    pack: Pack, lake: Lake, book: LedgerBook
) -> None:
    clues = [clue(site=None), clue(area=None), clue(area="火星区")]
    found = find_cases(pack, lake, book, day(5, 6), ["clue_exceedance"], clues)
    assert [each.subject for each in found.candidates] == ["D-1"]
    first, second = found.unknown["clue_exceedance"]
    assert "without area" in first.en
    assert "火星区" in second.en
