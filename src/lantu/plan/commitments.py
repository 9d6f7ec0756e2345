"""The eight kinds of commitment (可核查承诺) as a pack declares them: closed models, one for each kind.

A commitment is a head (id, title, areas, period, due day, softness) and a rule of one kind:

| kind | holds where |
|---|---|
| `level` 指标 | an indicator keeps a limit, is better than a baseline, or reaches a figure that is entered later |
| `count` 数量 | so many ledger entries (or so much of an amount they carry) are in a state |
| `ratio` 比例 | the entries in one state are such a share of those in another |
| `cadence` 频次 | at least one entry in every month, quarter, year ... |
| `deliverable` 成果 | a named document is issued by a day |
| `closure` 闭环 | every case of a class is closed, in time where a time is set |
| `absence` 禁止 | no event, in a zone or a window |
| `each` 逐项 | every member of a named list fulfils an inner rule |

Ledgers and their states or selections are those that the pack's `ledgers/*.yaml` declare. Documents are codes of the
ledger `documents`, events and case classes codes of the ledger `cases`, states of alert selections of `alerts`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lantu.base import ClosedModel, LantuError, Quantity, Text, as_decimal, parse_unit
from lantu.base.deadlines import Cadence as CadenceName

KINDS = {
    "level": Text("指标", "level"),
    "count": Text("数量", "count"),
    "ratio": Text("比例", "ratio"),
    "cadence": Text("频次", "cadence"),
    "deliverable": Text("成果", "deliverable"),
    "closure": Text("闭环", "closure"),
    "absence": Text("禁止", "absence"),
    "each": Text("逐项", "each"),
}
Comparator = Literal["<", "<=", "=", ">=", ">", "about"]
Softness = Literal["strive", "basically", "about"]
Kind = Literal["level", "count", "ratio", "cadence", "deliverable", "closure", "absence", "each"]


def _known_unit(written: str) -> str:
    try:
        parse_unit(written)
    except LantuError as error:
        raise ValueError(str(error.what)) from error
    return written


def _reference(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ValueError(f"'{name}': write a name in small letters, digits and underscores")
    return name


def _decimal(value: Any) -> Any:
    """A figure of YAML by its shortest text, never by its binary expansion; a bool is no figure."""
    return as_decimal(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _written(value: Any) -> Any:
    """A year or a day that YAML has made a number or a date of is read as the text that was written."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


UnitText = Annotated[str, AfterValidator(_known_unit)]
Reference = Annotated[str, AfterValidator(_reference)]
Figure = Annotated[Decimal, BeforeValidator(_decimal)]
PeriodText = Annotated[str, BeforeValidator(_written)]


class Amount(ClosedModel):
    """A figure with its unit, as the plan states it."""

    value: Figure
    unit: UnitText

    @property
    def quantity(self) -> Quantity:
        return Quantity.of(self.value, self.unit)


class Baseline(ClosedModel):
    """An earlier period's value of the same indicator (基准), changed by `change` percent where the plan asks it."""

    period: PeriodText
    unit: UnitText
    change: Figure | None = None


class ExternalTarget(ClosedModel):
    """A figure that another document sets (国家和本市下达): entered later in this unit, with its reference."""

    unit: UnitText
    external: Literal[True] = True


class Printed(ClosedModel):
    """The figure as the document words it, where the check is stated otherwise; it is what a reader finds."""

    comparator: str
    value: Figure | str | None = None
    unit: str = ""


class Watch(ClosedModel):
    """What shows that somebody looked: without it a lack of cases means nothing. One entry in every such period."""

    ledger: Reference
    selection: Reference | None = None
    every: Literal["month", "quarter", "year", "periodic"] = "periodic"


class Milestone(ClosedModel):
    """What the schedule asks by a day before the deadline, in percent of the whole."""

    by: dt.date
    percent: Annotated[Figure, Field(ge=0, le=100)]


class Zone(ClosedModel):
    """Where an absence holds: a place in words, and how far around it."""

    name: Text
    distance: Amount | None = None


class Member(ClosedModel):
    """One of a named list: a river, a plant, a facility, and the area it lies in."""

    name: Text
    area: str | None = None


@dataclass(frozen=True, slots=True)
class PlanFigure:
    """A commitment's figure in the words of a reading: `>= 70 %`, `~= 6 克/平方米`, `every 1 季度`, `<baseline`."""

    comparator: str
    value: Decimal | str | None
    unit: str

    @property
    def key(self) -> tuple[str, Decimal | str | None, str]:
        """What two figures have in common that say the same: comparator, value in the plain unit, kind of unit."""
        if not self.unit:
            return self.comparator, self.value, ""
        unit = parse_unit(self.unit)
        value = self.value * unit.factor if isinstance(self.value, Decimal) else self.value
        return self.comparator, value.normalize() if isinstance(value, Decimal) else value, str(unit.meaning)


