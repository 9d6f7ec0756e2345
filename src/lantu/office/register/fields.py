"""The declared fields of an entry in SQL: data are kept as JSON text, which SQLite and PostgreSQL read differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, FloatField, Func, Q, TextField
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from lantu.ledgers.schema import LedgerField


class DataValue(Func):
    """The value of a field of `entry.data` as text; lists are JSON text. Null where it is not filled.

    The name stands in the statement itself, so that an index on the same expression is used; it is one that a ledger
    declares, small letters, digits and underscores.
    """

    output_field = TextField()
    arity = 1

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise ValueError(name)
        super().__init__(F("data"))
        self.name = name

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"json_extract(%(expressions)s, '$.{self.name}')", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = f"(cast(%(expressions)s as jsonb) ->> '{self.name}')"
        return self.as_sql(compiler, connection, template=template, **extra)


def alias_of(field: LedgerField) -> str:
    """The name under which a query carries the field's value."""
    return f"f_{field.name}"


def has_value(field: LedgerField, given: str) -> Q:
    """The test that a field has a value, as a filter gives it: a code, yes or no, a number, words."""
    alias = alias_of(field)
    if field.type == "codes":
        return Q(**{f"{alias}__contains": f'"{given}"'})
    if field.type == "yes_no":
        truth = given in ("yes", "1", "true")
        # json_extract gives 1 and 0, ->> gives true and false
        return Q(**{alias: (int(truth) if connection.vendor == "sqlite" else str(truth).lower())})
    return Q(**{alias: given})


def order_of(field: LedgerField) -> Any:
    """What a list is sorted by: numbers as numbers, all else as text."""
    value = DataValue(field.name)
    return Cast(value, FloatField()) if field.type in ("number", "integer") else value
