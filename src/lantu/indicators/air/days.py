"""Daily values: 24-hour means, the highest 8-hour mean of O3, the index; by station and by area.

The 8-hour means that count end at hour 8 to 24 and never leave the natural day (HJ 663-2013; GB 3095-2012, 3.5 and
table 4), so grouping by station and day gives all of them without any window function. The hours are grouped under the
names as published; only the days are joined to the sites.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.indicators.air.exact import DAY_SCALE, index_beyond, index_table, rounded_half_even
from lantu.standards import catalogue
from lantu.standards.air import POLLUTANTS, AqiEdition, aqi_edition, edition_starts, minimums

if TYPE_CHECKING:
    from lantu.base import Period

WINDOW = 8
_MEANS = tuple(name for name in POLLUTANTS if name != "o3")
_THOUSANDTHS = 10**3
_COUNT = 2 ** math.ceil(math.log2(WINDOW + 1))
"""A sum over a window carries its number of hours below this: sum * _COUNT + hours."""


def station_days(observations: Any, members: Any, period: Period) -> Any:
    """Daily values of each site in billionths, null where too few hours are valid, with `n_<pollutant>`.

    Args:
        observations: `air_hourly` (station, time = end of the hour, pollutants), each hour once.
        members: site, station, first_day, last_day.
        period: the days wanted; the rules of its last day hold.
    """
    import ibis

    first = dt.datetime.combine(period.start, dt.time())
    after = dt.datetime.combine(period.end + dt.timedelta(days=1), dt.time())
    wanted = observations.filter(observations.time > ibis.literal(first), observations.time <= ibis.literal(after))
    return days_of_sums(hour_sums(wanted), members, period.end)


def hour_sums(observations: Any) -> Any:
    """Sums and numbers of the hours of each published station and day: all that its daily values rest on.

    No rule of any date is in them, so that those of a month can be kept.
    """
    import ibis

    began = observations.time - ibis.interval(hours=1)
    hours = observations.mutate(
        day=began.date(),
        hour=began.hour() + 1,
        packed=(observations.o3 * _THOUSANDTHS).round() * _COUNT + 1,
    )
    return hours.group_by("station", "day").aggregate(
        **{f"sum_{name}": hours[name].sum() for name in _MEANS},
        **{f"n_{name}": hours[name].count() for name in POLLUTANTS},
        **{
            f"w{end}": hours.packed.sum(where=(hours.hour > end - WINDOW) & (hours.hour <= end))
            for end in range(WINDOW, 25)
        },
    )


def days_of_sums(sums: Any, members: Any, day: dt.date) -> Any:
    """Daily values of each site from the sums of its hours; see `station_days`. The rules of `day` hold."""
    import ibis

    rules = minimums(day)
    names = members.select("site", "station", "first_day", "last_day").distinct()
    days = sums.join(names, [sums.station == names.station, sums.day >= names.first_day, sums.day <= names.last_day])
    days = days.select(
        "site",
        "day",
        *(f"n_{name}" for name in POLLUTANTS),
        **{
            name: ibis.ifelse(
                days[f"n_{name}"] >= rules.hours_per_day,
                (days[f"sum_{name}"] / days[f"n_{name}"] * DAY_SCALE).round().cast("int64"),
                ibis.null("int64"),
            )
            for name in _MEANS
        },
        **{f"w{end}": days[f"w{end}"].fill_null(0).cast("int64") for end in range(WINDOW, 25)},
    )
    return _with_max_8h(days, day)


def _with_max_8h(days: Any, day: dt.date) -> Any:
    """Replace the sums over windows by `o3`, the highest 8-hour mean."""
    import ibis

    rules = minimums(day)
    limit = int(catalogue().get("air.limits.o3.day_max_8h.grade2").at(day).number)
    means, enough = [], []
    for end in range(WINDOW, 25):
        window = days[f"w{end}"]
        hours = window & (_COUNT - 1)
        valid = hours >= rules.hours_per_8h
        # Sums of thousandths are whole numbers, so that equal means are equal floats.
        means.append(ibis.ifelse(valid, (window - hours) / hours, ibis.null("float64")))
        enough.append(valid.cast("int64"))
    unit = _COUNT * _THOUSANDTHS
    days = days.mutate(highest=ibis.greatest(*means), enough=sum(enough))
    counted = (days.enough >= rules.windows_per_day) | (days.highest > limit * unit)
    value = (days.highest / unit * DAY_SCALE).round().cast("int64")
    return days.select(
        "site",
        "day",
        *_MEANS,
        *(f"n_{name}" for name in POLLUTANTS),
        o3=ibis.ifelse(counted, value, ibis.null("int64")),
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

    Raises:
        LantuError: an edition that holds in the period asks for what the engine cannot do.
    """
    import ibis

    earlier = [start for start in edition_starts() if start <= period.start]
    later = [start for start in edition_starts() if period.start < start <= period.end]
    # Before the first edition aqi_edition says that there is none
    starts = (earlier[-1] if earlier else period.start, *later)
    editions = [aqi_edition(start) for start in starts]
    for edition in editions:
        _check(edition)
    number: Any = ibis.literal(0, type="int64")
    for index, start in enumerate(later, start=1):
        number = ibis.ifelse(days.day >= ibis.literal(start), ibis.literal(index, type="int64"), number)
    days = days.mutate(
        edition=number,
        **{f"c_{name}": rounded_half_even(days[name], editions[0].decimals[name]) for name in POLLUTANTS},
    )
    for name in POLLUTANTS:
        table = ibis.memtable(index_table(name, starts))
        joined = days.left_join(table, [days.edition == table.edition, days[f"c_{name}"] == table.concentration])
        beyond: Any = ibis.null("int64")
        for index, edition in enumerate(editions):
            above = index_beyond(edition, name)
            if above is not None:
                beyond = ibis.ifelse(joined[f"c_{name}"].notnull() & (joined.edition == index), above, beyond)
        kept = [column for column in days.columns if column != f"c_{name}"]
        days = joined.select(*kept, **{f"iaqi_{name}": joined["index"].fill_null(beyond)})
    return _published(days, editions, period)


def _published(days: Any, editions: list[AqiEdition], period: Period) -> Any:
    """The day's index from the individual ones, as each edition publishes it."""
    import ibis

    needed = catalogue().get("air.evaluation.index_needs").at(period.end).value
    columns = {name: days[f"iaqi_{name}"] for name in POLLUTANTS}
    highest = ibis.greatest(*columns.values())
    all_there = ibis.and_(*(column.notnull() for column in columns.values()))
    result = highest
    for index, edition in enumerate(editions):
        above = edition.incomplete_published_above
        if above is not None:
            hidden = (days.edition == index) & ~all_there & (highest <= above)
            result = ibis.ifelse(hidden, ibis.null("int64"), result)
    return days.mutate(aqi=result, complete=ibis.and_(*(columns[name].notnull() for name in needed))).drop("edition")


def _check(edition: AqiEdition) -> None:
    if edition.daily_uses_o3_hour:
        raise LantuError(
            Text(
                f"{edition.name}：日报计入臭氧1小时值，尚不能在引擎中计算",
                f"{edition.name}: the engine cannot compute the daily index with the 1-hour O3 yet",
            )
        )
