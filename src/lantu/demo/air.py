"""Two simulated years of hourly air data for a real list of sites, with a known truth.

The numbers are invented: seasonal and daily cycles, regional episodes that every site shares, local offsets, noise and
gaps. What is wanted of them is fixed beforehand, district by district (`AirTruth`), so that a test can ask whether
the assessment finds it. Every row is marked simulated.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lantu.places import SiteRegister

_EPISODES_BEFORE = 10
_EPISODES_AFTER = 6
_RISING_RATIO = 1.07
_FALLING_RATIO = (0.84, 0.93)


@dataclass(frozen=True, slots=True)
class AirTruth:
    """What the simulated years hold, by area code: whether each figure of `year` lies below the year before."""

    year: int
    pm25_falls: dict[str, bool]
    heavy_pollution_days_fall: dict[str, bool]


@dataclass(frozen=True, slots=True)
class SimulatedAir:
    """An Arrow table in the columns of `air_hourly` (without source and mark, which the lake adds) and its truth."""

    table: Any
    truth: AirTruth


def simulate_air(sites: SiteRegister, year: int, seed: int = 20210101) -> SimulatedAir:
    """Simulate the year before `year` and `year` for every dated name in `sites`.

    Args:
        sites: the register; each name is filled for its days of validity only.
        year: the plan's year.
        seed: the same seed gives the same rows to the last digit.

    Returns:
        The hourly rows and the truth: in one area in six PM2.5 rises, and in one in six (others) the heavy days do.
    """
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(seed)
    rows = sites.rows()
    areas = sorted({row.area for row in rows if row.area})
    rising = set(areas[2::6])
    more_heavy = set(areas[4::6])
    first, last = dt.date(year - 1, 1, 1), dt.date(year, 12, 31)
    days = (last - first).days + 1
    region = _Region(np, random, first, days, year)

    columns: dict[str, list[Any]] = {name: [] for name in ("station", "time", "pm25", "pm10", "so2", "no2", "o3", "co")}
    start_of_day = np.datetime64(first) + np.arange(days)
    offsets = {row.site: 1 + 0.04 * random.standard_normal() for row in sorted(rows, key=lambda row: row.site)}
    ratio = {area: _RISING_RATIO if area in rising else random.uniform(*_FALLING_RATIO) for area in areas}
    for row in sorted(rows, key=lambda row: (row.site, row.valid_from or dt.date.min)):
        valid = np.ones(days, dtype=bool)
        if row.valid_from:
            valid &= start_of_day >= np.datetime64(row.valid_from)
        if row.valid_to:
            valid &= start_of_day <= np.datetime64(row.valid_to)
        if not valid.any():
            continue
        values = region.site(offsets[row.site], ratio.get(row.area or "", 0.9), (row.area or "") in more_heavy)
        hours = (
            (start_of_day[valid, None].astype("datetime64[h]") + np.arange(1, 25)).reshape(-1).astype("datetime64[us]")
        )
        columns["station"].append(np.full(hours.size, row.name, dtype=object))
        columns["time"].append(hours)
        for name, cube in values.items():
            columns[name].append(cube[valid].reshape(-1))
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    arrays = {
        name: pa.array(part, mask=np.isnan(part)) if part.dtype.kind == "f" else pa.array(part)
        for name, part in joined.items()
    }
    truth = AirTruth(
        year,
        {area: area not in rising for area in areas},
        {area: area not in more_heavy for area in areas},
    )
    return SimulatedAir(pa.table(arrays), truth)


class _Region:
    """What all sites share: the weather of each day, and the days of the regional episodes."""

    def __init__(self, np: Any, random: Any, first: dt.date, days: int, year: int) -> None:
        self.np, self.random, self.days = np, random, days
        day = np.arange(days)
        self.second_year = np.array([(first + dt.timedelta(int(i))).year == year for i in day])
        season = np.cos(2 * np.pi * ((day + (first - dt.date(first.year, 1, 1)).days) % 365.25 - 15) / 365.25)
        drift = np.zeros(days)
        for i in range(1, days):
            drift[i] = 0.6 * drift[i - 1] + random.normal(0, 0.32)
        self.season = season
        self.pm25 = np.minimum(38 * np.exp(drift - 0.08) * (1 + 0.35 * season), 105)
        self.o3 = np.clip(105 - 62 * season + random.normal(0, 18, days), 25, 215)
        winter = np.flatnonzero(season > 0.55)
        before, after = winter[~self.second_year[winter]], winter[self.second_year[winter]]
        # All episodes are distinct days, so that their number is the number of heavy days.
        self.episodes = np.concatenate(
            [
                random.choice(before, _EPISODES_BEFORE, replace=False),
                random.choice(after, _EPISODES_AFTER, replace=False),
            ]
        )
        rest = np.setdiff1d(after, self.episodes)
        self.local_episodes = random.choice(rest, _EPISODES_BEFORE - _EPISODES_AFTER + 3, replace=False)
        self.dust = np.array([int(np.flatnonzero(~self.second_year)[75]), int(np.flatnonzero(self.second_year)[73])])

    def site(self, offset: float, ratio: float, local: bool) -> dict[str, Any]:
        """Hourly cubes (days x 24) of one site; CO in mg/m3, all else in ug/m3, nan where nothing was measured."""
        np, random = self.np, self.random
        hour = np.arange(24)
        daily = self.pm25 * offset
        heavy = np.concatenate([self.episodes, self.local_episodes]) if local else self.episodes
        quiet = np.ones(self.days, dtype=bool)
        quiet[heavy] = False
        # The year's ratio is set on the quiet days; the episodes are fixed at about 190 and must not undo it.
        wanted = ratio * daily[~self.second_year & quiet].mean() + 190 / 366 * (
            np.sum(~self.second_year[heavy]) * ratio - np.sum(self.second_year[heavy])
        )
        daily[self.second_year & quiet] *= wanted / daily[self.second_year & quiet].mean()
        daily = np.minimum(daily, 125)
        daily[heavy] = 190
        evening = 1 + 0.16 * np.cos(2 * np.pi * (hour - 22) / 24)
        noise = random.normal(1, 0.05, (self.days, 24))
        pm25 = daily[:, None] * evening * noise
        pm10 = pm25 * 1.25 + 18 + random.normal(0, 4, pm25.shape)
        pm10[self.dust] = 520 + random.normal(0, 30, (self.dust.size, 24))
        afternoon = np.clip(np.sin(np.pi * (hour - 8) / 14), 0, None)
        o3 = self.o3[:, None] * (0.35 + 0.65 * afternoon) * random.normal(1, 0.04, pm25.shape) * (0.97 + 0.03 * offset)
        traffic = 1 + 0.3 * np.cos(2 * np.pi * (hour - 8) / 12)
        no2 = (27 + 12 * self.season)[:, None] * traffic * random.normal(1, 0.1, pm25.shape)
        so2 = (3.5 + 1.5 * self.season)[:, None] * random.normal(1, 0.15, pm25.shape)
        co = (0.55 + 0.25 * self.season)[:, None] * traffic * random.normal(1, 0.1, pm25.shape)
        cubes = {"pm25": pm25, "pm10": np.maximum(pm10, pm25 + 1), "so2": so2, "no2": no2, "o3": o3}
        result = {name: np.maximum(np.rint(cube), 1.0) for name, cube in cubes.items()}
        result["co"] = np.maximum(np.round(co, 1), 0.1)
        missing = random.random(pm25.shape) < 0.008
        for cube in result.values():
            cube[missing] = np.nan
        return result
