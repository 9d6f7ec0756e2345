"""Search: everything by words, entries by key and value, within rights and within a bounded time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Browser = Callable[[str], Any]


def _kinds(answer: Any) -> dict[str, list[str]]:
    return {group["kind"]: [hit["key"] for hit in group["hits"]] for group in answer.json()["groups"]}


def test_words_find_tasks_measures_commitments_ledgers_and_areas(signed_in: Browser) -> None:
    browser = signed_in("coordinator")
    found = _kinds(browser.get("/search.json", {"q": "VOC"}))
    assert "air-2" in found["tasks"]
    assert found["measures"]
    assert found["commitments"]
    assert "voc_enterprises" in found["ledgers"]
    assert _kinds(browser.get("/search.json", {"q": "东城"}))["areas"][0] == "110101"
    assert _kinds(browser.get("/search.json", {"q": "dongcheng"}))["areas"][0] == "110101"


def test_a_case_is_found_by_its_number_and_an_entry_by_what_it_says(
    city: Any, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lantu.office import search

    for name in ("_PATIENCE", "_LONGEST_WAIT"):
        monkeypatch.setattr(search, name, 60.0)
    browser = signed_in("coordinator")
    assert _kinds(browser.get("/search.json", {"q": "M000001"}))["cases"] == ["M000001"]
    assert "M000001" in _kinds(browser.get("/search.json", {"q": "M00000"}))["cases"]
    entry = city.book.store.latest("voc_enterprises")
    key, change = next(iter(entry.items()))
    name = str(change.data.get("name"))
    assert key in _kinds(browser.get("/search.json", {"q": name}))["entries"]


def test_others_entries_are_not_found(city: Any, signed_in: Browser) -> None:
    from lantu.office.accounts.models import Account
    from lantu.office.rights import visible_entries

    for name in ("district1", "district2", "street1", "enterprise", "department"):
        account = Account.objects.get(username=name)
        for words in ("M0000", "模拟", "110101"):
            found = _kinds(signed_in(name).get("/search.json", {"q": words}))
            for kind in ("cases", "entries"):
                for key in found.get(kind, []):
                    assert visible_entries(account).filter(key=key).exists(), (name, key)
    assert "areas" not in _kinds(signed_in("enterprise").get("/search.json", {"q": "东城"}))
    assert "110102001" not in _kinds(signed_in("district1").get("/search.json", {"q": "110102001"})).get("areas", [])


def test_names_of_fields_are_no_words(signed_in: Browser) -> None:
    assert "entries" not in _kinds(signed_in("coordinator").get("/search.json", {"q": "occurred_on"}))


def test_a_search_that_takes_too_long_says_that_it_saw_a_part(
    signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lantu.office import search

    monkeypatch.setattr(search, "_PATIENCE", -1.0)
    monkeypatch.setattr(search, "_STEP", 100)
    answer = signed_in("coordinator").get("/search.json", {"q": "没有这样的词"}).json()
    assert answer["whole"] is False
    assert "only the newer ones" in signed_in("coordinator").get("/search", {"q": "没有这样的词"}).content.decode()


@pytest.mark.parametrize(
    "words", ["", " ", "%", "_%", "'; drop table entry; --", "<script>alert(1)</script>", "水" * 5000]
)
def test_odd_words_do_no_harm(signed_in: Browser, words: str) -> None:
    answer = signed_in("district1").get("/search", {"q": words})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert signed_in("").get("/search", {"q": words[:100]}).status_code == 302
