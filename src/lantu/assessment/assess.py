"""Judge every commitment of a pack in each of its areas on one day."""

from __future__ import annotations

import datetime as dt
import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.assessment.counting import judge_count, judge_ratio
from lantu.assessment.ground import PROGRESS_REPORTS, Ground
from lantu.assessment.incidents import judge_absence, judge_closure
from lantu.assessment.level import external_unit
from lantu.assessment.members import judge_each
from lantu.assessment.model import Assessment, AssessmentRow, Clocks, Status
from lantu.assessment.occasions import judge_cadence, judge_deliverable
from lantu.assessment.targets import Targets
from lantu.assessment.values import LevelJudgement, judge_level
from lantu.assessment.verdict import Verdict
from lantu.assessment.workers import judge_in_two
from lantu.base import LantuError, Period, Text
from lantu.indicators import units_of_indicators

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from lantu.lake import Lake
    from lantu.ledgers import LedgerBook
    from lantu.plan.commitments import Commitment
    from lantu.plan.packs import Pack

NOTHING_DECLARED = Text("尚无填报", "nothing reported")

_JUDGES: dict[str, Callable[[Ground, Any, Any, str], Verdict]] = {
    "count": judge_count,
    "ratio": judge_ratio,
    "cadence": judge_cadence,
    "deliverable": judge_deliverable,
    "closure": judge_closure,
    "absence": judge_absence,
}


@dataclass(slots=True)
class Judgement:
    """What a verdict was made of, for one commitment in all its areas; the explanation reads it."""

    commitment: Commitment
    period: Period
    rows: list[AssessmentRow]
    verdicts: dict[str, Verdict]
    level: LevelJudgement | None = None


def assess(
    pack: Pack,
    lake: Lake,
    as_of: dt.date,
    targets: Targets | None = None,
    accept_coverage: float | None = None,
    book: LedgerBook | None = None,
    processes: int = 1,
) -> Assessment:
    """The verdicts on all commitments of a pack.

    Args:
        pack: what was promised.
        lake: what was measured.
        as_of: the day of the verdict; data after it are not looked at.
        targets: figures set outside the plan that were entered.
        accept_coverage: judge incomplete periods from this share (0 to 1) of valid days on; said in every verdict.
        book: the ledgers and their entries.
        processes: 2 judges large ledgers in two processes; only for a program that runs no other threads.

    Raises:
        LantuError: `accept_coverage` is no share, or a commitment of the pack cannot be read.
    """
    if accept_coverage is not None and not 0 < accept_coverage <= 1:
        raise LantuError(
            Text("有效率应在 0 与 1 之间", "the coverage must lie between 0 and 1"),
            mend=Text("如 0.75", "e.g. 0.75"),
        )
    ground = Ground(pack, lake, as_of, book, targets or Targets([]), accept_coverage)

    def judge(commitments: Sequence[Commitment]) -> list[AssessmentRow]:
        return [row for commitment in commitments for row in judgement(ground, commitment).rows]

    every = list(pack.commitments.values())
    with _without_collector():
        rows = judge_in_two(ground, every, judge) if processes > 1 else judge(every)
    versions: dict[str, Any] = {"pack": pack.id, "lantu": _code_version()}
    for row in rows:
        versions.update({name: value for name, value in row.versions.items() if name != "lantu"})
    measures = {measure.id: [area.code for area in _areas_of(pack, measure)] for measure in pack.measures.values()}
    return Assessment(pack.id, as_of, tuple(rows), any(row.simulated for row in rows), versions, measures)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Hundreds of thousands of entries stay alive to the end: looking through them for garbage takes a third of it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _areas_of(pack: Pack, measure: Any) -> list[Any]:
    found: dict[str, Any] = {}
    for commitment in measure.commitments:
        found.update((area.code, area) for area in pack.areas_of(commitment))
    return list(found.values())


def _code_version() -> str:
    from lantu.indicators.cache import code_version

    return code_version()


