"""Monthly reports: who must, what came in time, what changed after the approval."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from tests.office.cases.worked import book_of

from lantu.base import LantuError, SeveralErrors
from lantu.ledgers import Actor, LedgerBook
from lantu.office.duties import unnamed
from lantu.office.reports import changed_since_approval, duties_of, must_report, report_table, submit_report
from lantu.office.reports.changes import all_changed
from lantu.office.reports.table import due_of, months_of
from lantu.plan.packs import Pack, load_pack

WATER = Actor("李四", "市水务局")
CHECKS = Actor("王五", "市生态环境局")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("beijing/2021")


@pytest.fixture
def book(pack: Pack, tmp_path: Path) -> LedgerBook:
    return book_of(pack, tmp_path)


def day(month: int, number: int) -> dt.date:
    return dt.date(2021, month, number)


def test_a_group_of_a_measure_obliges_each_of_its_members(pack: Pack) -> None:
    duties = must_report(pack)
    assert len({(duty.measure, duty.unit) for duty in duties}) == len(duties)
    by_measure = Counter(duty.measure for duty in duties)
    for measure in pack.measures.values():
        units = {*measure.lead, *measure.responsible}
        if "ALL_DISTRICTS_AND_BDA" in units:
            assert by_measure[measure.id] >= 17
    areas = {duty.area for duty in duties if duty.unit == "大兴区政府"}
    assert areas == {"110115"}
    assert all(pack.units.kind_of(duty.unit) not in (None, "group", "open_list", "collective") for duty in duties)
    assert {(duty.measure, duty.unit) for duty in duties}.isdisjoint(unnamed(pack))
    # nothing is lost: every named unit of every measure has its duty
    for measure in pack.measures.values():
        for unit in (*measure.lead, *measure.responsible):
            if pack.units.kind_of(unit) not in ("group", "open_list", "collective", None):
                assert (measure.id, unit) in {(duty.measure, duty.unit) for duty in duties}


def test_the_months_and_their_due_days(pack: Pack) -> None:
    assert months_of(pack, day(6, 30)) == ["2021-04", "2021-05"]
    assert months_of(pack, day(7, 1)) == ["2021-04", "2021-05", "2021-06"]
    assert months_of(pack, dt.date(2023, 1, 1))[-1] == "2021-12"
    assert due_of(pack, "2021-04").day == day(5, 11)  # the holiday to 5 May, and Saturday the 8th is worked
    assert due_of(pack, "2021-09").day == day(10, 13)


def test_completeness_and_timeliness(pack: Pack, book: LedgerBook) -> None:
    mine = [duty.measure for duty in duties_of(pack, "市水务局")]
    assert len(mine) > 5
    submit_report(book, pack, mine[0], "2021-05", "under_way", WATER, percent=40, day=day(6, 7))
    submit_report(book, pack, mine[1], "2021-05", "done", WATER, day=day(6, 8))
    (row,) = report_table(book, pack, day(6, 7), ["2021-05"], "市水务局")
    assert (row.due_on, row.in_time, row.late, row.missing, row.pending) == (day(6, 7), 1, 0, 0, len(mine) - 1)
    (row,) = report_table(book, pack, day(6, 8), ["2021-05"], "市水务局")
    assert (row.in_time, row.late, row.missing, row.pending) == (1, 1, len(mine) - 2, 0)
    assert row.completeness == round(Decimal(200) / len(mine), 1)
    assert row.timeliness == round(Decimal(100) / len(mine), 1)
    whole = report_table(book, pack, day(6, 8))
    assert {(each.unit, each.month) for each in whole} == {
        (duty.unit, month) for duty in must_report(pack) for month in ("2021-04", "2021-05")
    }
    assert sum(each.expected for each in whole) == 2 * len(must_report(pack))
    worst: dict[str, int] = {}
    for each in whole:
        worst[each.unit] = worst.get(each.unit, 0) + each.missing
    assert [worst[each.unit] for each in whole] == sorted((worst[each.unit] for each in whole), reverse=True)


def test_who_need_not_report_cannot(pack: Pack, book: LedgerBook) -> None:
    measure = duties_of(pack, "市水务局")[0].measure
    others = {duty.measure for duty in duties_of(pack, "市水务局")}
    foreign = next(name for name in pack.measures if name not in others)
    with pytest.raises(LantuError, match="need not report"):
        submit_report(book, pack, foreign, "2021-05", "done", WATER, day=day(6, 1))
    with pytest.raises(LantuError, match="no measure"):
        submit_report(book, pack, "air-99-9", "2021-05", "done", WATER, day=day(6, 1))
    with pytest.raises(LantuError, match="not come yet"):
        submit_report(book, pack, measure, "2021-07", "done", WATER, day=day(6, 1))
    with pytest.raises(LantuError, match="no code"):
        submit_report(book, pack, measure, "2021-05", "perfect", WATER, day=day(6, 1))
    submit_report(book, pack, measure, "2021-05", "done", WATER, day=day(6, 1))
    with pytest.raises(LantuError, match="was not returned"):
        submit_report(book, pack, measure, "2021-05", "done", WATER, day=day(6, 1))
    # a report that nobody asked for is told apart
    values = {
        "measure": foreign,
        "unit_name": "市水务局",
        "month": "2021-05",
        "reported_on": day(6, 1),
        "declared": "done",
    }
    book.enter("progress_reports", values, "110000", WATER, day(6, 1))
    (row,) = report_table(book, pack, day(6, 2), ["2021-05"], "市水务局")
    assert (row.in_time, row.extra) == (1, 1)


def test_returned_approved_corrected_and_what_changed_since(pack: Pack, book: LedgerBook) -> None:
    measure = duties_of(pack, "市水务局")[0].measure
    key = submit_report(book, pack, measure, "2021-05", "under_way", WATER, 40, "开工", day(6, 1)).key
    with pytest.raises(SeveralErrors, match="other than 市水务局"):
        book.advance("progress_reports", key, "approve", WATER, day(6, 2))
    book.advance("progress_reports", key, "return", CHECKS, day(6, 2), note="说明太短")
    (row,) = report_table(book, pack, day(6, 3), ["2021-05"], "市水务局")
    assert (row.in_time, row.returned) == (1, 1)
    again = submit_report(book, pack, measure, "2021-05", "under_way", WATER, 45, "六处开工", day(6, 4))
    assert (again.state, again.data["percent"]) == ("submitted", "45")
    book.advance("progress_reports", key, "approve", CHECKS, day(6, 5))
    assert changed_since_approval(book, key) == []
    with pytest.raises(SeveralErrors, match="is approved is not amended"):
        book.amend("progress_reports", key, {"percent": 60}, WATER, day(6, 6))
    with pytest.raises(SeveralErrors, match="reason"):
        book.advance("progress_reports", key, "correct", WATER, day(6, 6), {"percent": 60})
    book.advance("progress_reports", key, "correct", WATER, day(6, 6), {"percent": 60}, note="漏报两处")
    (change,) = changed_since_approval(book, key)
    assert (change.field, change.approved, change.now) == ("percent", "45", "60")
    assert (change.person, change.reason, change.state) == ("李四", "漏报两处", "submitted")
    assert (change.approved_on, change.changed_on) == (day(6, 5), day(6, 6))
    book.advance("progress_reports", key, "approve", CHECKS, day(6, 7))
    assert changed_since_approval(book, key) == []
    assert [each.field for each in all_changed(book, "2021-05")] == ["percent"]
    assert all_changed(book, "2021-06") == []
