"""Who is late, in working days, with the colour; the same from a slow count over all entries."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from tests.office.cases.conftest import day

from lantu.ledgers import Actor, LedgerBook
from lantu.office.cases import CaseFilter, count_cases, lateness, list_cases, open_cases, read_handling, summed
from lantu.plan.packs import Pack


def enter(book: LedgerBook, actor: Actor, number: str, area: str, due: dt.date | None, on: dt.date) -> None:
    given = {"number": number, "case_class": "illegal_coal", "occurred_on": on, "due_on": due, "what": f"散煤 {number}"}
    book.enter("cases", given, area, actor, on)


def give(book: LedgerBook, actor: Actor, number: str, unit: str, on: dt.date) -> None:
    book.advance("cases", number, "assign", actor, on, holder=unit)


@pytest.mark.parametrize(
    ("on", "days", "level"),
    [
        (day(9, 24), -2, "blue"),  # Sunday 26 September and Saturday 9 October are worked
        (day(9, 23), -3, None),
        (day(9, 27), 0, "blue"),
        (day(9, 28), 1, "yellow"),
        (day(10, 8), 4, "yellow"),
        (day(10, 9), 5, "yellow"),
        (day(10, 11), 6, "red"),
    ],
)
def test_a_case_due_before_the_national_day(
    pack: Pack, book: LedgerBook, system: Actor, on: dt.date, days: int, level: str | None
) -> None:
    enter(book, system, "A", "东华门街道", day(9, 27), day(9, 1))
    (case,) = open_cases(book, on, pack.working_days, read_handling(pack).escalation)
    assert (case.days_late, case.level, case.stale) == (days, level, False)


def test_rows_by_unit_and_area_the_worst_first(pack: Pack, book: LedgerBook, system: Actor, district: Actor) -> None:
    escalation = read_handling(pack).escalation
    for number, area, due in [
        ("A", "东华门街道", day(6, 1)),
        ("B", "东华门街道", day(6, 29)),
        ("C", "景山街道", day(6, 30)),
        ("D", "鲁谷街道", day(6, 1)),
        ("E", "东华门街道", None),
    ]:
        enter(book, system, number, area, due, day(5, 6))
    for number, unit in (("A", "东城区政府"), ("B", "东城区政府"), ("C", "东城区政府"), ("D", "石景山区政府")):
        give(book, system, number, unit, day(5, 7))
    rows = lateness(book, day(7, 1), pack.working_days, escalation)
    assert [(row.unit, row.area, row.open, row.late, dict(row.levels), row.undated) for row in rows] == [
        ("东城区政府", "110101001", 2, 2, {"red": 1, "yellow": 1}, 0),
        ("石景山区政府", "110107011", 1, 1, {"red": 1}, 0),
        ("东城区政府", "110101002", 1, 1, {"yellow": 1}, 0),
        (None, "110101001", 1, 0, {}, 1),
    ]
    by_unit = {row.unit: (row.open, row.late, row.worst_days) for row in summed(rows, "unit")}
    assert by_unit["东城区政府"] == (3, 3, 21)
    mine = lateness(book, day(7, 1), pack.working_days, escalation, unit="石景山区政府")
    assert [row.unit for row in mine] == ["石景山区政府"]
    assert lateness(book, day(7, 1), pack.working_days, escalation, areas=[]) == []
    # on an earlier day nothing had been dispatched
    before = lateness(book, day(5, 6), pack.working_days, escalation)
    assert {row.unit for row in before} == {None}
    assert sum(row.open for row in before) == 5


def test_a_deadline_beyond_the_calendar_is_stale_and_says_so(pack: Pack, book: LedgerBook, system: Actor) -> None:
    enter(book, system, "A", "东华门街道", dt.date(2023, 1, 5), day(9, 1))
    (case,) = open_cases(book, dt.date(2023, 1, 6), pack.working_days, read_handling(pack).escalation)
    assert (case.days_late, case.stale) == (1, True)
    (row,) = lateness(book, dt.date(2023, 1, 6), pack.working_days, read_handling(pack).escalation)
    assert row.stale


def test_the_database_agrees_with_a_slow_count(pack: Pack, book: LedgerBook, system: Actor) -> None:
    draw = random.Random(7)
    for number in range(40):
        on = day(draw.randint(1, 6), draw.randint(1, 28))
        enter(book, system, f"N{number}", draw.choice(["东华门街道", "鲁谷街道"]), on + dt.timedelta(days=20), on)
        if draw.random() < 0.6:
            give(book, system, f"N{number}", draw.choice(["东城区政府", "市水务局"]), on + dt.timedelta(days=3))
        if draw.random() < 0.3:
            book.advance("cases", f"N{number}", "reject", system, on + dt.timedelta(days=30), note="不属实")
    for on in (day(3, 1), day(5, 15), day(12, 31)):
        rows = lateness(book, on, pack.working_days, read_handling(pack).escalation)
        entries = [row for row in book.entries("cases", on).rows if row.state in ("raised", "assigned", "accepted")]
        assert sum(row.open for row in rows) == len(entries)
        assert sum(row.late for row in rows) == sum(
            any(pack.working_days.is_working(row.values["due_on"] + dt.timedelta(days=n)) for n in range(1, late + 1))
            for row in entries
            if (late := (on - row.values["due_on"]).days) > 0
        )


def test_lists_are_filtered_cut_and_counted(book: LedgerBook, system: Actor) -> None:
    for number in range(7):
        enter(book, system, f"N{number}", "东华门街道" if number % 2 else "鲁谷街道", day(6, 1), day(5, 1 + number))
    give(book, system, "N3", "市水务局", day(5, 9))
    first = list_cases(book, limit=3)
    assert [row.number for row in first] == ["N6", "N5", "N4"]
    assert [row.number for row in list_cases(book, CaseFilter(after=first[-1].id))] == ["N3", "N2", "N1", "N0"]
    assert [row.number for row in list_cases(book, CaseFilter(unit="市水务局"))] == ["N3"]
    assert [row.number for row in list_cases(book, CaseFilter(since=day(5, 7)))] == ["N6"]
    assert [row.number for row in list_cases(book, CaseFilter(words="散煤 N2"))] == ["N2"]
    assert list_cases(book, CaseFilter(words="%")) == []
    assert list_cases(book, CaseFilter(areas=[])) == []
    assert list_cases(book, CaseFilter(case_class="air_violation")) == []
    counts = count_cases(book, CaseFilter(areas=["110101001"]))
    assert (counts["raised"], counts["assigned"], counts["closed"]) == (2, 1, 0)
