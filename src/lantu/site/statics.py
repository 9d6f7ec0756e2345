"""Static files (静态文件) under addresses that change with their content, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def stamp(name: str) -> str:
    """The first letters of a file's digest; empty where there is no such file."""
    found = finders.find(name)
    return hashlib.sha256(Path(str(found)).read_bytes()).hexdigest()[:10] if found else ""


class StampedStorage(StaticFilesStorage):
    """Adds the stamp as a query."""

    def url(self, name: str) -> str:
        return f"{super().url(name)}?{stamp(name)}"
