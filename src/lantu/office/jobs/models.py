"""Jobs as they are kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from lantu.base import Text

STATES = {
    "waiting": Text("排队中", "waiting"),
    "running": Text("进行中", "running"),
    "done": Text("已完成", "done"),
    "failed": Text("未完成", "failed"),
}


class Job(models.Model):
    """A piece of long work: what, for whom, how far, and what came of it."""

    kind = models.CharField(max_length=40)
    given = models.JSONField(default=dict)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=10, default="waiting", db_index=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    step = models.CharField(max_length=200, blank=True, default="")
    result = models.JSONField(default=dict)
    message_zh = models.TextField(blank=True, default="")
    message_en = models.TextField(blank=True, default="")
    created = models.DateTimeField(auto_now_add=True)
    beat = models.DateTimeField(null=True)
    """When the worker last said that it is at it."""
    attempts = models.IntegerField(default=0)
    ended = models.DateTimeField(null=True)

    class Meta:
        db_table = "job"
        ordering = ["-id"]

    @property
    def message(self) -> Text:
        return Text(self.message_zh, self.message_en)

    @property
    def state_title(self) -> Text:
        return STATES[self.state]

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")

    def silent_since(self, patience: dt.timedelta) -> dt.datetime | None:
        """Since when there has been no sign of the worker, if that is longer than `patience`; None otherwise."""
        last = self.beat or self.created
        return None if self.is_over or timezone.now() - last < patience else last

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.pk,
            "kind": self.kind,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "step": self.step,
            "message": {"zh": self.message_zh, "en": self.message_en},
            "result": self.result,
        }
