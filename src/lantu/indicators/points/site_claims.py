"""Construction sites whose declaration and evidence contradict each other (工地自报与实际不符).

A site that declares all six duties kept in a month is contradicted by a check of the same month that found one of them
not kept, or by readings of dust at the site that stand out from those of all sites in the same hours. It is a reason to
go and look, not a finding: the wind may bring a neighbour's dust.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lantu.base import Period, Text
from lantu.indicators.family import Sources
from lantu.indicators.points.register import query
from lantu.ledgers.judging import RULES
from lantu.standards import catalogue

if TYPE_CHECKING:
    from lantu.lake import Lake
    from lantu.ledgers import Entries, LedgerBook
    from lantu.places import AreaTree, SiteRegister

DECLARATIONS, CHECKS, DATASET = "site_declarations", "site_checks", "site_dust_hourly"
DUTIES = RULES["site_duties"].reads
FACTOR, SHARE, HOURS = (f"site_dust.contradiction.{name}" for name in ("factor", "hours_share", "least_hours"))
UNVERIFIED = (FACTOR, SHARE, HOURS)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A site's declaration of a month that something else contradicts."""

    site: str
    area: str
    month: str
    declared_on: dt.date
    by: Literal["check", "dust"]
    evidence: Text

    def as_json(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "area": self.area,
            "month": self.month,
            "declared_on": self.declared_on.isoformat(),
            "by": self.by,
            "evidence": {"zh": self.evidence.zh, "en": self.evidence.en},
            "unverified": list(UNVERIFIED) if self.by == "dust" else [],
        }


def contradicted_sites(
    lake: Lake, sites: SiteRegister, areas: AreaTree, book: LedgerBook, period: Period
) -> list[Contradiction]:
    """The declarations of the months of a period that a check or the readings at the site contradict.

    Args:
        lake: the readings.
        sites: stations of ambient air; none of them is read here.
        areas: the area tree.
        book: declarations and checks, as they stand.
        period: its whole months are looked at.
    """
    if DECLARATIONS not in book.ledgers or not len(book.entries(DECLARATIONS).history):
        return []
    entries = book.entries(DECLARATIONS)
    failed = _failed_checks(book.entries(CHECKS) if CHECKS in book.ledgers else None)
    sources = Sources(lake, sites, areas, book)
    found = []
    for month in period.months():
        label = month.start.strftime("%Y-%m")
        claims = {
            row.values["site"]: row
            for row in entries.select("all_kept", month)
            if row.values["month"] == label and row.state == "declared"
        }
        dusty = _dusty(sources, month) if claims else {}
        for site, row in sorted(claims.items()):
            seen: list[tuple[Literal["check", "dust"], Text]] = []
            seen += [("check", text) for text in failed.get((site, label), [])[:1]]
            if site in dusty:
                seen.append(("dust", dusty[site]))
            found += [
                Contradiction(site, row.area, label, row.values["declared_on"], by, evidence) for by, evidence in seen
            ]
    return found


def _failed_checks(checks: Entries | None) -> dict[tuple[str, str], list[Text]]:
    """By site and month: what a check found not kept."""
    found: dict[tuple[str, str], list[Text]] = {}
    for row in checks.rows if checks is not None else []:
        missing = [name for name in DUTIES if row.values.get(name) is False]
        if not missing and row.values.get("in_order") is not False:
            continue
        day = row.values["checked_on"]
        assert checks is not None
        titles = [field.title for name in missing if (field := checks.ledger.field(name)) is not None]
        zh = "、".join(each.zh for each in titles) or "六项未全做到"
        en = ", ".join(each.en for each in titles) or "not all six"
        text = Text(f"{day} 检查（{row.key}）：{zh} 未做到", f"check {row.key} of {day}: not kept: {en}")
        found.setdefault((row.values["site"], day.strftime("%Y-%m")), []).append(text)
    return found


def _dusty(sources: Sources, month: Period) -> dict[str, Text]:
    """The sites whose TSP stands out: in too many hours it is some times the median of all sites in the same hour."""
    rules = catalogue()
    factor = rules.get(FACTOR).at(month.end).number
    share = rules.get(SHARE).at(month.end).number / 100
    least = int(rules.get(HOURS).at(month.end).number)
    rows = query(
        sources,
        DATASET,
        month,
        sources.lake.version(DATASET),
        """
        with hours as (select station, time, tsp from {rows} where tsp is not null),
        middle as (select time, median(tsp) as middle from hours group by time having count(*) >= 3)
        select station, count(*), count(*) filter (tsp > middle * $a), avg(tsp / middle)
        from hours join middle using (time) where middle > 0 group by station
        having count(*) >= $b and count(*) filter (tsp > middle * $a) >= count(*) * $c
        """,
        float(factor),
        least,
        float(share),
    )
    return {
        station: Text(
            f"{hours} 小时中 {above} 小时 TSP 超过各工地中位数的 {factor} 倍，平均 {ratio:.1f} 倍",
            f"TSP above {factor} times the median of all sites in {above} of {hours} hours, "
            f"{ratio:.1f} times on average",
        )
        for station, hours, above, ratio in rows
    }
