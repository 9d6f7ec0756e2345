"""Cases from alarms: entered once, added to while open, opened again after a rebound, silent after a refusal."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from PIL import Image
from tests.office.cases.conftest import day

from lantu.lake import Lake
from lantu.ledgers import Actor, Change, LedgerBook
from lantu.office.cases import Candidate, RaiseReport, find_cases, raise_cases, read_case_rules
from lantu.plan.packs import Pack

ALARM = "vapour_recovery_alarm_open"


class Desk:
    """Alarms come in, the rule looks, cases are handled."""

    def __init__(self, pack: Pack, lake: Lake, book: LedgerBook, system: Actor, folder: Path) -> None:
        self.pack, self.lake, self.book, self.system = pack, lake, book, system
        for number in ("JY-1", "JY-2"):
            given = {"number": number, "name": number, "kind": "station"}
            book.enter("petrol_stations", given, "东华门街道", system, day(1, 4))
        self.photo, self.record = folder / "after.jpg", folder / "record.txt"
        Image.new("RGB", (64, 64), (200, 10, 10)).save(self.photo)
        self.record.write_text("looked at it", encoding="utf-8")

    def alarm(self, number: str, on: dt.date, station: str = "JY-1") -> None:
        given = {"number": number, "station": station, "kind": "ratio", "raised_on": on}
        self.book.enter("vapour_recovery_alarms", given, "东华门街道", self.system, on)

    def look(self, on: dt.date) -> RaiseReport:
        found = find_cases(self.pack, self.lake, self.book, on, [ALARM])
        return raise_cases(self.book, found.candidates, self.system)

    def case(self, number: str) -> Change:
        return self.book.entry("cases", number)

    def close(self, number: str, on: dt.date, district: Actor, checker: Actor) -> None:
        """The whole way from dispatch to closing; the quiet period is seven days."""
        advance = self.book.advance
        first = on - dt.timedelta(days=7)
        advance("cases", number, "assign", self.system, first)
        advance("cases", number, "accept", district, first)
        done = {"measure_taken": "换了真空泵"}
        advance("cases", number, "rectify", district, first, done, {"photo_after": self.photo})
        advance("cases", number, "close", checker, on, evidence={"check_record": self.record})


@pytest.fixture
def desk(pack: Pack, lake: Lake, book: LedgerBook, system: Actor, tmp_path: Path) -> Desk:
    return Desk(pack, lake, book, system, tmp_path)


def test_hits_of_one_subject_make_one_case_and_looking_again_changes_nothing(desk: Desk) -> None:
    desk.alarm("BJ-1", day(3, 1))
    desk.alarm("BJ-2", day(3, 2))
    desk.alarm("BJ-3", day(3, 2), "JY-2")
    report = desk.look(day(3, 2))
    assert (len(report.entered), report.added, report.known) == (2, [], 0)
    case = next(desk.case(number) for number in report.entered if desk.case(number).data["subject"] == "JY-1")
    assert case.state == "raised"
    assert case.holder == "东城区政府"
    assert (case.data["hits"], case.data["occurred_on"], case.data["last_hit_on"]) == (2, "2021-03-01", "2021-03-02")
    assert case.data["due_on"] == "2021-03-09"
    assert [row.split("|")[0] for row in case.data["data_rows"].split("\n")] == [
        "vapour_recovery_alarms/BJ-2",
        "vapour_recovery_alarms/BJ-1",
    ]
    before = desk.book.store.changes()["cases"]
    for on in (day(3, 2), day(3, 3)):
        again = desk.look(on)
        assert (again.entered, again.added, again.known) == ([], [], 3)
    assert desk.book.store.changes()["cases"] == before


def test_a_later_hit_is_added_to_the_open_case(desk: Desk, district: Actor) -> None:
    desk.alarm("BJ-1", day(3, 1))
    (number,) = desk.look(day(3, 1)).entered
    desk.book.advance("cases", number, "assign", desk.system, day(3, 2))
    desk.book.advance("cases", number, "accept", district, day(3, 3))
    desk.alarm("BJ-2", day(3, 5))
    report = desk.look(day(3, 5))
    assert (report.entered, report.added, report.known) == ([], [number], 1)
    case = desk.case(number)
    assert (case.state, case.data["hits"], case.data["last_hit_on"]) == ("accepted", 2, "2021-03-05")
    assert case.data["data_rows"].startswith("vapour_recovery_alarms/BJ-2")


def test_a_hit_soon_after_the_closing_opens_the_case_again(desk: Desk, district: Actor, checker: Actor) -> None:
    desk.alarm("BJ-1", day(3, 1))
    (number,) = desk.look(day(3, 1)).entered
    desk.book.advance("vapour_recovery_alarms", "BJ-1", "handle", district, day(3, 2), *handled(desk, day(3, 2)))
    desk.close(number, day(3, 10), district, checker)
    assert desk.look(day(3, 11)).reopened == []
    desk.alarm("BJ-2", day(4, 9))  # the 30th day
    report = desk.look(day(4, 9))
    assert (report.entered, report.reopened) == ([], [number])
    case = desk.case(number)
    assert (case.state, case.data["reopened"], case.data["hits"]) == ("assigned", 1, 2)
    assert case.data["due_on"] == "2021-04-16"
    assert case.holder == "东城区政府"
    assert (
        desk.book.store.history("cases", number)[-1].note
        == "反弹：油气回收报警处置台账 BJ-2：气液比，2021-04-09 起已报警"
    )
    assert desk.look(day(4, 9)).known == 1


def test_a_hit_long_after_the_closing_is_a_new_case(desk: Desk, district: Actor, checker: Actor) -> None:
    desk.alarm("BJ-1", day(3, 1))
    (number,) = desk.look(day(3, 1)).entered
    desk.book.advance("vapour_recovery_alarms", "BJ-1", "handle", district, day(3, 2), *handled(desk, day(3, 2)))
    desk.close(number, day(3, 10), district, checker)
    desk.alarm("BJ-2", day(4, 10))
    report = desk.look(day(4, 10))
    assert (len(report.entered), report.reopened) == (1, [])
    assert report.entered != [number]


def test_a_state_that_still_lasts_after_the_closing_opens_the_case_again(
    desk: Desk, district: Actor, checker: Actor
) -> None:
    """The alarm was never handled although the case was closed."""
    desk.alarm("BJ-1", day(3, 1))
    (number,) = desk.look(day(3, 1)).entered
    desk.close(number, day(3, 10), district, checker)
    assert desk.look(day(3, 10)).known == 1
    assert desk.look(day(3, 11)).reopened == [number]


def test_after_a_refusal_there_is_silence_for_a_while(desk: Desk) -> None:
    desk.alarm("BJ-1", day(3, 1))
    (number,) = desk.look(day(3, 1)).entered
    desk.book.advance("cases", number, "reject", desk.system, day(3, 3), note="传感器检修")
    desk.alarm("BJ-2", day(3, 20))
    report = desk.look(day(4, 2))
    assert report.entered == []
    assert report.refused == [number, number]
    (fresh,) = desk.look(day(4, 3)).entered
    assert desk.case(fresh).data["hits"] == 2


def test_a_hit_of_a_merged_case_goes_to_the_one_it_went_into(desk: Desk) -> None:
    desk.alarm("BJ-1", day(3, 1))
    desk.alarm("BJ-2", day(3, 1), "JY-2")
    entered = {desk.case(number).data["subject"]: number for number in desk.look(day(3, 1)).entered}
    into = {"merged_into": entered["JY-2"]}
    desk.book.advance("cases", entered["JY-1"], "merge", desk.system, day(3, 2), into)
    desk.alarm("BJ-3", day(3, 3))
    assert desk.look(day(3, 3)).added == [entered["JY-2"]]
    assert desk.case(entered["JY-2"]).data["hits"] == 2


def test_two_who_look_at_once_raise_a_case_once(desk: Desk, pack: Pack, tmp_path: Path) -> None:
    from tests.office.cases.worked import book_of

    desk.alarm("BJ-1", day(3, 1))
    found = find_cases(pack, desk.lake, desk.book, day(3, 1), [ALARM]).candidates
    other = book_of(pack, tmp_path)
    assert len(raise_cases(other, found, desk.system).entered) == 1
    assert raise_cases(desk.book, found, desk.system).known == 1
    assert desk.book.store.counts()["cases"] == 1


def test_two_who_look_on_different_days_at_once_raise_one_case(desk: Desk, pack: Pack, tmp_path: Path) -> None:
    """Their numbers would differ, so no key of the database stops the second one: one waits for the other."""
    from concurrent.futures import ThreadPoolExecutor

    from tests.office.cases.worked import book_of

    for number in range(1, 9):
        desk.book.enter("petrol_stations", _station(f"JZ-{number}"), "东华门街道", desk.system, day(1, 4))
        desk.alarm(f"BJ-{number}", day(3, 1), f"JZ-{number}")
    looks = [find_cases(pack, desk.lake, desk.book, day(3, each), [ALARM]).candidates for each in (1, 2, 3, 4)]

    def enter(candidates: list[Candidate]) -> int:
        return len(raise_cases(book_of(pack, tmp_path), candidates, desk.system).entered)

    with ThreadPoolExecutor(4) as pool:
        entered = list(pool.map(enter, looks))
    assert sum(entered) == 8
    assert desk.book.store.counts()["cases"] == 8


def test_what_was_cut_off_between_entering_and_dispatching_is_dispatched_the_next_time(
    desk: Desk, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.alarm("BJ-1", day(3, 1))
    rules = read_case_rules(pack)
    rule = rules[ALARM].model_copy(update={"dispatch": "at_once"})
    found = find_cases(pack, desk.lake, desk.book, day(3, 1), [ALARM], rules={ALARM: rule}).candidates
    with monkeypatch.context() as patch:
        patch.setattr(LedgerBook, "advance", _killed)
        with pytest.raises(KeyboardInterrupt):
            raise_cases(desk.book, found, desk.system)
    (number,) = desk.book.store.keys("cases")
    assert desk.case(number).state == "raised"
    assert raise_cases(desk.book, found, desk.system).known == 1
    assert desk.case(number).state == "assigned"


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _station(number: str) -> dict[str, object]:
    return {"number": number, "name": number, "kind": "station"}


def handled(desk: Desk, on: dt.date) -> tuple[dict[str, object], dict[str, Path]]:
    return {"handling": "换泵", "handled_on": on}, {"repair_record": desk.record}
