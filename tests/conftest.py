"""Fixtures that all tests share."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from lantu.base import use_language
from lantu.lake import Lake

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


@pytest.fixture(scope="session")
def real_lake(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The two published years 2020 and 2021, imported once for all workers. Tests read it and never write."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "real_lake"
    folder.mkdir(exist_ok=True)
    lake = Lake(folder / "lake")
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if lake.version("air_hourly") is None:
            lake.import_files(
                "air_hourly", [shared_data / "air" / f"beijing-hourly-{year}.tar.xz" for year in (2020, 2021)]
            )
    return lake


@pytest.fixture(autouse=True)
def _english():
    """Messages are tested in English unless a test chooses otherwise."""
    with use_language("en"):
        yield
