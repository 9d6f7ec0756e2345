"""A gateway that knows four sources."""

from __future__ import annotations

import datetime as dt

import pytest

from lantu.gateway.push import Push, Source

NOW = dt.datetime(2021, 8, 1, 2, 30, tzinfo=dt.UTC)
ALL = frozenset({"event", "weighing", "readings", "rows", "vapour_recovery"})


@pytest.fixture
def sources() -> dict[str, Source]:
    """`maker` may send all; `camera` events of one site; `dust` rows of one dataset; a controller cannot sign."""
    listed = [
        Source("maker", b"a key of the maker", ALL),
        Source("camera", b"a key of the camera", frozenset({"event"}), devices=frozenset({"CS-0001"})),
        Source("dust", b"a key of dust sensors", frozenset({"rows"}), datasets=frozenset({"street_dust_hourly"})),
        Source("1101010001", None, frozenset({"vapour_recovery"}), unsigned=True),
    ]
    return {source.name: source for source in listed}


@pytest.fixture
def push(sources: dict[str, Source]) -> Push:
    return Push(sources)
