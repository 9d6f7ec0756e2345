"""Somebody who works at a running site without a browser: signs in, reads pages, sends forms, waits for jobs."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import psycopg
import requests
from tests.site.living import Living

from lantu.ledgers.database import marked

SECONDS_FOR_A_JOB = 180


class Hand:
    """A person at a running site, in a language."""

    def __init__(self, site: Living, username: str, password: str = "", language: str = "en") -> None:
        self.site = site
        self.session = requests.Session()
        self.session.cookies["lantu_language"] = language
        self.get("/sign-in")
        answer = self.post("/sign-in", {"username": username, "password": password or site.passwords()[username]})
        assert answer.status_code == 302, answer.text

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.site.address + path, timeout=120, allow_redirects=False)

    def post(self, path: str, given: dict[str, Any], files: Any = None) -> requests.Response:
        """Send a form as its page does."""
        body = {**given, "csrfmiddlewaretoken": self.session.cookies["lantu_csrf"]}
        headers = {"Referer": self.site.address + path}
        return self.session.post(
            self.site.address + path, body, files=files, headers=headers, timeout=120, allow_redirects=False
        )

    def after(self, number: int) -> dict[str, Any]:
        """A job once it is over."""
        until = time.monotonic() + SECONDS_FOR_A_JOB
        while time.monotonic() < until:
            job = self.get(f"/jobs/{number}.json").json()["job"]
            if job["state"] in ("done", "failed"):
                return dict(job)
            time.sleep(0.2)
        raise AssertionError(f"the job is not over after {SECONDS_FOR_A_JOB} s: {job}")


def rows(site: Living, query: str, *values: Any) -> list[Any]:
    """What the database of a site holds, past the site."""
    if site.database:
        with psycopg.connect(site.database) as asked:
            return asked.execute(marked(query).encode(), values).fetchall()
    connection = sqlite3.connect(site.workspace / "lantu.sqlite", timeout=30)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def stock(site: Living) -> dict[str, Any]:
    """How much there is of all that a refused act must not have left behind."""
    tables = ("change", "entry", "picture", "journal", "job", "sheet_return")
    found: dict[str, Any] = {name: rows(site, f"select count(*) from {name}")[0][0] for name in tables}
    folders = ("evidence", "uploads", "sheets", "exports", "incoming", "assessments", "evidence-small")
    for name in folders:
        found[name] = sorted(path.name for path in (site.workspace / name).rglob("*") if path.is_file())
    return found
