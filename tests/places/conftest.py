"""The registers of the Beijing pack, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

import lantu
from lantu.places import AreaTree, SiteRegister


@pytest.fixture(scope="session")
def beijing_pack() -> Path:
    return Path(lantu.__file__).parent / "packs" / "beijing" / "2021"


@pytest.fixture(scope="session")
def beijing_areas(beijing_pack: Path) -> AreaTree:
    return AreaTree.from_csv(beijing_pack / "areas.csv")


@pytest.fixture(scope="session")
def beijing_sites(beijing_pack: Path) -> SiteRegister:
    return SiteRegister.from_csv(beijing_pack / "sites.csv")
