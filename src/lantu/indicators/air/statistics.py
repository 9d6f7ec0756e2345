"""Statistics of each area in a period, brought from the engine in one go: what the indicators' functions pick from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import Period, Text, as_decimal
from lantu.indicators.air.exact import DAY_SCALE
from lantu.indicators.air.places import Membership, expected_table, member_table, memberships
from lantu.indicators.exclusions import kept_rows
from lantu.indicators.family import Target
from lantu.indicators.values import Figure
from lantu.standards import catalogue
from lantu.standards.air import POLLUTANTS, aqi_edition, minimums

if TYPE_CHECKING:
    from lantu.indicators.exclusions import Exclusion
    from lantu.lake import Lake
    from lantu.places import SiteRegister


@dataclass(slots=True)
class PollutantStatistics:
    """One pollutant in one area: valid data, their exact sum, their percentile, how many in each month."""

    n: int = 0
    mean: Decimal | None = None
    percentile: Decimal | None = None
    by_month: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class IndexStatistics:
    """The daily index in one area.

    `known` days have an index from what was measured, `complete` ones from every pollutant that is needed. For the
    bounds of good and heavy days: how many days lie above, and how many are decided, being complete or above anyway.
    """

    known: int = 0
    complete: int = 0
    by_class: dict[int, int] = field(default_factory=dict)
    above_good: int = 0
    decided_good: int = 0
    above_heavy: int = 0
    decided_heavy: int = 0
    highest: int | None = None


@dataclass(slots=True)
class AreaStatistics:
    """All that was found for one target in one period."""

    target: Target
    period: Period
    expected: int
    """Days of a longer period; stations on a day or in an hour; 24 hours on a station's day."""
    pollutants: dict[str, PollutantStatistics] = field(
        default_factory=lambda: {name: PollutantStatistics() for name in POLLUTANTS}
    )
    index: IndexStatistics = field(default_factory=IndexStatistics)
    has_station: bool = True
    held: dict[str, Decimal] = field(default_factory=dict)
    """Values of a day or hour that the standard's minimum allows."""

    @property
    def within_a_day(self) -> bool:
        return self.period.kind in ("day", "hour")

    def mean(self, name: str) -> Figure:
        """The mean of the valid daily values; of a day or hour the value itself."""
        found = self.pollutants[name]
        if self.within_a_day:
            value = self.held.get(name)
            return self._figure(value, found.n, value is not None, found.by_month)
        return self._figure(found.mean, found.n, None, found.by_month)

    def percentile(self, name: str) -> Figure:
        """The percentile that HJ 663-2013 evaluates this pollutant by, of the valid daily values."""
        found = self.pollutants[name]
        return self._figure(found.percentile, found.n, None, found.by_month)

    def count(self, value: int, n: int) -> Figure:
        """A number of days, decided on `n` days of the period."""
        return self._figure(Decimal(value) if n else None, n, self._enough(n), {})

    def _figure(self, value: Decimal | None, n: int, valid: bool | None, by_month: dict[str, int]) -> Figure:
        if not self.has_station:
            return Figure(None, 0, self.expected, False, NO_STATION)
        if value is None and n == 0:
            return Figure(None, 0, self.expected, False, NO_DATA)
        enough = valid if valid is not None else self._enough(n, by_month)
        reason = None if enough else self._too_few(n, by_month)
        return Figure(value, n, self.expected, enough, reason)

    def minimum(self) -> int:
        """The least valid data that make the period's value valid.

        Days of a month and a year by GB 3095-2012, table 4; a quarter by its months; for a season or a run of days,
        which no standard rules, the year's share. Stations of an area by HJ 663-2013.
        """
        rules = minimums(self.period.end)
        kind = self.period.kind
        if kind == "hour" or (kind == "day" and self.target.level != "station"):
            return max(1, -int(-self.expected * rules.stations_share // 1))
        if kind == "day":
            return rules.hours_per_day
        if kind == "month":
            return rules.days_for_month(self.period.start.month)
        if kind == "quarter":
            return sum(rules.days_for_month(month.start.month) for month in self.period.months())
        if kind == "year":
            return rules.days_per_year
        return -(-self.period.days * rules.days_per_year // 365)

    def _enough(self, n: int, by_month: dict[str, int] | None = None) -> bool:
        return n >= self.minimum() and not self._short_months(by_month)

    def _short_months(self, by_month: dict[str, int] | None) -> list[str]:
        """Months of a quarter or year with too few valid days (GB 3095-2012, table 4)."""
        if self.period.kind not in ("quarter", "year") or not by_month:
            return []
        rules = minimums(self.period.end)
        return [
            month.label
            for month in self.period.months()
            if by_month.get(month.label, 0) < rules.days_for_month(month.start.month)
        ]

    def _too_few(self, n: int, by_month: dict[str, int]) -> Text:
        what = {"hour": Text("站", "stations"), "day": Text("站", "stations")}.get(self.period.kind, Text("天", "days"))
        if self.period.kind == "day" and self.target.level == "station":
            what = Text("小时", "hours")
        if n >= self.minimum():
            months = self._short_months(by_month)
            shown = "、".join(months[:4]) + ("…" if len(months) > 4 else "")
            return Text(f"有的月份有效天数不足：{shown}", f"too few valid days in {shown.replace('、', ', ')}")
        return Text(
            f"有效数据不足：{self.expected} {what.zh}中 {n} {what.zh}有效，至少需 {self.minimum()}",
            f"too few data: {n} of {self.expected} {what.en} valid, at least {self.minimum()} needed",
        )


NO_DATA = Text("无数据", "no data")
NO_STATION = Text("无监测站点", "no station")


def air_statistics(
    lake: Lake,
    sites: SiteRegister,
    targets: Sequence[Target],
    period: Period,
    version: int,
    left_out: Sequence[Exclusion] = (),
) -> dict[str, AreaStatistics]:
    """The statistics of each target in the period, by its code; a target without any data has zeros."""
    from lantu.lake.engine import connect

    members = memberships(sites, targets, period)
    with_station = {member.target for member in members}
    result = {
        target.code: AreaStatistics(target, period, _expected(target, period), has_station=target.code in with_station)
        for target in targets
    }
    if not members:
        return result
    if period.kind == "hour":
        first, last = _days_read(period)
        observations = lake.table("air_hourly", connect(), first, last, version)
        _fill_hour(result, kept_rows(observations, "air_hourly", left_out), members, period)
        return result
    _fill(result, lake, members, period, version, left_out)
    return result


def _expected(target: Target, period: Period) -> int:
    if period.kind == "day":
        return 24 if target.level == "station" else 0
    return 0 if period.kind == "hour" else period.days


def _days_read(period: Period) -> tuple[dt.date, dt.date]:
    """The days whose hours are needed; the hour labelled 0 belongs to the day before."""
    if period.kind == "hour" and period.hour == 0:
        before = period.start - dt.timedelta(days=1)
        return before, before
    return period.start, period.end


def target_days(stations: Any, of_areas: Any, expected: Any, single: Any, period: Period) -> Any:
    """The daily values and indices of every target.

    Args:
        stations: the daily values of each site.
        of_areas: target, site, first_day, last_day of the areas.
        expected: how many stations each area has on each day.
        single: `site` of the stations that are targets themselves.
        period: its rules hold.
    """
    import ibis

    from lantu.indicators.air.days import area_days, with_index

    own = stations.semi_join(single, "site")
    own = own.select(
        "day",
        *(f"n_{name}" for name in POLLUTANTS),
        *POLLUTANTS,
        target=own.site,
        expected=ibis.literal(24, type="int64"),
    )
    columns = ["target", "day", "expected", *(f"n_{name}" for name in POLLUTANTS), *POLLUTANTS]
    of = area_days(stations, of_areas, expected, period.end)
    return with_index(ibis.union(of.select(columns), own.select(columns)), period)


def indexed_days(
    observations: Any, members: Sequence[Membership], targets: Sequence[Target], period: Period
) -> tuple[Any, Any, Any]:
    """The daily values and indices of every target, the stations' daily values, and which stations the areas have."""
    import ibis
    import pyarrow as pa

    from lantu.indicators.air.days import station_days

    areas = {target.code for target in targets if target.level != "station"}
    of_areas = [member for member in members if member.target in areas]
    links = ibis.memtable(member_table(of_areas))
    single = pa.array([target.code for target in targets if target.level == "station"], pa.string())
    stations = station_days(observations, ibis.memtable(member_table(members)), period)
    expected = ibis.memtable(expected_table(of_areas, period))
    days = target_days(stations, links, expected, ibis.memtable(pa.table({"site": single})), period)
    return days, stations, links


def daily_values(
    lake: Lake, sites: SiteRegister, targets: Sequence[Target], period: Period, version: int
) -> dict[str, dict[dt.date, dict[str, float]]]:
    """The valid daily values of each target: concentrations; 0 or 1 for `good` and `heavy` where a day is decided."""
    members = memberships(sites, targets, period)
    found: dict[str, dict[dt.date, dict[str, float]]] = {target.code: {} for target in targets}
    if not members:
        return found
    rules = catalogue()
    good = int(rules.get("air.evaluation.good_day_aqi").at(period.end).number)
    heavy = int(rules.get("air.evaluation.heavy_pollution_aqi").at(period.end).number)
    for row in _days(lake, members, targets, period, version):
        values = {name: row[name] / DAY_SCALE for name in POLLUTANTS if row[name] is not None}
        index = row["aqi"]
        if index is not None and (row["complete"] or index > good):
            values["good"] = float(index <= good)
        if index is not None and (row["complete"] or index > heavy):
            values["heavy"] = float(index > heavy)
        day = row["day"]
        found[row["target"]][day.date() if isinstance(day, dt.datetime) else day] = values
    return found


def _days(
    lake: Lake, members: Sequence[Membership], targets: Sequence[Target], period: Period, version: int
) -> Iterable[dict[str, Any]]:
    """The days of every target with their index."""
    from lantu.lake.engine import connect, is_local

    if is_local():
        from lantu.indicators.air.prepared import PreparedDays

        return PreparedDays(lake, targets, members, period, version).rows("days")
    connection = connect()
    observations = lake.table("air_hourly", connection, period.start, period.end, version)
    return _rows(connection, indexed_days(observations, members, targets, period)[0])


def _fill(
    result: dict[str, AreaStatistics],
    lake: Lake,
    members: Sequence[Membership],
    period: Period,
    version: int,
    left_out: Sequence[Exclusion],
) -> None:
    targets = [found.target for found in result.values()]
    find = _finder(lake, members, targets, period, version, left_out)
    if period.kind == "day":
        for row in find("days"):
            _take_day(result[row["target"]], row)
        return
    for row in find("statistics"):
        _take(result[row["target"]], row)
    if catalogue().get("air.evaluation.period_mean_order").at(period.end).value == "stations_first":
        for row in find("station_means"):
            for name in POLLUTANTS:
                if row[name] is not None:
                    result[row["target"]].pollutants[name].mean = Decimal(row[name]) / DAY_SCALE
    for row in find("months"):
        for name in POLLUTANTS:
            result[row["target"]].pollutants[name].by_month[row["month"]] = row[name]


def _finder(
    lake: Lake,
    members: Sequence[Membership],
    targets: Sequence[Target],
    period: Period,
    version: int,
    left_out: Sequence[Exclusion],
) -> Callable[[str], Iterable[dict[str, Any]]]:
    """What gives the rows of `days`, `statistics`, `station_means` and `months`: the same expressions on any engine."""
    from lantu.lake.engine import connect, is_local

    if is_local():
        from lantu.indicators.air.prepared import PreparedDays

        return PreparedDays(lake, targets, members, period, version, left_out).rows
    connection = connect()
    observations = lake.table("air_hourly", connection, period.start, period.end, version)
    observations = kept_rows(observations, "air_hourly", left_out)
    indexed, stations, of_areas = indexed_days(observations, members, targets, period)
    if period.kind == "day":
        return lambda _: _rows(connection, indexed)
    kept = connection.create_table("days", indexed, temp=True, overwrite=True)
    found = {
        "statistics": lambda: period_statistics(kept, period),
        "station_means": lambda: means_of_stations(stations, of_areas),
        "months": lambda: days_by_month(kept),
    }
    return lambda name: _rows(connection, found[name]())


def means_of_stations(stations: Any, members: Any) -> Any:
    """Each target's mean of its stations' period means."""
    links = members.select("target", "site", "first_day", "last_day")
    joined = stations.join(
        links, [stations.site == links.site, stations.day >= links.first_day, stations.day <= links.last_day]
    )
    own = joined.group_by("target", "site").aggregate(
        **{name: (joined[name].sum().cast("int64") / joined[name].count()).round() for name in POLLUTANTS}
    )
    return own.group_by("target").aggregate(**{name: own[name].mean().round().cast("int64") for name in POLLUTANTS})


def days_by_month(days: Any) -> Any:
    """How many valid days each target has in each month, by pollutant."""
    month = days.day.strftime("%Y-%m")
    return days.group_by("target", month=month).aggregate(**{name: days[name].count() for name in POLLUTANTS})


def period_statistics(days: Any, period: Period) -> Any:
    """One row for each target: counts, sums and percentiles of every pollutant, days by class of the index."""
    day = period.end
    good = int(catalogue().get("air.evaluation.good_day_aqi").at(day).number)
    heavy = int(catalogue().get("air.evaluation.heavy_pollution_aqi").at(day).number)
    limits = aqi_edition(day).category_limits
    columns: dict[str, Any] = {}
    for name in POLLUTANTS:
        share = float(catalogue().get(f"air.evaluation.percentile.{name}").at(day).number / 100)
        columns[f"n_{name}"] = days[name].count()
        columns[f"sum_{name}"] = days[name].sum().cast("int64")
        columns[f"p_{name}"] = days[name].quantile(share)
    complete = days.complete & days.aqi.notnull()
    columns["known"] = days.aqi.count()
    columns["complete"] = complete.sum()
    columns["highest"] = days.aqi.max()
    for level, (low, high) in enumerate(zip((-1, *limits), (*limits, None), strict=True), start=1):
        inside = (days.aqi > low) if high is None else (days.aqi > low) & (days.aqi <= high)
        columns[f"class_{level}"] = (complete & inside).sum()
    for name, bound in (("good", good), ("heavy", heavy)):
        above = (days.aqi > bound).fill_null(False)
        columns[f"above_{name}"] = above.sum()
        columns[f"decided_{name}"] = (complete | above).sum()
    return days.group_by("target").aggregate(**columns)


def _rows(connection: Any, expression: Any) -> Iterable[dict[str, Any]]:
    rows: list[dict[str, Any]] = connection.to_pyarrow(expression).to_pylist()
    return rows


def _take_day(found: AreaStatistics, row: dict[str, Any]) -> None:
    found.expected = row["expected"]
    for name in POLLUTANTS:
        found.pollutants[name].n = row[f"n_{name}"]
        if row[name] is not None:
            found.held[name] = Decimal(row[name]) / DAY_SCALE
    if row["aqi"] is not None:
        found.index.highest = row["aqi"]
        found.index.known = 1
        found.index.complete = int(row["complete"])


def _take(found: AreaStatistics, row: dict[str, Any]) -> None:
    for name in POLLUTANTS:
        kept = found.pollutants[name]
        kept.n = row[f"n_{name}"]
        if kept.n:
            kept.mean = Decimal(row[f"sum_{name}"]) / DAY_SCALE / kept.n
        if row[f"p_{name}"] is not None:
            kept.percentile = round(Decimal(repr(float(row[f"p_{name}"]))) / DAY_SCALE, 9)
    index = found.index
    for name in ("known", "complete", "above_good", "decided_good", "above_heavy", "decided_heavy"):
        setattr(index, name, int(row[name] or 0))
    index.highest = row["highest"]
    index.by_class = {level: int(row[f"class_{level}"] or 0) for level in range(1, 7)}


def _fill_hour(result: dict[str, AreaStatistics], observations: Any, members: Any, period: Period) -> None:
    """An hour's values: the mean of the stations' hourly values where enough of them have one."""
    assert period.hour is not None
    label = dt.datetime.combine(period.start, dt.time(period.hour))
    rows = observations.filter(observations.time == label).select("station", *POLLUTANTS).to_pyarrow().to_pylist()
    by_station = {row["station"]: row for row in rows}
    for code, found in result.items():
        own = [member.station for member in members if member.target == code]
        found.expected = len(own)
        for name in POLLUTANTS:
            values = [by_station[s][name] for s in own if s in by_station and by_station[s][name] is not None]
            found.pollutants[name].n = len(values)
            if values and len(values) >= found.minimum():
                found.held[name] = sum((as_decimal(value) for value in values), Decimal(0)) / len(values)
        if found.held:
            edition = aqi_edition(period.start)
            index = edition.hourly({name: found.held.get(name) for name in POLLUTANTS})
            found.index.highest = index.aqi
            found.index.known = int(index.aqi is not None)
            needed = catalogue().get("air.evaluation.index_needs").at(period.start).value
            found.index.complete = int(index.aqi is not None and not set(index.missing) & set(needed))
