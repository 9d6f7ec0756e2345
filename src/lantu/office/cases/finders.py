"""How each kind of rule looks: indicators, observations, entries, overdue entries, devices, clues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Period, Quantity, Text, as_decimal, unit_title
from lantu.indicators import compute
from lantu.indicators.family import Sources
from lantu.indicators.points.register import query, span
from lantu.indicators.registry import get_indicator
from lantu.lake import get_dataset
from lantu.ledgers.values import shown, to_json
from lantu.office.cases.candidates import MOST_ROWS, row_text
from lantu.standards import catalogue
from lantu.standards.parameter import Verified

if TYPE_CHECKING:
    from lantu.ledgers import Entry, Ledger
    from lantu.office.cases.candidates import Clue, Ground
    from lantu.office.cases.rules import ClueRule, DatasetRule, DeviceRule, EntryRule, IndicatorRule, Limit, OverdueRule

_NO_DATA = Text("没有数据", "there are no data")


def limit_at(limit: Limit, unit: str, day: dt.date) -> tuple[Decimal, Text]:
    """A limit on a day in a unit, and the words for where it comes from and how sure it is."""
    if limit.value is not None:
        assert limit.unit is not None
        own = limit.reference or "规则包自定"
        words = Text(own, limit.reference or "the pack's own choice")
        return Quantity.of(limit.value, limit.unit).to(unit).value, words
    assert limit.parameter is not None
    value = catalogue().get(limit.parameter).at(day)
    zh, en = value.reference, value.reference
    if value.verified is Verified.UNVERIFIED:
        zh, en = f"{zh}，未核实", f"{en}, unverified"
    if value.stale:
        zh, en = f"{zh}，{value.valid_to} 后无新值", f"{en}, stale since {value.valid_to}"
    return Quantity.of(value.number, value.unit).to(unit).value, Text(zh, en)


# -- indicators -------------------------------------------------------------------------------------------------------


def last_whole(period: str, day: dt.date) -> Period:
    """The day itself, or the last month that has ended on a day."""
    if period == "day":
        return Period.day(day)
    tomorrow = day + dt.timedelta(days=1)
    last = tomorrow.replace(day=1) - dt.timedelta(days=1)
    return Period.month(last.year, last.month)


def find_indicator(ground: Ground, rule: IndicatorRule) -> None:
    """Indicators of areas or objects that lie beyond a limit in the last whole period."""
    period = last_whole(rule.period, ground.day)
    where: dict[str, str] = {}
    selection: str | list[str] = rule.areas or ""
    if rule.of_each is not None:
        entries = ground.book.entries(rule.of_each, ground.day)
        rows = entries.select(rule.selection, period) if rule.selection else entries.rows
        where = {row.key: row.area for row in rows}
        selection = list(where)
    if not selection:
        ground.findings.say(rule.rule, Text(f"台账 {rule.of_each} 没有条目", f"{rule.of_each} has no entry"))
        return
    indicator = get_indicator(rule.indicator)
    pack = ground.pack
    values = compute(ground.lake, pack.sites, pack.areas, rule.indicator, selection, period, book=ground.book)
    without = [value for value in values if value.rounded is None or not value.valid]
    if without:
        some = without[0].reason or _NO_DATA
        ground.findings.say(
            rule.rule,
            Text(
                f"{len(values)} 个对象中 {len(without)} 个没有有效值（{some.zh}）",
                f"{len(without)} of {len(values)} have no valid value ({some.en})",
            ),
        )
    limit = rule.above or rule.below
    assert limit is not None
    bound, source = limit_at(limit, indicator.unit, period.end)
    sources = Sources(ground.lake, pack.sites, pack.areas, ground.book)
    for value in values:
        if value.rounded is None or not value.valid:
            continue
        beyond = value.rounded > bound if rule.above is not None else value.rounded < bound
        if not beyond:
            continue
        unit = unit_title(indicator.unit)
        zh, en = ("高于", "above") if rule.above is not None else ("低于", "below")
        what = Text(
            f"{value.area_name.zh} {period.label} {indicator.title.zh} {value.rounded} {unit.zh}，{zh}{bound}"
            f"（{source.zh}）",
            f"{value.area_name.en} {period.label}: {indicator.title.en} {value.rounded} {unit.en}, {en} {bound} "
            f"({source.en})",
        )
        ground.candidate(
            rule,
            where.get(value.area, value.area),
            value.area if rule.of_each is not None else value.area_name.zh,
            min(period.end, ground.day),
            what,
            f"{value.area}|{period.label}",
            _traced(sources, indicator.family, value.area, period, value.versions),
            simulated=value.simulated,
        )


def _traced(sources: Sources, family: Any, target: str, period: Period, versions: Any) -> Iterator[str]:
    """The first rows behind a figure."""
    (found,) = family.targets(sources, [target], period)
    trace = family.trace(sources, found, period, {name: versions.get(name) for name in family.versions(sources)})
    for number, row in enumerate(trace.rows):
        if number >= MOST_ROWS:
            break
        yield row_text(family.name, dict(zip(trace.header, row, strict=False)))


# -- observations -----------------------------------------------------------------------------------------------------


def find_dataset(ground: Ground, rule: DatasetRule) -> None:
    """Stations whose observations of the day lie above a limit."""
    if ground.lake.version(rule.dataset) is None:
        ground.findings.say(rule.rule, Text(f"数据集 {rule.dataset} 没有数据", f"{rule.dataset} has no data"))
        return
    pack, day = ground.pack, Period.day(ground.day)
    column = next(each for each in get_dataset(rule.dataset).columns if each.name == rule.column)
    bound, source = limit_at(rule.above, column.unit, ground.day)
    measure = {"mean": "avg(value)", "maximum": "max(value)", "rows_above": "max(value)"}[rule.statistic]
    counted = "count(*) filter (value > $a)" if rule.statistic == "rows_above" else "count(*)"
    sources = Sources(ground.lake, pack.sites, pack.areas, ground.book)
    sql = (
        f"select station, {measure}, {counted} from (select station, {rule.column} as value from {{rows}}) "
        f"where value is not null group by station having {counted} >= $b and round({measure}, 6) > $a order by station"
    )
    found = query(sources, rule.dataset, day, None, sql, float(bound), rule.least_rows)
    register = ground.book.entries(rule.stations, ground.day)
    areas = {row.key: row.area for row in register.rows}
    strange = [station for station, *_ in found if station not in areas]
    if strange:
        ground.findings.say(
            rule.rule,
            Text(
                f"台账 {rule.stations} 没有站点 {'、'.join(strange[:5])}",
                f"{rule.stations} does not know {', '.join(strange[:5])}",
            ),
        )
    hits = [row for row in found if row[0] in areas]
    rows = _rows_above(ground, rule, [station for station, *_ in hits], float(bound))
    unit = unit_title(column.unit)
    for station, value, count in hits:
        name = {"mean": ("日均值", "daily mean"), "maximum": ("日最大值", "highest of the day")}.get(
            rule.statistic, (f"{count} 个时次超过", f"{count} rows above")
        )
        figure = as_decimal(round(value, 1))
        what = Text(
            f"{station} {ground.day} {column.title.zh} {name[0]} {figure} {unit.zh}，限值 {bound}（{source.zh}）",
            f"{station} {ground.day}: {column.title.en}, {name[1]} {figure} {unit.en}, limit {bound} ({source.en})",
        )
        ground.candidate(
            rule,
            areas[station],
            station,
            ground.day,
            what,
            f"{station}|{ground.day}",
            rows.get(station, ()),
            simulated=ground.lake.is_simulated(rule.dataset),
        )


def _rows_above(ground: Ground, rule: DatasetRule, stations: Sequence[str], bound: float) -> dict[str, list[str]]:
    """The rows above the limit by station, highest first."""
    if not stations:
        return {}
    hourly = get_dataset(rule.dataset).cadence == "hour"
    first, last = span(Period.day(ground.day), hourly)
    table = ground.lake.rows(rule.dataset, stations, first, last)
    found: dict[str, list[tuple[float, str]]] = {}
    for record in table.select(["station", "time", rule.column]).to_pylist() if table is not None else []:
        value = record[rule.column]
        if value is not None and value > bound:
            found.setdefault(record["station"], []).append((-value, row_text(rule.dataset, record)))
    return {station: [text for _, text in sorted(rows)] for station, rows in found.items()}


# -- entries of ledgers -----------------------------------------------------------------------------------------------


def _subject(rule: EntryRule | OverdueRule, row: Entry) -> str:
    return str(row.key if rule.subject is None else row.get(rule.subject) or row.key)


def _entry_row(ledger: Ledger, row: Entry) -> str:
    values = {name: to_json(value) for name, value in row.values.items()}
    return row_text(f"{ledger.ledger}/{row.key}", {"state": row.state, **values})


def _passes(rule: Any, row: Entry, day: dt.date) -> bool:
    return all(test.holds(row.get(name), day, day) for name, test in rule.where.items())


def find_entries(ground: Ground, rule: EntryRule) -> None:
    """Entries that stand in a state in which they should not stand for long."""
    entries = ground.book.entries(rule.ledger, ground.day)
    ledger = entries.ledger
    oldest = ground.day - dt.timedelta(days=rule.within_days)
    for row in entries.rows:
        if row.state not in rule.states or not _passes(rule, row, ground.day):
            continue
        fact = entries.happened(row)
        waited = ground.pack.working_days.between(fact, ground.day)
        patient = rule.after_working_days > 0 and waited <= rule.after_working_days
        if not oldest <= fact <= ground.day or patient:
            continue
        state = ledger.states[row.state].title
        shown_as = _described(ledger, row)
        what = Text(
            f"{ledger.title.zh} {row.key}：{shown_as.zh}，{fact} 起{state.zh}",
            f"{ledger.title.en} {row.key}: {shown_as.en}, {state.en} since {fact}",
        )
        ground.candidate(
            rule,
            row.area,
            _subject(rule, row),
            fact,
            what,
            row.key,
            [_entry_row(ledger, row)],
            row.holder,
            standing=True,
            simulated=row.simulated,
        )


def _described(ledger: Ledger, row: Entry) -> Text:
    """The codes of an entry in words: what kind of alarm it is."""
    from lantu.base import use_language

    coded = [field for field in ledger.fields if field.type == "code" and row.values.get(field.name) is not None]
    words = []
    for language in ("zh", "en"):
        with use_language(language):
            words.append("、".join(shown(field, row.values[field.name]) for field in coded) or row.key)
    return Text(words[0], words[1].replace("、", ", "))


def find_overdue(ground: Ground, rule: OverdueRule) -> None:
    """Entries whose deadline has passed."""
    entries = ground.book.entries(rule.ledger, ground.day)
    ledger = entries.ledger
    reached = frozenset(state for name in rule.reached for state in ledger.states_of(name))
    declared = ledger.field(rule.due)
    assert declared is not None
    for row in entries.rows:
        date = row.values.get(rule.due)
        if date is None or row.state in reached or not _passes(rule, row, ground.day):
            continue
        due = ground.pack.working_days.after(date, rule.plus_working_days).day if rule.plus_working_days else date
        if due >= ground.day or (ground.day - due).days > rule.within_days:
            continue
        state = ledger.states[row.state].title
        more = f"+{rule.plus_working_days}" if rule.plus_working_days else ""
        what = Text(
            f"{ledger.title.zh} {row.key} 应于 {due} 前办结（{declared.title.zh} {date}{more}），现为{state.zh}",
            f"{ledger.title.en} {row.key} was due on {due} ({declared.title.en} {date}{more}), and is {state.en}",
        )
        ground.candidate(
            rule,
            row.area,
            _subject(rule, row),
            due + dt.timedelta(days=1),
            what,
            f"{row.key}|{due}",
            [_entry_row(ledger, row)],
            row.holder,
            standing=True,
            simulated=row.simulated,
        )


# -- devices ----------------------------------------------------------------------------------------------------------


def find_devices(ground: Ground, rule: DeviceRule) -> None:
    """Stations on the register that stand still or are silent."""
    if ground.lake.version(rule.dataset) is None:
        ground.findings.say(rule.rule, Text(f"数据集 {rule.dataset} 没有数据", f"{rule.dataset} has no data"))
        return
    register = ground.book.entries(rule.stations, ground.day)
    areas = {row.key: row.area for row in register.rows if row.state in rule.states and _passes(rule, row, ground.day)}
    if not areas:
        ground.findings.say(rule.rule, Text(f"台账 {rule.stations} 没有站点", f"{rule.stations} has no station"))
        return
    (_find_stuck if rule.trouble == "stuck" else _find_silent)(ground, rule, areas)


def _find_stuck(ground: Ground, rule: DeviceRule, areas: dict[str, str]) -> None:
    first = ground.day - dt.timedelta(days=rule.look_back_days - 1)
    titles = {column.name: column.title for column in get_dataset(rule.dataset).columns}
    for station, column, begin, end, count, value in ground.lake.stuck(rule.dataset, first, ground.day):
        if station not in areas:
            continue
        title = titles[column]
        what = Text(
            f"{station} {title.zh} {begin:%Y-%m-%d %H:%M} 至 {end:%Y-%m-%d %H:%M} 连续 {count} 个时次均为 {value:g}",
            f"{station}: {title.en} is {value:g} for {count} rows on end, from {begin:%Y-%m-%d %H:%M} to "
            f"{end:%Y-%m-%d %H:%M}",
        )
        last_day = (end - dt.timedelta(hours=1)).date()
        row = {"station": station, "column": column, "from": begin, "to": end, "rows": count, "value": value}
        ground.candidate(
            rule,
            areas[station],
            station,
            last_day,
            what,
            f"{station}|{column}|{last_day}",
            [row_text(rule.dataset, row)],
            simulated=ground.lake.is_simulated(rule.dataset),
        )


def _find_silent(ground: Ground, rule: DeviceRule, areas: dict[str, str]) -> None:
    pack = ground.pack
    sources = Sources(ground.lake, pack.sites, pack.areas, ground.book)
    first = ground.day - dt.timedelta(days=rule.look_back_days - 1)
    sql = "select station, max(time) from {rows} group by station"
    seen = dict(query(sources, rule.dataset, Period.between(first, ground.day), None, sql))
    assert rule.silent_hours is not None
    until = dt.datetime.combine(ground.day + dt.timedelta(days=1), dt.time())
    for station, area in areas.items():
        last = seen.get(station)
        if last is not None and (until - last).total_seconds() < rule.silent_hours * 3600:
            continue
        since = f"{last:%Y-%m-%d %H:%M}" if last is not None else None
        what = Text(
            f"{station} 自 {since} 起没有数据" if since else f"{station} {first} 以来没有数据",
            f"{station}: no data since {since}" if since else f"{station}: no data since {first} or longer",
        )
        ground.candidate(
            rule,
            area,
            station,
            ground.day,
            what,
            f"{station}|{since}",
            [row_text(rule.dataset, {"station": station, "last": last or "—", "looked_from": first})],
            standing=True,
            simulated=ground.lake.is_simulated(rule.dataset),
        )


# -- clues ------------------------------------------------------------------------------------------------------------


def find_clues(ground: Ground, rule: ClueRule, clues: Sequence[Clue]) -> None:
    """Clues of the classes that a rule takes."""
    for clue in clues:
        day = clue.time.date()
        if clue.clue_class not in rule.clues or day > ground.day:
            continue
        subject = clue.site or str(getattr(clue, "device", "") or "")
        if not clue.area or not subject:
            what = subject or clue.words.zh
            ground.findings.say(
                rule.rule, Text(f"线索没有区域或对象：{what}", f"a clue without area or subject: {what}")
            )
            continue
        try:
            area = clue.area if clue.area in ground.pack.areas else ground.pack.areas.find(clue.area).code
        except LantuError as error:
            ground.findings.say(rule.rule, error.what)
            continue
        own = str(getattr(clue, "key", "") or clue.time.isoformat())
        ground.candidate(
            rule,
            area,
            subject,
            day,
            Text(f"{subject} {clue.words.zh}", f"{subject}: {clue.words.en}"),
            f"{clue.clue_class}|{subject}|{own}",
            _rows_of_clue(clue),
            simulated=bool(getattr(clue, "simulated", False)),
        )


def _rows_of_clue(clue: Clue) -> list[str]:
    """The rows of a clue in words: a list of rows, or one thing that says which rows of a dataset it means."""
    rows = clue.rows if isinstance(clue.rows, list | tuple) else [clue.rows]
    found = []
    for row in rows:
        values = row.as_json() if hasattr(row, "as_json") else row
        if isinstance(values, dict):
            source = str(values.get("dataset") or clue.clue_class)
            found.append(row_text(source, {name: value for name, value in values.items() if name != "dataset"}))
        else:
            found.append(str(values))
    return found
