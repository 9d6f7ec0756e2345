"""Journal, accounts, public pages, data and rules, as people use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Browser = Callable[[str], Any]


def _text(answer: Any) -> str:
    return answer.content.decode()


# -- the journal ---------------------------------------------------------------------------------------------------


def test_the_journal_is_for_coordinators_and_auditors(signed_in: Browser) -> None:
    assert signed_in("auditor").get("/journal").status_code == 200
    assert signed_in("district1").get("/journal").status_code == 403
    assert signed_in("").get("/journal").status_code == 302
    lines = signed_in("auditor").get("/journal.json").json()["lines"]
    assert lines[0]["id"] > lines[-1]["id"]


def test_a_verified_journal_says_so_and_a_changed_line_is_found(city: Any, signed_in: Browser) -> None:
    from django.db import connection

    browser = signed_in("auditor")
    browser.post("/journal/verify")
    assert "the chain holds" in _text(browser.get("/journal"))
    with connection.cursor() as cursor:
        on_sqlite = connection.vendor == "sqlite"
        cursor.execute("drop trigger journal_update" if on_sqlite else "drop trigger journal_append_only on journal")
        cursor.execute("update journal set person = 'somebody else' where id = 2")
    browser.post("/journal/verify")
    assert "1 faults" in _text(browser.get("/journal"))


# -- accounts ------------------------------------------------------------------------------------------------------


def test_an_administrator_opens_an_account_and_its_password_is_shown_once(signed_in: Browser) -> None:
    browser = signed_in("coordinator")
    given = {"username": "new.one", "person": "A", "role": "district", "unit": "朝阳区政府", "area": "朝阳区"}
    answer = browser.post("/accounts", given, follow=True)
    password = re.search(r"new\.one · <code>([^<]+)</code>", _text(answer))
    assert password is not None
    assert password[1] not in _text(browser.get("/accounts"))
    fresh = signed_in("")
    entered = fresh.post("/sign-in", {"username": "new.one", "password": password[1]})
    assert entered.headers["Location"] == "/account/password"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit": "没有这个单位"}, "not in the register of units"),
        ({"area": "北京市"}, "does not fit"),
        ({"username": "a b"}, "2 to 60 letters"),
    ],
)
def test_an_account_that_does_not_fit_is_refused(signed_in: Browser, changed: dict[str, str], said: str) -> None:
    given = {"username": "other", "person": "A", "role": "district", "unit": "朝阳区政府", "area": "朝阳区", **changed}
    answer = signed_in("coordinator").post("/accounts", given)
    assert answer.status_code == 422
    assert said in _text(answer)


def test_an_ended_account_can_do_nothing(signed_in: Browser) -> None:
    street = signed_in("street2")
    assert street.get("/account").status_code == 200
    coordinator = signed_in("coordinator")
    coordinator.post("/accounts/street2", {"act": "end"})
    assert street.get("/account").status_code == 302
    coordinator.post("/accounts/street2", {"act": "open"})


def test_nobody_else_administers(signed_in: Browser) -> None:
    for name in ("bureau", "district1", "auditor", "enterprise"):
        assert signed_in(name).get("/accounts").status_code == 403
        assert signed_in(name).post("/accounts/auditor", {"act": "end"}).status_code == 403


# -- tokens and the API ------------------------------------------------------------------------------------------


def test_a_token_reads_with_the_rights_of_its_account(signed_in: Browser) -> None:
    browser = signed_in("district1")
    page = _text(browser.post("/account/tokens", {"name": "script", "days": "5"}, follow=True))
    token = re.search(r"<code>([\w-]{40,})</code>", page)
    assert token is not None
    program = signed_in("")
    key = {"authorization": f"Bearer {token[1]}"}
    rows = program.get("/api/ledgers/construction_sites/entries", headers=key).json()
    assert rows["count"] > 0
    assert all(entry["area"].startswith("110101") for entry in rows["entries"])
    assert program.get("/api/journal", headers=key).status_code == 403
    refused = program.post(
        "/api/ledgers/construction_sites/entries", {"area": "x", "values": {}}, "application/json", headers=key
    )
    assert refused.status_code == 403, "a token that may only read"
    assert program.get("/api/ledgers", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert program.get("/api/ledgers").status_code == 401


def test_the_api_amends_with_the_version_that_was_read(signed_in: Browser) -> None:
    browser = signed_in("coordinator")
    first = browser.get("/api/ledgers/construction_sites/entries").json()["entries"][0]
    address = f"/api/entries/construction_sites/{first['key']}"
    given = {"version": first["version"], "values": {}, "note": "looked at"}
    assert browser.patch(address, given, "application/json").status_code == 200
    again = browser.patch(address, given, "application/json")
    assert again.status_code == 409
    assert "read it again" in again.json()["faults"][0]["mend"]["en"]
    wrong = browser.patch(address, {"version": first["version"] + 1, "values": {"no_such": 1}}, "application/json")
    assert wrong.status_code == 422
    assert "no_such" in wrong.json()["faults"][0]["what"]["en"]


# -- what is public ---------------------------------------------------------------------------------------------


def test_nothing_is_public_until_a_coordinator_publishes(signed_in: Browser) -> None:
    visitor = signed_in("")
    assert "Nothing has been published yet" in _text(visitor.get("/public"))
    assert signed_in("bureau").post("/public/publish", {"as_of": "2021-12-31"}).status_code == 403
    signed_in("coordinator").post("/public/publish", {"as_of": "2021-12-31"})
    page = _text(visitor.get("/public"))
    assert "As of 2021-12-31" in page
    task = visitor.get("/public/tasks/air-1.json").json()
    assert {row["area"] for row in task["measures"][0]["rows"]} >= {"110000", "110101"}
    everything = visitor.get("/public.json").json()
    assert sum(each["count"] for each in everything["counts"]) > 500
    for plan in everything["plans"]:
        for each in plan["tasks"]:
            rows = visitor.get(f"/public/tasks/{each['task']}.json").json()
            areas = {row["area"] for measure in rows["measures"] for row in measure["rows"]}
            assert all(len(area) <= 6 for area in areas), "no street is named"


def test_a_correction_is_asked_for_and_answered(signed_in: Browser) -> None:
    visitor = signed_in("")
    sent = visitor.post(
        "/public/correction?about=air-1-1/pm25@110101",
        {"about": "air-1-1/pm25@110101", "words": "<b>35.2</b> is wrong"},
    )
    assert sent.status_code == 302
    page = _text(visitor.get(sent.headers["Location"]))
    assert "&lt;b&gt;35.2" in page
    coordinator = signed_in("coordinator")
    asked = coordinator.get("/public/manage.json").json()["corrections"][0]
    answer = {"state": "declined", "answer": "it is as measured"}
    coordinator.post(f"/public/manage/{asked['id']}", answer)
    coordinator.post(f"/public/manage/{asked['id']}", {"state": "accepted", "answer": "another"})
    found = visitor.get(f"/public/correction/{asked['reference']}.json").json()
    assert (found["state"], found["answer"]) == ("declined", "it is as measured")


def test_corrections_cannot_be_flooded(signed_in: Browser) -> None:
    visitor = signed_in("")
    codes = [visitor.post("/public/correction", {"about": "x", "words": f"w{n}"}).status_code for n in range(12)]
    assert codes[-1] == 422


# -- data --------------------------------------------------------------------------------------------------------


def test_data_pages_say_what_is_there_and_what_is_not(signed_in: Browser) -> None:
    page = _text(signed_in("auditor").get("/data"))
    assert "simulated" in page
    assert "Without data so far" in page
    arrived = signed_in("auditor").get("/data/air_hourly.json").json()["arrivals"]
    assert len(arrived["days"]) >= 30
    assert signed_in("auditor").get("/data/no_such_dataset").status_code == 404
    assert signed_in("enterprise").get("/data").status_code == 403


def test_measured_files_are_not_taken_into_a_simulated_city(signed_in: Browser, tmp_path: Path) -> None:
    file = tmp_path / "beijing_all_20210801.csv"
    file.write_text("date,hour,type,东城东四\n20210801,1,PM2.5,12\n", encoding="utf-8")
    browser = signed_in("coordinator")
    with file.open("rb") as handle:
        browser.post("/data/import", {"dataset": "air_hourly", "files": [handle]})
    page = _text(browser.get("/data"))
    assert "simulated" in page
    from lantu.office.jobs.models import Job

    job = Job.objects.filter(kind="import_data").first()
    assert job is not None
    assert job.state == "failed"
    assert "simulated" in job.message_en
    assert signed_in("district1").get("/data/import").status_code == 403


# -- rules -------------------------------------------------------------------------------------------------------


def test_a_parameter_shows_its_dates_and_how_sure_it_is(signed_in: Browser) -> None:
    browser = signed_in("auditor")
    assert browser.get("/rules/parameters.json?sure=unverified").json()["count"] > 10
    page = _text(browser.get("/rules/parameters/air.limits.pm25.year.grade2"))
    assert "35" in page
    assert browser.get("/rules/parameters/no.such").status_code == 404


def test_a_document_is_read_reviewed_and_accepted(shared_data: Path, signed_in: Browser) -> None:
    browser = signed_in("coordinator")
    with (shared_data / "plans" / "beijing-2021.txt").open("rb") as handle:
        browser.post("/rules/read", {"file": handle, "year": "2021"})
    kept = browser.get("/rules.json").json()["readings"][0]
    assert (kept["counts"]["tasks"], kept["counts"]["measures"]) == (74, 153)
    address = f"/rules/readings/{kept['name']}"
    page = _text(browser.get(address))
    assert "once every doubt is settled" in page
    assert browser.post(f"{address}/accept").status_code == 422
    for number in range(1, kept["counts"]["doubts"] + 1):
        browser.post(f"{address}/settle", {"doubt": str(number), "choice": "right"})
    assert browser.post(f"{address}/settle", {"doubt": "1", "choice": "wrong", "text": ""}).status_code == 422
    assert browser.post(f"{address}/accept").status_code == 302
    assert browser.get("/rules.json").json()["readings"][0]["accepted"]["person"] == "coordinator"
    assert signed_in("district1").post(f"{address}/accept").status_code == 403


def test_a_file_that_is_no_document_is_refused_in_words(signed_in: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "plan.exe"
    bad.write_bytes(b"MZ")
    with bad.open("rb") as handle:
        answer = signed_in("coordinator").post("/rules/read", {"file": handle})
    assert answer.status_code == 422
    assert ".exe" in _text(answer)


def test_a_figure_set_outside_needs_its_reference(signed_in: Browser) -> None:
    browser = signed_in("coordinator")
    row = browser.get("/rules/targets.json").json()["targets"][0]
    given = {"commitment": row["commitment"], "area": row["area"], "unit": row["unit"], "value": "12"}
    assert browser.post("/rules/targets", given).status_code == 422
    assert browser.post("/rules/targets", {**given, "reference": "文件〔2021〕1号"}).status_code == 302
    assert signed_in("district1").post("/rules/targets", {**given, "reference": "x"}).status_code == 404
