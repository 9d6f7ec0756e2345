"""Selections (口径): which entries of a ledger a commitment or indicator speaks of, as data.

A selection holds where all that it states holds: a state, tests of fields, other selections, and entries of another
ledger that refer to this one. `within: period` is meant of the period that is being judged.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lantu.base import ClosedModel, Text, as_decimal


def _plain(value: Any) -> Any:
    return as_decimal(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Value = Annotated[str | bool | Decimal | dt.date, BeforeValidator(_plain)]
Span = Literal["period", "year_before", "up_to_period"]


class FieldTest(ClosedModel):
    """A test of one field; exactly one key. A test of a field without a value fails, but `present: false`."""

    equals: Value | None = None
    one_of: list[Value] | None = None
    present: bool | None = None
    at_least: Value | None = None
    at_most: Value | None = None
    within: Span | None = None

    @model_validator(mode="after")
    def _one(self) -> FieldTest:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of equals, one_of, present, at_least, at_most, within")
        return self

    def holds(self, value: Any, start: dt.date, end: dt.date) -> bool:
        """Whether it holds of a value, for the period from `start` to `end`."""
        if self.present is not None:
            return (value is not None) == self.present
        if value is None:
            return False
        if self.equals is not None:
            return self.equals in value if isinstance(value, tuple) else bool(value == self.equals)
        if self.one_of is not None:
            return any(each in self.one_of for each in value) if isinstance(value, tuple) else value in self.one_of
        if self.at_least is not None:
            return bool(value >= self.at_least)
        if self.at_most is not None:
            return bool(value <= self.at_most)
        if self.within == "period":
            return start <= value <= end
        if self.within == "up_to_period":
            return bool(value <= end)
        return bool(value.year == start.year - 1)


Where = dict[str, FieldTest]


class Related(ClosedModel):
    """Entries of another ledger whose reference field names this entry: at least so many, dated within the period."""

    ledger: str
    field: str
    selection: str | None = None
    at_least: Annotated[int, Field(ge=1)] = 1
    within: Literal["period", "up_to_period", "ever"] = "period"


class Selection(ClosedModel):
    """Which entries: all that is stated must hold; `either` asks for one of its groups of tests.

    `dated_by` is the date since when an entry belongs to it, for counts within a period; without it, where it asks for
    a state, the day on which that state was reached.
    """

    title: Text
    state: list[str] = []
    where: Where = {}
    either: list[Where] = []
    also: list[str] = []
    related: list[Related] = []
    dated_by: str | None = None

    def fields(self) -> list[str]:
        """The fields that it looks at."""
        return [*self.where, *(name for group in self.either for name in group)]
