"""Each kind of commitment by ledgers: met, on course, at risk, missed and unknown, with the day on which it turned."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.assessment.mini import (
    ALERTS,
    CASES,
    DOCUMENTS,
    NIL,
    Mini,
    coded,
    ledger,
    make,
    reference,
    text,
)

from lantu.assessment import Status

END = "2021-12-31"
WORKS = ledger("works")
COUNT = {
    "kind": "count",
    "ledger": "works",
    "state": "done",
    "comparator": ">=",
    "quota": {"value": 3, "unit": "处"},
}


def finished(mini: Mini, *days: str, area: str = "S1") -> None:
    for number, day in enumerate(days):
        mini.enter("works", f"{area}-{number}", area)
        mini.step("works", f"{area}-{number}", "finish", day)


# count ---------------------------------------------------------------------------------------------------------------


def test_a_count_is_met_missed_or_on_its_way(tmp_path: Path) -> None:
    mini = make(tmp_path, COUNT, WORKS)
    finished(mini, "2021-03-01", "2021-06-01", "2021-11-01")
    mini.enter("works", "open", "S2")
    assert mini.judge("2020-12-31").status is Status.UNKNOWN  # not yet begun
    half = mini.judge("2021-07-02")
    # 2 of 3 by the middle of the year: an even pace asks for 1.5
    assert (half.status, half.value, half.limit) == (Status.ON_COURSE, 2, 3)
    assert half.projection == Decimal("4.0")
    behind = mini.judge("2021-10-30")
    assert (behind.status, behind.value) == (Status.AT_RISK, 2)
    assert mini.judge("2021-11-01").status is Status.MET
    assert mini.judge(END).status is Status.MET
    assert mini.judge(END, "C").value == 3


def test_what_comes_after_the_due_day_does_not_count(tmp_path: Path) -> None:
    mini = make(tmp_path, COUNT, WORKS)
    finished(mini, "2021-03-01", "2021-06-01", "2022-01-02")
    row = mini.judge("2022-06-01")
    assert (row.status, row.value, row.since) == (Status.MISSED, 2, dt.date(2021, 12, 31))


def test_what_was_done_the_year_before_counts_only_where_it_is_cumulative(tmp_path: Path) -> None:
    mini = make(tmp_path / "a", COUNT, WORKS)
    mini.enter("works", "old", day="2020-01-01")
    mini.step("works", "old", "finish", "2020-05-01")
    finished(mini, "2021-03-01", "2021-06-01")
    assert (mini.judge(END).status, mini.judge(END).value) == (Status.MISSED, 2)
    stock = make(tmp_path / "b", {**COUNT, "cumulative": True}, WORKS)
    stock.enter("works", "old", day="2020-01-01")
    stock.step("works", "old", "finish", "2020-05-01")
    finished(stock, "2021-03-01", "2021-06-01")
    assert stock.judge(END).status is Status.MET


def test_nothing_entered_is_not_none(tmp_path: Path) -> None:
    mini = make(tmp_path, COUNT, WORKS, NIL)
    assert mini.judge(END).status is Status.UNKNOWN
    finished(mini, "2021-03-01", "2021-06-01", "2021-07-01")
    empty = mini.judge(END, "D2")
    assert (empty.status, empty.value) == (Status.UNKNOWN, None)
    assert "nil return" in empty.reason.en
    mini.nil("works", "D2")
    nil = mini.judge(END, "D2")
    assert (nil.status, nil.value) == (Status.MISSED, 0)


def test_an_area_has_its_own_quota(tmp_path: Path) -> None:
    quotas = {"D": 1, "D2": 2}
    mini = make(tmp_path, {**COUNT, "quotas": quotas}, WORKS)
    finished(mini, "2021-03-01", "2021-06-01")
    mini.enter("works", "other", "D2")
    assert (mini.judge(END, "D").status, mini.judge(END, "D").limit) == (Status.MET, 1)
    assert (mini.judge(END, "D2").status, mini.judge(END, "D2").limit) == (Status.MISSED, 2)
    assert (mini.judge(END, "C").status, mini.judge(END, "C").limit) == (Status.MISSED, 3)


def test_an_amount_is_added_up_in_the_quotas_unit(tmp_path: Path) -> None:
    rule = {**COUNT, "sum_of": "length", "quota": {"value": 3000, "unit": "米"}}
    mini = make(tmp_path, rule, WORKS)
    for number, length in enumerate(("1.5", "1.5")):
        mini.enter("works", str(number), length=length)
        mini.step("works", str(number), "finish", "2021-05-01")
    assert (mini.judge(END).value, mini.judge(END).status) == (3000, Status.MET)


def test_a_stock_that_has_to_vanish(tmp_path: Path) -> None:
    rule = {**COUNT, "state": "open", "comparator": "<=", "quota": {"value": 0, "unit": "处"}, "cumulative": True}
    mini = make(tmp_path, rule, WORKS)
    finished(mini, "2021-03-01", "2021-09-01")
    assert mini.judge("2021-06-01").status is Status.AT_RISK
    assert mini.judge("2021-10-01").status is Status.ON_COURSE
    assert mini.judge(END).status is Status.MET


@pytest.mark.parametrize(("tolerance", "status"), [(None, Status.UNKNOWN), (1, Status.MET), (0, Status.MISSED)])
def test_basically_needs_a_declared_tolerance(tmp_path: Path, tolerance: int | None, status: Status) -> None:
    rule = {**COUNT, "softness": "basically", **({} if tolerance is None else {"tolerance": tolerance})}
    mini = make(tmp_path, rule, WORKS)
    finished(mini, "2021-03-01", "2021-09-01")
    row = mini.judge(END)
    assert (row.status, row.soft) == (status, "basically")


def test_milestones_replace_the_even_pace(tmp_path: Path) -> None:
    rule = {**COUNT, "milestones": [{"by": dt.date(2021, 9, 30), "percent": 60}]}
    mini = make(tmp_path, rule, WORKS)
    finished(mini, "2021-11-01")
    mini.enter("works", "open")
    assert mini.judge("2021-09-29").status is Status.ON_COURSE  # nothing is asked before the milestone
    assert mini.judge("2021-09-30").status is Status.AT_RISK


# ratio ---------------------------------------------------------------------------------------------------------------

RATIO = {
    "kind": "ratio",
    "ledger": "works",
    "covered": "done",
    "of": "every",
    "comparator": ">=",
    "limit": {"value": 70, "unit": "%"},
}


def test_a_share_to_be_reached_by_the_deadline(tmp_path: Path) -> None:
    mini = make(tmp_path, RATIO, WORKS)
    finished(mini, "2021-02-01", "2021-05-01", "2021-12-01")
    mini.enter("works", "open", "S2")
    assert (mini.judge("2021-06-30").value, mini.judge("2021-06-30").status) == (50, Status.ON_COURSE)
    assert mini.judge("2021-11-30").status is Status.AT_RISK
    end = mini.judge(END)
    assert (end.value, end.status, end.n) == (75, Status.MET, 4)


def test_a_share_that_has_to_hold_throughout(tmp_path: Path) -> None:
    rule = {**RATIO, "covered": "electric", "limit": {"value": 100, "unit": "%"}, "throughout": True}
    mini = make(tmp_path, rule, WORKS)
    mini.enter("works", "1", electric="是")
    assert mini.judge("2021-06-30").status is Status.ON_COURSE
    mini.enter("works", "2", day="2021-07-01", electric="否")
    assert mini.judge("2021-07-02").status is Status.AT_RISK
    assert (mini.judge(END).status, mini.judge(END).value) == (Status.MISSED, 50)


def test_a_share_just_below_all_is_not_rounded_to_all(tmp_path: Path) -> None:
    mini = make(tmp_path, {**RATIO, "covered": "electric", "limit": {"value": 100, "unit": "%"}}, WORKS)
    from tests.assessment.mini import WHO

    from lantu.ledgers import import_sheet

    lines = [f"{n},S1,{'否' if n == 7 else '是'},2021-01-05" for n in range(1, 3001)]
    path = tmp_path / "in.csv"
    path.write_text("number,area,electric,day\n" + "\n".join(lines), encoding="utf-8")
    assert import_sheet(mini.book, "works", path, WHO).entered == 3000
    row = mini.judge(END)
    assert (row.value, row.status) == (Decimal("99.9"), Status.MISSED)


def test_where_nothing_has_to_be_covered(tmp_path: Path) -> None:
    mini = make(tmp_path, {**RATIO, "of": "electric"}, WORKS)
    mini.enter("works", "1", electric="否")
    row = mini.judge(END)
    assert (row.status, row.value) == (Status.MET, None)
    assert "nothing" in row.reason.en


def test_every_site_is_checked_every_month(tmp_path: Path) -> None:
    sites = ledger("works")
    sites["selections"] = {**sites["selections"], "checked": {"title": text("checked"), "related": [CHECKED]}}
    rule = {**RATIO, "covered": "checked", "of": "open", "limit": {"value": 100, "unit": "%"}, "every": "month"}
    mini = make(tmp_path, rule, sites, reference("checks", "works"))
    mini.enter("works", "a")
    mini.enter("works", "b", day="2021-02-10")
    for number, (about, on) in enumerate(
        [("a", "2021-01-20"), ("a", "2021-02-20"), ("b", "2021-02-28"), ("a", "2021-03-02"), ("a", "2021-03-09")]
    ):
        mini.enter("checks", str(number), day=on, about=about, on=on)
    assert mini.judge("2021-03-30").status is Status.ON_COURSE  # March is not over
    row = mini.judge("2021-04-01")
    assert (row.status, row.value, row.since) == (Status.MISSED, 50, dt.date(2021, 3, 31))
    assert "2021-03" in row.reason.en


CHECKED = {"ledger": "checks", "field": "about"}


# cadence -------------------------------------------------------------------------------------------------------------


def test_one_in_every_quarter(tmp_path: Path) -> None:
    mini = make(tmp_path, {"kind": "cadence", "every": "quarter", "ledger": "works"}, WORKS)
    for number, on in enumerate(("2021-02-01", "2021-05-01", "2021-11-01")):
        mini.enter("works", str(number), day=on, on=on)
    assert mini.judge("2021-08-01").status is Status.ON_COURSE
    row = mini.judge("2021-10-01")
    assert (row.status, row.value, row.limit, row.since) == (Status.MISSED, 2, 3, dt.date(2021, 9, 30))
    assert row.reason.en == "1 periods without: 2021-Q3"
    assert mini.judge(END, "D2").status is Status.UNKNOWN


def test_for_each_of_a_list(tmp_path: Path) -> None:
    rule = {"kind": "cadence", "every": "month", "ledger": "samples", "of_each": "works"}
    mini = make(tmp_path, {**rule, "period": "2021-04..2021-05"}, WORKS, reference("samples", "works"))
    mini.enter("works", "a", day="2021-01-01", on="2021-01-01")
    mini.enter("works", "b", day="2021-05-02", on="2021-05-02")
    assert mini.judge("2021-06-01").status is Status.UNKNOWN  # no sample was ever entered
    for number, (about, on) in enumerate([("a", "2021-04-10"), ("a", "2021-05-10"), ("b", "2021-05-20")]):
        mini.enter("samples", str(number), day=on, about=about, on=on)
    row = mini.judge("2021-06-01")
    assert (row.status, row.value, row.limit, row.n) == (Status.MET, 3, 3, 2)  # b was not there in April
    mini.enter("works", "c", day="2021-04-01", on="2021-04-01")
    row = mini.judge("2021-06-01")
    assert (row.status, row.value, row.limit, row.since) == (Status.MISSED, 3, 5, dt.date(2021, 4, 30))


def test_periodically_without_an_interval_asks_for_at_least_one(tmp_path: Path) -> None:
    mini = make(tmp_path, {"kind": "cadence", "every": "periodic", "ledger": "works"}, WORKS)
    mini.enter("works", "old", day="2020-06-01", on="2020-06-01")
    assert mini.judge("2021-06-01").status is Status.AT_RISK
    assert mini.judge(END).status is Status.MISSED
    mini.enter("works", "new", day="2021-06-01", on="2021-06-01")
    assert mini.judge(END).status is Status.MET


# deliverable ---------------------------------------------------------------------------------------------------------

DOCUMENT = {"kind": "deliverable", "document": "master_plan", "due": dt.date(2021, 6, 30), "areas": ["C"]}


def test_a_document_in_time_and_late(tmp_path: Path) -> None:
    mini = make(tmp_path, DOCUMENT, DOCUMENTS)
    assert mini.judge("2021-02-01", "C").status is Status.UNKNOWN
    mini.enter("documents", "0", "C", document="other")
    assert mini.judge("2021-02-01", "C").status is Status.ON_COURSE
    assert mini.judge("2021-06-15", "C").status is Status.AT_RISK
    mini.enter("documents", "1", "C", "2021-06-20", document="master_plan", issued_on="2021-07-05")
    assert mini.judge("2021-06-25", "C").status is Status.ON_COURSE  # being drafted
    mini.step("documents", "1", "issue", "2021-07-05")
    late = mini.judge("2021-08-01", "C")
    assert (late.status, late.since) == (Status.MISSED, dt.date(2021, 6, 30))
    assert "2021-07-05" in late.reason.en
    mini.enter("documents", "2", "C", "2021-06-29", document="master_plan", issued_on="2021-06-29")
    mini.step("documents", "2", "issue", "2021-06-29")
    assert mini.judge("2021-08-01", "C").status is Status.MET


def test_a_districts_document_is_not_the_citys(tmp_path: Path) -> None:
    mini = make(tmp_path, {**DOCUMENT, "areas": ["C", "D"]}, DOCUMENTS)
    mini.enter("documents", "1", "D", document="master_plan", issued_on="2021-03-01")
    mini.step("documents", "1", "issue", "2021-03-01")
    assert mini.judge(END, "D").status is Status.MET
    assert mini.judge(END, "C").status is Status.UNKNOWN


def test_one_document_for_each_of_a_list(tmp_path: Path) -> None:
    mini = make(tmp_path, {**DOCUMENT, "of_each": "works"}, DOCUMENTS, WORKS)
    mini.enter("works", "a")
    mini.enter("works", "b")
    for number, subject in enumerate(("a", "a", "b")):
        row = mini.judge("2021-06-30", "C")
        assert row.status is (Status.UNKNOWN if number == 0 else Status.MISSED)
        mini.enter("documents", str(number), "C", document="master_plan", subject=subject, issued_on="2021-03-01")
        mini.step("documents", str(number), "issue", "2021-03-01")
    row = mini.judge("2021-06-30", "C")
    assert (row.status, row.value, row.limit) == (Status.MET, 2, 2)


# closure and absence -------------------------------------------------------------------------------------------------

PATROLS = coded("patrols", "kind", ["spill"], {"done": {"title": text("done"), "initial": True}}, [])
WATCH = {"ledger": "patrols", "every": "month"}
CLOSURE = {"kind": "closure", "cases": "spill", "unit": "起", "within": {"value": 10, "unit": "天"}, "watch": WATCH}
ABSENCE = {"kind": "absence", "event": "spill", "unit": "起", "watch": WATCH}


def patrolled(mini: Mini, months: int, area: str = "S1") -> None:
    for month in range(1, months + 1):
        day = f"2021-{month:02d}-15"
        mini.enter("patrols", f"{area}-{month}", area, day, on=day, kind="spill")


def spill(mini: Mini, number: str, on: str, closed: str | None = None, **more: Any) -> None:
    mini.enter("cases", number, "S1", on, case_class="spill", on=on, **more)
    if closed:
        mini.step("cases", number, "close", closed)


def test_every_case_closed_in_time(tmp_path: Path) -> None:
    mini = make(tmp_path, CLOSURE, CASES, PATROLS)
    patrolled(mini, 12)
    assert mini.judge("2021-06-30").status is Status.ON_COURSE
    spill(mini, "1", "2021-03-01", "2021-03-11")
    assert mini.judge(END).status is Status.MET
    spill(mini, "2", "2021-12-28")
    assert mini.judge(END).status is Status.AT_RISK  # open, but its ten days are not over
    assert mini.judge("2022-02-01").status is Status.MISSED
    spill(mini, "3", "2021-05-01", "2021-05-12")
    row = mini.judge("2021-06-30")
    assert (row.status, row.since, row.value) == (Status.MISSED, dt.date(2021, 5, 11), 1)


def test_no_case_proves_nothing_where_nobody_looked(tmp_path: Path) -> None:
    mini = make(tmp_path, ABSENCE, CASES, PATROLS, NIL)
    assert mini.judge(END).status is Status.UNKNOWN
    patrolled(mini, 11)
    row = mini.judge(END)
    assert (row.status, row.indication) == (Status.UNKNOWN, Status.MET)
    assert mini.judge("2021-12-15").status is Status.ON_COURSE  # eleven finished months were watched
    patrolled_december = {"number": "S1-12", "kind": "spill", "on": "2021-12-30"}
    mini.enter("patrols", patrolled_december.pop("number"), "S1", "2021-12-30", **patrolled_december)
    assert mini.judge(END).status is Status.MET
    mini.nil("spill", "D2")
    assert mini.judge(END, "D2").status is Status.MET
    assert mini.judge(END, "C").status is Status.MET  # the patrols within the city


def test_one_event_is_a_miss_from_its_day_on(tmp_path: Path) -> None:
    mini = make(tmp_path, {**ABSENCE, "window": "2021-06..2021-09"}, CASES, PATROLS)
    patrolled(mini, 12)
    spill(mini, "0", "2021-05-31")
    assert mini.judge("2021-05-31").reason.en == "not yet begun"
    assert mini.judge("2021-08-01").status is Status.ON_COURSE
    spill(mini, "1", "2021-08-02")
    spill(mini, "2", "2021-08-03")
    mini.step("cases", "1", "reject", "2021-08-20")
    assert mini.judge("2021-08-10").since == dt.date(2021, 8, 2)
    row = mini.judge(END)
    assert (row.status, row.value, row.since) == (Status.MISSED, 1, dt.date(2021, 8, 3))


def test_only_during_an_alert(tmp_path: Path) -> None:
    mini = make(tmp_path, {**ABSENCE, "during": "red_alert"}, CASES, PATROLS, ALERTS)
    spill(mini, "1", "2021-03-03")
    assert mini.judge(END).status is Status.UNKNOWN  # nobody knows of alerts
    mini.enter("alerts", "a", "C", "2021-03-03", level="blue", begins_on="2021-03-03", ends_on="2021-03-04")
    assert (mini.judge(END).status, "no such alert" in mini.judge(END).reason.en) == (Status.MET, True)
    mini.enter("alerts", "b", "C", "2021-03-03", level="red", begins_on="2021-03-03", ends_on="2021-03-04")
    assert mini.judge(END).status is Status.MISSED


# each ----------------------------------------------------------------------------------------------------------------


def test_every_member_of_a_named_list(tmp_path: Path) -> None:
    members = [{"name": {"zh": "一厂", "en": "Plant 1"}, "area": "D"}, {"name": {"zh": "二厂", "en": "Plant 2"}}]
    inner = {**COUNT, "quota": {"value": 1, "unit": "处"}}
    mini = make(tmp_path, {"kind": "each", "members": members, "unit": "处", "inner": inner}, WORKS)
    mini.enter("works", "一厂")
    mini.enter("works", "二厂")
    mini.step("works", "一厂", "finish", "2021-04-01")
    row = mini.judge(END)
    assert (row.status, row.value, row.limit) == (Status.MISSED, 1, 2)
    assert "Plant 2: missed" in row.reason.en
    mini.step("works", "二厂", "finish", "2021-05-01")
    assert mini.judge(END).status is Status.MET
    assert mini.judge(END, "D2").status is Status.UNKNOWN


def test_a_figure_that_is_set_elsewhere(tmp_path: Path) -> None:
    rule = {key: value for key, value in COUNT.items() if key != "quota"}
    mini = make(tmp_path, {**rule, "target": {"unit": "处", "external": True}}, WORKS)
    finished(mini, "2021-03-01")
    row = mini.judge(END)
    assert (row.status, row.value, row.limit) == (Status.UNKNOWN, 1, None)
    assert "set outside the plan" in row.reason.en
