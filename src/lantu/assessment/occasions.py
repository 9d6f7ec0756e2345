"""The kinds `cadence` and `deliverable`: something happens in every period; a named document is issued by a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.assessment.counting import nothing_entered
from lantu.assessment.ground import DOCUMENTS, Ground, slices
from lantu.assessment.model import Status
from lantu.assessment.verdict import Limit, Used, Verdict
from lantu.base import Period, Text

if TYPE_CHECKING:
    from lantu.ledgers import Entries, Entry

WARNING_DAYS = 30
"""A document that is not even drafted so many days before its deadline is at risk. Lantu's own choice."""


def judge_cadence(ground: Ground, commitment: Any, rule: Any, area: str) -> Verdict:
    """Judge a rhythm in one area: at least one entry in each part of the period that is over."""
    day = ground.judged_day(commitment)
    entries = ground.entries(rule.ledger, day)
    period = ground.pack.period_of(commitment)
    if rule.of_each is not None:
        return _of_each(ground, commitment, rule, area, entries, day)
    rows = entries.of_area(area) if entries is not None else []
    if entries is None or not rows:
        return nothing_entered(rule.ledger, entries)
    simulated = any(row.simulated for row in rows)
    if rule.state is not None:
        rows = entries.select(rule.state, period, rows)
    dated = sorted((entries.happened(row), row.key) for row in rows)
    parts = slices(period, rule.every, rule.interval)
    rest: dict[str, Any] = {
        "n": len(dated),
        "used": tuple(Used(rule.ledger, key, Text(str(d), str(d)), d in period) for d, key in dated),
        "simulated": simulated,
        "versions": ground.versions(entries),
    }
    return _rhythm(ground, commitment, rule, parts, [d for d, _ in dated], day, rest)


def _rhythm(
    ground: Ground,
    commitment: Any,
    rule: Any,
    parts: list[Period],
    days: list[dt.date],
    day: dt.date,
    rest: dict[str, Any],
) -> Verdict:
    running = ground.as_of < ground.due(commitment)
    over = parts if not running else [part for part in parts if part.end <= day]
    kept = [part for part in over if any(d in part for d in days)]
    limit = Limit(Decimal(len(over)), ">=", Text("应有期数", "periods that are over"))
    missing = [part for part in over if part not in kept]
    rest = {**rest, "value": Decimal(len(kept))}
    if rule.every == "periodic":
        count = sum(any(d in part for part in parts) for d in days)
        rest["value"] = Decimal(count)
        limit = Limit(Decimal(1), ">=", Text("计划未定间隔，至少一次", "the plan sets no interval: at least once"))
        reason = Text(
            f"期内 {count} 次；计划只写“定期”，未定间隔", f"{count} in the period; the plan says 'periodically' only"
        )
        if count:
            return Verdict(Status.ON_COURSE if running else Status.MET, reason, limit, **rest)
        return Verdict(
            Status.AT_RISK if running else Status.MISSED, reason, limit, since=None if running else day, **rest
        )
    if missing:
        named = "、".join(label(part) for part in missing[:6]) + ("…" if len(missing) > 6 else "")
        return Verdict(
            Status.MISSED,
            Text(f"缺 {len(missing)} 期：{named}", f"{len(missing)} periods without: {named.replace('、', ', ')}"),
            limit,
            since=missing[0].end,
            **rest,
        )
    done = Text(f"{len(kept)} 期都有", f"one in each of {len(kept)} periods")
    return Verdict(Status.ON_COURSE if running else Status.MET, done, limit, **rest)


def label(part: Period) -> str:
    """A part of a period as a reader names it: 2021-03, 2021-Q2, 2021."""
    first, last = part.start, part.end
    if (first.year, first.month) == (last.year, last.month):
        return first.strftime("%Y-%m")
    if first.year == last.year and last.month - first.month == 2:
        return f"{first.year}-Q{(first.month + 2) // 3}"
    return str(first.year) if first.year == last.year else f"{first.year}..{last.year}"


