"""Simulated data behind `level` commitments that no hourly air data decide, with their truth.

Accounts, reductions and freight become planned entries; dustfall, road dust, street TSP and plant boundaries become
rows of datasets. What each has to come to is fixed first; the truth is reckoned from that by hand.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import Quantity
from lantu.demo.planned import Planned

if TYPE_CHECKING:
    from lantu.demo.scenario import Scenario

DAY = dt.timedelta(days=1)
ACCOUNTS = {
    "energy_consumption": ("energy_consumption", "万吨标煤", Decimal(7000)),
    "reclaimed_water_use": ("reclaimed_water_use", "亿立方米", Decimal(12)),
    "green_power_brought_in": ("green_power_brought_in", "亿千瓦时", Decimal(150)),
    "petrochemical_voc_emission": ("petrochemical_voc_emission", "吨", Decimal(9000)),
}
REDUCTIONS = {
    "voc_emission_reduction": "voc",
    "nox_emission_reduction": "nox",
    "chemical_oxygen_demand_reduction": "cod",
    "ammonia_nitrogen_reduction": "nh3n",
}
FREIGHT = {"bulk_goods_rail_share": "bulk", "aggregate_green_share": "aggregate"}
SMALL_STREETS = 60
"""So many streets besides those that a commitment names have a station in the small city."""
DUSTFALL, ROADS, STREETS, BOUNDARY = (
    "dustfall_mean",
    "road_dust_residue",
    "street_tsp_rank_from_worst",
    "petrochemical_characteristic_pollutant_mean",
)


@dataclass(slots=True)
class TargetFigure:
    """A figure that another document would set, invented for the simulated city."""

    commitment: str
    area: str
    value: Decimal
    unit: str


@dataclass(slots=True)
class SimulatedLevels:
    """Rows by dataset, figures to enter, and the truth by commitment and area."""

    tables: dict[str, Any] = field(default_factory=dict)
    targets: list[TargetFigure] = field(default_factory=list)
    truth: dict[tuple[str, str], str] = field(default_factory=dict)


def simulate_levels(scenario: Scenario) -> SimulatedLevels:
    """Plan the entries and rows behind the level commitments of a pack; entries are added to the scenario's city.

    Commitments whose indicator this module does not know are left without data and without a truth.
    """
    found = SimulatedLevels()
    draw = random.Random(f"{scenario.seed}|levels")
    for commitment in scenario.pack.commitments.values():
        if commitment.kind != "level":
            continue
        name = commitment.indicator
        if name in ACCOUNTS:
            _accounts(scenario, found, commitment, name)
        elif name == "water_use_per_gdp":
            _water_per_product(scenario, found, commitment)
        elif name in REDUCTIONS:
            _reductions(scenario, found, commitment, REDUCTIONS[name], draw)
        elif name in FREIGHT:
            _freight(scenario, found, commitment, FREIGHT[name])
        elif name == DUSTFALL:
            _dustfall(scenario, found, commitment, draw)
        elif name == ROADS:
            _roads(scenario, found, commitment, draw)
        elif name == STREETS:
            _streets(scenario, found, commitment, draw)
        elif name == BOUNDARY:
            _boundary(scenario, found, commitment, draw)
        elif name in ("polluted_farmland_safe_use_rate", "polluted_plot_safe_use_rate"):
            _land(scenario, found, commitment, name)
    _sand_dust(scenario)
    return found


def _sand_dust(scenario: Scenario) -> None:
    """Two days of sand dust in March, claimed and with concurrence: figures of air can be seen with and without."""
    year = scenario.pack.year
    first, last = dt.date(year, 3, 15), dt.date(year, 3, 16)
    values = {
        "number": f"{year}-1",
        "reason": "sand_dust",
        "dataset": "air_hourly",
        "from_day": first,
        "to_day": last,
        "claimed_by": "市生态环境局",
        "words": "模拟：沙尘过境",
    }
    states = [(dt.date(year, 3, 20), "claimed"), (dt.date(year, 4, 10), "concurred")]
    scenario.city.add(Planned("exclusions", f"{year}-1", scenario.pack.areas.select("city")[0].code, states, values))


def _wish(scenario: Scenario, commitment: Any, area: str) -> str:
    return scenario.wish(commitment, area)


def _account(scenario: Scenario, account: str, area: str, year: int, amount: Decimal, unit: str) -> None:
    values = {
        "account": account,
        "place": area,
        "year": year,
        "month": 0,
        "amount": amount,
        "unit": unit,
        "source": "模拟数据",
    }
    key = f"{account}/{area}/{year}/0"
    # the simulated city stands still on the last day of its year: of that year only a first figure is there
    state = (
        (dt.date(year, 12, 31), "preliminary") if year == scenario.pack.year else (dt.date(year + 1, 2, 20), "final")
    )
    scenario.city.add(Planned("annual_accounts", key, area, [state], values))


def _accounts(scenario: Scenario, found: SimulatedLevels, commitment: Any, name: str) -> None:
    account, unit, usual = ACCOUNTS[name]
    year = scenario.pack.year
    for area in (area.code for area in scenario.pack.areas_of(commitment)):
        wish = _wish(scenario, commitment, area)
        key = (commitment.id, area)
        if wish == "unknown":
            found.truth[key] = "unknown"
            continue
        rising = commitment.comparator in (">", ">=")
        bound = usual
        if commitment.baseline is not None:
            _account(scenario, account, area, year - 1, usual, unit)
            change = commitment.baseline.change or Decimal(0)
            bound = usual * (1 + change / 100)
        elif commitment.limit is not None:
            bound = commitment.limit.quantity.to(unit).value
        else:
            target = Quantity.of(usual, unit).to(commitment.target.unit)
            found.targets.append(TargetFigure(commitment.id, area, target.value, commitment.target.unit))
        good = (wish == "met") == rising
        amount = (bound * (Decimal("1.03") if good else Decimal("0.96"))).quantize(Decimal("0.01"))
        _account(scenario, account, area, year, amount, unit)
        found.truth[key] = wish


def _water_per_product(scenario: Scenario, found: SimulatedLevels, commitment: Any) -> None:
    year = scenario.pack.year
    for area in (area.code for area in scenario.pack.areas_of(commitment)):
        wish = _wish(scenario, commitment, area)
        key = (commitment.id, area)
        if wish == "unknown":
            found.truth[key] = "unknown"
            continue
        _account(scenario, "water_use", area, year - 1, Decimal("40.6"), "亿立方米")
        _account(scenario, "gross_domestic_product", area, year - 1, Decimal(36000), "亿元")
        _account(scenario, "gross_domestic_product", area, year, Decimal(40000), "亿元")
        # the year before: 11.28 m3 for 10^4 yuan; -1 % is 11.17
        _account(scenario, "water_use", area, year, Decimal("40.8" if wish == "met" else "45.2"), "亿立方米")
        soft = commitment.softness in ("about", "basically") and commitment.tolerance is None
        found.truth[key] = "met" if wish == "met" else "unknown" if soft else "missed"


def _reductions(
    scenario: Scenario, found: SimulatedLevels, commitment: Any, pollutant: str, draw: random.Random
) -> None:
    year = scenario.pack.year
    codes = [area.code for area in scenario.pack.areas_of(commitment)]
    for area in codes:
        wish = _wish(scenario, commitment, area)
        target = Decimal(draw.randint(20, 90) * 10)
        if wish != "unknown":
            found.targets.append(TargetFigure(commitment.id, area, target, commitment.target.unit))
        leaf = area if scenario.pack.areas.get(area).level != "city" else "110101"
        leaf = leaf if leaf in scenario.pack.areas else scenario.pack.areas.select("districts")[0].code
        for index in range(3):
            count = scenario.numbers["reduction"] = scenario.numbers.get("reduction", 0) + 1
            share = target * (Decimal("1.06") if wish == "met" else Decimal("0.9")) / 3
            day = dt.date(year, 2 + 3 * index, 15)
            values = {
                "number": f"JP{count:05d}",
                "project": f"模拟减排项目{count}",
                "pollutant": pollutant,
                "kind": "treatment",
                "completed_on": day,
                "reduction": (share + 5).quantize(Decimal("0.1")),
                "offset": Decimal(5),
            }
            states = [(day, "reported"), (day + DAY * 30, "accepted")]
            scenario.city.add(Planned("emission_reduction_projects", f"JP{count:05d}", leaf, states, values))
        found.truth[(commitment.id, area)] = wish


def _freight(scenario: Scenario, found: SimulatedLevels, commitment: Any, goods: str) -> None:
    year = scenario.pack.year
    for area in (area.code for area in scenario.pack.areas_of(commitment)):
        wish = _wish(scenario, commitment, area)
        found.truth[(commitment.id, area)] = wish
        if wish == "unknown":
            continue
        for each, rail in ((year - 1, 100), (year, 130 if wish == "met" else 90)):
            for month in range(1, 13):
                day = dt.date(each, month, 20)
                number = f"{goods}-{each}-{month}"
                values = {
                    "number": number,
                    "goods": goods,
                    "month_of": day,
                    "total": Decimal(1000),
                    "by_rail": Decimal(rail),
                    "by_new_energy": Decimal(20),
                }
                scenario.city.add(Planned("freight_volumes", number, area, [(day, "reported")], values))


def _point(scenario: Scenario, name: str, kind: str, area: str) -> str:
    since = dt.date(scenario.pack.year - 2, 1, 1)
    values = {"name": name, "kind": kind, "since": since}
    scenario.city.add(Planned("monitoring_points", name, area, [(since, "in_use")], values))
    return name


def observations(columns: dict[str, list[Any]]) -> Any:
    """Columns of a dataset as an Arrow table: station, time, and numbers."""
    import pyarrow as pa

    kinds = {"station": pa.string(), "time": pa.timestamp("us")}
    return pa.table({name: pa.array(values, kinds.get(name, pa.float64())) for name, values in columns.items()})


def _dustfall(scenario: Scenario, found: SimulatedLevels, commitment: Any, draw: random.Random) -> None:
    limit = commitment.limit.quantity.to("吨/平方公里·月").value
    columns: dict[str, list[Any]] = {"station": [], "time": [], "dustfall": [], "sand_dust_deduction": []}
    for area in scenario.pack.areas_of(commitment):
        wish = _wish(scenario, commitment, area.code)
        found.truth[(commitment.id, area.code)] = wish
        if wish == "unknown":
            continue
        mean = float(limit) + (-0.7 if wish == "met" else 0.6)
        shape = [draw.uniform(-0.8, 0.8) for _ in range(12)]
        middle = sum(shape) / 12
        for point in (1, 2):
            name = _point(scenario, f"{area.name}降尘{point}", "dustfall", area.code)
            for month in range(1, 13):
                sand = 3.0 if month in (3, 4, 5) else 0.0
                columns["station"].append(name)
                columns["time"].append(dt.datetime(scenario.pack.year, month, 1))
                columns["dustfall"].append(round(mean + shape[month - 1] - middle + sand, 3))
                columns["sand_dust_deduction"].append(sand or None)
    found.tables["dustfall_monthly"] = observations(columns)


def _roads(scenario: Scenario, found: SimulatedLevels, commitment: Any, draw: random.Random) -> None:
    limit = commitment.limit.quantity.to("克/平方米").value
    columns: dict[str, list[Any]] = {"station": [], "time": [], "dust_residue": []}
    for area in scenario.pack.areas_of(commitment):
        wish = _wish(scenario, commitment, area.code)
        soft = commitment.softness in ("about", "basically") and commitment.tolerance is None
        found.truth[(commitment.id, area.code)] = "unknown" if wish == "missed" and soft else wish
        if wish == "unknown":
            continue
        for road in range(1, 6):
            name = _point(scenario, f"{area.name}道路{road}", "road", area.code)
            for month in range(1, 13):
                columns["station"].append(name)
                columns["time"].append(dt.datetime(scenario.pack.year, month, 1 + draw.randrange(27)))
                columns["dust_residue"].append(float(limit) + (-0.6 if wish == "met" else 1.4))
    found.tables["road_dust"] = observations(columns)


def _boundary(scenario: Scenario, found: SimulatedLevels, commitment: Any, draw: random.Random) -> None:
    import numpy as np

    year = scenario.pack.year
    columns: dict[str, list[Any]] = {"station": [], "time": [], "benzene": [], "toluene": []}
    for area in scenario.pack.areas_of(commitment):
        wish = _wish(scenario, commitment, area.code)
        found.truth[(commitment.id, area.code)] = wish
        if wish == "unknown":
            continue
        noise = np.random.default_rng(draw.randrange(10**6))
        for point in (1, 2):
            name = _point(scenario, f"{area.name}石化厂界{point}", "plant_boundary", area.code)
            for each, level in ((year - 1, 8.0), (year, 6.5 if wish == "met" else 9.0)):
                first = np.datetime64(dt.date(each, 1, 1))
                hours = (np.datetime64(dt.date(each + 1, 1, 1)) - first).astype(int) * 24
                times = first.astype("datetime64[h]") + np.arange(1, hours + 1)
                columns["station"] += [name] * hours
                columns["time"] += times.astype("datetime64[us]").tolist()
                columns["benzene"] += np.round(level * noise.uniform(0.3, 0.7, hours), 2).tolist()
                columns["toluene"] += np.round(level * noise.uniform(0.3, 0.7, hours), 2).tolist()
    found.tables["voc_hourly"] = observations(columns)


def _streets(scenario: Scenario, found: SimulatedLevels, commitment: Any, draw: random.Random) -> None:
    """Every street has its level; the streets of the commitment are high or low by the wish, ranks follow."""
    import numpy as np
    import pyarrow as pa

    pack = scenario.pack
    judged = {area.code for area in pack.areas_of(commitment)}
    streets = pack.areas.select("streets", scenario.year.end)
    if not scenario.scale.large:
        others = [area for area in streets if area.code not in judged]
        chosen = {area.code for area in others[:: max(len(others) // SMALL_STREETS, 1)]} | judged
        streets = [area for area in streets if area.code in chosen]
    level: dict[str, int] = {}
    for area in streets:
        if area.code in judged:
            wish = _wish(scenario, commitment, area.code)
            if wish != "unknown":
                level[area.code] = draw.randint(60, 90) if wish == "met" else draw.randint(150, 170)
        else:
            level[area.code] = draw.randint(95, 160)
    worst = commitment.limit.value
    for area in judged:
        if area not in level:
            found.truth[(commitment.id, area)] = "unknown"
            continue
        rank = 1 + sum(other > level[area] for other in level.values())
        found.truth[(commitment.id, area)] = "met" if rank > worst else "missed"
    first = np.datetime64(dt.date(pack.year, 1, 1))
    hours = (np.datetime64(dt.date(pack.year + 1, 1, 1)) - first).astype(int) * 24
    times = (first.astype("datetime64[h]") + np.arange(1, hours + 1)).astype("datetime64[us]")
    noise = np.random.default_rng(draw.randrange(10**6))
    parts = []
    for area in streets:
        if area.code not in level:
            continue
        name = _point(scenario, f"{area.code}颗粒物", "street_dust", area.code)
        swing = noise.normal(0, 6, hours)
        values = level[area.code] + swing - swing.mean()
        parts.append(
            pa.table(
                {
                    "station": pa.DictionaryArray.from_arrays(np.zeros(hours, np.int32), [name]).cast(pa.string()),
                    "time": pa.array(times),
                    "tsp": pa.array(np.round(values, 1)),
                }
            )
        )
    found.tables["street_dust_hourly"] = pa.concat_tables(parts)


def _land(scenario: Scenario, found: SimulatedLevels, commitment: Any, name: str) -> None:
    """The rates of safe use follow from the planned entries: added up here plot by plot."""
    farmland = name.startswith("polluted_farmland")
    ledger = "polluted_farmland" if farmland else "soil_plots"
    year = scenario.year
    areas = scenario.pack.areas_of(commitment)
    tests = _crops_by_tests(scenario) if farmland else {}
    fit = {} if farmland else _soil_by_samples(scenario)
    for area in areas if farmland else []:
        if area.level == "district" and _wish(scenario, commitment, area.code) == "met":
            _protect(scenario, area.code, commitment.limit.value)
    for area in areas:
        safe = whole = Decimal(0)
        for row in scenario.city.of(ledger, area.code):
            values = row.values
            size = Decimal(str(values["land_area"]))
            if farmland:
                if row.states[-1][1] != "listed":
                    continue
                whole += size
                day = values.get("measure_on")
                within = tests[row.key] if row.key in tests else values.get("crops_within") is True
                crops = values["pollution"] != "light_medium" or within
                safe += size if day is not None and day <= year.end and crops else 0
            elif values.get("permit_on") is not None and values["permit_on"] in year:
                whole += size
                safe += size if fit.get(row.key, values.get("requirement_met") is True) else 0
        limit = commitment.limit.value
        if whole == 0:
            found.truth[(commitment.id, area.code)] = "unknown"
        else:
            rate = (safe / whole * 100).quantize(Decimal("0.1"))
            found.truth[(commitment.id, area.code)] = "met" if rate >= limit else "missed"


def _crops_by_tests(scenario: Scenario) -> dict[str, bool]:
    """Whether nine in ten tests of a plot's crops of the year pass, reckoned from the planned entries alone."""
    plots = {
        row.key: row.values["plot"]
        for row in scenario.city.entries.get("crop_plantings", [])
        if row.values["harvested_on"] in scenario.year
    }
    found: dict[str, list[bool]] = {}
    for row in scenario.city.entries.get("crop_tests", []):
        if row.values["planting"] in plots and row.values["taken_on"] <= scenario.year.end:
            found.setdefault(plots[row.values["planting"]], []).append(row.values["within"])
    return {plot: 10 * sum(passed) >= 9 * len(passed) for plot, passed in found.items()}


