"""A small lake, and files in the published layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lantu.lake import Lake

Row = Sequence[object]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of the published layout: rows of date, hour, type and a value for each station."""

    def write(name: str, rows: Sequence[Row], stations: Sequence[str] = ("东四", "天坛")) -> Path:
        lines = [["date", "hour", "type", *stations], *rows]
        path = tmp_path / name
        path.write_text("\n".join(",".join(map(str, line)) for line in lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def stored() -> Callable[..., list[tuple[Any, ...]]]:
    """The rows of a dataset: station, time, and the columns asked for."""

    def read(lake: Lake, *columns: str, dataset: str = "air_hourly", version: int | None = None) -> list[Any]:
        files = lake.files(dataset, version=version)
        if not files:
            return []
        chosen = ", ".join(columns or ("pm25",))
        query = f"select station, strftime(time, '%Y-%m-%dT%H'), {chosen} from read_parquet(?) order by all"
        return duckdb.execute(query, [files]).fetchall()

    return read
