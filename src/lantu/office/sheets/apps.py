"""The Django app of sheets."""

from django.apps import AppConfig


class SheetsConfig(AppConfig):
    name = "lantu.office.sheets"
    label = "sheets"
    default_auto_field = "django.db.models.BigAutoField"
