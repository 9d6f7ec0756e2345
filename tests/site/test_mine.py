"""My duties: what is owed by whom, what to report, to handle and to verify."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

Browser = Callable[[str], Any]


def test_a_department_owes_what_the_plan_gives_it(city: Any, signed_in: Browser) -> None:
    from lantu.office.accounts.models import Account

    account = Account.objects.get(username="department")
    duties = {duty.measure: duty.role for duty in city.duties.of(account.unit)}
    data = signed_in("department").get("/mine.json").json()
    rows = [row for group in data["groups"] for row in group["rows"]]
    assert rows
    assert {row["measure"] for row in rows} <= set(duties)
    assert all(row["role"] == duties[row["measure"]] for row in rows)
    reported = {each["measure"] for each in data["reports"]}
    assert reported == {measure for measure, role in duties.items() if role != "assisting"}


def test_districts_and_streets_owe_what_is_judged_where_they_are(city: Any, signed_in: Browser) -> None:
    assessment = city.snapshots.latest().assessment
    for name, begin in (("district1", "110101"), ("street1", "110101001")):
        data = signed_in(name).get("/mine.json").json()
        judged = {row.commitment for row in assessment.rows if row.area.startswith(begin)}
        assert sum(data["counts"].values()) == len(judged)
        overdue = next(group for group in data["groups"] if group["group"] == "overdue")
        missed = {
            row.commitment for row in assessment.rows if row.area.startswith(begin) and row.status.value == "missed"
        }
        assert {row["commitment"] for row in overdue["rows"]} <= missed
        assert overdue["count"] > 0 or not missed


def test_groups_follow_the_day(signed_in: Browser) -> None:
    data = signed_in("bureau").get("/mine.json?as_of=2021-12-24").json()
    groups = {group["group"]: group for group in data["groups"]}
    assert groups["due"]["count"] > 0
    parts = ["lead", "responsible", "assisting", None]
    for group in groups.values():
        order = [parts.index(row["role"]) for row in group["rows"]]
        assert order == sorted(order), "what the unit leads comes first"
    assert all("2021-12-24" < row["due"] <= "2022-01-23" for row in groups["due"]["rows"])
    assert all(row["status"] != "met" for group in groups.values() for row in group["rows"])
    assert all(row["due"] is None or row["due"] <= "2021-12-24" for row in groups["overdue"]["rows"])


def test_one_click_opens_the_form_and_a_handed_in_report_is_no_longer_missing(city: Any, signed_in: Browser) -> None:
    from lantu.ledgers import Actor

    browser = signed_in("district2")
    data = browser.get("/mine.json").json()
    assert data["month"] == "2021-12"
    first = data["reports"][0]
    assert first["state"] is None
    assert first["form"] == f"/reports/{first['measure']}?month=2021-12"
    assert first["form"] in browser.get("/mine").content.decode()
    unit = city.duties.unit_of_area("110102")
    values = {
        "measure": first["measure"],
        "unit_name": unit,
        "month": "2021-12",
        "reported_on": "2021-12-30",
        "declared": "done",
    }
    city.book.enter("progress_reports", values, "110102", Actor("district2", unit), holder=unit)
    assert browser.get("/mine.json").json()["reports"][0]["state"] == "submitted"


def test_what_waits_is_counted_by_ledger_and_state_within_rights(city: Any, signed_in: Browser) -> None:
    from lantu.ledgers import Actor
    from lantu.office.accounts.models import Account
    from lantu.office.rights import visible_entries

    values = {"number": "W-1", "case_class": "air_violation", "occurred_on": "2021-01-01", "due_on": "2021-01-02"}
    city.book.enter("cases", values, "110101001", Actor("tester", "市生态环境局"))
    for name in ("coordinator", "district1", "district2", "street1", "bureau"):
        account = Account.objects.get(username=name)
        data = signed_in(name).get("/mine.json").json()
        for each in data["waiting"]:
            seen = visible_entries(account).filter(ledger=each["ledger"], state=each["state"]).count()
            assert each["count"] == seen > 0
            assert each["ledger"] in city.pack.ledgers
        if name in ("street1",):
            assert not [each for each in data["waiting"] if each["to_verify"]], "a street verifies nothing"
        late = [each["number"] for each in data["late"]["rows"]]
        assert ("W-1" in late) == (name != "district2")
    days = (dt.date(2021, 12, 31) - dt.date(2021, 1, 2)).days
    row = next(r for r in signed_in("district1").get("/mine.json").json()["late"]["rows"] if r["number"] == "W-1")
    assert row["days"] == days


def test_an_enterprise_sees_its_own_entries_only(city: Any, signed_in: Browser) -> None:
    from lantu.office.accounts.models import Account

    account = Account.objects.get(username="enterprise")
    data = signed_in("enterprise").get("/mine.json").json()
    assert [f"{each['ledger']}/{each['key']}" for each in data["entries"]] == account.owned
    page = signed_in("enterprise").get("/mine").content.decode()
    assert data["entries"][0]["name"] in page


def test_nobody_sees_it_without_signing_in(signed_in: Browser) -> None:
    answer = signed_in("").get("/mine")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")
    assert signed_in("").get("/mine.json").status_code == 403


def test_a_unit_without_duties_is_told_so(signed_in: Browser) -> None:
    assert "gives your unit no duty" in signed_in("auditor").get("/mine").content.decode()
