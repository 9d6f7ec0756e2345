"""`lantu case` and `lantu report` as a person types them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.cli.test_commands import lantu
from tests.office.cases.worked import WHO, book_of

from lantu.lake import Workspace
from lantu.office.reports import duties_of, submit_report
from lantu.plan.packs import load_pack


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One petrol station with an alarm, one monthly report."""
    folder = tmp_path_factory.mktemp("office") / "workspace"
    Workspace.open(folder, create=True)
    pack = load_pack("beijing/2021")
    book = book_of(pack, folder)
    station = {"number": "JY-1", "name": "甲加油站", "kind": "station"}
    book.enter("petrol_stations", station, "东华门街道", WHO, dt.date(2021, 4, 1))
    alarm = {"number": "BJ-1", "station": "JY-1", "kind": "ratio", "raised_on": "2021-09-27"}
    book.enter("vapour_recovery_alarms", alarm, "东华门街道", WHO, dt.date(2021, 9, 27))
    measure = duties_of(pack, WHO.unit)[0].measure
    submit_report(book, pack, measure, "2021-08", "under_way", WHO, day=dt.date(2021, 9, 3))
    return folder


def test_cases_are_raised_listed_and_late(workspace: Path) -> None:
    raising = ("case", "raise", "--unit", "市生态环境局", "--rule", "vapour_recovery_alarm_open", "--day", "2021-09-28")
    dry = json.loads(lantu(*raising, "--dry-run", "--json", "-", workspace=workspace).stdout)
    assert dry["report"] is None
    assert [each["subject"] for each in dry["candidates"]] == ["JY-1"]
    first = json.loads(lantu(*raising, "--json", "-", workspace=workspace).stdout)
    (number,) = first["report"]["entered"]
    again = lantu(*raising, workspace=workspace)
    assert again.returncode == 0
    assert "0 cases raised" in again.stdout
    assert "1 known already" in again.stdout

    listed = json.loads(lantu("case", "list", "--area", "东城区", "--json", "-", workspace=workspace).stdout)
    assert [(each["number"], each["holder"]) for each in listed["cases"]] == [(number, "东城区政府")]
    assert listed["counts"]["raised"] == 1
    refused = lantu("case", "list", "--state", "lost", workspace=workspace)
    assert refused.returncode == 1
    assert "there is no state 'lost'" in refused.stderr

    late = json.loads(lantu("case", "late", "--day", "2021-10-19", "--json", "-", workspace=workspace).stdout)
    (row,) = late["rows"]
    assert (row["unit"], row["late"], row["levels"], row["worst_days"]) == ("东城区政府", 1, {"red": 1}, 6)
    shown = lantu("case", "late", "--day", "2021-10-19", workspace=workspace)
    assert "1 open, 1 late" in shown.stdout


def test_the_table_of_reports(workspace: Path) -> None:
    arguments = ("report", "table", "--day", "2021-10-19", "--month", "2021-08", "--unit", "市生态环境局")
    (row,) = json.loads(lantu(*arguments, "--json", "-", workspace=workspace).stdout)["rows"]
    assert (row["in_time"], row["late"], row["due_on"]) == (1, 0, "2021-09-07")
    assert row["missing"] == row["expected"] - 1


def test_a_rule_that_is_not_there_is_named(workspace: Path) -> None:
    done = lantu("case", "raise", "--unit", "市生态环境局", "--rule", "moon", workspace=workspace)
    assert done.returncode == 1
    assert "there is no rule 'moon'" in done.stderr
