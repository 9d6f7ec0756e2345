"""One value of an indicator, with what makes it trustworthy or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lantu.base import Text


@dataclass(frozen=True, slots=True)
class Figure:
    """What an indicator's function gives for one area and period: the exact value and the data behind it."""

    value: Decimal | None
    n: int
    """Valid data: days of a period, stations of a day or hour, hours of a station's day."""
    expected: int
    """Data that there would be without any gap."""
    valid: bool
    reason: Text | None = None
    """Why there is no value, or why it is not valid."""
    unverified: tuple[str, ...] = ()
    """Parameters that decide it and that no source has confirmed."""


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """A figure with its name, place, time and versions. `rounded` is the value by GB/T 8170, as it is published."""

    indicator: str
    area: str
    area_name: Text
    period: str
    value: Decimal | None
    rounded: Decimal | None
    unit: str
    n: int
    expected: int
    valid: bool
    reason: Text | None = None
    simulated: bool = False
    versions: dict[str, Any] = field(default_factory=dict)
    unverified: tuple[str, ...] = ()

    @property
    def coverage(self) -> float | None:
        """Share of the expected data that is valid, 0 to 1; None where nothing is expected."""
        return self.n / self.expected if self.expected else None

    def as_json(self) -> dict[str, Any]:
        """The stable shape of a row of an indicator."""
        return {
            "indicator": self.indicator,
            "area": self.area,
            "area_name": self.area_name.zh,
            "area_name_en": self.area_name.en,
            "period": self.period,
            "value": None if self.value is None else float(self.value),
            "rounded": None if self.rounded is None else float(self.rounded),
            "unit": self.unit,
            "n": self.n,
            "expected": self.expected,
            "coverage": self.coverage,
            "valid": self.valid,
            "reason": None if self.reason is None else str(self.reason),
            "reason_zh": None if self.reason is None else self.reason.zh,
            "reason_en": None if self.reason is None else self.reason.en,
            "simulated": self.simulated,
            "unverified": list(self.unverified),
            "versions": self.versions,
        }