class _Rule(ClosedModel):
    def units(self) -> Iterator[str]:
        """Every unit that the rule names."""
        yield from ()


class _LevelRule(_Rule):
    kind: Literal["level"]
    indicator: Reference
    comparator: Comparator
    limit: Amount | None = None
    baseline: Baseline | None = None
    target: ExternalTarget | None = None
    leave_out_excluded: bool = False
    """Whether the verdict rests on the value without what exclusions with concurrence take out (扣除沙尘等)."""

    @model_validator(mode="after")
    def _one_measure(self) -> _LevelRule:
        if sum(part is not None for part in (self.limit, self.baseline, self.target)) != 1:
            raise ValueError("give exactly one of limit, baseline, target")
        return self

    @property
    def unit(self) -> str:
        """The unit of the limit, the baseline or the target."""
        stated = self.limit or self.baseline or self.target
        assert stated is not None
        return stated.unit

    def _figure(self) -> PlanFigure:
        if self.limit:
            return PlanFigure(self.comparator, self.limit.value, self.limit.unit)
        if self.target:
            return PlanFigure(self.comparator, None, self.target.unit)
        assert self.baseline is not None
        if self.baseline.change is None:
            return PlanFigure(f"{self.comparator}baseline", None, self.baseline.unit)
        # a limit of 90 % of the baseline is, in a plan's words, a reduction by at least 10 %
        falling = self.baseline.change < 0
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(self.comparator, self.comparator)
        return PlanFigure(turned if falling else self.comparator, abs(self.baseline.change), "%")


class _CountRule(_Rule):
    """`sum_of` names the amount that is added up where entries are not simply counted (length, area, volume)."""

    kind: Literal["count"]
    ledger: Reference
    state: Reference
    sum_of: Reference | None = None
    comparator: Comparator
    quota: Amount | None = None
    target: ExternalTarget | None = None
    quotas: dict[str, Figure] = {}
    cumulative: bool = False
    """True where entries of earlier years count too (累计)."""

    @model_validator(mode="after")
    def _one_quota(self) -> _CountRule:
        if (self.quota is None) == (self.target is None):
            raise ValueError("give exactly one of quota, target")
        if self.quotas and self.quota and sum(self.quotas.values()) != self.quota.value:
            raise ValueError(f"the quotas add up to {sum(self.quotas.values())}, not to {self.quota.value}")
        return self

    @property
    def unit(self) -> str:
        stated = self.quota or self.target
        assert stated is not None
        return stated.unit

    def _figure(self) -> PlanFigure:
        return PlanFigure(self.comparator, self.quota.value if self.quota else None, self.unit)


class _RatioRule(_Rule):
    """`covered` of `of`, both states of the ledger; with `every`, the share is taken anew in each such period.

    `throughout`: the share has to hold at any time (every new bus), not to be reached by the deadline.
    """

    kind: Literal["ratio"]
    ledger: Reference
    covered: Reference
    of: Reference
    sum_of: Reference | None = None
    comparator: Comparator
    limit: Amount | None = None
    target: ExternalTarget | None = None
    every: CadenceName | None = None
    throughout: bool = False

    @model_validator(mode="after")
    def _one_share(self) -> _RatioRule:
        if (self.limit is None) == (self.target is None):
            raise ValueError("give exactly one of limit, target")
        if self.unit not in ("%", "1"):
            raise ValueError("a ratio is given in % or as a plain number (unit 1)")
        return self

    @property
    def unit(self) -> str:
        stated = self.limit or self.target
        assert stated is not None
        return stated.unit

    def _figure(self) -> PlanFigure:
        return PlanFigure(self.comparator, self.limit.value if self.limit else None, self.unit)


class _CadenceRule(_Rule):
    """At least one entry of the ledger in every period; `of_each` names the ledger whose every entry needs it."""

    kind: Literal["cadence"]
    every: CadenceName
    interval: Annotated[int, Field(ge=1)] = 1
    ledger: Reference
    state: Reference | None = None
    of_each: Reference | None = None

    @property
    def unit(self) -> str:
        return _CADENCE_UNITS[self.every]

    def _figure(self) -> PlanFigure:
        if self.every == "periodic":
            return PlanFigure("periodic", None, "")
        return PlanFigure("every", Decimal(self.interval), self.unit)


_CADENCE_UNITS: dict[str, str] = {
    "day": "日",
    "week": "7日",
    "month": "月",
    "quarter": "季度",
    "year": "年",
    "crop_season": "季(作物)",
    "periodic": "",
}


