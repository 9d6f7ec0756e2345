"""Looking over the last days: late data are seen, each hit once; the gateway's clues with the rows that they mean."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.office.cases.conftest import day

from lantu.gateway.mapping import DEVICE_EVENTS, READINGS
from lantu.lake import Lake, Workspace
from lantu.ledgers import Actor, LedgerBook
from lantu.office.cases import foresee, raise_cases
from lantu.office.cases.grounds import ground_of, kept_row, rows_around
from lantu.office.cases.looking import last_whole_day, look_over, rules_about, rules_of
from lantu.plan.packs import Pack

REGISTER = """
devices:
  - id: "31011500000001"
    site: 甲厂1号口
    area: 东城区
    factors:
      a21002: {unit: mg/m³, limit: 50, limit_reference: 排污许可证 甲-1, limit_kind: hour}
"""


@pytest.fixture
def workspace(tmp_path: Path, lake: Lake) -> Workspace:
    (tmp_path / "devices.yaml").write_text(REGISTER, encoding="utf-8")
    return Workspace(tmp_path)


def readings(lake: Lake, first: dt.datetime, values: list[float]) -> None:
    """Hourly readings of the registered device, as the compactor writes them."""
    count = len(values)
    table = pa.table(
        {
            "station": ["31011500000001"] * count,
            "time": pa.array([first + dt.timedelta(hours=n) for n in range(count)], pa.timestamp("us")),
            "kind": ["hour"] * count,
            "factor": ["a21002"] * count,
            "value": pa.array(values, pa.float64()),
            "unit": ["mg/m³"] * count,
            "flag": ["N"] * count,
        }
    )
    lake.add(READINGS, table, source="inbox/1", simulated=False)


def look(pack: Pack, lake: Lake, book: LedgerBook, workspace: Workspace, last: dt.date, **more: Any) -> Any:
    return look_over(pack, lake, book, workspace, last, **more)


def test_an_exceedance_in_what_a_device_sent_becomes_a_case_that_names_its_rows(
    pack: Pack, lake: Lake, book: LedgerBook, workspace: Workspace, system: Actor
) -> None:
    readings(lake, dt.datetime(2021, 5, 6, 8, 0, 51), [40, 61, 72, 40])
    found = look(pack, lake, book, workspace, day(5, 6), names=["clue_exceedance"])
    assert [each.kind for each in foresee(book, found.candidates, system)] == ["entered"]
    assert book.store.counts().get("cases", 0) == 0, "to foresee enters nothing"
    (number,) = raise_cases(book, found.candidates, system).entered
    case = book.entry("cases", number)
    assert (case.area, case.data["subject"]) == ("110101", "甲厂1号口")

    rule = rules_of(pack)["clue_exceedance"]
    (row,) = [kept_row(line, rule, pack.ledgers) for line in case.data["data_rows"].split("\n")]
    assert (row.dataset, row.station, row.factor, row.kind) == (READINGS, "31011500000001", "a21002", "hour")
    around = rows_around(lake, row)
    names = [name for name, *_ in around.columns]
    values = [values[names.index("value")] for values in around.rows]
    assert (values, around.meant) == ([40, 61, 72, 40], (False, True, True, False))
    ground = ground_of(pack, rule, day(5, 6), [row], workspace)
    assert ground.limit is not None
    assert ground.limit.en == "a21002 above 50 mg/m³"
    assert ground.reference is not None
    assert "排污许可证 甲-1" in ground.reference.en


def test_a_clue_that_goes_on_over_midnight_is_the_same_clue_on_the_next_morning(
    pack: Pack, lake: Lake, book: LedgerBook, workspace: Workspace, system: Actor
) -> None:
    readings(lake, dt.datetime(2021, 5, 6, 20), [61] * 10)
    first = look(pack, lake, book, workspace, day(5, 6), names=["clue_exceedance"])
    assert len(raise_cases(book, first.candidates, system).entered) == 1
    next_day = look(pack, lake, book, workspace, day(5, 7), names=["clue_exceedance"])
    report = raise_cases(book, next_day.candidates, system)
    assert (report.entered, report.added, report.known) == ([], [], 1)


def test_an_alarm_of_a_device_leads_to_its_event(
    pack: Pack, lake: Lake, book: LedgerBook, workspace: Workspace, system: Actor
) -> None:
    table = pa.table(
        {
            "station": ["31011500000001"] * 2,
            "time": pa.array([dt.datetime(2021, 5, 6, 9), dt.datetime(2021, 5, 6, 10)], pa.timestamp("us")),
            "kind": ["information"] * 2,
            "name": ["i31001-Info", "i21001-Info"],
            "text": ["open", "restarted"],
        }
    )
    lake.add(DEVICE_EVENTS, table, source="inbox/1", simulated=False)
    found = look(pack, lake, book, workspace, day(5, 6), names=["clue_alarm"])
    (number,) = raise_cases(book, found.candidates, system).entered
    (row,) = [kept_row(line, None, pack.ledgers) for line in book.entry("cases", number).data["data_rows"].split("\n")]
    around = rows_around(lake, row)
    names = [name for name, *_ in around.columns]
    assert [values[names.index("text")] for values in around.rows] == ["open"]
    assert around.meant == (True,)


def test_data_that_came_late_are_seen_and_the_deadline_runs_from_the_day_they_were_found(
    pack: Pack, lake: Lake, book: LedgerBook, workspace: Workspace, system: Actor
) -> None:
    readings(lake, dt.datetime(2021, 5, 6, 8), [61])
    only = look(pack, lake, book, workspace, day(5, 8), names=["clue_exceedance"])
    assert only.candidates == []
    found = look(pack, lake, book, workspace, day(5, 8), names=["clue_exceedance"], days=3)
    (candidate,) = found.candidates
    assert (candidate.occurred_on, candidate.found_on) == (day(5, 6), day(5, 8))
    assert candidate.due == pack.working_days.after(day(5, 8), 3)


def test_without_devices_there_are_no_clues(pack: Pack, lake: Lake, book: LedgerBook, tmp_path: Path) -> None:
    assert look(pack, lake, book, Workspace(tmp_path), day(5, 6), names=["clue_alarm"]).candidates == []


def test_rules_about_a_dataset(pack: Pack) -> None:
    about = rules_about(pack, "street_dust_hourly")
    assert {"street_dust_high", "street_station_silent", "street_station_stuck"} <= set(about)
    assert "district_pm25_day" in rules_about(pack, "air_hourly")
    assert rules_about(pack, "weather_hourly") == []


def test_the_last_whole_day_is_yesterday_or_the_day_on_which_a_simulated_city_stands(tmp_path: Path) -> None:
    assert last_whole_day(Workspace(tmp_path)) == dt.date.today() - dt.timedelta(days=1)
    assert last_whole_day(Workspace(tmp_path, day(12, 31))) == day(12, 31)


def test_the_ground_of_each_rule_of_the_pack_can_be_told(pack: Pack, workspace: Workspace) -> None:
    for rule in rules_of(pack).values():
        ground = ground_of(pack, rule, day(6, 30), [], workspace)
        assert ground.looks_at.zh
        assert ground.looks_at.en
        if rule.kind in ("indicator", "dataset"):
            assert ground.limit is not None
            assert ground.reference is not None
            assert ground.reference.zh


def test_a_line_that_means_an_entry_and_one_that_means_nothing(pack: Pack) -> None:
    entry = kept_row("vapour_recovery_alarms/BJ-1|state=raised", None, pack.ledgers)
    assert entry.entry == ("vapour_recovery_alarms", "BJ-1")
    assert not kept_row("… +12", None, pack.ledgers).is_found
    assert not kept_row("elsewhere|time=yesterday", None, pack.ledgers).is_found
