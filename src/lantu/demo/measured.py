"""What was measured behind what units report in the simulated city, with its truth.

Tests of crops and samples of plots (some against the report), materials over their VOC limit, vehicles that are often
over the limit and still hold a pass, treated waters that are black-odorous again.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.demo.planned import DAY, Planned

if TYPE_CHECKING:
    from lantu.demo.events import Events
    from lantu.demo.scenario import Scenario

NEEDED = ("crop_tests", "plot_soil_samples", "raw_materials", "over_limit_vehicles", "black_odorous_water_samples")
OFTEN = 5
"""One in so many enterprises, vehicles or waters is of the kind that the truth lists."""
VEHICLES = {False: 40, True: 4000}
SAMPLED_WATERS = {False: 8, True: 142}
ENTERPRISES = {False: 60, True: 3000}
MATERIALS: tuple[tuple[Mapping[str, str], str, int], ...] = (
    ({"product": "adhesive", "form": "solvent", "use": "construction", "kind": "sbs"}, "voc_per_litre", 550),
    ({"product": "cleaning_agent", "form": "water"}, "voc_per_litre", 50),
    ({"product": "ink", "form": "water_absorbent", "use": "gravure"}, "voc_share", 15),
)
"""Categories with the field of their content and the limit (GB 33372, 38508, 38507) that the truth rests on."""
MASSES_AND_HOURS = (
    "captured_mass",
    "generated_mass",
    "treatment_hours",
    "production_hours",
    "inlet_rate",
    "outlet_rate",
)
ARSENIC = {True: (15, 150), False: (50, 180)}
"""Arsenic (mg/kg) below screening and above control, for sensitive and other use (GB 36600-2018)."""


def measure(scenario: Scenario, events: Events) -> None:
    """Plan the records; `events` gets what contradicts a report and what the indicators have to find."""
    if any(name not in scenario.pack.ledgers for name in NEEDED):
        return
    _reused_plots(scenario, events)
    _failing_crops(scenario, events)
    _materials(scenario, events)
    _facilities(scenario, events)
    _vehicles(scenario, events)
    _waters(scenario, events)


def _draw(scenario: Scenario, part: str) -> random.Random:
    return random.Random(f"{scenario.seed}|measured|{part}")


def _year(scenario: Scenario, month: int, day: int) -> dt.date:
    return dt.date(scenario.pack.year, month, day)


def _wished(scenario: Scenario, commitment: str, area: str) -> str:
    found = scenario.pack.commitments.get(commitment)
    return "met" if found is None else scenario.wish(found, area)


def _reused_plots(scenario: Scenario, events: Events) -> None:
    """Two plots of every district are built on in the year; where the wish is so, the soil of one is not fit."""
    city = scenario.city
    for district in scenario.pack.areas.select("districts", scenario.year.end):
        own = [row for row in city.of("soil_plots", district.code) if row.states[0][0] < scenario.year.start]
        wish = _wished(scenario, "soil-1-1/plots", district.code)
        for number, row in enumerate(own[:2] if wish != "unknown" else []):
            unfit = wish == "missed" and number == 0
            permit = _year(scenario, 3, 10 + number)
            row.values.update(permit_on=permit, requirement_met=True)
            sensitive = row.values["planned_use"] in ("residential", "public", "undecided")
            good, bad = ARSENIC[sensitive]
            for index, (day, value) in enumerate(
                ((permit - 40 * DAY, bad), (permit - 10 * DAY, bad if unfit else good))
            ):
                _plot_sample(scenario, row, district.code, f"{index + 1}", day, sensitive, value)
            if unfit:
                events.unfit_plots.append({"plot": row.key, "area": row.area, "reported": True, "by_samples": False})


def _plot_sample(
    scenario: Scenario, plot: Planned, district: str, number: str, day: dt.date, sensitive: bool, arsenic: int
) -> None:
    _, bad = ARSENIC[sensitive]
    values = {
        "number": f"实用-{plot.key}-{number}",
        "plot": plot.key,
        "taken_on": day,
        "land_kind": "class_1" if sensitive else "class_2",
        "arsenic": Decimal(arsenic),
        "risk": "unacceptable" if arsenic == bad else "negligible",
    }
    key = str(values["number"])
    scenario.city.add(Planned("plot_soil_samples", key, district, [(day, "tested")], values))


def _failing_crops(scenario: Scenario, events: Events) -> None:
    """Tests that fail on farmland that reports its crops within the limits, where the district's rate may be missed."""
    city = scenario.city
    plots = {row.key: row for row in city.entries.get("polluted_farmland", [])}
    plantings = {row.key: row for row in city.entries.get("crop_plantings", [])}
    for test in city.entries.get("crop_tests", []):
        planting = plantings.get(test.values["planting"])
        plot = None if planting is None else plots.get(planting.values["plot"])
        if plot is None or planting is None or plot.values["pollution"] != "light_medium":
            continue
        districts = [each.code for each in scenario.pack.areas.ancestors(plot.area) if each.level == "district"]
        if districts and _wished(scenario, "soil-1-1/farmland", districts[0]) == "missed":
            # GB 2762: cadmium in grain without rice 0.1 mg/kg
            test.values.update(food="grain", cadmium=Decimal("0.3"), within=False)
            harvest = test.values["taken_on"]
            planting.values["harvested_on"] = harvest
            planting.states = [(harvest, planting.states[0][1])]
            plot.values["crops_within"] = True
            events.failing_crops.append({"plot": plot.key, "area": plot.area, "test": test.key})


