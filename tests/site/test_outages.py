"""A database that is locked for long or gone for a while: said in words, with its own status, over by itself."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.postgres import own_cluster
from tests.site.conftest import ON_POSTGRESQL
from tests.site.hands import Hand
from tests.site.living import living_site
from tests.site.test_entries import Browsers, enter, streets_of


@contextmanager
def locked(city: Any) -> Iterator[None]:
    """Somebody else holds the lock for writing, and the site waits for a fifth of a second only."""
    from django.db import connection

    with connection.cursor() as cursor, ExitStack() as stack:
        if ON_POSTGRESQL:
            import psycopg

            cursor.execute("set lock_timeout = 200")
            stack.callback(cursor.execute, "set lock_timeout = 20000")
            other = stack.enter_context(psycopg.connect(os.environ["LANTU_DATABASE_URL"]))
            other.execute("lock table journal in access exclusive mode")
            stack.callback(other.rollback)
        else:
            cursor.execute("pragma busy_timeout = 200")
            stack.callback(cursor.execute, "pragma busy_timeout = 20000")
            writer = sqlite3.connect(city.workspace.path / "lantu.sqlite", isolation_level=None)
            stack.callback(writer.close)
            writer.execute("begin immediate")
        yield


def test_a_lock_that_lasts_is_told_and_nothing_is_lost(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("district1"), streets_of("district1")[0]
    browser.get("/mine")
    with locked(city):
        answer = enter(browser, "SUO-1", area)
        assert answer.status_code == 503
        page = answer.content.decode()
        assert "the database is busy" in page
        assert 'value="SUO-1"' in page, "what was typed is still there"
        browser.cookies["lantu_language"] = "zh"
        assert "数据库正忙" in enter(browser, "SUO-1", area).content.decode()
        browser.cookies["lantu_language"] = "en"
        if not ON_POSTGRESQL:
            assert browser.get("/ledgers/outfalls").status_code == 200, "reading goes on"
    assert enter(browser, "SUO-1", area).status_code == 302
    assert city.book.entry("outfalls", "SUO-1").version == 1


def test_the_api_says_it_as_json_and_when_to_come_again(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("district1"), streets_of("district1")[0]
    values = {"number": "SUO-2", "name": "一号口", "kind": "industrial", "river": "清河"}
    values |= {"found_on": "2021-05-01", "problem": "yes"}
    with locked(city):
        answer = browser.post(
            "/api/ledgers/outfalls/entries", {"area": area, "values": values}, content_type="application/json"
        )
        assert answer.status_code == 503, answer.content.decode()
        assert answer.json()["faults"][0]["what"]["zh"].startswith("数据库正忙")
        assert int(answer.headers["Retry-After"]) > 0


def test_a_job_waits_for_a_database_that_is_busy(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lantu.office.jobs import work
    from lantu.office.jobs.models import Job

    said: list[str] = []

    def busy(job: Job, step: Any) -> Any:
        said.append(job.kind)
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setitem(work.KINDS, "assess", busy)
    job = Job.objects.create(kind="assess")
    work.do(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("running", 1)
    monkeypatch.setitem(work.KINDS, "assess", lambda job, step: (work.Text("好", "good"), {}))
    assert work.take_up_again() == 1
    job.refresh_from_db()
    assert (job.state, job.message_en) == ("done", "good")


def test_a_job_for_which_there_is_no_room_says_so(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lantu.office.jobs import work
    from lantu.office.jobs.models import Job

    def full(job: Job, step: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(work.KINDS, "assess", full)
    job = Job.objects.create(kind="assess")
    work.do(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "the disk is full" in job.message_en
    assert "磁盘已满" in job.message_zh


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "full"),
        (sqlite3.OperationalError("database or disk is full"), "full"),
        (sqlite3.OperationalError("disk I/O error"), "full"),
        (RuntimeError("Generic LocalFileSystem error: No space left on device (os error 28)"), "full"),
        (sqlite3.OperationalError("database is locked"), "busy"),
        (sqlite3.OperationalError("no such column: x"), ""),
        (OSError(errno.EACCES, "Permission denied"), ""),
        (ValueError("something else"), ""),
    ],
    ids=str,
)
def test_what_counts_as_an_outage(error: Exception, name: str) -> None:
    from lantu.base import LantuError, Text
    from lantu.office.outages import outage_of

    found = outage_of(error)
    assert (found.name if found else "") == name
    try:
        raise LantuError(Text("没有存下", "not kept")) from error
    except LantuError as told:
        wrapped = outage_of(told)
    assert wrapped == found


def test_postgresql_may_go_and_come_back(tmp_path: Path) -> None:
    """The server of the database is stopped under a running site and started again: nothing else has to be."""
    with own_cluster() as cluster:
        url = cluster.new_database()
        made = tmp_path / "made"
        environment = {**os.environ, "LANTU_WORKSPACE": str(made), "LANTU_DATABASE_URL": url, "LANTU_LANG": "en"}
        environment.pop("LANTU_JOBS", None)
        command = [sys.executable, "-m", "lantu", "account", "open", "wang", "--role", "coordinator", "--unit"]
        opened = subprocess.run(
            [*command, "市生态环境局"], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert opened.returncode == 0, opened.stderr
        password = re.search(r"first password (\S+)", opened.stdout)
        assert password is not None, opened.stdout
        with living_site(made, tmp_path, url) as site:
            hand = Hand(site, "wang", password[1])
            assert hand.get("/account/password").status_code == 200
            cluster.stop()
            for path, words in (("/account/password", "the database cannot be reached"), ("/api/areas", '"faults"')):
                gone = hand.get(path)
                assert gone.status_code == 503, (path, gone.status_code, gone.text[:500])
                assert words in gone.text
                assert "Traceback" not in gone.text
                assert int(gone.headers["Retry-After"]) > 0
            hand.session.cookies["lantu_language"] = "zh"
            assert "连不上数据库" in hand.get("/account/password").text
            assert hand.post("/sign-in", {"username": "wang", "password": "x"}).status_code == 503
            cluster.start()
            assert hand.get("/account/password").status_code == 200, "it is back, and so is the site"
            assert Hand(site, "wang", password[1]).get("/account/password").status_code == 200
