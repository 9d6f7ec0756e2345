"""Ledgers and entries on the site: lists, an entry's page, its steps, bad input, and what lies outside one's rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

Browsers = Callable[[str], Any]


def photo(colour: str = "red", name: str = "现场 1.jpg") -> Any:
    """A small real picture as an upload."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def streets_of(account: str) -> list[str]:
    from lantu.office import rights
    from lantu.office.accounts.models import Account

    codes = rights.areas_of(Account.objects.get(username=account))
    return sorted(code for code in codes if len(code) > 6)


def enter(browser: Any, number: str, within: str, **more: Any) -> Any:
    given = {
        "v_number": number,
        "v_name": "一号口",
        "v_kind": "industrial",
        "v_river": "清河",
        "v_found_on": "2021-05-01",
        "v_problem": "yes",
        "area": within,
        **more,
    }
    return browser.post("/ledgers/outfalls/-/enter", given)


def version_of(city: Any, key: str, ledger: str = "outfalls") -> int:
    return city.book.entry(ledger, key).version


def test_the_index_shows_ledgers_by_subject_with_counts(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("coordinator")
    data = browser.get("/ledgers.json").json()
    assert data["count"] == len(city.pack.ledgers)
    listed = {each["ledger"]: each for group in data["groups"] for each in group["ledgers"]}
    stored = city.book.store.counts()
    assert all(each["count"] == stored.get(name, 0) for name, each in listed.items())
    found = browser.get("/ledgers.json", {"q": "排污口"}).json()
    assert [each["ledger"] for group in found["groups"] for each in group["ledgers"]] == ["outfalls"]
    assert "No ledger fits" in browser.get("/ledgers", {"q": "nothing of this name"}).content.decode()


def test_a_district_counts_and_lists_its_own_entries_only(city: Any, signed_in: Browsers) -> None:
    mine = signed_in("district1").get("/ledgers/site_checks.json").json()
    whole = signed_in("auditor").get("/ledgers/site_checks.json").json()
    assert 0 < mine["count"] < whole["count"] == city.book.store.counts()["site_checks"]
    inside = set(streets_of("district1")) | {"110101"}
    assert {each["area"] for each in mine["entries"]} <= inside
    assert sum(each["count"] for each in mine["states"]) == mine["count"]


def test_a_list_is_narrowed_sorted_and_paged(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("auditor")

    def listed(**query: Any) -> dict[str, Any]:
        return browser.get("/ledgers/soil_plots.json", query).json()

    whole = listed()
    assert len(whole["entries"]) == 50
    assert whole["pages"] == -(-whole["count"] // 50)
    assert listed(page=whole["pages"])["entries"]
    assert not {each["key"] for each in whole["entries"]} & {each["key"] for each in listed(page=2)["entries"]}
    rows = city.book.entries("soil_plots").rows
    industrial = [row for row in rows if row.values.get("planned_use") == "industrial"]
    found = listed(**{"field.planned_use": "industrial"})
    assert found["count"] == len(industrial) > 0
    polluted = listed(state="polluted", **{"field.planned_use": "industrial"})
    assert polluted["count"] == sum(row.state == "polluted" for row in industrial)
    area = rows[0].area
    assert listed(area=area[:6])["count"] == sum(row.area.startswith(area[:6]) for row in rows)
    key = rows[7].key
    assert key in [each["key"] for each in listed(q=key)["entries"]]
    sizes = [float(each["values"]["land_area"]) for each in listed(sort="-land_area")["entries"]]
    assert sizes == sorted(sizes, reverse=True)
    assert listed(q="number")["count"] == 0, "the names of fields are not words of an entry"


def test_what_a_filter_should_not_hold_is_left_out(signed_in: Browsers) -> None:
    browser = signed_in("auditor")
    whole = browser.get("/ledgers/outfalls.json").json()["count"]
    strange = {"state": "x'; drop table entry", "area": "../..", "since": "yesterday", "sort": "password", "page": "-3"}
    assert browser.get("/ledgers/outfalls.json", {**strange, "field.nothing": "1"}).json()["count"] == whole
    assert browser.get("/ledgers/outfalls.json", {"q": "%"}).json()["count"] == 0
    assert (
        browser.get("/ledgers/outfalls", {"q": "<script>alert(1)</script>"}).content.decode().count("<script>alert")
        == 0
    )


def test_the_map_counts_districts_and_draws_points(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("district1")
    area = streets_of("district1")[0]
    assert enter(browser, "PW-MAP", area, longitude="116.41", latitude="39.92").status_code == 302
    data = browser.get("/ledgers/outfalls.json", {"view": "map"}).json()
    assert (116.41, 39.92) in [(point["lon"], point["lat"]) for point in data["map"]["points"]]
    counted = {each["code"]: int(each["value"]) for each in data["map"]["districts"]}
    assert sum(counted.values()) == data["count"]
    assert browser.get("/ledgers/outfalls", {"view": "map"}).status_code == 200


def test_a_life_from_entering_to_closing(city: Any, signed_in: Browsers) -> None:
    street, district, bureau = signed_in("street1"), signed_in("district1"), signed_in("coordinator")
    area = streets_of("street1")[0]
    assert enter(street, "PW-LIFE/1", area).status_code == 302
    address = "/ledgers/outfalls/PW-LIFE/1"
    page = street.get(address).content.decode()
    assert "PW-LIFE/1" in page
    assert "清河" in page
    mend = {"version": 1, "v_measure": "regulate", "v_rectified_on": "2021-06-01", "note": "已封堵"}
    assert street.post(f"{address}/-/step/rectify", mend).status_code == 422, "the photo is missing"
    answer = street.post(f"{address}/-/step/rectify", {**mend, "e_photo": photo()})
    assert answer.status_code == 302, answer.content.decode()
    change = city.book.entry("outfalls", "PW-LIFE/1")
    assert (change.state, change.version, change.person) == ("rectified", 2, "street1")
    assert change.note == "已封堵"

    data = street.get(f"{address}.json").json()
    assert [event["action"] for event in data["events"]] == ["rectify", "enter"]
    changed = {each["name"]["en"]: each["after"] for each in data["events"][0]["changes"]}
    assert changed == {"measure": "regulated", "rectified on": "2021-06-01"}
    (file,) = data["events"][0]["files"]
    assert street.get(file["url"]).headers["Content-Type"] == "image/jpeg"
    small = street.get(file["thumbnail"])
    assert small.status_code == 200
    assert b"".join(small.streaming_content)[:3] == b"\xff\xd8\xff"

    blocked = {step["step"]: step["blocked"] for step in data["steps"]}
    assert blocked["close"]["en"] == "for officers of the district or the city"
    assert street.post(f"{address}/-/step/close", {"version": 2}).status_code == 403
    report = {"version": 2, "e_acceptance": photo("blue", "验收.jpg")}
    assert bureau.post(f"{address}/-/step/close", report).status_code == 302
    assert city.book.entry("outfalls", "PW-LIFE/1").state == "closed"
    assert district.get(f"{address}.json").json()["entry"]["state"] == "closed"
    lines = [line.action for line in city.book.store.journal.lines(4)]
    assert lines[:3] == ["close", "rectify", "enter"]
    assert city.book.store.journal.verify()[1] == []


def test_steps_that_cannot_be_taken_say_why(city: Any, signed_in: Browsers) -> None:
    bureau = signed_in("coordinator")
    enter(bureau, "PW-OWN", streets_of("district1")[0])
    address = "/ledgers/outfalls/PW-OWN"
    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01", "e_photo": photo()}
    bureau.post(f"{address}/-/step/rectify", given)
    steps = {each["step"]: each["blocked"] for each in bureau.get(f"{address}.json").json()["steps"]}
    assert "another unit must close it" in steps["close"]["en"]
    assert steps["reopen"] is None
    page = bureau.get(f"{address}/-/step/close").content.decode()
    assert "It cannot be done now" in page
    refused = bureau.post(f"{address}/-/step/close", {"version": 2, "e_acceptance": photo()})
    assert refused.status_code == 422
    assert "another unit" in refused.content.decode()
    assert bureau.post(f"{address}/-/step/reopen", {"version": 2}).status_code == 422, "a reason is asked for"
    assert bureau.post(f"{address}/-/step/no_such_step", {"version": 2}).status_code == 404
    auditor = signed_in("auditor").get(f"{address}.json").json()
    assert (auditor["steps"], auditor["may_amend"]) == ([], False)


def test_a_stale_form_shows_what_changed_and_changes_nothing(city: Any, signed_in: Browsers) -> None:
    one, other = signed_in("district1"), signed_in("coordinator")
    enter(one, "PW-STALE", streets_of("district1")[0])
    address = "/ledgers/outfalls/PW-STALE/-/amend"
    fields = {
        "v_name": "一号口",
        "v_kind": "industrial",
        "v_river": "清河",
        "v_found_on": "2021-05-01",
        "v_problem": "yes",
    }
    assert other.post(address, {**fields, "v_river": "温榆河", "version": 1}).status_code == 302
    answer = one.post(address, {**fields, "v_name": "改名", "version": 1})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "温榆河" in page
    assert "改名" in page, "what was typed is still there"
    assert re.search(r'name="version" value="2"', page)
    assert version_of(city, "PW-STALE") == 2
    assert one.post(address, {**fields, "v_name": "改名", "v_river": "温榆河", "version": 2}).status_code == 302
    assert city.book.entry("outfalls", "PW-STALE").data["name"] == "改名"


def test_a_form_that_is_sent_twice_counts_once(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("district1")
    area = streets_of("district1")[0]
    assert enter(browser, "PW-TWICE", area).status_code == 302
    assert enter(browser, "PW-TWICE", area).status_code == 302
    assert enter(browser, "PW-TWICE", area, v_river="别的河").status_code == 422
    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01"}
    address = "/ledgers/outfalls/PW-TWICE/-/step/rectify"
    assert browser.post(address, {**given, "e_photo": photo()}).status_code == 302
    assert browser.post(address, {**given, "e_photo": photo()}).status_code == 302
    assert version_of(city, "PW-TWICE") == 2


def test_an_amendment_without_a_change_is_none(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("district1")
    enter(browser, "PW-SAME", streets_of("district1")[0])
    fields = {
        "v_name": "一号口",
        "v_kind": "industrial",
        "v_river": "清河",
        "v_found_on": "2021-05-01",
        "v_problem": "yes",
    }
    answer = browser.post("/ledgers/outfalls/PW-SAME/-/amend", {**fields, "version": 1}, follow=True)
    assert "nothing was changed" in answer.content.decode()
    assert version_of(city, "PW-SAME") == 1


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("v_found_on", "2021-13-01", "is not a date"),
        ("v_found_on", "2031-01-01", "lies after today"),
        ("v_kind", "moonlight", "moonlight"),
        ("v_number", "", "a required value is missing"),
        ("area", "110102", "outside your rights"),
        ("day", "tomorrow", "is not a date"),
        ("longitude", "1160", "180"),
    ],
)
def test_bad_values_are_named_at_their_field(
    city: Any, signed_in: Browsers, field: str, given: str, words: str
) -> None:
    answer = enter(signed_in("district1"), "PW-BAD", streets_of("district1")[0], **{field: given})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert f'href="#id_{field}"' in page
    assert not city.book.store.latest("outfalls", ["PW-BAD"])


def test_words_of_people_are_shown_as_words(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("district1")
    area = streets_of("district1")[0]
    enter(browser, "PW-<b>", area, v_name="<img src=x onerror=alert(1)>", note="<script>1</script>")
    page = browser.get("/ledgers/outfalls/PW-<b>").content.decode()
    assert "<img src=x" not in page
    assert "<script>1" not in page
    assert "&lt;img src=x" in page
    assert "<img src=x" not in browser.get("/ledgers/outfalls", {"q": "PW-<b>"}).content.decode()


def test_what_lies_outside_the_rights_is_like_what_is_not_there(city: Any, signed_in: Browsers) -> None:
    inside = signed_in("district1")
    enter(inside, "PW-OURS", streets_of("district1")[0])
    answer = inside.post(
        "/ledgers/outfalls/PW-OURS/-/step/rectify",
        {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01", "e_photo": photo("green", "ours.jpg")},
    )
    assert answer.status_code == 302
    (file,) = inside.get("/ledgers/outfalls/PW-OURS.json").json()["events"][0]["files"]
    for name in ("district2", "street2", "enterprise"):
        outside = signed_in(name)
        for address in ("", ".json", "/-/amend", "/-/step/close"):
            there = outside.get(f"/ledgers/outfalls/PW-OURS{address}")
            nowhere = outside.get(f"/ledgers/outfalls/PW-NOWHERE{address}")
            assert there.status_code == nowhere.status_code == 404
            same = there.content.decode().replace("PW-OURS", "PW-NOWHERE")
            assert re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", same) == re.sub(
                r'name="csrfmiddlewaretoken" value="\w+"', "", nowhere.content.decode()
            )
        assert outside.post("/ledgers/outfalls/PW-OURS/-/step/close", {"version": 2}).status_code == 404
        assert outside.get(file["url"]).status_code == 404
        assert outside.get(f"/files/{file['sha256']}").status_code == 404
        assert outside.get(file["thumbnail"]).status_code == 404
    assert signed_in("").get("/ledgers/outfalls/PW-OURS").status_code == 302
    assert signed_in("").get(f"/files/{file['sha256']}").status_code == 302
    assert signed_in("auditor").get(f"/files/{file['sha256']}").status_code == 200


def test_an_enterprise_sees_its_own_entry_alone(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("enterprise")
    data = browser.get("/ledgers/voc_enterprises.json").json()
    assert data["count"] == 1
    assert browser.get("/ledgers/voc_enterprises/-/enter").status_code == 403
    assert browser.get("/ledgers.json").json()["count"] == 1
    assert browser.get("/ledgers/outfalls").status_code == 404


def upload(name: str, content: bytes) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content, "image/jpeg")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.jpg", b"MZ\x90\x00 a program", "is no file that is taken"),
        ("photo.jpg", b"\xff\xd8\xff\xe0 broken", "cannot be read"),
        ("page.jpg", b"<html><script>alert(1)</script>", "is no file that is taken"),
        ("empty.jpg", b"", "empty"),
        ("a.docx", b"PK\x03\x04 no archive", "is no file that is taken"),
    ],
)
def test_disguised_files_are_refused(city: Any, signed_in: Browsers, name: str, content: bytes, words: str) -> None:
    browser = signed_in("district1")
    key = f"PW-FILE-{abs(hash(name + words)) % 1000}"
    enter(browser, key, streets_of("district1")[0])
    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01", "e_photo": upload(name, content)}
    answer = browser.post(f"/ledgers/outfalls/{key}/-/step/rectify", given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert version_of(city, key) == 1


def test_a_file_that_is_too_large_is_refused(city: Any, signed_in: Browsers, monkeypatch: Any) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "LANTU_LARGEST_FILE", 100)
    browser = signed_in("district1")
    enter(browser, "PW-LARGE", streets_of("district1")[0])
    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01", "e_photo": photo()}
    answer = browser.post("/ledgers/outfalls/PW-LARGE/-/step/rectify", given)
    assert answer.status_code == 422
    assert "is larger than" in answer.content.decode()


def test_a_files_name_is_never_a_path(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("district1")
    enter(browser, "PW-NAME", streets_of("district1")[0])
    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01"}
    strange = photo("yellow", "..\\..\\etc/pass wd\u202e<b>.png")
    assert browser.post("/ledgers/outfalls/PW-NAME/-/step/rectify", {**given, "e_photo": strange}).status_code == 302
    (piece,) = city.book.entry("outfalls", "PW-NAME").evidence
    assert piece.file == "pass wd_b_.jpg"
    answer = browser.get(f"/files/{piece.sha256}", {"name": "../x\r\nSet-Cookie: a=b"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/files/..%2f..%2fsecret.key").status_code == 404


def test_two_at_once_one_wins(city: Any, signed_in: Browsers) -> None:
    one, other = signed_in("district1"), signed_in("coordinator")
    enter(one, "PW-RACE", streets_of("district1")[0])
    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01"}
    address = "/ledgers/outfalls/PW-RACE/-/step/rectify"
    assert one.post(address, {**given, "e_photo": photo()}).status_code == 302
    late = other.post(address, {**given, "e_photo": photo()})
    assert late.status_code == 409
    assert "district1 has changed the entry to version 2" in late.content.decode()
    assert version_of(city, "PW-RACE") == 2


def test_a_long_history_shows_its_latest_part_first(city: Any, signed_in: Browsers, monkeypatch: Any) -> None:
    from lantu.site.pages import entries

    monkeypatch.setattr(entries, "MOST_EVENTS", 2)
    browser = signed_in("district1")
    enter(browser, "PW-LONG", streets_of("district1")[0])
    for number in range(3):
        city.book.amend("outfalls", "PW-LONG", {"name": f"名称{number}"}, _actor("district1"))
    data = browser.get("/ledgers/outfalls/PW-LONG.json").json()
    assert ([event["version"] for event in data["events"]], data["more_events"]) == ([4, 3], 2)
    assert data["events"][1]["changes"][0]["before"] == "名称0"
    assert "Show the 2 earlier changes" in browser.get("/ledgers/outfalls/PW-LONG").content.decode()
    assert len(browser.get("/ledgers/outfalls/PW-LONG.json", {"all": "1"}).json()["events"]) == 4


def _actor(name: str) -> Any:
    from lantu.office.accounts.models import Account

    return Account.objects.get(username=name).actor()


def test_what_only_steps_fill_is_neither_offered_nor_taken(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("coordinator"), streets_of("district1")[0]
    page = browser.get("/ledgers/cases/-/enter").content.decode()
    assert 'name="v_subject"' in page
    by_steps = [each.name for each in city.book.ledger("cases").fields if each.by_step]
    assert "rule_key" in by_steps
    assert [name for name in by_steps if f'name="v_{name}"' in page] == []
    values = {"number": "ZL-1", "case_class": "air_violation", "occurred_on": "2021-12-01", "what": "x"}
    for extra, status in (({"rule_key": "forged"}, 422), ({"hits": 9, "reopened": 2}, 422), ({}, 201)):
        given = {"area": area, "values": {**values, **extra}}
        answer = browser.post("/api/ledgers/cases/entries", given, content_type="application/json")
        assert answer.status_code == status, answer.content.decode()
        if extra:
            assert [each["where"].split("[")[1] for each in answer.json()["faults"]] == [f"{name}]" for name in extra]
            assert "由后续步骤填写" in answer.json()["faults"][0]["what"]["zh"]
