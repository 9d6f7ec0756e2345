"""Publications and correction requests as they are kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Publication(models.Model):
    """A kept assessment that was made public: its day, its file's digest, and who decided it."""

    as_of = models.DateField()
    sha256 = models.CharField(max_length=64)
    published = models.DateTimeField(auto_now_add=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    withdrawn = models.DateTimeField(null=True)

    class Meta:
        db_table = "publication"
        ordering = ["-id"]


class Correction(models.Model):
    """A request to correct a published figure (更正申请): what is wrong, by whom, and what was answered."""

    reference = models.CharField(max_length=12, unique=True)
    """Handed to the one who asked, to look the answer up without an account."""
    subject = models.CharField(max_length=200)
    """The figure's address on the public pages."""
    words = models.TextField(max_length=4000)
    contact = models.CharField(max_length=200, blank=True, default="")
    received = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, default="received", db_index=True)
    """received, accepted (the figure is corrected) or declined."""
    answer = models.TextField(max_length=4000, blank=True, default="")
    answered = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    class Meta:
        db_table = "correction"
        ordering = ["-id"]
