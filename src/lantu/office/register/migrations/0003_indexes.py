"""Indexes for what the pages ask all day: entries of areas by ledger and state, cases by class and deadline, changes with evidence."""

from typing import Any

from django.db import migrations

_VALUE = {"sqlite": "json_extract(data, '$.{0}')", "postgresql": "(cast(data as jsonb) ->> '{0}')"}


def make(apps: Any, schema_editor: Any) -> None:
    value = _VALUE["sqlite" if schema_editor.connection.vendor == "sqlite" else "postgresql"]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("create index if not exists entry_within on entry (area, ledger, state)")
        # whose evidence a file is, is asked of the few changes that have any
        cursor.execute("create index if not exists change_evidence on change (ledger, key) where evidence is not null")
        for name, columns in (
            ("entry_case_class", f"ledger, {value.format('case_class')}, id"),
            ("entry_due", f"ledger, state, {value.format('due_on')}"),
        ):
            cursor.execute(f"create index if not exists {name} on entry ({columns})")


def drop(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        for name in ("entry_within", "change_evidence", "entry_case_class", "entry_due"):
            cursor.execute(f"drop index if exists {name}")


class Migration(migrations.Migration):
    dependencies = [("register", "0002_rows")]
    operations = [migrations.RunPython(make, drop)]
