"""The declared fields of an entry in SQL: data are kept as JSON text, which SQLite and PostgreSQL read differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, FloatField, Func, Q, TextField, Value
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from lantu.ledgers.schema import LedgerField


class DataValue(Func):
    """The value of a field of `entry.data` as text; lists are JSON text. Null where it is not filled."""

    output_field = TextField()
    arity = 2

    def __init__(self, name: str) -> None:
        super().__init__(F("data"), Value(name))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        name = self.source_expressions[1].value
        clone = self.copy()
        clone.set_source_expressions([self.source_expressions[0], Value(f"$.{name}")])
        return super(DataValue, clone).as_sql(compiler, connection, template="json_extract(%(expressions)s)", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        data, values = compiler.compile(self.source_expressions[0])
        return f"(cast({data} as jsonb) ->> %s)", [*values, self.source_expressions[1].value]


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
