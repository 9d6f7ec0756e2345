"""Looking entries up by parts of what they hold, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import F, Func, Q, TextField


class DataValue(Func):
    """The value of a declared field as text, from an entry's data."""

    output_field = TextField()

    def __init__(self, field: str) -> None:
        if not field.replace("_", "").isalnum():
            raise ValueError(field)
        super().__init__(F("data"))
        self.declared = field

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template=f"json_extract(%(expressions)s, '$.{self.declared}')", **extra
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = f"(cast(%(expressions)s as jsonb) ->> '{self.declared}')"
        return self.as_sql(compiler, connection, template=template, **extra)


def key_begins(prefix: str) -> Q:
    """Entries whose key begins so; on SQLite as a span of the index, which no `like` would use."""
    if connection.vendor == "sqlite":
        return Q(key__gte=prefix, key__lt=prefix[:-1] + chr(ord(prefix[-1]) + 1))
    return Q(key__startswith=prefix)
