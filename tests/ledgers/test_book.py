"""Entries from their entering to an earned closing; whatever is not allowed is refused and changes nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lantu.base import LantuError, Period, SeveralErrors
from lantu.ledgers import Actor, LedgerBook

MAY = dt.date(2021, 5, 10)


def enter(book: LedgerBook, officer: Actor, code: str = "OF-1", **more: Any) -> None:
    given = {"code": code, "found_on": "2021-03-01", "kind": "工业", **more.pop("given", {})}
    book.enter("outfalls", given, more.pop("area", "东街道"), officer, more.pop("day", dt.date(2021, 3, 1)), **more)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "after.jpg"
    path.write_bytes(b"not really a picture")
    return path


def test_an_entry_is_read_checked_and_kept(book: LedgerBook, officer: Actor) -> None:
    enter(book, officer, given={"length": "1.5", "people": 3.0, "uses": "甲用；b", "owner": "水务局"})
    (entry,) = book.entries("outfalls").rows
    assert (entry.key, entry.area, entry.state) == ("OF-1", "S1", "found")
    assert entry.values == {
        "code": "OF-1",
        "found_on": dt.date(2021, 3, 1),
        "kind": "industrial",
        "length": Decimal("1.5"),
        "people": 3,
        "uses": ("a", "b"),
        "owner": "市水务局",
        "listed": True,
    }


@pytest.mark.parametrize(
    ("given", "area", "field", "word"),
    [
        ({"colour": "red"}, "东街道", "colour", "has no field"),
        ({"kind": "海洋"}, "东街道", "kind", "no code"),
        ({}, "丁街道", "area", "no area"),
        ({}, "乙区", "area", "too coarse"),
        ({"found_on": "2031-01-01"}, "东街道", "found_on", "lies after today"),
        ({"found_on": "2021-02-30"}, "东街道", "found_on", "not a date"),
        ({"people": -1}, "东街道", "people", "below 0"),
        ({"people": 1.5}, "东街道", "people", "whole number"),
        ({"length": "inf"}, "东街道", "length", "finite"),
        ({"length": 101}, "东街道", "length", "above 100"),
        ({"length": True}, "东街道", "length", "not a number"),
        ({"mended_on": "2021-02-01"}, "东街道", "mended_on", "is before"),
        ({"code": "17"}, "东街道", "code", "wrong form"),
        ({"code": None}, "东街道", "code", "missing"),
        ({"owner": "火星局"}, "东街道", "owner", "not in the register"),
        ({"listed": "也许"}, "东街道", "listed", "neither yes nor no"),
        ({"code": "OF-1\x07"}, "东街道", "code", "control"),
    ],
)
def test_what_does_not_fit_is_refused_with_field_and_reason(
    book: LedgerBook, officer: Actor, given: dict[str, Any], area: str, field: str, word: str
) -> None:
    with pytest.raises(SeveralErrors) as caught:
        enter(book, officer, area=area, given=given)
    (error,) = caught.value.errors
    assert error.where is not None
    assert error.where.field == field
    assert word in error.what.en
    assert error.what.zh != error.what.en
    assert book.store.counts() == {}


def test_an_area_without_streets_is_fine_enough(book: LedgerBook, officer: Actor) -> None:
    enter(book, officer, area="新区")
    assert book.entry("outfalls", "OF-1").area == "Z"


def test_all_that_is_wrong_is_said_at_once(book: LedgerBook, officer: Actor) -> None:
    with pytest.raises(SeveralErrors) as caught:
        enter(book, officer, area="nowhere", given={"people": -1, "kind": "x", "found_on": ""})
    assert {error.where.field for error in caught.value.errors if error.where} == {"people", "kind", "found_on", "area"}


def test_a_key_is_taken_once_and_never_changes(book: LedgerBook, officer: Actor) -> None:
    enter(book, officer)
    with pytest.raises(LantuError, match="already"):
        enter(book, officer)
    with pytest.raises(LantuError, match="cannot change"):
        book.amend("outfalls", "OF-1", {"code": "OF-2"}, officer)
    assert len(book.store.history("outfalls", "OF-1")) == 1


def test_an_amendment_keeps_what_it_does_not_name(book: LedgerBook, officer: Actor) -> None:
    enter(book, officer, given={"people": 4})
    book.amend("outfalls", "OF-1", {"length": "2"}, officer, MAY)
    book.amend("outfalls", "OF-1", {"people": ""}, officer, MAY)
    (entry,) = book.entries("outfalls").rows
    assert "people" not in entry.values
    assert entry.values["kind"] == "industrial"
    (before,) = book.entries("outfalls", dt.date(2021, 4, 1)).rows
    assert before.values["people"] == 4
    assert book.entries("outfalls", dt.date(2021, 2, 28)).rows == []


def test_two_people_who_change_the_same_entry(book: LedgerBook, officer: Actor, checker: Actor) -> None:
    enter(book, officer)
    read = book.entry("outfalls", "OF-1").version
    book.amend("outfalls", "OF-1", {"people": 1}, officer, version=read)
    with pytest.raises(LantuError, match="you read version 1"):
        book.amend("outfalls", "OF-1", {"people": 2}, checker, version=read)
    with pytest.raises(LantuError, match="somebody else"):
        book.store.add([book.entry("outfalls", "OF-1")])


def test_the_way_to_an_earned_closing(book: LedgerBook, officer: Actor, checker: Actor, photo: Path) -> None:
    enter(book, officer)
    with pytest.raises(LantuError, match="does not allow") as caught:
        book.advance("outfalls", "OF-1", "close", checker, MAY)
    assert "mend" in str(caught.value.mend)
    with pytest.raises(SeveralErrors) as several:
        book.advance("outfalls", "OF-1", "mend", officer, MAY)
    assert {error.where.field for error in several.value.errors if error.where} == {"mended_on", "photo"}
    book.advance("outfalls", "OF-1", "mend", officer, MAY, {"mended_on": MAY}, {"photo": photo})
    # without evidence, by the same unit, before the quiet period is over: each is named
    with pytest.raises(SeveralErrors) as several:
        book.advance("outfalls", "OF-1", "close", officer, dt.date(2021, 5, 12))
    assert [error.where.field for error in several.value.errors if error.where] == ["report", "unit", "day"]
    with pytest.raises(LantuError, match="no kind of evidence"):
        book.advance("outfalls", "OF-1", "close", checker, evidence={"report": photo, "song": photo})
    with pytest.raises(LantuError, match="no file"):
        book.advance("outfalls", "OF-1", "close", checker, evidence={"report": Path("nothing.pdf")})
    assert book.entry("outfalls", "OF-1").state == "mended"
    done = book.advance("outfalls", "OF-1", "close", checker, dt.date(2021, 5, 20), evidence={"report": photo})
    assert done.state == "closed"
    (piece,) = done.evidence
    assert (book.evidence_folder / piece.sha256[:2] / f"{piece.sha256}.jpg").read_bytes() == photo.read_bytes()
    with pytest.raises(LantuError, match="needs a reason"):
        book.advance("outfalls", "OF-1", "reopen", officer)
    assert [change.action for change in book.store.history("outfalls", "OF-1")] == ["enter", "mend", "close"]


def test_days_go_forward_and_not_beyond_today(book: LedgerBook, officer: Actor, photo: Path) -> None:
    enter(book, officer)
    for day, word in ((dt.date(2021, 2, 1), "before the last change"), (dt.date(2021, 8, 1), "lies after today")):
        with pytest.raises(LantuError, match=word):
            book.amend("outfalls", "OF-1", {"people": 1}, officer, day)


def test_a_reference_names_an_entry_that_is_there(book: LedgerBook, officer: Actor) -> None:
    given = {"number": "1", "outfall": "OF-1", "taken_on": "2021-04-01"}
    with pytest.raises(LantuError, match="has no 'OF-1'"):
        book.enter("samples", given, "东街道", officer)
    enter(book, officer)
    book.enter("samples", given, "东街道", officer)


def test_selections_say_which_entries_and_since_when(
    book: LedgerBook, officer: Actor, checker: Actor, photo: Path
) -> None:
    enter(book, officer, "OF-1", given={"length": 3})
    enter(book, officer, "OF-2", given={"kind": "farm", "people": 9}, area="西街道")
    book.advance("outfalls", "OF-1", "mend", officer, MAY, {"mended_on": MAY}, {"photo": photo})
    book.enter("samples", {"number": "1", "outfall": "OF-1", "taken_on": "2021-04-01"}, "东街道", officer, MAY)
    entries = book.entries("outfalls")
    year, june = Period.year(2021), Period.month(2021, 6)

    def keys(name: str, period: Period = year) -> list[str]:
        return [entry.key for entry in entries.select(name, period)]

    assert keys("all") == ["OF-1", "OF-2"]
    assert keys("industrial") == keys("long_ones") == keys("mended") == ["OF-1"]
    assert keys("either") == ["OF-2"]
    assert keys("sampled") == keys("sampled_industrial") == ["OF-1"]
    assert keys("sampled", june) == []
    assert keys("mended_in_time") == ["OF-1"]
    assert keys("mended_in_time", june) == []
    first, second = entries.rows
    assert entries.since("mended", first) == MAY
    assert entries.since("mended", second) is None
    assert entries.since("found", second) == dt.date(2021, 3, 1)
    assert [entry.key for entry in entries.within("D")] == ["OF-1", "OF-2"]
    assert [entry.key for entry in entries.within("S2")] == ["OF-2"]
    with pytest.raises(LantuError, match="no selection or state"):
        keys("nothing")


def test_closed_counts_as_mended_and_a_return_breaks_the_run(
    book: LedgerBook, officer: Actor, checker: Actor, photo: Path
) -> None:
    enter(book, officer)
    book.advance("outfalls", "OF-1", "mend", officer, MAY, {"mended_on": MAY}, {"photo": photo})
    book.advance("outfalls", "OF-1", "return", checker, dt.date(2021, 5, 15), note="还在冒水")
    book.advance("outfalls", "OF-1", "mend", officer, dt.date(2021, 6, 1), {}, {"photo": photo})
    book.advance("outfalls", "OF-1", "close", checker, dt.date(2021, 6, 20), evidence={"report": photo})
    entries = book.entries("outfalls")
    (entry,) = entries.rows
    assert [row.key for row in entries.select("mended", Period.year(2021))] == ["OF-1"]
    assert entries.since("mended", entry) == dt.date(2021, 6, 1)
    assert book.entries("outfalls", dt.date(2021, 5, 20)).select("mended", Period.year(2021)) == []


def test_a_recheck_is_drawn_by_a_seed_that_was_named_before(
    book: LedgerBook, officer: Actor, checker: Actor, photo: Path
) -> None:
    for number in range(1, 8):
        key = f"OF-{number}"
        enter(book, officer, key)
        book.advance("outfalls", key, "mend", officer, MAY, {"mended_on": MAY}, {"photo": photo})
        book.advance("outfalls", key, "close", checker, dt.date(2021, 6, 1), evidence={"report": photo})
    first, last = dt.date(2021, 6, 1), dt.date(2021, 6, 30)
    drawn = book.recheck_sample("outfalls", first, last, "2021-06")
    assert len(drawn) == 4  # half of seven, rounded up
    assert drawn == book.recheck_sample("outfalls", first, last, "2021-06")
    assert any(drawn != book.recheck_sample("outfalls", first, last, str(seed)) for seed in range(5))
    assert book.recheck_sample("outfalls", last, last, "x") == []


def test_near_names_are_offered(book: LedgerBook) -> None:
    with pytest.raises(LantuError) as caught:
        book.ledger("outfall")
    assert "outfalls" in str(caught.value.mend)
    assert book.ledger("排污口台账").ledger == "outfalls"


def test_an_entry_may_come_with_evidence_and_change_its_place(book: LedgerBook, officer: Actor, photo: Path) -> None:
    given = {"code": "OF-1", "found_on": "2021-03-01"}
    made = book.enter("outfalls", given, "东街道", officer, place="116.4,39.9", evidence=[("photo", photo)])
    (piece,) = made.evidence
    assert (piece.kind, piece.file) == ("photo", photo.name)
    assert book.evidence_path(piece).read_bytes() == photo.read_bytes()
    with pytest.raises(LantuError, match="no file"):
        book.enter("outfalls", {**given, "code": "OF-2"}, "东街道", officer, evidence=[("photo", Path("nowhere.jpg"))])
    with pytest.raises(LantuError, match="no kind of evidence"):
        book.enter("outfalls", {**given, "code": "OF-2"}, "东街道", officer, evidence=[("song", photo)])
    assert not book.store.latest("outfalls", ["OF-2"])
    assert book.amend("outfalls", "OF-1", {"people": 2}, officer).place == "116.4,39.9"
    assert book.amend("outfalls", "OF-1", {}, officer, place="116.5,39.8").place == "116.5,39.8"
