"""The Django app that makes and reads the tables of the ledgers."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "lantu.office.register"
    label = "register"
    default_auto_field = "django.db.models.BigAutoField"
