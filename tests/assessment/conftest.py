"""The pack of Beijing 2021, loaded once."""

from __future__ import annotations

import pytest

from lantu.plan.packs import Pack, load_pack


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("beijing/2021")
