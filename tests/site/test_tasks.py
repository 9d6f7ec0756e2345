"""Tasks and commitments: filters, the text as printed, verdicts by area, what is linked, the trend."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

Browser = Callable[[str], Any]


def _text(answer: Any) -> str:
    return answer.content.decode()


def alike(answer: Any, own: str) -> str:
    """A page without what differs in every answer: the token of its forms, and what was asked for."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", _text(answer)).replace(own, "")


def test_the_list_filters_by_plan_unit_status_words_and_due_day(city: Any, signed_in: Browser) -> None:
    browser = signed_in("auditor")

    def found(query: str) -> list[dict[str, Any]]:
        first = browser.get(f"/tasks.json?{query}").json()
        rows = first["rows"]
        for page in range(2, first["pages"] + 1):
            rows += browser.get(f"/tasks.json?{query}&page={page}").json()["rows"]
        assert len(rows) == first["count"]
        return rows

    assert len(found("")) == 74
    assert {row["plan"] for row in found("plan=water")} == {"water"}
    unit = city.duties.units()[0]
    mine = {duty.measure.rsplit("-", 1)[0] for duty in city.duties.of(unit)}
    assert {row["task"] for row in found(f"unit={unit}")} == mine
    assert all(row["counts"]["missed"] for row in found("status=missed"))
    assert "air-2" in {row["task"] for row in found("q=VOC")}
    assert found("q=没有这样的任务") == []
    assert found("status=rubbish") == []
    due = found("due=30&as_of=2021-12-24")
    assert 0 < len(due) < 74
    statuses = [row["status"] for row in found("sort=status")]
    assert statuses == sorted(statuses, key=["missed", "unknown", "at_risk", "on_course", "met"].index)


def test_a_task_shows_roles_deadline_commitments_and_every_column(city: Any, signed_in: Browser) -> None:
    data = signed_in("auditor").get("/tasks/air-1.json").json()
    measure = data["measures"][0]
    assert measure["deadline"] == {"raw": "年底前", "type": "year_end", "date": "2021-12-31", "start": None}
    assert [unit["unit"] for unit in measure["roles"][0]["units"]] == ["市生态环境局", "ALL_DISTRICTS_AND_BDA"]
    commitment = measure["commitments"][0]
    assert (commitment["id"], commitment["words"], commitment["softness"]) == ("air-1-1/pm25", "< 2020", "strive")
    rows = {row.area: row for row in city.snapshots.latest().assessment.of("air-1-1/pm25")}
    assert len(commitment["areas"]) == 18
    for each in commitment["areas"]:
        assert each["status"] == rows[each["area"]].status.value
        assert each["value"] == float(rows[each["area"]].value)
        assert each["url"] == f"/explain/air-1-1/pm25?area={each['area']}"
    page = _text(signed_in("auditor").get("/tasks/air-1"))
    assert "Three clocks" in page
    assert "/tasks?unit=" in page


def test_streets_are_summed_up_on_the_task_and_listed_for_their_district(signed_in: Browser) -> None:
    data = signed_in("district1").get("/tasks/air-2.json").json()
    cells = [each for m in data["measures"] for c in m["commitments"] for each in c["areas"] if each.get("streets")]
    assert cells
    own = next(each for each in cells if each["area"] == "110101")
    listed = signed_in("district1").get(own["url"].replace("?", ".json?")).json()
    assert listed["count"] == own["streets"]
    other = next(each for each in cells if each["area"] == "110102")
    assert signed_in("district1").get(other["url"].replace("?", ".json?")).json()["count"] == 0
    assert signed_in("coordinator").get(other["url"].replace("?", ".json?")).json()["count"] == other["streets"]


def test_the_packs_summary_stands_until_a_reading_was_accepted(city: Any, signed_in: Browser) -> None:
    browser = signed_in("auditor")
    assert "own summary" in _text(browser.get("/tasks/air-1"))
    folder = city.workspace.path / "readings"
    folder.mkdir(exist_ok=True)
    measure = {"id": "air-1-1", "text": "原文<第一条>", "deadline_raw": "年底前", "page": 3}
    document = {"plans": [{"id": "air", "sections": [{"no": "一", "tasks": [{"no": 1, "measures": [measure]}]}]}]}
    reading: dict[str, Any] = {"title": "plan.pdf", "accepted": None, "document": document}
    try:
        (folder / "r-1.json").write_text(json.dumps(reading), encoding="utf-8")
        assert "own summary" in _text(browser.get("/tasks/air-1")), "nobody has accepted it yet"
        reading["accepted"] = {"person": "coordinator", "time": "2021-12-31T00:00:00+00:00"}
        (folder / "r-1.json").write_text(json.dumps(reading), encoding="utf-8")
        page = _text(browser.get("/tasks/air-1"))
        assert "原文&lt;第一条&gt;" in page
        assert "plan.pdf" in page
        assert "own summary" not in page
        (folder / "broken.json").write_text("{", encoding="utf-8")
        assert "原文&lt;第一条&gt;" in _text(browser.get("/tasks/air-1")), "a broken file harms no other"
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_linked_ledgers_count_what_the_account_sees(city: Any, signed_in: Browser) -> None:
    from lantu.office.accounts.models import Account
    from lantu.office.rights import visible_entries

    for name in ("coordinator", "district1", "street1", "department"):
        data = signed_in(name).get("/tasks/air-5.json").json()
        account = Account.objects.get(username=name)
        assert data["ledgers"]
        for ledger in data["ledgers"]:
            if ledger["count"] is None:
                assert ledger["ledger"] not in city.duties.ledgers(account.unit)
                continue
            seen = visible_entries(account).filter(ledger=ledger["ledger"]).count()
            assert ledger["count"] == seen == sum(each["count"] for each in ledger["states"])


