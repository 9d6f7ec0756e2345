"""The whole simulated city: planned, written into a workspace, with the truth of every commitment and area."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.demo.air import simulate_air
from lantu.demo.events import Events, hide_events
from lantu.demo.filling import fill
from lantu.demo.levels import simulate_levels
from lantu.demo.measured import measure
from lantu.demo.planner import Scale
from lantu.demo.reports import declare_sites, report_progress
from lantu.demo.scenario import Scenario
from lantu.demo.truth import PlannedCity, truth_of
from lantu.demo.water import simulate_water

if TYPE_CHECKING:
    from lantu.demo.air import SimulatedAir
    from lantu.demo.levels import SimulatedLevels
    from lantu.lake import Lake
    from lantu.ledgers import LedgerBook
    from lantu.plan.packs import Pack

TRUTH_FILE = "demo-truth.json"
SIZES = {"small": Scale(per_area=2, cases=1), "city": Scale(per_area=4, cases=490, large=True)}
SEED = 20210101


@dataclass(slots=True)
class SimulatedCity:
    """What was made: the truth, and how much of everything."""

    truth: dict[tuple[str, str], str]
    entries: int
    changes: int
    rows: dict[str, int] = field(default_factory=dict)
    targets: list[Any] = field(default_factory=list)
    events: Events = field(default_factory=Events)


def simulate_city(
    pack: Pack,
    lake: Lake,
    book: LedgerBook,
    size: str = "small",
    seed: int = SEED,
    progress: Callable[[int, int, str], None] | None = None,
) -> SimulatedCity:
    """Fill a lake and a book of ledgers with one simulated city.

    Args:
        pack: its commitments decide what is made.
        lake: gets the observations, all marked simulated.
        book: gets the entries, all marked simulated.
        size: `small` or `city`.
        seed: the same seed makes the same city.
        progress: called with steps done, steps in all, and what is being done.

    Returns:
        the truth (met, missed, at_risk, unknown) by commitment and area at the end of the plan's year.

    Raises:
        LantuError: the workspace holds entries or measured data already.
    """
    if book.store.counts():
        raise LantuError(
            Text("工作区已有台账条目", "the workspace has ledger entries already"),
            where=book.store.database.place(),
            mend=Text("模拟城市请用一个新的工作区", "use a new workspace for the simulated city"),
        )
    steps = 5

    def say(done: int, what: Text) -> None:
        if progress is not None:
            progress(done, steps, str(what))

    say(0, Text("空气", "air"))
    air = simulate_air(pack.sites, pack.year, seed)
    lake.write("air_hourly", air.table, source="simulated", simulated=True)
    rows = {"air_hourly": air.table.num_rows}
    say(1, Text("台账", "ledgers"))
    scenario = Scenario(pack, SIZES[size], seed)
    city = scenario.build()
    events = Events()
    measure(scenario, events)
    levels = simulate_levels(scenario)
    simulate_water(scenario, levels)
    hide_events(scenario, levels, events)
    declare_sites(scenario, levels, events)
    say(2, Text("观测数据", "observations"))
    for dataset, table in levels.tables.items():
        if table.num_rows:
            lake.write(dataset, table, source="simulated", simulated=True)
            rows[dataset] = table.num_rows
    say(3, Text("真值", "truth"))
    truth = _truth(pack, city, levels, air)
    report_progress(scenario, truth, events)
    say(4, Text("写入台账", "writing ledgers"))
    changes = fill(book, city)
    say(5, Text("完成", "done"))
    entries = sum(len(each) for each in city.entries.values())
    return SimulatedCity(truth, entries, changes, rows, levels.targets, events)


def _truth(pack: Pack, city: PlannedCity, levels: SimulatedLevels, air: SimulatedAir) -> dict[tuple[str, str], str]:
    """What every verdict has to be at the end of the year."""
    truth = dict(levels.truth)
    for commitment in pack.commitments.values():
        for area in pack.areas_of(commitment):
            found = truth_of(city, commitment, area.code)
            if found is not None:
                truth[(commitment.id, area.code)] = found
    for name, falls in (
        ("pm25_mean", air.truth.pm25_falls),
        ("heavy_pollution_days", air.truth.heavy_pollution_days_fall),
    ):
        for commitment in pack.commitments.values():
            if commitment.kind == "level" and commitment.indicator == name:
                for code, better in falls.items():
                    truth[(commitment.id, code)] = "met" if better else "missed"
    return truth


def write_truth(city: SimulatedCity, folder: Path) -> Path:
    """Keep the truth beside the workspace's data, so that anybody can hold the verdicts against it."""
    path = folder / TRUTH_FILE
    rows = [
        {"commitment": commitment, "area": area, "status": status}
        for (commitment, area), status in sorted(city.truth.items())
    ]
    path.write_text(
        json.dumps({"simulated": True, "events": city.events.as_json(), "truth": rows}, ensure_ascii=False, indent=0),
        encoding="utf-8",
    )
    return path
