"""The Django app of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lantu.office.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
