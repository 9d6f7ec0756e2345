"""The kind `each`: every member of a named list (five rivers, three plants) fulfils the inner rule."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.assessment.counting import judge_count, judge_ratio
from lantu.assessment.ground import Bound, Ground
from lantu.assessment.incidents import judge_absence, judge_closure
from lantu.assessment.model import Status
from lantu.assessment.occasions import judge_cadence
from lantu.assessment.values import judge_level
from lantu.assessment.verdict import Limit, Used, Verdict, unknown, worst
from lantu.base import LantuError, Text

ALL = Text("名单所列", "all that are listed")


@dataclass(frozen=True, slots=True)
class MemberVerdict:
    """One member of the list and its own verdict."""

    name: Text
    verdict: Verdict


def judge_each(ground: Ground, commitment: Any, area: str) -> Verdict:
    """Judge a named list in one area: its members that lie there, each by the inner rule."""
    found = member_verdicts(ground, commitment, area)
    if not found:
        return unknown("名单中没有属于本区域的", "no member of the list lies in the area")
    fulfilled = sum(each.verdict.status in (Status.MET, Status.ON_COURSE) for each in found)
    status = worst([each.verdict.status for each in found])
    zh = "；".join(f"{each.name.zh}：{each.verdict.status.title.zh}，{each.verdict.reason.zh}" for each in found)
    en = "; ".join(f"{each.name.en}: {each.verdict.status.title.en}, {each.verdict.reason.en}" for each in found)
    unsaid = all(each.verdict.status is Status.UNKNOWN and each.verdict.value is None for each in found)
    versions: dict[str, Any] = {}
    used: list[Used] = []
    for each in found:
        versions.update(each.verdict.versions)
        used += each.verdict.used
    since = [each.verdict.since for each in found if each.verdict.since is not None]
    return Verdict(
        status,
        Text(zh, en),
        Limit(Decimal(len(found)), ">=", ALL),
        value=None if unsaid else Decimal(fulfilled),
        n=None if unsaid else len(found),
        since=min(since) if since and status is Status.MISSED else None,
        used=tuple(used),
        simulated=any(each.verdict.simulated for each in found),
        versions=versions,
        unverified=tuple(dict.fromkeys(name for each in found for name in each.verdict.unverified)),
    )


def member_verdicts(ground: Ground, commitment: Any, area: str) -> list[MemberVerdict]:
    """The verdict on every member of the list that lies in an area."""
    areas = ground.pack.areas
    inner = commitment.inner
    found = []
    for member in commitment.members:
        if member.area is not None and member.area != area:
            above = {each.code for each in areas.ancestors(member.area)}
            if area not in above:
                continue
        found.append(MemberVerdict(member.name, _judge(ground, commitment, inner, member, area)))
    return found


def _judge(ground: Ground, commitment: Any, inner: Any, member: Any, area: str) -> Verdict:
    name = member.name.zh
    try:
        if inner.kind == "level":
            return judge_level(ground, Bound(commitment, inner), [name]).verdict(0)
        if inner.kind == "count":
            return judge_count(ground, commitment, inner, area, only={name})
    except LantuError as error:
        return Verdict(Status.UNKNOWN, Text(f"无数据：{error.what.zh}", f"no data: {error.what.en}"))
    judges = {"ratio": judge_ratio, "cadence": judge_cadence, "closure": judge_closure, "absence": judge_absence}
    return judges[inner.kind](ground, commitment, inner, member.area or area)
