"""Sections of surface water (断面): shares at class III or better, those worse than V, months that meet the target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Period, Text
from lantu.indicators.family import Family, Sources, Target, Trace, Versions, object_targets
from lantu.indicators.registry import Level, indicator
from lantu.indicators.values import Figure
from lantu.indicators.water.samples import mean_of_months, monthly_means, station_trace
from lantu.ledgers import Entry
from lantu.standards import catalogue
from lantu.standards.water import WaterClass, classify_section, evaluated_items

DATASET, LEDGER = "surface_water", "water_sections"
YEAR_MONTHS = "water.surface.year_months"
NO_SECTION = Text("没有这样的断面", "there is no such section")
NO_DATA = Text("无数据", "no data")


@dataclass(frozen=True, slots=True)
class SectionState:
    """One section in a period: its class by the period's means, and month by month."""

    name: str
    level: str
    target: WaterClass
    water_class: WaterClass | None
    months: Mapping[dt.date, WaterClass | None]


@dataclass(frozen=True, slots=True)
class SectionsOfTarget:
    """The sections of an area, a river, or one section."""

    sections: tuple[SectionState, ...]
    period: Period


def _register(sources: Sources) -> list[Entry]:
    book = sources.book
    if book is None or LEDGER not in book.ledgers:
        return []
    return [row for row in book.entries(LEDGER).rows if row.state == "in_use"]


def _find(sources: Sources, name: str, _period: Period) -> Target | None:
    """A river or a section of that name."""
    for row in _register(sources):
        if name in (row.key, row.values.get("river"), row.values.get("code")):
            return Target(name, Text(name, name), "object")
    return None


def _chosen(sources: Sources, target: Target) -> list[Entry]:
    rows = _register(sources)
    if target.level == "object":
        return [row for row in rows if target.code in (row.key, row.values.get("river"), row.values.get("code"))]
    within = {target.code}
    todo = [target.code]
    while todo:
        for child in sources.areas.children(todo.pop()):
            if child.code not in within:
                within.add(child.code)
                todo.append(child.code)
    return [row for row in rows if row.area in within]


def _statistics(
    sources: Sources, targets: Sequence[Target], period: Period, versions: Versions
) -> dict[str, SectionsOfTarget]:
    day = period.end
    items = evaluated_items(day)
    version = versions[DATASET]
    means = monthly_means(sources, DATASET, items, period, version) if version is not None else {}
    states: dict[str, SectionState] = {}
    found = {}
    for target in targets:
        sections = []
        for row in _chosen(sources, target):
            if row.key not in states:
                lake = row.values["body"] == "lake"
                months = means.get(row.key, {})
                wanted = WaterClass.parse(row.values["target"])
                assert wanted is not None
                states[row.key] = SectionState(
                    row.key,
                    row.values["level"],
                    wanted,
                    classify_section(mean_of_months(months), lake, day).water_class,
                    {month: classify_section(values, lake, day).water_class for month, values in months.items()},
                )
            sections.append(states[row.key])
        found[target.code] = SectionsOfTarget(tuple(sections), period)
    return found


def _trace(sources: Sources, target: Target, period: Period, _versions: Versions) -> Trace:
    names = [row.key for row in _chosen(sources, target)]
    return station_trace(sources, DATASET, names, target, period, Text("断面", "sections"))


SECTIONS = Family(
    "water_sections",
    _statistics,
    datasets=(DATASET,),
    ledgers=(LEDGER,),
    targets=object_targets(_find),
    trace=_trace,
)


def _enough(sections: Sequence[SectionState], period: Period) -> tuple[bool, tuple[str, ...]]:
    """Whether every section has the months that a year asks for (8 of 12 where some fail), and by which parameter."""
    needed = len(period.months())
    if period.kind == "year":
        needed = min(needed, int(catalogue().get(YEAR_MONTHS).at(period.end).number))
    return all(len(each.months) >= needed for each in sections), (YEAR_MONTHS,) if period.kind == "year" else ()


def _figure(level: str | None, of: Callable[[list[SectionState]], Decimal]) -> Callable[[SectionsOfTarget], Figure]:
    def function(found: SectionsOfTarget) -> Figure:
        listed = [each for each in found.sections if level is None or each.level == level]
        if not listed:
            return Figure(None, 0, 0, False, NO_SECTION)
        known = [each for each in listed if each.water_class is not None]
        if not known:
            return Figure(None, 0, len(listed), False, NO_DATA)
        enough, unverified = _enough(known, found.period)
        complete = enough and len(known) == len(listed)
        reason = None
        if len(known) < len(listed):
            reason = Text(
                f"{len(listed)} 个断面中 {len(known)} 个有数据", f"{len(known)} of {len(listed)} sections have data"
            )
        elif not enough:
            reason = Text("有的断面月数不足", "some sections have too few months")
        return Figure(of(known), len(known), len(listed), complete, reason, unverified)

    return function


def _good(sections: list[SectionState]) -> Decimal:
    good = sum(each.water_class is not None and each.water_class <= WaterClass.III for each in sections)
    return Decimal(good * 100) / len(sections)


def _inferior(sections: list[SectionState]) -> Decimal:
    return Decimal(sum(each.water_class is WaterClass.INFERIOR for each in sections))


_REFERENCE = "GB 3838-2002, table 1; 环办[2011]22号 (single factor, 21 items; months first: unverified)"
_LEVELS: tuple[Level, ...] = ("object", "district", "city")
_COMMON: dict[str, Any] = {"family": SECTIONS, "levels": _LEVELS, "reference": _REFERENCE}
_HOW = "; a section's class is that of the worst of its items' means over the months of the period"

for _prefix, _level, _zh, _en in (
    ("national", "national", "国考", "state"),
    ("district", "district", "区考", "district"),
    ("river", None, "", "of a river or area"),
):
    indicator(
        name=f"{_prefix}_sections_below_class_five",
        title=Text(f"{_zh}劣Ⅴ类断面数", f"{_en} sections worse than class V".strip()),
        unit="个",
        statistic="total",
        quantity=0,
        definition=f"sections ({_en}) whose class is worse than V{_HOW}",
        **_COMMON,
    )(_figure(_level, _inferior))

indicator(
    name="national_good_section_share",
    title=Text("国考断面优良比例", "share of state sections at class III or better"),
    unit="%",
    statistic="share",
    quantity=1,
    definition=f"state sections of class I to III / state sections with data * 100 %{_HOW}",
    **_COMMON,
)(_figure("national", _good))


@indicator(
    name="section_compliance_rate",
    title=Text("断面达标率", "share of months in which a section meets its target"),
    unit="%",
    statistic="share",
    quantity=1,
    **_COMMON,
)
def section_compliance_rate(found: SectionsOfTarget) -> Figure:
    """section-months whose class is no worse than the section's target / section-months with data * 100 %"""
    if not found.sections:
        return Figure(None, 0, 0, False, NO_SECTION)
    months = [(each, grade) for each in found.sections for grade in each.months.values() if grade is not None]
    expected = len(found.sections) * len(found.period.months())
    if not months:
        return Figure(None, 0, expected, False, NO_DATA)
    kept = sum(grade <= each.target for each, grade in months)
    enough, unverified = _enough(found.sections, found.period)
    reason = None if enough else Text("监测月数不足", "too few months")
    return Figure(Decimal(kept * 100) / len(months), len(months), expected, enough, reason, unverified)
