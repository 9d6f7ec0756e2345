"""The simulated city: the same for the same seed, and its known truth is what the assessment finds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.compute as pc
import pytest

from lantu.assessment import Status, assess
from lantu.demo import simulate_air
from lantu.lake import Lake
from lantu.plan.packs import Pack, load_pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("beijing/2021")


def test_the_same_seed_gives_the_same_rows(pack: Pack) -> None:
    one, other = simulate_air(pack.sites, 2021), simulate_air(pack.sites, 2021)
    assert one.table.equals(other.table)
    assert not one.table.equals(simulate_air(pack.sites, 2021, seed=7).table)


def test_each_name_speaks_only_while_it_is_valid(pack: Pack) -> None:
    table = simulate_air(pack.sites, 2021).table
    for row in pack.sites.rows():
        times = table.filter(pc.equal(table["station"], row.name))["time"]
        if row.valid_from and len(times):
            assert pc.min(times).as_py() > dt.datetime.combine(row.valid_from, dt.time())


def test_the_assessment_finds_the_truth(pack: Pack, tmp_path: Path) -> None:
    simulated = simulate_air(pack.sites, 2021)
    lake = Lake(tmp_path)
    lake.write("air_hourly", simulated.table, source="simulated", simulated=True)
    result = assess(pack, lake, dt.date(2021, 12, 31))
    for commitment, falls in (
        ("air-1-1/pm25", simulated.truth.pm25_falls),
        ("air-1-1/heavy_days", simulated.truth.heavy_pollution_days_fall),
    ):
        found = {row.area: row.status for row in result.of(commitment) if row.area in falls}
        assert found == {area: Status.MET if better else Status.MISSED for area, better in falls.items()}
    assert result.simulated
