"""All addresses of the site."""

from __future__ import annotations

from importlib import import_module

SUBJECTS = (
    "signing",
    "oidc",
    "ledgers",
    "sheets",
    "entry_changes",
    "entries",
    "cases",
    "files",
)

urlpatterns = [route for name in SUBJECTS for route in import_module(f"lantu.site.pages.{name}").routes]

handler403 = "lantu.site.pages.errors.not_allowed"
handler404 = "lantu.site.pages.errors.not_found"
handler500 = "lantu.site.pages.errors.broken"
