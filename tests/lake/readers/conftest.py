"""Tables to import with a mapping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lantu.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def stored(lake: Lake) -> Callable[..., list[tuple[Any, ...]]]:
    """The rows of a dataset: station, time, and the columns asked for."""

    def read(*columns: str, dataset: str = "air_hourly") -> list[Any]:
        query = f"select station, strftime(time, '%Y-%m-%dT%H'), {', '.join(columns)} from read_parquet(?) order by all"
        return duckdb.execute(query, [lake.files(dataset)]).fetchall()

    return read
