"""Looking entries up by the beginning of their key, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q


def key_begins(prefix: str) -> Q:
    """Entries whose key begins so; on SQLite as a span of the index, which no `like` would use."""
    if connection.vendor == "sqlite":
        return Q(key__gte=prefix, key__lt=prefix[:-1] + chr(ord(prefix[-1]) + 1))
    return Q(key__startswith=prefix)
