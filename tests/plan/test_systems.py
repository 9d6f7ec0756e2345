"""The systems that the founding plan names: all of them listed, each reference is there, what is missing is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lantu.base import SeveralErrors
from lantu.indicators import units_of_indicators
from lantu.plan.packs import load_pack
from lantu.plan.systems import FILE_NAME, read_systems, shown


def test_all_149_are_listed_and_realised_or_say_what_they_wait_for() -> None:
    pack = load_pack("beijing/2021")
    systems = read_systems(pack, units_of_indicators())
    assert [system.number for system in systems] == list(range(1, 150))
    assert all(system.realised_by or system.later for system in systems)
    tasks = {(plan.id, task.no) for plan in pack.plans for task in plan.tasks}
    assert {(system.plan, task) for system in systems for task in system.tasks} <= tasks
    for system in systems:
        for each in system.realised_by:
            assert shown(pack, each).zh != shown(pack, each).en


def test_a_reference_to_what_is_not_there_is_a_fault(tmp_path: Path) -> None:
    shipped = load_pack("beijing/2021")
    text = (shipped.path / FILE_NAME).read_text(encoding="utf-8")
    broken = text.replace("{ledger: hot_grid_alerts}", "{ledger: cold_grid_alerts}", 1)
    assert broken != text
    (tmp_path / FILE_NAME).write_text(broken, encoding="utf-8")
    pack = replace(shipped, path=tmp_path)
    with pytest.raises(SeveralErrors) as caught:
        read_systems(pack, units_of_indicators())
    said = [error.what.en for error in caught.value.errors]
    assert "there is no ledger 'cold_grid_alerts'" in said
    assert any("says that it realises 2" in each for each in said)
