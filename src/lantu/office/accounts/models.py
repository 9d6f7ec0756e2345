"""Accounts as they are kept."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from lantu.base import Text
from lantu.ledgers import Actor
from lantu.office.accounts.roles import Role


class Account(AbstractUser):
    """A person (账号) who works for a unit (or an enterprise) in an area.

    `area` is the code of a city, district or street; `unit` the canonical name of a public body, or an enterprise's
    name. `owned` lists the entries (`ledger/key`) of an enterprise account.
    """

    person = models.CharField(max_length=80)
    role = models.CharField(max_length=20, choices=[(r.value, r.value) for r in Role if r is not Role.PUBLIC])
    unit = models.CharField(max_length=120)
    area = models.CharField(max_length=20)
    owned = models.JSONField(default=list, blank=True)
    administrator = models.BooleanField(default=False)
    """May open, change and end accounts, and issue tokens for others."""
    password_expired = models.BooleanField(default=False)
    """A new password must be chosen at the next sign-in."""
    totp_secret = models.CharField(max_length=64, blank=True, default="")
    """The key of the second factor (TOTP); empty where none is used."""
    totp_last = models.BigIntegerField(default=0)
    """The last time step whose code was used: a code counts once."""
    oidc_subject = models.CharField(max_length=255, blank=True, default="", db_index=True)
    language = models.CharField(max_length=2, default="zh")
    simulated = models.BooleanField(default=False)

    class Meta:
        db_table = "account"

    @property
    def kind(self) -> Role:
        return Role(self.role)

    @property
    def title(self) -> Text:
        return self.kind.words

    def actor(self) -> Actor:
        """The account as the one who takes a step in a ledger."""
        return Actor(self.username, self.unit)


class Token(models.Model):
    """A token for the API (接口令牌). Only its digest is kept; it acts with the rights of its account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True, blank=True)
    read_only = models.BooleanField(default=True)

    class Meta:
        db_table = "account_token"
