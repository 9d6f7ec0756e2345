"""The Django app of publications."""

from django.apps import AppConfig


class PublicationsConfig(AppConfig):
    name = "lantu.office.publications"
    label = "publications"
    default_auto_field = "django.db.models.BigAutoField"
