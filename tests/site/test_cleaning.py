"""Cleaning: what was made on the way goes after its time; evidence and whatever else counts never does."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import Any

from tests.site.test_entries import Browsers, enter, photo, streets_of
from tests.site.test_sheets import edited, exported, hand_in

from lantu.office.cleaning import DAY, Retention, clean, shown_bytes, space

KEEP = Retention(exports=30, sheets=180, pictures=90)


def aged(path: Path, days: float) -> Path:
    """A file as it is after some days."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"x" * 1000)
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))
    return path


def everything_kept(workspace: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(workspace)): path.read_bytes()
        for folder in ("evidence", "lake", "assessments", "uploads")
        for path in (workspace / folder).rglob("*")
        if path.is_file()
    }


def test_each_kind_goes_after_its_own_time(city: Any) -> None:
    workspace = city.workspace.path
    young = [
        aged(workspace / "exports" / "1.xlsx", 29),
        aged(workspace / "evidence-small" / "ab" / "ab1.jpg", 89),
        aged(workspace / "incoming" / "now" / "0" / "upload", 1),
    ]
    old = [
        aged(workspace / "exports" / "2.xlsx", 31),
        aged(workspace / "evidence-small" / "ab" / "ab2.jpg", 91),
        aged(workspace / "incoming" / "dead" / "0" / "upload", 3),
        aged(workspace / "uploads" / "half.new", 3),
    ]
    aged(workspace / "evidence" / "cd" / ("cd" * 32 + ".jpg"), 4000)
    aged(workspace / "uploads" / "0123" / "air.csv", 4000)
    before = {name: body for name, body in everything_kept(workspace).items() if not name.endswith(".new")}
    done = clean(workspace, KEEP)
    assert (done.exports, done.pictures, done.left_behind, done.bytes) == (1, 1, 2, 4000)
    assert all(path.exists() for path in young)
    assert not any(path.exists() for path in old)
    assert everything_kept(workspace) == before
    assert clean(workspace, KEEP).files == 0


def test_a_sheet_stays_while_anybody_needs_it(city: Any, signed_in: Browsers, tmp_path: Path) -> None:
    from django.utils import timezone

    from lantu.office.sheets.models import SheetReturn
    from lantu.office.sheets.returns import path_of

    browser, area = signed_in("district1"), streets_of("district1")[0]
    sheets = {}
    for number, what in ((1, "drop"), (2, "take"), (3, "")):
        enter(browser, f"QL-{number}", area)
        sheet = edited(exported(browser, tmp_path, q=f"QL-{number}"), {f"QL-{number}": {"receiving water": "凉水河"}})
        where = hand_in(browser, sheet)
        if what:
            browser.post(where, {"what": what})
        sheets[what or "open"] = SheetReturn.objects.get(pk=int(where.rsplit("/", 1)[1]))
    assert clean(city.workspace.path, KEEP).sheets == 0, "they are of today"
    SheetReturn.objects.update(created=timezone.now() - dt.timedelta(days=181))
    assert clean(city.workspace.path, KEEP).sheets == 1
    assert {name: path_of(sheet).exists() for name, sheet in sheets.items()} == {
        "drop": False,
        "take": True,
        "open": True,
    }
    assert sheets["open"].rows.count() == 1
    assert sheets["drop"].rows.count() == 0
    page = browser.get(f"/ledgers/outfalls/-/sheets/{sheets['drop'].pk}")
    assert page.status_code == 200, "the page of a sheet whose file is gone still says what became of it"


def test_the_nightly_job_writes_what_it_removed_into_the_journal(city: Any, signed_in: Browsers) -> None:
    from lantu.office.jobs.models import Job
    from lantu.office.jobs.work import ask

    browser = signed_in("district1")
    enter(browser, "QL-9", streets_of("district1")[0])
    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01", "e_photo": photo("olive")}
    assert browser.post("/ledgers/outfalls/QL-9/-/step/rectify", given).status_code == 302
    (piece,) = city.book.entry("outfalls", "QL-9").evidence
    assert browser.get(f"/files/{piece.sha256}/small").status_code == 200
    small = city.workspace.path / "evidence-small" / piece.sha256[:2] / f"{piece.sha256}.jpg"
    aged(small, 91)
    aged(city.book.evidence_path(piece), 4000)
    ask("clean", {}, None)
    job = Job.objects.filter(kind="clean").first()
    assert job is not None
    assert (job.state, job.result["pictures"]) == ("done", 1), job.message_en
    assert not small.exists()
    assert browser.get(f"/files/{piece.sha256}").status_code == 200, "the evidence itself is there"
    assert browser.get(f"/files/{piece.sha256}/small").status_code == 200, "and the small copy is made again"
    line = next(each for each in city.book.store.journal.lines(3) if each.action == "clean")
    assert line.detail["pictures"] == 1
    assert line.person == "lantu"
    told = signed_in("auditor").get("/journal.json", {"action": "clean"}).json()["lines"][0]["told"]
    assert {"zh": "小图：1", "en": "small pictures: 1"} in told


def test_room_is_told_by_what_takes_it(city: Any) -> None:
    found = {title.en: size for title, size in space(city.workspace.path, city.book.store.database)}
    assert found["entries, history, journal, accounts"] > 1_000_000
    assert found["data"] >= found["of which can be made again"]
    assert [shown_bytes(size) for size in (5, 2048, 3 * 1024**2, 5 * 1024**3)] == ["5 B", "2.0 KB", "3.0 MB", "5.0 GB"]
