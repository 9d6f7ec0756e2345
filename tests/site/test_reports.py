"""Monthly reports: handed in by the unit that owes them, reviewed by another, and what changes afterwards is seen."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

Browser = Callable[[str], Any]
MONTH = "2021-12"


def _owed(browser: Any) -> list[dict[str, Any]]:
    return [each for each in browser.get(f"/reports.json?month={MONTH}").json()["own"] if each["state"] is None]


def _picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    out.seek(0)
    out.name = "photo.jpg"
    return out


def test_a_report_is_handed_in_returned_handed_in_again_and_approved(city: Any, signed_in: Browser) -> None:
    district, coordinator = signed_in("district1"), signed_in("coordinator")
    measure = _owed(district)[0]["measure"]
    address = f"/reports/{measure}?month={MONTH}"
    given = {"declared": "under_way", "percent": "60", "words": "half of it", "files": [_picture()]}
    assert district.post(address, given).status_code == 302
    waiting = next(
        each for each in coordinator.get(f"/reports.json?month={MONTH}").json()["review"] if each["measure"] == measure
    )
    entry = f"/ledgers/progress_reports/{waiting['key']}"
    assert "photo.jpg" in coordinator.get(entry).content.decode()

    returned = coordinator.post(f"{entry}/-/step/return", {"version": waiting["version"], "note": "which half?"})
    assert returned.status_code == 302, returned.content.decode()
    page = district.get(address).content.decode()
    assert "which half?" in page
    assert district.post(address, {"declared": "under_way", "percent": "60", "words": "the north"}).status_code == 302

    again = next(
        each
        for each in coordinator.get(f"/reports.json?month={MONTH}").json()["review"]
        if each["key"] == waiting["key"]
    )
    assert coordinator.post(f"{entry}/-/step/approve", {"version": again["version"]}).status_code == 302
    own = {each["measure"]: each for each in district.get(f"/reports.json?month={MONTH}").json()["own"]}
    assert own[measure]["state"] == "approved"
    actions = [line.action for line in city.book.store.journal.lines(20)]
    assert actions[0] == "approve"
    assert {"return", "resubmit", "attach"} <= set(actions)


def test_a_report_is_not_handed_in_twice(signed_in: Browser) -> None:
    district = signed_in("district2")
    measure = _owed(district)[0]["measure"]
    address = f"/reports/{measure}?month={MONTH}"
    assert district.post(address, {"declared": "done"}).status_code == 302
    answer = district.post(address, {"declared": "delayed"}, follow=True)
    assert "handed in already" in answer.content.decode()
    own = {each["measure"]: each for each in district.get(f"/reports.json?month={MONTH}").json()["own"]}
    assert own[measure]["declared"] == "done"


def test_a_unit_cannot_approve_its_own_report(signed_in: Browser) -> None:
    bureau, coordinator = signed_in("bureau"), signed_in("coordinator")
    measure = _owed(bureau)[0]["measure"]
    bureau.post(f"/reports/{measure}?month={MONTH}", {"declared": "done"})
    key = f"{measure}/市生态环境局/{MONTH}"
    refused = coordinator.post(f"/ledgers/progress_reports/{key}/-/step/approve", {"version": 1})
    assert refused.status_code in (403, 422), "the coordinator works for the same unit"


def test_bad_values_are_told_at_their_field(signed_in: Browser) -> None:
    district = signed_in("district1")
    measure = _owed(district)[-1]["measure"]
    address = f"/reports/{measure}?month={MONTH}"
    for given, said in (
        ({"declared": "done", "percent": "abc"}, "this is not a number"),
        ({"declared": "done", "percent": "140"}, "140"),
        ({"declared": "no such"}, "declared"),
    ):
        answer = district.post(address, given)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert measure in {each["measure"] for each in _owed(district)}


def test_who_need_not_report_finds_no_form(signed_in: Browser) -> None:
    assert signed_in("district1").get("/reports/no-such-1").status_code == 404
    assert signed_in("enterprise").get("/reports").status_code == 403
    assert signed_in("auditor").get(f"/reports/air-1-1?month={MONTH}").status_code == 403


def test_completeness_is_seen_by_all_for_themselves_and_by_coordinators_for_everybody(signed_in: Browser) -> None:
    everyone = signed_in("auditor").get(f"/reports.json?month={MONTH}").json()["table"]
    assert len(everyone) > 40
    mine = signed_in("district2").get(f"/reports.json?month={MONTH}").json()["table"]
    assert {row["unit"] for row in mine} == {"西城区政府"}
