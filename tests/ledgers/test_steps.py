"""Steps that keep the state, write fields, hand an entry over, postpone a date; who may take them and how often."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from lantu.base import LantuError, SeveralErrors
from lantu.ledgers import Actor, LedgerBook, read_ledgers
from lantu.places import AreaTree, UnitRegister

TROUBLES = """ledger: troubles
title: {zh: 问题, en: Troubles}
purpose: {zh: 测试, en: a test}
key: [number]
area: district
unit: 起
fields:
  - {name: number, title: {zh: 编号, en: number}, type: text, required: true}
  - {name: due_on, title: {zh: 期限, en: due on}, type: date, future: true, by_step: true}
  - {name: asked, title: {zh: 申请至, en: asked until}, type: date, future: true}
  - {name: hits, title: {zh: 次数, en: hits}, type: integer, by_step: true}
  - {name: seen_by, title: {zh: 签收单位, en: seen by}, type: text}
  - {name: seen_on, title: {zh: 签收日期, en: seen on}, type: date}
  - {name: merged_into, title: {zh: 并入, en: merged into}, type: reference, ledger: troubles, by_step: true}
  - {name: wait, title: {zh: 观察天数, en: quiet days}, type: integer}
states:
  raised: {title: {zh: 已上报, en: raised}, initial: true}
  assigned: {title: {zh: 已派发, en: assigned}}
  mended: {title: {zh: 已整改, en: mended}}
  closed: {title: {zh: 已销号, en: closed}, final: true}
  merged: {title: {zh: 已归并, en: merged}, final: true}
transitions:
  - name: assign
    title: {zh: 派发, en: assign}
    from: [raised]
    to: assigned
    fields: [due_on]
    holder: given
    moves: true
  - name: see
    title: {zh: 签收, en: see}
    from: [assigned]
    by: holder
    sets: {seen_by: {unit: true}, seen_on: {day: true}}
  - {name: decline, title: {zh: 退派, en: decline}, from: [assigned], to: raised, by: holder, holder: none}
  - name: extend
    title: {zh: 延期, en: extend}
    from: [assigned]
    by: another
    times: 2
    reason: true
    postpones: {field: due_on, most_days: 30}
    sets: {asked: {clear: true}}
  - {name: hit, title: {zh: 再次命中, en: hit}, from: [raised, assigned, mended], sets: {hits: {plus: 1}}}
  - {name: take, title: {zh: 接办, en: take over}, from: [assigned], holder: actor}
  - {name: mend, title: {zh: 整改, en: mend}, from: [assigned], to: mended, by: holder}
  - name: merge
    title: {zh: 归并, en: merge}
    from: [raised, assigned]
    to: merged
    fields: [merged_into]
    refers: {merged_into: [raised, assigned]}
  - {name: close, title: {zh: 销号, en: close}, from: [mended], to: closed}
evidence:
  record: {zh: 记录, en: record}
