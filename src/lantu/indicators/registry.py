"""The registry of indicators: what each is called, measured in, computed by, and where its definition stands."""

from __future__ import annotations

import datetime as dt
import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

from lantu.base import LantuError, Text
from lantu.indicators.family import Family
from lantu.indicators.values import Figure
from lantu.standards.air import decimals_for

Statistic = Literal["mean", "percentile", "count", "share", "index", "change", "total", "ratio", "rank"]
Level = Literal["station", "object", "street", "district", "city"]

LEVELS: tuple[Level, ...] = ("station", "district", "city")
AREA_LEVELS: tuple[Level, ...] = ("street", "district", "city")
WHOLE_PERIODS = ("month", "quarter", "year", "season", "range")


@dataclass(frozen=True, slots=True)
class Indicator:
    """A registered indicator.

    `function` takes the statistics of one area in the period, and for a change also those of the same period one year
    earlier. `quantity` names the rounding (a key of `decimals_for`, or a number of decimals).
    """

    name: str
    title: Text
    unit: str
    statistic: Statistic
    levels: tuple[Level, ...]
    periods: tuple[str, ...]
    quantity: str | int
    reference: str
    definition: str
    function: Callable[..., Figure]
    family: Family
    needs_year_before: bool = False
    daily: str | None = None
    """Which of its family's daily values it averages or counts, where a projection can be made."""

    def decimals_at(self, day: dt.date) -> int:
        """Decimals to which the value is rounded, as they hold on `day`."""
        return self.quantity if isinstance(self.quantity, int) else decimals_for(self.quantity, day)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "unit": self.unit,
            "statistic": self.statistic,
            "levels": list(self.levels),
            "periods": list(self.periods),
            "reference": self.reference,
            "definition": self.definition,
            "needs": self.family.needs,
        }

    def lines(self) -> list[str]:
        """The definition as lines to read."""
        labels = {
            "unit": Text("单位", "unit"),
            "levels": Text("区域层级", "levels"),
            "periods": Text("时期", "periods"),
            "needs": Text("数据来源", "reads"),
            "reference": Text("依据", "reference"),
        }
        values = {**self.as_json(), "levels": " ".join(self.levels), "periods": " ".join(self.periods)}
        return [
            f"{self.name}  {self.title}",
            *(f"  {labels[key]}: {values[key]}" for key in labels),
            "",
            *(f"  {line}" for line in self.definition.splitlines()),
        ]


_registry: dict[str, Indicator] = {}
_MODULES = (
    "lantu.indicators.air.concentrations",
    "lantu.indicators.air.quality_index",
    "lantu.indicators.points.boundary",
    "lantu.indicators.points.dust",
    "lantu.indicators.points.stacks",
    "lantu.indicators.points.vapour_recovery",
    "lantu.indicators.vehicles.streams",
    "lantu.indicators.registers.accounts",
    "lantu.indicators.registers.freight",
    "lantu.indicators.registers.land",
    "lantu.indicators.registers.materials",
    "lantu.indicators.registers.offenders",
    "lantu.indicators.registers.reductions",
    "lantu.indicators.registers.three_rates",
    "lantu.indicators.water.black_odorous",
    "lantu.indicators.water.sections",
    "lantu.indicators.water.wells_and_sources",
)


def indicator(
    *,
    name: str,
    title: Text,
    unit: str,
    statistic: Statistic,
    quantity: str | int,
    reference: str,
    family: Family,
    periods: tuple[str, ...] = WHOLE_PERIODS,
    levels: tuple[Level, ...] = LEVELS,
    needs_year_before: bool = False,
    daily: str | None = None,
    definition: str | None = None,
) -> Callable[[Callable[..., Figure]], Callable[..., Figure]]:
    """Register a function as an indicator; its docstring (or `definition`) gives the formula."""

    def register(function: Callable[..., Figure]) -> Callable[..., Figure]:
        text = inspect.cleandoc(definition or function.__doc__ or "")
        if not text:
            raise ValueError(f"the indicator {name} does not say how it is computed")
        if name in _registry:
            raise ValueError(f"the indicator {name} is registered twice")
        _registry[name] = Indicator(
            name,
            title,
            unit,
            statistic,
            levels,
            periods,
            quantity,
            reference,
            text,
            function,
            family,
            needs_year_before,
            daily,
        )
        return function

    return register


@cache
def _load() -> None:
    for module in _MODULES:
        import_module(module)


def all_indicators() -> list[Indicator]:
    """Every registered indicator, by name."""
    _load()
    return [_registry[name] for name in sorted(_registry)]


def get_indicator(name: str) -> Indicator:
    """One indicator.

    Raises:
        LantuError: nobody registered it; near names are offered.
    """
    _load()
    if name not in _registry:
        near = difflib.get_close_matches(name, _registry, n=3)
        mend = Text(f"是否为：{'、'.join(near)}", f"did you mean {', '.join(near)}") if near else None
        raise LantuError(Text(f"没有指标“{name}”", f"there is no indicator '{name}'"), mend=mend)
    return _registry[name]


def units_of_indicators() -> dict[str, str]:
    """The unit of every registered indicator, to check a pack against."""
    return {known.name: known.unit for known in all_indicators()}
