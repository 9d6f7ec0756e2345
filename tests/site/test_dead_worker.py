"""A worker that is killed in the middle of a job: the job is done again, nothing is doubled, nothing is lost."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
from tests.site.conftest import ON_POSTGRESQL, fresh_postgresql
from tests.site.hands import Hand, rows
from tests.site.living import Living, living_site

STREET = "110101001"
SHEET_ROWS = 7000


@pytest.fixture(scope="module")
def site(django_ready: Path, made_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """A city without readings of air, so that measured ones can be imported."""
    folder = tmp_path_factory.mktemp("dead_worker")
    shutil.copytree(made_city, folder / "made")
    shutil.rmtree(folder / "made" / "lake" / "air_hourly")
    database = f"{os.environ['LANTU_TEST_TEMPLATE']}_dead_worker" if ON_POSTGRESQL else ""
    if database:
        fresh_postgresql(database)
    with living_site(folder / "made", folder, database) as running:
        yield running


def kill_worker(site: Living, kind: str, seconds: float = 0.0) -> int:
    """Kill the worker with no time to tidy up, a moment after it has begun the latest job of a kind.

    Returns:
        The job's number.
    """
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = rows(site, "select id, state from job where kind = ? order by id desc limit 1", kind)
        if found and found[0][1] == "running":
            time.sleep(seconds)
            os.kill(site.worker(), signal.SIGKILL)
            (state,) = rows(site, "select state from job where id = ?", found[0][0])[0]
            assert state == "running", "it was over before it could be killed"
            return int(found[0][0])
        assert not found or found[0][1] == "waiting", f"it was over before it could be killed: {found}"
        time.sleep(0.005)
    raise AssertionError(f"no job {kind} began")


def year_of_air() -> bytes:
    """A published file of a whole year."""
    drawn = random.Random(7)
    stations = ["东四", "天坛", "官园", "万寿西宫", "奥体中心", "农展馆"]
    stations += ["万柳", "顺义", "怀柔", "昌平", "定陵", "古城"]
    lines = [",".join(("date", "hour", "type", *stations))]
    for day in range(365):
        date = (dt.date(2021, 1, 1) + dt.timedelta(days=day)).strftime("%Y%m%d")
        for hour in range(24):
            for item in ("PM2.5", "PM10", "NO2"):
                lines.append(",".join((date, str(hour), item, *(str(drawn.randint(5, 90)) for _ in stations))))
    return "\n".join(lines).encode()


def test_an_import_is_done_again_and_holds_each_row_once(site: Living) -> None:
    hand = Hand(site, "coordinator")
    given = ("beijing_all_2021.csv", year_of_air(), "text/csv")
    assert hand.post("/data/import", {"dataset": "air_hourly"}, [("files", given)]).status_code == 302
    number = kill_worker(site, "import_data", 0.1)
    job = hand.get(f"/jobs/{number}.json").json()["job"]
    assert job["state"] == "running", "it is not over, and the page does not say so"
    assert hand.after(number)["state"] == "done"
    assert rows(site, "select attempts from job where id = ?", number) == [(2,)]
    files = [str(path) for path in (site.workspace / "lake" / "air_hourly").rglob("*.parquet")]
    counted = duckdb.execute("select count(*), count(distinct (station, time)) from read_parquet(?)", [files])
    assert counted.fetchone() == (365 * 24 * 12, 365 * 24 * 12)
    held = {row["dataset"]: row for row in hand.get("/data.json").json()["datasets"]}
    assert held["air_hourly"]["rows"] == 365 * 24 * 12


def many_outfalls() -> bytes:
    """A large sheet of new outfalls."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    head = ("number", "name", "kind", "receiving water", "found on", "has a problem", "area")
    page.write_row(0, 0, head)
    drawn = random.Random(7)  # words that cannot be packed: large sheets are compared by a job
    for number in range(1, SHEET_ROWS + 1):
        line = (f"SI-{number:05}", f"{drawn.getrandbits(200):x}", "industrial", "清河", "2021-05-01", "no", STREET)
        page.write_row(number, 0, line)
    book.close()
    return out.getvalue()


