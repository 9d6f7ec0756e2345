"""Pushes over HTTP: signed, on disk before they are answered, rows after compacting; and the watch page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Browser = Callable[[str], Any]
KEY = "a key of more than sixteen bytes"
SOURCES = f"""
sources:
  - {{name: weighbridge, key: {KEY}, forms: [weighing]}}
"""


@pytest.fixture
def sources(city: Any) -> Any:
    (city.workspace.path / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return city


def _post(browser: Any, body: bytes, headers: dict[str, str]) -> Any:
    return browser.post("/push", body, "application/json", headers=headers)


def _signed(body: bytes, key: str = KEY) -> dict[str, str]:
    import datetime as dt

    from lantu.gateway.push import Source, signed_headers

    return signed_headers(Source("weighbridge", key.encode(), frozenset({"weighing"})), body, dt.datetime.now(dt.UTC))


def _kept(city: Any) -> int:
    return sum(path.stat().st_size for path in (city.workspace.path / "inbox").glob("*"))


def test_a_signed_push_is_on_disk_when_it_is_answered(sources: Any, signed_in: Browser) -> None:
    before, body = _kept(sources), json.dumps(_example()).encode()
    answer = _post(signed_in(""), body, _signed(body))
    assert answer.status_code == 200, answer.content
    assert answer.json()["accepted"] is True
    assert _kept(sources) > before + len(body) // 2


def test_a_push_without_a_right_signature_is_refused_and_not_kept(sources: Any, signed_in: Browser) -> None:
    body = json.dumps(_example()).encode()
    _post(signed_in(""), body, _signed(body))
    before = _kept(sources)
    for headers in ({}, _signed(body, "another key of sixteen bytes")):
        assert _post(signed_in(""), body, headers).status_code in (400, 401, 403)
    assert _kept(sources) == before


def test_the_watch_page_says_what_runs(sources: Any, signed_in: Browser) -> None:
    page = signed_in("auditor").get("/data/gateway")
    assert page.status_code == 200
    assert "The gateway has not run" in page.content.decode()
    assert signed_in("auditor").get("/data/gateway.json").json()["inbox"]["segments"] >= 0


def _example() -> dict[str, Any]:
    """The weighing of the documentation's example."""
    import re
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "gateway-push.md").read_text(encoding="utf-8")
    found = re.search(r"```json push-example=weighing\n(.*?)```", page, re.S)
    assert found is not None
    return dict(json.loads(found[1]))
