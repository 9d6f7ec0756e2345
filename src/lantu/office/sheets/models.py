"""Returned sheets as they are kept until they are taken or set aside."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from lantu.base import Text

STATES = {
    "waiting": Text("等待比对", "waiting to be compared"),
    "reviewed": Text("已比对，未收入", "compared, not taken"),
    "taken": Text("已收入", "taken"),
    "dropped": Text("已放弃", "set aside"),
    "failed": Text("读不了", "cannot be read"),
}
KINDS = {
    "conflict": Text("冲突", "conflicts"),
    "changed": Text("修改", "changed"),
    "new": Text("新增", "new"),
    "bad": Text("有误", "bad"),
    "refused": Text("越权", "outside the rights"),
    "unchanged": Text("未变", "unchanged"),
}


class SheetReturn(models.Model):
    """A returned sheet: whose, for which ledger, its file, and how its rows compare."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    ledger = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, default="waiting")
    counts = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    message_zh = models.TextField(blank=True, default="")
    message_en = models.TextField(blank=True, default="")
    job = models.BigIntegerField(null=True)
    """The number of the job that compares or takes it, where it is long work."""

    class Meta:
        db_table = "sheet_return"
        ordering = ["-id"]

    @property
    def message(self) -> Text:
        return Text(self.message_zh, self.message_en)

    @property
    def state_title(self) -> Text:
        return STATES[self.state]


class SheetRow(models.Model):
    """A row of a returned sheet that is not as the entry stands; `choices` are the decisions on its conflicts."""

    sheet = models.ForeignKey(SheetReturn, on_delete=models.CASCADE, related_name="rows")
    number = models.IntegerField()
    key = models.TextField()
    kind = models.CharField(max_length=10)
    version = models.IntegerField()
    cells = models.JSONField(default=list)
    faults = models.JSONField(default=list)
    choices = models.JSONField(default=dict)

    class Meta:
        db_table = "sheet_row"
        ordering = ["number"]
        indexes = [models.Index(fields=["sheet", "kind", "number"], name="sheet_row_kind")]
