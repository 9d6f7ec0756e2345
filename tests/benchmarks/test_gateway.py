"""The benchmark of the gateway runs from end to end and counts alike on both ends; its speed is no test."""

from __future__ import annotations

import pytest
from benchmarks.gateway import faults, measure, summary


@pytest.mark.parametrize("protocol", ["hj212", "vehicles"])
def test_what_was_acknowledged_became_rows(protocol: str) -> None:
    found = measure(connections=20, seconds=1.0, window=2, protocol=protocol)
    assert found["acknowledged"] > 0
    assert found["compacted"] >= found["acknowledged"]
    logins = 20 if protocol == "vehicles" else 0  # kept, and no rows of the stream
    assert found["rows"] == (found["compacted"] - logins) * found["rows_of_a_frame"]
    assert found["undecoded"] == {}
    assert "to rows" in summary(found)
    assert any("wanted" in fault for fault in faults({**found, "compacted_per_second": 1}))
