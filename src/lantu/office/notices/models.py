"""Notices, how far what happened was looked through, what each person chose, and what is to be sent out."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from lantu.base import Text

MAIL_MODES = {
    "off": Text("不发邮件", "no e-mail"),
    "daily": Text("每天一封汇总", "one e-mail a day"),
    "urgent": Text("每天一封汇总，紧急的立即发", "one e-mail a day, urgent ones at once"),
}


class Notice(models.Model):
    """One thing that concerns one person on one day; what happens to it again that day goes into the same line.

    `subject` names the thing: `cases/NUMBER` and other entries (then `ledger` and `key` are filled), `job/NUMBER`,
    `correction/REFERENCE`, `reports/UNIT/MONTH`, `late/DAY`.
    """

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    subject = models.TextField()
    ledger = models.CharField(max_length=80, blank=True, default="")
    key = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=20)
    """What happened last, a name of `wording.KINDS`."""
    day = models.DateField()
    happened = models.DateTimeField()
    times = models.IntegerField(default=1)
    given = models.JSONField(default=dict)
    """Figures that the words need; never words of the thing itself."""
    urgent = models.BooleanField(default=False)
    read = models.DateTimeField(null=True)
    mailed = models.DateTimeField(null=True)

    class Meta:
        db_table = "notice"
        ordering = ["-happened", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "subject", "day"], name="notice_once")]
        indexes = [
            models.Index(fields=["account", "-happened"], name="notice_latest"),
            models.Index(fields=["account"], name="notice_unread", condition=models.Q(read=None)),
            models.Index(fields=["subject"], name="notice_subject"),
        ]


class NoticeMark(models.Model):
    """How far was looked: up to the change of a number, up to a day. Whoever looks on holds this row."""

    name = models.CharField(max_length=20, unique=True)
    number = models.BigIntegerField(null=True)
    day = models.DateField(null=True)

    class Meta:
        db_table = "notice_mark"


class NoticeChoice(models.Model):
    """What a person chose about e-mail; without one, a daily e-mail to the address of the account."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choice")
    mail = models.CharField(max_length=10, default="daily")
    address = models.EmailField(blank=True, default="")

    class Meta:
        db_table = "notice_choice"


class Delivery(models.Model):
    """Something that is to be sent out once: a notice to the webhook, an urgent one or a day's by e-mail."""

    key = models.CharField(max_length=120, unique=True)
    way = models.CharField(max_length=10)
    """`webhook`, `urgent` or `digest`."""
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    notice = models.ForeignKey(Notice, null=True, on_delete=models.CASCADE)
    state = models.CharField(max_length=10, default="waiting")
    """waiting, sending (leased to a worker until `next_try`), sent, or dead."""
    attempts = models.IntegerField(default=0)
    next_try = models.DateTimeField()
    created = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "notice_delivery"
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "next_try"], name="notice_delivery_due")]
