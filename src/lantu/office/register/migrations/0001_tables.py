"""The tables that `lantu.ledgers` declares, made where the command line has not made them already."""

from typing import Any

from django.db import migrations

from lantu.ledgers.tables import POSTGRES, SQLITE


def make(apps: Any, schema_editor: Any) -> None:
    """Run the statements of the database at hand."""
    statements = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


class Migration(migrations.Migration):
    initial = True
    dependencies: list[Any] = []
    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
    ]