def judgement(ground: Ground, commitment: Commitment, among: Collection[str] | None = None) -> Judgement:
    """Judge one commitment, keeping what the verdicts rest on.

    Args:
        ground: the day and what is known.
        commitment: the commitment.
        among: only in these of its areas.
    """
    pack = ground.pack
    period = pack.period_of(commitment)
    result = Judgement(commitment, period, [], {})
    areas = pack.areas_of(commitment)
    codes = [area.code for area in areas]
    if among is not None:
        areas = [area for area in areas if area.code in among]
        codes = codes if commitment.kind == "level" else [area.code for area in areas]
    if commitment.kind == "level":
        if commitment.indicator in units_of_indicators():
            result.level = judge_level(ground, commitment, codes, among)
            result.verdicts = result.level.verdicts
        else:
            result.verdicts = {code: Verdict(Status.UNKNOWN, _no_indicator(ground, commitment, code)) for code in codes}
    elif ground.as_of < period.start:
        result.verdicts = {code: Verdict(Status.UNKNOWN, Text("尚未开始", "not yet begun")) for code in codes}
    elif commitment.kind == "each":
        result.verdicts = {code: judge_each(ground, commitment, code) for code in codes}
    else:
        judge = _JUDGES[commitment.kind]
        result.verdicts = {code: judge(ground, commitment, commitment, code) for code in codes}
    unit = result.level.indicator.unit if result.level is not None else commitment.figure().unit
    result.rows = [_row(ground, commitment, area, result.verdicts[area.code], unit) for area in areas]
    return result


def _row(ground: Ground, commitment: Commitment, area: Any, verdict: Verdict, unit: str) -> AssessmentRow:
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
        value=verdict.value,
        limit=None if limit is None else limit.value,
        comparator="" if limit is None else limit.comparator,
        unit=unit,
        n=verdict.n,
        coverage=verdict.coverage,
        indication=verdict.indication,
        remaining=verdict.remaining,
        since=verdict.since,
        projection=verdict.projection,
        probability=verdict.probability,
        soft=commitment.softness,
        basis=commitment.basis,
        unverified=verdict.unverified,
        simulated=verdict.simulated,
        clocks=_clocks(ground, commitment, verdict, area.code),
        versions=verdict.versions,
        both_ways=verdict.both_ways,
    )


def _clocks(ground: Ground, commitment: Commitment, verdict: Verdict, area: str) -> Clocks:
    """What the unit declares, what the data show, and what the schedule asks, side by side."""
    due = ground.pack.due_of(commitment)
    as_of = ground.as_of
    if due is None:
        scheduled = Text("长期", "standing")
    elif as_of >= due:
        scheduled = Text(f"{due} 已到期", f"due since {due}")
    else:
        scheduled = Text(f"{due} 到期，还有 {(due - as_of).days} 天", f"due on {due}, in {(due - as_of).days} days")
    return Clocks(declared(ground, commitment.measure, area), verdict.status.title, scheduled)


def declared(ground: Ground, measure: str, area: str) -> Text:
    """The last that was reported on a measure for an area: by whom, when, what. It never becomes the status."""
    entries = ground.entries(PROGRESS_REPORTS, ground.as_of)
    if entries is None:
        return NOTHING_DECLARED
    field = entries.ledger.field("declared")
    assert field is not None
    found = [row for row in entries.in_area_by(area, "measure").get(measure, []) if row.state != "returned"]
    if not found:
        return NOTHING_DECLARED
    last = max(found, key=lambda row: (entries.happened(row), row.key))
    title = field.codes[last.values["declared"]]
    percent = last.values.get("percent")
    share = "" if percent is None else f" {percent}%"
    day, unit = entries.happened(last), last.values["unit_name"]
    return Text(f"{unit} {day} 自报：{title.zh}{share}", f"{unit} on {day}: {title.en}{share}")


def _no_indicator(ground: Ground, commitment: Any, area: str) -> Text:
    """Why nothing can be said by an indicator that Lantu cannot compute."""
    name = commitment.indicator
    zh, en = f"无数据：指标 {name} 尚无数据来源", f"no data: there is no source of data for the indicator {name} yet"
    if external_unit(commitment) is not None and ground.targets.get(commitment.id, area) is None:
        return Text(
            f"{zh}；指标值由计划之外的文件下达，尚未录入",
            f"{en}; its figure is set outside the plan and was not entered yet",
        )
    return Text(zh, en)
