"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lantu.base import use_language

ROOT = Path(__file__).resolve().parent.parent


def shared_data_folder() -> Path:
    """The folder of real data: LANTU_SHARED_DATA, or ../shared/data beside the checkout."""
    return Path(os.environ.get("LANTU_SHARED_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; the test is skipped, saying so, where there is none."""
    folder = shared_data_folder()
    if not folder.is_dir():
        pytest.skip(f"real data not found in {folder}; set LANTU_SHARED_DATA")
    return folder


@pytest.fixture(autouse=True)
def _english():
    """Messages are tested in English unless a test chooses otherwise."""
    with use_language("en"):
        yield