def _soil_by_samples(scenario: Scenario) -> dict[str, bool]:
    """Whether the last samples of a plot are good or bad; a plot with others between is left out."""
    last: dict[str, tuple[dt.date, set[str]]] = {}
    sensitive = {
        row.key: row.values["planned_use"] in ("residential", "public", "undecided")
        for row in scenario.city.entries.get("soil_plots", [])
    }
    for row in scenario.city.entries.get("plot_soil_samples", []):
        day, plot = row.values["taken_on"], row.values["plot"]
        if day > scenario.year.end:
            continue
        risk = row.values.get("risk") or "not told"
        if sensitive[plot] and row.values["land_kind"] != "class_1":
            risk = "not told"
        if plot not in last or day > last[plot][0]:
            last[plot] = (day, set())
        if day == last[plot][0]:
            last[plot][1].add(risk)
    return {
        plot: "unacceptable" not in risks
        for plot, (_, risks) in last.items()
        if "unacceptable" in risks or risks == {"negligible"}
    }


def _protect(scenario: Scenario, area: str, percent: Decimal) -> None:
    """Crops within the limits where measures are in place, and measures on more plots until the share is reached."""
    rows = [row for row in scenario.city.of("polluted_farmland", area) if row.states[-1][1] == "listed"]
    whole = sum((Decimal(str(row.values["land_area"])) for row in rows), Decimal(0))
    safe = Decimal(0)
    for row in sorted(rows, key=lambda row: row.values.get("measure_on") is None):
        day = row.values.get("measure_on")
        if day is None or day > scenario.year.end:
            if safe * 100 >= whole * (percent + 1):
                continue
            row.values["measure_on"] = max(row.states[0][0] + 30 * DAY, dt.date(scenario.pack.year, 5, 10))
        if row.values["pollution"] == "light_medium":
            row.values["crops_within"] = True
        safe += Decimal(str(row.values["land_area"]))
