"""The Django app of pages, templates and static files."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "lantu.site"
    label = "lantu_site"