def test_counts_follow_a_new_entry_at_once(city: Any, signed_in: Browser) -> None:
    from lantu.ledgers import Actor

    def count() -> int:
        ledgers = signed_in("coordinator").get("/tasks/air-9.json").json()["ledgers"]
        return next(each["count"] for each in ledgers if each["ledger"] == "cases")

    before = count()
    values = {"number": "NEW-2", "case_class": "air_violation", "occurred_on": "2021-12-30"}
    city.book.enter("cases", values, "110101", Actor("tester", "市生态环境局"))
    assert count() == before + 1


def test_progress_reports_are_shown_within_rights(city: Any, signed_in: Browser) -> None:
    from lantu.ledgers import Actor

    government = city.duties.unit_of_area("110101")
    values = {
        "measure": "air-1-1",
        "unit_name": government,
        "month": "2021-12",
        "reported_on": "2021-12-30",
        "declared": "under_way",
        "percent": 40,
    }
    city.book.enter("progress_reports", values, "110101", Actor("district1", government), holder=government)
    reports = signed_in("district1").get("/tasks/air-1.json").json()["reports"]
    latest = reports[0]
    assert (latest["month"], latest["percent"], latest["state"]) == ("2021-12", "40", "submitted")
    assert latest["declared"]["en"] == "under way"
    assert {each["unit"] for each in reports} == {government}
    assert government not in {
        each["unit"] for each in signed_in("district2").get("/tasks/air-1.json").json()["reports"]
    }
    others = signed_in("district1").get("/tasks/air-10.json").json()["reports"]
    assert "air-1-1" not in {each["measure"] for each in others}, "air-1-1 is not air-10-1"


@pytest.mark.parametrize(
    "address", ["/tasks/air-99", "/tasks/..", "/tasks/air-1?area=999", "/commitments/air-1-1/none", "/commitments/x/y"]
)
def test_what_is_not_there_is_not_found(signed_in: Browser, address: str) -> None:
    assert signed_in("auditor").get(address).status_code == 404


def test_a_street_of_another_district_looks_like_none(signed_in: Browser) -> None:
    browser = signed_in("district1")
    for address in ("/tasks/air-2?area={}", "/commitments/air-2-1/points_online?area={}"):
        assert browser.get(address.format("110101001")).status_code == 200
        foreign, absent = browser.get(address.format("110102001")), browser.get(address.format("119999999"))
        assert foreign.status_code == absent.status_code == 404
        assert alike(foreign, "110102001") == alike(absent, "119999999")


def test_the_trend_has_a_value_for_each_month_as_the_indicator_gives_it(city: Any, signed_in: Browser) -> None:
    from lantu.base import Period
    from lantu.indicators import compute

    browser = signed_in("auditor")
    address = "/commitments/air-10-1/none/trend"
    assert browser.get(address).status_code == 404
    commitment = next(
        each for each in city.pack.commitments.values() if getattr(each, "indicator", "") == "dustfall_mean"
    )
    area = city.pack.areas_of(commitment)[0].code
    data: dict[str, Any] = {"complete": False}
    for _ in range(40):
        data = browser.get(f"/commitments/{commitment.id}/trend.json?area={area}").json()
        if data["complete"]:
            break
    assert data["complete"]
    assert [each["month"] for each in data["months"]] == [f"2021-{month:02}" for month in range(1, 13)]
    told = [index for index, each in enumerate(data["months"], 1) if each["value"] is not None]
    assert told
    for month in told:
        period, register = Period.month(2021, month), city.pack.sites
        value = compute(city.lake, register, city.pack.areas, "dustfall_mean", [area], period, book=city.book)
        assert data["months"][month - 1]["value"] == float(value[0].rounded)
    assert [each["day"] for each in data["past"]] == ["2021-12-24", "2021-12-31"]
    part = _text(browser.get(f"/commitments/{commitment.id}/trend?area={area}", headers={"HX-Request": "true"}))
    assert "data-chart" in part
    assert "<html" not in part


def test_a_commitment_without_months_says_so(signed_in: Browser) -> None:
    data = signed_in("auditor").get("/commitments/air-5-3/enterprises/trend.json").json()
    assert data["months"] is None
    assert data["complete"] is True
    assert len(data["past"]) == 2


def test_a_mark_is_written_as_the_design_writes_a_status(city: Any) -> None:
    from django.template.loader import render_to_string

    from lantu.assessment import Status
    from lantu.base import use_language
    from lantu.site.templatetags.lantu import mark

    for language in ("zh", "en"):
        with use_language(language):  # type: ignore[arg-type]
            for status in Status:
                assert mark(status) == render_to_string("parts/status.html", {"status": status}).strip()
    assert mark(None) == ""


def test_pages_are_written_in_chinese_first(signed_in: Browser) -> None:
    browser = signed_in("auditor")
    del browser.cookies["lantu_language"]
    page = _text(browser.get("/tasks/air-1"))
    assert "三个时钟" in page
    assert "Three clocks" not in page
