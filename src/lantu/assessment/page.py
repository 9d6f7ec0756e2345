"""The assessment as one HTML file, for phone and paper: both languages inside, nothing loaded from outside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lantu.assessment.model import SYMBOLS, Assessment, AssessmentRow, Status
from lantu.assessment.verdict import worst
from lantu.base import Text, unit_title
from lantu.base.language import Language

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

NAMED = 6

SOFTNESS = {
    "strive": Text("力争", "the plan says: strive to"),
    "basically": Text("基本", "the plan says: basically"),
    "about": Text("左右", "the plan says: about"),
}


@dataclass(slots=True)
class _Line:
    """One commitment on the page: its rows in the order of the page's areas."""

    commitment: str
    title: Text
    soft: Text | None
    cells: list[AssessmentRow | None]
    counts: dict[Status, int]
    reason: Text | None


@dataclass(slots=True)
class _Measure:
    id: str
    summary: Text
    deadline: Text
    roles: list[tuple[Text, Text]]
    commitments: list[_Line] = field(default_factory=list)


def report_page(pack: Pack, assessment: Assessment, language: Language) -> str:
    """Render the page, shown in `language` first."""
    by_commitment: dict[str, list[AssessmentRow]] = {}
    for row in assessment.rows:
        by_commitment.setdefault(row.commitment, []).append(row)
    judged_ids = [
        name
        for name, rows in by_commitment.items()
        if any(row.value is not None or row.status is not Status.UNKNOWN for row in rows)
    ]
    areas: dict[str, Text] = {}
    for name in judged_ids:
        shown = _by_district(pack, by_commitment[name])
        areas.update({row.area: pack.areas.get(row.area).short_title for row in shown})
    order = {area.code: index for index, area in enumerate(pack.areas)}
    areas = dict(sorted(areas.items(), key=lambda item: order[item[0]]))
    lines = {name: _line(pack, assessment, rows, areas) for name, rows in by_commitment.items()}
    measures = 0
    plans = []
    for plan in pack.plans:
        sections = []
        for section in plan.sections:
            tasks = []
            for task in section.tasks:
                measures += len(task.measures)
                rows = [row for m in task.measures for c in m.commitments for row in by_commitment.get(c.id, [])]
                tasks.append(
                    {
                        "no": task.no,
                        "title": task.title,
                        "counts": assessment.counts(rows),
                        "measures": [_measure(pack, measure, lines) for measure in task.measures],
                    }
                )
            sections.append({"title": section.title, "tasks": tasks})
        plans.append({"title": plan.title, "sections": sections})
    return _template().render(
        language=language,
        unit_title=unit_title,
        title=pack.title,
        assessment=assessment,
        counts=assessment.counts(),
        symbols=SYMBOLS,
        areas=list(areas.values()),
        judged=[lines[name] for name in judged_ids],
        plans=plans,
        commitment_count=len(pack.commitments),
        measure_count=measures,
        command=f"lantu assess --pack {assessment.pack} --as-of {assessment.as_of} --html report.html",
        versions=assessment.versions,
    )


def _by_district(pack: Pack, rows: list[AssessmentRow]) -> list[AssessmentRow]:
    """Rows of streets summed up by district: the worst status, and how many of them are met; other rows as they are."""
    if all(pack.areas.get(row.area).level != "street" for row in rows):
        return rows
    groups: dict[str, list[AssessmentRow]] = {}
    for row in rows:
        area = pack.areas.get(row.area)
        groups.setdefault(area.parent or area.code if area.level == "street" else area.code, []).append(row)
    found = []
    for code, group in groups.items():
        if len(group) == 1 and group[0].area == code:
            found.append(group[0])
            continue
        kept = sum(row.status in (Status.MET, Status.ON_COURSE) for row in group)
        bad = [row for row in group if row.status in (Status.MISSED, Status.AT_RISK)]
        named_zh = "、".join(row.area_name.zh for row in bad[:NAMED]) + ("…" if len(bad) > NAMED else "")
        named_en = ", ".join(row.area_name.en for row in bad[:NAMED]) + (" ..." if len(bad) > NAMED else "")
        zh = f"{len(group)} 个街道（乡镇）中 {kept} 个达到" + (f"；未达到：{named_zh}" if bad else "")
        en = f"{kept} of {len(group)} streets and towns keep it" + (f"; not: {named_en}" if bad else "")
        found.append(
            replace(
                group[0],
                area=code,
                area_name=pack.areas.get(code).title,
                status=worst([row.status for row in group]),
                reason=Text(zh, en),
                value=None,
                limit=None,
                comparator="",
                indication=None,
                coverage=None,
            )
        )
    return found


def _line(pack: Pack, assessment: Assessment, rows: list[AssessmentRow], areas: dict[str, Text]) -> _Line:
    first = rows[0]
    by_area = {row.area: row for row in _by_district(pack, rows)}
    reasons = list(dict.fromkeys(row.reason for row in rows if row.value is None))
    return _Line(
        first.commitment,
        first.title,
        SOFTNESS.get(first.soft or ""),
        [by_area.get(area) for area in areas],
        assessment.counts(rows),
        reasons[0] if reasons and all(row.value is None for row in rows) else None,
    )


def _measure(pack: Pack, measure: Any, lines: dict[str, _Line]) -> _Measure:
    roles = [
        (Text("牵头", "lead"), measure.lead),
        (Text("主责", "responsible"), measure.responsible),
        (Text("协办", "assisting"), measure.assisting),
    ]
    return _Measure(
        measure.id,
        measure.summary,
        deadline_text(measure.deadline),
        [(role, units_text(pack, units)) for role, units in roles if units],
        [lines[c.id] for c in measure.commitments if c.id in lines],
    )


def units_text(pack: Pack, names: list[str]) -> Text:
    """Names of units in both languages."""
    titles = [pack.units.title(name) for name in names]
    return Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))


_DEADLINES = {
    "year_end": Text("年底前", "year end"),
    "long_term": Text("长期实施", "standing"),
    "by_schedule": Text("按时间节点完成", "by its own schedule"),
    "before_heating_season": Text("供暖季前", "before the heating season"),
    "before_rainy_season": Text("雨季前", "before the rainy season"),
}


def deadline_text(deadline: Any) -> Text:
    """A deadline in both languages, with its date."""
    title = _DEADLINES.get(deadline.type, Text(deadline.type, deadline.type.replace("_", " ")))
    if deadline.date is None:
        return title
    return Text(f"{title.zh}（{deadline.date}）", f"{title.en} ({deadline.date})")


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("lantu.assessment").joinpath("templates/report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
