"""Judge every commitment of a pack in each of its areas on one day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.assessment.level import Limit, Verdict, external_unit, judge, limit_of
from lantu.assessment.model import Assessment, AssessmentRow, Clocks, Status
from lantu.assessment.targets import Targets
from lantu.base import LantuError, Period, Text
from lantu.indicators import Indicator, IndicatorValue, compute, get_indicator, units_of_indicators

if TYPE_CHECKING:
    from lantu.lake import Lake
    from lantu.plan.commitments import Commitment, LevelCommitment
    from lantu.plan.packs import Pack

NOTHING_DECLARED = Text("尚无填报", "nothing reported")


@dataclass(slots=True)
class Judgement:
    """What a verdict was made of, for one commitment in all its areas; the explanation reads it."""

    commitment: Commitment
    period: Period
    rows: list[AssessmentRow]
    indicator: Indicator | None = None
    values: dict[str, IndicatorValue] = field(default_factory=dict)
    baselines: dict[str, IndicatorValue] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    judged_period: Period | None = None
    baseline_period: Period | None = None


def assess(
    pack: Pack,
    lake: Lake,
    as_of: dt.date,
    targets: Targets | None = None,
    accept_coverage: float | None = None,
) -> Assessment:
    """The verdicts on all commitments of a pack.

    Args:
        pack: what was promised.
        lake: what was measured.
        as_of: the day of the verdict; data after it are not looked at.
        targets: figures set outside the plan that were entered.
        accept_coverage: judge incomplete periods from this share (0 to 1) of valid days on; said in every verdict.

    Raises:
        LantuError: `accept_coverage` is no share, or a commitment of the pack cannot be read.
    """
    if accept_coverage is not None and not 0 < accept_coverage <= 1:
        raise LantuError(
            Text("有效率应在 0 与 1 之间", "the coverage must lie between 0 and 1"),
            mend=Text("如 0.75", "e.g. 0.75"),
        )
    rows: list[AssessmentRow] = []
    for commitment in pack.commitments.values():
        rows += judgement(pack, lake, commitment, as_of, targets or Targets([]), accept_coverage).rows
    versions: dict[str, Any] = {"pack": pack.id, "lantu": _code_version()}
    for row in rows:
        versions.update({name: value for name, value in row.versions.items() if name != "lantu"})
    return Assessment(pack.id, as_of, tuple(rows), any(row.simulated for row in rows), versions)


def _code_version() -> str:
    from lantu.indicators.cache import code_version

    return code_version()


def judgement(
    pack: Pack,
    lake: Lake,
    commitment: Commitment,
    as_of: dt.date,
    targets: Targets,
    accept_coverage: float | None = None,
) -> Judgement:
    """Judge one commitment in all its areas, keeping what the verdicts rest on."""
    period = pack.period_of(commitment)
    result = Judgement(commitment, period, [])
    areas = pack.areas_of(commitment)
    if commitment.kind == "level" and commitment.indicator in units_of_indicators():
        _judge_level(pack, lake, result, commitment, areas, as_of, targets, accept_coverage)
        return result
    for area in areas:
        figure = commitment.figure()
        verdict = Verdict(Status.UNKNOWN, _missing(commitment, targets, area.code))
        row = _row(pack, commitment, area, verdict, as_of, unit=figure.unit)
        result.rows.append(row)
    return result


def _judge_level(
    pack: Pack,
    lake: Lake,
    result: Judgement,
    commitment: LevelCommitment,
    areas: list[Any],
    as_of: dt.date,
    targets: Targets,
    accept_coverage: float | None,
) -> None:
    indicator = get_indicator(commitment.indicator)
    period = result.period
    codes = [area.code for area in areas]
    result.indicator = indicator
    if as_of < period.start:
        for area in areas:
            verdict = Verdict(Status.UNKNOWN, Text("尚未开始", "not yet begun"))
            result.rows.append(_row(pack, commitment, area, verdict, as_of, unit=indicator.unit))
        return
    result.judged_period = period if as_of >= period.end else Period.between(period.start, as_of)
    values = compute(lake, pack.sites, pack.areas, indicator.name, codes, result.judged_period)
    result.values = {value.area: value for value in values}
    if commitment.baseline is not None:
        result.baseline_period = Period.parse(commitment.baseline.period, pack.seasons)
        found = compute(lake, pack.sites, pack.areas, indicator.name, codes, result.baseline_period)
        result.baselines = {value.area: value for value in found}
    for area in areas:
        value = result.values[area.code]
        limit = limit_of(commitment, area.code, indicator, result.baselines.get(area.code), targets, period.end)
        if isinstance(limit, Text):
            verdict = Verdict(Status.UNKNOWN, value.reason if value.value is None and value.reason else limit)
        else:
            result.limits[area.code] = limit
            verdict = judge(commitment, period, as_of, indicator, value, limit, accept_coverage)
        result.rows.append(_row(pack, commitment, area, verdict, as_of, value, indicator.unit))


def _row(
    pack: Pack,
    commitment: Commitment,
    area: Any,
    verdict: Verdict,
    as_of: dt.date,
    value: IndicatorValue | None = None,
    unit: str = "",
) -> AssessmentRow:
    limit = verdict.limit
    return AssessmentRow(
        commitment=commitment.id,
        measure=commitment.measure,
        kind=commitment.kind,
        title=commitment.title,
        area=area.code,
        area_name=area.title,
        status=verdict.status,
        reason=verdict.reason,
        value=None if value is None else value.rounded,
        limit=None if limit is None else limit.value,
        comparator="" if limit is None else limit.comparator,
        unit=unit,
        n=None if value is None or value.value is None else value.n,
        coverage=None if value is None or value.value is None else value.coverage,
        indication=verdict.indication,
        remaining=verdict.remaining,
        soft=commitment.softness,
        simulated=value is not None and value.simulated,
        clocks=_clocks(pack, commitment, verdict, as_of),
        versions={} if value is None else value.versions,
    )


def _clocks(pack: Pack, commitment: Commitment, verdict: Verdict, as_of: dt.date) -> Clocks:
    """What the unit declares, what the data show, and what the schedule asks, side by side."""
    due = pack.due_of(commitment)
    if due is None:
        scheduled = Text("长期", "standing")
    elif as_of >= due:
        scheduled = Text(f"{due} 已到期", f"due since {due}")
    else:
        scheduled = Text(f"{due} 到期，还有 {(due - as_of).days} 天", f"due on {due}, in {(due - as_of).days} days")
    return Clocks(NOTHING_DECLARED, verdict.status.title, scheduled)


def _missing(commitment: Commitment, targets: Targets, area: str) -> Text:
    """Why nothing can be said of a commitment: which data Lantu does not hold."""
    names: dict[str, Text] = {
        "level": Text("指标 {name} 尚无数据来源", "there is no source of data for the indicator {name} yet"),
        "count": Text("台账 {name} 尚无数据", "the ledger {name} holds nothing yet"),
        "ratio": Text("台账 {name} 尚无数据", "the ledger {name} holds nothing yet"),
        "cadence": Text("台账 {name} 尚无数据", "the ledger {name} holds nothing yet"),
        "deliverable": Text("文件 {name} 尚未登记", "the document {name} is not registered yet"),
        "closure": Text("问题类别 {name} 尚无数据", "there are no cases of class {name} yet"),
        "absence": Text("事件 {name} 尚无数据", "there are no records of {name} yet"),
        "each": Text("逐项核查 {name} 尚无数据", "there are no data for each of {name} yet"),
    }
    rule: Any = commitment.inner if commitment.kind == "each" else commitment
    name = next(
        getattr(rule, key) for key in ("indicator", "ledger", "document", "cases", "event") if hasattr(rule, key)
    )
    reason = names[commitment.kind].format(name=name)
    result = Text(f"无数据：{reason.zh}", f"no data: {reason.en}")
    if external_unit(commitment) is not None and targets.get(commitment.id, area) is None:
        return Text(
            f"{result.zh}；指标值由计划之外的文件下达，尚未录入",
            f"{result.en}; its figure is set outside the plan and was not entered yet",
        )
    return result
