"""The journal for people: titles of fields and states, from what to what, in both languages; the record in a fold."""

from __future__ import annotations

from typing import Any

from tests.site.test_entries import Browsers, enter, photo, streets_of


def newest(browser: Any, subject: str) -> dict[str, Any]:
    line: dict[str, Any] = browser.get("/journal.json", {"subject": subject}).json()["lines"][0]
    return line


def test_a_step_says_what_became_of_what(city: Any, signed_in: Browsers) -> None:
    officer, reader, area = signed_in("district1"), signed_in("auditor"), streets_of("district1")[0]
    enter(officer, "RZ-1", area)
    entered = [each["en"] for each in newest(reader, "outfalls/RZ-1")["told"]]
    ledger = city.book.ledger("outfalls")
    first = ledger.states[ledger.initial_states[0]].title
    assert entered[0] == f"state: {first.en}"
    assert any(each.startswith("area: ") for each in entered)

    given = {"version": 1, "v_measure": "ban", "v_rectified_on": "2021-06-01", "note": "已封堵", "e_photo": photo()}
    assert officer.post("/ledgers/outfalls/RZ-1/-/step/rectify", given).status_code == 302
    told = newest(reader, "outfalls/RZ-1")["told"]
    new, field = ledger.states["rectified"].title, ledger.field("rectified_on")
    assert field is not None
    assert told[0] == {"zh": f"状态：{first.zh} → {new.zh}", "en": f"state: {first.en} → {new.en}"}
    assert {"zh": f"{field.title.zh}：— → 2021-06-01", "en": f"{field.title.en}: — → 2021-06-01"} in told
    assert {"zh": "理由：已封堵", "en": "reason: 已封堵"} in told
    assert {"zh": "佐证 1 件", "en": "1 piece of evidence"} in told


def test_the_page_has_words_and_the_record_in_a_fold(city: Any, signed_in: Browsers) -> None:
    reader = signed_in("coordinator")
    enter(signed_in("district1"), "RZ-2", streets_of("district1")[0], v_name="<b>名</b>")
    page = reader.get("/journal", {"subject": "outfalls/RZ-2"}).content.decode()
    line = newest(reader, "outfalls/RZ-2")
    words, _, record = page.partition("<summary>")
    assert "digest" not in words
    assert "&quot;digest&quot;" in record
    assert line["hash"] in record, "the whole hash stands in the record"
    assert 'href="/ledgers/outfalls/RZ-2"' in page
    assert "<b>名</b>" not in page
    reader.cookies["lantu_language"] = "zh"
    assert "状态：" in reader.get("/journal", {"subject": "outfalls/RZ-2"}).content.decode()


def test_every_line_of_the_simulated_city_is_in_words(city: Any, signed_in: Browsers) -> None:
    """No raw name of a field is left where a person reads."""
    reader = signed_in("auditor")
    reader.post("/journal/verify")
    data = reader.get("/journal.json").json()
    assert data["lines"][0]["told"] == [{"zh": "任务：核验日志", "en": "job: verify the journal"}]
    for line in data["lines"]:
        for each in line["told"]:
            name = each["zh"].partition("：")[0]
            assert not name.isascii() or not name.isidentifier(), (line, name)
