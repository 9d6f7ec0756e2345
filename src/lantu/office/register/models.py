"""Entries and journal lines as rows to list, filter and count."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.db import models


class Entry(models.Model):
    """An entry of a ledger as it stands (台账条目)."""

    id = models.BigAutoField(primary_key=True)
    ledger = models.TextField()
    key = models.TextField()
    version = models.IntegerField()
    day = models.TextField()
    recorded = models.TextField()
    state = models.TextField()
    area = models.TextField()
    holder = models.TextField(null=True)
    place = models.TextField(null=True)
    data = models.TextField()
    simulated = models.IntegerField()

    class Meta:
        managed = False
        db_table = "entry"

    @cached_property
    def values(self) -> dict[str, Any]:
        """The declared fields that are filled, as JSON keeps them."""
        return json.loads(self.data)


class JournalRow(models.Model):
    """A line of the journal (操作日志)."""

    id = models.BigAutoField(primary_key=True)
    time = models.TextField()
    person = models.TextField()
    unit = models.TextField()
    action = models.TextField()
    subject = models.TextField()
    detail = models.TextField()
    previous = models.TextField()
    hash = models.TextField()

    class Meta:
        managed = False
        db_table = "journal"
