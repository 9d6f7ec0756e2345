"""Rules that raise cases (产生规则) as data of a pack: what they look at, whom the case goes to, when it is due.

One YAML file of the folder `case_rules` is one rule. Each has a worked example: data, a day, and what it then raises.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from lantu.base import ClosedModel, LantuError, Place, SeveralErrors, Text, parse_unit, read_yaml
from lantu.base.yaml_source import validate
from lantu.indicators import units_of_indicators
from lantu.lake import get_dataset
from lantu.ledgers.schema import Figure, Name, UnitText
from lantu.ledgers.selections import Where
from lantu.office.cases.handling import Basis
from lantu.standards import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from lantu.base.yaml_source import YamlSource
    from lantu.plan.packs import Pack

FOLDER = "case_rules"
CASES = "cases"
Days = Annotated[int, Field(ge=0, le=730)]


class Limit(ClosedModel):
    """A limit: a figure with its unit, or the parameter of a standard, which is read for the day."""

    value: Figure | None = None
    unit: UnitText | None = None
    parameter: str | None = None
    reference: str = ""

    @model_validator(mode="after")
    def _one(self) -> Limit:
        if (self.value is None) == (self.parameter is None):
            raise ValueError("give either a value with its unit or a parameter")
        if (self.value is None) != (self.unit is None):
            raise ValueError("a value needs its unit, and a parameter has its own")
        return self


class ExampleRows(ClosedModel):
    """Observations of an example: a station's values at every hour (day, month) from one moment to another."""

    dataset: str
    station: str
    first: dt.datetime
    last: dt.datetime
    values: dict[str, float | list[float]]


class ExampleEntry(ClosedModel):
    """An entry of an example: how it was entered, and its state."""

    ledger: str
    area: str
    day: dt.date
    state: str | None = None
    values: dict[str, Any]


class ExampleClue(ClosedModel):
    """A clue of an example."""

    clue_class: str
    site: str
    area: str
    time: dt.datetime
    words: Text


class ExampleCase(ClosedModel):
    """What an example raises."""

    area: str
    subject: str
    occurred_on: dt.date
    due_on: dt.date
    unit: str


class Example(ClosedModel):
    """A worked example: what is known, on which day it is looked at, what is raised then."""

    day: dt.date
    rows: list[ExampleRows] = []
    entries: list[ExampleEntry] = []
    clues: list[ExampleClue] = []
    raises: list[ExampleCase]


class _Rule(ClosedModel):
    """What every rule says.

    A case goes to `unit`: a public body by name, `district` (the government of the district), or `holder` (who holds
    the entry). `merge_by` is what two hits share that belong to one case. After a refusal nothing is raised for
    `refusal_days`; the case may be closed after `quiet_days` without a hit; a hit within `rebound_days` after the
    closing opens it again.
    """

    rule: Name
    title: Text
    case_class: Name
    source: Name
    unit: str
    deadline_working_days: Annotated[int, Field(ge=1, le=250)]
    merge_by: Annotated[list[Literal["area", "subject"]], Field(min_length=1)]
    refusal_days: Days
    quiet_days: Days
    rebound_days: Days
    dispatch: Literal["by_hand", "at_once"] = "by_hand"
    basis: Basis
    reference: str = ""
    note: Text | None = None
    example: Example


class IndicatorRule(_Rule):
    """An indicator above or below a limit, of areas or of each entry of a ledger; the last whole period counts."""

    kind: Literal["indicator"]
    indicator: str
    period: Literal["day", "month"]
    areas: str | None = None
    of_each: Name | None = None
    selection: Name | None = None
    above: Limit | None = None
    below: Limit | None = None

    @model_validator(mode="after")
    def _fits(self) -> IndicatorRule:
        if (self.areas is None) == (self.of_each is None):
            raise ValueError("give either areas or of_each")
        if (self.above is None) == (self.below is None):
            raise ValueError("give either above or below")
        return self


class DatasetRule(_Rule):
    """A column of a dataset whose mean or highest value of a day lies above a limit, at each station."""

    kind: Literal["dataset"]
    dataset: str
    column: Name
    statistic: Literal["mean", "maximum", "rows_above"]
    above: Limit
    least_rows: Annotated[int, Field(ge=1)]
    """So many rows a day must have (of `rows_above`: so many of them must lie above the limit)."""
    stations: Name
    """The ledger whose keys are the stations' names; it tells their areas."""


class EntryRule(_Rule):
    """Entries of a ledger that stand in a state (alarms, findings): at once, or when so many working days are over."""

    kind: Literal["entry"]
    ledger: Name
    states: Annotated[list[Name], Field(min_length=1)]
    where: Where = {}
    subject: Name | None = None
    """The field that names what the case is about; the entry's key without it."""
    after_working_days: Annotated[int, Field(ge=0, le=250)] = 0
    within_days: Annotated[int, Field(ge=1, le=1000)]
    """Only entries whose fact is not older."""


class OverdueRule(_Rule):
    """Entries whose date has passed while they have not reached a state."""

    kind: Literal["overdue"]
    ledger: Name
    due: Name
    plus_working_days: Annotated[int, Field(ge=0, le=250)] = 0
    """The deadline is so many working days after the date."""
    reached: Annotated[list[Name], Field(min_length=1)]
    where: Where = {}
    subject: Name | None = None
    within_days: Annotated[int, Field(ge=1, le=1000)]
    """Only those overdue for no longer than this."""