def _of_each(ground: Ground, commitment: Any, rule: Any, area: str, entries: Entries | None, day: dt.date) -> Verdict:
    """Every entry of a list needs its own occasion in each part: (entry, part) pairs are counted."""
    listed = ground.entries(rule.of_each, day)
    period = ground.pack.period_of(commitment)
    members = listed.of_area(area) if listed is not None else []
    if listed is None or (not members and not ground.nil(rule.of_each, area, period)):
        return nothing_entered(rule.of_each, listed)
    if not members:
        running = ground.as_of < ground.due(commitment)
        reason = Text("没有应覆盖的对象（零报告）", "there is nothing that it would have to cover (nil return)")
        return Verdict(Status.ON_COURSE if running else Status.MET, reason, versions=ground.versions(listed))
    if entries is None:
        return nothing_entered(rule.ledger, None)
    refers = next((f.name for f in entries.ledger.fields if f.ledger == rule.of_each), None)
    assert refers is not None, "checked with the pack"
    days: dict[str, list[dt.date]] = {}
    rows = entries.rows if rule.state is None else entries.select(rule.state, period)
    for row in rows:
        target = row.values.get(refers)
        if target is not None:
            days.setdefault(target, []).append(entries.happened(row))
    running = ground.as_of < ground.due(commitment)
    parts = [part for part in slices(period, rule.every, rule.interval) if not running or part.end <= day]
    needed = hits = 0
    used: list[Used] = []
    first_gap: dt.date | None = None
    for member in members:
        begun = listed.happened(member)
        own = days.get(member.key, [])
        wanted = [part for part in parts if begun <= part.end]
        missing = [part for part in wanted if not any(d in part for d in own)]
        needed += len(wanted)
        hits += len(wanted) - len(missing)
        if missing:
            named = "、".join(label(part) for part in missing[:4])
            used.append(Used(rule.of_each, member.key, Text(f"缺 {named}", f"without {named}"), False))
            first_gap = missing[0].end if first_gap is None else min(first_gap, missing[0].end)
        else:
            used.append(Used(rule.of_each, member.key, COMPLETE, True))
    rest: dict[str, Any] = {
        "value": Decimal(hits),
        "n": len(members),
        "used": tuple(used),
        "simulated": any(row.simulated for row in members),
        "versions": ground.versions(entries, listed),
    }
    limit = Limit(Decimal(needed), ">=", Text("应有次数", "occasions due"))
    if hits < needed:
        return Verdict(
            Status.MISSED,
            Text(f"应有 {needed} 次，缺 {needed - hits} 次", f"{needed - hits} of {needed} are missing"),
            limit,
            since=first_gap,
            **rest,
        )
    return Verdict(
        Status.ON_COURSE if running else Status.MET,
        Text(f"{len(members)} 个对象各期都有", f"complete for all {len(members)}"),
        limit,
        **rest,
    )


COMPLETE = Text("各期都有", "complete")


def judge_deliverable(ground: Ground, commitment: Any, rule: Any, area: str) -> Verdict:
    """Judge a named document: issued by its day, for the area itself, or one for each entry of a list."""
    due = ground.due(commitment)
    entries = ground.entries(DOCUMENTS, ground.as_of)
    if entries is None:
        return nothing_entered(DOCUMENTS, None)
    own = entries.of_area(area)
    if not own:
        return nothing_entered(DOCUMENTS, entries)
    rows = [row for row in entries.by("document").get(rule.document, []) if row.area == area]
    issued: list[tuple[dt.date, Entry]] = []
    states = entries.ledger.states_of("issued")
    for row in rows:
        day = row.values.get("issued_on") or entries.reached(row, states)
        if row.state in states and day is not None and day <= ground.as_of:
            issued.append((day, row))
    wanted = rule.count
    subjects: list[str] | None = None
    if rule.of_each is not None:
        listed = ground.entries(rule.of_each, ground.as_of)
        if listed is None:
            return nothing_entered(rule.of_each, None)
        subjects = [row.key for row in listed.rows]
        wanted = len(subjects)
        issued = [(d, row) for d, row in issued if row.values.get("subject") in subjects]
    in_time = [(d, row) for d, row in issued if d <= due]
    late = [d for d, _ in issued if d > due]
    count = len({row.values.get("subject") for _, row in in_time}) if subjects is not None else len(in_time)
    limit = Limit(Decimal(wanted), ">=", Text("应有份数", "documents asked for"))
    rest: dict[str, Any] = {
        "value": Decimal(count),
        "n": len(rows),
        "used": tuple(Used(DOCUMENTS, row.key, Text(f"{d} 印发", f"issued on {d}"), d <= due) for d, row in issued),
        "simulated": any(row.simulated for row in rows or own),
        "versions": ground.versions(entries),
    }
    if count >= wanted:
        last = max(d for d, _ in in_time)
        return Verdict(Status.MET, Text(f"{last} 印发", f"issued on {last}"), limit, **rest)
    if ground.as_of >= due:
        reason = (
            Text(f"{min(late)} 才印发，过了期限", f"issued only on {min(late)}, after the deadline")
            if late
            else Text("到期未印发", "not issued by the deadline")
        )
        return Verdict(Status.MISSED, reason, limit, since=due, **rest)
    drafted = any(row.state not in states for row in rows)
    left = (due - ground.as_of).days
    if drafted or left > WARNING_DAYS:
        word = Text("起草中", "being drafted") if drafted else Text("尚未起草", "not drafted yet")
        return Verdict(
            Status.ON_COURSE, Text(f"{word.zh}，还有 {left} 天", f"{word.en}, {left} days left"), limit, **rest
        )
    return Verdict(
        Status.AT_RISK, Text(f"尚未起草，只剩 {left} 天", f"not drafted with {left} days left"), limit, **rest
    )
