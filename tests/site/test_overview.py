"""The overview: what is counted, what changed, what is due, how fresh data are, and assessing afresh."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

Browser = Callable[[str], Any]


def _text(answer: Any) -> str:
    return answer.content.decode()


def test_it_counts_every_verdict_of_the_kept_assessment(city: Any, signed_in: Browser) -> None:
    rows = city.snapshots.latest().assessment.rows
    data = signed_in("auditor").get("/index.json").json()
    assert data["as_of"] == "2021-12-31"
    assert data["verdicts"] == len(rows) == sum(data["counts"].values())
    assert data["counts"]["unknown"] == sum(each["count"] for each in data["unknown"]), "every unknown has its reason"
    assert data["unknown"][0]["why"]["en"].startswith("no data")


def test_the_matrix_has_every_task_and_sums_streets_up_into_their_district(city: Any, signed_in: Browser) -> None:
    from lantu.assessment.verdict import worst

    data = signed_in("auditor").get("/index.json").json()
    columns = [each["area"] for each in data["matrix"]["columns"]]
    assert len(columns) == 18
    assert columns[0] == "110000"
    rows = {row["task"]: row["cells"] for row in data["matrix"]["rows"]}
    assert len(rows) == 74
    streets = [
        row.status
        for row in city.snapshots.latest().assessment.rows
        if row.measure.startswith("air-2-") and (row.area == "110101" or row.area.startswith("110101"))
    ]
    assert len(streets) > 1
    assert rows["air-2"][columns.index("110101")] == worst(streets).value
    page = _text(signed_in("auditor").get("/"))
    assert page.count('<tr><th scope="row"><span class="no">') == 74


def test_another_kept_day_can_be_chosen_and_a_day_without_one_is_told(signed_in: Browser) -> None:
    browser = signed_in("auditor")
    data = browser.get("/index.json?as_of=2021-12-24").json()
    assert data["as_of"] == "2021-12-24"
    assert data["due"], "on 24 December the end of the year is near"
    assert all("2021-12-24" < each["day"] <= "2022-01-23" for each in data["due"])
    assert "as_of=2021-12-24" in data["due"][0]["url"], "the day is carried on"
    for wanted in ("2021-05-05", "nonsense"):
        for address in ("/", "/tasks", "/tasks/air-1", "/areas", "/explain/air-1-1/pm25"):
            page = _text(browser.get(f"{address}?as_of={wanted}"))
            assert f"no kept assessment of {wanted}" in page, address
    assert "no kept assessment" not in _text(browser.get("/tasks")), "it is said once"


def test_what_changed_in_a_week_says_from_what_to_what(city: Any, signed_in: Browser) -> None:
    now, before = city.snapshots.latest(), city.snapshots.before(dt.date(2021, 12, 31))
    was = {(row.commitment, row.area): row.status for row in before.assessment.rows}
    changed = [row for row in now.assessment.rows if was.get((row.commitment, row.area)) is not row.status]
    browser = signed_in("coordinator")
    data = browser.get("/changes.json").json()
    assert data["since"] == "2021-12-24"
    assert data["count"] == len(changed) > 100
    assert sum(each["count"] for each in data["transitions"]) == len(changed)
    one = browser.get("/changes.json?before=at_risk&after=missed").json()
    assert one["rows"]
    assert {(each["before"], each["after"]) for each in one["rows"]} == {("at_risk", "missed")}
    assert len(one["rows"]) <= 50


def test_changes_in_streets_are_shown_to_their_district_only(signed_in: Browser) -> None:
    everything = signed_in("coordinator").get("/changes.json").json()["count"]
    browser = signed_in("district1")
    first = browser.get("/changes.json").json()
    assert 0 < first["count"] < everything
    for page in range(1, first["pages"] + 1):
        for row in browser.get(f"/changes.json?page={page}").json()["rows"]:
            assert len(row["area"]) < 9 or row["area"].startswith("110101"), row["area"]


def test_newer_data_make_the_assessment_stale(city: Any, signed_in: Browser) -> None:
    from lantu.ledgers import Actor
    from lantu.office import freshness

    browser = signed_in("auditor")
    freshness._seen.at = 0.0
    assert browser.get("/index.json").json()["newer"] == {"datasets": [], "ledgers": []}
    assert "Data have come since" not in _text(browser.get("/"))
    city.book.enter(
        "cases",
        {"number": "NEW-1", "case_class": "air_violation", "occurred_on": "2021-12-30"},
        "110101",
        Actor("tester", "市生态环境局"),
    )
    freshness._seen.at = 0.0
    assert browser.get("/index.json").json()["newer"] == {"datasets": [], "ledgers": ["cases"]}
    assert "Data have come since" in _text(browser.get("/"))


def test_each_dataset_says_when_it_last_came_or_that_it_never_did(city: Any, signed_in: Browser) -> None:
    rows = {each["dataset"]: each for each in signed_in("auditor").get("/index.json").json()["datasets"]}
    held = {each.dataset: each for each in city.lake.status()}
    assert set(held) < set(rows)
    for name, row in rows.items():
        if name in held:
            assert (row["rows"], row["first"], row["last"]) == (held[name].rows, held[name].first, held[name].last)
            assert row["came"] is not None
            assert row["simulated"] is True
        else:
            assert row["rows"] is None
    assert "nothing ever arrived" in _text(signed_in("auditor").get("/"))


def test_each_role_comes_to_its_own_first_page(signed_in: Browser) -> None:
    assert signed_in("").get("/").headers["Location"] == "/public"
    assert signed_in("enterprise").get("/").headers["Location"] == "/mine"
    for name in ("coordinator", "department", "bureau", "auditor", "district1", "street1"):
        assert signed_in(name).get("/").status_code == 200


def test_only_coordinators_assess_and_a_second_press_does_no_second_job(
    city: Any, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lantu.office.jobs import work
    from lantu.office.jobs.models import Job

    done: list[dt.date] = []

    def quick(day: dt.date, step: Any = None) -> Any:
        done.append(day)
        return city.snapshots.latest()

    monkeypatch.setattr(work, "assess_and_keep", quick)
    for name in ("auditor", "district1", "bureau", "enterprise"):
        assert signed_in(name).post("/assess", {"as_of": "2021-12-31"}).status_code == 403
    browser = signed_in("coordinator")
    assert browser.get("/assess").status_code == 405
    before = Job.objects.count()
    answer = browser.post("/assess", {"as_of": "2021-12-31"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "See the result" in _text(answer)
    assert done == [dt.date(2021, 12, 31)]
    under_way = Job.objects.create(kind="assess", given={"as_of": "2021-12-31"}, state="running")
    answer = browser.post("/assess", {"as_of": "2021-12-31"})
    assert answer.headers["Location"] == f"/jobs/{under_way.pk}"
    assert len(done) == 1
    assert Job.objects.count() == before + 2
    for wrong in ("31.12.2021", "2031-01-01", "2019-06-01", "<b>"):
        answer = browser.post("/assess", {"as_of": wrong})
        assert answer.status_code == 422
        assert "<b>" not in _text(answer)
    assert len(done) == 1


def test_a_job_is_seen_by_its_owner_and_by_coordinators(city: Any, signed_in: Browser) -> None:
    from lantu.office.accounts.models import Account
    from lantu.office.jobs.models import Job

    owner = Account.objects.get(username="district1")
    job = Job.objects.create(kind="import_sheet", given={}, account=owner, state="running", done=3, total=9, step="x")
    part = signed_in("district1").get(f"/jobs/{job.pk}", headers={"HX-Request": "true"})
    assert "<html" not in _text(part)
    assert "3 / 9" in _text(part)
    assert 'hx-trigger="every 2s"' in _text(part)
    assert "<html" in _text(signed_in("coordinator").get(f"/jobs/{job.pk}"))
    for name in ("district2", "auditor", "street1"):
        foreign, absent = signed_in(name).get(f"/jobs/{job.pk}"), signed_in(name).get("/jobs/999999")
        assert foreign.status_code == absent.status_code == 404
    Job.objects.filter(pk=job.pk).update(state="failed", message_zh="坏了", message_en="it broke")
    part = _text(signed_in("district1").get(f"/jobs/{job.pk}", headers={"HX-Request": "true"}))
    assert "it broke" in part
    assert "hx-trigger" not in part


def test_a_workspace_without_an_assessment_says_so(
    city: Any, signed_in: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from lantu.office.snapshots import Snapshots

    monkeypatch.setattr(city, "snapshots", Snapshots(tmp_path, city.pack.id))
    browser = signed_in("coordinator")
    assert "Nothing has been assessed yet" in _text(browser.get("/"))
    for address in (
        "/tasks",
        "/tasks/air-2",
        "/commitments/air-1-1/pm25",
        "/areas",
        "/areas/110101",
        "/mine",
        "/changes",
    ):
        assert browser.get(address).status_code == 200, address
        assert browser.get(f"{address}.json").status_code == 200, address
