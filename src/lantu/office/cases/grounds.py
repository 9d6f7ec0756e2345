"""Why a case was raised (立案依据): its rule, the limit with its reference, and the rows, found again in the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text, unit_title
from lantu.gateway.devices import FILE_NAME, DeviceRegister
from lantu.gateway.mapping import DEVICE_EVENTS, READINGS
from lantu.indicators.registry import get_indicator
from lantu.lake import get_dataset
from lantu.lake.dataset import all_datasets
from lantu.office.cases.finders import limit_at

if TYPE_CHECKING:
    from lantu.lake import Lake, Workspace
    from lantu.office.cases.rules import Limit, Rule
    from lantu.plan.packs import Pack

MOST_ROWS = 500
_UNSHOWN = ("simulated", "month", "delay")
_STATISTICS = {
    "mean": Text("日均值", "daily mean"),
    "maximum": Text("日最大值", "highest of the day"),
    "rows_above": Text("超过限值的时次", "rows above the limit"),
}
_TROUBLES = {"stuck": Text("读数不变", "readings that stand still"), "silent": Text("没有数据", "no data")}


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row as a case keeps it in words, and what it means: an entry of a ledger, or rows of a dataset.

    `first` and `last` are moments as the dataset keeps them; `factor` and `kind` narrow the readings of devices.
    """

    text: str
    entry: tuple[str, str] | None = None
    dataset: str | None = None
    station: str = ""
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    factor: str = ""
    kind: str = ""

    @property
    def is_found(self) -> bool:
        """Whether rows of a dataset can be looked up by it."""
        return self.dataset is not None and bool(self.station) and self.first is not None and self.last is not None


def kept_row(line: str, rule: Rule | None, ledgers: Mapping[str, Any]) -> KeptRow:
    """A line of a case's rows, taken apart; what cannot be is left as words.

    Args:
        line: as `candidates.row_text` writes it.
        rule: of the case, which knows what its indicator reads.
        ledgers: the pack's.
    """
    source, *parts = line.split("|")
    values = dict(part.split("=", 1) for part in parts if "=" in part)
    ledger, slash, key = source.partition("/")
    if slash and ledger in ledgers:
        return KeptRow(line, entry=(ledger, key))
    dataset: str | None = source if source in all_datasets() else None
    if dataset is None and rule is not None and rule.kind == "indicator":
        read = get_indicator(rule.indicator).family.datasets
        dataset = read[0] if read else None
    if dataset is None:
        return KeptRow(line)
    one = _moment(values.get("time"))
    first = one or _moment(values.get("first")) or _moment(values.get("from")) or _moment(values.get("looked_from"))
    last = one or _moment(values.get("last")) or _moment(values.get("to")) or first
    station = values.get("station") or values.get("site") or ""
    factor = values.get("factor", "") if dataset in (READINGS, DEVICE_EVENTS) else ""
    kind = values.get("kind", "") if factor else ""
    return KeptRow(line, None, dataset, station, first, last, factor, kind)


def _moment(written: str | None) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(written) if written else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a dataset: the columns that hold anything, and for each row whether it is one of those that are meant."""

    columns: tuple[tuple[str, Text, str], ...]
    """Name, title, unit."""
    rows: tuple[tuple[Any, ...], ...]
    meant: tuple[bool, ...]
    left_out: int = 0


def rows_around(lake: Lake, row: KeptRow) -> Rows:
    """The rows that a kept row means as they are stored now, among the others of its days.

    Corrected rows are shown as corrected: what they were is told by the case's own words.
    """
    if row.dataset is None or row.first is None or row.last is None:
        return Rows((), (), ())
    declared = get_dataset(row.dataset)
    hourly = declared.cadence == "hour"
    # an hour carries its end: hour 24 belongs to the day before
    shift = dt.timedelta(hours=1) if hourly else dt.timedelta()
    begin = dt.datetime.combine((row.first - shift).date(), dt.time())
    end = dt.datetime.combine((row.last - shift).date() + dt.timedelta(days=1), dt.time())
    table = lake.rows(row.dataset, [row.station], begin, end)
    records = table.to_pylist() if table is not None else []
    if row.factor:
        named = "factor" if row.dataset == READINGS else "name"
        records = [each for each in records if each.get(named) == row.factor and each.get("kind") == row.kind]
    titles = {column.name: (column.title, column.unit) for column in declared.columns}
    titles |= {text.name: (text.title, "") for text in declared.texts}
    names = [
        name
        for name in (records[0] if records else ())
        if name not in _UNSHOWN and any(each[name] is not None for each in records)
    ]
    shown = records[:MOST_ROWS]
    meant = tuple(row.first <= each["time"].replace(tzinfo=None) <= row.last for each in shown)
    columns = tuple((name, *titles.get(name, (_COMMON.get(name, Text(name, name)), ""))) for name in names)
    values = tuple(tuple(each[name] for name in names) for each in shown)
    return Rows(columns, values, meant, len(records) - len(shown))


_COMMON = {
    "station": Text("站点", "station"),
    "time": Text("时间", "time"),
    "below": Text("低于检出限", "below"),
    "source": Text("来源", "source"),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a rule looks at, and the limit that it holds it against with its reference, as of a day."""

    title: Text
    looks_at: Text
    limit: Text | None
    reference: Text | None
    own_choice: bool
    """Whether the deadline and the periods are the pack's own choice, without a document behind them."""


