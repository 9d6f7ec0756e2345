"""Cases on the site: the inbox, a case's life between units, clues by hand, many at once, who is late, re-checks."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.site.test_entries import photo, streets_of

Browsers = Callable[[str], Any]
DISTRICT = "东城区政府"


def clue(browser: Any, number: str, within: str, **more: Any) -> Any:
    """Enter a clue by hand; `number` are eight letters that make its number."""
    given = {
        "v_case_class": "air_violation",
        "v_occurred_on": "2021-12-20",
        "v_source": "inspection",
        "v_subject": f"对象 {number}",
        "v_what": f"露天喷漆 {number}",
        "area": within,
        "once": number,
        **more,
    }
    return browser.post("/cases/new", given)


def number_of(city: Any, letters: str) -> str:
    return f"{city.today:%Y%m%d}-{letters}"


def raised(city: Any, letters: str, within: str, **more: Any) -> str:
    """A case that the coordinator entered."""
    from lantu.office.accounts.models import Account

    number = number_of(city, letters)
    given = {"number": number, "case_class": "air_violation", "occurred_on": "2021-12-01", "what": letters, **more}
    city.book.enter("cases", given, within, Account.objects.get(username="coordinator").actor())
    return number


def step(browser: Any, number: str, name: str, version: int, **given: Any) -> Any:
    return browser.post(f"/ledgers/cases/{number}/-/step/{name}", {"version": version, **given})


def test_a_case_goes_from_clue_to_closing_between_units(city: Any, signed_in: Browsers) -> None:
    coordinator, district = signed_in("coordinator"), signed_in("district1")
    area = streets_of("district1")[0]
    answer = clue(
        coordinator, "a0000001", area, e_photo_before=photo("black", "前.jpg"), longitude="116.4", latitude="39.9"
    )
    assert answer.status_code == 302, answer.content.decode()
    number = number_of(city, "a0000001")
    address = f"/cases/{number}"
    assert answer.headers["Location"] == address
    assert coordinator.get("/cases.json", {"tab": "dispatch"}).json()["cases"][0]["key"] == number
    assert step(coordinator, number, "assign", 1, v_due_on="2022-01-14").status_code == 422, "nobody is to hold it"
    assert step(coordinator, number, "assign", 1, v_due_on="2022-01-14", holder=DISTRICT).status_code == 302

    inbox = district.get("/cases.json").json()
    assert inbox["tab"] == "sign"
    case = next(each for each in inbox["cases"] if each["key"] == number)
    # 31 December 2021 is the day on which the city stands still; 1 to 3 January are off
    assert case["due"]["working_days_left"] == 9
    blocked = {each["step"]: each["blocked"] for each in coordinator.get(f"{address}.json").json()["steps"]}
    assert DISTRICT in blocked["accept"]["zh"]
    assert step(district, number, "accept", 2).status_code == 302
    done = {"v_measure_taken": "已拆除"}
    assert step(district, number, "rectify", 3, **done).status_code == 422, "the photo is missing"
    assert step(district, number, "rectify", 3, **done, e_photo_after=photo("white", "后.jpg")).status_code == 302
    assert number in [each["key"] for each in coordinator.get("/cases.json", {"tab": "verify"}).json()["cases"]]
    assert number not in [each["key"] for each in district.get("/cases.json", {"tab": "verify"}).json()["cases"]]
    assert step(district, number, "close", 4, e_check_record=photo()).status_code == 422, "not by the same unit"
    assert step(coordinator, number, "return", 4, note="照片看不清").status_code == 302
    assert step(district, number, "rectify", 5, **done, e_photo_after=photo("gray", "后2.jpg")).status_code == 302
    closing = step(coordinator, number, "close", 6, e_check_record=photo("pink", "核查.jpg"))
    assert closing.status_code == 302, closing.content.decode()
    assert city.book.entry("cases", number).state == "closed"
    reopened = step(coordinator, number, "reopen", 7, note="反弹", v_due_on="2022-02-18")
    assert reopened.status_code == 302, reopened.content.decode()
    data = coordinator.get(f"{address}.json").json()
    assert [event["action"] for event in data["events"]] == [
        "reopen", "close", "rectify", "return", "rectify", "accept", "assign", "enter",
    ]  # fmt: skip
    page = district.get(address).content.decode()
    assert page.index("前.jpg") < page.index("后.jpg")
    assert "does not say where it was taken" in page


def test_a_picture_that_was_used_before_is_asked_about(city: Any, signed_in: Browsers) -> None:
    district, area = signed_in("district1"), streets_of("district1")[0]
    used = photo("orange", "同一张.jpg")
    for letters in ("b0000001", "b0000002"):
        used.seek(0)
        assert clue(signed_in("coordinator"), letters, area, e_photo_before=used, sure=letters).status_code == 302
    data = district.get(f"/cases/{number_of(city, 'b0000002')}.json").json()
    assert any(
        each["kind"] == "same_file" and each["other"]["key"] == number_of(city, "b0000001")
        for each in data["questions"]
    )
    page = district.get(f"/cases/{number_of(city, 'b0000002')}").content.decode()
    assert "is the very file that came with" in page


def test_a_likely_duplicate_is_offered_before_saving(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("district1"), streets_of("district1")[0]
    first = clue(browser, "c0000001", area, v_subject="某汽修厂", v_what="院内喷漆作业，无治理设施")
    assert first.status_code == 302
    again = clue(browser, "c0000002", area, v_subject="某汽修厂")
    assert again.status_code == 200
    page = again.content.decode()
    assert number_of(city, "c0000001") in page
    assert "the same subject" in page
    assert not city.book.store.latest("cases", [number_of(city, "c0000002")])
    assert clue(browser, "c0000002", area, v_subject="某汽修厂", sure="c0000002").status_code == 302
    alike = browser.get(f"/cases/{number_of(city, 'c0000001')}.json").json()
    assert alike["alike"] == [], "a case without a deadline is not looked at again"
    number = number_of(city, "c0000002")
    assert step(browser, number, "merge", 1, v_merged_into=number_of(city, "c0000001")).status_code == 302
    assert browser.get(f"/cases/{number_of(city, 'c0000001')}.json").json()["merged"] == [number]
    assert number_of(city, "c0000001") in browser.get(f"/cases/{number}").content.decode()
    assert step(browser, number_of(city, "c0000001"), "merge", 1, v_merged_into="no such").status_code == 422


def test_a_clue_sent_twice_is_one_case(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("district1"), streets_of("district1")[1]
    page = browser.get("/cases/new").content.decode()
    letters = re.search(r'name="once" value="([0-9a-f]{8})"', page)
    assert letters is not None
    for _ in range(2):
        assert clue(browser, letters[1], area, v_subject="两次", sure=letters[1]).status_code == 302
    assert city.book.entry("cases", number_of(city, letters[1])).version == 1
    assert clue(browser, "../../x", area).status_code == 422
    far = clue(browser, "d0000009", streets_of("district2")[0])
    assert far.status_code == 422
    assert "outside your rights" in far.content.decode()


def test_the_inbox_is_filtered_and_its_counts_fit(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("coordinator")
    whole = browser.get("/cases.json", {"tab": "all"}).json()
    assert whole["count"] == city.book.store.counts()["cases"]
    assert {each["tab"]: each["count"] for each in whole["tabs"]}["all"] == whole["count"]
    rows = city.book.entries("cases").rows
    name = rows[0].values["case_class"]
    found = browser.get("/cases.json", {"tab": "all", "field.case_class": name}).json()
    assert found["count"] == sum(row.values["case_class"] == name for row in rows)
    closed = browser.get("/cases.json", {"tab": "all", "state": "closed"}).json()
    assert closed["count"] == sum(row.state == "closed" for row in rows)
    for query in (
        {"level": "red"},
        {"due": "2021-06-30"},
        {"q": "露天"},
        {"sort": "-due_on"},
        {"level": "no", "due": "x"},
    ):
        assert browser.get("/cases", {"tab": "all", **query}).status_code == 200
    assert "No case fits" in browser.get("/cases", {"tab": "all", "q": "nothing like it"}).content.decode()
    mine = signed_in("district1").get("/cases.json", {"tab": "all"}).json()
    assert 0 < mine["count"] < whole["count"]


def test_a_colour_is_the_same_in_list_page_and_table(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("coordinator")
    calendar = city.pack.working_days
    area = streets_of("district1")[0]
    for late, letters in ((-3, "e0000001"), (-2, "e0000002"), (1, "e0000003"), (6, "e0000004"), (40, "e0000005")):
        day = city.today
        while calendar.between(day, city.today) != late:
            day += dt.timedelta(days=1 if late < 0 else -1)
        raised(city, letters, area, due_on=day.isoformat(), occurred_on="2021-01-04")

    def listed(level: str) -> set[str]:
        found = browser.get("/cases.json", {"tab": "all", "level": level, "q": "-e000000"}).json()["cases"]
        assert {each["due"]["level"] for each in found} <= {level}
        return {each["key"][-1] for each in found}

    assert (listed("blue"), listed("yellow"), listed("red")) == ({"2"}, {"3"}, {"4", "5"})
    overdue = browser.get("/cases.json", {"tab": "overdue", "q": "-e000000"}).json()
    assert {each["key"][-1] for each in overdue["cases"]} == {"3", "4", "5"}
    late = browser.get("/cases/late.json").json()
    assert late["late"] == browser.get("/cases.json", {"tab": "overdue"}).json()["count"]
    page = browser.get(f"/cases/{number_of(city, 'e0000005')}").content.decode()
    assert "40 working days late" in page
    assert "red (long overdue)" in page
    assert browser.get("/cases/late").status_code == 200
    own = signed_in("district2").get("/cases/late.json").json()
    assert own["open"] < late["open"]


def test_several_are_dispatched_at_once_and_each_refusal_is_told(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("coordinator"), streets_of("district1")[0]
    one, two, three = (raised(city, letters, area) for letters in ("f0000001", "f0000002", "f0000003"))
    chosen = [f"1|{number}" for number in (one, two, three)]
    page = browser.get("/cases/batch", {"case": chosen, "step": "assign"}).content.decode()
    assert all(number in page for number in (one, two, three))
    city.book.advance("cases", two, "reject", _actor("bureau"), note="查无实据")
    given = {"case": chosen, "step": "assign", "holder": DISTRICT, "v_due_on": "2022-01-28"}
    first = browser.post("/cases/batch.json", given).json()["results"]
    assert [each["done"] for each in first] == [True, False, True]
    assert first[1]["why"]["en"] == "its state is 'not established' by now"
    assert [each["done"] for each in browser.post("/cases/batch.json", given).json()["results"]] == [True, False, True]
    assert city.book.entry("cases", one).version == 2, "sent twice, done once"
    assert city.book.entry("cases", one).holder == DISTRICT
    assert browser.post("/cases/batch", {**given, "v_due_on": ""}).status_code == 422
    signed = signed_in("district1").post("/cases/batch.json", {"case": [f"2|{one}", f"2|{three}"], "step": "accept"})
    assert [each["done"] for each in signed.json()["results"]] == [True, True]
    outside = signed_in("district2").post("/cases/batch.json", {"case": [f"3|{one}"], "step": "decline", "note": "x"})
    assert outside.json()["cases"] == []
    assert signed_in("auditor").get("/cases/batch").status_code == 403
    assert "No case was picked" in browser.get("/cases/batch").content.decode()


def _actor(name: str) -> Any:
    from lantu.office.accounts.models import Account

    return Account.objects.get(username=name).actor()


def test_an_extension_is_asked_for_and_granted_by_another(city: Any, signed_in: Browsers) -> None:
    coordinator, district = signed_in("coordinator"), signed_in("district1")
    number = raised(city, "ab000001", streets_of("district1")[0])
    assert step(coordinator, number, "assign", 1, v_due_on="2022-01-14", holder=DISTRICT).status_code == 302
    assert step(district, number, "ask_extension", 2, v_asked_until="2022-02-11", note="停工").status_code == 302
    assert step(district, number, "extend", 3, v_due_on="2022-02-11", note="停工").status_code == 422
    assert step(coordinator, number, "extend", 3, v_due_on="2022-02-11").status_code == 422, "a reason is asked for"
    assert step(coordinator, number, "extend", 3, v_due_on="2022-06-30", note="同意").status_code == 422, "too long"
    assert step(coordinator, number, "extend", 3, v_due_on="2022-02-11", note="同意").status_code == 302
    data = city.book.entry("cases", number).data
    assert (data["due_on"], data.get("asked_until")) == ("2022-02-11", None)


def test_a_draw_is_recorded_and_repeats(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("coordinator")
    given = {"first": "2021-01-01", "last": "2021-12-31", "seed": "岁末抽查"}
    where = browser.post("/cases/recheck", given).headers["Location"]
    data = browser.get(where.replace("/recheck", "/recheck.json")).json()
    closed = [row for row in city.book.entries("cases").rows if row.state == "closed"]
    assert len(data["cases"]) == -(-len(closed) // 10)
    assert browser.post("/cases/recheck", given).headers["Location"] == where, "the same draw is not made twice"
    from lantu.office.cases import drawn_rechecks

    again = drawn_rechecks(city.book, dt.date(2021, 1, 1), dt.date(2021, 12, 31), "岁末抽查")
    assert sorted(each.number for each in again) == sorted(each["number"] for each in data["cases"])
    line = next(each for each in city.book.store.journal.lines(20) if each.action == "draw_rechecks")
    assert line.detail["seed"] == "岁末抽查"
    number = data["cases"][0]["number"]
    kept = city.book.entry("cases", number)
    found = step(browser, number, "recheck", kept.version, v_recheck_result="holds", e_check_record=photo())
    assert found.status_code == 302, found.content.decode()
    now = browser.get(where.replace("/recheck", "/recheck.json")).json()["cases"]
    assert next(each["result"] for each in now if each["number"] == number) == "holds"
    assert browser.post("/cases/recheck", {**given, "first": "2022-01-01"}).status_code == 422
    assert browser.post("/cases/recheck", {**given, "seed": ""}).status_code == 422
    assert signed_in("district1").post("/cases/recheck", given).status_code == 403
    own = signed_in("district1").get(where.replace("/recheck", "/recheck.json")).json()["cases"]
    assert all(each["area"].startswith("110101") for each in own)
    assert browser.get("/cases/recheck?draw=999999").status_code == 404


@pytest.mark.parametrize("name", ["district2", "street2", "enterprise"])
def test_a_case_of_another_district_is_not_there(city: Any, signed_in: Browsers, name: str) -> None:
    letters = f"ad00000{len(name)}"
    number = raised(city, letters, streets_of("district1")[0])
    browser = signed_in(name)
    assert browser.get(f"/cases/{number}").status_code in (403, 404)
    assert browser.get(f"/ledgers/cases/{number}").status_code == 404
    assert step(browser, number, "assign", 1, v_due_on="2022-01-14", holder=DISTRICT).status_code == 404
    if name != "enterprise":
        assert number not in browser.get("/cases", {"tab": "all", "q": letters}).content.decode().split("<tbody")[-1]


def test_a_step_whose_name_is_new_is_shown_and_taken(city: Any, signed_in: Browsers, monkeypatch: Any) -> None:
    from lantu.base import Text
    from lantu.ledgers import Transition

    declared = city.book.ledger("cases")
    fresh = Transition(
        **{"name": "put_on_hold", "title": Text("挂起", "put on hold"), "from": ["raised"], "reason": True}
    )
    monkeypatch.setitem(declared.__dict__, "transitions", [*declared.transitions, fresh])
    browser = signed_in("coordinator")
    number = raised(city, "ae000001", streets_of("district1")[0])
    assert "put on hold" in browser.get(f"/cases/{number}").content.decode()
    assert step(browser, number, "put_on_hold", 1, note="待鉴定").status_code == 302
    assert "put on hold" in browser.get(f"/cases/{number}").content.decode()
