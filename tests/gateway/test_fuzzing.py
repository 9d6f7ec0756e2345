"""Damaged streams lose no undamaged frame that a slow reference keeps; `fuzzing` tries as many as one likes."""

from __future__ import annotations

import random

import pytest
from tests.gateway.fuzzing import LINES, damaged, try_streams


@pytest.mark.parametrize("protocol", list(LINES))
def test_damaged_streams_lose_no_neighbour(protocol: str) -> None:
    found = try_streams(protocol, 2000, seed=7)
    assert found.faults == []
    assert found.missing == []
    assert found.undamaged > 4000
    assert found.undamaged - found.lost_by_both <= found.given


@pytest.mark.parametrize("protocol", list(LINES))
def test_the_slow_reference_finds_what_is_undamaged(protocol: str) -> None:
    """So that it is worth a comparison: it finds all frames of sound streams, and fewer of damaged ones."""
    line, chance = LINES[protocol], random.Random(3)
    for _ in range(50):
        sent = [line.make(chance, serial) for serial in range(5)]
        assert line.reference(b"".join(sent)) == sent
    hurt = [damaged(line.make(chance, serial), chance) for serial in range(200)]
    assert sum(each in line.reference(each) for each in hurt) < 150
