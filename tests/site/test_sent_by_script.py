"""A form with files that a script has sent: it is told where to go, and the person reads the message there."""

from __future__ import annotations

from typing import Any

from tests.site.test_entries import Browsers, enter, streets_of

BY_SCRIPT = {"x-requested-with": "XMLHttpRequest"}


def test_a_script_is_told_where_to_go_instead_of_being_sent_there(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("district1"), streets_of("district1")[0]
    enter(browser, "JB-1", area)
    browser.get("/ledgers/outfalls")  # the message of the entering is read
    address = "/ledgers/outfalls/JB-1/-/amend"
    answer = browser.post(address, {"version": 1, "v_river": "凉水河", **_others()}, headers=BY_SCRIPT)
    assert answer.status_code == 204, answer.content.decode()
    assert answer.content == b""
    assert answer.headers["X-Lantu-Next"] == "/ledgers/outfalls/JB-1"
    assert "Location" not in answer.headers
    assert "saved" in browser.get("/ledgers/outfalls/JB-1").content.decode(), "the message waits for the person"


def test_a_browser_without_script_is_sent_there(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("district1"), streets_of("district1")[0]
    answer = enter(browser, "JB-2", area)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/ledgers/outfalls/JB-2")
    assert "X-Lantu-Next" not in answer.headers


def test_refusals_and_pages_are_as_for_everybody(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("district1")
    refused = browser.post("/ledgers/outfalls/-/enter", {"v_number": ""}, headers=BY_SCRIPT)
    assert refused.status_code == 422
    assert "X-Lantu-Next" not in refused.headers
    read = browser.get("/ledgers/outfalls", headers=BY_SCRIPT)
    assert read.status_code == 200
    led = signed_in("").get("/mine", headers=BY_SCRIPT)
    assert led.status_code == 302, "only forms are answered so"


def _others() -> dict[str, str]:
    return {"v_name": "一号口", "v_kind": "industrial", "v_found_on": "2021-05-01", "v_problem": "yes"}
