"""An index of the class that a case ever had: an explanation of one class reads its cases alone, not the whole ledger."""

from typing import Any

from django.db import migrations

_VALUE = {"sqlite": "json_extract(data, '$.case_class')", "postgresql": "(cast(data as jsonb) ->> 'case_class')"}


def make(apps: Any, schema_editor: Any) -> None:
    """Make it where it is not there yet; changes without a class take no room in it."""
    value = _VALUE["sqlite" if schema_editor.connection.vendor == "sqlite" else "postgresql"]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            f"create index if not exists change_case_class on change (ledger, {value}) where {value} is not null"
        )


def drop(apps: Any, schema_editor: Any) -> None:
    """Take it away."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("drop index if exists change_case_class")


class Migration(migrations.Migration):
    dependencies = [("register", "0004_latest_day")]
    operations = [migrations.RunPython(make, drop)]
