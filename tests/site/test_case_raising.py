"""Raising cases by rules on the site: first a look, then raising; each morning; and why a case was raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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