closing: {state: closed, evidence: [record], another_unit: true, quiet_days: 1, quiet_field: wait}
"""
DISPATCHER, OTHER = Actor("王五", "市生态环境局"), Actor("赵六", "市水务局")


@pytest.fixture
def troubles(folder: Path) -> LedgerBook:
    (folder / "ledgers" / "troubles.yaml").write_text(TROUBLES, encoding="utf-8")
    areas = AreaTree.from_csv(folder / "areas.csv")
    units = UnitRegister.from_yaml(folder / "units.yaml", areas)
    book = LedgerBook(read_ledgers(folder / "ledgers"), areas, units, folder / "workspace", today=dt.date(2021, 7, 1))
    for number in ("A", "B"):
        book.enter("troubles", {"number": number}, "乙区", DISPATCHER, dt.date(2021, 6, 1))
    return book


def step(book: LedgerBook, name: str, actor: Actor = OTHER, key: str = "A", **more: Any) -> Any:
    return book.advance("troubles", key, name, actor, **more)


def fields_of(caught: pytest.ExceptionInfo[SeveralErrors]) -> set[str]:
    return {error.where.field for error in caught.value.errors if error.where is not None}


def assigned(book: LedgerBook, due: str = "2021-06-20") -> None:
    step(book, "assign", DISPATCHER, day=dt.date(2021, 6, 2), given={"due_on": due}, holder="水务局", area="东街道")


def test_a_step_hands_the_entry_over_and_moves_it(troubles: LedgerBook) -> None:
    with pytest.raises(SeveralErrors) as caught:
        step(troubles, "assign", DISPATCHER)
    assert fields_of(caught) == {"due_on", "holder"}
    assigned(troubles)
    entry = troubles.entry("troubles", "A")
    assert (entry.state, entry.holder, entry.area) == ("assigned", "市水务局", "S1")
    step(troubles, "decline")
    assert troubles.entry("troubles", "A").holder is None


def test_a_step_without_a_new_state_writes_the_day_and_the_unit(troubles: LedgerBook) -> None:
    assigned(troubles)
    with pytest.raises(SeveralErrors, match="市水务局 holds the entry"):
        step(troubles, "see", DISPATCHER)
    seen = step(troubles, "see", day=dt.date(2021, 6, 3))
    assert (seen.state, seen.data["seen_by"], seen.data["seen_on"]) == ("assigned", "市水务局", "2021-06-03")
    assert [step(troubles, "hit", DISPATCHER).data["hits"] for _ in range(3)] == [1, 2, 3]
    assert step(troubles, "take", DISPATCHER).holder == "市生态环境局"


def test_a_date_is_postponed_with_a_reason_so_often_and_so_far_only(troubles: LedgerBook) -> None:
    assigned(troubles)
    troubles.amend("troubles", "A", {"asked": "2021-07-05"}, OTHER, dt.date(2021, 6, 3))
    with pytest.raises(SeveralErrors) as caught:
        step(troubles, "extend", given={"due_on": "2021-09-01"}, note="汛期")
    assert fields_of(caught) == {"unit", "due_on"}  # the holder itself, and more than 30 days
    for wrong in ({}, {"due_on": "2021-06-20"}, {"due_on": "2021-06-19"}):
        with pytest.raises(SeveralErrors) as caught:
            step(troubles, "extend", DISPATCHER, given=wrong, note="汛期")
        assert fields_of(caught) == {"due_on"}
    with pytest.raises(SeveralErrors, match="reason"):
        step(troubles, "extend", DISPATCHER, given={"due_on": "2021-07-05"})
    done = step(troubles, "extend", DISPATCHER, given={"due_on": "2021-07-05"}, note="汛期")
    assert (done.state, done.data["due_on"], "asked" in done.data) == ("assigned", "2021-07-05", False)
    step(troubles, "extend", DISPATCHER, given={"due_on": "2021-07-15"}, note="再延")
    with pytest.raises(SeveralErrors, match="2 times at most"):
        step(troubles, "extend", DISPATCHER, given={"due_on": "2021-07-20"}, note="再延")


def test_what_only_steps_change_is_changed_by_no_other_way(troubles: LedgerBook) -> None:
    assigned(troubles)
    with pytest.raises(SeveralErrors, match="only by the steps"):
        troubles.amend("troubles", "A", {"due_on": "2021-12-01"}, OTHER)
    with pytest.raises(SeveralErrors, match="only by the steps"):
        troubles.amend("troubles", "A", {"due_on": ""}, OTHER)
    with pytest.raises(SeveralErrors) as caught:
        step(troubles, "mend", given={"due_on": "2021-12-01"})
    assert fields_of(caught) == {"due_on"}
    with pytest.raises(SeveralErrors, match="does not change who holds"):
        step(troubles, "mend", holder="市生态环境局")
    with pytest.raises(SeveralErrors, match="does not change the area"):
        step(troubles, "mend", area="西街道")


def test_an_entry_is_merged_into_another_that_is_open(troubles: LedgerBook) -> None:
    with pytest.raises(SeveralErrors, match="itself"):
        step(troubles, "merge", given={"merged_into": "A"})
    with pytest.raises(SeveralErrors, match="no 'C'"):
        step(troubles, "merge", given={"merged_into": "C"})
    step(troubles, "merge", given={"merged_into": "B"})
    with pytest.raises(SeveralErrors, match="in the state merged"):
        step(troubles, "merge", key="B", given={"merged_into": "A"})
    with pytest.raises(LantuError, match="does not allow"):
        step(troubles, "assign", DISPATCHER, given={"due_on": "2021-08-01"}, holder="市水务局")


def test_a_step_in_between_neither_lends_its_unit_nor_ends_the_quiet_period(
    troubles: LedgerBook, tmp_path: Path
) -> None:
    """A hit by another unit after the report must not let the reporting unit close its own work."""
    record = tmp_path / "record.txt"
    record.write_text("checked", encoding="utf-8")
    assigned(troubles)
    troubles.amend("troubles", "A", {"wait": 5}, DISPATCHER, dt.date(2021, 6, 3))
    step(troubles, "mend", day=dt.date(2021, 6, 10))
    step(troubles, "hit", DISPATCHER, day=dt.date(2021, 6, 12))
    with pytest.raises(SeveralErrors) as caught:
        step(troubles, "close", day=dt.date(2021, 6, 16), evidence={"record": record})
    assert fields_of(caught) == {"unit", "day"}
    with pytest.raises(SeveralErrors, match="quiet period of 5 days ends on 2021-06-17"):
        step(troubles, "close", DISPATCHER, day=dt.date(2021, 6, 16), evidence={"record": record})
    assert step(troubles, "close", DISPATCHER, day=dt.date(2021, 6, 17), evidence={"record": record}).state == "closed"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sets: {hits: {plus: 1}}", "sets: {hits: {plus: 1, clear: true}}", "exactly one of"),
        ("sets: {hits: {plus: 1}}", "sets: {number: {plus: 1}}", "adds to 'number'"),
        ("sets: {hits: {plus: 1}}", "sets: {strikes: {plus: 1}}", "'strikes' is none of"),
        ("postpones: {field: due_on", "postpones: {field: hits", "postpones 'hits'"),
        ("refers: {merged_into: [raised, assigned]}", "refers: {number: [raised]}", "reference of merge 'number'"),
        ("refers: {merged_into: [raised, assigned]}", "refers: {merged_into: [open]}", "has no state 'open'"),
        ("quiet_field: wait", "quiet_field: due_on", "quiet_field 'due_on'"),
        ("by: holder, holder: none", "by: anybody, holder: none", "anyone"),
    ],
)
def test_what_does_not_hang_together_is_refused(folder: Path, old: str, new: str, message: str) -> None:
    assert old in TROUBLES
    (folder / "ledgers" / "troubles.yaml").write_text(TROUBLES.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SeveralErrors, match=message):
        read_ledgers(folder / "ledgers")


def test_what_only_steps_fill_is_not_typed_into_a_new_entry(troubles: LedgerBook) -> None:
    with pytest.raises(SeveralErrors) as caught:
        troubles.enter("troubles", {"number": "T-9", "hits": 3, "due_on": "2021-08-01"}, "D", OTHER, typed=True)
    assert [error.what.en for error in caught.value.errors] == [
        "'due on' is filled by later steps",
        "'hits' is filled by later steps",
    ]
    assert troubles.enter("troubles", {"number": "T-9"}, "D", OTHER, typed=True).version == 1
    assert troubles.enter("troubles", {"number": "T-8", "hits": 1}, "D", OTHER).data["hits"] == 1, "a rule may"
