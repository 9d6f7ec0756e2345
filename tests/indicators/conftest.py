"""The registers of Beijing's pack."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantu.places import AreaTree, SiteRegister

PACK = Path(__file__).resolve().parents[2] / "src" / "lantu" / "packs" / "beijing" / "2021"


@pytest.fixture(scope="session")
def areas() -> AreaTree:
    return AreaTree.from_csv(PACK / "areas.csv")


@pytest.fixture(scope="session")
def sites() -> SiteRegister:
    return SiteRegister.from_csv(PACK / "sites.csv")
