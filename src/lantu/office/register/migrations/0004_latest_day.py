"""An index for the latest day of a ledger: whether entries may be read as they stand is asked before each look at lateness."""

from typing import Any

from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    """Make it where it is not there yet."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("create index if not exists entry_day on entry (ledger, day)")


def drop(apps: Any, schema_editor: Any) -> None:
    """Take it away."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("drop index if exists entry_day")


class Migration(migrations.Migration):
    dependencies = [("register", "0003_indexes")]
    operations = [migrations.RunPython(make, drop)]
