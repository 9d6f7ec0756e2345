"""The generated pages of the documentation say what the program declares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lantu.cli.catalogues import PAGES

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_the_page_is_up_to_date(name: str, page: Callable[[], str]) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == page(), "run `make catalogues`"
