"""Fixtures that all tests share."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lantu.base import use_language
from lantu.lake import Lake

ROOT = Path(__file__).resolve().parent.parent


def shared_data_folder() -> Path:
    """The folder of real data: LANTU_SHARED_DATA, or ../shared/data beside the checkout."""
    return Path(os.environ.get("LANTU_SHARED_DATA", ROOT.parent / "shared" / "data"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a test on real data may not skip although the data are there."""
    outcome: Any = yield
    report = outcome.get_result()
    on_real_data = "shared_data" in getattr(item, "fixturenames", ())
    if report.skipped and on_real_data and os.environ.get("CI") and shared_data_folder().is_dir():
        report.outcome = "failed"
        report.longrepr = f"skipped although the real data are in {shared_data_folder()}: {report.longrepr}"


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
