"""One small simulated city for the tests that only read it."""

from __future__ import annotations

import pytest

from lantu.demo import SimulatedCity, simulate_city
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, LedgerBook, SimulatedCity]:
    folder = tmp_path_factory.mktemp("city")
    lake, book = Lake(folder / "lake"), LedgerBook(PACK.ledgers, PACK.areas, PACK.units, folder)
    return lake, book, simulate_city(PACK, lake, book)
