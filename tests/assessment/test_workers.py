"""Two processes give what one gives, in the same order; what goes wrong in the second is judged in the first."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from lantu.assessment import assess, workers
from lantu.assessment.workers import groups_of
from lantu.demo import simulate_city
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.plan.packs import load_pack

if TYPE_CHECKING:
    from lantu.assessment.ground import Ground

PACK = load_pack("beijing/2021")

JUDGE = """
import datetime as dt, hashlib, json, os, sys
from pathlib import Path
from lantu.assessment import assess, workers
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.plan.packs import load_pack

folder, how = Path(sys.argv[1]), sys.argv[2]
workers.LEAST_CHANGES = 0
if how == "breaks":
    workers._work = lambda *_: os._exit(3)
pack = load_pack("beijing/2021")
book = LedgerBook(pack.ledgers, pack.areas, pack.units, folder)
found = assess(pack, Lake(folder / "lake"), dt.date(2021, 9, 30), book=book, processes=1 if how == "one" else 2)
print(len(found.rows), hashlib.sha256(json.dumps(found.as_json()).encode()).hexdigest())
"""
"""Run in programs of their own: a process with threads, such as the one of these tests, must not be forked."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    simulate_city(PACK, Lake(folder / "lake"), LedgerBook(PACK.ledgers, PACK.areas, PACK.units, folder))
    return folder


def test_both_ways_give_the_same(city: Path) -> None:
    found = {}
    for how in ("one", "two", "breaks"):
        done = subprocess.run(
            [sys.executable, "-c", JUDGE, str(city), how], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        found[how] = done.stdout.split()
    assert int(found["one"][0]) > 1000
    assert len(found["one"][1]) == len(hashlib.sha256().hexdigest())
    assert found["one"] == found["two"] == found["breaks"]


def test_what_reads_the_same_ledger_or_family_is_one_group_and_the_longest_come_first() -> None:
    every = list(PACK.commitments.values())
    changes = {"cases": 900_000, "construction_sites": 50_000, "outfalls": 200_000}
    groups = groups_of(every, changes)
    assert sorted(each.id for group in groups for each in group) == sorted(each.id for each in every)
    assert sum(any(each.kind == "closure" for each in group) for group in groups) == 1
    assert any(each.kind == "closure" for each in groups[0])
    assert {getattr(each, "ledger", None) for each in groups[1]} == {"outfalls"}
    of_air = [group for group in groups if any(each.id == "air-1-1/pm25" for each in group)]
    assert len(of_air) == 1
    assert {each.id for each in every if each.id.startswith("air-1-1/")} <= {each.id for each in of_air[0]}


def test_a_folder_without_ledgers_needs_no_second_process(tmp_path: Path) -> None:
    found = assess(PACK, Lake(tmp_path / "lake"), dt.date(2021, 12, 31), processes=2)
    assert found.rows


def test_a_process_that_wrote_to_the_lake_is_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    import deltalake  # noqa: F401  its runtime has threads, which do not live on in a fork

    def divided(*_: object) -> None:
        raise AssertionError("the work was divided")

    ground = SimpleNamespace(book=SimpleNamespace(store=SimpleNamespace(changes=lambda: {"cases": 10**6})))
    monkeypatch.setattr(workers, "groups_of", divided)
    assert workers.judge_in_two(cast("Ground", ground), [], lambda _: []) == []
    monkeypatch.delitem(sys.modules, "deltalake")
    with pytest.raises(AssertionError, match="divided"):
        workers.judge_in_two(cast("Ground", ground), [], lambda _: [])