def ground_of(pack: Pack, rule: Rule, day: dt.date, rows: list[KeptRow], workspace: Workspace) -> Ground:
    """Why a rule raised a case.

    Args:
        pack: names ledgers and fields.
        rule: the rule.
        day: the day of which the limit is told.
        rows: the case's rows; a clue's limit is that of the device that they name.
        workspace: holds the device register.
    """
    looks_at, limit, reference = Text("", ""), None, None
    if rule.kind == "indicator":
        indicator = get_indicator(rule.indicator)
        looks_at = indicator.title
        limit, reference = _limit(rule.above or rule.below, indicator.unit, day, rule.above is not None)
    elif rule.kind == "dataset":
        declared = get_dataset(rule.dataset)
        column = declared.column(rule.column)
        how = _STATISTICS[rule.statistic]
        looks_at = Text(
            f"{declared.title.zh}：{column.title.zh}，{how.zh}", f"{declared.title.en}: {column.title.en}, {how.en}"
        )
        limit, reference = _limit(rule.above, column.unit, day, True)
    elif rule.kind == "entry":
        ledger = pack.ledgers[rule.ledger]
        looks_at = ledger.title
        states = [ledger.states[name].title for name in rule.states]
        zh, en = "、".join(each.zh for each in states), ", ".join(each.en for each in states)
        days = rule.after_working_days
        limit = Text(f"“{zh}”", f"'{en}'")
        if days:
            limit = Text(f"“{zh}”超过 {days} 个工作日", f"'{en}' for more than {days} working days")
    elif rule.kind == "overdue":
        ledger = pack.ledgers[rule.ledger]
        looks_at = ledger.title
        field = ledger.field(rule.due)
        name = field.title if field is not None else Text(rule.due, rule.due)
        more = rule.plus_working_days
        limit = Text(
            f"“{name.zh}”{f'后 {more} 个工作日' if more else ''}已过",
            f"'{name.en}'{f' and {more} working days' if more else ''} passed",
        )
    elif rule.kind == "device":
        declared, trouble = get_dataset(rule.dataset), _TROUBLES[rule.trouble]
        looks_at = Text(f"{declared.title.zh}：{trouble.zh}", f"{declared.title.en}: {trouble.en}")
        if rule.silent_hours is not None:
            limit = Text(f"{rule.silent_hours} 小时", f"{rule.silent_hours} hours")
    else:
        looks_at = Text("网关线索", "clues of the gateway")
        limit, reference = _limit_of_device(rows, workspace)
    if reference is None and rule.reference:
        reference = Text(rule.reference, rule.reference)
    return Ground(rule.title, looks_at, limit, reference, rule.basis == "own_choice")


def _limit(limit: Limit | None, unit: str, day: dt.date, above: bool) -> tuple[Text | None, Text | None]:
    if limit is None:
        return None, None
    number, source = limit_at(limit, unit, day)
    words = unit_title(unit)
    sign = ("高于", "above") if above else ("低于", "below")
    return Text(f"{sign[0]} {number} {words.zh}", f"{sign[1]} {number} {words.en}"), source


def _limit_of_device(rows: list[KeptRow], workspace: Workspace) -> tuple[Text | None, Text | None]:
    """The limit that the device register gives now for the factor that the rows name."""
    try:
        register = DeviceRegister.read(workspace.path / FILE_NAME)
    except LantuError:
        return None, None
    for row in rows:
        values = dict(part.split("=", 1) for part in row.text.split("|")[1:] if "=" in part)
        station, code = values.get("station", ""), values.get("factor", "")
        for device in register.devices:
            factor = device.factors.get(code) if isinstance(device.factors, dict) else None
            if factor is None or factor.limit is None or station not in (device.id, device.station_of(device.id)):
                continue
            limit = f"{factor.limit:g} {factor.unit}"
            reference = factor.limit_reference or ""
            return (
                Text(f"{code} 高于 {limit}", f"{code} above {limit}"),
                Text(f"{reference}（设备登记现值）", f"{reference} (as the device register has it now)"),
            )
    return None, None
