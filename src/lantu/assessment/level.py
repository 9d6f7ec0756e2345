"""The kind `level`: an indicator against a limit, a baseline, or a figure entered later.

Values are compared after rounding to the indicator's decimals (修约值比较法, GB/T 8170-2008, 4.3.3). An incomplete
period gives no verdict: the status stays unknown, `indication` says where the data point, and `remaining` what the
days that are missing would have to be like to turn it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from lantu.assessment.model import Status
from lantu.assessment.verdict import Limit, Verdict, fulfils
from lantu.base import Period, Text, as_decimal, parse_unit, round_half_even, unit_title
from lantu.base.quantities import Quantity

if TYPE_CHECKING:
    from lantu.assessment.projection import Projection
    from lantu.assessment.targets import Targets
    from lantu.indicators import Indicator, IndicatorValue
    from lantu.plan.commitments import LevelCommitment


LIKELY = 0.5
"""From this probability on a commitment under way is on course. Lantu's own choice."""


def external_unit(commitment: Any) -> str | None:
    """The unit of a figure that is set outside the plan; None where the plan itself gives the figure."""
    target = getattr(commitment, "target", None)
    return None if target is None else target.unit


def limit_of(
    commitment: LevelCommitment,
    area: str,
    indicator: Indicator,
    baseline: IndicatorValue | None,
    targets: Targets,
    day: dt.date,
) -> Limit | Text:
    """What the commitment holds the indicator against in one area, or why that is not known.

    Args:
        commitment: of kind `level`.
        area: the area's code.
        indicator: the commitment's indicator.
        baseline: the indicator's value in the baseline period, where the commitment has one.
        targets: figures that were entered.
        day: the day whose rounding holds.
    """
    comparator, tolerance = commitment.comparator, commitment.tolerance
    if commitment.limit is not None:
        value = commitment.limit.quantity.to(indicator.unit).value
        return Limit(value, comparator, Text("计划规定值", "the plan's figure"), tolerance)
    if commitment.baseline is not None:
        wanted = commitment.baseline
        if baseline is None or baseline.value is None or baseline.rounded is None:
            return Text(
                f"无数据：基准期 {wanted.period} 没有数据", f"no data: none for the baseline period {wanted.period}"
            )
        figure = baseline.rounded
        origin = Text(f"基准期（{wanted.period}）的数值", f"the value of {wanted.period}")
        if wanted.change is not None:
            changed = as_decimal(baseline.value) * (1 + wanted.change / 100)
            figure = round_half_even(changed, indicator.decimals_at(day))
            origin = Text(
                f"基准期（{wanted.period}）的数值变化 {wanted.change}%",
                f"the value of {wanted.period} {wanted.change:+}%",
            )
        return Limit(figure, comparator, origin, tolerance, baseline.coverage, baseline.valid)
    target = targets.get(commitment.id, area)
    if target is None:
        unit = external_unit(commitment)
        return Text(
            f"无指标值：由计划之外的文件下达，尚未录入（单位 {unit}）",
            f"no figure: it is set outside the plan and was not entered yet (unit {unit})",
        )
    value = Quantity(target.value, parse_unit(target.unit)).to(indicator.unit).value
    return Limit(value, comparator, Text(target.reference, target.reference), tolerance)


def judge(
    commitment: LevelCommitment,
    period: Period,
    as_of: dt.date,
    indicator: Indicator,
    value: IndicatorValue,
    limit: Limit,
    accept_coverage: float | None = None,
) -> Verdict:
    """The verdict for one area on the day `as_of`.

    Args:
        commitment: of kind `level`.
        period: the commitment's whole period.
        as_of: the day of the verdict; data after it are not looked at.
        indicator: how the value is defined and rounded.
        value: its value over the part of the period that has passed.
        limit: what it is held against.
        accept_coverage: judge a period that has passed although it is incomplete, from this share of days on.
    """
    if value.value is None or value.rounded is None:
        return Verdict(Status.UNKNOWN, value.reason or Text("无数据", "no data"), limit)
    kept = fulfils(value.rounded, limit, commitment.softness)
    if kept is None:
        reason = Text("计划用语有余地，未规定容差", "the plan's wording leaves room and no tolerance is declared")
        return Verdict(Status.UNKNOWN, reason, limit)
    remaining = _remaining(period, indicator, value, limit)
    if as_of < period.end:
        return _under_way(as_of, value, limit, kept, remaining, indicator.statistic)
    status = Status.MET if kept else Status.MISSED
    if value.valid and limit.complete:
        return Verdict(status, Text(f"与{limit.origin.zh}相比", f"against {limit.origin.en}"), limit)
    baseline = Text("基准期数据不全", "the baseline period is incomplete")
    reason = value.reason if not value.valid and value.reason else baseline
    enough = accept_coverage is not None and all(
        share is not None and share >= accept_coverage for share in (value.coverage, limit.coverage)
    )
    if enough:
        accepted = Text(
            f"按声明的最低有效率 {accept_coverage:.0%} 作出结论，低于标准要求：{reason.zh}",
            f"judged by a declared minimum coverage of {accept_coverage:.0%}, below the standard's: {reason.en}",
        )
        return Verdict(status, accepted, limit)
    if not kept and remaining is not None and remaining < 0 and limit.complete:
        certain = Text("数据不全，但无论缺测日如何都已超出", "incomplete, but missed whatever the missing days were")
        return Verdict(Status.MISSED, certain, limit, remaining=remaining)
    return Verdict(
        Status.UNKNOWN, _with_remaining(reason, remaining, value.unit, indicator.statistic), limit, status, remaining
    )


