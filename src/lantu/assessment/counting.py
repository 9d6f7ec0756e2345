"""The kinds `count` and `ratio`: how many entries are in a state, and which share of those that ought to be."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.assessment.ground import Bound, Ground, amount, slices
from lantu.assessment.model import Status
from lantu.assessment.verdict import Limit, Used, Verdict, fulfils, unknown
from lantu.base import Period, Quantity, Text, parse_unit, round_half_even

if TYPE_CHECKING:
    from lantu.ledgers import Entries, Entry

RATIO_DECIMALS = 1
PLAN_FIGURE = Text("计划规定值", "the plan's figure")
COUNTED = Text("计入", "counts")
NOT_COUNTED = Text("未计入", "does not count")


def limit_in(ground: Ground, commitment: Any, stated: Any, area: str, unit: str) -> Limit | None:
    """The figure to reach: the plan's, or the one that was entered; None where none was entered yet."""
    if stated is not None:
        value = stated.quantity.to(unit).value
        return Limit(value, commitment.comparator, PLAN_FIGURE, commitment.tolerance)
    target = ground.targets.get(commitment.id, area)
    if target is None:
        return None
    value = Quantity(target.value, parse_unit(target.unit)).to(unit).value
    return Limit(value, commitment.comparator, Text(target.reference, target.reference), commitment.tolerance)


def nothing_entered(ledger: str, entries: Entries | None) -> Verdict:
    """The answer where a ledger holds nothing for the area: that is not the same as none."""
    title = Text(ledger, ledger) if entries is None else entries.ledger.title
    if entries is None:
        return unknown(f"无数据：台账“{title.zh}”尚无条目", f"no data: the ledger '{title.en}' holds nothing yet")
    return unknown(
        f"无数据：本区域在台账“{title.zh}”中没有条目，也没有零报告",
        f"no data: the area has no entry in the ledger '{title.en}' and no nil return",
    )


def no_figure(unit: str) -> Verdict:
    """The answer where the figure is set outside the plan and was not entered yet."""
    return unknown(
        f"无指标值：由计划之外的文件下达，尚未录入（单位 {unit}）",
        f"no figure: it is set outside the plan and was not entered yet (unit {unit})",
    )


def chosen(entries: Entries, rule: Any, name: str, period: Period, rows: list[Entry], cumulative: bool) -> list[Entry]:
    """The entries of a selection or state that count for a period: since when they belong to it decides."""
    found = entries.select(name, period, rows)
    if cumulative:
        return found
    result = []
    for row in found:
        since = entries.since(name, row)
        if since is None or period.start <= since <= period.end:
            result.append(row)
    return result


def judge_count(ground: Ground, commitment: Any, rule: Any, area: str, only: set[str] | None = None) -> Verdict:
    """Judge a count in one area.

    Args:
        ground: the day and what is known.
        commitment: the commitment, for its head (period, softness, milestones).
        rule: the rule of kind `count`; the commitment itself, or the inner rule of a list.
        area: the area's code.
        only: look only at entries of these keys.
    """
    day = ground.judged_day(commitment)
    entries = ground.entries(rule.ledger, day)
    period = ground.pack.period_of(commitment)
    nil = ground.nil(rule.ledger, area, period)
    rows = entries.of_area(area) if entries is not None else []
    if only is not None:
        rows = [row for row in rows if row.key in only]
    if entries is None or (not rows and not nil):
        return nothing_entered(rule.ledger, entries)
    counted = chosen(entries, rule, rule.state, period, rows, rule.cumulative)
    value = amount(entries, counted, rule.sum_of, rule.unit)
    keys = {row.key for row in counted}
    used = tuple(
        Used(rule.ledger, row.key, COUNTED if row.key in keys else NOT_COUNTED, row.key in keys) for row in rows
    )
    rest = {
        "value": value,
        "n": len(rows),
        "used": used,
        "simulated": any(row.simulated for row in rows),
        "versions": ground.versions(entries),
    }
    if area in rule.quotas:
        limit: Limit | None = Limit(rule.quotas[area], rule.comparator, Text("分区任务数", "the area's own quota"))
    else:
        limit = limit_in(ground, Bound(commitment, rule), rule.quota, area, rule.unit)
    if limit is None:
        return _with(no_figure(rule.unit), **rest)
    return _count_verdict(ground, commitment, rule, limit, value, day, rest)


def _with(verdict: Verdict, **more: Any) -> Verdict:
    from dataclasses import replace

    return replace(verdict, **more)


