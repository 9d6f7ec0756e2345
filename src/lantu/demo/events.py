"""Events of the simulated city that no commitment tells, with their truth: stuck and copied readings, a plume, trucks.

The truth says where each of them is, so that whatever looks for such things can be held against it.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.demo.levels import SimulatedLevels, observations

if TYPE_CHECKING:
    from lantu.demo.scenario import Scenario

STUCK_HOURS = 96
COPIED_HOURS = 168
DEGREE_KM = 111.2
"""Length of a degree of latitude."""
PARALLEL_KM = 85.4
"""Length of a degree of longitude at 39.8° N."""
MIDDLE = (116.55, 39.80)
PLUME_HOURS = 8
TRUCKS = {False: (6, 1200), True: (200, 21_600)}
"""For a small and a large city: how many trucks, and for how many seconds of the day each of them runs."""


@dataclass(slots=True)
class Events:
    """What was hidden in the data, as plain values that go into the truth file."""

    stuck: list[dict[str, Any]] = field(default_factory=list)
    copied: list[dict[str, Any]] = field(default_factory=list)
    plume: dict[str, Any] = field(default_factory=dict)
    trucks: dict[str, Any] = field(default_factory=dict)
    lying: list[dict[str, Any]] = field(default_factory=list)
    """Sites that declare all duties kept against a check or their readings."""
    rosy: list[dict[str, Any]] = field(default_factory=list)
    """Measures that an area reports as done though one of their commitments is missed there."""

    unfit_plots: list[dict[str, Any]] = field(default_factory=list)
    """Plots reported fit for their use whose samples are above a control value."""
    failing_crops: list[dict[str, Any]] = field(default_factory=list)
    """Plots reported with crops within the limits, of which a test fails."""
    over_limit_materials: list[dict[str, Any]] = field(default_factory=list)
    idle_facilities: list[dict[str, Any]] = field(default_factory=list)
    """VOC treatment that ran for fewer hours beside production than is reported."""
    offenders: dict[str, int] = field(default_factory=dict)
    """Vehicles often over the limit, those of them with a pass, and vehicles from elsewhere found without one."""
    waters_again: list[str] = field(default_factory=list)
    waters_clean: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "stuck": self.stuck,
            "copied": self.copied,
            "plume": self.plume,
            "trucks": self.trucks,
            "lying": self.lying,
            "rosy": self.rosy,
            "unfit_plots": self.unfit_plots,
            "failing_crops": self.failing_crops,
            "over_limit_materials": self.over_limit_materials,
            "idle_facilities": self.idle_facilities,
            "offenders": self.offenders,
            "waters_again": self.waters_again,
            "waters_clean": self.waters_clean,
        }


def hide_events(scenario: Scenario, found: SimulatedLevels, events: Events) -> None:
    """Hide events in the tables of a simulated city, and add the tables of a plume and of a day of trucks.

    Stuck and copied readings keep the means of their stations, so that no verdict changes.
    """
    draw = random.Random(f"{scenario.seed}|events")
    if "street_dust_hourly" in found.tables:
        _bad_instruments(scenario, found, events, draw)
    _plume(scenario, found, events, draw)
    _trucks(scenario, found, events, draw)


def _bad_instruments(scenario: Scenario, found: SimulatedLevels, events: Events, draw: random.Random) -> None:
    """Three street stations hang on one value for four days; two send the week before once more."""
    import numpy as np
    import pyarrow as pa

    table = found.tables["street_dust_hourly"]
    stations, values = table["station"].to_pylist(), table["tsp"].to_numpy().copy()
    first = {name: index for index, name in reversed(list(enumerate(stations)))}
    chosen = draw.sample(sorted(first), min(5, len(first)))
    times = table["time"]
    for number, name in enumerate(chosen):
        hours = STUCK_HOURS if number < 3 else COPIED_HOURS
        begin = first[name] + 24 * draw.randrange(30, 320)
        span = slice(begin, begin + hours)
        if number < 3:
            values[span] = np.round(values[span].mean(), 1)
        else:
            values[span] = values[begin - hours : begin]
        record = {
            "dataset": "street_dust_hourly",
            "station": name,
            "from": times[begin].as_py().isoformat(),
            "to": times[begin + hours - 1].as_py().isoformat(),
        }
        (events.stuck if number < 3 else events.copied).append(record)
    found.tables["street_dust_hourly"] = table.set_column(2, "tsp", pa.array(values))


def _plume(scenario: Scenario, found: SimulatedLevels, events: Events, draw: random.Random) -> None:
    """A day on which one of five works sends toluene down the wind, past twelve stations around them."""
    year = scenario.pack.year
    day = dt.datetime(year, 6, 1) + dt.timedelta(days=draw.randrange(80))

    def place(name: str, east: float, north: float) -> dict[str, Any]:
        longitude = round(MIDDLE[0] + east / PARALLEL_KM, 5)
        return {"name": name, "longitude": longitude, "latitude": round(MIDDLE[1] + north / DEGREE_KM, 5)}

    offsets = ((0, 0), (4, 1), (-3, 4), (2, -5), (-5, -3))
    works = [place(f"企业{letter}", *offset) for letter, offset in zip("甲乙丙丁戊", offsets, strict=True)]
    source = draw.choice(works)
    circle = [number * math.pi / 6 for number in range(12)]
    stations = [
        place(f"VOC微站{number + 1}", 6.5 * math.cos(angle), 6.5 * math.sin(angle))
        for number, angle in enumerate(circle)
    ]
    wind = {"station": [], "time": [], "wind_direction": [], "wind_speed": []}  # type: dict[str, list[Any]]
    rows = {"station": [], "time": [], "toluene": []}  # type: dict[str, list[Any]]
    first = draw.uniform(0, 360)
    for hour in range(1, 25):
        time = day + dt.timedelta(hours=hour)
        direction = round((first + 9 * hour + draw.uniform(-3, 3)) % 360, 1)
        wind["station"].append("模拟气象站")
        wind["time"].append(time)
        wind["wind_direction"].append(direction)
        wind["wind_speed"].append(round(draw.uniform(1.5, 3), 1))
        emitting = 24 - PLUME_HOURS < hour + 4 <= 24
        for station in stations:
            level = draw.uniform(4, 7)
            if emitting:
                level += 400 * _share_downwind(source, station, direction)
            rows["station"].append(station["name"])
            rows["time"].append(time)
            rows["toluene"].append(round(level, 2))
    found.tables["weather_hourly"] = observations(wind)
    extra = observations(rows)
    before = found.tables.get("voc_hourly")
    if before is not None:
        import pyarrow as pa

        extra = pa.concat_tables([before, extra], promote_options="default")
    found.tables["voc_hourly"] = extra
    events.plume = {
        "dataset": "voc_hourly",
        "item": "toluene",
        "from": (day + dt.timedelta(hours=24 - PLUME_HOURS - 3)).isoformat(),
        "to": (day + dt.timedelta(hours=20)).isoformat(),
        "source": source["name"],
        "works": works,
        "stations": stations,
    }


def _share_downwind(source: dict[str, Any], station: dict[str, Any], direction: float) -> float:
    """How much of a plume reaches a station: a narrow cone down the wind, thinner with the distance."""
    east = (station["longitude"] - source["longitude"]) * PARALLEL_KM
    north = (station["latitude"] - source["latitude"]) * DEGREE_KM
    distance = math.hypot(east, north)
    towards = (direction + 180) % 360
    bearing = math.degrees(math.atan2(east, north)) % 360
    off = abs((bearing - towards + 180) % 360 - 180)
    return math.exp(-((off / 18) ** 2)) / max(distance, 0.5)


def _trucks(scenario: Scenario, found: SimulatedLevels, events: Events, draw: random.Random) -> None:
    """One day of heavy vehicles by the second; one in five of them lets most of its NOx through the catalyst."""
    import numpy as np
    import pyarrow as pa

    fitted = [
        row
        for row in scenario.city.entries.get("heavy_vehicles", [])
        if row.values.get("online_on") is not None and row.states[-1][1] == "in_use"
    ]
    count, seconds = TRUCKS[scenario.scale.large]
    day = dt.date(scenario.pack.year, 9, 15)
    chosen = sorted(draw.sample(fitted, min(count, len(fitted))), key=lambda row: row.key)
    exceeding = {row.key for index, row in enumerate(chosen) if index % 5 == 2}
    noise = np.random.default_rng(draw.randrange(10**6))
    parts = []
    for row in chosen:
        start = np.datetime64(day) + np.timedelta64(draw.randrange(5 * 3600, 10 * 3600), "s")
        times = (start.astype("datetime64[s]") + np.arange(seconds)).astype("datetime64[us]")
        wave = np.sin(np.arange(seconds) / 140 + draw.uniform(0, 6))
        speed = np.clip(45 + 30 * wave + noise.normal(0, 2, seconds), 0, 90)
        upstream = np.clip(700 + 200 * wave + noise.normal(0, 30, seconds), 50, 1500)
        left = 0.85 if row.key in exceeding else 0.06
        warm = np.clip(90 + np.arange(seconds) / 3, 90, 320)
        downstream = np.where(warm < 200, upstream, upstream * left)
        gone = noise.random(seconds) < 0.01
        columns = {
            "speed": np.round(speed, 1),
            "engine_speed": np.round(900 + 9 * speed, 0),
            "nox_upstream": np.round(upstream, 1),
            "nox_downstream": np.where(gone, -200, np.round(downstream, 1)),
            "fuel_rate": np.round(4 + 0.3 * speed, 2),
            "scr_inlet_temperature": np.round(warm, 1),
            "coolant_temperature": np.round(np.clip(40 + np.arange(seconds) / 6, 40, 88), 0),
            "reagent_level": np.full(seconds, round(draw.uniform(20, 90), 1)),
            "mileage": np.round(draw.randrange(20_000, 300_000) + np.cumsum(speed) / 3600, 1),
        }
        station = pa.DictionaryArray.from_arrays(np.zeros(seconds, np.int32), [row.key]).cast(pa.string())
        parts.append(pa.table({"station": station, "time": pa.array(times), **columns}))
    if parts:
        found.tables["heavy_vehicle_seconds"] = pa.concat_tables(parts)
        events.trucks = {
            "dataset": "heavy_vehicle_seconds",
            "day": day.isoformat(),
            "vehicles": [row.key for row in chosen],
            "exceeding": sorted(exceeding),
        }
