"""Raising cases by rules on the site: first a look, then raising; each morning; and why a case was raised."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.lake import Lake

Browsers = Callable[[str], Any]


def look(browser: Any, **given: Any) -> dict[str, Any]:
    """A look as the form asks for it; its job as data."""
    answer = browser.post("/cases/raise", {"day": "2021-12-31", "days": "1", **given})
    assert answer.status_code == 302, answer.content.decode()
    return job_at(browser, answer.headers["Location"])


def job_at(browser: Any, address: str) -> dict[str, Any]:
    path, _, query = address.partition("?")
    found: dict[str, Any] = browser.get(f"{path}.json?{query}").json()["job"]
    return found


def raise_what_was_found(browser: Any, number: int) -> dict[str, Any]:
    answer = browser.post("/cases/raise", {"job": str(number)})
    assert answer.status_code == 302
    return job_at(browser, answer.headers["Location"])


@pytest.fixture(scope="module")
def raised(city: Any) -> list[str]:
    """The numbers of the cases that the rule about sections raises on the day at which the city stands."""
    from lantu.office.jobs.models import Job
    from lantu.office.jobs.work import ask

    job = ask("raise_cases", {"day": "2021-12-31", "days": 1, "rules": ["section_below_target"]}, None)
    job = Job.objects.get(pk=job.pk)
    assert job.state == "done", job.message_en
    return list(job.result["entered"])


def test_a_look_enters_nothing_and_raising_enters_what_it_showed(city: Any, signed_in: Browsers) -> None:
    coordinator = signed_in("coordinator")
    before = city.book.store.version("cases")
    seen = look(coordinator)
    assert seen["state"] == "done", seen["message"]
    fresh = seen["result"]["fresh"]
    assert fresh > 0
    assert city.book.store.version("cases") == before
    page = coordinator.get(f"/cases/raise?job={seen['id']}").content.decode()
    assert f"Raise them ({fresh} new cases)" in page
    assert "section worse than its target in a month" in page

    done = raise_what_was_found(coordinator, seen["id"])
    assert len(done["result"]["entered"]) == fresh
    page = coordinator.get(f"/cases/raise?job={done['id']}").content.decode()
    assert all(f"/cases/{number}" in page for number in done["result"]["entered"])
    lines = city.book.store.journal.lines(3)
    assert any((line.action, line.subject) == ("raise_cases", f"job/{done['id']}") for line in lines)

    again = raise_what_was_found(coordinator, seen["id"])
    assert (again["result"]["entered"], again["result"]["added"]) == ([], [])
    assert look(coordinator)["result"]["fresh"] == 0


def test_a_day_that_has_not_come_and_a_look_that_is_not_there_are_refused(signed_in: Browsers) -> None:
    coordinator = signed_in("coordinator")
    answer = coordinator.post("/cases/raise", {"day": "2022-01-02", "days": "1"})
    assert answer.status_code == 422
    assert "that day has not come" in answer.content.decode()
    assert coordinator.post("/cases/raise", {"day": "2021-12-31", "days": "99"}).status_code == 422
    assert coordinator.post("/cases/raise", {"job": "999999"}).status_code == 200
    assert coordinator.get("/cases/raise?job=999999").status_code == 404


@pytest.mark.parametrize("username", ["district1", "bureau", "auditor", "street1", "enterprise"])
def test_others_do_not_raise_cases(city: Any, signed_in: Browsers, username: str) -> None:
    before = city.book.store.journal.lines(1)
    assert signed_in(username).post("/cases/raise", {"day": "2021-12-31", "days": "1"}).status_code == 403
    assert city.book.store.journal.lines(1) == before


def test_the_morning_asks_for_it_as_the_pack_wants(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lantu.office import inbox
    from lantu.office.jobs import raising

    assert raising.wanted_each_morning() == {"day": "2021-12-31", "days": 3, "rules": None}
    assert raising.wanted_after_import("air_hourly") is None, "off unless the pack says so"
    own = inbox.handling().model_copy(
        update={"raising": inbox.handling().raising.model_copy(update={"every_morning": False, "after_import": True})}
    )
    monkeypatch.setattr(inbox, "handling", lambda: own)
    assert raising.wanted_each_morning() is None
    wanted = raising.wanted_after_import("air_hourly")
    assert wanted is not None
    assert "district_pm25_day" in wanted["rules"]
    assert raising.wanted_after_import("weather_hourly") is None


def test_after_an_import_the_rules_about_its_data_are_asked_where_the_pack_wants_it(
    city: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lantu.office import inbox
    from lantu.office.jobs.models import Job
    from lantu.office.jobs.work import ask

    raising = inbox.handling().raising.model_copy(update={"after_import": True, "days": 1})
    own = inbox.handling().model_copy(update={"raising": raising})
    monkeypatch.setattr(inbox, "handling", lambda: own)
    times = pa.array([dt.datetime(2021, 12, 31, hour) for hour in range(1, 5)], pa.timestamp("us"))
    table = pa.table({"station": ["东城东四"] * 4, "time": times, "pm25": [80.0, 81.0, 82.0, 83.0]})

    def arrive(lake: Lake, dataset: str, *_: Any, **__: Any) -> Any:
        return Lake(tmp_path).write(dataset, table, source="late.csv", simulated=True)

    # a simulated city takes no measured files, and other tests read its lake: they go elsewhere
    monkeypatch.setattr(Lake, "import_files", arrive)
    ask("import_data", {"dataset": "air_hourly", "files": []}, None)
    looked = Job.objects.filter(kind="raise_cases", account=None).first()
    assert looked is not None
    assert looked.state == "done", looked.message_en
    assert "district_pm25_day" in looked.given["rules"]
    assert "section_below_target" not in looked.given["rules"]


def test_two_jobs_at_once_raise_each_case_once(city: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from lantu.office.jobs.models import Job
    from lantu.office.jobs.work import do
    from lantu.office.register.models import Entry

    given = {"day": "2021-11-30", "days": 1, "rules": ["section_below_target"]}
    jobs = [Job.objects.create(kind="raise_cases", given=given) for _ in range(3)]

    def work(number: int) -> None:
        try:
            do.call_local(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, [job.pk for job in jobs]))
    ended = list(Job.objects.filter(pk__in=[job.pk for job in jobs]))
    assert [job.state for job in ended] == ["done"] * 3, [job.message_en for job in ended]
    entered = [number for job in ended for number in job.result["entered"]]
    assert len(entered) == len(set(entered))
    of_rule = Entry.objects.filter(ledger="cases", data__contains='"rule":"section_below_target"')
    keys = [row.values["rule_key"] for row in of_rule]
    assert len(keys) == len(set(keys)), "one open case of each section"


_SLOW = """
import sys, time
from lantu.site.starting import set_up
set_up()
from lantu.ledgers import LedgerBook
from lantu.office.jobs import work
original = LedgerBook.advance
def slow(*given, **named):
    done = original(*given, **named)
    print("added", flush=True)
    time.sleep(60)
    return done