def _count_verdict(
    ground: Ground, commitment: Any, rule: Any, limit: Limit, value: Decimal, day: dt.date, rest: dict[str, Any]
) -> Verdict:
    due = ground.due(commitment)
    kept = fulfils(value, limit, commitment.softness)
    over = ground.as_of >= due
    rising = limit.comparator in (">", ">=", "=") and not (limit.comparator == "=" and limit.value == 0)
    if kept is None:
        reason = Text("计划用语有余地，未规定容差", "the plan's wording leaves room and no tolerance is declared")
        if over or not rising:
            return Verdict(Status.UNKNOWN, reason, limit, **rest)
        kept = False
    if over:
        return Verdict(
            Status.MET if kept else Status.MISSED,
            Text(f"与{limit.origin.zh}相比", f"against {limit.origin.en}"),
            limit,
            since=None if kept else due,
            **rest,
        )
    if not rising:
        if kept:
            return Verdict(Status.ON_COURSE, Text(f"至 {day} 未超出", f"within it up to {day}"), limit, **rest)
        if rule.cumulative:
            return Verdict(Status.AT_RISK, Text(f"至 {day} 尚未降到", f"not down to it by {day}"), limit, **rest)
        return Verdict(
            Status.MISSED, Text("已超出，不可能达到", "exceeded; can no longer be kept"), limit, since=day, **rest
        )
    if kept:
        return Verdict(Status.MET, Text(f"至 {day} 已完成", f"reached by {day}"), limit, **rest)
    if limit.comparator == "=" and value > limit.value:
        return Verdict(Status.MISSED, Text("已超出规定数", "more than the figure asks"), limit, since=day, **rest)
    share = ground.expected_share(commitment, day)
    expected = round_half_even(limit.value * share, 1)
    pace = round_half_even(value / share, 1) if share and not rule.cumulative else None
    status = Status.ON_COURSE if value >= expected else Status.AT_RISK
    return Verdict(
        status,
        Text(f"按进度至 {day} 应有 {expected}", f"the schedule asks for {expected} by {day}"),
        limit,
        projection=pace,
        **rest,
    )


def judge_ratio(ground: Ground, commitment: Any, rule: Any, area: str) -> Verdict:
    """Judge a share in one area, at the deadline or in every period of its rhythm."""
    day = ground.judged_day(commitment)
    entries = ground.entries(rule.ledger, day)
    period = ground.pack.period_of(commitment)
    nil = ground.nil(rule.ledger, area, period)
    rows = entries.of_area(area) if entries is not None else []
    if entries is None or (not rows and not nil):
        return nothing_entered(rule.ledger, entries)
    limit = limit_in(ground, commitment, rule.limit, area, "%" if rule.unit == "%" else rule.unit)
    if rule.every is not None:
        return _ratio_by_period(ground, commitment, rule, area, limit)
    of = entries.select(rule.of, period, rows)
    if not of:
        done = ground.as_of >= ground.due(commitment)
        reason = Text("没有应覆盖的对象", "there is nothing that it would have to cover")
        return Verdict(
            Status.MET if done else Status.ON_COURSE,
            reason,
            limit,
            n=0,
            versions=ground.versions(entries),
            simulated=any(row.simulated for row in rows),
        )
    covered = entries.select(rule.covered, period, of)
    whole = amount(entries, of, rule.sum_of, _own_unit(entries, rule.sum_of))
    part = amount(entries, covered, rule.sum_of, _own_unit(entries, rule.sum_of))
    keys = {row.key for row in covered}
    rest = {
        "n": len(of),
        "used": tuple(Used(rule.ledger, row.key, _covered(row.key in keys), row.key in keys) for row in of),
        "simulated": any(row.simulated for row in of),
        "versions": ground.versions(entries),
    }
    if whole == 0:
        return unknown("应覆盖的总量未填", "the amount to be covered is not filled in", **rest)
    value, shown = _share(part, whole, rule.unit)
    rest["value"] = shown
    if limit is None:
        return _with(no_figure(rule.unit), **rest)
    return _ratio_verdict(ground, commitment, rule, limit, value, shown, day, rest)


def _own_unit(entries: Entries, sum_of: str | None) -> str:
    declared = entries.ledger.field(sum_of) if sum_of is not None else None
    return declared.unit if declared is not None and declared.unit is not None else "1"


COVERED = Text("已覆盖", "covered")
NOT_COVERED = Text("未覆盖", "not covered")


def _covered(yes: bool) -> Text:
    return COVERED if yes else NOT_COVERED


def _share(part: Decimal, whole: Decimal, unit: str) -> tuple[Decimal, Decimal]:
    """The exact share, and the one that is shown: 99.96 % is not shown, nor judged, as 100."""
    value = part / whole * (100 if unit == "%" else 1)
    decimals = RATIO_DECIMALS if unit == "%" else 3
    shown = round_half_even(value, decimals)
    if shown == round_half_even(Decimal(100 if unit == "%" else 1), decimals) and part != whole:
        shown = Decimal(100 if unit == "%" else 1) - Decimal(1).scaleb(-decimals)
    return value, shown


