"""The benchmark of the gateway runs from end to end and counts alike on both ends; its speed is no test."""

from __future__ import annotations

from benchmarks.gateway import measure


def test_what_was_acknowledged_became_rows() -> None:
    found = measure(connections=20, seconds=1.0, window=2)
    assert found["acknowledged"] > 0
    assert found["compacted"] >= found["acknowledged"]
    assert found["rows"] == found["compacted"] * 8
    assert found["undecoded"] == {}