def test_a_sheet_is_compared_and_taken_once(site: Living) -> None:
    hand = Hand(site, "district1")
    sheet = ("outfalls.xlsx", many_outfalls(), "application/octet-stream")
    where = hand.post("/ledgers/outfalls/-/sheets", {}, [("file", sheet)]).headers["Location"]
    assert hand.after(kill_worker(site, "review_sheet", 0.2))["state"] == "done"
    data = hand.get(f"{where}.json").json()
    assert (data["state"], data["counts"]["new"]) == ("reviewed", SHEET_ROWS), data["counts"]
    (shown,) = rows(site, "select count(*), count(distinct key) from sheet_row where sheet_id = ?", data["id"])
    assert shown == (SHEET_ROWS, SHEET_ROWS)

    assert hand.post(where, {"what": "take"}).status_code == 302
    assert hand.after(kill_worker(site, "take_sheet", 0.2))["state"] == "done"
    assert hand.get(f"{where}.json").json()["result"]["entered"] == SHEET_ROWS
    entries = "select count(*), min(version), max(version) from entry where ledger = 'outfalls' and key like 'SI-%'"
    assert rows(site, entries) == [(SHEET_ROWS, 1, 1)]
    assert rows(site, "select count(*) from change where ledger = 'outfalls' and key like 'SI-%'") == [(SHEET_ROWS,)]


def test_an_assessment_is_kept_once(site: Living) -> None:
    hand = Hand(site, "coordinator")
    kept = {path.name for path in (site.workspace / "assessments").iterdir()}
    assert hand.post("/assess", {"as_of": "2021-11-30"}).status_code in (200, 302)
    number = kill_worker(site, "assess", 0.5)
    assert hand.after(number)["state"] == "done"
    fresh = [path.name for path in (site.workspace / "assessments").iterdir() if path.name not in kept]
    assert len(fresh) == 1
    assert fresh[0].startswith("2021-11-30_")


def test_at_the_end_everything_is_whole(site: Living) -> None:
    assert "whole" in site.doctor()
    assert rows(site, "select count(*) from job where state not in ('done', 'failed')") == [(0,)]


# -- what the pages say ----------------------------------------------------------------------------------------------


def test_a_silent_worker_is_not_taken_for_a_working_one(city: Any, signed_in: Any) -> None:
    from django.utils import timezone

    from lantu.office.accounts.models import Account
    from lantu.office.jobs.models import Job

    owner = Account.objects.get(username="coordinator")
    now = timezone.now()
    for state, ago, said in (
        ("running", 5, ""),
        ("running", 300, "no sign of the worker since"),
        ("waiting", 300, "the worker has not begun"),
    ):
        job = Job.objects.create(kind="assess", account=owner, state=state)
        Job.objects.filter(pk=job.pk).update(beat=now - dt.timedelta(seconds=ago), created=now - dt.timedelta(hours=1))
        page = signed_in("coordinator").get(f"/jobs/{job.pk}").content.decode()
        assert (said in page) if said else ("no sign" not in page)
        job.delete()


def test_a_failed_job_is_repeated_by_those_who_may(city: Any, signed_in: Any) -> None:
    from lantu.office.accounts.models import Account
    from lantu.office.jobs.models import Job

    owner = Account.objects.get(username="coordinator")
    job = Job.objects.create(kind="verify_journal", account=owner, state="failed", message_en="the disk was full")
    mine = signed_in("coordinator")
    page = mine.get(f"/jobs/{job.pk}").content.decode()
    assert "the disk was full" in page
    assert "Do this again" in page
    assert signed_in("district1").post(f"/jobs/{job.pk}/again").status_code == 404, "it is not theirs to know of"
    assert mine.get(f"/jobs/{job.pk}/again").status_code == 405
    there = mine.post(f"/jobs/{job.pk}/again").headers["Location"]
    assert there != f"/jobs/{job.pk}"
    fresh = mine.get(f"{there}.json").json()["job"]
    assert fresh["state"] == "done"
    assert mine.post(f"{there}/again").status_code == 403, "what is done is not repeated"


def test_a_job_that_is_cut_off_again_and_again_is_given_up(city: Any) -> None:
    from lantu.office.jobs.models import Job
    from lantu.office.jobs.work import take_up_again

    job = Job.objects.create(kind="verify_journal", state="running", attempts=3)
    take_up_again()
    job.refresh_from_db()
    assert (job.state, job.message_en) == ("failed", "the job was cut off several times and is given up")
