"""The kind `level` over its areas: the indicator's values, those of the baseline, and what they are held against."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lantu.assessment.ground import Ground
from lantu.assessment.level import by_projection, judge, limit_of
from lantu.assessment.model import BothWays, Status
from lantu.assessment.projection import Past, project
from lantu.assessment.verdict import Limit, Verdict
from lantu.base import Period, Text
from lantu.indicators import Exclusion, Indicator, IndicatorValue, compute, exclusions_in_effect, get_indicator


@dataclass(slots=True)
class LevelJudgement:
    """What verdicts by an indicator were made of, target by target."""

    indicator: Indicator
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    values: dict[str, IndicatorValue] = field(default_factory=dict)
    baselines: dict[str, IndicatorValue] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    judged_period: Period | None = None
    exclusions: tuple[Exclusion, ...] = ()
    """Those in effect in the judged period."""
    baseline_period: Period | None = None

    def verdict(self, index: int) -> Verdict:
        return list(self.verdicts.values())[index]


def judge_level(
    ground: Ground, commitment: Any, targets: Sequence[str], among: Collection[str] | None = None
) -> LevelJudgement:
    """Judge an indicator for areas or named objects.

    Args:
        ground: the day and what is known.
        commitment: of kind `level`, or the inner rule of a list bound to its commitment.
        targets: codes of areas, or names of objects.
        among: give verdicts only on these of them; their figures are read and kept together all the same.

    Raises:
        LantuError: no target of that name, or a period for which the indicator is not defined.
    """
    pack, as_of = ground.pack, ground.as_of
    indicator = get_indicator(commitment.indicator)
    period = pack.period_of(commitment)
    result = LevelJudgement(indicator)
    if as_of < period.start:
        for target in targets:
            result.verdicts[target] = Verdict(Status.UNKNOWN, Text("尚未开始", "not yet begun"))
        return result
    result.judged_period = period if as_of >= period.end else Period.between(period.start, as_of)

    if result.judged_period.kind not in indicator.periods:
        whole = Text("该指标只在整个时期结束后才有数值", "the indicator has a value only when the whole period is over")
        result.verdicts = {target: Verdict(Status.UNKNOWN, whole) for target in targets}
        return result

    def in_effect(span: Period) -> tuple[Exclusion, ...]:
        return exclusions_in_effect(ground.book, indicator.family.datasets, span, as_of)

    def values(span: Period, left_out: Sequence[Exclusion] = ()) -> dict[str, IndicatorValue]:
        found = compute(
            ground.lake, pack.sites, pack.areas, indicator.name, list(targets), span, book=ground.book,
            left_out=left_out,
        )  # fmt: skip
        return dict(zip(targets, found, strict=True))

    result.exclusions = in_effect(result.judged_period)
    measured = values(result.judged_period)
    left_out = values(result.judged_period, result.exclusions) if result.exclusions else {}
    leaving = commitment.leave_out_excluded
    result.values = left_out if leaving and left_out else measured
    if commitment.baseline is not None:
        result.baseline_period = Period.parse(commitment.baseline.period, pack.seasons)
        result.baselines = values(result.baseline_period, in_effect(result.baseline_period) if leaving else ())
    past = Past(ground, indicator, targets, period)
    for target in targets:
        if among is not None and target not in among:
            continue
        value = result.values[target]
        baseline = result.baselines.get(target)
        limit = limit_of(commitment, target, indicator, baseline, ground.targets, period.end)
        if isinstance(limit, Text):
            nothing = value.value is None and value.reason is not None
            verdict = Verdict(Status.UNKNOWN, value.reason if nothing and value.reason else limit)
        else:
            result.limits[target] = limit
            verdict = judge(commitment, period, as_of, indicator, value, limit, ground.accept_coverage)
            seed = f"{commitment.id}|{target}|{as_of}"
            seen = project(past.of(target), period, as_of, indicator, value, limit, seed, commitment.softness)
            if seen is not None:
                verdict = by_projection(verdict, seen)
        unverified = dict.fromkeys([*value.unverified, *(baseline.unverified if baseline else ())])
        result.verdicts[target] = replace(
            verdict,
            value=value.rounded,
            n=None if value.value is None else value.n,
            coverage=None if value.value is None else value.coverage,
            since=period.end if verdict.status is Status.MISSED and as_of >= period.end else verdict.since,
            simulated=value.simulated,
            versions={**value.versions, **ground.versions(ground.entries("exclusions", as_of))}
            if result.exclusions
            else value.versions,
            unverified=tuple(unverified),
            both_ways=BothWays(
                measured[target].rounded, left_out[target].rounded, tuple(each.number for each in result.exclusions)
            )
            if left_out
            else None,
        )
    return result
