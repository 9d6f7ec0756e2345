"""A case from its report to an earned closing, with all that may happen in between."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.office.cases.conftest import day

from lantu.base import LantuError, SeveralErrors
from lantu.ledgers import Actor, Change, LedgerBook
from lantu.office.cases import drawn_rechecks


class Case:
    def __init__(self, book: LedgerBook, folder: Path, number: str = "A", quiet: int | None = None) -> None:
        self.book, self.number = book, number
        self.photo, self.record = folder / "after.png", folder / "record.txt"
        Image.new("RGB", (40, 40), (10, 200, 10)).save(self.photo)
        self.record.write_text("seen", encoding="utf-8")
        given = {"number": number, "case_class": "illegal_coal", "occurred_on": day(5, 6), "quiet_days": quiet}
        book.enter("cases", given, "东华门街道", Actor("赵六", "市生态环境局"), day(5, 6))

    def step(self, name: str, actor: Actor, on: dt.date, **more: Any) -> Change:
        return self.book.advance("cases", self.number, name, actor, on, **more)

    def rectified(self, system: Actor, district: Actor) -> None:
        self.step("assign", system, day(5, 7), holder=district.unit, given={"due_on": day(5, 20)})
        self.step("accept", district, day(5, 8))
        photo = {"photo_after": self.photo}
        self.step("rectify", district, day(5, 10), given={"measure_taken": "清走"}, evidence=photo)

    def closed(self, system: Actor, district: Actor, checker: Actor) -> None:
        self.rectified(system, district)
        self.step("close", checker, day(5, 12), evidence={"check_record": self.record})


@pytest.fixture
def case(book: LedgerBook, tmp_path: Path) -> Case:
    return Case(book, tmp_path)


def test_the_whole_way(case: Case, system: Actor, district: Actor, checker: Actor) -> None:
    case.closed(system, district, checker)
    steps = [(change.action, change.state) for change in case.book.store.history("cases", "A")]
    assert steps == [
        ("enter", "raised"),
        ("assign", "assigned"),
        ("accept", "accepted"),
        ("rectify", "rectified"),
        ("close", "closed"),
    ]
    assert case.book.store.journal.verify() == (5, [])


def test_only_the_holder_accepts_and_reports_and_only_others_judge(
    case: Case, system: Actor, district: Actor, checker: Actor
) -> None:
    case.step("assign", system, day(5, 7), holder=district.unit, given={"due_on": day(5, 20)})
    with pytest.raises(SeveralErrors, match="must take this step"):
        case.step("accept", checker, day(5, 8))
    case.step("accept", district, day(5, 8))
    with pytest.raises(SeveralErrors) as caught:
        case.step("rectify", checker, day(5, 9))
    assert {error.where.field for error in caught.value.errors if error.where} == {
        "unit",
        "measure_taken",
        "photo_after",
    }
    photo = {"photo_after": case.photo}
    case.step("rectify", district, day(5, 10), given={"measure_taken": "清走"}, evidence=photo)
    with pytest.raises(SeveralErrors, match="a unit other than 东城区政府"):
        case.step("return", district, day(5, 11), note="没清完")
    with pytest.raises(SeveralErrors, match="another unit must close it"):
        case.step("close", district, day(5, 11), evidence={"check_record": case.record})
    with pytest.raises(SeveralErrors, match="reason"):
        case.step("return", checker, day(5, 11))
    assert case.step("return", checker, day(5, 11), note="没清完").state == "accepted"


def test_a_deadline_is_extended_twice_at_most_by_another_unit(case: Case, system: Actor, district: Actor) -> None:
    case.step("assign", system, day(5, 7), holder=district.unit, given={"due_on": day(5, 20)})
    case.step("accept", district, day(5, 8))
    asked = case.step("ask_extension", district, day(5, 9), given={"asked_until": day(6, 10)}, note="等吊车")
    assert (asked.state, asked.data["asked_until"], asked.data["due_on"]) == ("accepted", "2021-06-10", "2021-05-20")
    with pytest.raises(SeveralErrors, match="other than 东城区政府"):
        case.step("extend", district, day(5, 9), given={"due_on": day(6, 10)}, note="同意")
    with pytest.raises(SeveralErrors, match="60 days later at most"):
        case.step("extend", system, day(5, 10), given={"due_on": day(7, 20)}, note="同意")
    granted = case.step("extend", system, day(5, 10), given={"due_on": day(6, 10)}, note="同意")
    assert "asked_until" not in granted.data
    case.step("extend", system, day(6, 9), given={"due_on": day(6, 20)}, note="再同意一次")
    with pytest.raises(SeveralErrors, match="2 times at most"):
        case.step("extend", system, day(6, 19), given={"due_on": day(6, 30)}, note="第三次")
    with pytest.raises(SeveralErrors, match="only by the steps"):
        case.book.amend("cases", "A", {"due_on": day(6, 30)}, district, day(6, 19))


def test_a_case_is_sent_back_and_dispatched_anew(case: Case, system: Actor, district: Actor) -> None:
    case.step("assign", system, day(5, 7), holder="市水务局", given={"due_on": day(5, 20)})
    back = case.step("decline", Actor("钱七", "市水务局"), day(5, 8), note="不归我局")
    assert (back.state, back.holder) == ("raised", None)
    case.step("assign", system, day(5, 9), holder=district.unit)
    moved = case.step("reassign", system, day(5, 10), holder="西城区政府", area="西城区", note="位置在西城")
    assert (moved.state, moved.holder, moved.area) == ("assigned", "西城区政府", "110102")


def test_what_is_closed_merged_or_rejected_stays_so(
    book: LedgerBook, tmp_path: Path, system: Actor, district: Actor
) -> None:
    one, other = Case(book, tmp_path, "A"), Case(book, tmp_path, "B")
    one.step("merge", system, day(5, 7), given={"merged_into": "B"})
    other.step("reject", system, day(5, 7), note="没有这回事")
    for case in (one, other):
        with pytest.raises(LantuError, match="does not allow"):
            case.step("assign", system, day(5, 8), holder=district.unit)


def test_the_quiet_period_is_that_of_the_case(
    book: LedgerBook, tmp_path: Path, system: Actor, district: Actor, checker: Actor
) -> None:
    case = Case(book, tmp_path, quiet=5)
    case.rectified(system, district)
    case.step("add_hit", system, day(5, 12), given={"last_hit_on": day(5, 12), "data_rows": "x|time=1"})
    with pytest.raises(SeveralErrors, match="ends on 2021-05-17"):
        case.step("close", checker, day(5, 16), evidence={"check_record": case.record})
    assert case.step("close", checker, day(5, 17), evidence={"check_record": case.record}).state == "closed"


def test_a_drawn_case_is_looked_at_again(
    book: LedgerBook, tmp_path: Path, system: Actor, district: Actor, checker: Actor
) -> None:
    for number in range(15):
        Case(book, tmp_path, f"N{number}").closed(system, district, checker)
    drawn = drawn_rechecks(book, day(5, 1), day(5, 31), "2021-05|公开种子")
    assert len(drawn) == 2  # a tenth of fifteen, rounded up
    assert drawn == drawn_rechecks(book, day(5, 1), day(5, 31), "2021-05|公开种子")
    first, second = drawn
    assert (first.unit, first.closed_by, first.closed_on) == ("东城区政府", "市城管执法局", day(5, 12))
    record = {"check_record": tmp_path / "record.txt"}
    with pytest.raises(SeveralErrors, match="other than 东城区政府"):
        book.advance("cases", first.number, "recheck", district, day(6, 2), {"recheck_result": "holds"}, record)
    book.advance("cases", first.number, "recheck", checker, day(6, 2), {"recheck_result": "holds"}, record)
    book.advance("cases", second.number, "recheck", checker, day(6, 2), {"recheck_result": "never_done"}, record)
    again = {"due_on": day(6, 15)}
    book.advance("cases", second.number, "reopen", checker, day(6, 2), again, note="从未整改")
    found = drawn_rechecks(book, day(5, 1), day(5, 31), "2021-05|公开种子")
    assert [(each.state, each.result, each.rechecked_on) for each in found] == [
        ("closed", "holds", day(6, 2)),
        ("assigned", "never_done", day(6, 2)),
    ]
