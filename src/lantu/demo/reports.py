"""What units and sites say of themselves in the simulated city: some of it rosier than it is, with the truth.

Progress reports come month by month from every area of a measure; some of those whose commitments fail report them as
done. Of the construction sites with a dust meter some declare all duties kept while a check or the readings say
otherwise.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

from lantu.demo.planned import DAY, Planned

if TYPE_CHECKING:
    from lantu.demo.events import Events
    from lantu.demo.levels import SimulatedLevels
    from lantu.demo.scenario import Scenario

MONTHS = {False: (3, 6, 9), True: tuple(range(1, 12))}
"""The months that are reported in a small and a large city; the reports of December are due in the next year."""
ROSY_SHARE = 0.4
METERED = {False: 12, True: 60}
"""So many sites have a dust meter."""
LYING = 6
"""One metered site in so many is contradicted by a check, as many others by their readings."""
DUTIES = ("fence", "cover", "wash", "hard_road", "wet_work", "sealed_trucks")
SITE_MONTH = 10


def report_progress(scenario: Scenario, truth: dict[tuple[str, str], str], events: Events) -> None:
    """Plan the progress reports; `events.rosy` gets those that declare as done what was missed."""
    pack = scenario.pack
    for measure in pack.measures.values():
        areas: dict[str, list[str]] = {}
        for commitment in measure.commitments:
            for area in pack.areas_of(commitment):
                if area.level != "street":
                    areas.setdefault(area.code, []).append(truth.get((commitment.id, area.code), "unknown"))
        reporting: set[str] = set()
        for area, found in areas.items():
            unit = scenario.unit_of(area)
            if unit in reporting:  # an area without a government of its own
                unit = f"{unit}（{pack.areas.get(area).title.zh}）"
            reporting.add(unit)
            draw = random.Random(f"{scenario.seed}|reports|{measure.id}|{area}")
            failed = "missed" in found
            rosy = failed and draw.random() < ROSY_SHARE
            months = MONTHS[scenario.scale.large]
            for month in months:
                percent = round(100 * month / 12)
                if failed and not rosy:
                    percent = round(percent * draw.uniform(0.5, 0.8))
                last = month == months[-1]
                declared = "under_way" if not last and percent < 100 else "delayed" if failed and not rosy else "done"
                _progress(scenario, measure.id, area, unit, month, declared, percent)
            if rosy:
                events.rosy.append({"measure": measure.id, "area": area, "declared": "done", "truth": "missed"})


def _progress(scenario: Scenario, measure: str, area: str, unit: str, month: int, declared: str, percent: int) -> None:
    label = f"{scenario.pack.year}-{month:02}"
    day = dt.date(scenario.pack.year, month, 26)
    values = {
        "measure": measure,
        "unit_name": unit,
        "month": label,
        "reported_on": day,
        "declared": declared,
        "percent": percent,
        "words": "模拟自报",
    }
    scenario.city.add(Planned("progress_reports", f"{measure}/{unit}/{label}", area, [(day, "submitted")], values))


def declare_sites(scenario: Scenario, found: SimulatedLevels, events: Events) -> None:
    """Plan declarations of the metered sites and the readings at them; `events.lying` gets those that do not hold."""
    from lantu.demo.levels import observations

    if "site_declarations" not in scenario.pack.ledgers:
        return
    draw = random.Random(f"{scenario.seed}|sites")
    first, last = dt.date(scenario.pack.year, SITE_MONTH, 1), dt.date(scenario.pack.year, SITE_MONTH, 31)
    label = first.strftime("%Y-%m")
    open_sites = [row for row in scenario.city.entries.get("construction_sites", []) if row.states[0][0] < first]
    chosen = draw.sample(open_sites, min(METERED[scenario.scale.large], len(open_sites)))
    checks = scenario.city.entries.get("site_checks", [])
    columns: dict[str, list[Any]] = {"station": [], "time": [], "tsp": []}
    for number, site in enumerate(chosen):
        kind = {1: "check", 2: "dust", 3: "honest"}.get(number % LYING, "kept")
        duties = dict.fromkeys(DUTIES, True)
        if kind == "honest":  # dusty, and says so
            duties["cover"] = False
        _declaration(scenario, site, label, last, duties)
        for each in checks:
            if each.values["site"] == site.key and first <= each.values["checked_on"] <= last:
                each.values.update(dict.fromkeys(DUTIES, True) | {"in_order": True})
        if kind == "check":
            _failed_check(scenario, site, first + DAY * draw.randrange(3, 27))
        if kind in ("check", "dust"):
            events.lying.append({"site": site.key, "month": label, "by": kind})
        for hour in range(24 * last.day):
            dusty = kind in ("dust", "honest") and hour % 24 in range(7, 20)
            columns["station"].append(site.key)
            columns["time"].append(dt.datetime.combine(first, dt.time()) + dt.timedelta(hours=hour + 1))
            columns["tsp"].append(round(draw.uniform(90, 130) * (3.5 if dusty else 1), 1))
    found.tables["site_dust_hourly"] = observations(columns)


def _declaration(scenario: Scenario, site: Planned, label: str, day: dt.date, duties: dict[str, bool]) -> None:
    values = {"site": site.key, "month": label, "declared_on": day, **duties, "in_order": all(duties.values())}
    key = f"{site.key}/{label}"
    scenario.city.add(Planned("site_declarations", key, site.area, [(day, "declared")], values))


def _failed_check(scenario: Scenario, site: Planned, day: dt.date) -> None:
    """A check that found heaps not covered."""
    number = f"自报核对-{site.key}"
    duties = {**dict.fromkeys(DUTIES, True), "cover": False}
    values = {"number": number, "site": site.key, "checked_on": day, **duties, "in_order": False}
    scenario.city.add(Planned("site_checks", number, site.area, [(day, "checked")], values))
    site.related.setdefault(("site_checks", "site"), []).append(day)  # the truth counts it too
