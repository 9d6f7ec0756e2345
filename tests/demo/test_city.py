"""The simulated city: the assessment finds the truth of every commitment in every area; all of it is marked."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from lantu.assessment import Target, Targets, assess
from lantu.base import LantuError
from lantu.demo import SimulatedCity, simulate_city, write_truth
from lantu.demo.samples import text_like
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.plan.packs import Pack, load_pack

AFTER = dt.date(2022, 12, 31)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("beijing/2021")


def book_of(pack: Pack, folder: Path) -> LedgerBook:
    return LedgerBook(pack.ledgers, pack.areas, pack.units, folder)


@pytest.fixture(scope="module")
def workspace(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SimulatedCity]:
    folder = tmp_path_factory.mktemp("city")
    return folder, simulate_city(pack, Lake(folder / "lake"), book_of(pack, folder))


def targets_of(city: SimulatedCity) -> Targets:
    day = dt.date(2021, 1, 1)
    return Targets(
        [
            Target(commitment=t.commitment, area=t.area, value=t.value, unit=t.unit, reference="simulated", entered=day)
            for t in city.targets
        ]
    )


def test_every_verdict_is_the_true_one(pack: Pack, workspace: tuple[Path, SimulatedCity]) -> None:
    folder, city = workspace
    result = assess(pack, Lake(folder / "lake"), AFTER, targets_of(city), book=book_of(pack, folder))
    known = [row for row in result.rows if (row.commitment, row.area) in city.truth]
    wrong = [
        (row.commitment, row.area, city.truth[row.commitment, row.area], row.status.value, row.reason.en)
        for row in known
        if row.status.value != city.truth[row.commitment, row.area]
    ]
    assert wrong == []
    without = {row.commitment for row in result.rows} - {row.commitment for row in known}
    print(f"{len(known)} of {len(result.rows)} verdicts have a known truth; none for: {sorted(without)}")
    counted = Counter(city.truth.values())
    assert counted["met"] > 500
    assert counted["missed"] > 100
    assert counted["unknown"] > 30
    assert all(row.simulated for row in known if row.value is not None)


def test_the_truth_differs_from_area_to_area(pack: Pack, workspace: tuple[Path, SimulatedCity]) -> None:
    _, city = workspace
    by_commitment: dict[str, set[str]] = {}
    for (commitment, _), status in city.truth.items():
        by_commitment.setdefault(commitment, set()).add(status)
    many = [c.id for c in pack.commitments.values() if len(pack.areas_of(c)) > 10 and c.id in by_commitment]
    assert sum(len(by_commitment[name]) > 1 for name in many) / len(many) > 0.8


def test_every_entry_passes_the_ledgers_own_checks(pack: Pack, workspace: tuple[Path, SimulatedCity]) -> None:
    folder, _ = workspace
    book = book_of(pack, folder)
    for name, ledger in pack.ledgers.items():
        for row in book.entries(name).rows[:40]:
            assert row.simulated
            read, faults = book.read_values(ledger, row.values)
            assert faults == [], (name, row.key)
            assert book.check_values(ledger, read, set(read)) == [], (name, row.key)
            assert book.check_area(ledger, row.area) == row.area
            assert book.key_of(ledger, read) == row.key


def test_every_step_is_one_that_the_ledger_allows(pack: Pack, workspace: tuple[Path, SimulatedCity]) -> None:
    folder, _ = workspace
    book = book_of(pack, folder)
    for name, ledger in pack.ledgers.items():
        for key in [row.key for row in book.entries(name).rows[:15]]:
            history = book.store.history(name, key)
            assert history[0].state in ledger.initial_states
            for before, after in pairwise(history):
                assert before.day <= after.day
                steps = [s for s in ledger.transitions if before.state in s.from_ and s.to == after.state]
                assert before.state == after.state or after.action in [s.name for s in steps]
                closing = ledger.closing
                if closing is not None and after.state == closing.state != before.state:
                    assert set(closing.evidence) <= {piece.kind for piece in after.evidence}
                    assert after.unit != before.unit


def test_a_workspace_with_entries_is_left_alone(pack: Pack, workspace: tuple[Path, SimulatedCity]) -> None:
    folder, city = workspace
    with pytest.raises(LantuError, match="has ledger entries"):
        simulate_city(pack, Lake(folder / "lake"), book_of(pack, folder))
    written = json.loads(write_truth(city, folder).read_text(encoding="utf-8"))
    assert written["simulated"] is True
    assert len(written["truth"]) == len(city.truth)


@pytest.mark.parametrize(
    "pattern", [r"OF-\d+", r"\d{4}-(0[1-9]|1[0-2])", r"[a-z]+(-\d+){2,3}", "[0-9A-Z]{17}", r"京[A-Z]\d{5}"]
)
def test_texts_can_be_written_for_a_pattern(pattern: str) -> None:
    assert re.fullmatch(pattern, text_like(pattern, 12))


def test_in_the_middle_of_the_year_every_commitment_has_an_answer(
    pack: Pack, workspace: tuple[Path, SimulatedCity]
) -> None:
    folder, city = workspace
    for day in (dt.date(2021, 2, 10), dt.date(2021, 7, 31)):
        result = assess(pack, Lake(folder / "lake"), day, targets_of(city), book=book_of(pack, folder))
        assert {row.commitment for row in result.rows} == set(pack.commitments)
        counted = result.counts()
        assert all(count > 0 for count in counted.values()), counted
        assert all(row.since is None or row.since <= day for row in result.rows)
