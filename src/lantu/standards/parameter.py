"""A parameter (参数、限值): values with the days on which they hold, their unit, their source and how sure it is.

`parameters_read` tells which parameters a computation rested on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from lantu.base import ClosedModel, LantuError, Text, as_decimal


class Verified(Enum):
    """How sure a value is: read in the standard itself, confirmed by another source, or neither."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"

    @property
    def title(self) -> Text:
        return _VERIFIED[self]


_VERIFIED = {
    Verified.PRIMARY: Text("原文核实", "primary text"),
    Verified.SECONDARY: Text("第二来源核实", "secondary source"),
    Verified.UNVERIFIED: Text("未核实", "unverified"),
}


def _exact(value: Any) -> Any:
    """Numbers as exact decimals, tables as tuples of rows; everything else as it is."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return as_decimal(value)
    if isinstance(value, list):
        return tuple(_exact(item) for item in value)
    return value


Figure = Annotated[Any, BeforeValidator(_exact)]


class DatedValue(ClosedModel):
    """A value and the days on which it holds; without `to` it holds until something replaces it."""

    from_: dt.date = Field(alias="from")
    to: dt.date | None = None
    value: Figure
    reference: str = Field(min_length=3)
    verified: Verified
    note: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> DatedValue:
        if self.to is not None and self.to < self.from_:
            raise ValueError(f"ends {self.to} before it starts {self.from_}")
        return self


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter's value on one day. `stale`: its last date has passed and nothing has replaced it."""

    value: Any
    unit: str
    valid_from: dt.date
    valid_to: dt.date | None
    stale: bool
    verified: Verified
    reference: str

    @property
    def number(self) -> Decimal:
        """The value as a number.

        Raises:
            TypeError: the parameter is a table or a switch.
        """
        if not isinstance(self.value, Decimal):
            raise TypeError(f"not a number: {self.value!r}")
        return self.value


@dataclass(slots=True)
class Readings:
    """The parameters that a computation read, by name, and the values that it got."""

    values: dict[str, list[Value]] = field(default_factory=dict)

    def add(self, name: str, value: Value) -> None:
        known = self.values.setdefault(name, [])
        if value not in known:
            known.append(value)

    @property
    def unverified(self) -> tuple[str, ...]:
        """The names of those of which a value that was read is unverified."""
        return self._names(lambda value: value.verified is Verified.UNVERIFIED)

    @property
    def stale(self) -> tuple[str, ...]:
        """The names of those of which a value was read after its last day."""
        return self._names(lambda value: value.stale)

    def _names(self, wanted: Callable[[Value], bool]) -> tuple[str, ...]:
        return tuple(name for name, values in self.values.items() if any(map(wanted, values)))


_READERS: ContextVar[tuple[Readings, ...]] = ContextVar("readers", default=())


@contextmanager
def parameters_read() -> Iterator[Readings]:
    """Record which parameters are read inside the block, so that a result can name the unverified ones it rests on.

    Blocks may be nested; each records what is read inside it. A result that was kept from an earlier computation reads
    nothing.

    Examples:
        >>> from lantu.standards import catalogue
        >>> with parameters_read() as read:
        ...     _ = catalogue().get("water.surface.year_months").at(dt.date(2021, 12, 31))
        >>> read.unverified
        ('water.surface.year_months',)
    """
    readings = Readings()
    token = _READERS.set((*_READERS.get(), readings))
    try:
        yield readings
    finally:
        _READERS.reset(token)


class Parameter(ClosedModel):
    """A named parameter with all its dated values, in order and without overlap."""

    name: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")
    title: Text
    unit: str
    description: Text | None = None
    values: tuple[DatedValue, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _no_overlap(self) -> Parameter:
        for earlier, later in zip(self.values, self.values[1:], strict=False):
            if earlier.to is None or later.from_ <= earlier.to:
                raise ValueError(f"the value from {later.from_} overlaps the one from {earlier.from_}")
        return self

    def at(self, day: dt.date) -> Value:
        """The value that holds on `day`; in a gap and past the last date the latest earlier one, marked stale.

        Raises:
            LantuError: `day` lies before the first value.
        """
        held = [dated for dated in self.values if dated.from_ <= day]
        if not held:
            first = self.values[0].from_
            raise LantuError(
                Text(
                    f"参数 {self.name} 在 {day} 没有值，最早自 {first}",
                    f"{self.name} has no value on {day}; the first is from {first}",
                )
            )
        dated = held[-1]
        stale = dated.to is not None and day > dated.to
        value = Value(dated.value, self.unit, dated.from_, dated.to, stale, dated.verified, dated.reference)
        for readings in _READERS.get():
            readings.add(self.name, value)
        return value

    def is_stale(self, day: dt.date) -> bool:
        """Whether the last value's dates have passed on `day`."""
        last = self.values[-1].to
        return last is not None and day > last

    def has_unverified(self) -> bool:
        return any(dated.verified is Verified.UNVERIFIED for dated in self.values)