def _materials(scenario: Scenario, events: Events) -> None:
    draw = _draw(scenario, "materials")
    rows = scenario.city.entries.get("voc_enterprises", [])
    chosen = draw.sample(rows, min(ENTERPRISES[scenario.scale.large], len(rows)))
    for number, enterprise in enumerate(chosen):
        for index, (category, content, limit) in enumerate(MATERIALS):
            over = number % OFTEN == 1 and index == number % len(MATERIALS)
            day = _year(scenario, draw.randint(4, 12), draw.randint(1, 28))
            values: dict[str, Any] = {
                "number": f"YC-{enterprise.key}-{index + 1}",
                "enterprise": enterprise.key,
                "material": "模拟原料",
                "bought_on": day,
                **category,
                content: Decimal(limit) + (1 if over else -draw.randint(0, 9)),
                "amount": Decimal(draw.randint(20, 500)),
                "verdict": "over" if over else "conforming",
            }
            if over:
                events.over_limit_materials.append({"batch": values["number"], "area": enterprise.area})
            key = values["number"]
            scenario.city.add(Planned("raw_materials", key, enterprise.area, [(day, "registered")], values))


def _facilities(scenario: Scenario, events: Events) -> None:
    """One in five facilities ran less beside its production than it reports; of the others nothing was measured."""
    for number, row in enumerate(scenario.city.entries.get("voc_facilities", [])):
        for name in MASSES_AND_HOURS:
            row.values.pop(name, None)
        reported = row.values.get("running")
        if reported is not None and number % OFTEN == 1:
            share = max(Decimal(reported) - 20, Decimal(0)) / 100
            row.values.update(production_hours=Decimal(2000), treatment_hours=(share * 2000).quantize(Decimal(1)))
            events.idle_facilities.append({"facility": row.key, "area": row.area})


def _vehicles(scenario: Scenario, events: Events) -> None:
    """Vehicles over the limit: one in five on three days, and every second of these takes a pass afterwards."""
    draw = _draw(scenario, "vehicles")
    head = scenario.pack.head.area
    districts = [each.code for each in scenario.pack.areas.select("districts", scenario.year.end)]
    repeated = with_pass = without = 0
    for number in range(VEHICLES[scenario.scale.large]):
        plate = f"冀M{number:05d}"
        often = number % OFTEN == 0
        days = sorted(
            _year(scenario, month, draw.randint(1, 28)) for month in draw.sample(range(1, 10), 3 if often else 1)
        )
        passed_before = number % 3 == 0
        for index, day in enumerate(days):
            values = {
                "number": f"CB-{number:05d}-{index + 1}",
                "plate": plate,
                "found_on": day,
                "found_by": draw.choice(("roadside", "remote_sensing")),
                "registered_in": "elsewhere",
                "checkpoint": "模拟检查点",
            }
            if often and number % 4:
                values["punished_on"] = day + DAY
            area = draw.choice(districts)
            scenario.city.add(Planned("over_limit_vehicles", str(values["number"]), area, [(day, "found")], values))
        if passed_before:
            _pass(scenario, head, plate, "1", _year(scenario, 1, 1), _year(scenario, 9, 30))
        without += not passed_before
        if often:
            repeated += 1
            again = number % 2 == 0
            if again:
                _pass(scenario, head, plate, "2", _year(scenario, 10, 8), _year(scenario, 10, 14))
            with_pass += passed_before or again
            first = {"number": plate, "first_over_on": days[0], "times": len(days), "has_pass": again}
            scenario.city.add(
                Planned("blacklist", plate, head, [(days[0], "listed")], {**first, "punished_on": days[-1]})
            )
    events.offenders.update(repeated=repeated, with_pass=with_pass, without_pass=without)


def _pass(scenario: Scenario, head: str, plate: str, number: str, first: dt.date, last: dt.date) -> None:
    values = {
        "number": f"JJZ-{plate}-{number}",
        "plate": plate,
        "issued_on": first,
        "valid_from": first,
        "valid_to": last,
    }
    # written as people write it on a form
    values["plate"] = f"{plate[:2]}·{plate[2:]}"
    scenario.city.add(Planned("entry_passes", str(values["number"]), head, [(first, "issued")], values))


def _waters(scenario: Scenario, events: Events) -> None:
    """Three points with three rounds in May at some treated waters; one in five is black-odorous at a point."""
    rows = scenario.city.entries.get("black_odorous_waters", [])
    rows = [row for row in rows if row.values["treated_on"] <= scenario.year.start]
    for number, water in enumerate(rows[: SAMPLED_WATERS[scenario.scale.large]]):
        black = number % OFTEN == 1
        for point in range(3):
            for turn in range(3):
                day = _year(scenario, 5, 3 + 6 * turn)
                bad = black and point == 1
                values = {
                    "number": f"DW-{water.key}-{point + 1}-{turn + 1}",
                    "reach": water.key,
                    "point": f"{point + 1}号点",
                    "taken_on": day,
                    "transparency": Decimal(18 if bad else 45),
                    "dissolved_oxygen": Decimal("1.2" if bad else "5.5"),
                    "redox_potential": Decimal(20 if bad else 150),
                    "ammonia_nitrogen": Decimal("9.5" if bad else "1.8"),
                    "degree": "light" if bad else "none",
                }
                key = str(values["number"])
                scenario.city.add(Planned("black_odorous_water_samples", key, water.area, [(day, "tested")], values))
        (events.waters_again if black else events.waters_clean).append(water.key)