LedgerBook.advance = slow
work.do.call_local(int(sys.argv[1]))
"""


def test_a_worker_killed_while_it_raises_leaves_nothing_doubled(city: Any) -> None:
    from lantu.office.jobs.models import Job
    from lantu.office.jobs.work import do
    from lantu.office.register.models import Entry

    given = {"days": 1, "rules": ["section_below_target"]}
    Job.objects.all().delete()
    before = Job.objects.create(kind="raise_cases", given={**given, "day": "2021-09-30"})
    do.call_local(before.pk)
    # the next month's hits go into the cases of this one, one after another
    cut = Job.objects.create(kind="raise_cases", given={**given, "day": "2021-10-31"})
    worker = subprocess.Popen(
        [sys.executable, "-c", _SLOW, str(cut.pk)], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "added\n"
    worker.kill()
    worker.wait()
    worker.stdout.close()
    do.call_local(cut.pk)
    cut.refresh_from_db()
    assert cut.state == "done", cut.message_en
    assert cut.result["known"] >= 1, "what was added before the end of the worker"
    for case in Entry.objects.filter(ledger="cases", data__contains='"rule":"section_below_target"'):
        hits = [change.source for change in city.book.store.history("cases", case.key) if change.source]
        every = [hit for source in hits for hit in source.removeprefix("rule:").split("\n")]
        assert len(every) == len(set(every)) == case.values["hits"], case.key


def test_who_sees_a_case_sees_its_rule_limit_reference_and_rows(
    city: Any, signed_in: Browsers, raised: list[str]
) -> None:
    from lantu.office.register.models import Entry

    case = Entry.objects.filter(ledger="cases", data__contains='"rule":"section_below_target"').first()
    assert case is not None
    page = signed_in("coordinator").get(f"/cases/{case.key}")
    text = page.content.decode()
    for words in ("Why it was raised", "section worse than its target in a month", "below 100", "own choice"):
        assert words in text, words
    shown = signed_in("coordinator").get(f"/cases/{case.key}.json").json()["ground"]
    url = next(line["url"] for line in shown["lines"] if line["url"])
    rows = signed_in("coordinator").get(url.replace("?", ".json?")).json()
    assert rows["dataset"] == "surface_water"
    assert any(row["meant"] for row in rows["rows"])
    assert all(row["station"] == rows["station"] for row in rows["rows"])
    assert signed_in("coordinator").get(url).status_code == 200
    outside = "street2" if not case.area.startswith("110102") else "street1"
    assert signed_in(outside).get(url).status_code == 404
    assert signed_in("coordinator").get(f"/cases/rows/{case.key}?row=999").status_code == 404
