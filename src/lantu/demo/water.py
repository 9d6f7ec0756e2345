"""Simulated water: sections, groundwater points and drinking-water sources, with the truth of their commitments."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.demo.levels import SimulatedLevels, TargetFigure, observations
from lantu.demo.planned import Planned

if TYPE_CHECKING:
    from lantu.demo.scenario import Scenario

CLEAN = {
    "ph": 7.8,
    "dissolved_oxygen": 8.0,
    "permanganate_index": 3.5,
    "chemical_oxygen_demand": 14.0,
    "biochemical_oxygen_demand": 2.5,
    "ammonia_nitrogen": 0.4,
    "total_phosphorus": 0.08,
    "fluoride": 0.5,
    "petroleum": 0.01,
}
"""A section of class II or III."""
INFERIOR = {"ammonia_nitrogen": 3.2, "total_phosphorus": 0.55}
STATE_SECTIONS = 30


def simulate_water(scenario: Scenario, found: SimulatedLevels) -> None:
    """Plan sections, points and sources and their samples, and add their truth to `found`.

    Which indicators a pack's commitments use decides what is made; named rivers and sections come from the lists.
    """
    _Water(scenario, found).make()


class _Water:
    def __init__(self, scenario: Scenario, found: SimulatedLevels) -> None:
        self.scenario, self.found, self.pack = scenario, found, scenario.pack
        self.year = scenario.pack.year
        self.draw = random.Random(f"{scenario.seed}|water")
        self.surface: dict[str, list[Any]] = {"station": [], "time": [], **{item: [] for item in CLEAN}}
        self.inferior = self.poor = 0
        self.wells: dict[str, list[Any]] = {"station": [], "time": [], "nitrate": [], "total_hardness": []}

    def make(self) -> None:
        for commitment in self.pack.commitments.values():
            rule = commitment.inner if commitment.kind == "each" else commitment
            if rule.kind != "level":
                continue
            make = {
                "national_good_section_share": self._good_share,
                "national_sections_below_class_five": self._inferior_state,
                "district_sections_below_class_five": self._inferior_district,
                "river_sections_below_class_five": self._named,
                "section_compliance_rate": self._named,
                "groundwater_class_five_point_share": self._groundwater,
                "drinking_water_source_compliance_rate": self._drinking,
            }.get(rule.indicator)
            if make is not None:
                make(commitment)
        self.found.tables["surface_water"] = observations(self.surface)
        self.found.tables["groundwater"] = observations(self.wells)

    def _section(self, name: str, river: str, level: str, area: str, bad_months: int, target: str = "III") -> None:
        """A section that is worse than V in so many months; all twelve make it so for the year."""
        since = dt.date(self.year - 3, 1, 1)
        values = {
            "name": name,
            "code": f"DM{len(self.scenario.city.entries.get('water_sections', [])) + 1:04d}",
            "river": river,
            "body": "river",
            "level": level,
            "target": target,
            "outflow": False,
        }
        self.scenario.city.add(Planned("water_sections", name, area, [(since, "in_use")], values))
        for month in range(1, 13):
            sample = {**CLEAN, **(INFERIOR if month <= bad_months else {})}
            self.surface["station"].append(name)
            self.surface["time"].append(dt.datetime(self.year, month, self.draw.randint(3, 25), 10))
            for item, value in sample.items():
                self.surface[item].append(round(value * self.draw.uniform(0.96, 1.04), 4))

    def _city(self) -> str:
        return str(self.pack.head.area)

    def _leaf(self, area: str) -> str:
        return self.scenario.leaf_of("water_sections", area)

    def _truth(self, commitment: Any, area: str, status: str) -> None:
        soft = commitment.softness in ("about", "basically") and commitment.tolerance is None
        self.found.truth[(commitment.id, area)] = "unknown" if status == "missed" and soft else status

    def _state(self) -> None:
        """The state sections, made once: as many are bad as the two wishes about them need."""
        if any(row.values["level"] == "national" for row in self.scenario.city.entries.get("water_sections", [])):
            return
        wishes = {
            c.indicator: self.scenario.wish(c, self._city())
            for c in self.pack.commitments.values()
            if c.kind == "level" and c.indicator.startswith("national_")
        }
        inferior = 2 if wishes.get("national_sections_below_class_five") == "missed" else 0
        poor = 12 if wishes.get("national_good_section_share") == "missed" else 4
        districts = self.pack.areas.select("districts")
        for index in range(STATE_SECTIONS):
            area = districts[index % len(districts)].code
            name = f"国考断面{index + 1}"
            self._section(name, f"模拟河{index % 9 + 1}", "national", self._leaf(area), 12 if index < inferior else 0)
            if inferior <= index < inferior + poor:
                # class IV all the year
                for position in range(len(self.surface["station"]) - 12, len(self.surface["station"])):
                    self.surface["ammonia_nitrogen"][position] = 1.3
        self.inferior, self.poor = inferior, poor

    def _good_share(self, commitment: Any) -> None:
        self._state()
        area = self._city()
        good = Decimal((STATE_SECTIONS - self.inferior - self.poor) * 100) / STATE_SECTIONS
        target = Decimal(70)
        if self.scenario.wish(commitment, area) == "unknown":
            self._truth(commitment, area, "unknown")
            return
        self.found.targets.append(TargetFigure(commitment.id, area, target, "%"))
        self._truth(commitment, area, "met" if good >= target else "missed")

    def _inferior_state(self, commitment: Any) -> None:
        self._state()
        self._truth(commitment, self._city(), "met" if self.inferior == 0 else "missed")

    def _inferior_district(self, commitment: Any) -> None:
        for area in self.pack.areas_of(commitment):
            wish = self.scenario.wish(commitment, area.code)
            self._truth(commitment, area.code, wish)
            if wish == "unknown":
                continue
            for index in range(3):
                bad = 12 if wish == "missed" and index == 0 else 0
                river = f"{area.name}模拟河{index + 1}"
                self._section(f"{area.name}断面{index + 1}", river, "district", self._leaf(area.code), bad)

    def _named(self, commitment: Any) -> None:
        """Named rivers or sections: their own sections, assessed by the city, so that no other count has them."""
        by_section = commitment.inner.indicator == "section_compliance_rate"
        for area in (area.code for area in self.pack.areas_of(commitment)):
            statuses = []
            for member in commitment.members:
                if member.area is not None and member.area not in self.scenario.city.codes(area):
                    continue
                wish = self.scenario.wish(commitment, area)
                statuses.append(wish)
                known = self.scenario.city.entries.get("water_sections", [])
                name = member.name.zh
                if wish == "unknown" or any(name in (row.key, row.values["river"]) for row in known):
                    continue
                leaf = self._leaf(member.area or area)
                bad = 0 if wish == "met" else 1 if by_section else 12
                if by_section:
                    self._section(name, f"{name}所在河", "city", leaf, bad)
                else:
                    self._section(f"{name}断面", name, "city", leaf, bad)
            order = ("missed", "unknown", "met")
            self._truth(commitment, area, min(statuses, key=order.index) if statuses else "unknown")

    def _groundwater(self, commitment: Any) -> None:
        districts = self.pack.areas.select("districts")
        for area in (area.code for area in self.pack.areas_of(commitment)):
            wish = self.scenario.wish(commitment, area)
            self._truth(commitment, area, wish)
            if wish == "unknown":
                continue
            self._replace("groundwater_assessment_points")
            since = dt.date(self.year - 2, 1, 1)
            for index in range(20):
                name = f"考核点{index + 1}"
                leaf = self.scenario.leaf_of("groundwater_assessment_points", districts[index % len(districts)].code)
                values = {"name": name, "kind": "regional", "since": since}
                self.scenario.city.add(
                    Planned("groundwater_assessment_points", name, leaf, [(since, "in_use")], values)
                )
                for year, fifth in ((self.year - 1, 5), (self.year, 5 if wish == "met" else 7)):
                    for month in (2, 5, 8, 11):
                        self.wells["station"].append(name)
                        self.wells["time"].append(dt.datetime(year, month, 12, 9))
                        self.wells["nitrate"].append(35.0 if index < fifth else 8.0)
                        self.wells["total_hardness"].append(self.draw.uniform(250, 420))

    def _drinking(self, commitment: Any) -> None:
        for area in (area.code for area in self.pack.areas_of(commitment)):
            wish = self.scenario.wish(commitment, area)
            rows = self.scenario.city.of("drinking_water_sources", area)
            rows = [row for row in rows if row.states[-1][1] == "in_use"]
            self._truth(commitment, area, wish if rows else "unknown")
            if wish == "unknown":
                continue
            for number, row in enumerate(rows):
                for month in range(1, 13):
                    bad = wish == "missed" and number == 0 and month == 7
                    time = dt.datetime(self.year, month, 8, 9)
                    if row.values["kind"] == "groundwater":
                        self.wells["station"].append(row.key)
                        self.wells["time"].append(time)
                        self.wells["nitrate"].append(22.0 if bad else 6.0)
                        self.wells["total_hardness"].append(300.0)
                        continue
                    self.surface["station"].append(row.key)
                    self.surface["time"].append(time)
                    for item, value in CLEAN.items():
                        low = value * (0.5 if item == "total_phosphorus" else 1)
                        self.surface[item].append(1.4 if bad and item == "ammonia_nitrogen" else low)

    def _replace(self, ledger: str) -> None:
        """Points that the scenario made for a list of samples keep their samples; more points would have no data."""
        for row in self.scenario.city.entries.get(ledger, []):
            for year in (self.year - 1, self.year):
                self.wells["station"].append(row.key)
                self.wells["time"].append(dt.datetime(year, 6, 15, 9))
                self.wells["nitrate"].append(8.0)
                self.wells["total_hardness"].append(300.0)
