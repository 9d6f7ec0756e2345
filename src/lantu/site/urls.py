"""All addresses of the site."""

from __future__ import annotations

from importlib import import_module

from django.urls import path

from lantu.site.api import api

SUBJECTS = (
    "overview",
    "tasks",
    "commitments",
    "explain",
    "mine",
    "areas",
    "ledgers",
    "sheets",
    "entry_changes",
    "entries",
    "cases",
    "files",
    "reports",
    "gateway",
    "data",
    "rules",
    "journal",
    "public",
    "search",
    "notices",
    "administration",
    "api_page",
    "progress",
    "signing",
    "oidc",
)

urlpatterns = [
    path("api/", api.urls),
    *(route for name in SUBJECTS for route in import_module(f"lantu.site.pages.{name}").routes),
]

handler403 = "lantu.site.pages.errors.not_allowed"
handler404 = "lantu.site.pages.errors.not_found"
handler500 = "lantu.site.pages.errors.broken"