class _DeliverableRule(_Rule):
    kind: Literal["deliverable"]
    document: Reference
    count: Annotated[int, Field(ge=1)] = 1
    of_each: Reference | None = None

    @property
    def unit(self) -> str:
        return "份"

    def _figure(self) -> PlanFigure:
        return PlanFigure("=", Decimal(self.count), self.unit)


class _ClosureRule(_Rule):
    """Every case of the class `cases` that is raised is closed, `within` so many days, or by its own due day."""

    kind: Literal["closure"]
    cases: Reference
    unit: UnitText
    within: Amount | None = None
    watch: Watch | None = None

    def _figure(self) -> PlanFigure:
        return PlanFigure("=", Decimal(0), self.unit)


class _AbsenceRule(_Rule):
    """No case of the class `event` that proved true.

    `during` names a selection of the ledger of alerts; `window` is a period within the commitment's period.
    """

    kind: Literal["absence"]
    event: Reference
    unit: UnitText
    zone: Zone | None = None
    during: Reference | None = None
    window: PeriodText | None = None
    watch: Watch | None = None

    def _figure(self) -> PlanFigure:
        return PlanFigure("=", Decimal(0), self.unit)


Rule = Annotated[
    _LevelRule | _CountRule | _RatioRule | _CadenceRule | _DeliverableRule | _ClosureRule | _AbsenceRule,
    Field(discriminator="kind"),
]


class _EachRule(_Rule):
    kind: Literal["each"]
    members: Annotated[list[Member], Field(min_length=1)]
    unit: UnitText
    inner: Rule

    def _figure(self) -> PlanFigure:
        return PlanFigure("=", Decimal(len(self.members)), self.unit)


class _Head(ClosedModel):
    """What every commitment has.

    `areas` is `city`, `districts`, `streets`, `city_and_districts` or a list of codes and names (`东城区/*`: its
    streets). `period` is the plan's year and `due` the measure's day where the pack does not say otherwise.
    `tolerance` is how far a softened figure (左右、基本) reaches, in its unit; absent where the plan sets none. `basis`
    is `words` where the plan prints no figure: the pack's own check of what the words ask. `milestones` are what the
    schedule asks before the deadline; without them progress is held against an even pace.
    """

    id: Annotated[str, Field(pattern=r"^[a-z]+(-\d+){2,3}/[a-z0-9_]+$")]
    title: Text
    areas: Literal["city", "districts", "streets", "city_and_districts"] | Annotated[list[str], Field(min_length=1)]
    period: PeriodText
    due: dt.date | None = None
    softness: Softness | None = None
    tolerance: Figure | None = None
    basis: Literal["figure", "words"] = "figure"
    milestones: list[Milestone] = []
    printed: Printed | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _tolerance_needs_softness(self) -> _Head:
        if self.tolerance is not None and (self.softness not in ("about", "basically") or self.tolerance < 0):
            raise ValueError("a tolerance is a figure from 0 on, for what the plan puts as 'about' or 'basically'")
        return self

    @property
    def measure(self) -> str:
        """The id of the measure that it belongs to."""
        return self.id.partition("/")[0]

    def figure(self) -> PlanFigure:
        """The figure as a reading of the document would give it, to match the two."""
        if self.printed:
            return PlanFigure(self.printed.comparator, self.printed.value, self.printed.unit)
        found: PlanFigure = self._figure()  # type: ignore[attr-defined]
        if self.softness in ("about", "basically") or found.comparator == "about":
            return PlanFigure("~=", found.value, found.unit)
        return found


class LevelCommitment(_Head, _LevelRule):
    """An indicator against a limit, a baseline or a figure entered later."""


class CountCommitment(_Head, _CountRule):
    """Ledger entries in a state against a quota, with quotas by area."""


class RatioCommitment(_Head, _RatioRule):
    """A share of covered entries among all."""


class CadenceCommitment(_Head, _CadenceRule):
    """At least one entry in every period."""


class DeliverableCommitment(_Head, _DeliverableRule):
    """A named document issued by a day."""


class ClosureCommitment(_Head, _ClosureRule):
    """Every case of a class closed, in time where a time is set."""


class AbsenceCommitment(_Head, _AbsenceRule):
    """No event in a zone, a window, or at all."""


class EachCommitment(_Head, _EachRule):
    """Every member of a named list fulfils an inner rule."""


Commitment = Annotated[
    LevelCommitment
    | CountCommitment
    | RatioCommitment
    | CadenceCommitment
    | DeliverableCommitment
    | ClosureCommitment
    | AbsenceCommitment
    | EachCommitment,
    Field(discriminator="kind"),
]
"""One checkable clause of a measure; the key `kind` tells which model reads it."""