def _ratio_verdict(
    ground: Ground,
    commitment: Any,
    rule: Any,
    limit: Limit,
    value: Decimal,
    shown: Decimal,
    day: dt.date,
    rest: dict[str, Any],
) -> Verdict:
    kept = fulfils(shown, limit, commitment.softness)
    over = ground.as_of >= ground.due(commitment)
    against = Text(f"与{limit.origin.zh}相比", f"against {limit.origin.en}")
    if kept is None:
        soft = Text("计划用语有余地，未规定容差", "the plan's wording leaves room and no tolerance is declared")
        if over or rule.throughout:
            return Verdict(Status.UNKNOWN, soft, limit, **rest)
        kept = False
    if over:
        return Verdict(
            Status.MET if kept else Status.MISSED,
            against,
            limit,
            since=None if kept else ground.due(commitment),
            **rest,
        )
    up_to = Text(f"至 {day} 的比例，与{limit.origin.zh}相比", f"the share up to {day} against {limit.origin.en}")
    if kept:
        return Verdict(Status.ON_COURSE, up_to, limit, **rest)
    if rule.throughout:
        return Verdict(Status.AT_RISK, up_to, limit, **rest)
    expected = round_half_even(limit.value * ground.expected_share(commitment, day), 1)
    return Verdict(
        Status.ON_COURSE if value >= expected else Status.AT_RISK,
        Text(f"按进度至 {day} 应达 {expected}%", f"the schedule asks for {expected} % by {day}"),
        limit,
        **rest,
    )


def _ratio_by_period(ground: Ground, commitment: Any, rule: Any, area: str, limit: Limit | None) -> Verdict:
    """The share taken anew in every month (quarter ...): each of them has to reach the figure."""
    assert ground.book is not None
    day = ground.judged_day(commitment)
    parts = [part for part in slices(ground.pack.period_of(commitment), rule.every, 1) if part.end <= day]
    running = ground.as_of < ground.due(commitment)
    last = ground.entries(rule.ledger, day)
    used: list[Used] = []
    shares: list[tuple[Period, Decimal, Decimal]] = []
    total = hits = 0
    simulated = False
    for part in parts:
        entries = ground.entries(rule.ledger, part.end)
        assert entries is not None
        of = entries.select(rule.of, part, entries.of_area(area))
        if not of:
            continue
        covered = {row.key for row in entries.select(rule.covered, part, of)}
        total += len(of)
        hits += len(covered)
        simulated = simulated or any(row.simulated for row in of)
        missed = Text(f"{part.start:%Y-%m} 未覆盖", f"not covered in {part.start:%Y-%m}")
        used += [Used(rule.ledger, row.key, missed, False) for row in of if row.key not in covered]
        value, shown = _share(Decimal(len(covered)), Decimal(len(of)), rule.unit)
        shares.append((part, value, shown))
    rest: dict[str, Any] = {
        "n": total,
        "used": tuple(used),
        "simulated": simulated,
        "versions": ground.versions(last),
    }
    if not shares:
        if not parts:
            return Verdict(Status.ON_COURSE, Text("首期未满", "the first period is not over yet"), limit, **rest)
        reason = Text("没有应覆盖的对象", "there is nothing that it would have to cover")
        return Verdict(Status.ON_COURSE if running else Status.MET, reason, limit, **rest)
    rest["value"] = min(shown for _, _, shown in shares)
    if limit is None:
        return _with(no_figure(rule.unit), **rest)
    failed = [part for part, _, shown in shares if fulfils(shown, limit, commitment.softness) is False]
    open_ = [part for part, _, shown in shares if fulfils(shown, limit, commitment.softness) is None]
    if failed:
        named = "、".join(part.start.strftime("%Y-%m") for part in failed[:6])
        return Verdict(
            Status.MISSED,
            Text(
                f"{len(failed)} 期未达到（{named}），共 {total} 次应查，{hits} 次已查",
                f"{len(failed)} periods below it ({named.replace('、', ', ')}); {hits} of {total} done",
            ),
            limit,
            since=failed[0].end,
            **rest,
        )
    if open_:
        reason = Text("计划用语有余地，未规定容差", "the plan's wording leaves room and no tolerance is declared")
        return Verdict(Status.UNKNOWN, reason, limit, **rest)
    return Verdict(
        Status.ON_COURSE if running else Status.MET,
        Text(f"{len(shares)} 期均达到", f"reached in all {len(shares)} periods"),
        limit,
        **rest,
    )
