"""Daily values: 24-hour means, the highest 8-hour mean of O3, the index; by station and by area.

A station's day is pivoted to its 24 hours, so that no window is needed: the 8-hour means that count end at hour 8 to
24 and never leave the natural day (HJ 663-2013; GB 3095-2012, 3.5 and table 4).
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from lantu.indicators.air.exact import DAY_SCALE, HOUR_SCALE, floor_divide, index_of, rounded_half_even
from lantu.standards import catalogue
from lantu.standards.air import DAILY_ITEMS, POLLUTANTS, AqiEdition, aqi_edition, edition_starts, minimums

if TYPE_CHECKING:
    from lantu.base import Period

WINDOW = 8
_MEANS = tuple(name for name in POLLUTANTS if name != "o3")


def station_hours(observations: Any, members: Any) -> Any:
    """Hours of the sites that count, each once: site, day, hour (1 to 24), pollutants in thousandths.

    Args:
        observations: `air_hourly` (station, time = end of the hour, pollutants).
        members: site, station, first_day, last_day.
    """
    names = members.select("site", "station", "first_day", "last_day").distinct()
    ended = observations.mutate(start=observations.time - _hour())
    hours = ended.mutate(day=ended.start.date(), hour=ended.start.hour() + 1)
    joined = hours.join(
        names,
        [hours.station == names.station, hours.day >= names.first_day, hours.day <= names.last_day],
    )
    return joined.select(
        "site", "day", "hour", **{name: (joined[name] * HOUR_SCALE).round().cast("int64") for name in POLLUTANTS}
    )


def _hour() -> Any:
    import ibis

    return ibis.interval(hours=1)


def station_days(hours: Any, day: dt.date) -> Any:
    """Daily values of each site in billionths, null where too few hours are valid, with `n_<pollutant>`.

    Args:
        hours: site, day, hour, pollutants in thousandths.
        day: the day whose validity rules hold.
    """
    import ibis

    rules = minimums(day)
    limit = int(catalogue().get("air.limits.o3.day_max_8h.grade2").at(day).number)
    sums = {f"sum_{name}": hours[name].sum().cast("int64") for name in _MEANS}
    counts = {f"n_{name}": hours[name].count() for name in POLLUTANTS}
    pivot = {f"h{k}": hours.o3.max(where=hours.hour == k) for k in range(1, 25)}
    grouped = hours.group_by("site", "day").aggregate(**sums, **counts, **pivot)

    values = {
        name: ibis.ifelse(
            grouped[f"n_{name}"] >= rules.hours_per_day,
            (grouped[f"sum_{name}"] * (DAY_SCALE // HOUR_SCALE) / grouped[f"n_{name}"]).round().cast("int64"),
            ibis.null("int64"),
        )
        for name in _MEANS
    }
    # Eight hours are added in three doublings. A missing hour adds nothing; `c` counts the hours that are there.
    level = grouped.mutate(
        **{f"s{k}": grouped[f"h{k}"].fill_null(0) for k in range(1, 25)},
        **{f"c{k}": grouped[f"h{k}"].notnull().cast("int64") for k in range(1, 25)},
        **values,
    )
    for width in (1, 2, 4):
        last = 25 - 2 * width
        level = level.mutate(
            **{f"{p}{k}": level[f"{p}{k}"] + level[f"{p}{k + width}"] for p in "sc" for k in range(1, last + 1)}
        )
    # Means over 6, 7 and 8 hours are compared exactly as multiples of 1/168.
    common = math.lcm(*range(rules.hours_per_8h, WINDOW + 1))
    scaled = []
    for k in range(1, 25 - WINDOW + 1):
        branches = [
            (level[f"c{k}"] == n, level[f"s{k}"] * (common // n)) for n in range(WINDOW, rules.hours_per_8h - 1, -1)
        ]
        scaled.append(ibis.cases(*branches, else_=ibis.null("int64")))
    windows = sum((level[f"c{k}"] >= rules.hours_per_8h).cast("int64") for k in range(1, 25 - WINDOW + 1))
    level = level.mutate(o3_scaled=ibis.greatest(*scaled), o3_windows=windows)
    over = limit * common * HOUR_SCALE
    counted = (level.o3_windows >= rules.windows_per_day) | (level.o3_scaled > over)
    o3 = (level.o3_scaled * (DAY_SCALE // HOUR_SCALE) / common).round().cast("int64")
    return level.select(
        "site",
        "day",
        *_MEANS,
        *(f"n_{name}" for name in POLLUTANTS),
        o3=ibis.ifelse(counted, o3, ibis.null("int64")),
    )


def area_days(stations: Any, members: Any, expected: Any, day: dt.date) -> Any:
    """Daily values of each target: the mean of its stations' valid values, null where too few stations are valid.

    Args:
        stations: daily values by site.
        members: target, site, first_day, last_day.
        expected: target, day, expected.
        day: the day whose validity rules hold.
    """
    import ibis

    share = minimums(day).stations_share
    links = members.select("target", "site", "first_day", "last_day")
    joined = stations.join(
        links, [stations.site == links.site, stations.day >= links.first_day, stations.day <= links.last_day]
    )
    grouped = joined.group_by("target", "day").aggregate(
        **{f"sum_{name}": joined[name].sum().cast("int64") for name in POLLUTANTS},
        **{f"n_{name}": joined[name].count() for name in POLLUTANTS},
    )
    counted = grouped.join(expected, ["target", "day"])
    numerator, denominator = share.as_integer_ratio()
    return counted.select(
        "target",
        "day",
        "expected",
        *(f"n_{name}" for name in POLLUTANTS),
        **{
            name: ibis.ifelse(
                (counted[f"n_{name}"] > 0) & (counted[f"n_{name}"] * denominator >= counted.expected * numerator),
                (counted[f"sum_{name}"] / counted[f"n_{name}"]).round().cast("int64"),
                ibis.null("int64"),
            )
            for name in POLLUTANTS
        },
    )


def with_index(days: Any, period: Period) -> Any:
    """Add the daily index: `aqi`, `iaqi_<pollutant>`, `complete`; by the edition of HJ 633 that holds on each day.

    `complete` tells whether every pollutant is there without which a day is not counted.
    """
    import ibis

    starts = [start for start in edition_starts() if start <= period.end]
    editions = [(start, aqi_edition(start)) for start in starts if start > period.start]
    first = aqi_edition(period.start)

    def by_edition(make: Any) -> Any:
        result = make(first)
        for start, edition in editions:
            result = ibis.ifelse(days.day >= ibis.literal(start), make(edition), result)
        return result

    indices = {name: by_edition(lambda edition, name=name: _index(days[name], name, edition)) for name in POLLUTANTS}
    days = days.mutate(**{f"iaqi_{name}": value for name, value in indices.items()})
    highest = ibis.greatest(*(days[f"iaqi_{name}"] for name in POLLUTANTS))
    needed = catalogue().get("air.evaluation.index_needs").at(period.end).value
    complete = ibis.and_(*(days[f"iaqi_{name}"].notnull() for name in needed))
    days = days.mutate(highest=highest, complete=complete)

    def published(edition: AqiEdition) -> Any:
        above = edition.incomplete_published_above
        if above is None:
            return days.highest
        all_there = ibis.and_(*(days[f"iaqi_{name}"].notnull() for name in POLLUTANTS))
        return ibis.ifelse(all_there | (days.highest > above), days.highest, ibis.null("int64"))

    return days.mutate(aqi=by_edition(published)).drop("highest")


def _index(value: Any, name: str, edition: AqiEdition) -> Any:
    if edition.daily_uses_o3_hour:
        raise NotImplementedError("daily index with the 1-hour O3 switched on")
    decimals = edition.decimals[name] if edition.rounds_first else 6
    item = name, DAILY_ITEMS[name]
    points = edition.break_points[item]
    above = edition.cap if points[-1][0] >= edition.cap else edition.above_table.get(item)
    if edition.rounds_first:
        concentration = rounded_half_even(value, decimals)
    else:
        concentration = floor_divide(value + DAY_SCALE // 10**6 // 2, DAY_SCALE // 10**6)
    return index_of(concentration, 10**decimals, points, above)