class DeviceRule(_Rule):
    """Stations of a ledger whose readings stand still, or of which nothing came."""

    kind: Literal["device"]
    dataset: str
    trouble: Literal["stuck", "silent"]
    stations: Name
    where: Where = {}
    states: Annotated[list[Name], Field(min_length=1)]
    silent_hours: Annotated[int, Field(ge=1, le=2000)] | None = None
    look_back_days: Annotated[int, Field(ge=1, le=60)] = 7

    @model_validator(mode="after")
    def _fits(self) -> DeviceRule:
        if (self.trouble == "silent") != (self.silent_hours is not None):
            raise ValueError("silent_hours goes with trouble: silent")
        return self


class ClueRule(_Rule):
    """Clues of given classes, from wherever they come."""

    kind: Literal["clue"]
    clues: Annotated[list[Name], Field(min_length=1)]


Rule = IndicatorRule | DatasetRule | EntryRule | OverdueRule | DeviceRule | ClueRule
_KINDS: Mapping[str, type[_Rule]] = {
    "indicator": IndicatorRule,
    "dataset": DatasetRule,
    "entry": EntryRule,
    "overdue": OverdueRule,
    "device": DeviceRule,
    "clue": ClueRule,
}


def read_case_rules(pack: Pack) -> dict[str, Rule]:
    """The rules of a pack by name, checked against its ledgers, units, the indicators, datasets and parameters.

    Raises:
        SeveralErrors: every fault with its file and line.
    """
    found: dict[str, Rule] = {}
    faults: list[LantuError] = []
    for path in pack.files(FOLDER).values():
        try:
            source = read_yaml(path)
            rule = _read(source)
        except SeveralErrors as error:
            faults.extend(error.errors)
            continue
        except LantuError as error:
            faults.append(error)
            continue
        faults += [
            LantuError(what, where=Place(path, source.line_of((key,)), key)) for key, what in _faults(rule, pack, path)
        ]
        found[rule.rule] = rule
    if faults:
        raise SeveralErrors(faults)
    return found


def _read(source: YamlSource) -> Any:
    kind = source.data.get("kind") if isinstance(source.data, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        kinds = ", ".join(_KINDS)
        raise LantuError(
            Text(f"kind 应为 {kinds} 之一", f"'kind' must be one of {kinds}"),
            where=Place(source.path, source.line_of(("kind",)), "kind"),
        )
    return validate(source, source.data, _KINDS[kind], ())


def _faults(rule: Any, pack: Pack, path: Path) -> list[tuple[str, Text]]:
    """What a rule names and nobody knows."""
    wrong: list[tuple[str, Text]] = []

    def known(key: str, name: str, among: Any, zh: str, en: str) -> bool:
        if name in among:
            return True
        wrong.append((key, Text(f"没有{zh}“{name}”", f"there is no {en} '{name}'")))
        return False

    if rule.rule != path.stem:
        wrong.append(("rule", Text(f"文件名应与规则名“{rule.rule}”相同", f"the file must be named {rule.rule}")))
    cases = pack.ledgers.get(CASES)
    for key, field in (("case_class", "case_class"), ("source", "source")):
        declared = cases.field(field) if cases is not None else None
        known(key, getattr(rule, key), declared.codes if declared else (), "问题台账的代码", "code of the cases")
    if rule.unit not in ("district", "holder"):
        known("unit", rule.unit, pack.units, "单位", "unit")
    wrong += _ledger_faults(rule, pack, known)
    if rule.kind == "indicator":
        units = units_of_indicators()
        if known("indicator", rule.indicator, units, "指标", "indicator"):
            for key in ("above", "below"):
                wrong += _limit_faults(key, getattr(rule, key), units[rule.indicator])
    if rule.kind in ("dataset", "device"):
        try:
            dataset = get_dataset(rule.dataset)
        except LantuError as error:
            return [*wrong, ("dataset", error.what)]
        if rule.kind == "dataset":
            column = next((each for each in dataset.columns if each.name == rule.column), None)
            if known("column", rule.column, [each.name for each in dataset.columns], "数据列", "column"):
                assert column is not None
                wrong += _limit_faults("above", rule.above, column.unit)
    return wrong


def _ledger_faults(rule: Any, pack: Pack, known: Any) -> list[tuple[str, Text]]:
    """The ledger that a rule looks at: that it is there, with the states, selections and fields that the rule names."""
    key = {"indicator": "of_each", "dataset": "stations", "device": "stations"}.get(rule.kind, "ledger")
    name = getattr(rule, key, None)
    if name is None or not known(key, name, pack.ledgers, "台账", "ledger"):
        return []
    ledger = pack.ledgers[name]
    fields = [field.name for field in ledger.fields]
    for states in ("states", "reached"):
        for state in getattr(rule, states, ()):
            known(states, state, ledger.states, "状态", "state")
    for field in getattr(rule, "where", ()):
        known("where", field, fields, "字段", "field")
    if getattr(rule, "subject", None) is not None:
        known("subject", rule.subject, fields, "字段", "field")
    if getattr(rule, "due", None) is not None:
        known(
            "due", rule.due, [field.name for field in ledger.fields if field.type == "date"], "日期字段", "date field"
        )
    if getattr(rule, "selection", None) is not None:
        known("selection", rule.selection, ledger.names(), "口径", "selection")
    return []


def _limit_faults(key: str, limit: Limit | None, unit: str) -> list[tuple[str, Text]]:
    if limit is None:
        return []
    if limit.parameter is not None and limit.parameter not in catalogue():
        return [(key, Text(f"没有参数“{limit.parameter}”", f"there is no parameter '{limit.parameter}'"))]
    own = limit.unit or catalogue().get(limit.parameter or "").unit
    if not parse_unit(own).fits(parse_unit(unit)):
        return [(key, Text(f"单位“{own}”与“{unit}”不合", f"'{own}' does not fit '{unit}'"))]
    return []
