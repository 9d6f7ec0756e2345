"""The kinds `closure` and `absence`: every case of a class is closed in time; no case of a class happens at all."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.assessment.counting import nothing_entered
from lantu.assessment.ground import ALERTS, CASES, Ground
from lantu.assessment.model import Status
from lantu.assessment.verdict import Limit, Used, Verdict
from lantu.base import Period, Text

if TYPE_CHECKING:
    from lantu.ledgers import Entries, Entry

NONE_LEFT = Text("应为零", "none may be left")
BEING_HANDLED = Text("办理中，未逾期", "being handled, not overdue")
NONE_AT_ALL = Text("不得发生", "none may happen")


def _cases(ground: Ground, entries: Entries, case_class: str, area: str, period: Period) -> list[tuple[dt.date, Entry]]:
    """The cases of a class in an area that proved true and happened by the end of a period, oldest first."""

    def by_area() -> dict[str, list[tuple[dt.date, Entry]]]:
        rows = entries.by("case_class").get(case_class, [])
        happened = [(entries.happened(row), row) for row in entries.select("established", period, rows)]
        found: dict[str, list[tuple[dt.date, Entry]]] = {}
        above: dict[str, list[str]] = {}
        for pair in sorted(happened, key=lambda pair: (pair[0], pair[1].key)):
            code = pair[1].area
            if code not in above:
                upper = entries.areas.ancestors(code) if code in entries.areas else []
                above[code] = [code, *(each.code for each in upper)]
            for each in above[code]:
                found.setdefault(each, []).append(pair)
        return found

    same_class = ground.once(("cases", case_class, entries.day), by_area).get(area, [])
    return same_class[: bisect_right(same_class, period.end, key=lambda pair: pair[0])]


def judge_closure(ground: Ground, commitment: Any, rule: Any, area: str) -> Verdict:
    """Judge a closed loop in one area: every case closed, in time where a time is set."""
    period = ground.pack.period_of(commitment)
    so_far = period.until(min(ground.as_of, period.end))
    running = ground.as_of < ground.due(commitment)
    entries = ground.entries(CASES, ground.as_of)
    cases = _cases(ground, entries, rule.cases, area, so_far) if entries is not None else []
    limit = Limit(Decimal(0), "=", NONE_LEFT)
    if not cases:
        return _none_found(ground, rule, rule.cases, area, so_far, running, entries, limit)
    assert entries is not None
    closed_states = entries.ledger.states_of("closed")
    days = None if rule.within is None else int(rule.within.quantity.to("天").value)
    used: list[Used] = []
    late: list[dt.date] = []
    still_open = 0
    on_day: dict[dt.date, Text] = ground.once(("closed on",), dict)
    for occurred, row in cases:
        closed = entries.reached(row, closed_states)
        if closed is not None and closed < so_far.start:
            continue  # closed before the period began
        due = occurred + dt.timedelta(days=days) if days is not None else row.values.get("due_on")
        if due is None and not running:
            due = period.end
        if closed is not None and (due is None or closed <= due):
            said = on_day.get(closed) or on_day.setdefault(closed, Text(f"{closed} 销号", f"closed on {closed}"))
            used.append(Used(CASES, row.key, said, True))
        elif (due is not None and due < (closed or ground.as_of)) or (due == ground.as_of and not running):
            late.append(due)
            word = (
                Text(f"应于 {due} 前销号，{closed} 才销号", f"due on {due}, closed only on {closed}")
                if closed
                else Text(f"应于 {due} 前销号，尚未销号", f"due on {due}, still open")
            )
            used.append(Used(CASES, row.key, word, False))
        else:
            still_open += 1
            used.append(Used(CASES, row.key, BEING_HANDLED, False))
    rest: dict[str, Any] = {
        "n": len(used),
        "value": Decimal(len(late) + still_open),
        "used": tuple(used),
        "simulated": any(row.simulated for _, row in cases),
        "versions": ground.versions(entries),
    }
    if late:
        return Verdict(
            Status.MISSED,
            Text(f"{len(used)} 件中 {len(late)} 件逾期", f"{len(late)} of {len(used)} overdue"),
            limit,
            since=min(late),
            **rest,
        )
    if still_open:
        reason = Text(
            f"{len(used)} 件中 {still_open} 件办理中，均未逾期", f"{still_open} of {len(used)} open, none overdue"
        )
        return Verdict(Status.ON_COURSE if running else Status.AT_RISK, reason, limit, **rest)
    reason = Text(f"{len(used)} 件全部销号", f"all {len(used)} closed")
    return Verdict(Status.ON_COURSE if running else Status.MET, reason, limit, **rest)


def judge_absence(ground: Ground, commitment: Any, rule: Any, area: str) -> Verdict:
    """Judge a prohibition in one area: no case of the class in the window, in alerts only where the rule says so."""
    pack = ground.pack
    period = pack.period_of(commitment) if rule.window is None else Period.parse(rule.window, pack.seasons)
    if ground.as_of < period.start:
        return Verdict(Status.UNKNOWN, Text("尚未开始", "not yet begun"))
    so_far = period.until(min(ground.as_of, period.end))
    running = ground.as_of < period.end
    entries = ground.entries(CASES, ground.as_of)
    cases = _cases(ground, entries, rule.event, area, so_far) if entries is not None else []
    cases = [(day, row) for day, row in cases if day >= period.start]
    alerts: Entries | None = None
    if rule.during is not None:
        alerts = ground.entries(ALERTS, ground.as_of)
        spans = _alerts(alerts, rule.during, so_far) if alerts is not None else None
        if spans is None:
            return nothing_entered(ALERTS, None)
        cases = [(day, row) for day, row in cases if any(first <= day <= last for first, last in spans)]
        if not spans:
            return Verdict(
                Status.ON_COURSE if running else Status.MET,
                Text("期内没有这类预警", "there was no such alert"),
                Limit(Decimal(0), "=", NONE_AT_ALL),
                value=Decimal(0),
                n=0,
                simulated=alerts is not None and alerts.is_simulated,
                versions=ground.versions(alerts, entries),
            )
    limit = Limit(Decimal(0), "=", NONE_AT_ALL)
    if not cases:
        return _none_found(ground, rule, rule.event, area, so_far, running, entries, limit)
    first = cases[0][0]
    return Verdict(
        Status.MISSED,
        Text(f"{len(cases)} 起，第一起在 {first}", f"{len(cases)}, the first on {first}"),
        limit,
        since=first,
        value=Decimal(len(cases)),
        n=len(cases),
        used=tuple(Used(CASES, row.key, Text(str(day), str(day)), False) for day, row in cases),
        simulated=any(row.simulated for _, row in cases),
        versions=ground.versions(entries, alerts),
    )


def _alerts(alerts: Entries, name: str, period: Period) -> list[tuple[dt.date, dt.date]]:
    found = []
    for row in alerts.select(name, period):
        first = row.values["begins_on"]
        last = row.values.get("ends_on") or period.end
        if first <= period.end and last >= period.start:
            found.append((first, last))
    return found


def _none_found(
    ground: Ground,
    rule: Any,
    case_class: str,
    area: str,
    so_far: Period,
    running: bool,
    entries: Entries | None,
    limit: Limit,
) -> Verdict:
    """No case on record: that means none only where somebody looked."""
    watch = rule.watch
    looked = ground.entries(watch.ledger, so_far.end) if watch is not None else None
    rest: dict[str, Any] = {
        "n": 0,
        "simulated": any(each is not None and each.is_simulated for each in (entries, looked)),
        "versions": ground.versions(entries, looked),
    }
    status = Status.ON_COURSE if running else Status.MET
    complete = so_far if not running else _whole_part(so_far, watch)
    if complete is None or ground.watched(watch, case_class, area, complete):
        return Verdict(status, Text("有巡查记录，未发现", "watched, and none found"), limit, value=Decimal(0), **rest)
    title = Text("", "") if looked is None else looked.ledger.title
    missing = (
        Text(f"台账“{title.zh}”没有连续记录", f"the ledger '{title.en}' is not complete")
        if looked is not None
        else Text("没有巡查记录或零报告", "there is no record of checks and no nil return")
    )
    return Verdict(
        Status.UNKNOWN,
        Text(
            f"没有问题记录，但{missing.zh}，不能断定没有", f"no case on record, but {missing.en}: that proves nothing"
        ),
        limit,
        indication=status if entries is not None or looked is not None else None,
        **rest,
    )


def _whole_part(so_far: Period, watch: Any) -> Period | None:
    """While the period runs, the watch is asked of its finished parts only."""
    from lantu.assessment.ground import slices

    if watch is None or watch.every == "periodic":
        return so_far
    months = {"month": 1, "quarter": 3, "year": 12}[watch.every]
    done = [part for part in slices(so_far, "month", 1) if part.end == _month_end(part.end)]
    done = done[: len(done) - len(done) % months]
    return Period.between(so_far.start, done[-1].end) if done else None


def _month_end(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