def _under_way(
    as_of: dt.date, value: IndicatorValue, limit: Limit, kept: bool, remaining: Decimal | None, statistic: str
) -> Verdict:
    """The verdict while the period runs: on course, at risk, or already out of reach."""
    if remaining is not None and remaining < 0:
        return Verdict(Status.MISSED, Text("已不可能达到", "can no longer be kept"), limit, remaining=remaining)
    status = Status.ON_COURSE if kept else Status.AT_RISK
    passed = Text(f"至 {as_of} 的数值，与{limit.origin.zh}相比", f"the value up to {as_of} against {limit.origin.en}")
    return Verdict(status, _with_remaining(passed, remaining, value.unit, statistic), limit, remaining=remaining)


def by_projection(verdict: Verdict, seen: Projection) -> Verdict:
    """A verdict under way, with what past seasons say: on course where the figure is more likely kept than not."""
    if verdict.status not in (Status.ON_COURSE, Status.AT_RISK):
        return replace(verdict, probability=seen.probability)
    years = "、".join(str(year) for year in seen.years)
    zh, en = f"{seen.probability:.0%}", f"{seen.probability:.0%}"
    if seen.probability >= 0.995:
        zh, en = "超过 99%", "over 99%"
    elif seen.probability < 0.01:
        zh, en = "不到 1%", "under 1%"
    words = Text(
        f"按 {years} 年同期重抽样，达到的概率{zh}", f"{en} likely by the same season of {years.replace('、', ', ')}"
    )
    return replace(
        verdict,
        status=Status.ON_COURSE if seen.probability >= LIKELY else Status.AT_RISK,
        reason=Text(f"{verdict.reason.zh}；{words.zh}", f"{verdict.reason.en}; {words.en}"),
        probability=seen.probability,
    )


def _remaining(period: Period, indicator: Indicator, value: IndicatorValue, limit: Limit) -> Decimal | None:
    """What the days without a value may average (means) or number (counts) at most; None where that has no meaning.

    For a mean the bound is where the rounded mean still keeps the limit.
    """
    if limit.comparator not in ("<", "<=") or value.value is None:
        return None
    missing = period.days - value.n
    if missing <= 0:
        return None
    if indicator.statistic == "count":
        assert value.rounded is not None
        return limit.value - value.rounded - (1 if limit.comparator == "<" else 0)
    if indicator.statistic == "mean":
        step = Decimal(1).scaleb(-indicator.decimals_at(period.end))
        highest = limit.value - (step if limit.comparator == "<" else 0) + step / 2
        total = highest * period.days - value.value * value.n
        return (total / missing).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)
    return None


def _with_remaining(reason: Text, remaining: Decimal | None, unit: str, statistic: str) -> Text:
    if remaining is None:
        return reason
    if remaining < 0:
        return Text(f"{reason.zh}；其余日无论如何都已超出", f"{reason.en}; the other days can no longer make up for it")
    if statistic == "count":
        return Text(
            f"{reason.zh}；其余日中不得再超过 {remaining} 天",
            f"{reason.en}; at most {remaining} more such days among the rest",
        )
    return Text(
        f"{reason.zh}；其余日平均须不超过 {remaining} {unit_title(unit).zh}",
        f"{reason.en}; the other days must average at most {remaining} {unit_title(unit).en}",
    )
